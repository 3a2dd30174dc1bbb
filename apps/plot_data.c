/* SPDX-License-Identifier: BSD-2-Clause */
/* Pictures of a data set. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/plot.h"
#include "base/arena.h"
#include "io/dataset.h"
#include "solvers/remesh.h"

enum { LINE = 512, MOST_MESHES = 12 };

/* title_u: "pressure u". */
static void assign_solution(char *variables, const graft_source *source) {
  const graft_dataset_field *field;
  char title[LINE];
  for (size_t i = 0; (field = graft_dataset_field_get(source, i)) != NULL; i++) {
    if (strcmp(field->name, "u") != 0) continue;
    snprintf(title, sizeof title, "%s u", field->long_name);
    graft_plot_assign_text(variables, "title_u", title);
  }
}

/* What pictures of a data set are named after. */
static const char *kind_of(const graft_source_info *info) {
  return info->outside ? "predicted" : "data";
}

/* A sample's panels; with its error if the data set holds predictions and solutions.
 * @param u [P] scratch */
static graft_status draw_data_sample(const graft_pictures *p, const graft_source *source,
                                     size_t sample, const char *name, size_t row, float *u,
                                     char *variables) {
  const graft_source_info *info = &source->info;
  const unsigned char *mask = info->geometry[info->sample_geometry[sample]].mask;
  double error = 0;
  float *truth;
  graft_status (*const write)(const graft_pictures *, const graft_source *, size_t, const float *,
                              const char *, size_t, char *) =
      info->dims == 3 ? graft_plot_slices : graft_plot_sample;
  if (!graft_plot_compares(source)) {
    GRAFT_TRY(write(p, source, sample, NULL, name, row, variables));
  } else {
    GRAFT_TRY(source->fill(source->ctx, "u", &sample, 1, u));
    GRAFT_TRY(write(p, source, sample, u, name, row, variables));
    GRAFT_TRY(graft_alloc(&truth, info->points, sizeof *truth));
    graft_status status = source->fill(source->ctx, graft_plot_truth(source), &sample, 1, truth);
    if (status == GRAFT_OK) error = graft_metric_rel_l2(u, truth, NULL, mask, info->points);
    graft_free(truth);
    GRAFT_TRY(status);
  }
  graft_plot_assign(variables,
                    "sample%zu = %lld\nlabel%zu = '%zu'\nnote%zu = ''\nerror%zu = %.6g\n", row,
                    (long long)info->index[sample], row, row, row, row, 100 * error);
  return GRAFT_OK;
}

