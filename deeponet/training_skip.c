/* SPDX-License-Identifier: BSD-2-Clause */
/* The skip paths of a training set. Samples that a path is fitted to have out-of-fold predictions,
 * all others plain ones. Where not all samples are in memory, a path is fitted to the first samples
 * of each part, as many as the memory allows, and the others are predicted when they are loaded. n
 * training and v validation samples of a fit, M inputs and outputs, g symmetries. */
#include <string.h>

#include "base/arena.h"
#include "deeponet/training_impl.h"

enum { LEAST = 8 /* samples of a fit worth the name */ };

/* Bytes of graft_skip_fit(). */
static double fit_bytes(double n, double v, double M, const graft_symmetry *symmetry) {
  double A = (double)((size_t)1 << symmetry->bits), g = (double)symmetry->count, N = n * g / A;
  return 8 * (4 * N * M + (2 * v + n) * M + 4 * A * N * N + 3 * A * v * N);
}

/* First row of a task, and how many rows it has. */
static size_t rows_of(const struct training *t, size_t k, size_t *first) {
  size_t rows = 0;
  *first = 0;
  while (*first < t->rows && t->row_task[*first] != k) (*first)++;
  while (*first + rows < t->rows && t->row_task[*first + rows] == k) rows++;
  return rows;
}

/* Samples that the path of a task is fitted to. */
struct subset {
  size_t first, all, n, v; /* rows first … first + n − 1, and v from first + all on */
};

static graft_status choose(const struct training *t, size_t k, struct subset *s) {
  const graft_deeponet *model = t->model;
  const double limit = model->config.memory * 1048576.0;
  size_t rows = rows_of(t, k, &s->first), validation = rows - t->task_count[k];
  GRAFT_CHECK(model->task[k].region != NO_REGION, INPUT,
              "-skip %s: expected one geometry per task, got several in task %s", model->skip->name,
              model->info.task_name[k]);
  const struct region *region = &model->region[model->task[k].region];
  const graft_symmetry *symmetry = graft_model_skip_symmetry(model, region);
  s->all = s->n = t->task_count[k];
  s->v = validation;
  while (t->source && s->n >= LEAST &&
         fit_bytes((double)s->n, (double)s->v, (double)model->info.points, symmetry) > limit) {
    s->n = 7 * s->n / 8;
    s->v = (validation * s->n + s->all - 1) / s->all;
  }
  GRAFT_CHECK(s->n >= LEAST || s->n == s->all, USAGE,
              "-memory: expected enough for -skip %s on %d samples of task %s, got %g MiB",
              model->skip->name, LEAST, model->info.task_name[k], model->config.memory);
  return GRAFT_OK;
}

static graft_status fit(struct training *t, size_t k, const struct subset *s, const float *log_k,
                        const float *u, float *out_of_fold) {
  graft_deeponet *model = t->model;
  const struct region *region = &model->region[model->task[k].region];
  graft_skip_data data = {.train = s->n,
                          .validation = s->v,
                          .log_k = log_k,
                          .u = u,
                          .mask = region->mask,
                          .base = region->base,
                          .transform = model->transform,
                          .scale = model->config.scale};
  return graft_skip_fit(model->skip, graft_model_skip_symmetry(model, region), &data,
                        &model->task[k].skip, out_of_fold);
}

/* All rows are in memory. */
static graft_status fit_all(struct training *t, size_t k) {
  struct subset s;
  size_t P = t->model->info.points;
  GRAFT_TRY(choose(t, k, &s));
  const float *log_k = t->field + s.first * P;
  GRAFT_TRY(fit(t, k, &s, log_k, t->u + s.first * P, t->skip + s.first * P));
  return graft_skip_predict(&t->model->task[k].skip, log_k + s.n * P, s.v,
                            t->skip + (s.first + s.n) * P);
}

/* Copy the samples of a subset, log_k and u [n + v x P], in parts. */
static graft_status gather(struct training *t, const struct subset *s, float *log_k, float *u) {
  size_t P = t->model->info.points, row[TRAINING_WINDOW];
  for (size_t i = 0, n = 0; i < s->n + s->v; i += n) {
    n = s->n + s->v - i < TRAINING_WINDOW ? s->n + s->v - i : TRAINING_WINDOW;
    for (size_t j = 0; j < n; j++) {
      row[j] = s->first + (i + j < s->n ? i + j : s->all + i + j - s->n);
    }
    GRAFT_TRY(graft_training_load(t, row, n));
    for (size_t j = 0; j < n; j++) {
      memcpy(log_k + (i + j) * P, graft_training_field(t, row[j]), P * sizeof *log_k);
      memcpy(u + (i + j) * P, graft_training_u(t, row[j]), P * sizeof *u);
    }
  }
  return GRAFT_OK;
}

