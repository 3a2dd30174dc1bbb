/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_TESTS_MTL_OBJECTIVE_TEST_H
#define GRAFT_TESTS_MTL_OBJECTIVE_TEST_H

/** @file objective_test.h
 *  Objectives with known gradients for the tests of `mtl/`: quadratics with K tasks, shared and
 * private blocks and batches of samples, and Rosenbrock's function. Header only, one test program
 * each. */

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "mtl/objective.h"

enum {
  QUADRATIC_TASKS = 3,
  QUADRATIC_D = 5,
  QUADRATIC_H = 2,
  QUADRATIC_SAMPLES = 12,
  QUADRATIC_N_MAX = 32
};

/** L_k(sample s) = ½ Σ_i a_ki (x_i + b_i − t_ki(s))² + ½ Σ_j (h_kj − x_j − 0.3 k)², x and b shared,
 * h_k private to task k. In each step task k has batch + k samples, those of ranks other than
 * `rank` are left to them. */
typedef struct quadratic {
  graft_objective objective;
  graft_layout layout;
  size_t tasks;
  int batch;         /**< samples of task 0 in a step */
  int rank, size;    /**< this part of each batch: samples j with j mod size = rank */
  int absent;        /**< task without samples in every third step; −1: none */
  uint64_t poison;   /**< from this step on the loss is NaN */
  double condition;  /**< a_ki ranges from 1 to this */
  int validation;    /**< validation samples of each task */
  unsigned evals[8]; /**< number of evaluations by bits of `want` */
  int64_t seen;      /**< state of the objective: clean evaluations */
} quadratic;

static const char *const quadratic_names[] = {"square", "disc", "triangle"};

static inline double quadratic_curvature(const quadratic *q, size_t k, size_t i) {
  double e = (double)((i + k) % QUADRATIC_D) / (QUADRATIC_D - 1);
  return pow(q->condition, e);
}

static inline double quadratic_target(size_t k, size_t i, uint64_t s) {
  return 1 + 0.5 * (double)k - 0.2 * (double)i + 0.1 * sin(1.7 * (double)s + (double)(k + 3 * i));
}

static inline int quadratic_present(const quadratic *q, const graft_request *r, size_t k) {
  if (!(r->tasks >> k & 1)) return 0;
  if (r->pass == GRAFT_PASS_VALIDATE) return q->validation;
  return (int)k == q->absent && r->step % 3 == 2 ? 0 : q->batch + (int)k;
}

static inline uint64_t quadratic_sample(const quadratic *q, const graft_request *r, int j) {
  if (r->pass == GRAFT_PASS_VALIDATE) {
    return 1000 + r->batch * (uint64_t)q->validation + (uint64_t)j;
  }
  return (r->step * (uint64_t)q->batch + (uint64_t)j + 7 * r->batch) % QUADRATIC_SAMPLES;
}

static inline graft_status quadratic_count(void *ctx, const graft_request *r, double *count) {
  const quadratic *q = ctx;
  for (size_t k = 0; k < q->tasks; k++) {
    count[k] = 0;
    for (int j = 0; j < quadratic_present(q, r, k); j++) count[k] += j % q->size == q->rank;
  }
  return GRAFT_OK;
}

/* Add factor × ∇L_k(s) to g [n]; return L_k(s). */
static inline double quadratic_sample_loss(const quadratic *q, size_t k, uint64_t s,
                                           const graft_real *theta, double factor, graft_real *g) {
  const graft_real *x = theta, *b = theta + QUADRATIC_D;
  const size_t head = 2 * QUADRATIC_D + k * QUADRATIC_H;
  double loss = 0;
  for (size_t i = 0; i < QUADRATIC_D; i++) {
    double a = quadratic_curvature(q, k, i);
    double e = (double)x[i] + (double)b[i] - quadratic_target(k, i, s);
    loss += 0.5 * a * e * e;
    if (!g) continue;
    g[i] += (graft_real)(factor * a * e);
    g[QUADRATIC_D + i] += (graft_real)(factor * a * e);
  }
  for (size_t j = 0; j < QUADRATIC_H; j++) {
    double e = (double)theta[head + j] - (double)x[j] - 0.3 * (double)k;
    loss += 0.5 * e * e;
    if (!g) continue;
    g[head + j] += (graft_real)(factor * e);
    g[j] -= (graft_real)(factor * e);
  }
  return loss;
}

