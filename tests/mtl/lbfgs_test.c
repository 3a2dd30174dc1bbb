/* SPDX-License-Identifier: BSD-2-Clause */
/* L-BFGS by hand, on a quadratic and on Rosenbrock's function; one call is one evaluation. */
#include "base/rng.h"
#include "mtl/optimizer.h"
#include "tests/graft_test.h"

#ifdef GRAFT_DOUBLE
static const double tiny = 1e-20;
#else
static const double tiny = 1e-9;
#endif

enum { N = 40 };

static graft_real memory[24 * (N + 64)] __attribute__((aligned(64)));

static graft_optimizer make(size_t n, double weight_decay, size_t frozen, graft_layout *layout) {
  const graft_optimizer_config c = {.weight_decay = weight_decay};
  graft_optimizer o;
  graft_arena arena;
  graft_layout_init(layout);
  T_OK(graft_layout_add(layout, "a", GRAFT_SHAPE(1, n - frozen), 1, 1, NULL));
  if (frozen) T_OK(graft_layout_add(layout, "b", GRAFT_SHAPE(1, frozen), 1, 1, NULL));
  if (frozen) layout->block[1].frozen = 1;
  graft_arena_init(&arena, memory, sizeof memory);
  T_OK(graft_optimizer_init(&o, graft_optimizer_find("lbfgs"), &c, layout, &arena));
  return o;
}

/* f = 2 x²: gradient 4 at x = 1, so the first step has length lr. There f = 0, y/s = 4: Newton. */
static void steps_by_hand(void) {
  graft_layout layout;
  graft_optimizer o = make(1, 0, 0, &layout);
  graft_real x = 1, g = 4;
  o.value = 2;
  graft_optimizer_step(&o, 0.5, &g, 1, &x);
  T_EQUAL(x, 0.5);
  g = 2, o.value = 0.5;
  graft_optimizer_step(&o, 1, &g, 1, &x);
  T_EQUAL(x, 0);
  T_EQUAL(o.steps, 2);
  graft_layout_fini(&layout);
}

/* From x = 1 a step of length 4 overshoots: f = 18 at −3 against 2; the parabola through both has
 * its bottom at 0. */
static void steps_back_by_hand(void) {
  graft_layout layout;
  graft_optimizer o = make(1, 0, 0, &layout);
  graft_real x = 1, g = 4;
  o.value = 2;
  graft_optimizer_step(&o, 4, &g, 1, &x);
  T_EQUAL(x, -3);
  g = -12, o.value = 18;
  graft_optimizer_step(&o, 4, &g, 1, &x);
  T_NEAR(x, 0, 1e-6);
  graft_layout_fini(&layout);
}

/* Weight decay is a term ½ d x² of the loss: f = ½ (x − 3)² with d = 2 ends at 1. */
static void decay_is_a_term_of_the_loss(void) {
  graft_layout layout;
  graft_optimizer o = make(3, 2, 1, &layout);
  graft_real x[3] = {0, 5, 7};
  for (int i = 0; i < 30; i++) {
    graft_real g[3];
    o.value = 0;
    for (size_t k = 0; k < 3; k++) {
      g[k] = x[k] - 3;
      if (k < 2) o.value += 0.5 * (double)(g[k] * g[k]);
    }
    graft_optimizer_step(&o, 1, g, 1, x);
  }
  T_NEAR(x[0], 1, 1e-5);
  T_NEAR(x[1], 1, 1e-5);
  T_EQUAL(x[2], 7); /* frozen */
  graft_layout_fini(&layout);
}

/* Condition 1e3 in 40 dimensions: no first-order method is near after so few evaluations. */
static void ill_conditioned_quadratic(void) {
  graft_layout layout;
  graft_optimizer o = make(N, 0, 0, &layout);
  graft_real x[N], g[N];
  double value = 0;
  for (size_t i = 0; i < N; i++) x[i] = 1;
  for (int s = 0; s < 250; s++) {
    value = 0;
    for (size_t i = 0; i < N; i++) {
      const double a = pow(10, 3.0 * (double)i / (N - 1));
      g[i] = (graft_real)(a * (double)x[i]);
      value += 0.5 * a * (double)x[i] * (double)x[i];
    }
    o.value = value;
    graft_optimizer_step(&o, 1, g, 1, x);
  }
  printf("# value %.3g\n", value);
  T_CHECK(value < 1e-5);
  graft_layout_fini(&layout);
}

static void rosenbrock(void) {
  graft_layout layout;
  graft_optimizer o = make(2, 0, 0, &layout);
  graft_real x[2] = {(graft_real)-1.2, 1}, g[2];
  double best = INFINITY;
  for (int s = 0; s < 100; s++) {
    const double a = (double)x[0], b = (double)x[1], e = b - a * a;
    o.value = (1 - a) * (1 - a) + 100 * e * e;
    g[0] = (graft_real)(-2 * (1 - a) - 400 * a * e);
    g[1] = (graft_real)(200 * e);
    best = fmin(best, o.value);
    graft_optimizer_step(&o, 1, g, 1, x);
  }
  printf("# value %.3g\n", best);
  T_CHECK(best < tiny);
  graft_layout_fini(&layout);
}

int main(void) {
  T_RUN(steps_by_hand);
  T_RUN(steps_back_by_hand);
  T_RUN(decay_is_a_term_of_the_loss);
  T_RUN(ill_conditioned_quadratic);
  T_RUN(rosenbrock);
  return graft_test_done();
}
