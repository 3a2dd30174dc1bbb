/* SPDX-License-Identifier: BSD-2-Clause
 * Method:    elliptic problems: a body-fitted mesh, a matrix pattern, a symbolic factor and a point
 *            location per shape; per sample a random field, its values at quadrature points, a
 *            weighted sum into the matrix, a numeric factor, and the solution on the output grid.
 * Cost:      see graft_solve_report and ensemble_config.c.
 * Reference: see shape_solver.h. */
#include <string.h>

#include "solvers/ensemble_impl.h"

static size_t task(const graft_solve_config *config, size_t i, char name[GRAFT_NAME_SIZE],
                   size_t *samples) {
  graft_task own;
  size_t tasks = graft_task_get(config, i, &own);
  memcpy(name, own.name, GRAFT_NAME_SIZE);
  *samples = (size_t)config->samples;
  return tasks;
}

static int grid(const graft_solve_config *config, size_t n[3]) {
  n[0] = n[1] = (size_t)config->grid;
  return 2;
}

static graft_status adopt(graft_solve_config *config, const graft_source_info *info) {
  bool square = info->dims == 2 && !info->in_time && info->grid[0] == info->grid[1];
  for (int a = 0; a < 2; a++) square = square && info->lo[a] == 0 && info->hi[a] == 1;
  GRAFT_CHECK(square, INPUT, "expected a grid of n x n points on the unit square");
  config->grid = (long long)info->grid[0];
  return GRAFT_OK;
}

static graft_status init(void *state, const graft_solve_config *config) {
  return graft_ensemble_init(state, config);
}

static void fini(void *state) { graft_ensemble_fini(state); }

static graft_source_info *info_of(void *state) { return &((graft_ensemble *)state)->info; }

static graft_status parameters(void *state, graft_bundle *bundle) {
  const graft_ensemble *ensemble = state;
  const graft_solve_config *config = ensemble->config;
  const graft_field_type *law = graft_solve_law(config);
  double length = config->field_length > 0 || !law ? config->field_length : law->length;
  double sigma = config->field_sigma > 0 || !law ? config->field_sigma : law->sigma;
  GRAFT_TRY(graft_bundle_put_text(bundle, "equation", ensemble->problem->equation));
  GRAFT_TRY(graft_bundle_put_real(bundle, "field_length", length));
  GRAFT_TRY(graft_bundle_put_real(bundle, "field_sigma", sigma));
  GRAFT_TRY(graft_bundle_put_real(bundle, "mesh_size", graft_solve_mesh_size(config)));
  GRAFT_TRY(graft_bundle_put_int(bundle, "order", config->order));
  GRAFT_TRY(graft_bundle_put_int(bundle, "first", config->first));
  if (ensemble->has_f) GRAFT_TRY(graft_bundle_put_real(bundle, "f", ensemble->f));
  if (*config->boundary) {
    GRAFT_TRY(
        graft_bundle_put(bundle, "boundary", GRAFT_FLOAT64, GRAFT_SHAPE(1, 3), ensemble->boundary));
  }
  return graft_bundle_put_int(bundle, "shared_fields", config->shared_fields);
}

static size_t fields(void *state, graft_dataset_field *field, const float **data) {
  const graft_ensemble *ensemble = state;
  const graft_problem_field *in = ensemble->problem->input, *out = ensemble->problem->output;
  size_t n = 0;
  field[n] = (graft_dataset_field){in->name, in->long_name, in->unit};
  data[n++] = ensemble->input;
  if (!ensemble->config->inputs_only) {
    field[n] = (graft_dataset_field){out->name, out->long_name, out->unit};
    data[n++] = ensemble->output;
  }
  if (ensemble->source) {
    field[n] = (graft_dataset_field){"f", "right-hand side", "1"};
    data[n++] = ensemble->right;
  }
  return n;
}

static graft_status configuration(void *state, graft_yaml *yaml) {
  return graft_ensemble_configuration(state, yaml);
}

static void evaluate(const graft_ensemble *ensemble, const graft_field *field,
                     const graft_field_points *at, float *value) {
  graft_field_evaluate(field, at, ensemble->g);
  for (size_t p = 0; p < ensemble->points; p++) value[p] = (float)ensemble->g[p];
}

static graft_status draw(graft_ensemble *ensemble, size_t s) {
  const graft_source_info *info = &ensemble->info;
  uint64_t index = (uint64_t)info->index[s];
  uint32_t stream = (uint32_t)info->stream[s];
  GRAFT_TRY(graft_field_draw(ensemble->field, info->seed, stream, index));
  evaluate(ensemble, ensemble->field, ensemble->on_grid, ensemble->input);
  if (!ensemble->source) return GRAFT_OK;
  GRAFT_TRY(graft_field_draw(ensemble->source, info->seed, stream, index));
  evaluate(ensemble, ensemble->source, ensemble->source_on_grid, ensemble->right);
  return GRAFT_OK;
}

static graft_status solve(void *state, size_t s, graft_dataset_writer *writer,
                          graft_solve_report *report, double *error) {
  graft_ensemble *ensemble = state;
  graft_shape_solver *solver = &ensemble->task[ensemble->info.task[s]].solver;
  double start = graft_solve_clock();
  GRAFT_TRY(graft_ensemble_prepare(ensemble, s, writer));
  graft_solve_lap(&start, &report->regions);
  GRAFT_TRY(draw(ensemble, s));
  graft_solve_lap(&start, &report->draw);
  ensemble->last = &ensemble->task[ensemble->info.task[s]];
  if (ensemble->config->inputs_only) return GRAFT_OK;
  GRAFT_TRY(graft_shape_solver_assemble(solver));
  graft_solve_lap(&start, &report->assemble);
  GRAFT_TRY(graft_shape_solver_solve(solver, ensemble->output));
  graft_solve_lap(&start, &report->solve);
  for (size_t i = 0; ensemble->config->nodes && i < solver->mesh.nodes; i++) {
    ensemble->last->nodes.value[i] = (float)solver->u[i];
  }
  if (ensemble->config->error_estimate) *error = graft_shape_solver_error(solver);
  graft_solve_lap(&start, &report->estimate);
  return GRAFT_OK;
}

static graft_status count_nodes(void *state, size_t s, size_t *nodes, size_t *triangles) {
  return graft_ensemble_count_nodes(state, s, nodes, triangles);
}

static void nodes(void *state, graft_source_nodes *out, size_t *count, size_t *triangles) {
  const graft_ensemble_task *last = ((const graft_ensemble *)state)->last;
  *out = last->nodes;
  *count = last->solver.mesh.nodes;
  *triangles = graft_shape_triangles(&last->solver.mesh);
}

static void describe(void *state, graft_solve_report *report) {
  const graft_ensemble *ensemble = state;
  report->mesh_size = graft_solve_mesh_size(ensemble->config);
  for (size_t k = 0; k < ensemble->tasks; k++) {
    report->nodes += ensemble->task[k].solver.mesh.nodes;
    report->elements += ensemble->task[k].solver.mesh.elements;
  }
}

const graft_generator_type graft_generator_elliptic = {
    .options = graft_solve_options,
    .state_size = sizeof(graft_ensemble),
    .validate = graft_elliptic_validate,
    .check_files = graft_elliptic_check_files,
    .task = task,
    .grid = grid,
    .adopt = adopt,
    .estimate = graft_elliptic_estimate,
    .init = init,
    .fini = fini,
    .info = info_of,
    .fields = fields,
    .parameters = parameters,
    .configuration = configuration,
    .solve = solve,
    .count_nodes = count_nodes,
    .nodes = nodes,
    .describe = describe,
};
