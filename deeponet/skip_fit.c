/* SPDX-License-Identifier: BSD-2-Clause */
/* n training, v validation samples; P grid points, M inputs, Q outputs; A elements of the paired
 * subgroup and as many characters; r representatives of its cosets; N = n r equations per
 * character; O points, one of each orbit of outputs under the subgroup. */
#include "deeponet/skip.h"

#include <math.h>
#include <omp.h>
#include <string.h>

#include "base/arena.h"
#include "deeponet/linalg_impl.h"

extern void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info);
extern void dpotrs_(const char *uplo, const int *n, const int *nrhs, const double *a,
                    const int *lda, double *b, const int *ldb, int *info);
extern void dpotri_(const char *uplo, const int *n, double *a, const int *lda, int *info);
extern void dposv_(const char *uplo, const int *n, const int *nrhs, double *a, const int *lda,
                   double *b, const int *ldb, int *info);

static const uint32_t nowhere = UINT32_MAX;

struct fit {
  graft_skip *skip;
  const graft_skip_data *data;
  size_t n, v, first_validation; /* samples first_validation … + v − 1 pick the parameters */
  size_t A, r, N, O;
  size_t representative[GRAFT_MAX_SYMMETRIES]; /* [r] */
  uint32_t *in_slot, *out_slot;                /* [P] place of a grid point among inputs, outputs */
  uint32_t *orbit;                             /* [A x O] outputs: rep o moved by element a */
  double *x, *moved, *query;                   /* [N x M], [N x M], [v x M] centred */
  double *norm, *query_norm;                   /* [N], [v] */
  double *dot, *query_dot;                     /* [A x N x N], [A x v x N] */
  double *kernel, *query_kernel;               /* the same sizes, by character */
  double *factor, *weights;                    /* the same sizes */
  double *z;                                   /* [n x Q] centred */
  double *target, *solution;                   /* [A x O x N] by character */
  double *answer;                              /* [A x v x O] by character */
};

static double character(size_t c, size_t a) { return __builtin_popcountll(c & a) % 2 ? -1 : 1; }

static void release(struct fit *f) {
  void *const all[] = {f->in_slot,      f->out_slot, f->orbit,      f->x,   f->moved,
                       f->query,        f->norm,     f->query_norm, f->dot, f->query_dot,
                       f->kernel,       f->factor,   f->weights,    f->z,   f->target,
                       f->query_kernel, f->solution, f->answer};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) graft_free(all[i]);
}

/* Coset representatives: every element is "representative, then element of the paired subgroup". */
static void find_representatives(struct fit *f) {
  const graft_symmetry *s = f->skip->symmetry;
  unsigned char covered[GRAFT_MAX_SYMMETRIES] = {0};
  f->A = (size_t)1 << s->bits;
  for (size_t h = 0; h < s->count; h++) {
    if (covered[h]) continue;
    f->representative[f->r++] = h;
    for (size_t a = 0; a < f->A; a++) covered[s->product[h * s->count + s->pair[a]]] = 1;
  }
  f->N = f->n * f->r;
}

/* Slots of inputs and outputs, and the orbits of outputs. */
static graft_status find_orbits(struct fit *f) {
  const graft_skip *skip = f->skip;
  const graft_symmetry *s = skip->symmetry;
  GRAFT_TRY(graft_alloc(&f->in_slot, skip->points, sizeof *f->in_slot));
  GRAFT_TRY(graft_alloc(&f->out_slot, skip->points, sizeof *f->out_slot));
  GRAFT_TRY(graft_alloc(&f->orbit, f->A * skip->outputs, sizeof *f->orbit));
  for (size_t p = 0; p < skip->points; p++) f->in_slot[p] = f->out_slot[p] = nowhere;
  for (size_t m = 0; m < skip->inputs; m++) f->in_slot[skip->input[m]] = (uint32_t)m;
  for (size_t q = 0; q < skip->outputs; q++) f->out_slot[skip->output[q]] = (uint32_t)q;
  for (size_t q = 0; q < skip->outputs; q++) {
    bool first = true;
    for (size_t a = 0; a < f->A; a++) {
      uint32_t to = f->out_slot[s->point[s->pair[a] * skip->points + skip->output[q]]];
      GRAFT_CHECK(to != nowhere, INTERNAL,
                  "skip path: a symmetry moves an output out of the region");
      first = first && to >= q;
      f->orbit[a * skip->outputs + f->O] = to;
    }
    f->O += first;
  }
  return GRAFT_OK;
}

