/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_TESTS_MTL_MATRIX_TEST_H
#define GRAFT_TESTS_MTL_MATRIX_TEST_H

/** @file matrix_test.h
 *  Aggregators on small matrices in double. Header only, one test program each. */

#include <math.h>
#include <omp.h>
#include <string.h>

#include "base/rng.h"
#include "mtl/aggregator.h"
#include "tests/graft_test.h"

enum { K_MAX = 64, N_MAX = 80 };

/** A Jacobian with a loss beside each row. */
struct matrix {
  size_t K, n;
  double row[K_MAX][N_MAX];
  double loss[K_MAX];
};

/** A rule at work in its own memory, with options that may be set before begin(). */
struct worker {
  graft_aggregator aggregator;
  graft_aggregator_settings settings;
  uint64_t active;
  void *memory, *state;
};

static graft_aggregator_settings options; /**< of the next begin(); zero: the defaults */

static inline void set_threads(int threads) { omp_set_num_threads(threads); }

static inline struct matrix random_matrix(size_t K, size_t n, double scale, uint64_t seed) {
  struct matrix J = {.K = K, .n = n};
  graft_rng rng;
  graft_rng_init(&rng, 3, GRAFT_STREAM_TEST, seed);
  for (size_t k = 0; k < K; k++) {
    J.loss[k] = 0.1 + graft_rng_uniform(&rng);
    for (size_t i = 0; i < n; i++) J.row[k][i] = scale * graft_rng_normal(&rng);
  }
  return J;
}

/** A matrix of given numbers, row by row. */
static inline struct matrix matrix_of(size_t K, size_t n, const double *value) {
  struct matrix J = {.K = K, .n = n};
  for (size_t k = 0; k < K; k++) {
    J.loss[k] = 1;
    memcpy(J.row[k], value + k * n, n * sizeof *value);
  }
  return J;
}

static inline double norm_of(const struct matrix *J) {
  double most = 0;
  for (size_t k = 0; k < J->K; k++) {
    for (size_t i = 0; i < J->n; i++) most = fmax(most, fabs(J->row[k][i]));
  }
  return most;
}

/** Prepare; release with end(). Options that do not fit K are relaxed. */
static inline struct worker begin_spans(const graft_aggregator_type *type, size_t K, size_t n,
                                        const graft_span *spans, size_t count) {
  struct worker a = {.active = K == 64 ? ~UINT64_C(0) : (UINT64_C(1) << K) - 1};
  static graft_aggregator_settings settings;
  graft_arena arena;
  settings = options;
  if (!*settings.aggregator_scale) T_OK(graft_aggregator_settings_default(&settings));
  if (K < 3) settings.trim = 0;
  graft_arena_init(&arena, NULL, 0);
  const graft_aggregator_type *rule = type;
  if (strcmp(type->name, "krum") == 0 && K < 3) rule = graft_aggregator_find("mean");
  T_OK(graft_aggregator_init(&a.aggregator, rule, &settings, K, n, NULL, count, 7, &arena));
  T_OK(graft_alloc(&a.memory, arena.used, 1));
  graft_arena_init(&arena, a.memory, arena.used);
  T_OK(graft_aggregator_init(&a.aggregator, rule, &settings, K, n, spans, count, 7, &arena));
  T_OK(graft_alloc(&a.state, a.aggregator.state_size, 1));
  a.aggregator.state = a.state;
  graft_aggregator_reset(&a.aggregator);
  return a;
}

static inline struct worker begin(const graft_aggregator_type *type, const struct matrix *J) {
  const graft_span whole = {0, J->n};
  return begin_spans(type, J->K, J->n, &whole, 1);
}

static inline void end(struct worker *a) {
  graft_free(a->memory);
  graft_free(a->state);
}

static inline void combine(struct worker *a, const struct matrix *J, uint64_t step, double *out,
                           double *weight) {
  static double flat[K_MAX * N_MAX];
  for (size_t k = 0; k < J->K; k++) memcpy(flat + k * J->n, J->row[k], J->n * sizeof *flat);
  const graft_aggregator_input in = {
      .active = a->active, .step = step, .loss = J->loss, .wide_rows = flat};
  const graft_aggregator_output answer = {.weight = weight, .wide_direction = out};
  memset(out, 0, J->n * sizeof *out);
  T_OK(graft_aggregator_combine(&a->aggregator, &in, &answer));
}

/** Direction of a fresh rule in step 0. */
static inline void direction_of(const graft_aggregator_type *type, const struct matrix *J,
                                double *out) {
  double weight[K_MAX];
  struct worker a = begin(type, J);
  combine(&a, J, 0, out, weight);
  end(&a);
}

/** Least g_i · A(J) in units of their lengths. */
static inline double least_product(const graft_aggregator_type *type, const struct matrix *J,
                                   double *out) {
  double least = INFINITY, length = 0;
  direction_of(type, J, out);
  for (size_t i = 0; i < J->n; i++) length += out[i] * out[i];
  for (size_t k = 0; k < J->K; k++) {
    double product = 0, own = 0;
    for (size_t i = 0; i < J->n; i++) product += J->row[k][i] * out[i];
    for (size_t i = 0; i < J->n; i++) own += J->row[k][i] * J->row[k][i];
    least = fmin(least, product / fmax(sqrt(own * length), 1e-3));
  }
  return least;
}

#endif
