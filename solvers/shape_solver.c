/* SPDX-License-Identifier: BSD-2-Clause */
#include "solvers/shape_solver.h"

#include <math.h>

#include "base/arena.h"

static void set_source(graft_shape_solver *solver) {
  size_t n = graft_fe_points(solver->fe);
  solver->problem->form->source(n, graft_fe_xy(solver->fe), solver->k);
  graft_fe_set_source(solver->fe, solver->k);
}

graft_status graft_shape_solver_init(graft_shape_solver *solver, const graft_problem_type *problem,
                                     const graft_region *region, double mesh_size, int order,
                                     const graft_grid *grid, const double *distance,
                                     const graft_field *field) {
  graft_status status = GRAFT_OK;
  graft_mesh_config config = graft_mesh_config_default();
  config.size = mesh_size;
  config.order = order;
  *solver = (graft_shape_solver){.problem = problem};
  GRAFT_TRY(graft_mesh_create(region, &config, &solver->mesh));
  GRAFT_TRY_TO(fail, graft_fe_create(&solver->mesh, 0, &solver->fe));
  size_t points = graft_fe_points(solver->fe);
  const double *xy = graft_fe_xy(solver->fe);
  GRAFT_TRY_TO(fail, graft_sampler_init(&solver->sampler, &solver->mesh, grid, distance));
  GRAFT_TRY_TO(fail, graft_field_points_create(field, points, xy, &solver->at));
  GRAFT_TRY_TO(fail, graft_alloc(&solver->g, points, sizeof *solver->g));
  GRAFT_TRY_TO(fail, graft_alloc(&solver->k, points, sizeof *solver->k));
  if (problem->form->reaction) {
    GRAFT_TRY_TO(fail, graft_alloc(&solver->c, points, sizeof *solver->c));
  }
  GRAFT_TRY_TO(fail, graft_estimator_init(&solver->estimator, &solver->mesh));
  GRAFT_TRY_TO(fail, graft_alloc(&solver->u, solver->mesh.nodes, sizeof *solver->u));
  set_source(solver);
  return GRAFT_OK;
fail:
  graft_shape_solver_fini(solver);
  return status;
}

void graft_shape_solver_fini(graft_shape_solver *solver) {
  graft_fe_destroy(solver->fe);
  graft_estimator_fini(&solver->estimator);
  graft_sampler_fini(&solver->sampler);
  graft_field_points_destroy(solver->at);
  graft_free(solver->g);
  graft_free(solver->k);
  graft_free(solver->c);
  graft_free(solver->u);
  graft_mesh_fini(&solver->mesh);
  *solver = (graft_shape_solver){0};
}

graft_status graft_shape_solver_torsion(graft_shape_solver *solver, float *out) {
  GRAFT_TRY(graft_fe_torsion(solver->fe, solver->u));
  graft_sampler_apply(&solver->sampler, solver->u, out);
  set_source(solver);
  return GRAFT_OK;
}

graft_status graft_shape_solver_assemble(graft_shape_solver *solver, const graft_field *field) {
  const graft_elliptic_form *form = solver->problem->form;
  size_t n = graft_fe_points(solver->fe);
  const double *xy = graft_fe_xy(solver->fe);
  graft_field_evaluate(field, solver->at, solver->g);
  form->diffusion(n, xy, solver->g, solver->k);
  if (form->reaction) form->reaction(n, xy, solver->g, solver->c);
  return graft_fe_assemble(solver->fe, solver->k, solver->c);
}

graft_status graft_shape_solver_solve(graft_shape_solver *solver, float *out) {
  GRAFT_TRY(graft_fe_solve(solver->fe, solver->u));
  graft_sampler_apply(&solver->sampler, solver->u, out);
  return GRAFT_OK;
}

/* ‖a − b‖ / ‖b‖ */
static double relative_difference(size_t points, const float *a, const float *b) {
  double difference = 0, norm = 0;
  for (size_t p = 0; p < points; p++) {
    difference += ((double)a[p] - (double)b[p]) * ((double)a[p] - (double)b[p]);
    norm += (double)b[p] * (double)b[p];
  }
  return norm > 0 ? sqrt(difference / norm) : 0;
}

/* Largest ratio of error to indicator; @p work [2 x P]. */
static graft_status compare(graft_shape_solver *solver, graft_shape_solver *fine,
                            graft_field *field, uint64_t seed, uint32_t stream, float *work,
                            double *ratio) {
  enum { SAMPLES = 3 };
  size_t points = solver->sampler.points;
  *ratio = 0;
  for (uint64_t i = 0; i < SAMPLES; i++) {
    GRAFT_TRY(graft_field_draw(field, seed, stream, UINT64_MAX - i));
    GRAFT_TRY(graft_shape_solver_assemble(solver, field));
    GRAFT_TRY(graft_shape_solver_solve(solver, work));
    GRAFT_TRY(graft_shape_solver_assemble(fine, field));
    GRAFT_TRY(graft_shape_solver_solve(fine, work + points));
    double indicator = graft_estimator_apply(&solver->estimator, solver->u);
    double error = relative_difference(points, work, work + points);
    if (indicator > 0) *ratio = fmax(*ratio, error / indicator);
  }
  return GRAFT_OK;
}

graft_status graft_shape_solver_calibrate(graft_shape_solver *solver, const graft_region *region,
                                          double mesh_size, const graft_grid *grid,
                                          const double *distance, graft_field *field, uint64_t seed,
                                          uint32_t stream) {
  graft_status status = GRAFT_OK;
  graft_shape_solver fine = {0};
  double ratio;
  float *work;
  GRAFT_TRY(graft_alloc(&work, 2 * graft_grid_count(grid), sizeof *work));
  GRAFT_TRY_TO(done, graft_shape_solver_init(&fine, solver->problem, region, mesh_size / 2,
                                             solver->mesh.order, grid, distance, field));
  solver->estimator.scale = 1;
  GRAFT_TRY_TO(done, compare(solver, &fine, field, seed, stream, work, &ratio));
  solver->estimator.scale = ratio / (1 - pow(2, -1 - solver->mesh.order)); /* fine is not exact */
done:
  graft_shape_solver_fini(&fine);
  graft_free(work);
  return status;
}

double graft_shape_solver_error(graft_shape_solver *solver) {
  return graft_estimator_apply(&solver->estimator, solver->u);
}
