/* SPDX-License-Identifier: BSD-2-Clause */
/* Logistic regression: closed forms, and the conditions of its one optimum. */
#include "recsys/logistic.h"

#include "base/rng.h"
#include "tests/graft_test.h"

enum { N = 400, M = 6, NNZ = 3 };

static struct {
  size_t offset[N + 1];
  uint32_t column[N * NNZ];
  float value[N * NNZ], label[2 * N];
  uint8_t part[N];
} made;

static graft_design make(void) {
  graft_rng rng;
  graft_rng_init(&rng, 3, GRAFT_STREAM_TEST, 0);
  for (size_t i = 0; i < N; i++) {
    const uint32_t a = graft_rng_below(&rng, 3), b = 3 + graft_rng_below(&rng, 2);
    const float x = (float)graft_rng_normal(&rng);
    const uint32_t column[NNZ] = {a, b, M - 1};
    const float value[NNZ] = {1, x, 1};
    memcpy(made.column + NNZ * i, column, sizeof column);
    memcpy(made.value + NNZ * i, value, sizeof value);
    made.offset[i + 1] = NNZ * (i + 1);
    made.label[i] = graft_rng_uniform(&rng) < 1 / (1 + exp(-(double)a + 1 - (double)x));
    made.label[N + i] = 1 - made.label[i];
    made.part[i] = i % 4 == 3 ? GRAFT_PART_TEST : GRAFT_PART_TRAIN;
    if (i % 11 == 0) made.label[i] = NAN;
  }
  return (graft_design){.rows = N,
                        .columns = M,
                        .labels = 2,
                        .offset = made.offset,
                        .column = made.column,
                        .value = made.value,
                        .label = made.label,
                        .part = made.part};
}

/* At the optimum the gradient, summed here anew, is zero. */
static void gradient_vanishes(void) {
  const graft_design d = make();
  graft_logistic_config config = graft_logistic_config_default();
  double w[M] = {0}, p[N], g[M] = {0};
  config.penalty = 0.7;
  config.tolerance = 1e-10;
  if (!T_OK(graft_logistic_fit(&d, 0, 1U << GRAFT_PART_TRAIN, &config, w))) return;
  graft_logistic_predict(&d, w, p);
  for (size_t i = 0; i < N; i++) {
    if (d.part[i] != GRAFT_PART_TRAIN || isnan(d.label[i])) continue;
    for (size_t j = d.offset[i]; j < d.offset[i + 1]; j++) {
      g[d.column[j]] += (p[i] - (double)d.label[i]) * (double)d.value[j];
    }
  }
  for (size_t j = 0; j + 1 < M; j++) T_NEAR(g[j] + config.penalty * w[j], 0, 1e-6);
  T_NEAR(g[M - 1], 0, 1e-6);
}

/* With a huge penalty only the constant is left: the share of label 1. */
static void constant_is_the_share(void) {
  const graft_design d = make();
  graft_logistic_config config = graft_logistic_config_default();
  double w[M] = {0}, p[N], sum = 0, rows = 0;
  config.penalty = 1e9;
  config.tolerance = 1e-10;
  if (!T_OK(graft_logistic_fit(&d, 0, 1U << GRAFT_PART_TRAIN, &config, w))) return;
  for (size_t i = 0; i < N; i++) {
    if (d.part[i] != GRAFT_PART_TRAIN || isnan(d.label[i])) continue;
    rows++;
    sum += (double)d.label[i];
  }
  graft_logistic_predict(&d, w, p);
  T_NEAR(p[0], sum / rows, 1e-5);
  T_NEAR(p[N - 1], sum / rows, 1e-5);
}

/* Task 1 has the opposite labels: another answer, not the same one read twice. */
static void tasks_differ(void) {
  graft_design d = make();
  const graft_logistic_config config = graft_logistic_config_default();
  double a[M] = {0}, b[M] = {0};
  for (size_t i = 0; i < N; i++) made.label[N + i] = 1 - made.label[i];
  if (!T_OK(graft_logistic_fit(&d, 0, 1, &config, a)) ||
      !T_OK(graft_logistic_fit(&d, 1, 1, &config, b))) {
    return;
  }
  for (size_t j = 0; j < M; j++) {
    T_NEAR(a[j], -b[j], 1e-3);
    T_CHECK(fabs(a[j]) > 0.01);
  }
}

static void no_rows_no_fit(void) {
  const graft_design d = make();
  const graft_logistic_config config = graft_logistic_config_default();
  double w[M] = {0};
  T_FAILS(graft_logistic_fit(&d, 0, 1U << GRAFT_PART_VALIDATION, &config, w), GRAFT_INPUT,
          "expected rows to fit to, got none");
}

int main(void) {
  T_RUN(gradient_vanishes);
  T_RUN(constant_is_the_share);
  T_RUN(tasks_differ);
  T_RUN(no_rows_no_fit);
  return graft_test_done();
}
