/* SPDX-License-Identifier: BSD-2-Clause */
#include "solvers/shape_solver.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"

/* f of the current sample, kept in the elements. */
static void set_source(graft_shape_solver *solver) {
  size_t n = graft_fe_points(solver->fe);
  if (solver->source) {
    graft_field_evaluate(solver->source, solver->source_at, solver->k);
  } else if (solver->has_f) {
    for (size_t q = 0; q < n; q++) solver->k[q] = solver->f;
  } else {
    solver->problem->form->source(n, graft_fe_xy(solver->fe), solver->k);
  }
  graft_fe_set_source(solver->fe, solver->k);
}

/* Boundary values of the current sample; solver->u serves as work space. */
static void set_boundary(graft_shape_solver *solver) {
  const graft_mesh *mesh = &solver->mesh;
  const double *b = solver->linear;
  if (solver->problem->form->boundary) {
    graft_field_evaluate(solver->field, solver->nodes_at, solver->g);
    solver->problem->form->boundary(mesh->nodes, mesh->xy, solver->g, solver->u);
  } else {
    for (size_t i = 0; i < mesh->nodes; i++) {
      solver->u[i] = b[0] + b[1] * mesh->xy[2 * i] + b[2] * mesh->xy[2 * i + 1];
    }
  }
  graft_fe_set_boundary(solver->fe, solver->u);
}

static graft_status allocate(graft_shape_solver *solver) {
  size_t points = graft_fe_points(solver->fe), nodes = solver->mesh.nodes;
  const double *xy = graft_fe_xy(solver->fe);
  const graft_elliptic_form *form = solver->problem->form;
  GRAFT_TRY(graft_field_points_create(solver->field, points, xy, &solver->at));
  if (solver->source) {
    GRAFT_TRY(graft_field_points_create(solver->source, points, xy, &solver->source_at));
  }
  if (form->boundary) {
    GRAFT_TRY(graft_field_points_create(solver->field, nodes, solver->mesh.xy, &solver->nodes_at));
  }
  GRAFT_TRY(graft_alloc(&solver->g, points > nodes ? points : nodes, sizeof *solver->g));
  GRAFT_TRY(graft_alloc(&solver->k, points, sizeof *solver->k));
  if (form->reaction) GRAFT_TRY(graft_alloc(&solver->c, points, sizeof *solver->c));
  return graft_alloc(&solver->u, nodes, sizeof *solver->u);
}

graft_status graft_shape_solver_init(graft_shape_solver *solver,
                                     const graft_shape_setting *setting) {
  graft_status status = GRAFT_OK;
  graft_mesh_config config = graft_mesh_config_default();
  config.size = setting->mesh_size;
  config.order = setting->order;
  *solver = (graft_shape_solver){
      .problem = setting->problem, .field = setting->field, .source = setting->source};
  solver->has_f = setting->f != NULL;
  if (setting->f) solver->f = *setting->f;
  memcpy(solver->linear, setting->boundary, sizeof solver->linear);
  GRAFT_TRY(graft_mesh_cache_get(setting->cache, setting->region, &config, &solver->mesh));
  GRAFT_TRY_TO(fail, graft_fe_create(&solver->mesh, 0, &solver->fe));
  GRAFT_TRY_TO(
      fail, graft_sampler_init(&solver->sampler, &solver->mesh, setting->grid, setting->distance));
  GRAFT_TRY_TO(fail, graft_estimator_init(&solver->estimator, &solver->mesh));
  GRAFT_TRY_TO(fail, allocate(solver));
  set_source(solver);
  set_boundary(solver);
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
  graft_field_points_destroy(solver->source_at);
  graft_field_points_destroy(solver->nodes_at);
  graft_free(solver->g);
  graft_free(solver->k);
  graft_free(solver->c);
  graft_free(solver->u);
  graft_mesh_fini(&solver->mesh);
  *solver = (graft_shape_solver){0};
}

graft_status graft_shape_solver_torsion(graft_shape_solver *solver, float *out, float *nodal) {
  GRAFT_TRY(graft_fe_torsion(solver->fe, solver->u));
  for (size_t i = 0; nodal && i < solver->mesh.nodes; i++) nodal[i] = (float)solver->u[i];
  graft_sampler_apply(&solver->sampler, solver->u, out);
  set_source(solver);
  set_boundary(solver);
  return GRAFT_OK;
}

graft_status graft_shape_solver_assemble(graft_shape_solver *solver) {
  const graft_elliptic_form *form = solver->problem->form;
  size_t n = graft_fe_points(solver->fe);
  const double *xy = graft_fe_xy(solver->fe);
  if (solver->source) set_source(solver);
  if (form->boundary) set_boundary(solver);
  graft_field_evaluate(solver->field, solver->at, solver->g);
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
  size_t points = solver->sampler.points, rows = graft_field_rows(field);
  *ratio = 0;
  for (uint64_t i = 0; i < SAMPLES && (rows == 0 || i < rows); i++) {
    GRAFT_TRY(graft_field_draw(field, seed, stream, rows ? i : UINT64_MAX - i));
    GRAFT_TRY(graft_shape_solver_assemble(solver));
    GRAFT_TRY(graft_shape_solver_solve(solver, work));
    GRAFT_TRY(graft_shape_solver_assemble(fine));
    GRAFT_TRY(graft_shape_solver_solve(fine, work + points));
    double indicator = graft_estimator_apply(&solver->estimator, solver->u);
    double error = relative_difference(points, work, work + points);
    if (indicator > 0) *ratio = fmax(*ratio, error / indicator);
  }
  return GRAFT_OK;
}

graft_status graft_shape_solver_calibrate(graft_shape_solver *solver,
                                          const graft_shape_setting *setting, graft_field *field,
                                          uint64_t seed, uint32_t stream) {
  graft_status status = GRAFT_OK;
  graft_shape_solver fine = {0};
  graft_shape_setting half = *setting;
  double ratio;
  float *work;
  half.mesh_size /= 2;
  GRAFT_TRY(graft_alloc(&work, 2 * graft_grid_count(setting->grid), sizeof *work));
  GRAFT_TRY_TO(done, graft_shape_solver_init(&fine, &half));
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
