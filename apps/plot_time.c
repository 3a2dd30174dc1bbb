/* SPDX-License-Identifier: BSD-2-Clause */
/* Pictures of problems in one dimension of space and time. */
#include <math.h>
#include <stdio.h>

#include "apps/plot.h"
#include "base/arena.h"
#include "io/dataset.h"
#include "solvers/generator.h"
#include "solvers/problem.h"

enum { PROFILES = 5 /* times shown as curves, the first and the last among them */ };

/* NAME-profiles.dat: x, the truth at some times, the prediction at them. */
static graft_status write_profiles(const graft_pictures *p, const graft_source_info *info,
                                   const float *truth, const float *u, const char *name) {
  char file[GRAFT_PLOT_PATH];
  size_t T = info->grid[0], X = info->grid[1], columns = 1 + 2 * PROFILES;
  double *table;
  GRAFT_TRY(graft_alloc(&table, X * columns, sizeof *table));
  for (size_t i = 0; i < X; i++) {
    double *row = table + i * columns;
    row[0] = info->lo[1] + (info->hi[1] - info->lo[1]) * (double)i / (double)(X - 1);
    for (size_t k = 0; k < PROFILES; k++) {
      size_t t = (T - 1) * k / (PROFILES - 1);
      row[1 + k] = truth ? (double)truth[t * X + i] : NAN;
      row[1 + PROFILES + k] = u ? (double)u[t * X + i] : NAN;
    }
  }
  snprintf(file, sizeof file, "%s-profiles.dat", name);
  graft_status status = graft_pictures_table(p, file, table, X, columns);
  graft_free(table);
  return status;
}

/* NAME-profiles.dat of a sample without solution: x and its first input field along x, if it has
 * one, else nothing but x. */
static graft_status write_input(const graft_pictures *p, const graft_source *source, size_t sample,
                                const char *name) {
  const graft_source_info *info = &source->info;
  char file[GRAFT_PLOT_PATH];
  size_t X = info->grid[1];
  bool along_x = info->inputs > 0 && info->input[0].axes == 2;
  double *table = NULL;
  float *value;
  graft_status status = GRAFT_OK;
  GRAFT_TRY(graft_alloc(&value, X, sizeof *value));
  GRAFT_TRY_TO(done, graft_alloc(&table, 2 * X, sizeof *table));
  if (along_x) {
    GRAFT_TRY_TO(done, source->fill(source->ctx, info->input[0].name, &sample, 1, value));
  }
  for (size_t i = 0; i < X; i++) {
    table[2 * i] = info->lo[1] + (info->hi[1] - info->lo[1]) * (double)i / (double)(X - 1);
    table[2 * i + 1] = along_x ? (double)value[i] : NAN;
  }
  snprintf(file, sizeof file, "%s-profiles.dat", name);
  status = graft_pictures_table(p, file, table, X, 2);
done:
  graft_free(value);
  graft_free(table);
  return status;
}

static double largest(const float *value, size_t count) {
  double top = 0;
  for (size_t i = 0; i < count; i++) top = fmax(top, fabs((double)value[i]));
  return top > 0 ? top : 1;
}

void graft_plot_assign_numbers(const graft_source_info *info, size_t sample, size_t row,
                               char *variables) {
  char name[GRAFT_GENERATOR_NUMBERS][GRAFT_NAME_SIZE], text[256] = "", key[32];
  double value[GRAFT_GENERATOR_NUMBERS];
  size_t used = 0, count = graft_plot_numbers(info, sample, name, value);
  for (size_t q = 0; q < count && used < sizeof text; q++) {
    int n =
        snprintf(text + used, sizeof text - used, "%s%s = %.3g", q ? ", " : "", name[q], value[q]);
    used += n > 0 ? (size_t)n : 0;
  }
  snprintf(key, sizeof key, "numbers%zu", row);
  graft_plot_assign_text(variables, key, text);
}

