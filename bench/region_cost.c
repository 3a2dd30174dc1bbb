/* SPDX-License-Identifier: BSD-2-Clause */
/* Processor time of finite elements and of a network on regions that the network has not seen, 20
 * fields each, side by side: mesh and set-up of a region, its torsion function, a solve per field,
 * a prediction per field.
 * Usage: region_cost MODEL [regions] [fields] [family]
 * The network predicts on its grid, where the solutions are compared with it. The two take turns,
 * so that what else the machine does hits both alike. Meshes are those of `solve` for the family.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "deeponet/metrics.h"
#include "geometry/domain.h"
#include "geometry/mesh.h"
#include "io/bundle_file.h"
#include "solvers/ensemble_impl.h"
#include "solvers/petsc.h"

enum { SETUP, TORSION, SOLVE, PREDICT, STAGES };
enum { FIRST = 700000 /* number of the first region, beyond those of data sets */, SEED = 20240 };

/* One region at hand. */
struct bench {
  graft_deeponet *model;
  const char *family;
  size_t regions, fields, points;
  graft_grid grid;
  graft_field *field;
  graft_field_points *on_grid;
  double *distance, *g;     /* [P] */
  float *log_k, *truth, *u; /* [fields x P] */
  double seconds[STAGES];   /* sums over regions */
  double error, estimate;   /* sums over regions and fields */
};

static double clock_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void lap(double *start, double *sum) {
  double now = clock_now();
  *sum += now - *start;
  *start = now;
}

/* Fields on the grid; they serve both, so they are not counted. */
static graft_status draw(struct bench *b, uint64_t region, size_t i) {
  GRAFT_TRY(graft_field_draw(b->field, SEED, 1, region * 1000 + i));
  graft_field_evaluate(b->field, b->on_grid, b->g);
  for (size_t p = 0; p < b->points; p++) b->log_k[i * b->points + p] = (float)b->g[p];
  return GRAFT_OK;
}

/* A source of the fields on one region. */
static graft_status describe(const struct bench *b, const graft_source_geometry *geometry,
                             graft_source_info *info) {
  const graft_source_input input = {"log_k", 3};
  GRAFT_TRY(graft_source_info_init(info, b->fields, 1, 1, 1, 2, b->grid.n));
  for (int a = 0; a < 2; a++) info->hi[a] = 1;
  snprintf(info->dataset_name, sizeof info->dataset_name, "region_cost");
  snprintf(info->task_name[0], sizeof *info->task_name, "%s", b->family);
  memcpy(info->geometry[0].mask, geometry->mask, b->points);
  memcpy(info->geometry[0].sdf, geometry->sdf, b->points * sizeof(float));
  memcpy(info->geometry[0].torsion, geometry->torsion, b->points * sizeof(float));
  snprintf(info->split[0].name, sizeof info->split[0].name, "default");
  return graft_source_info_inputs(info, 1, &input);
}

static graft_status predict(struct bench *b, const graft_source_geometry *geometry) {
  static const char *const name[] = {"log_k", NULL};
  const float *data[] = {b->log_k};
  graft_source_info info = {0};
  graft_source source;
  size_t *sample;
  GRAFT_TRY(graft_alloc(&sample, b->fields, sizeof *sample));
  for (size_t i = 0; i < b->fields; i++) sample[i] = i;
  double start = clock_now();
  graft_status status = describe(b, geometry, &info);
  if (status == GRAFT_OK) status = graft_source_memory(&source, info, name, data);
  if (status == GRAFT_OK) {
    status = graft_deeponet_predict(b->model, &source, sample, b->fields, b->u);
    graft_source_fini(&source);
  }
  lap(&start, &b->seconds[PREDICT]);
  graft_free(sample);
  return status;
}

static graft_status solve(struct bench *b, graft_shape_solver *solver, uint64_t region) {
  for (size_t i = 0; i < b->fields; i++) {
    GRAFT_TRY(draw(b, region, i));
    double start = clock_now();
    GRAFT_TRY(graft_shape_solver_assemble(solver));
    GRAFT_TRY(graft_shape_solver_solve(solver, b->truth + i * b->points));
    lap(&start, &b->seconds[SOLVE]);
    b->estimate += graft_shape_solver_error(solver);
  }
  return GRAFT_OK;
}

static graft_status one_region(struct bench *b, uint64_t index, const graft_solve_config *config) {
  graft_region region;
  graft_shape_solver solver;
  graft_source_geometry geometry = {.name = "region"};
  graft_status status;
  GRAFT_TRY(graft_domain_draw(b->family, SEED, FIRST + index, &region));
  GRAFT_TRY_TO(freed, graft_alloc(&geometry.mask, b->points, 1));
  GRAFT_TRY_TO(freed, graft_alloc(&geometry.sdf, b->points, sizeof(float)));
  GRAFT_TRY_TO(freed, graft_alloc(&geometry.torsion, b->points, sizeof(float)));
  double start = clock_now();
  graft_grid_distance(&b->grid, &region, b->distance);
  graft_mask_from_distance(b->points, b->distance, geometry.mask);
  for (size_t p = 0; p < b->points; p++) geometry.sdf[p] = (float)b->distance[p];
  graft_shape_setting setting = {
      .problem = graft_problem_find("darcy"),
      .region = &region,
      .mesh_size = graft_solve_region_size(config, graft_region_area(&region), true),
      .order = 2,
      .grid = &b->grid,
      .distance = b->distance,
      .field = b->field};
  GRAFT_TRY_TO(freed, graft_shape_solver_init(&solver, &setting));
  lap(&start, &b->seconds[SETUP]);
  GRAFT_TRY_TO(done, graft_shape_solver_torsion(&solver, geometry.torsion, NULL));
  lap(&start, &b->seconds[TORSION]);
  solver.estimator.scale = 0.3; /* of the families and smooth laws: docs/decisions.md */
  GRAFT_TRY_TO(done, solve(b, &solver, index));
  GRAFT_TRY_TO(done, predict(b, &geometry));
  for (size_t i = 0; i < b->fields; i++) {
    b->error += graft_metric_rel_l2(b->u + i * b->points, b->truth + i * b->points, NULL,
                                    geometry.mask, b->points);
  }
done:
  graft_shape_solver_fini(&solver);
freed:
  graft_region_fini(&region);
  graft_free(geometry.mask);
  graft_free(geometry.sdf);
  graft_free(geometry.torsion);
  return status;
}

