/* SPDX-License-Identifier: BSD-2-Clause */
/* Baselines on problems whose answers are known. */
#include "deeponet/baseline.h"
#include "deeponet/linalg_impl.h"
#include "tests/deeponet/toy.h"
#include "tests/graft_test.h"

static double error_of(const double *error, size_t task, const char *name) {
  size_t b = 0;
  while (graft_baseline_name(b) && strcmp(graft_baseline_name(b), name) != 0) b++;
  return error[task * GRAFT_MAX_BASELINES + b];
}

/* u = A log_k + c with signs of both kinds, so that log u isn't tried. */
static void make_affine(toy *t) {
  graft_rng rng;
  graft_rng_init(&rng, 3, GRAFT_STREAM_TEST, 0);
  static double a[TOY_POINTS][TOY_POINTS];
  for (size_t p = 0; p < TOY_POINTS; p++) {
    for (size_t q = 0; q < TOY_POINTS; q++) a[p][q] = graft_rng_normal(&rng);
  }
  const graft_source_info *info = &t->source.info;
  for (size_t s = 0; s < info->samples; s++) {
    const unsigned char *mask = info->geometry[info->sample_geometry[s]].mask;
    for (size_t p = 0; p < TOY_POINTS; p++) {
      double sum = .3;
      for (size_t q = 0; q < TOY_POINTS; q++) {
        sum += mask[q] * a[p][q] * (double)t->log_k[s * TOY_POINTS + q];
      }
      t->u[s * TOY_POINTS + p] = mask[p] ? (float)sum : 0;
    }
  }
}

static void affine_is_exact_on_an_affine_map(void) {
  toy t;
  double error[2 * GRAFT_MAX_BASELINES];
  if (!T_OK(toy_init(&t, 2, 90))) return;
  make_affine(&t);
  T_OK(graft_baseline_run(&t.source, "default", GRAFT_PART_TEST, 10, error, NULL));
  for (size_t k = 0; k < 2; k++) {
    T_NEAR(error_of(error, k, "affine"), 0, 2e-6); /* data are in float */
    T_CHECK(error_of(error, k, "mean_field") > .5);
    T_CHECK(error_of(error, k, "kernel_ridge") < error_of(error, k, "nearest"));
  }
  toy_fini(&t);
}

static void fitted_samples_are_reproduced(void) {
  toy t;
  double error[GRAFT_MAX_BASELINES];
  if (!T_OK(toy_init(&t, 1, 90))) return;
  /* Validation samples that are training samples: the best penalty is the smallest. */
  graft_source_info *info = &t.source.info;
  for (size_t s = 60; s < 70; s++) {
    memcpy(t.u + s * TOY_POINTS, t.u + (s - 60) * TOY_POINTS, TOY_POINTS * sizeof *t.u);
    memcpy(t.log_k + s * TOY_POINTS, t.log_k + (s - 60) * TOY_POINTS, TOY_POINTS * sizeof *t.u);
    T_EQUAL(info->split[0].part[s], GRAFT_PART_VALIDATION);
  }
  T_OK(graft_baseline_run(&t.source, "default", GRAFT_PART_TRAIN, 10, error, NULL));
  T_NEAR(error_of(error, 0, "nearest"), 0, 1e-12);
  T_NEAR(error_of(error, 0, "kernel_ridge"), 0, 1e-4);
  toy_fini(&t);
}

/* Samples u = (1 + a) v and log-symmetric a: both means are known. */
static void mean_field_is_the_better_mean(void) {
  toy t;
  double error[GRAFT_MAX_BASELINES];
  bool of_log[GRAFT_MAX_BASELINES];
  if (!T_OK(toy_init(&t, 1, 9))) return; /* 6 training, 1 validation, 2 test */
  static const double factor[9] = {.5, 2, .5, 2, .5, 2, 1, 1, 3};
  const float *base = t.source.info.geometry[0].torsion;
  for (size_t s = 0; s < 9; s++) {
    for (size_t p = 0; p < TOY_POINTS; p++)
      t.u[s * TOY_POINTS + p] = (float)(factor[s] * (double)base[p]);
  }
  T_OK(graft_baseline_run(&t.source, "default", GRAFT_PART_TEST, 1, error, of_log));
  for (size_t b = 0; graft_baseline_name(b); b++) {
    if (strcmp(graft_baseline_name(b), "mean_field") == 0) T_CHECK(of_log[b]);
  }
  T_NEAR(error_of(error, 0, "mean_field"), (0 + 2. / 3) / 2, 1e-6); /* geometric mean 1 of u */
  T_NEAR(error_of(error, 0, "pod_floor"), 0, 1e-6); /* all are multiples of one field */
  toy_fini(&t);
}

