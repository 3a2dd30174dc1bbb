/* SPDX-License-Identifier: BSD-2-Clause */
/* Trunks that read numbers of each sample: look-ups between grid points, stencils, the coarse
 * solution, and networks on top of them. */
#include "deeponet/coarse_impl.h"
#include "deeponet/model_impl.h"
#include "tests/deeponet/toy_model.h"

#define LOCAL                                                                                      \
  "input log_k,torsion code false augmentation false symmetrise false rotations 0 branch conv "    \
  "pool 0 linear false coarse 4 gain 1 output_init 1 points 9 "

static bool create(const toy *t, const char *settings, graft_deeponet **model) {
  graft_deeponet_config config;
  return toy_config(&config, "demo", LOCAL) && toy_set(&config, settings) &&
         T_OK(graft_deeponet_create(&config, &t->source, "default", model));
}

/* Raw numbers [columns] of a sample with log K at a place. */
static void look(const graft_deeponet *model, const float *log_k, size_t region, double x, double y,
                 double *number) {
  graft_real row[MOST_COLUMNS];
  const double at[2] = {x, y};
  graft_local_prepare(model, &model->region[region], log_k, &model->maps[0]);
  graft_local_fill(model, &model->maps[0], 1, at, row);
  for (size_t c = 0; c < model->columns; c++) {
    number[c] = (double)row[c] / model->column[c][1] + model->column[c][0];
  }
}

/* Linear between grid points, at these the values themselves. */
static void places(void) {
  toy t;
  graft_deeponet *model;
  double number[3], on[3], next[3];
  if (!T_OK(toy_init(&t, 2, 18))) return;
  if (create(&t, "features x,torsion,log_k", &model)) {
    look(model, t.log_k, 0, 2, 3, on);
    look(model, t.log_k, 0, 3, 3, next);
    look(model, t.log_k, 0, 2.25, 3, number);
    T_NEAR(on[0], 2 * 2. / 7 - 1, 1e-6);
    T_NEAR(on[2], t.log_k[2 * TOY_SIDE + 3], 1e-6);
    for (size_t c = 0; c < 3; c++) T_NEAR(number[c], .75 * on[c] + .25 * next[c], 1e-6);
    look(model, t.log_k, 0, 7, 7, number); /* the last point has no neighbours beyond */
    T_NEAR(number[2], t.log_k[TOY_POINTS - 1], 1e-6);
  }
  graft_deeponet_destroy(model);
  toy_fini(&t);
}

/* K = c: the coarse solution is u₀ / c everywhere. */
static void constant_field(void) {
  toy t;
  graft_deeponet *model;
  float log_k[TOY_POINTS];
  double number[1 + AROUND];
  if (!T_OK(toy_init(&t, 3, 18))) return;
  for (size_t p = 0; p < TOY_POINTS; p++) log_k[p] = .7f;
  if (create(&t, "features coarse,coarse_around", &model)) {
    for (size_t g = 0; g < 3; g++) {
      look(model, log_k, g, 3.3, 2.1, number);
      for (size_t c = 0; c < 1 + AROUND; c++) T_NEAR(number[c], -.7, 1e-5);
    }
  }
  graft_deeponet_destroy(model);
  toy_fini(&t);
}

/* A disc with K = 1/(1 + r²): u = u₀ (1 + (R² + r²)/2), of which the splines hold all; what is left
 * is the error of sums over grid points. */
static void radial_field(void) {
  enum { SIDE = 48, CELLS = 8, SPLINES = (CELLS + 2) * (CELLS + 2) };
  static float torsion[SIDE * SIDE], log_k[SIDE * SIDE];
  const graft_source_info info = {
      .dims = 2, .grid = {SIDE, SIDE}, .hi = {1, 1}, .points = (size_t)SIDE * SIDE};
  double w[SPLINES], *scratch, error = 0, norm = 0;
  if (!T_OK(graft_alloc(&scratch, graft_coarse_scratch(CELLS), sizeof *scratch))) return;
  for (size_t p = 0; p < info.points; p++) {
    double x = (double)(p / SIDE) / (SIDE - 1) - .5, y = (double)(p % SIDE) / (SIDE - 1) - .5;
    double r = x * x + y * y;
    torsion[p] = r < .25 ? (float)((.25 - r) / 4) : 0;
    log_k[p] = (float)-log(1 + r);
  }
  graft_coarse_solve(&info, CELLS, torsion, log_k, w, scratch);
  for (size_t p = 0; p < info.points; p++) {
    const double i = (double)(p / SIDE), j = (double)(p % SIDE), u0 = (double)torsion[p];
    const double r = pow(i / (SIDE - 1) - .5, 2) + pow(j / (SIDE - 1) - .5, 2);
    const double u = u0 * (1 + (.25 + r) / 2);
    error += pow(u0 * graft_coarse_value(&info, CELLS, w, i, j) - u, 2);
    norm += u * u;
  }
  T_CHECK(sqrt(error / norm) < 1e-3);
  graft_free(scratch);
}

