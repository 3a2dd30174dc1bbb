/* SPDX-License-Identifier: BSD-2-Clause */
/* The heat problem's generator: options, designs, splits, data; the closed-form first guess. */
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/comm.h"
#include "io/dataset.h"
#include "solvers/ensemble.h"
#include "solvers/heat_impl.h"
#include "solvers/petsc.h"
#include "solvers/problem.h"
#include "tests/graft_test.h"

static graft_solve_config config_of(void) {
  graft_solve_config config = {.problem = "heat"};
  T_OK(graft_option_defaults(graft_solve_rows("heat"), &config));
  return config;
}

static void set(graft_solve_config *config, const char *name, const char *value) {
  const graft_option *row = graft_option_find(graft_solve_rows("heat"), name);
  if (T_CHECK(row != NULL)) T_OK(graft_option_set(row, config, name, value));
}

static void mistakes(void) {
  static const char *const bad[][3] = {
      {"holes", "2,x", "-holes: expected 1 to 24 numbers"},
      {"holes", "2,2", "-holes: expected each number once"},
      {"holes", "2.5", "-holes: expected whole numbers"},
      {"holes", "20", "n = 20, h = 0.9, r_h = 0.2: the holes overlap"}, /* a corner of the ranges */
      {"position_range", "0.9,1.9", "r_h = 0.1: the holes reach the rim"},
      {"position_range", "1", "-position_range: expected two ascending numbers"},
      {"radius_range", "0.2,0.1", "-radius_range: expected two ascending numbers"},
      {"radius_range", "0.1,0.31", "r_h = 0.31: the holes reach the boss"},
      {"grid", "1,2,3", "-grid: expected one or three whole numbers"},
      {"grid", "8,8", "-grid: expected one or three whole numbers"},
      {"positions", "", "-positions: expected 1 to 64 numbers"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    graft_solve_config config = config_of();
    set(&config, bad[i][0], bad[i][1]);
    T_FAILS(graft_solve_validate(&config), GRAFT_USAGE, bad[i][2]);
  }
  graft_solve_config config = config_of();
  T_OK(graft_solve_validate(&config));
  set(&config, "design", "lists");
  set(&config, "positions", "1.0,0.7");
  T_FAILS(graft_solve_validate(&config), GRAFT_USAGE,
          "h = 0.7, r_h = 0.15: the holes reach the boss");
}

/* Random designs: in range, even, the same whatever else is asked for. */
static void designs(void) {
  graft_solve_config config = config_of(), other = config_of();
  size_t low = 0, samples;
  char name[GRAFT_NAME_SIZE];
  set(&other, "holes", "3");
  set(&other, "samples", "5");
  for (size_t i = 0; i < 200; i++) {
    graft_plate a = graft_heat_design(&config, 1, i), b = graft_heat_design(&other, 0, i);
    T_EQUAL(a.holes, 3);
    T_EQUAL(a.position, b.position);
    T_EQUAL(a.radius, b.radius);
    T_CHECK(a.position >= 0.9 && a.position <= 1.6 && a.radius >= 0.1 && a.radius <= 0.2);
    low += a.position < 1.25 && a.radius < 0.15;
  }
  T_NEAR(low, 50, 5);
  T_EQUAL(graft_heat_task(&config, 7, name, &samples), 8);
  T_CHECK(strcmp(name, "n9") == 0 && samples == 75);
  set(&config, "design", "lists");
  T_EQUAL(graft_solve_samples(&config), 64);
}

/* The first guess solves the plane problem: Laplace inside, Robin condition at the rim. */
static void line_sources(void) {
  const graft_plate plate = {5, 1.2, 0.15};
  const double e = 1e-3, at[2][2] = {{0.31, -0.84}, {2 * cos(0.4), 2 * sin(0.4)}};
  double x = at[0][0], y = at[0][1], c = cos(0.4), s = sin(0.4), u[5], rim[2];
  const double star[5][2] = {{x, y}, {x + e, y}, {x - e, y}, {x, y + e}, {x, y - e}};
  const double out[2][2] = {{at[1][0], at[1][1]}, {(2 - e) * c, (2 - e) * s}};
  graft_plate_line_sources(&plate, 5, star[0], u);
  T_NEAR((u[1] + u[2] + u[3] + u[4] - 4 * u[0]) / (e * e), 0, 1e-4);
  graft_plate_line_sources(&plate, 2, out[0], rim);
  T_NEAR((rim[0] - rim[1]) / e, -rim[0], 1e-3); /* ∂u/∂r = −β u */
}

/* Tables of another make than the generator's own describe no body. */
static void surfaces(void) {
  double code[3] = {3, 1.2, 0.15}, xyz[3];
  graft_source_info info = {.codes = 3, .code = code};
  const graft_generator_type *heat = graft_problem_generator(graft_problem_find("heat"));
  T_CHECK(heat->surface(&info, 0, 0, 0.5, 0.5, xyz) > 3);
  static const double bad[] = {0, -1, 25, 1e300, NAN, INFINITY};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    code[0] = bad[i];
    T_EQUAL(heat->surface(&info, 0, 0, 0.5, 0.5, xyz), 0);
  }
  code[0] = 20; /* they overlap */
  code[1] = 0.9;
  T_EQUAL(heat->surface(&info, 0, 0, 0.5, 0.5, xyz), 0);
  code[0] = 3;
  info.codes = 0;
  T_EQUAL(heat->surface(&info, 0, 0, 0.5, 0.5, xyz), 0);
}