/* Solvers for f = 1, u = 0 on the boundary and grids with equal steps are left out elsewhere. */
static void solvers_are_left_out_where_they_solve_something_else(void) {
  toy t;
  double error[GRAFT_MAX_BASELINES];
  if (!T_OK(toy_init(&t, 1, 45))) return;
  for (int i = 0; i < 3; i++) {
    t.source.info.other_data = i == 1;
    t.source.info.hi[1] = i == 2 ? 2 : 1;
    T_OK(graft_baseline_run(&t.source, "default", GRAFT_PART_TEST, 3, error, NULL));
    T_EQUAL(isnan(error_of(error, 0, "galerkin")) != 0, i > 0);
    T_EQUAL(isnan(error_of(error, 0, "torsion_scaling")) != 0, i > 0);
    T_CHECK(isfinite(error_of(error, 0, "mean_field")));
  }
  toy_fini(&t);
}

static void pod_floor_is_exact_at_full_rank(void) {
  toy t;
  double few[GRAFT_MAX_BASELINES], all[GRAFT_MAX_BASELINES];
  if (!T_OK(toy_init(&t, 1, 180))) return;
  make_affine(&t); /* rank of the fields: 4 modes of log_k and the constant */
  T_OK(graft_baseline_run(&t.source, "default", GRAFT_PART_TEST, 3, few, NULL));
  T_OK(graft_baseline_run(&t.source, "default", GRAFT_PART_TEST, 5, all, NULL));
  T_CHECK(error_of(few, 0, "pod_floor") > 1e-3);
  T_NEAR(error_of(all, 0, "pod_floor"), 0, 1e-6);
  toy_fini(&t);
}

static void missing_parts_give_nan_or_a_stand_in(void) {
  toy t;
  double error[2 * GRAFT_MAX_BASELINES];
  if (!T_OK(toy_init(&t, 2, 45))) return;
  uint8_t *part = t.source.info.split[0].part;
  for (size_t s = 0; s < 45; s++) {
    if (part[s] == GRAFT_PART_VALIDATION) part[s] = GRAFT_PART_UNUSED;
    if (part[45 + s] == GRAFT_PART_TEST) part[45 + s] = GRAFT_PART_UNUSED;
  }
  T_OK(graft_baseline_run(&t.source, "default", GRAFT_PART_TEST, 5, error, NULL));
  T_CHECK(error_of(error, 0, "kernel_ridge") < error_of(error, 0, "mean_field"));
  T_CHECK(isnan(error_of(error, 1, "kernel_ridge")));
  T_FAILS(graft_baseline_run(&t.source, "other", GRAFT_PART_TEST, 5, error, NULL), GRAFT_INPUT,
          "'other'");
  toy_fini(&t);
}

/* Refused before any memory is looked at: LAPACK's work space has to fit an int. */
static void matrices_too_large_for_lapack_are_refused(void) {
  T_FAILS(graft_linalg_eigen(40000, NULL, NULL), GRAFT_USAGE, "at most 32000 rows");
}

/* More training samples than LAPACK's eigenproblems take: those methods are left out, others not.
 */
static void large_training_parts_leave_methods_out(void) {
  enum { N = GRAFT_LINALG_MOST + 1, S = N + 4, P = 2 };
  const size_t grid[1] = {P};
  const char *field[] = {"u", "log_k", NULL};
  double error[GRAFT_MAX_BASELINES];
  graft_source_info info = {0};
  graft_source source;
  float *value; /* [S x P], u and log_k alike */
  if (!T_OK(graft_source_info_init(&info, S, 1, 1, 1, 1, grid))) return;
  if (!T_OK(graft_alloc(&value, S * P, sizeof *value))) return;
  T_OK(graft_source_info_inputs(&info, 1, &(graft_source_input){"log_k", 1}));
  info.hi[0] = 1;
  for (size_t s = 0; s < S; s++) {
    value[s * P] = (float)(s % 7);
    value[s * P + 1] = (float)(s % 5) - 2;
    info.split[0].part[s] = s < N       ? GRAFT_PART_TRAIN
                            : s < N + 2 ? GRAFT_PART_VALIDATION
                                        : GRAFT_PART_TEST;
  }
  info.geometry[0].mask[0] = info.geometry[0].mask[1] = 1;
  snprintf(info.split[0].name, sizeof info.split[0].name, "%s", "default");
  snprintf(info.task_name[0], sizeof info.task_name[0], "%s", "line");
  T_OK(graft_source_memory(&source, info, field, (const float *[]){value, value}));
  T_OK(graft_baseline_run(&source, "default", GRAFT_PART_TEST, 1, error, NULL));
  T_CHECK(isnan(error_of(error, 0, "kernel_ridge")) && isnan(error_of(error, 0, "pod_floor")));
  T_CHECK(isnan(error_of(error, 0, "affine")));
  T_NEAR(error_of(error, 0, "nearest"), 0, 0);
  T_CHECK(error_of(error, 0, "mean_field") > 0.1);
  graft_source_fini(&source);
  graft_free(value);
}