static void report(const struct bench *b) {
  const double F = (double)b->fields, R = (double)b->regions;
  double setup = 1e3 * b->seconds[SETUP] / R, torsion = 1e3 * b->seconds[TORSION] / R;
  double one = 1e3 * b->seconds[SOLVE] / (R * F), net = 1e3 * b->seconds[PREDICT] / (R * F);
  printf("%zu regions (%s), %zu fields each, %zu x %zu points; processor time\n", b->regions,
         b->family, b->fields, b->grid.n[0], b->grid.n[1]);
  printf("  mesh, symbolic factor, point location   %9.3f ms per region\n", setup);
  printf("  torsion function                        %9.3f ms per region\n", torsion);
  printf("  assembly, factor, solution on the grid  %9.3f ms per field\n", one);
  printf("  prediction                              %9.3f ms per field\n", net);
  printf("solutions: estimated error %.3f %%; predictions: error %.2f %%\n",
         100 * b->estimate / (R * F), 100 * b->error / (R * F));
  printf("per field, a region for %g fields:\n", F);
  printf("  torsion + prediction / full solve of a field on a region of its own   %.3f\n",
         ((setup + torsion) / F + net) / (setup + one));
  printf("  the same if all fields share mesh and symbolic factor too             %.3f\n",
         (torsion / F + net) / one);
}

static graft_status prepare(struct bench *b, const char *path) {
  graft_bundle bundle;
  double *xy;
  GRAFT_TRY(graft_bundle_read(path, "model", &bundle, NULL));
  graft_status status = graft_deeponet_load(&bundle, &b->model);
  graft_bundle_fini(&bundle);
  GRAFT_TRY(status);
  b->grid = graft_grid_square(graft_deeponet_get_info(b->model)->grid[0]);
  b->points = graft_grid_count(&b->grid);
  GRAFT_TRY(graft_alloc(&b->distance, b->points, sizeof *b->distance));
  GRAFT_TRY(graft_alloc(&b->g, b->points, sizeof *b->g));
  GRAFT_TRY(graft_alloc(&b->log_k, b->fields * b->points, sizeof *b->log_k));
  GRAFT_TRY(graft_alloc(&b->truth, b->fields * b->points, sizeof *b->truth));
  GRAFT_TRY(graft_alloc(&b->u, b->fields * b->points, sizeof *b->u));
  GRAFT_TRY(graft_field_create(graft_field_find("lognormal"), 0, 0, &b->field));
  GRAFT_TRY(graft_alloc(&xy, 2 * b->points, sizeof *xy));
  graft_grid_points(&b->grid, xy);
  status = graft_field_points_create(b->field, b->points, xy, &b->on_grid);
  graft_free(xy);
  return status;
}

static graft_status run(struct bench *b, const char *path) {
  graft_solve_config config = {.order = 2};
  GRAFT_TRY(graft_option_defaults(graft_solve_options, &config));
  snprintf(config.problem, sizeof config.problem, "darcy");
  GRAFT_TRY(graft_petsc_init(0, NULL));
  GRAFT_TRY(prepare(b, path));
  for (uint64_t i = 0; i < b->regions + 1; i++) {
    if (i == 1) { /* the first one warms up */
      memset(b->seconds, 0, sizeof b->seconds);
      b->error = b->estimate = 0;
    }
    GRAFT_TRY(one_region(b, i, &config));
  }
  report(b);
  return GRAFT_OK;
}

int main(int argc, char **argv) {
  struct bench b = {.regions = 20, .fields = 20, .family = argc > 4 ? argv[4] : "star"};
  if (argc < 2) {
    fprintf(stderr, "usage: region_cost MODEL [regions] [fields] [family]\n");
    return 2;
  }
  if (argc > 2) b.regions = strtoul(argv[2], NULL, 10);
  if (argc > 3) b.fields = strtoul(argv[3], NULL, 10);
  graft_status status = b.regions && b.fields ? run(&b, argv[1]) : GRAFT_USAGE;
  if (status != GRAFT_OK) fprintf(stderr, "region_cost: %s\n", graft_error_message());
  graft_field_points_destroy(b.on_grid);
  graft_field_destroy(b.field);
  graft_deeponet_destroy(b.model);
  void *const all[] = {b.distance, b.g, b.log_k, b.truth, b.u};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) graft_free(all[i]);
  return graft_status_exit_code(status);
}