static graft_status fit_subset(struct training *t, size_t k, const struct subset *s) {
  size_t P = t->model->info.points, values = (s->n + s->v) * P;
  float *log_k;
  GRAFT_TRY(graft_alloc(&log_k, 2 * values, sizeof *log_k));
  graft_status status = gather(t, s, log_k, log_k + values);
  if (status == GRAFT_OK) {
    status = fit(t, k, s, log_k, log_k + values, t->fold + t->fold_row[s->first] * P);
  }
  graft_free(log_k);
  return status;
}

/* Choose the subsets, number their training rows, and take the memory. */
static graft_status plan(struct training *t, struct subset *subset) {
  const graft_deeponet *model = t->model;
  size_t P = model->info.points;
  GRAFT_TRY(graft_alloc(&t->fold_row, t->rows, sizeof *t->fold_row));
  for (size_t row = 0; row < t->rows; row++) t->fold_row[row] = SIZE_MAX;
  for (size_t k = 0; k < model->info.tasks; k++) {
    GRAFT_TRY(choose(t, k, &subset[k]));
    for (size_t i = 0; i < subset[k].n; i++) t->fold_row[subset[k].first + i] = t->folds++;
  }
  GRAFT_TRY(graft_alloc(&t->fold, t->folds * P, sizeof *t->fold));
  return graft_alloc(&t->skip_scratch, 2 * t->capacity * P, sizeof *t->skip_scratch);
}

graft_status graft_training_fit_skip(struct training *t) {
  const graft_deeponet *model = t->model;
  struct subset subset[GRAFT_MAX_TASKS];
  float *window;
  if (!model->skip->kernel) return GRAFT_OK;
  GRAFT_TRY(graft_alloc(&window, t->capacity * model->info.points, sizeof *window));
  if (!t->source) t->skip = window;
  graft_status status = t->source ? plan(t, subset) : GRAFT_OK;
  for (size_t k = 0; k < model->info.tasks && status == GRAFT_OK; k++) {
    status = t->source ? fit_subset(t, k, &subset[k]) : fit_all(t, k);
  }
  t->skip = window; /* from now on loading fills it */
  return status;
}

graft_status graft_training_load_skip(struct training *t, const size_t *row, size_t count) {
  const graft_deeponet *model = t->model;
  size_t P = model->info.points;
  float *in = t->skip_scratch, *out = in + t->capacity * P;
  for (size_t k = 0; k < model->info.tasks; k++) {
    size_t others = 0;
    for (size_t i = 0; i < count; i++) {
      if (t->row_task[row[i]] != k || t->fold_row[row[i]] != SIZE_MAX) continue;
      memcpy(in + others++ * P, t->field + i * P, P * sizeof *in);
    }
    if (others) GRAFT_TRY(graft_skip_predict(&model->task[k].skip, in, others, out));
    for (size_t i = 0, j = 0; i < count; i++) {
      if (t->row_task[row[i]] != k) continue;
      size_t f = t->fold_row[row[i]];
      memcpy(t->skip + i * P, f == SIZE_MAX ? out + j++ * P : t->fold + f * P, P * sizeof *out);
    }
  }
  return GRAFT_OK;
}

static const char name[] = "training/skip";

static graft_shape shape(const struct training *t) {
  return GRAFT_SHAPE(2, t->source ? t->folds : t->rows, t->model->info.points);
}

graft_status graft_training_put(const struct training *t, graft_bundle *bundle) {
  if (!t->skip) return GRAFT_OK;
  return graft_bundle_put(bundle, name, GRAFT_FLOAT32, shape(t), t->source ? t->fold : t->skip);
}

graft_status graft_training_get_skip(struct training *t, const graft_bundle *bundle) {
  const graft_deeponet *model = t->model;
  struct subset subset[GRAFT_MAX_TASKS];
  const float *skip;
  if (!model->skip->kernel) return GRAFT_OK;
  if (t->source) GRAFT_TRY(plan(t, subset));
  GRAFT_TRY(graft_bundle_get(bundle, name, GRAFT_FLOAT32, shape(t), &skip));
  GRAFT_TRY(graft_alloc(&t->skip, t->capacity * model->info.points, sizeof *skip));
  memcpy(t->source ? t->fold : t->skip, skip, graft_shape_count(shape(t)) * sizeof *skip);
  return GRAFT_OK;
}
