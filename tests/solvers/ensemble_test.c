/* SPDX-License-Identifier: BSD-2-Clause
 * Ensemble driver under MPI: the same data set from 1, 2 and 3 ranks, what the file says, failures
 * that reach every rank and leave no file. Run with 3 ranks. */
#include "solvers/ensemble.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/rng.h"
#include "geometry/mesh.h"
#include "io/comm_mpi.h"
#include "io/dataset.h"
#include "solvers/petsc.h"
#include "tests/graft_test.h"

enum { GRID = 24, SAMPLES = 5, SHAPES = 2, P = GRID * GRID, S = SAMPLES * SHAPES };

static graft_comm world;
static char folder[64];

static graft_solve_config small_config(void) {
  graft_solve_config config = {.problem = "darcy"};
  T_OK(graft_option_defaults(graft_solve_options, &config));
  T_EQUAL(config.grid, 48);
  config.samples = SAMPLES;
  config.grid = GRID;
  config.mesh_size = 0.1;
  config.first = 3;
  snprintf(config.shapes, sizeof config.shapes, "%s", "disc,triangle");
  return config;
}

static void path_of(const char *name, char path[96]) {
  snprintf(path, 96, "%s/%s.h5", folder, name);
}

/* Solve on the first `ranks` ranks only. */
static graft_status solve_on(int ranks, const graft_solve_config *config, const char *name,
                             const graft_solve_progress *progress, graft_solve_report *report) {
  char path[96];
  MPI_Comm part;
  graft_comm comm;
  graft_status status = GRAFT_OK;
  path_of(name, path);
  MPI_Comm_split(MPI_COMM_WORLD, world.rank < ranks ? 0 : MPI_UNDEFINED, 0, &part);
  if (part == MPI_COMM_NULL) return GRAFT_OK;
  status = graft_comm_mpi_create(part, &comm);
  if (status == GRAFT_OK) {
    status = graft_ensemble_run(config, &comm, path, NULL, progress, report);
    graft_comm_mpi_destroy(&comm);
  }
  MPI_Comm_free(&part);
  return status;
}

/* All samples of a field, or NULL. */
static float *read_field(const graft_source *source, const char *field) {
  float *data = NULL;
  size_t sample[S];
  for (size_t s = 0; s < S; s++) sample[s] = s;
  if (!T_OK(graft_alloc(&data, (size_t)S * P, sizeof *data))) return NULL;
  T_OK(source->fill(source->ctx, field, sample, S, data));
  return data;
}

static void check_tables(const graft_source *source) {
  const graft_source_info *info = &source->info;
  T_EQUAL(info->samples, S);
  T_EQUAL(info->tasks, SHAPES);
  T_EQUAL(info->geometries, SHAPES);
  T_EQUAL(info->points, P);
  T_CHECK(strcmp(info->dataset_name, "graft-darcy") == 0 && strcmp(info->problem, "darcy") == 0);
  T_CHECK(strcmp(info->task_name[1], "triangle") == 0);
  T_CHECK(strcmp(info->field, "lognormal") == 0);
  for (size_t s = 0; s < S; s++) {
    T_EQUAL(info->task[s], s / SAMPLES);
    T_EQUAL(info->index[s], 3 + s % SAMPLES);
    T_EQUAL(info->stream[s], graft_rng_stream(info->task_name[s / SAMPLES]));
  }
  T_CHECK(graft_source_split_get(info, "default") != NULL);
  float most = 0;
  for (size_t p = 0; p < P; p++) most = fmaxf(most, info->geometry[0].torsion[p]);
  T_NEAR(most, 0.0625, 5e-4); /* the grid of 24 misses the centre */
  T_CHECK(strstr(info->geometry[1].region_yaml, "region") != NULL);
}