/* data-TASK.png: the first samples of each task; for predictions predicted-TASK.png. */
static graft_status draw_data_task(graft_pictures *p, const graft_source *source, size_t task,
                                   long long samples) {
  const graft_source_info *info = &source->info;
  const bool compares = graft_plot_compares(source);
  char variables[GRAFT_PLOT_TEXT] = "", name[GRAFT_PATH_SIZE], prefix[32];
  long long shown = 0;
  float *u;
  graft_status status = GRAFT_OK;
  if (info->dims == 3 && !graft_dataset_has(source, "u")) return GRAFT_OK; /* nothing to slice */
  GRAFT_TRY(graft_alloc(&u, info->points, sizeof *u));
  for (size_t i = 0; i < info->samples && shown < samples && status == GRAFT_OK; i++) {
    if (info->task[i] != (int32_t)task) continue;
    shown++;
    snprintf(name, sizeof name, "%s-%s-%lld", kind_of(info), info->task_name[task], shown);
    status = draw_data_sample(p, source, i, name, (size_t)shown, u, variables);
  }
  graft_free(u);
  GRAFT_TRY(status);
  if (shown == 0) return GRAFT_OK;
  graft_plot_assign_input(variables, source);
  assign_solution(variables, source);
  graft_plot_assign_text(variables, "task", info->task_name[task]);
  graft_plot_assign(variables, "samples = %lld\nsolved = %d\nrows = %lld\npredicted = %d\n", shown,
                    graft_dataset_has(source, "u"), shown, compares);
  graft_plot_assign_extent(variables, info);
  snprintf(name, sizeof name, "%s-%s", kind_of(info), info->task_name[task]);
  snprintf(prefix, sizeof prefix, "%s-", kind_of(info));
  graft_plot_assign_text(variables, "prefix", prefix);
  return graft_pictures_draw(p, name,
                             info->in_time     ? "spacetime"
                             : info->dims == 3 ? "slices"
                             : compares        ? "fields"
                                               : "data",
                             variables);
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* The estimated errors of a task in % into a column; those that are 0 or not estimated are left
 * out. @p value [samples] is scratch; *range grows by what is found. */
static graft_status write_estimates(const graft_pictures *p, const graft_source_info *info,
                                    size_t task, size_t number, double *value, double range[2],
                                    char *variables, size_t *count) {
  char name[GRAFT_PATH_SIZE];
  *count = 0;
  for (size_t i = 0; i < info->samples; i++) {
    if (info->task[i] != (int32_t)task || !(info->error_estimate[i] > 0)) continue;
    value[(*count)++] = 100.0 * (double)info->error_estimate[i];
  }
  if (*count == 0) return GRAFT_OK;
  qsort(value, *count, sizeof *value, by_value);
  range[0] = fmin(range[0], value[0]);
  range[1] = fmax(range[1], value[*count - 1]);
  graft_plot_assign(variables, "median%zu = %.6g\nlargest%zu = %.6g\n", number, value[*count / 2],
                    number, value[*count - 1]);
  snprintf(name, sizeof name, "estimates-%s.dat", info->task_name[task]);
  return graft_pictures_column(p, name, value, *count);
}

/* data-errors.png: histograms of the estimated errors; nothing where none was estimated. */
static graft_status draw_estimates(graft_pictures *p, const graft_source_info *info) {
  char variables[GRAFT_PLOT_TEXT] = "", tasks[LINE] = "";
  double range[2] = {INFINITY, 0}, *value;
  size_t shown = 0, count, used = 0;
  graft_status status = GRAFT_OK;
  GRAFT_TRY(graft_alloc(&value, info->samples, sizeof *value));
  for (size_t k = 0; k < info->tasks && used + GRAFT_NAME_SIZE < sizeof tasks; k++) {
    GRAFT_TRY_TO(done, write_estimates(p, info, k, shown + 1, value, range, variables, &count));
    if (count == 0) continue;
    used += (size_t)snprintf(tasks + used, sizeof tasks - used, "%s%s", shown ? " " : "",
                             info->task_name[k]);
    shown++;
  }
  if (shown > 0) {
    graft_plot_assign_text(variables, "tasks", tasks);
    graft_plot_assign(variables, "low = %.6g\nhigh = %.6g\n", range[0], range[1]);
    status = graft_pictures_draw(p, "data-errors", "estimates", variables);
  }
done:
  graft_free(value);
  return status;
}

/* The first geometry of a task; -1: the task has no samples. */
static int32_t first_geometry(const graft_source_info *info, size_t task) {
  for (size_t i = 0; i < info->samples; i++) {
    if (info->task[i] == (int32_t)task) return info->sample_geometry[i];
  }
  return -1;
}

static graft_status write_mesh(const graft_pictures *p, const graft_source *source, size_t task,
                               size_t number, char *variables) {
  const graft_source_info *info = &source->info;
  int32_t geometry = first_geometry(info, task);
  char name[GRAFT_PATH_SIZE], text[LINE];
  graft_mesh mesh;
  snprintf(name, sizeof name, "mesh-%zu-outline.dat", number);
  GRAFT_TRY(graft_pictures_outline(p, name, &info->geometry[geometry]));
  GRAFT_TRY(graft_remesh(source, (size_t)geometry, &mesh));
  snprintf(name, sizeof name, "mesh-%zu.dat", number);
  graft_status status = graft_pictures_mesh(p, name, &mesh);
  snprintf(name, sizeof name, "task%zu", number);
  graft_plot_assign_text(variables, name, info->task_name[task]);
  snprintf(text, sizeof text, "%zu triangles", mesh.elements);
  snprintf(name, sizeof name, "size%zu", number);
  graft_plot_assign_text(variables, name, text);
  graft_mesh_fini(&mesh);
  return status;
}

/* data-meshes.png: the mesh of each task's first region in the plane; nothing for files that were
 * not solved on one that can be made again. */
static graft_status draw_meshes(graft_pictures *p, const graft_source *source) {
  char variables[GRAFT_PLOT_TEXT] = "";
  const graft_bundle *parameters = graft_dataset_parameters(source);
  double size;
  size_t shown = 0;
  if (!parameters || !graft_dataset_has(source, "u") || source->info.in_time ||
      source->info.dims != 2 || graft_bundle_get_real(parameters, "mesh_size", &size) != GRAFT_OK) {
    return GRAFT_OK;
  }
  for (size_t k = 0; k < source->info.tasks && shown < MOST_MESHES; k++) {
    if (first_geometry(&source->info, k) < 0) continue;
    GRAFT_TRY(write_mesh(p, source, k, ++shown, variables));
  }
  graft_plot_assign(variables, "meshes = %zu\n", shown);
  graft_plot_assign_extent(variables, &source->info);
  return graft_pictures_draw(p, "data-meshes", "meshes", variables);
}

graft_status graft_plot_data(const graft_app *app, const graft_pde_plot *config,
                             graft_pictures *p) {
  char parent[GRAFT_PATH_SIZE], directory[GRAFT_PLOT_PATH];
  graft_source source;
  graft_pde_directory(config->data, parent, sizeof parent);
  snprintf(directory, sizeof directory, "%s/plots", parent);
  GRAFT_TRY(graft_pde_open(app, config->data, false, &source));
  graft_status status = graft_pictures_init(p, app, directory);
  for (size_t k = 0; k < source.info.tasks && status == GRAFT_OK; k++) {
    status = draw_data_task(p, &source, k, config->samples);
  }
  if (status == GRAFT_OK) status = draw_meshes(p, &source);
  if (status == GRAFT_OK) status = draw_estimates(p, &source.info);
  graft_source_fini(&source);
  return status;
}
