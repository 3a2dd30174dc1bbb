/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "io/provenance.h"
#include "io/yaml.h"
#include "solvers/ensemble_impl.h"

/* Tasks; the number of geometries. */
static graft_status init_tasks(graft_ensemble *ensemble, size_t *geometries) {
  const graft_solve_config *config = ensemble->config;
  *geometries = 0;
  GRAFT_TRY(graft_alloc(&ensemble->task, ensemble->tasks, sizeof *ensemble->task));
  for (size_t k = 0; k < ensemble->tasks; k++) {
    graft_ensemble_task *task = &ensemble->task[k];
    graft_task_get(config, k, &task->task);
    task->family = task->task.domain && task->task.domain->random;
    task->geometry = *geometries;
    task->scale = 1;
    *geometries += task->family ? (size_t)config->samples : 1;
  }
  return GRAFT_OK;
}

/* Tables of samples, split, names. */
static graft_status init_info(graft_ensemble *ensemble) {
  const graft_solve_config *config = ensemble->config;
  graft_source_info *info = &ensemble->info;
  const graft_field_type *law = graft_solve_law(config);
  size_t per_task = (size_t)config->samples, samples = ensemble->tasks * per_task, geometries;
  GRAFT_TRY(init_tasks(ensemble, &geometries));
  GRAFT_TRY(
      graft_source_info_init(info, samples, ensemble->tasks, geometries, 1, 2, ensemble->grid.n));
  snprintf(info->dataset_name, sizeof info->dataset_name, "graft-%.50s", config->problem);
  snprintf(info->problem, sizeof info->problem, "%s", config->problem);
  snprintf(info->field, sizeof info->field, "%s", law ? law->name : "file");
  info->seed = (uint64_t)config->seed;
  for (int a = 0; a < 2; a++) {
    info->lo[a] = ensemble->grid.box.min[a];
    info->hi[a] = ensemble->grid.box.max[a];
  }
  for (size_t k = 0; k < ensemble->tasks; k++) {
    memcpy(info->task_name[k], ensemble->task[k].task.name, GRAFT_NAME_SIZE);
  }
  for (size_t s = 0; s < samples; s++) {
    size_t k = s / per_task, i = s % per_task;
    const graft_ensemble_task *task = &ensemble->task[k];
    info->task[s] = (int32_t)k;
    info->sample_geometry[s] = (int32_t)(task->geometry + (task->family ? i : 0));
    info->index[s] = (int64_t)config->first + (int64_t)i;
    info->stream[s] =
        config->shared_fields ? GRAFT_STREAM_SAMPLE : graft_rng_stream(info->task_name[k]);
    info->error_estimate[s] = -1;
  }
  graft_source_input input = {.axes = 3};
  snprintf(input.name, sizeof input.name, "%s", ensemble->problem->input->name);
  GRAFT_TRY(graft_source_info_inputs(info, 1, &input));
  snprintf(info->split[0].name, sizeof info->split[0].name, "default");
  graft_source_split_default(info, per_task, &info->split[0]);
  return GRAFT_OK;
}

/* Names and texts of all regions: cheap to draw, so every rank has them all. */
static graft_status init_regions(graft_ensemble *ensemble) {
  const graft_solve_config *config = ensemble->config;
  for (size_t k = 0; k < ensemble->tasks; k++) {
    const graft_ensemble_task *task = &ensemble->task[k];
    size_t count = task->family ? (size_t)config->samples : 1;
    for (size_t i = 0; i < count; i++) {
      graft_source_geometry *geometry = &ensemble->info.geometry[task->geometry + i];
      graft_region region;
      long long index = config->first + (long long)i;
      if (task->family) {
        snprintf(geometry->name, sizeof geometry->name, "%.40s-%lld", task->task.name, index);
      } else {
        memcpy(geometry->name, task->task.name, sizeof geometry->name);
      }
      GRAFT_TRY(graft_task_region(&task->task, ensemble->info.seed, (uint64_t)index, &region));
      graft_status status = graft_region_print(&region, &geometry->region_yaml);
      graft_region_fini(&region);
      GRAFT_TRY(status);
    }
  }
  return GRAFT_OK;
}

/* Read a field of a file: enough rows for all samples. */
static graft_status read_table(const graft_solve_config *config, const char *option,
                               const char *path, graft_field_file *file) {
  graft_status status = graft_field_file_read(path, file);
  if (status != GRAFT_OK) {
    graft_error_prefix("-%s", option);
    return status;
  }
  GRAFT_CHECK(file->samples == 1 ||
                  (double)file->samples >= (double)(config->first + config->samples),
              INPUT, "-%s: %s: expected one row, or one for each of samples %lld to %lld, got %zu",
              option, path, config->first, config->first + config->samples - 1, file->samples);
  return GRAFT_OK;
}

static graft_status open_table(const graft_solve_config *config, const char *option,
                               const char *path, graft_field_file *file, graft_field **field) {
  GRAFT_TRY(read_table(config, option, path, file));
  return graft_field_create_table(file->samples, file->nodes, file->value, field);
}

static bool has_f_file(const graft_solve_config *config) {
  double f;
  return *config->f && !graft_solve_constant_f(config, &f);
}

graft_status graft_elliptic_check_files(const graft_solve_config *config) {
  const bool file[2] = {!graft_solve_law(config), has_f_file(config)};
  graft_task task;
  for (size_t k = 0; k < graft_task_get(config, k, &task); k++) {
    graft_region region;
    if (!task.file) continue;
    GRAFT_TRY(graft_task_region(&task, 0, 0, &region));
    graft_region_fini(&region);
  }
  for (int i = 0; i < 2; i++) {
    graft_field_file table = {0};
    if (!file[i]) continue;
    graft_status status =
        read_table(config, i ? "f" : "field", i ? config->f : config->field, &table);
    graft_field_file_fini(&table);
    GRAFT_TRY(status);
  }
  return GRAFT_OK;
}