static void check_values(const graft_source *source) {
  float *u = read_field(source, "u"), *g = read_field(source, "log_k");
  for (size_t s = 0; u && g && s < S; s++) {
    const unsigned char *mask = source->info.geometry[s / SAMPLES].mask;
    float most = 0;
    for (size_t p = 0; p < P; p++) {
      if (!mask[p]) T_EQUAL(u[s * P + p], 0);
      most = fmaxf(most, u[s * P + p]);
    }
    T_CHECK(most > 0.005F && most < 0.5F);
    T_CHECK(source->info.error_estimate[s] > 1e-4F && source->info.error_estimate[s] < 0.1F);
    T_CHECK(fabsf(g[s * P]) > 0 && fabsf(g[s * P]) < 4);
  }
  graft_free(u);
  graft_free(g);
}

static void check_equal(const graft_source *a, const graft_source *b) {
  static const char *const field[] = {"u", "log_k"};
  for (int f = 0; f < 2; f++) {
    float *x = read_field(a, field[f]), *y = read_field(b, field[f]);
    T_CHECK(x && y && memcmp(x, y, (size_t)S * P * sizeof *x) == 0);
    graft_free(x);
    graft_free(y);
  }
  T_CHECK(memcmp(a->info.error_estimate, b->info.error_estimate, S * sizeof(float)) == 0);
  for (size_t k = 0; k < SHAPES; k++) {
    const graft_source_geometry *x = &a->info.geometry[k], *y = &b->info.geometry[k];
    T_CHECK(memcmp(x->mask, y->mask, P) == 0);
    T_CHECK(memcmp(x->sdf, y->sdf, P * sizeof *x->sdf) == 0);
    T_CHECK(memcmp(x->torsion, y->torsion, P * sizeof *x->torsion) == 0);
  }
}

static void same_from_any_number_of_ranks(void) {
  graft_solve_config config = small_config();
  char name[16], path[96];
  graft_source source[4] = {0};
  bool open[4] = {false};
  for (int ranks = 1; ranks <= 3; ranks++) {
    graft_solve_report report = {0};
    snprintf(name, sizeof name, "r%d", ranks);
    T_OK(solve_on(ranks, &config, name, NULL, &report));
    if (world.rank < ranks)
      T_CHECK(report.samples == S && report.seconds > 0 && report.nodes > 100);
    MPI_Barrier(MPI_COMM_WORLD);
    path_of(name, path);
    if (world.rank == 0) open[ranks] = T_OK(graft_dataset_open(path, &source[ranks]));
  }
  if (open[1]) {
    check_tables(&source[1]);
    check_values(&source[1]);
    T_OK(graft_dataset_check(&source[1]));
  }
  if (open[1] && open[2]) check_equal(&source[1], &source[2]);
  if (open[1] && open[3]) check_equal(&source[1], &source[3]);
  for (int ranks = 1; ranks <= 3; ranks++) {
    snprintf(name, sizeof name, "r%d", ranks);
    path_of(name, path);
    if (open[ranks]) graft_source_fini(&source[ranks]);
    if (world.rank == 0) unlink(path);
  }
}

/* -shared_fields: every shape has the same log K; -inputs_only: no u. */
static void fields_can_be_shared(void) {
  graft_solve_config config = small_config();
  graft_source source;
  char path[96];
  config.shared_fields = true;
  config.inputs_only = true;
  T_OK(solve_on(3, &config, "shared", NULL, NULL));
  path_of("shared", path);
  MPI_Barrier(MPI_COMM_WORLD);
  if (world.rank == 0 && T_OK(graft_dataset_open(path, &source))) {
    float *g = read_field(&source, "log_k");
    T_CHECK(g && memcmp(g, g + SAMPLES * P, SAMPLES * P * sizeof *g) == 0);
    T_CHECK(g && memcmp(g, g + P, P * sizeof *g) != 0);
    T_CHECK(!graft_dataset_has(&source, "u") && graft_dataset_has(&source, "log_k"));
    graft_free(g);
    graft_source_fini(&source);
    unlink(path);
  }
}

