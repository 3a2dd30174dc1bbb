/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "apps/plot.h"
#include "base/arena.h"
#include "io/dataset.h"

void graft_plot_assign(char *variables, const char *format, ...) {
  va_list args;
  va_start(args, format);
  size_t used = strlen(variables);
  if (used < GRAFT_PLOT_TEXT) vsnprintf(variables + used, GRAFT_PLOT_TEXT - used, format, args);
  va_end(args);
}

void graft_plot_assign_text(char *variables, const char *name, const char *text) {
  graft_plot_assign(variables, "%s = '", name);
  for (const char *c = text; *c && c < text + 200; c++) {
    if (*c == '\'') graft_plot_assign(variables, "''");
    if (*c != '\'' && (unsigned char)*c >= ' ') graft_plot_assign(variables, "%c", *c);
  }
  graft_plot_assign(variables, "'\n");
}

void graft_plot_assign_extent(char *variables, const graft_source_info *info) {
  graft_plot_assign(variables, "x0 = %.17g\nx1 = %.17g\ny0 = %.17g\ny1 = %.17g\n", info->lo[0],
                    info->hi[0], info->lo[1], info->hi[1]);
}

bool graft_plot_compares(const graft_source *source) { return graft_dataset_has(source, "u_true"); }

const char *graft_plot_truth(const graft_source *source) {
  return graft_plot_compares(source) ? "u_true" : "u";
}

/* The input: log_k where it is there, else the first field that is neither u nor f. */
static const graft_dataset_field *input_of(const graft_source *source) {
  const graft_dataset_field *field, *found = NULL;
  for (size_t i = 0; (field = graft_dataset_field_get(source, i)) != NULL; i++) {
    if (strcmp(field->name, "log_k") == 0) return field;
    bool solution = strcmp(field->name, "u") == 0 || strncmp(field->name, "u_", 2) == 0;
    if (!found && !solution && strcmp(field->name, "f") != 0) found = field;
  }
  return found ? found : graft_dataset_field_get(source, 0);
}

void graft_plot_assign_input(char *variables, const graft_source *source) {
  const char *name = input_of(source)->name;
  graft_plot_assign_text(variables, "title_input", strcmp(name, "log_k") == 0 ? "log K" : name);
}

/* Largest absolute value over the points of the region, 1 if all are 0; *low the least value. */
static double largest(const float *field, const graft_source_geometry *geometry, size_t points,
                      double *low) {
  double top = 0.0;
  *low = 0.0;
  for (size_t i = 0; i < points; i++) {
    if (!geometry->mask[i]) continue;
    top = fmax(top, fabs((double)field[i]));
    *low = fmin(*low, (double)field[i]);
  }
  return top > 0.0 ? top : 1.0;
}

/* One field as DIRECTORY/data/NAME-WHAT.bin. */
static graft_status write_field(const graft_pictures *p, const graft_source_info *info,
                                const graft_source_geometry *geometry, const float *field,
                                const char *name, const char *what, char *variables) {
  char file[GRAFT_PLOT_PATH];
  size_t n[2];
  snprintf(file, sizeof file, "%s-%s.bin", name, what);
  GRAFT_TRY(graft_pictures_field(p, file, info, geometry, field, n));
  if (strcmp(what, "input") == 0) graft_plot_assign(variables, "nx = %zu\nny = %zu\n", n[0], n[1]);
  return GRAFT_OK;
}

graft_status graft_plot_sample(const graft_pictures *p, const graft_source *source, size_t sample,
                               const float *u, const char *name, size_t row, char *variables) {
  const graft_source_info *info = &source->info;
  const graft_source_geometry *geometry = &info->geometry[info->sample_geometry[sample]];
  char outline[GRAFT_PLOT_PATH];
  if (info->in_time) return graft_plot_time_sample(p, source, sample, u, name, row, variables);
  size_t P = info->points;
  float *field;
  double top, low, truth;
  graft_status status;
  snprintf(outline, sizeof outline, "%s-outline.dat", name);
  GRAFT_TRY(graft_pictures_outline(p, outline, geometry));
  GRAFT_TRY(graft_alloc(&field, P, sizeof *field));
  GRAFT_TRY_TO(done, source->fill(source->ctx, input_of(source)->name, &sample, 1, field));
  GRAFT_TRY_TO(done, write_field(p, info, geometry, field, name, "input", variables));
  graft_plot_assign(variables, "top_input%zu = %.9g\n", row, largest(field, geometry, P, &low));
  if (!graft_dataset_has(source, "u")) goto done;
  GRAFT_TRY_TO(done, source->fill(source->ctx, graft_plot_truth(source), &sample, 1, field));
  truth = largest(field, geometry, P, &low);
  graft_plot_assign(variables, "low_u%zu = %.9g\n", row, low);
  top = u ? largest(u, geometry, P, &low) : 0.0;
  graft_plot_assign(variables, "top_u%zu = %.9g\n", row, fmax(top, truth));
  GRAFT_TRY_TO(done, write_field(p, info, geometry, field, name, "truth", variables));
  if (!u) goto done;
  GRAFT_TRY_TO(done, write_field(p, info, geometry, u, name, "prediction", variables));
  for (size_t i = 0; i < P; i++) field[i] = fabsf(u[i] - field[i]);
  graft_plot_assign(variables, "top_error%zu = %.9g\n", row, largest(field, geometry, P, &low));
  GRAFT_TRY_TO(done, write_field(p, info, geometry, field, name, "error", variables));
done:
  graft_free(field);
  return status;
}
