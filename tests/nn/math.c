/* SPDX-License-Identifier: BSD-2-Clause */
/* Accuracy of the vectorisable elementary functions against libm in double; initial values. */
#include "nn/math_impl.h"

#include <float.h>

#include "base/arena.h"
#include "nn/graph.h"
#include "tests/graft_test.h"

static double exact_sigmoid(double x) { return 1 / (1 + exp(-x)); }

static const struct {
  const char *name;
  float (*got)(float);
  double (*want)(double);
  double limit;           /* of |x| */
  double ulps, tolerance; /* |error| ≤ ulps · ulp of the result + tolerance */
} table[] = {
    {"exp", graft_exp, exp, 86, 4, 0},
    {"tanh", graft_tanh, tanh, 30, 4, 0},
    {"erf", graft_erf, erf, 8, 4, 0},
    {"sin", graft_sin, sin, 1000, 0, 2e-7},
    {"cos", graft_cos, cos, 1000, 0, 2e-7},
    {"log1p", graft_log1p, log1p, 0.9, 2, 0},
    {"sigmoid", graft_sigmoid, exact_sigmoid, 80, 6, 0},
};

static void accuracy(size_t i) {
  enum { STEPS = 200001 };
  double worst = 0, at = 0;
  for (int s = 0; s < STEPS; s++) {
    float x = (float)(table[i].limit * (2.0 * s / (STEPS - 1) - 1));
    double want = table[i].want((double)x);
    double error = fabs((double)table[i].got(x) - want);
    double allowed = table[i].ulps * FLT_EPSILON * fabs(want) + table[i].tolerance;
    double ratio = error <= 0 ? 0 : error / allowed;
    if (!(ratio <= worst)) {
      worst = ratio;
      at = (double)x;
    }
  }
  if (!T_CHECK(worst <= 1))
    printf("# %s: %g times the allowed error at %g\n", table[i].name, worst, at);
}

static void non_finite_numbers_pass(void) {
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    if (!T_CHECK(isnan(table[i].got(NAN)))) printf("# %s\n", table[i].name);
  }
  T_EQUAL(graft_tanh(INFINITY), 1);
  T_EQUAL(graft_tanh(-INFINITY), -1);
  T_EQUAL(graft_erf(INFINITY), 1);
  T_CHECK(isfinite(graft_exp(INFINITY)));
}

static void initial_values(void) {
  enum { N = 40000 };
  static graft_real value[N], again[N];
  static const struct {
    graft_init init;
    double std, largest;
  } want[] = {
      {GRAFT_INIT_GLOROT_NORMAL, 0.2, 0.4548},  /* sqrt(2 / 50); two deviations before rescaling */
      {GRAFT_INIT_GLOROT_UNIFORM, 0.2, 0.3465}, /* limit sqrt(6 / 50) */
      {GRAFT_INIT_HE_NORMAL, 0.31623, 0.7191},  /* sqrt(2 / 20) */
      {GRAFT_INIT_NORMAL, 0.05, 1},
      {GRAFT_INIT_ZEROS, 0, 0},
  };
  for (size_t k = 0; k < sizeof want / sizeof want[0]; k++) {
    double sum = 0, square = 0, largest = 0;
    graft_init_fill(want[k].init, 20, 30, 0.05, 3, k, N, value);
    graft_init_fill(want[k].init, 20, 30, 0.05, 3, k, N, again);
    for (size_t i = 0; i < N; i++) {
      double v = (double)value[i];
      sum += v;
      square += v * v;
      if (fabs(v) > largest) largest = fabs(v);
    }
    T_CHECK(memcmp(value, again, sizeof value) == 0);
    T_NEAR(sum / N, 0, 0.03 * want[k].std);
    T_NEAR(sqrt(square / N), want[k].std, 0.02 * want[k].std);
    T_CHECK(largest <= want[k].largest);
    T_EQUAL(graft_init_find(graft_init_name(want[k].init)), want[k].init);
  }
  T_EQUAL(graft_init_find("none such"), GRAFT_INIT_COUNT);
  T_CHECK(graft_init_name(GRAFT_INIT_COUNT) == NULL);
}

int main(void) {
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    T_RUN_NAMED(table[i].name, accuracy(i));
  }
  T_RUN(non_finite_numbers_pass);
  T_RUN(initial_values);
  return graft_test_done();
}
