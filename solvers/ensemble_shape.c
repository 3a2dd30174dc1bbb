/* SPDX-License-Identifier: BSD-2-Clause
 * Method:    a shape that all samples of a task share is prepared once, with a factor of its error
 *            estimate from three samples on a mesh of half the size. The regions of a family are
 *            prepared one after the other; their common factor comes from REGIONS regions that no
 *            data set contains: the geometric mean of the extremes.
 * Cost:      see graft_solve_report. */
#include <math.h>

#include "base/arena.h"
#include "solvers/ensemble_impl.h"
#include "solvers/petsc.h"

enum { REGIONS = 3 };

static graft_shape_setting setting_of(const graft_ensemble *ensemble,
                                      const graft_ensemble_task *task, const graft_region *region) {
  double size = graft_solve_region_size(ensemble->config, graft_region_area(region), task->family);
  graft_shape_setting setting = {.problem = ensemble->problem,
                                 .region = region,
                                 .cache = &ensemble->cache,
                                 .mesh_size = size,
                                 .order = (int)ensemble->config->order,
                                 .grid = &ensemble->grid,
                                 .distance = ensemble->g,
                                 .field = ensemble->field,
                                 .source = ensemble->source,
                                 .f = ensemble->has_f ? &ensemble->f : NULL};
  for (int i = 0; i < 3; i++) setting.boundary[i] = ensemble->boundary[i];
  return setting;
}

static bool estimates(const graft_ensemble *ensemble) {
  return ensemble->config->error_estimate && !ensemble->config->inputs_only;
}

/* Arrays for the nodes of the task's solver, in one allocation, and what is known of them. */
static graft_status prepare_nodes(graft_ensemble_task *task, const graft_region *region) {
  const graft_mesh *mesh = &task->solver.mesh;
  graft_free(task->nodes.xyz);
  GRAFT_TRY(graft_source_nodes_alloc(&task->nodes, 2, mesh->nodes, graft_shape_triangles(mesh)));
  graft_shape_nodes(mesh, region, &task->nodes);
  return GRAFT_OK;
}

graft_status graft_ensemble_count_nodes(graft_ensemble *ensemble, size_t s, size_t *nodes,
                                        size_t *triangles) {
  const graft_ensemble_task *task = &ensemble->task[ensemble->info.task[s]];
  graft_mesh_config config = graft_mesh_config_default();
  graft_region region;
  graft_mesh mesh;
  *nodes = task->solver.mesh.nodes;
  if (!task->family) *triangles = graft_shape_triangles(&task->solver.mesh);
  if (!task->family) return GRAFT_OK;
  GRAFT_TRY(graft_task_region(&task->task, ensemble->info.seed, (uint64_t)ensemble->info.index[s],
                              &region));
  graft_shape_setting setting = setting_of(ensemble, task, &region);
  config.size = setting.mesh_size;
  config.order = setting.order;
  graft_status status = graft_mesh_cache_get(setting.cache, &region, &config, &mesh);
  graft_region_fini(&region);
  GRAFT_TRY(status);
  *nodes = mesh.nodes;
  *triangles = graft_shape_triangles(&mesh);
  graft_mesh_fini(&mesh);
  return GRAFT_OK;
}

/* Solver of a region: distances into ensemble->g, fields into the tables of row @p geometry. */
static graft_status prepare_region(graft_ensemble *ensemble, graft_ensemble_task *task,
                                   size_t geometry, const graft_region *region) {
  graft_source_geometry *row = &ensemble->info.geometry[geometry];
  double *distance = ensemble->g;
  graft_grid_distance(&ensemble->grid, region, distance);
  size_t inside = graft_mask_from_distance(ensemble->points, distance, row->mask);
  GRAFT_CHECK(inside > 0, USAGE, "-grid: expected points inside %s, got none", row->name);
  for (size_t p = 0; p < ensemble->points; p++) row->sdf[p] = (float)distance[p];
  if (task->ready) graft_shape_solver_fini(&task->solver);
  task->ready = false;
  graft_shape_setting setting = setting_of(ensemble, task, region);
  graft_status status = graft_shape_solver_init(&task->solver, &setting);
  if (status != GRAFT_OK) {
    graft_error_prefix("%s", row->name);
    return status;
  }
  task->ready = true;
  if (ensemble->config->nodes) GRAFT_TRY(prepare_nodes(task, region));
  return graft_shape_solver_torsion(&task->solver, row->torsion, task->nodes.torsion);
}

static graft_status calibrate(graft_ensemble *ensemble, graft_ensemble_task *task,
                              const graft_region *region) {
  graft_shape_setting setting = setting_of(ensemble, task, region);
  return graft_shape_solver_calibrate(&task->solver, &setting, ensemble->field,
                                      (uint64_t)ensemble->config->seed,
                                      graft_rng_stream(task->task.name));
}

static graft_status init_shape(graft_ensemble *ensemble, size_t k) {
  graft_ensemble_task *task = &ensemble->task[k];
  graft_region region;
  GRAFT_TRY(graft_task_region(&task->task, ensemble->info.seed, 0, &region));
  graft_status status = prepare_region(ensemble, task, task->geometry, &region);
  if (status == GRAFT_OK && estimates(ensemble)) status = calibrate(ensemble, task, &region);
  graft_region_fini(&region);
  return status;
}

/* The common factor of a family. Its first geometry serves as work space. */
static graft_status init_family(graft_ensemble *ensemble, size_t k) {
  graft_ensemble_task *task = &ensemble->task[k];
  double low = HUGE_VAL, high = 0;
  for (uint64_t i = 0; estimates(ensemble) && i < REGIONS; i++) {
    graft_region region;
    GRAFT_TRY(graft_task_region(&task->task, ensemble->info.seed, UINT32_MAX - i, &region));
    graft_status status = prepare_region(ensemble, task, task->geometry, &region);
    if (status == GRAFT_OK) status = calibrate(ensemble, task, &region);
    graft_region_fini(&region);
    GRAFT_TRY(status);
    low = fmin(low, task->solver.estimator.scale);
    high = fmax(high, task->solver.estimator.scale);
  }
  if (high > 0) task->scale = sqrt(low * high);
  return GRAFT_OK;
}

graft_status graft_ensemble_init_shapes(graft_ensemble *ensemble) {
  for (size_t k = 0; k < ensemble->tasks; k++) {
    GRAFT_TRY(ensemble->task[k].family ? init_family(ensemble, k) : init_shape(ensemble, k));
    /* after the first solve, before the work */
    if (k == 0 && ensemble->task[k].ready) GRAFT_TRY(graft_petsc_check_unused());
  }
  return GRAFT_OK;
}

graft_status graft_ensemble_prepare(graft_ensemble *ensemble, size_t s,
                                    graft_dataset_writer *writer) {
  graft_ensemble_task *task = &ensemble->task[ensemble->info.task[s]];
  size_t geometry = (size_t)ensemble->info.sample_geometry[s];
  graft_region region;
  if (!task->family) return GRAFT_OK;
  GRAFT_TRY(graft_task_region(&task->task, ensemble->info.seed, (uint64_t)ensemble->info.index[s],
                              &region));
  graft_status status = prepare_region(ensemble, task, geometry, &region);
  graft_region_fini(&region);
  GRAFT_TRY(status);
  task->solver.estimator.scale = task->scale;
  return writer ? graft_dataset_write_geometry(writer, geometry) : GRAFT_OK;
}
