/* SPDX-License-Identifier: BSD-2-Clause */
/* Ensembles: mean, spread, files; and how calibration judges spreads of known laws. */
#include "deeponet/ensemble.h"

#include "base/rng.h"
#include "deeponet/calibration.h"
#include "tests/deeponet/toy_model.h"

enum { P = TOY_POINTS, COUNT = 5 };

static graft_deeponet *create(const toy *t, const char *settings) {
  graft_deeponet_config config;
  graft_deeponet *model = NULL;
  toy_config(&config, "demo", settings);
  T_OK(graft_deeponet_create(&config, &t->source, "default", &model));
  return model;
}

/* Mean and deviation of three networks' predictions, made by hand, and through a file. */
static void members_give_mean_and_spread(void) {
  static const char *const settings[] = {"seed 1", "seed 2", "seed 3"};
  static const size_t sample[COUNT] = {0, 44, 7, 50, 3};
  float one[3][COUNT * P], u[COUNT * P], spread[COUNT * P], again[COUNT * P];
  graft_deeponet *model[3], *loaded = NULL;
  graft_bundle bundle;
  toy t;
  T_OK(toy_init(&t, 2, 45));
  for (size_t m = 0; m < 3; m++) {
    model[m] = create(&t, settings[m]);
    if (!model[m]) return;
    T_OK(graft_deeponet_predict_spread(model[m], &t.source, sample, COUNT, one[m], spread));
    T_CHECK(isnan(spread[0])); /* a network alone has none */
  }
  T_OK(graft_deeponet_join(model[1], model[2]));
  T_OK(graft_deeponet_join(model[0], model[1]));
  T_EQUAL(graft_deeponet_members(model[0]), 3);
  T_OK(graft_deeponet_predict_spread(model[0], &t.source, sample, COUNT, u, spread));
  double worst = 0, largest = 0, size = 0;
  for (size_t i = 0; i < (size_t)COUNT * P; i++) {
    const double a = (double)one[0][i], b = (double)one[1][i], c = (double)one[2][i];
    const double mean = (a + b + c) / 3;
    const double std =
        sqrt(((a - mean) * (a - mean) + (b - mean) * (b - mean) + (c - mean) * (c - mean)) / 2);
    worst = fmax(worst, fmax(fabs((double)u[i] - mean), fabs((double)spread[i] - std)));
    largest = fmax(largest, (double)spread[i]);
    size = fmax(size, fabs(mean));
  }
  T_CHECK(largest > 0);
  T_NEAR(worst, 0, 3e-7 * size); /* rounding of three predictions */
  graft_bundle_init(&bundle);
  T_OK(graft_deeponet_save(model[0], &bundle));
  if (T_OK(graft_deeponet_load(&bundle, &loaded))) {
    T_EQUAL(graft_deeponet_members(loaded), 3);
    T_OK(graft_deeponet_predict(loaded, &t.source, sample, COUNT, again));
    T_EQUAL(memcmp(again, u, sizeof u), 0);
  }
  graft_deeponet_destroy(loaded);
  graft_bundle_fini(&bundle);
  for (size_t m = 0; m < 3; m++) graft_deeponet_destroy(model[m]);
  toy_fini(&t);
}

static void members_differ_in_their_seed_only(void) {
  toy t;
  T_OK(toy_init(&t, 2, 45));
  graft_deeponet *a = create(&t, "seed 1"), *b = create(&t, "seed 1 gain 0.5");
  graft_deeponet *c = create(&t, "seed 1 width 6");
  T_FAILS(graft_deeponet_join(a, b), GRAFT_USAGE, "got another model/gain");
  T_FAILS(graft_deeponet_join(a, c), GRAFT_USAGE, "differ in their seed only");
  T_EQUAL(graft_deeponet_members(a), 1);
  graft_deeponet_destroy(a);
  graft_deeponet_destroy(b);
  graft_deeponet_destroy(c);
  toy_fini(&t);
}

/* Errors drawn from a normal law of `factor` times the spread that is claimed. */
static graft_calibration drawn(double factor, bool related) {
  enum { N = 60, Q = 400 };
  static float u[N * Q], truth[N * Q], spread[N * Q];
  graft_calibration c;
  graft_rng rng;
  graft_rng_init(&rng, 4, GRAFT_STREAM_TEST, 0);
  for (size_t i = 0; i < N; i++) {
    const double size = 0.5 + (double)i;
    for (size_t p = i * Q; p < (i + 1) * Q; p++) {
      truth[p] = 3;
      spread[p] = (float)(related ? size : (double)(N - i));
      u[p] = (float)(3 + factor * size * graft_rng_normal(&rng));
      if (p % Q == 0) spread[p] = 0, u[p] = 3; /* a boundary value: does not count */
    }
  }
  T_OK(graft_calibration_build(N, Q, u, truth, spread, &c));
  T_NEAR(c.points, N * (Q - 1), 0);
  return c;
}

static void calibration_knows_honest_spreads(void) {
  const graft_calibration honest = drawn(1, true), proud = drawn(2, true), wrong = drawn(1, false);
  for (size_t l = 0; l < GRAFT_CALIBRATION_LEVELS; l++) {
    const double level = graft_calibration_level(l); /* deviation below 0.0033 */
    T_NEAR(honest.covered[l], level, 0.012);
    T_CHECK(proud.covered[l] < honest.covered[l]);
  }
  T_NEAR(honest.ratio, 1, 0.02);
  T_NEAR(proud.ratio, 2, 0.04);
  T_NEAR(proud.covered[4], 0.2641, 0.012); /* erf(0.67449 / 2 / √2) */
  T_CHECK(honest.correlation > 0.95);
  T_CHECK(wrong.correlation < -0.95);
}

static void calibration_of_next_to_nothing(void) {
  const float u[2] = {1, 2}, zero[2] = {0, 0};
  graft_calibration c;
  T_OK(graft_calibration_build(0, 2, u, u, zero, &c));
  T_CHECK(isnan(c.ratio) && isnan(c.correlation) && isnan(c.covered[0]));
  T_OK(graft_calibration_build(1, 2, u, zero, zero, &c));
  T_CHECK(isnan(c.ratio) && isnan(c.covered[0]));
  T_NEAR(c.points, 0, 0);
}

int main(void) {
  T_RUN(members_give_mean_and_spread);
  T_RUN(members_differ_in_their_seed_only);
  T_RUN(calibration_knows_honest_spreads);
  T_RUN(calibration_of_next_to_nothing);
  return graft_test_done();
}