size_t graft_plot_numbers(const graft_source_info *info, size_t sample,
                          char name[][GRAFT_NAME_SIZE], double *value) {
  const graft_problem_type *problem = graft_problem_find(info->problem);
  const graft_generator_type *generator = problem ? graft_problem_generator(problem) : NULL;
  if (generator && generator->numbers) return generator->numbers(info, sample, name, value);
  size_t count = info->codes < GRAFT_GENERATOR_NUMBERS ? info->codes : GRAFT_GENERATOR_NUMBERS;
  for (size_t q = 0; q < count; q++) {
    snprintf(name[q], GRAFT_NAME_SIZE, "%s", info->code_name[q]);
    value[q] = info->code[sample * info->codes + q];
  }
  return count;
}

graft_status graft_plot_time_sample(const graft_pictures *p, const graft_source *source,
                                    size_t sample, const float *u, const char *name, size_t row,
                                    char *variables) {
  const graft_source_info *info = &source->info;
  char file[GRAFT_PLOT_PATH];
  size_t P = info->points;
  float *truth;
  graft_status status;
  GRAFT_CHECK(info->in_time && info->dims == 2, INTERNAL, "expected one axis of space, and time");
  graft_plot_assign_numbers(info, sample, row, variables);
  graft_plot_assign(variables, "nx = %zu\nnt = %zu\nprofiles = %d\n", info->grid[1], info->grid[0],
                    PROFILES);
  if (!graft_dataset_has(source, "u")) return write_input(p, source, sample, name);
  GRAFT_TRY(graft_alloc(&truth, P, sizeof *truth));
  GRAFT_TRY_TO(done, source->fill(source->ctx, graft_plot_truth(source), &sample, 1, truth));
  GRAFT_TRY_TO(done, write_profiles(p, info, truth, u, name));
  snprintf(file, sizeof file, "%s-truth.bin", name);
  GRAFT_TRY_TO(done, graft_pictures_floats(p, file, truth, P));
  graft_plot_assign(variables, "top_u%zu = %.9g\n", row, largest(truth, P));
  if (!u) goto done;
  snprintf(file, sizeof file, "%s-prediction.bin", name);
  GRAFT_TRY_TO(done, graft_pictures_floats(p, file, u, P));
  for (size_t i = 0; i < P; i++) truth[i] = fabsf(u[i] - truth[i]);
  graft_plot_assign(variables, "top_error%zu = %.9g\n", row, largest(truth, P));
  snprintf(file, sizeof file, "%s-error.bin", name);
  status = graft_pictures_floats(p, file, truth, P);
done:
  graft_free(truth);
  return status;
}

graft_status graft_plot_numbers_task(const graft_pictures *p, const graft_source_info *info,
                                     const char *task, size_t count, const size_t *sample,
                                     const double *error, size_t number, char *variables) {
  char name[GRAFT_GENERATOR_NUMBERS][GRAFT_NAME_SIZE], file[GRAFT_PATH_SIZE], key[32];
  double value[GRAFT_GENERATOR_NUMBERS], *table;
  size_t columns = 0;
  if (count > 0) columns = graft_plot_numbers(info, sample[0], name, value);
  if (columns == 0) return GRAFT_OK;
  GRAFT_TRY(graft_alloc(&table, count * (columns + 1), sizeof *table));
  for (size_t i = 0; i < count; i++) {
    graft_plot_numbers(info, sample[i], name, table + i * (columns + 1));
    table[i * (columns + 1) + columns] = 100 * error[i];
  }
  for (size_t q = 0; q < columns; q++) {
    snprintf(key, sizeof key, "name%zu_%zu", number, q + 1);
    graft_plot_assign_text(variables, key, name[q]);
  }
  graft_plot_assign(variables, "columns%zu = %zu\n", number, columns);
  snprintf(file, sizeof file, "numbers-%s.dat", task);
  graft_status status = graft_pictures_table(p, file, table, count, columns + 1);
  graft_free(table);
  return status;
}