static inline graft_status quadratic_eval(void *ctx, const graft_request *r,
                                          const graft_real *theta, graft_reply *reply) {
  quadratic *q = ctx;
  const size_t n = q->objective.n;
  q->evals[r->want & 7]++;
  q->seen += r->pass == GRAFT_PASS_CLEAN;
  if (r->want & GRAFT_WANT_SUM) memset(reply->sum, 0, n * sizeof *reply->sum);
  if (r->want & GRAFT_WANT_ROWS) memset(reply->rows, 0, q->tasks * n * sizeof *reply->rows);
  (void)quadratic_count(ctx, r, reply->count);
  for (size_t k = 0; k < q->tasks; k++) {
    const graft_real *at = r->row_theta ? r->row_theta[k] : theta;
    const bool rows = r->want & GRAFT_WANT_ROWS;
    reply->loss[k] = 0;
    for (int j = 0; j < quadratic_present(q, r, k); j++) {
      if (j % q->size != q->rank) continue;
      uint64_t s = quadratic_sample(q, r, j);
      double loss =
          quadratic_sample_loss(q, k, s, rows ? at : theta, r->weight && rows ? r->weight[k] : 1,
                                rows ? reply->rows + k * n : NULL);
      if (r->want & GRAFT_WANT_SUM) {
        (void)quadratic_sample_loss(q, k, s, theta, r->weight[k], reply->sum);
      }
      reply->loss[k] += loss;
    }
    if (r->pass == GRAFT_PASS_CLEAN && r->step >= q->poison) reply->loss[k] = NAN;
  }
  return GRAFT_OK;
}

static inline graft_status quadratic_save(void *ctx, graft_bundle *bundle) {
  return graft_bundle_put_int(bundle, "quadratic/seen", ((quadratic *)ctx)->seen);
}

static inline graft_status quadratic_load(void *ctx, const graft_bundle *bundle) {
  GRAFT_TRY(graft_bundle_get_int(bundle, "quadratic/seen", &((quadratic *)ctx)->seen));
  GRAFT_CHECK(((quadratic *)ctx)->seen >= 0 && ((quadratic *)ctx)->seen < INT32_MAX, INPUT,
              "quadratic/seen: expected a number of evaluations");
  return GRAFT_OK;
}

/** Set up with @p tasks tasks; rank, poison and the like may be changed afterwards. */
static inline graft_status quadratic_init(quadratic *q, size_t tasks) {
  *q = (quadratic){.tasks = tasks,
                   .batch = 4,
                   .size = 1,
                   .absent = -1,
                   .poison = UINT64_MAX,
                   .condition = 10,
                   .validation = 3};
  graft_layout_init(&q->layout);
  GRAFT_TRY(
      graft_layout_add(&q->layout, "shared/kernel", GRAFT_SHAPE(1, QUADRATIC_D), ~0ull, 1, NULL));
  GRAFT_TRY(
      graft_layout_add(&q->layout, "shared/bias", GRAFT_SHAPE(1, QUADRATIC_D), ~0ull, 0, NULL));
  for (size_t k = 0; k < tasks; k++) {
    char name[GRAFT_NAME_SIZE];
    snprintf(name, sizeof name, "head/%s", quadratic_names[k]);
    GRAFT_TRY(graft_layout_add(&q->layout, name, GRAFT_SHAPE(1, QUADRATIC_H), 1ull << k, 1, NULL));
  }
  q->objective = (graft_objective){.n = q->layout.n,
                                   .tasks = tasks,
                                   .task_name = quadratic_names,
                                   .layout = &q->layout,
                                   .steps_per_epoch = 3,
                                   .validation_batches = 2,
                                   .ctx = q,
                                   .count = quadratic_count,
                                   .eval = quadratic_eval,
                                   .save = quadratic_save,
                                   .load = quadratic_load};
  return GRAFT_OK;
}

static inline void quadratic_fini(quadratic *q) { graft_layout_fini(&q->layout); }

/** An objective whose tasks are numbered in another order: task i is task order[i] of the inner. */
struct permuted {
  const graft_objective *inner;
  const size_t *order;
  graft_layout layout;
};