/* Centre of the inputs over samples and symmetries, then x, moved later, query. */
static void centre_inputs(struct fit *f) {
  graft_skip *skip = f->skip;
  const graft_symmetry *s = skip->symmetry;
  size_t P = skip->points, M = skip->inputs;
  if (f->n == 0) return;
  double share = 1 / ((double)f->n * (double)s->count);
  for (size_t i = 0; i < f->n; i++) {
    for (size_t m = 0; m < M; m++) {
      double value = (double)f->data->log_k[i * P + skip->input[m]] * share;
      for (size_t h = 0; h < s->count; h++) {
        skip->centre[f->in_slot[s->point[h * P + skip->input[m]]]] += value;
      }
    }
  }
#pragma omp parallel for schedule(static)
  for (size_t b = 0; b < f->N; b++) {
    const float *log_k = f->data->log_k + b % f->n * P;
    const uint32_t *point = s->point + f->representative[b / f->n] * P;
    for (size_t m = 0; m < M; m++) {
      f->x[b * M + m] = (double)log_k[point[skip->input[m]]] - skip->centre[m];
    }
  }
  for (size_t i = 0; i < f->v; i++) {
    const float *log_k = f->data->log_k + (f->first_validation + i) * P;
    for (size_t m = 0; m < M; m++) {
      f->query[i * M + m] = (double)log_k[skip->input[m]] - skip->centre[m];
    }
  }
}

static void square_norms(size_t rows, size_t columns, const double *x, double *norm) {
#pragma omp parallel for schedule(static)
  for (size_t i = 0; i < rows; i++) {
    double sum = 0;
    for (size_t j = 0; j < columns; j++) sum += x[i * columns + j] * x[i * columns + j];
    norm[i] = sum;
  }
}

/* Inner products of training inputs and queries with the moved training inputs. */
static void multiply_inputs(struct fit *f) {
  const graft_skip *skip = f->skip;
  const graft_symmetry *s = skip->symmetry;
  size_t P = skip->points, M = skip->inputs;
  square_norms(f->N, M, f->x, f->norm);
  square_norms(f->v, M, f->query, f->query_norm);
  for (size_t a = 0; a < f->A; a++) {
    const uint32_t *point = s->point + s->pair[a] * P;
#pragma omp parallel for schedule(static)
    for (size_t b = 0; b < f->N; b++) {
      for (size_t m = 0; m < M; m++) {
        f->moved[b * M + m] = f->x[b * M + f->in_slot[point[skip->input[m]]]];
      }
    }
    graft_linalg_multiply(f->N, f->N, M, false, f->x, true, f->moved, f->dot + a * f->N * f->N);
    graft_linalg_multiply(f->v, f->N, M, false, f->query, true, f->moved,
                          f->query_dot + a * f->v * f->N);
  }
}