static void data(void) {
  char path[64];
  graft_comm comm = graft_comm_serial();
  graft_source source;
  graft_solve_report report;
  graft_solve_config config = config_of();
  snprintf(path, sizeof path, "/tmp/graft_heat_test_%ld.h5", (long)getpid());
  set(&config, "design", "lists");
  set(&config, "holes", "2,5");
  set(&config, "positions", "0.9,1.6,1.4");
  set(&config, "grid", "21,21,11");
  set(&config, "mesh_size", "0.4");
  set(&config, "superposition", "true");
  if (!T_OK(graft_ensemble_run(&config, &comm, path, NULL, NULL, &report))) return;
  T_CHECK(report.error_max > 1e-5 && report.error_max < 5e-3);
  if (!T_OK(graft_dataset_open(path, &source))) return;
  const graft_source_info *info = &source.info;
  size_t P = info->points;
  float *u = malloc(P * sizeof *u), *sum = malloc(P * sizeof *sum);
  T_OK(graft_dataset_check(&source));
  T_EQUAL(info->samples, 6);
  T_EQUAL(info->geometries, 6);
  T_CHECK(graft_source_split_get(info, "paper") && !graft_source_split_get(info, "unseen_radius"));
  T_EQUAL(graft_source_split_get(info, "paper")[5], GRAFT_PART_TEST);
  for (size_t i = 0; i < 6; i++) {
    const unsigned char *mask = info->geometry[i].mask;
    double error = 0, size = 0;
    T_OK(source.fill(source.ctx, "u", &i, 1, u));
    T_OK(source.fill(source.ctx, "superposition", &i, 1, sum));
    for (size_t p = 0; p < P; p++) {
      T_CHECK(mask[p] ? u[p] > 0 && u[p] < 2 : u[p] == 0 && sum[p] == 0);
      error += mask[p] ? pow((double)(u[p] - sum[p]), 2) : 0;
      size += pow((double)u[p], 2);
      /* the plate is symmetric about the axis of the hole at 180 degrees */
      size_t mirror = p / 231 * 231 + (20 - p / 11 % 21) * 11 + p % 11;
      T_NEAR(u[p], u[mirror], 1e-6);
    }
    T_CHECK(sqrt(error / size) > 1e-4 && sqrt(error / size) < 0.03);
    T_EQUAL(info->code[3 * i], i < 3 ? 2 : 5);
  }
  free(u);
  free(sum);
  graft_source_fini(&source);
  unlink(path);
}

int main(void) {
  if (graft_petsc_init(0, NULL) != GRAFT_OK) return 1;
  T_RUN(mistakes);
  T_RUN(designs);
  T_RUN(line_sources);
  T_RUN(surfaces);
  T_RUN(data);
  graft_mesh_shutdown();
  graft_petsc_fini();
  return graft_test_done();
}
