/* SPDX-License-Identifier: BSD-2-Clause */
#include "deeponet/skip.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "deeponet/linalg_impl.h"
#include "deeponet/skip_impl.h"

/* n training samples, g symmetries, P grid points, M inputs, Q outputs. */

static const graft_skip_type *const registry[] = {
#define X(name) &graft_skip_##name,
#include "deeponet/skip.def"
#undef X
};
enum { COUNT = sizeof registry / sizeof *registry, CHUNK = 16 /* samples predicted at a time */ };

const graft_skip_type *graft_skip_get(size_t i) { return i < COUNT ? registry[i] : NULL; }

const char *graft_skip_name(size_t i) { return i < COUNT ? registry[i]->name : NULL; }

const graft_skip_type *graft_skip_find(const char *name) {
  for (size_t i = 0; i < COUNT; i++) {
    if (strcmp(registry[i]->name, name) == 0) return registry[i];
  }
  return NULL;
}

/* Buffers of a prediction. */
struct work {
  double *x, *norm;        /* training inputs centred [n x M], |x|² [n] */
  double *query;           /* [CHUNK g x M] moved back and centred */
  double *kernel, *answer; /* [CHUNK g x n], [CHUNK g x Q] */
  uint32_t *out_slot;      /* [P] place of a grid point among outputs */
};

static void work_fini(struct work *w) {
  graft_free(w->x);
  graft_free(w->norm);
  graft_free(w->query);
  graft_free(w->kernel);
  graft_free(w->answer);
  graft_free(w->out_slot);
}

static graft_status work_init(struct work *w, const graft_skip *skip) {
  size_t n = skip->samples, M = skip->inputs, rows = CHUNK * skip->symmetry->count;
  *w = (struct work){0};
  GRAFT_TRY(graft_alloc(&w->x, n * M, sizeof(double)));
  GRAFT_TRY(graft_alloc(&w->norm, n, sizeof(double)));
  GRAFT_TRY(graft_alloc(&w->query, rows * M, sizeof(double)));
  GRAFT_TRY(graft_alloc(&w->kernel, rows * n, sizeof(double)));
  GRAFT_TRY(graft_alloc(&w->answer, rows * skip->outputs, sizeof(double)));
  GRAFT_TRY(graft_alloc(&w->out_slot, skip->points, sizeof(uint32_t)));
  for (size_t q = 0; q < skip->outputs; q++) w->out_slot[skip->output[q]] = (uint32_t)q;
  for (size_t i = 0; i < n; i++) {
    for (size_t m = 0; m < M; m++) {
      double value = (double)skip->x[i * M + m] - skip->centre[m];
      w->x[i * M + m] = value;
      w->norm[i] += value * value;
    }
  }
  return GRAFT_OK;
}

/* Kernel values of row `row`: sample b moved back by symmetry h. */
static void kernel_row(const graft_skip *skip, struct work *w, size_t row) {
  const double *query = w->query + row * skip->inputs;
  double norm = 0;
  for (size_t m = 0; m < skip->inputs; m++) norm += query[m] * query[m];
  for (size_t i = 0; i < skip->samples; i++) {
    double *k = &w->kernel[row * skip->samples + i];
    *k = skip->type->kernel(norm, w->norm[i], *k, skip->length);
  }
}

static void predict_chunk(const graft_skip *skip, struct work *w, const float *log_k, size_t count,
                          float *z) {
  const graft_symmetry *s = skip->symmetry;
  size_t P = skip->points, M = skip->inputs, Q = skip->outputs, g = s->count, rows = count * g;
#pragma omp parallel for schedule(static)
  for (size_t row = 0; row < rows; row++) {
    const uint32_t *back = s->point + s->inverse[row % g] * P;
    for (size_t m = 0; m < M; m++) {
      w->query[row * M + m] = (double)log_k[row / g * P + back[skip->input[m]]] - skip->centre[m];
    }
  }
  graft_linalg_multiply(rows, skip->samples, M, false, w->query, true, w->x, w->kernel);
#pragma omp parallel for schedule(static)
  for (size_t row = 0; row < rows; row++) kernel_row(skip, w, row);
  graft_linalg_multiply(rows, Q, skip->samples, false, w->kernel, false, skip->coefficient,
                        w->answer);
#pragma omp parallel for schedule(static)
  for (size_t b = 0; b < count; b++) {
    memset(z + b * P, 0, P * sizeof *z);
    for (size_t q = 0; q < Q; q++) {
      uint32_t p = skip->output[q];
      double sum = skip->mean[q];
      for (size_t h = 0; h < g; h++)
        sum += w->answer[(b * g + h) * Q + w->out_slot[s->point[h * P + p]]];
      z[b * P + p] = (float)sum;
    }
  }
}

graft_status graft_skip_predict(const graft_skip *skip, const float *log_k, size_t count,
                                float *z) {
  struct work work;
  if (!skip->type->kernel) {
    memset(z, 0, count * skip->points * sizeof *z);
    return GRAFT_OK;
  }
  graft_status status = work_init(&work, skip);
  for (size_t i = 0; i < count && status == GRAFT_OK; i += CHUNK) {
    predict_chunk(skip, &work, log_k + i * skip->points, count - i < CHUNK ? count - i : CHUNK,
                  z + i * skip->points);
  }
  work_fini(&work);
  return status;
}

static const char *key(char *text, size_t size, const char *prefix, const char *name) {
  snprintf(text, size, "%s/%s", prefix, name);
  return text;
}

