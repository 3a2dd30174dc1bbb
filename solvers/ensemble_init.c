/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "geometry/domain.h"
#include "solvers/ensemble_impl.h"
#include "solvers/petsc.h"

/* Tables of samples, split, names. */
static graft_status init_info(graft_ensemble *ensemble) {
  const graft_solve_config *config = ensemble->config;
  graft_source_info *info = &ensemble->info;
  size_t per_task = (size_t)config->samples, samples = ensemble->tasks * per_task;
  GRAFT_TRY(graft_source_info_init(info, samples, ensemble->tasks, ensemble->tasks, 1, 2,
                                   ensemble->grid.n));
  snprintf(info->dataset_name, sizeof info->dataset_name, "graft-%.50s", config->problem);
  snprintf(info->problem, sizeof info->problem, "%s", config->problem);
  snprintf(info->field, sizeof info->field, "%s", config->field);
  info->seed = (uint64_t)config->seed;
  for (int a = 0; a < 2; a++) {
    info->lo[a] = ensemble->grid.box.min[a];
    info->hi[a] = ensemble->grid.box.max[a];
  }
  for (size_t k = 0; k < ensemble->tasks; k++) {
    graft_solve_shape(config, k, info->task_name[k], GRAFT_NAME_SIZE);
    memcpy(info->geometry[k].name, info->task_name[k], GRAFT_NAME_SIZE);
  }
  for (size_t s = 0; s < samples; s++) {
    size_t k = s / per_task;
    info->task[s] = info->sample_geometry[s] = (int32_t)k;
    info->index[s] = (int64_t)config->first + (int64_t)(s % per_task);
    info->stream[s] = GRAFT_STREAM_SAMPLE + (config->shared_fields ? 0 : (int64_t)k);
    info->error_estimate[s] = -1;
  }
  snprintf(info->split[0].name, sizeof info->split[0].name, "default");
  graft_source_split_default(info, per_task, &info->split[0]);
  return GRAFT_OK;
}

/* Mask, distance and torsion of shape k, and its solver. */
static graft_status init_shape(graft_ensemble *ensemble, size_t k, const graft_region *region) {
  graft_source_geometry *geometry = &ensemble->info.geometry[k];
  const graft_solve_config *config = ensemble->config;
  double *distance = ensemble->g;
  graft_grid_distance(&ensemble->grid, region, distance);
  size_t inside = graft_mask_from_distance(ensemble->points, distance, geometry->mask);
  GRAFT_CHECK(inside > 0, USAGE, "-grid: expected points inside %s, got none", geometry->name);
  for (size_t p = 0; p < ensemble->points; p++) geometry->sdf[p] = (float)distance[p];
  GRAFT_TRY(graft_region_print(region, &geometry->region_yaml));
  GRAFT_TRY(graft_shape_solver_init(&ensemble->shape[k], ensemble->problem, region,
                                    graft_solve_mesh_size(config), (int)config->order,
                                    &ensemble->grid, distance, ensemble->field));
  GRAFT_TRY(graft_shape_solver_torsion(&ensemble->shape[k], geometry->torsion));
  if (!config->error_estimate || config->inputs_only) return GRAFT_OK;
  return graft_shape_solver_calibrate(&ensemble->shape[k], region, graft_solve_mesh_size(config),
                                      &ensemble->grid, distance, ensemble->field,
                                      (uint64_t)config->seed, GRAFT_STREAM_SAMPLE + (uint32_t)k);
}

static graft_status init_shapes(graft_ensemble *ensemble) {
  for (size_t k = 0; k < ensemble->tasks; k++) {
    graft_region region;
    const char *name = ensemble->info.task_name[k];
    GRAFT_TRY(graft_domain_build(name, NULL, &region));
    graft_status status = init_shape(ensemble, k, &region);
    graft_region_fini(&region);
    if (status != GRAFT_OK) {
      graft_error_prefix("%s", name);
      return status;
    }
    if (k == 0) GRAFT_TRY(graft_petsc_check_unused()); /* after the first solve, before the work */
  }
  return GRAFT_OK;
}

static graft_status init_field(graft_ensemble *ensemble) {
  graft_status status = GRAFT_OK;
  const graft_solve_config *config = ensemble->config;
  double *xy;
  GRAFT_TRY(graft_field_create(ensemble->law, config->field_length, config->field_sigma,
                               &ensemble->field));
  GRAFT_TRY(graft_alloc(&xy, 2 * ensemble->points, sizeof *xy));
  graft_grid_points(&ensemble->grid, xy);
  GRAFT_TRY_TO(
      done, graft_field_points_create(ensemble->field, ensemble->points, xy, &ensemble->on_grid));
done:
  graft_free(xy);
  return status;
}

graft_status graft_ensemble_init(graft_ensemble *ensemble, const graft_solve_config *config) {
  graft_status status = GRAFT_OK;
  char name[GRAFT_NAME_SIZE];
  *ensemble = (graft_ensemble){.config = config};
  GRAFT_TRY(graft_solve_validate(config));
  ensemble->problem = graft_problem_find(config->problem);
  ensemble->law = graft_field_find(config->field);
  ensemble->tasks = graft_solve_shape(config, 0, name, sizeof name);
  ensemble->grid = graft_grid_square((size_t)config->grid);
  GRAFT_TRY(graft_grid_validate(&ensemble->grid));
  ensemble->points = graft_grid_count(&ensemble->grid);
  GRAFT_TRY_TO(fail, graft_alloc(&ensemble->g, ensemble->points, sizeof(double)));
  GRAFT_TRY_TO(fail, graft_alloc(&ensemble->input, ensemble->points, sizeof(float)));
  GRAFT_TRY_TO(fail, graft_alloc(&ensemble->output, ensemble->points, sizeof(float)));
  GRAFT_TRY_TO(fail, graft_alloc(&ensemble->shape, ensemble->tasks, sizeof *ensemble->shape));
  GRAFT_TRY_TO(fail, init_info(ensemble));
  GRAFT_TRY_TO(fail, init_field(ensemble));
  GRAFT_TRY_TO(fail, init_shapes(ensemble));
  return GRAFT_OK;
fail:
  graft_ensemble_fini(ensemble);
  return status;
}

void graft_ensemble_fini(graft_ensemble *ensemble) {
  for (size_t k = 0; ensemble->shape && k < ensemble->tasks; k++) {
    graft_shape_solver_fini(&ensemble->shape[k]);
  }
  graft_free(ensemble->shape);
  graft_field_points_destroy(ensemble->on_grid);
  graft_field_destroy(ensemble->field);
  graft_source_info_fini(&ensemble->info);
  graft_free(ensemble->g);
  graft_free(ensemble->input);
  graft_free(ensemble->output);
  *ensemble = (graft_ensemble){0};
}