/* Region and field turned by 90°: the same numbers at the turned place. */
static void turned_fields(void) {
  toy t;
  graft_deeponet *model;
  float log_k[TOY_POINTS];
  double number[2 + 3 * AROUND], turned[2 + 3 * AROUND];
  if (!T_OK(toy_init(&t, 2, 18))) return;
  for (size_t p = 0; p < TOY_POINTS; p++) {
    size_t i = p / TOY_SIDE, j = p % TOY_SIDE;
    log_k[j * TOY_SIDE + TOY_SIDE - 1 - i] = t.log_k[p];
  }
  if (create(&t, "features slope,coarse,log_k_around,torsion_around,coarse_around", &model)) {
    for (size_t g = 0; g < 2; g++) {
      look(model, t.log_k, g, 2, 4.5, number);
      look(model, log_k, g, 4.5, TOY_SIDE - 1 - 2, turned);
      T_EQUAL(model->columns, 2 + 3 * AROUND);
      for (size_t c = 0; c < model->columns; c++) T_NEAR(turned[c], number[c], 1e-4);
      T_NEAR(number[2], .5 * (double)(t.log_k[2 * TOY_SIDE + 4] + t.log_k[2 * TOY_SIDE + 5]), 1e-5);
    }
  }
  graft_deeponet_destroy(model);
  toy_fini(&t);
}

/* Derivative of the loss by some parameters against central differences. */
static void check_gradient(graft_deeponet *model) {
  graft_objective objective;
  double loss[2], count[2];
  const double weight[2] = {1, .5};
  graft_real *sum, *theta = graft_deeponet_parameters(model);
  if (!T_OK(graft_deeponet_objective(model, &objective)) ||
      !T_OK(graft_alloc(&sum, objective.n, sizeof *sum))) {
    return;
  }
  graft_request request = {.tasks = 3, .want = GRAFT_WANT_SUM, .weight = weight};
  graft_reply reply = {.loss = loss, .count = count, .sum = sum};
  T_OK(objective.eval(objective.ctx, &request, theta, &reply));
  for (size_t i = 3; i < objective.n; i += objective.n / 16) {
    const double step = 1e-2, want = (double)sum[i];
    double value[2];
    graft_real kept = theta[i];
    for (int side = 0; side < 2; side++) {
      graft_request ask = {.tasks = 3, .want = GRAFT_WANT_LOSS};
      graft_reply answer = {.loss = loss, .count = count};
      theta[i] = kept + (graft_real)(side ? step : -step);
      T_OK(objective.eval(objective.ctx, &ask, theta, &answer));
      value[side] = weight[0] * loss[0] + weight[1] * loss[1];
    }
    theta[i] = kept;
    T_NEAR((value[1] - value[0]) / (2 * step), want, 4e-3 * (1 + fabs(want)));
  }
  graft_free(sum);
}

/* Stencils and coarse solutions count in steps of the grid; the latter are for f = 1 alone. */
static void what_does_not_fit_is_refused(void) {
  toy t;
  graft_deeponet *model;
  graft_deeponet_config config;
  if (!T_OK(toy_init(&t, 1, 18)) || !toy_config(&config, "demo", LOCAL)) return;
  t.source.info.hi[1] = 2;
  if (toy_set(&config, "features slope,log_k_around")) {
    T_FAILS(graft_deeponet_create(&config, &t.source, "default", &model), GRAFT_USAGE,
            "equal steps");
  }
  t.source.info.hi[1] = 1;
  t.source.info.other_data = true;
  T_OK(graft_deeponet_create(&config, &t.source, "default", &model));
  graft_deeponet_destroy(model);
  if (toy_set(&config, "features coarse")) {
    T_FAILS(graft_deeponet_create(&config, &t.source, "default", &model), GRAFT_USAGE,
            "right-hand side 1");
  }
  toy_fini(&t);
}