/* Designs: a region of its own for each sample, described by two numbers; u is affine in them. Task
 * 1 has no training samples. */
enum { DESIGNS = 40, GRID = 9 };

static graft_status make_designs(graft_source *source, float *u, float *guess) {
  static const char *const name[] = {"u", "superposition", NULL};
  static const float *data[2];
  static const graft_source_input input[] = {{"superposition", 1}};
  size_t grid[1] = {GRID};
  graft_source_info info = {0};
  graft_rng rng;
  graft_rng_init(&rng, 5, GRAFT_STREAM_TEST, 0);
  GRAFT_TRY(graft_source_info_init(&info, DESIGNS, 2, DESIGNS, 1, 1, grid));
  GRAFT_TRY(graft_source_info_inputs(&info, 1, input));
  GRAFT_TRY(graft_source_info_codes(&info, 2));
  snprintf(info.split[0].name, sizeof info.split[0].name, "default");
  for (size_t s = 0; s < DESIGNS; s++) {
    bool test = s >= DESIGNS - 10;
    double *code = info.code + 2 * s;
    info.task[s] = test && s % 2;
    info.sample_geometry[s] = (int32_t)s;
    info.split[0].part[s] = test ? GRAFT_PART_TEST : GRAFT_PART_TRAIN;
    code[0] = graft_rng_uniform(&rng);
    code[1] = 5 * graft_rng_uniform(&rng);
    for (size_t p = 0; p < GRID; p++) {
      bool in = p != GRID - 1 || s % 4; /* some regions lack the last point */
      double at = p == GRID - 1 ? (double)(p - 1) : (double)p; /* continued, u is the same */
      info.geometry[s].mask[p] = in;
      info.geometry[s].sdf[p] = in ? -1 : 1;
      u[s * GRID + p] = in ? (float)(10 + code[0] * at - code[1]) : 0;
      guess[s * GRID + p] = 1.1F * u[s * GRID + p];
    }
  }
  data[0] = u;
  data[1] = guess;
  return graft_source_memory(source, info, name, data);
}

static void designs_are_compared_on_their_own_regions(void) {
  float u[DESIGNS * GRID], guess[DESIGNS * GRID];
  double error[2 * GRAFT_MAX_BASELINES];
  graft_source source;
  if (!T_OK(make_designs(&source, u, guess))) return;
  T_OK(graft_baseline_run(&source, "default", GRAFT_PART_TEST, 10, error, NULL));
  for (size_t k = 0; k < 2; k++) {
    T_NEAR(error_of(error, k, "interpolation"), 0, 1e-6);
    T_NEAR(error_of(error, k, "superposition"), 0.1, 1e-6);
    T_NEAR(error_of(error, k, "affine"), 0, 1e-5);
    T_CHECK(error_of(error, k, "nearest") > .005);
    T_CHECK(error_of(error, k, "mean_field") > error_of(error, k, "nearest"));
  }
  graft_source_fini(&source);
}

int main(void) {
  T_RUN(affine_is_exact_on_an_affine_map);
  T_RUN(designs_are_compared_on_their_own_regions);
  T_RUN(fitted_samples_are_reproduced);
  T_RUN(mean_field_is_the_better_mean);
  T_RUN(solvers_are_left_out_where_they_solve_something_else);
  T_RUN(pod_floor_is_exact_at_full_rank);
  T_RUN(missing_parts_give_nan_or_a_stand_in);
  T_RUN(large_training_parts_leave_methods_out);
  T_RUN(matrices_too_large_for_lapack_are_refused);
  return graft_test_done();
}