static graft_status put_points(graft_bundle *bundle, const char *name, const uint32_t *point,
                               size_t count) {
  int64_t *wide;
  GRAFT_TRY(graft_alloc(&wide, count, sizeof *wide));
  for (size_t i = 0; i < count; i++) wide[i] = point[i];
  graft_status status = graft_bundle_put(bundle, name, GRAFT_INT64, GRAFT_SHAPE(1, count), wide);
  graft_free(wide);
  return status;
}

graft_status graft_skip_save(const graft_skip *skip, const char *prefix, graft_bundle *bundle) {
  char text[128];
  if (!skip->type->kernel) return GRAFT_OK;
  size_t n = skip->samples, M = skip->inputs, Q = skip->outputs;
#define KEY(name) key(text, sizeof text, prefix, name)
  GRAFT_TRY(put_points(bundle, KEY("input"), skip->input, M));
  GRAFT_TRY(put_points(bundle, KEY("output"), skip->output, Q));
  GRAFT_TRY(
      graft_bundle_put(bundle, KEY("centre"), GRAFT_FLOAT64, GRAFT_SHAPE(1, M), skip->centre));
  GRAFT_TRY(graft_bundle_put(bundle, KEY("mean"), GRAFT_FLOAT64, GRAFT_SHAPE(1, Q), skip->mean));
  GRAFT_TRY(graft_bundle_put(bundle, KEY("x"), GRAFT_FLOAT32, GRAFT_SHAPE(2, n, M), skip->x));
  GRAFT_TRY(graft_bundle_put(bundle, KEY("coefficient"), GRAFT_FLOAT64, GRAFT_SHAPE(2, n, Q),
                             skip->coefficient));
  GRAFT_TRY(graft_bundle_put_real(bundle, KEY("length"), skip->length));
  GRAFT_TRY(graft_bundle_put_real(bundle, KEY("penalty"), skip->penalty));
  return graft_bundle_put_real(bundle, KEY("error"), skip->error);
}

/* A copy of the points [*count] of that name, all below `points`. */
static graft_status get_points(const graft_bundle *bundle, const char *name, size_t points,
                               uint32_t **point, size_t *count) {
  const graft_array *array = graft_bundle_find(bundle, name);
  GRAFT_CHECK(array && array->type == GRAFT_INT64 && array->shape.rank == 1, INPUT,
              "%s: expected a list of integers", name);
  *count = array->shape.dim[0];
  GRAFT_TRY(graft_alloc(point, *count, sizeof **point));
  for (size_t i = 0; i < *count; i++) {
    int64_t p = ((const int64_t *)array->data)[i];
    GRAFT_CHECK(p >= 0 && (size_t)p < points, INPUT, "%s: expected grid points below %zu, got %lld",
                name, points, (long long)p);
    (*point)[i] = (uint32_t)p;
  }
  return GRAFT_OK;
}

static graft_status get_copy(const graft_bundle *bundle, const char *name, graft_type type,
                             graft_shape shape, void *out) {
  const void *data;
  void *copy;
  size_t bytes = graft_shape_count(shape) * graft_type_size(type);
  GRAFT_TRY(graft_bundle_get(bundle, name, type, shape, &data));
  GRAFT_TRY(graft_alloc(&copy, bytes, 1));
  memcpy(copy, data, bytes);
  *(void **)out = copy;
  return GRAFT_OK;
}

graft_status graft_skip_load(const graft_bundle *bundle, const char *prefix,
                             const graft_skip_type *type, const graft_symmetry *symmetry,
                             graft_skip *skip) {
  char text[128];
  *skip = (graft_skip){.type = type, .symmetry = symmetry, .points = symmetry->points};
  if (!type->kernel) return GRAFT_OK;
  GRAFT_TRY(get_points(bundle, KEY("input"), skip->points, &skip->input, &skip->inputs));
  GRAFT_TRY(get_points(bundle, KEY("output"), skip->points, &skip->output, &skip->outputs));
  size_t M = skip->inputs, Q = skip->outputs;
  const graft_array *x = graft_bundle_find(bundle, KEY("x"));
  GRAFT_CHECK(x && x->shape.rank == 2, INPUT, "%s: expected training inputs", text);
  size_t n = skip->samples = x->shape.dim[0];
  GRAFT_TRY(get_copy(bundle, KEY("centre"), GRAFT_FLOAT64, GRAFT_SHAPE(1, M), &skip->centre));
  GRAFT_TRY(get_copy(bundle, KEY("mean"), GRAFT_FLOAT64, GRAFT_SHAPE(1, Q), &skip->mean));
  GRAFT_TRY(get_copy(bundle, KEY("x"), GRAFT_FLOAT32, GRAFT_SHAPE(2, n, M), &skip->x));
  GRAFT_TRY(get_copy(bundle, KEY("coefficient"), GRAFT_FLOAT64, GRAFT_SHAPE(2, n, Q),
                     &skip->coefficient));
  GRAFT_TRY(graft_bundle_get_real(bundle, KEY("length"), &skip->length));
  GRAFT_TRY(graft_bundle_get_real(bundle, KEY("penalty"), &skip->penalty));
  return graft_bundle_get_real(bundle, KEY("error"), &skip->error);
#undef KEY
}

void graft_skip_fini(graft_skip *skip) {
  graft_free(skip->input);
  graft_free(skip->output);
  graft_free(skip->centre);
  graft_free(skip->x);
  graft_free(skip->coefficient);
  graft_free(skip->mean);
  *skip = (graft_skip){0};
}