/* z of the training samples, minus its mean over samples and symmetries. */
static graft_status invert_targets(struct fit *f) {
  graft_skip *skip = f->skip;
  const graft_skip_data *d = f->data;
  const graft_symmetry *s = skip->symmetry;
  double share = 1 / ((double)f->n * (double)s->count);
  for (size_t i = 0; i < f->n; i++) {
    for (size_t q = 0; q < skip->outputs; q++) {
      uint32_t p = skip->output[q];
      double u = (double)d->u[i * skip->points + p] * d->scale, base = (double)d->base[p];
      GRAFT_CHECK(
          d->transform->invertible(u, base), INPUT,
          "u of training sample %zu at grid point %u: expected a value that the transform '%s' "
          "can give, got %g",
          i, p, d->transform->name, u / d->scale);
      double z = d->transform->invert(u, base);
      f->z[i * skip->outputs + q] = z;
      for (size_t h = 0; h < s->count; h++) {
        skip->mean[f->out_slot[s->point[h * skip->points + p]]] += z * share;
      }
    }
  }
  for (size_t i = 0; i < f->n * skip->outputs; i++) f->z[i] -= skip->mean[i % skip->outputs];
  return GRAFT_OK;
}

/* target[c][o][b] = Σ_a character_c(a) (a z_b)[o]. */
static void split_targets(struct fit *f) {
  const graft_skip *skip = f->skip;
  const graft_symmetry *s = skip->symmetry;
#pragma omp parallel for schedule(static)
  for (size_t o = 0; o < f->O; o++) {
    for (size_t b = 0; b < f->N; b++) {
      const uint32_t *point = s->point + f->representative[b / f->n] * skip->points;
      const double *z = f->z + b % f->n * skip->outputs;
      for (size_t c = 0; c < f->A; c++) {
        double sum = 0;
        for (size_t a = 0; a < f->A; a++) {
          uint32_t p = skip->output[f->orbit[a * skip->outputs + o]];
          sum += character(c, a) * z[f->out_slot[point[p]]];
        }
        f->target[(c * f->O + o) * f->N + b] = sum;
      }
    }
  }
}

/* by_character[c][i][b] = Σ_a character_c(a) k(i, a b). */
static void split_kernel(const struct fit *f, size_t rows, const double *row_norm,
                         const double *dot, double *by_character) {
#pragma omp parallel for schedule(static)
  for (size_t i = 0; i < rows; i++) {
    for (size_t b = 0; b < f->N; b++) {
      double value[8];
      for (size_t a = 0; a < f->A; a++) {
        value[a] = f->skip->type->kernel(row_norm[i], f->norm[b], dot[(a * rows + i) * f->N + b],
                                         f->skip->length);
      }
      for (size_t c = 0; c < f->A; c++) {
        double sum = 0;
        for (size_t a = 0; a < f->A; a++) sum += character(c, a) * value[a];
        by_character[(c * rows + i) * f->N + b] = sum;
      }
    }
  }
}

/* Factor kernel + penalty I for each character; false where one isn't positive definite. */
static bool factorise(const struct fit *f, double penalty) {
  int failed = 0, order = (int)f->N;
#pragma omp parallel for schedule(dynamic) reduction(+ : failed)
  for (size_t c = 0; c < f->A; c++) {
    double *factor = f->factor + c * f->N * f->N;
    int info;
    memcpy(factor, f->kernel + c * f->N * f->N, f->N * f->N * sizeof *factor);
    for (size_t b = 0; b < f->N; b++) factor[b * f->N + b] += penalty;
    dpotrf_("L", &order, factor, &order, &info);
    failed += info != 0;
  }
  return failed == 0;
}

/* out [Q] = values at all outputs from those at the orbits' first points, by[c * stride + o]. */
static void expand(const struct fit *f, const double *by, size_t stride, double *out) {
  size_t Q = f->skip->outputs;
  for (size_t o = 0; o < f->O; o++) {
    for (size_t a = 0; a < f->A; a++) {
      double sum = 0;
      for (size_t c = 0; c < f->A; c++) sum += character(c, a) * by[c * stride + o];
      out[f->orbit[a * Q + o]] = sum / (double)f->A;
    }
  }
}