static inline uint64_t inner_tasks(const struct permuted *p, uint64_t tasks) {
  uint64_t mask = 0;
  for (size_t i = 0; i < QUADRATIC_TASKS; i++) mask |= (tasks >> i & 1) << p->order[i];
  return mask;
}

static inline graft_status permuted_count(void *ctx, const graft_request *request, double *count) {
  const struct permuted *p = ctx;
  graft_request r = *request;
  double inner[QUADRATIC_TASKS];
  r.tasks = inner_tasks(p, request->tasks);
  GRAFT_TRY(p->inner->count(p->inner->ctx, &r, inner));
  for (size_t i = 0; i < QUADRATIC_TASKS; i++) count[i] = inner[p->order[i]];
  return GRAFT_OK;
}

static inline graft_status permuted_eval(void *ctx, const graft_request *request,
                                         const graft_real *theta, graft_reply *reply) {
  const struct permuted *p = ctx;
  const size_t n = p->inner->n;
  graft_request r = *request;
  double weight[QUADRATIC_TASKS], loss[QUADRATIC_TASKS], count[QUADRATIC_TASKS];
  const graft_real *row_theta[QUADRATIC_TASKS];
  graft_real rows[QUADRATIC_TASKS * QUADRATIC_N_MAX];
  graft_reply inner = {.loss = loss, .count = count, .sum = reply->sum, .rows = rows};
  r.tasks = inner_tasks(p, request->tasks);
  for (size_t i = 0; i < QUADRATIC_TASKS; i++) {
    if (request->weight) weight[p->order[i]] = request->weight[i];
    if (request->row_theta) row_theta[p->order[i]] = request->row_theta[i];
  }
  r.weight = request->weight ? weight : NULL;
  r.row_theta = request->row_theta ? row_theta : NULL;
  GRAFT_TRY(p->inner->eval(p->inner->ctx, &r, theta, &inner));
  for (size_t i = 0; i < QUADRATIC_TASKS; i++) {
    reply->loss[i] = loss[p->order[i]];
    reply->count[i] = count[p->order[i]];
    if (request->want & GRAFT_WANT_ROWS) {
      memcpy(reply->rows + i * n, rows + p->order[i] * n, n * sizeof *rows);
    }
  }
  return GRAFT_OK;
}

/** f(x, y) = (1 − x)² + 100 (y − x²)², one task, one sample. */
typedef struct rosenbrock {
  graft_objective objective;
  graft_layout layout;
} rosenbrock;

static inline graft_status rosenbrock_count(void *ctx, const graft_request *r, double *count) {
  (void)ctx, (void)r;
  count[0] = 1;
  return GRAFT_OK;
}

static inline graft_status rosenbrock_eval(void *ctx, const graft_request *r,
                                           const graft_real *theta, graft_reply *reply) {
  const double x = (double)theta[0], y = (double)theta[1], e = y - x * x;
  const double weight = r->weight ? r->weight[0] : 1;
  const double g[2] = {-2 * (1 - x) - 400 * x * e, 200 * e};
  (void)ctx;
  reply->count[0] = 1;
  reply->loss[0] = (1 - x) * (1 - x) + 100 * e * e;
  for (size_t i = 0; i < 2; i++) {
    if (r->want & GRAFT_WANT_SUM) reply->sum[i] = (graft_real)(weight * g[i]);
    if (r->want & GRAFT_WANT_ROWS) reply->rows[i] = (graft_real)(weight * g[i]);
  }
  return GRAFT_OK;
}

static inline graft_status rosenbrock_init(rosenbrock *f) {
  static const char *const names[] = {"rosenbrock"};
  *f = (rosenbrock){0};
  graft_layout_init(&f->layout);
  GRAFT_TRY(graft_layout_add(&f->layout, "x", GRAFT_SHAPE(1, 2), 1, 0, NULL));
  f->objective = (graft_objective){.n = 2,
                                   .tasks = 1,
                                   .task_name = names,
                                   .layout = &f->layout,
                                   .steps_per_epoch = 1,
                                   .validation_batches = 1,
                                   .ctx = f,
                                   .count = rosenbrock_count,
                                   .eval = rosenbrock_eval};
  return GRAFT_OK;
}

static inline void rosenbrock_fini(rosenbrock *f) { graft_layout_fini(&f->layout); }

#endif