static graft_status stop_third(void *ctx, size_t done, size_t total) {
  (void)ctx;
  T_CHECK(done >= 1 && done <= total && total == S);
  GRAFT_CHECK(done < 4, INTERRUPTED, "stopped at %zu", done);
  return GRAFT_OK;
}

static void failures_reach_all_ranks(void) {
  graft_solve_config config = small_config();
  const graft_solve_progress progress = {NULL, stop_third};
  char path[96];
  T_FAILS(solve_on(3, &config, "stopped", &progress, NULL), GRAFT_INTERRUPTED, "stopped at");
  path_of("stopped", path);
  T_CHECK(access(path, F_OK) != 0);
  snprintf(path + strlen(path), 6, ".part");
  if (world.rank == 0) T_CHECK(unlink(path) == 0);
  config.max_error = 1e-5;
  T_FAILS(solve_on(3, &config, "inaccurate", NULL, NULL), GRAFT_ACCURACY, "max_error");
  config.error_estimate = false;
  T_FAILS(graft_solve_validate(&config), GRAFT_USAGE, "max_error");
  config.max_error = 0;
  config.grid = 2;
  T_FAILS(solve_on(3, &config, "coarse", NULL, NULL), GRAFT_USAGE, "inside disc");
  config = small_config();
  snprintf(config.shapes, sizeof config.shapes, "%s", "disc,disc");
  T_FAILS(solve_on(3, &config, "twice", NULL, NULL), GRAFT_USAGE, "disc");
  snprintf(config.shapes, sizeof config.shapes, "%s", "disk");
  T_FAILS(graft_solve_validate(&config), GRAFT_USAGE, "disk");
  snprintf(config.shapes, sizeof config.shapes, "%s", "disc");
  snprintf(config.field, sizeof config.field, "%s", "constant");
  T_OK(graft_solve_validate(&config));
  config.field_sigma = 1;
  T_FAILS(graft_solve_validate(&config), GRAFT_USAGE, "sigma");
  config.field_sigma = 0;
  config.problem[0] = 'x';
  T_FAILS(graft_solve_validate(&config), GRAFT_USAGE, "xarcy");
  config = small_config();
  snprintf(folder + strlen(folder), sizeof folder - strlen(folder), "/no");
  T_FAILS(solve_on(3, &config, "unwritable", NULL, NULL), GRAFT_OUTPUT, "");
  folder[strlen(folder) - 3] = '\0';
}

static void estimate_is_sane(void) {
  graft_solve_config config = small_config();
  graft_solve_estimate one = graft_solve_estimate_get(&config, 1);
  T_NEAR(one.disk_bytes, 9.0 * S * P, 1);
  config.samples = 100000;
  T_CHECK(graft_solve_estimate_get(&config, 2).seconds > one.seconds);
  T_CHECK(graft_solve_estimate_get(&config, 2).seconds <
          graft_solve_estimate_get(&config, 1).seconds);
}

int main(int argc, char **argv) {
  if (!T_OK(graft_mpi_init(&argc, &argv, &world))) return 1;
  graft_test_rank(world.rank);
  if (!T_OK(graft_petsc_init(0, NULL))) return 1;
  snprintf(folder, sizeof folder, "graft-ensemble-XXXXXX");
  if (world.rank == 0) T_CHECK(mkdtemp(folder) != NULL);
  T_OK(world.broadcast(world.ctx, folder, sizeof folder));
  T_RUN(same_from_any_number_of_ranks);
  T_RUN(fields_can_be_shared);
  T_RUN(failures_reach_all_ranks);
  T_RUN(estimate_is_sane);
  if (world.rank == 0) T_CHECK(rmdir(folder) == 0);
  graft_mesh_shutdown();
  graft_petsc_fini();
  graft_mpi_finalize(&world);
  return graft_test_done();
}