/* Relative L2 error in u of a validation sample from its centred z [Q]; field and u_field [P]. */
static double field_error(const struct fit *f, size_t sample, const double *z, graft_real *field,
                          graft_real *u_field) {
  const graft_skip *skip = f->skip;
  const float *u = f->data->u + sample * skip->points;
  double error = 0, norm = 0;
  memset(field, 0, skip->points * sizeof *field);
  for (size_t q = 0; q < skip->outputs; q++) {
    field[skip->output[q]] = (graft_real)(z[q] + skip->mean[q]);
  }
  f->data->transform->apply(skip->points, field, f->data->base, u_field, NULL);
  for (size_t m = 0; m < skip->inputs; m++) {
    uint32_t p = skip->input[m];
    double difference = (double)u_field[p] / f->data->scale - (double)u[p];
    error += difference * difference;
    norm += (double)u[p] * (double)u[p];
  }
  return sqrt(error / norm);
}

/* Mean error of the validation samples with the factors at hand. */
static graft_status validate(struct fit *f, double *mean_error) {
  int order = (int)f->N, count = (int)f->v;
  double *z;
  graft_real *field;
  size_t P = f->skip->points;
  *mean_error = 0;
#pragma omp parallel for schedule(dynamic)
  for (size_t c = 0; c < f->A; c++) {
    double *w = f->weights + c * f->v * f->N;
    int info;
    memcpy(w, f->query_kernel + c * f->v * f->N, f->v * f->N * sizeof *w);
    dpotrs_("L", &order, &count, f->factor + c * f->N * f->N, &order, w, &order, &info);
    graft_linalg_multiply(f->v, f->O, f->N, false, w, true, f->target + c * f->O * f->N,
                          f->answer + c * f->v * f->O);
  }
  GRAFT_TRY(graft_alloc(&z, f->skip->outputs, sizeof *z));
  graft_status status = graft_alloc(&field, 2 * P, sizeof *field);
  for (size_t i = 0; i < f->v && status == GRAFT_OK; i++) {
    expand(f, f->answer + i * f->O, f->v * f->O, z);
    *mean_error += field_error(f, f->first_validation + i, z, field, field + P) / (double)f->v;
  }
  graft_free(z);
  graft_free(field);
  return status;
}

/* Pick length and penalty. */
static graft_status pick(struct fit *f, double median) {
  graft_skip *skip = f->skip;
  double best_length = 0, best_penalty = 0;
  skip->error = INFINITY;
  for (size_t k = 0; k < GRAFT_SKIP_PARAMETERS && skip->type->parameter[k] > 0; k++) {
    skip->length = skip->type->parameter[k] * median;
    split_kernel(f, f->N, f->norm, f->dot, f->kernel);
    split_kernel(f, f->v, f->query_norm, f->query_dot, f->query_kernel);
    for (size_t j = 0; j < GRAFT_SKIP_PENALTIES && skip->type->penalty[j] > 0; j++) {
      double error;
      if (!factorise(f, skip->type->penalty[j])) continue;
      GRAFT_TRY(validate(f, &error));
      if (!(error < skip->error)) continue;
      skip->error = error;
      best_length = skip->length;
      best_penalty = skip->type->penalty[j];
    }
  }
  GRAFT_CHECK(best_penalty > 0, DIVERGED, "skip path %s: no penalty gives a finite error",
              skip->type->name);
  skip->length = best_length;
  skip->penalty = best_penalty;
  return GRAFT_OK;
}

/* Row 0 of the inverse of the block of sample i and its copies in the inverse kernel matrix. */
static void block_row(const struct fit *f, const double *inverse, size_t i, double *row) {
  double block[GRAFT_MAX_SYMMETRIES * GRAFT_MAX_SYMMETRIES];
  int order = (int)f->r, one = 1, info;
  for (size_t j = 0; j < f->r; j++) {
    for (size_t k = 0; k <= j; k++) { /* LAPACK's lower triangle is our upper one */
      block[k * f->r + j] = inverse[(i + k * f->n) * f->N + i + j * f->n];
    }
    row[j] = j == 0;
  }
  dposv_("L", &order, &one, block, &order, row, &order, &info);
}