static void gradients(void) {
  static const char *const settings[] = {"features slope,torsion_around,log_k_around",
                                         "features sdf,coarse_around transform galerkin"};
  toy t;
  if (!T_OK(toy_init(&t, 2, 18))) return;
  for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
    graft_deeponet *model;
    if (create(&t, settings[i], &model)) check_gradient(model);
    graft_deeponet_destroy(model);
  }
  toy_fini(&t);
}

/* A step is a function of its number alone, and its parts on two ranks add up. */
static void steps_and_ranks(void) {
  toy t;
  graft_deeponet *model;
  graft_objective objective;
  double loss[4][2], count[2];
  graft_real *sum;
  const double weight[2] = {1, 1};
  if (!T_OK(toy_init(&t, 2, 18))) return;
  if (create(&t, "features slope,log_k_around,coarse_around transform galerkin batch 9", &model) &&
      T_OK(graft_deeponet_objective(model, &objective)) &&
      T_OK(graft_alloc(&sum, 4 * objective.n, sizeof *sum))) {
    const graft_real *theta = graft_deeponet_parameters(model);
    for (int i = 0; i < 4; i++) { /* whole, whole after another step, two parts */
      graft_request request = {.tasks = 3, .want = GRAFT_WANT_SUM, .weight = weight, .step = 5};
      graft_reply reply = {.loss = loss[i], .count = count, .sum = sum + (size_t)i * objective.n};
      if (i == 1) T_OK(objective.eval(objective.ctx, &request, theta, &reply));
      request.step = 3;
      if (i > 1) T_OK(graft_deeponet_share(model, i - 2, 2));
      T_OK(objective.eval(objective.ctx, &request, theta, &reply));
    }
    T_EQUAL(memcmp(loss[0], loss[1], sizeof loss[0]), 0);
    T_EQUAL(memcmp(sum, sum + objective.n, objective.n * sizeof *sum), 0);
    for (size_t k = 0; k < 2; k++) T_NEAR(loss[2][k] + loss[3][k], loss[0][k], 1e-5);
    for (size_t i = 0; i < objective.n; i++) {
      T_NEAR(sum[2 * objective.n + i] + sum[3 * objective.n + i], sum[i], 1e-4);
    }
    graft_free(sum);
  }
  graft_deeponet_destroy(model);
  toy_fini(&t);
}

/* Stored and loaded: the same bits, on regions that the model was not trained on, too. */
static void unseen_regions(void) {
  toy t, other;
  graft_deeponet *model, *copy;
  graft_bundle bundle;
  float u[3 * TOY_POINTS], again[3 * TOY_POINTS];
  const size_t sample[3] = {1, 19, 40}; /* square, disc, wedge */
  if (!T_OK(toy_init(&t, 2, 18)) || !T_OK(toy_init(&other, 3, 18))) return;
  if (create(&t, "features slope,log_k_around,coarse_around transform galerkin", &model)) {
    T_OK(graft_deeponet_predict(model, &other.source, sample, 3, u));
    graft_bundle_init(&bundle);
    T_OK(graft_deeponet_save(model, &bundle));
    if (T_OK(graft_deeponet_load(&bundle, &copy))) {
      T_OK(graft_deeponet_predict(copy, &other.source, sample, 3, again));
      T_EQUAL(memcmp(u, again, sizeof u), 0);
      graft_deeponet_destroy(copy);
    }
    graft_bundle_fini(&bundle);
  }
  graft_deeponet_destroy(model);
  toy_fini(&t);
  toy_fini(&other);
}

static void refusals(void) {
  static const char *const settings[] = {"features x_around", "features slope_around",
                                         "features coarse_around,coarse_around",
                                         "features nothing_around", "transform galerkin"};
  toy t;
  if (!T_OK(toy_init(&t, 1, 18))) return;
  for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
    graft_deeponet *model = NULL;
    graft_deeponet_config config;
    if (!toy_config(&config, "demo", LOCAL) || !toy_set(&config, settings[i])) continue;
    T_EQUAL(graft_deeponet_create(&config, &t.source, "default", &model), GRAFT_USAGE);
    graft_deeponet_destroy(model);
  }
  toy_fini(&t);
}

int main(void) {
  T_RUN(places);
  T_RUN(constant_field);
  T_RUN(radial_field);
  T_RUN(turned_fields);
  T_RUN(what_does_not_fit_is_refused);
  T_RUN(gradients);
  T_RUN(steps_and_ranks);
  T_RUN(unseen_regions);
  T_RUN(refusals);
  return graft_test_done();
}
