/* SPDX-License-Identifier: BSD-2-Clause */
#include "solvers/shape_solver.h"

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
  GRAFT_TRY_TO(fail, graft_alloc(&solver->u, solver->mesh.nodes, sizeof *solver->u));
  set_source(solver);
  return GRAFT_OK;
fail:
  graft_shape_solver_fini(solver);
  return status;
}

void graft_shape_solver_fini(graft_shape_solver *solver) {
  graft_fe_destroy(solver->fe);
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