/* Coefficients and out-of-fold predictions of all training samples. */
static graft_status solve(struct fit *f, float *out_of_fold) {
  graft_skip *skip = f->skip;
  int order = (int)f->N, count = (int)f->O;
  size_t P = skip->points, Q = skip->outputs;
  double *by, *residual;
  split_kernel(f, f->N, f->norm, f->dot, f->kernel);
  GRAFT_CHECK(factorise(f, skip->penalty), DIVERGED, "skip path %s: kernel matrix",
              skip->type->name);
  memcpy(f->solution, f->target, f->A * f->O * f->N * sizeof *f->solution);
#pragma omp parallel for schedule(dynamic)
  for (size_t c = 0; c < f->A; c++) {
    double *factor = f->factor + c * f->N * f->N;
    int info;
    dpotrs_("L", &order, &count, factor, &order, f->solution + c * f->O * f->N, &order, &info);
    dpotri_("L", &order, factor, &order, &info);
  }
  GRAFT_TRY(graft_alloc(&by, f->A * f->O + Q, sizeof *by));
  residual = by + f->A * f->O;
  memset(out_of_fold, 0, f->n * P * sizeof *out_of_fold);
  for (size_t i = 0; i < f->n; i++) {
    for (size_t c = 0; c < f->A; c++) {
      const double *solution = f->solution + c * f->O * f->N + i;
      for (size_t o = 0; o < f->O; o++) by[c * f->O + o] = solution[o * f->N];
    }
    expand(f, by, f->O, skip->coefficient + i * Q);
    for (size_t c = 0; c < f->A; c++) {
      const double *solution = f->solution + c * f->O * f->N + i;
      double row[GRAFT_MAX_SYMMETRIES];
      block_row(f, f->factor + c * f->N * f->N, i, row);
      for (size_t o = 0; o < f->O; o++) {
        double sum = 0;
        for (size_t j = 0; j < f->r; j++) sum += row[j] * solution[o * f->N + j * f->n];
        by[c * f->O + o] = sum;
      }
    }
    expand(f, by, f->O, residual);
    for (size_t q = 0; q < Q; q++) {
      out_of_fold[i * P + skip->output[q]] = (float)(f->z[i * Q + q] - residual[q] + skip->mean[q]);
    }
  }
  graft_free(by);
  return GRAFT_OK;
}

static graft_status allocate(struct fit *f) {
  size_t M = f->skip->inputs, square = f->A * f->N * f->N, row = f->A * f->v * f->N;
  GRAFT_TRY(graft_alloc(&f->x, f->N * M, sizeof(double)));
  GRAFT_TRY(graft_alloc(&f->moved, f->N * M, sizeof(double)));
  GRAFT_TRY(graft_alloc(&f->query, f->v * M, sizeof(double)));
  GRAFT_TRY(graft_alloc(&f->norm, f->N, sizeof(double)));
  GRAFT_TRY(graft_alloc(&f->query_norm, f->v, sizeof(double)));
  GRAFT_TRY(graft_alloc(&f->dot, square, sizeof(double)));
  GRAFT_TRY(graft_alloc(&f->query_dot, row, sizeof(double)));
  GRAFT_TRY(graft_alloc(&f->kernel, square, sizeof(double)));
  GRAFT_TRY(graft_alloc(&f->query_kernel, row, sizeof(double)));
  GRAFT_TRY(graft_alloc(&f->factor, square, sizeof(double)));
  GRAFT_TRY(graft_alloc(&f->weights, row, sizeof(double)));
  GRAFT_TRY(graft_alloc(&f->z, f->n * f->skip->outputs, sizeof(double)));
  GRAFT_TRY(graft_alloc(&f->target, f->A * f->O * f->N, sizeof(double)));
  GRAFT_TRY(graft_alloc(&f->solution, f->A * f->O * f->N, sizeof(double)));
  return graft_alloc(&f->answer, f->A * f->v * f->O, sizeof(double));
}

