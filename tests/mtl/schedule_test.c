/* SPDX-License-Identifier: BSD-2-Clause */
#include "mtl/schedule.h"

#include "tests/graft_test.h"

static graft_schedule make(const char *name) {
  return (graft_schedule){
      .type = graft_schedule_find(name), .lr = 0.02, .steps = 1000, .final = 0.1, .factor = 0.5};
}

static void constant_stays(void) {
  graft_schedule s = make("constant");
  T_OK(graft_schedule_validate(&s));
  T_EQUAL(graft_schedule_rate(&s, 0), 0.02);
  T_EQUAL(graft_schedule_rate(&s, 999), 0.02);
}

static void warmup_is_linear(void) {
  for (size_t i = 0; graft_schedule_types(i); i++) {
    graft_schedule s = make(graft_schedule_types(i)->name);
    s.warmup = 100;
    s.period = 500;
    T_NEAR(graft_schedule_rate(&s, 0), 0.0002, 1e-16);
    T_NEAR(graft_schedule_rate(&s, 49), 0.01, 1e-16);
    T_NEAR(graft_schedule_rate(&s, 99), 0.02, 1e-16);
    T_NEAR(graft_schedule_rate(&s, 100), 0.02, 1e-16);
  }
}

static void cosine_values(void) {
  graft_schedule s = make("cosine");
  T_EQUAL(graft_schedule_rate(&s, 0), 0.02);
  T_NEAR(graft_schedule_rate(&s, 500), 0.02 * 0.55, 1e-15);
  T_NEAR(graft_schedule_rate(&s, 250), 0.02 * (0.1 + 0.9 * 0.5 * (1 + sqrt(0.5))), 1e-15);
  T_NEAR(graft_schedule_rate(&s, 999), 0.002, 1e-7);
  T_EQUAL(graft_schedule_rate(&s, 5000), graft_schedule_rate(&s, 999));
  s.warmup = 200; /* the wave starts after it */
  T_NEAR(graft_schedule_rate(&s, 600), 0.02 * 0.55, 1e-15);
  s.warmup = 2000; /* longer than the run: still rising at its end, no division by zero */
  T_NEAR(graft_schedule_rate(&s, 999), 0.01, 1e-15);
}

static void exponential_values(void) {
  graft_schedule s = make("exponential");
  T_EQUAL(graft_schedule_rate(&s, 0), 0.02);
  T_NEAR(graft_schedule_rate(&s, 500), 0.02 * sqrt(0.1), 1e-15);
  s.period = 100; /* halved every 100 steps, smoothly */
  T_NEAR(graft_schedule_rate(&s, 50), 0.02 * sqrt(0.5), 1e-15);
  T_NEAR(graft_schedule_rate(&s, 300), 0.0025, 1e-15);
}

static void one_cycle_values(void) {
  graft_schedule s = make("one_cycle");
  s.rise = 0.25;
  T_NEAR(graft_schedule_rate(&s, 0), 0.02 / 25, 1e-16);
  T_NEAR(graft_schedule_rate(&s, 125), 0.02 * 13 / 25, 1e-15);
  T_NEAR(graft_schedule_rate(&s, 250), 0.02, 1e-16);
  T_NEAR(graft_schedule_rate(&s, 625), 0.02 * 0.55, 1e-15);
  s.rise = 1;
  T_NEAR(graft_schedule_rate(&s, 999), 0.02, 1e-6);
}

static void plateau_waits(void) {
  graft_schedule s = make("plateau");
  const double loss[] = {3, 2, 2, 2.5, NAN, 1.9, 2, 2, 2, 2},
               rate[] = {1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.125};
  s.patience = 2;
  for (size_t i = 0; i < sizeof loss / sizeof *loss; i++) {
    graft_schedule_observe(&s, loss[i]);
    T_NEAR(graft_schedule_rate(&s, i), 0.02 * rate[i], 1e-16);
  }
  for (int i = 0; i < 20; i++) graft_schedule_observe(&s, 5);
  T_NEAR(graft_schedule_rate(&s, 0), 0.002, 1e-16); /* no further down than the final fraction */
}

static void step_by_period(void) {
  graft_schedule s = make("step");
  T_EQUAL(graft_schedule_rate(&s, 999), 0.02);
  s.period = 100;
  T_EQUAL(graft_schedule_rate(&s, 99), 0.02);
  T_NEAR(graft_schedule_rate(&s, 100), 0.01, 1e-17);
  T_NEAR(graft_schedule_rate(&s, 399), 0.0025, 1e-17);
}

static void step_by_boundaries(void) {
  graft_schedule s = make("step"); /* the paper's on Darcy */
  s.lr = 1e-3;
  s.steps = 30000;
  s.period = 10;
  s.boundaries = 2;
  s.boundary[0] = 5001, s.value[0] = 5e-4;
  s.boundary[1] = 8001, s.value[1] = 1e-4;
  T_OK(graft_schedule_validate(&s));
  T_EQUAL(graft_schedule_rate(&s, 5000), 1e-3);
  T_EQUAL(graft_schedule_rate(&s, 5001), 5e-4);
  T_EQUAL(graft_schedule_rate(&s, 8000), 5e-4);
  T_EQUAL(graft_schedule_rate(&s, 29999), 1e-4);
}

static void bad_values_are_refused(void) {
  graft_schedule s = make("step");
  s.lr = 0;
  T_FAILS(graft_schedule_validate(&s), GRAFT_USAGE, "lr: expected");
  s = make("step");
  s.steps = 0;
  T_FAILS(graft_schedule_validate(&s), GRAFT_USAGE, "steps");
  s = make("step");
  s.final = 1.5;
  T_FAILS(graft_schedule_validate(&s), GRAFT_USAGE, "lr_final");
  s = make("step");
  s.factor = NAN;
  T_FAILS(graft_schedule_validate(&s), GRAFT_USAGE, "lr_factor");
  s = make("step");
  s.boundaries = 2;
  s.boundary[0] = s.boundary[1] = 7;
  T_FAILS(graft_schedule_validate(&s), GRAFT_USAGE, "rising");
}

int main(void) {
  T_RUN(constant_stays);
  T_RUN(warmup_is_linear);
  T_RUN(cosine_values);
  T_RUN(exponential_values);
  T_RUN(one_cycle_values);
  T_RUN(plateau_waits);
  T_RUN(step_by_period);
  T_RUN(step_by_boundaries);
  T_RUN(bad_values_are_refused);
  return graft_test_done();
}