static graft_status init_fields(graft_ensemble *ensemble, const double *xy) {
  const graft_solve_config *config = ensemble->config;
  const graft_field_type *law = graft_solve_law(config);
  if (law) {
    GRAFT_TRY(graft_field_create(law, config->field_length, config->field_sigma, &ensemble->field));
  } else {
    GRAFT_TRY(open_table(config, "field", config->field, &ensemble->table, &ensemble->field));
  }
  GRAFT_TRY(graft_field_points_create(ensemble->field, ensemble->points, xy, &ensemble->on_grid));
  GRAFT_TRY(graft_solve_boundary(config, ensemble->boundary));
  ensemble->has_f = graft_solve_constant_f(config, &ensemble->f);
  bool slope = fabs(ensemble->boundary[1]) > 0 || fabs(ensemble->boundary[2]) > 0;
  ensemble->info.directed = slope || has_f_file(config);
  if (!has_f_file(config)) return GRAFT_OK;
  GRAFT_TRY(open_table(config, "f", config->f, &ensemble->source_table, &ensemble->source));
  return graft_field_points_create(ensemble->source, ensemble->points, xy,
                                   &ensemble->source_on_grid);
}

static graft_status init(graft_ensemble *ensemble) {
  graft_status status = GRAFT_OK;
  size_t points;
  double *xy;
  ensemble->problem = graft_problem_find(ensemble->config->problem);
  GRAFT_TRY(graft_mesh_cache_init(&ensemble->cache, ensemble->config->mesh_cache, graft_version()));
  ensemble->tasks = graft_solve_tasks(ensemble->config);
  ensemble->grid = graft_grid_square((size_t)ensemble->config->grid);
  GRAFT_TRY(graft_grid_validate(&ensemble->grid));
  ensemble->points = points = graft_grid_count(&ensemble->grid);
  GRAFT_TRY(graft_alloc(&ensemble->g, points, sizeof *ensemble->g));
  GRAFT_TRY(graft_alloc(&ensemble->input, points, sizeof *ensemble->input));
  GRAFT_TRY(graft_alloc(&ensemble->output, points, sizeof *ensemble->output));
  GRAFT_TRY(graft_alloc(&ensemble->right, points, sizeof *ensemble->right));
  GRAFT_TRY(init_info(ensemble));
  GRAFT_TRY(init_regions(ensemble));
  GRAFT_TRY(graft_alloc(&xy, 2 * points, sizeof *xy));
  graft_grid_points(&ensemble->grid, xy);
  status = init_fields(ensemble, xy);
  graft_free(xy);
  GRAFT_TRY(status);
  return graft_ensemble_init_shapes(ensemble);
}

graft_status graft_ensemble_init(graft_ensemble *ensemble, const graft_solve_config *config) {
  *ensemble = (graft_ensemble){.config = config};
  graft_status status = init(ensemble);
  if (status != GRAFT_OK) graft_ensemble_fini(ensemble);
  return status;
}

void graft_ensemble_fini(graft_ensemble *ensemble) {
  for (size_t k = 0; ensemble->task && k < ensemble->tasks; k++) {
    if (ensemble->task[k].ready) graft_shape_solver_fini(&ensemble->task[k].solver);
    graft_free(ensemble->task[k].nodes.xyz);
  }
  graft_free(ensemble->task);
  graft_field_points_destroy(ensemble->on_grid);
  graft_field_points_destroy(ensemble->source_on_grid);
  graft_field_destroy(ensemble->field);
  graft_field_destroy(ensemble->source);
  graft_field_file_fini(&ensemble->table);
  graft_field_file_fini(&ensemble->source_table);
  graft_source_info_fini(&ensemble->info);
  graft_free(ensemble->g);
  graft_free(ensemble->input);
  graft_free(ensemble->output);
  graft_free(ensemble->right);
  *ensemble = (graft_ensemble){0};
}

/* FNV-1a: to notice another content, not to resist forgery. */
static graft_status put_checksum(graft_yaml *yaml, const char *key, const void *data,
                                 size_t bytes) {
  const unsigned char *byte = data;
  uint64_t hash = 14695981039346656037u;
  char text[24];
  for (size_t i = 0; i < bytes; i++) hash = (hash ^ byte[i]) * 1099511628211u;
  snprintf(text, sizeof text, "%016llx", (unsigned long long)hash);
  return graft_yaml_put(yaml, key, text);
}

static graft_status put_table(graft_yaml *yaml, const char *key, const graft_field_file *table) {
  if (!table->value) return GRAFT_OK;
  return put_checksum(yaml, key, table->value,
                      table->samples * table->nodes * table->nodes * sizeof *table->value);
}

graft_status graft_ensemble_configuration(const graft_ensemble *ensemble, graft_yaml *yaml) {
  char key[96];
  GRAFT_TRY(put_table(yaml, "field_checksum", &ensemble->table));
  GRAFT_TRY(put_table(yaml, "f_checksum", &ensemble->source_table));
  for (size_t k = 0; k < ensemble->tasks; k++) {
    const char *text = ensemble->info.geometry[ensemble->task[k].geometry].region_yaml;
    snprintf(key, sizeof key, "region_checksum_%zu", k);
    GRAFT_TRY(put_checksum(yaml, key, text, strlen(text)));
  }
  return GRAFT_OK;
}