static graft_status median_distance(const struct fit *f, double *median) {
  double *distance;
  GRAFT_TRY(graft_alloc(&distance, f->n * f->n, sizeof *distance));
  for (size_t i = 0; i < f->n; i++) {
    for (size_t j = 0; j < f->n; j++) {
      distance[i * f->n + j] = fmax(f->norm[i] + f->norm[j] - 2 * f->dot[i * f->N + j], 0);
    }
  }
  graft_status status = graft_linalg_median(f->n, distance, median);
  if (!(*median > 0)) *median = 1;
  graft_free(distance);
  return status;
}

/* Points where log_k is read and z predicted, and the arrays of the fitted path. */
static graft_status select_points(graft_skip *skip, const graft_skip_data *d) {
  GRAFT_TRY(graft_alloc(&skip->input, skip->points, sizeof *skip->input));
  GRAFT_TRY(graft_alloc(&skip->output, skip->points, sizeof *skip->output));
  for (size_t p = 0; p < skip->points; p++) {
    if (!d->mask[p]) continue;
    skip->input[skip->inputs++] = (uint32_t)p;
    if (!d->transform->torsion || d->base[p] > 0) skip->output[skip->outputs++] = (uint32_t)p;
  }
  GRAFT_CHECK(skip->outputs > 0, INPUT,
              "skip path %s: expected grid points in the region, got none", skip->type->name);
  GRAFT_TRY(graft_alloc(&skip->centre, skip->inputs, sizeof *skip->centre));
  GRAFT_TRY(graft_alloc(&skip->mean, skip->outputs, sizeof *skip->mean));
  GRAFT_TRY(graft_alloc(&skip->x, skip->samples * skip->inputs, sizeof *skip->x));
  for (size_t i = 0; i < skip->samples; i++) {
    for (size_t m = 0; m < skip->inputs; m++) {
      skip->x[i * skip->inputs + m] = d->log_k[i * skip->points + skip->input[m]];
    }
  }
  return graft_alloc(&skip->coefficient, skip->samples * skip->outputs, sizeof *skip->coefficient);
}

static graft_status run(struct fit *f, float *out_of_fold) {
  double median;
  find_representatives(f);
  GRAFT_TRY(find_orbits(f));
  GRAFT_TRY(allocate(f));
  centre_inputs(f);
  multiply_inputs(f);
  GRAFT_TRY(invert_targets(f));
  split_targets(f);
  GRAFT_TRY(median_distance(f, &median));
  if (!(f->skip->penalty > 0)) GRAFT_TRY(pick(f, median));
  return out_of_fold ? solve(f, out_of_fold) : GRAFT_OK;
}

graft_status graft_skip_fit(const graft_skip_type *type, const graft_symmetry *symmetry,
                            const graft_skip_data *data, graft_skip *skip, float *out_of_fold) {
  *skip = (graft_skip){
      .type = type, .symmetry = symmetry, .points = symmetry->points, .samples = data->train};
  if (!type->kernel) {
    memset(out_of_fold, 0, data->train * skip->points * sizeof *out_of_fold);
    return GRAFT_OK;
  }
  GRAFT_TRY(select_points(skip, data));
  struct fit f = {.skip = skip,
                  .data = data,
                  .n = data->train,
                  .v = data->validation,
                  .first_validation = data->train};
  graft_status status = GRAFT_OK;
  if (f.v == 0 && f.n > 1) { /* the last sixth picks the parameters, then all are fitted */
    struct fit part = f;
    part.v = (f.n + 5) / 6;
    part.n = part.first_validation = f.n - part.v;
    status = run(&part, NULL);
    release(&part);
    memset(skip->centre, 0, skip->inputs * sizeof *skip->centre);
    memset(skip->mean, 0, skip->outputs * sizeof *skip->mean);
  } else if (f.v == 0) {
    skip->length = 1;
    skip->penalty = 1;
  }
  if (status == GRAFT_OK) status = run(&f, out_of_fold);
  release(&f);
  return status;
}
