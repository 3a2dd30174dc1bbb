/* SPDX-License-Identifier: BSD-2-Clause */
/* Truth, prediction and error on the surface of a body. */
#include <math.h>
#include <stdio.h>

#include "apps/plot.h"
#include "base/arena.h"
#include "io/atomic.h"
#include "solvers/generator.h"
#include "solvers/problem.h"

enum {
  AROUND = 48, /* quadrilaterals of a patch along s */
  AWAY = 14,   /* along t */
  VALUES = 3,  /* truth, prediction, error */
  NEAR = 3,    /* cells */
  WIDE = 2 * NEAR + 2
};

/* Cell of a coordinate along an axis, and the share of the way through it. */
static size_t cell_of(const graft_source_info *info, int axis, double at, double *share) {
  double last = (double)(info->grid[axis] - 1);
  double place = (at - info->lo[axis]) / (info->hi[axis] - info->lo[axis]) * last;
  double cell = fmin(fmax(floor(place), 0), last - 1);
  *share = fmin(fmax(place - cell, 0), 1);
  return (size_t)cell;
}

/* The point of the body nearest to a point, in cells, among those up to NEAR cells away; P if there
 * is none. */
static size_t nearest(const graft_source_info *info, const unsigned char *mask,
                      const double xyz[3]) {
  double least = INFINITY, share[3];
  long long cell[3];
  size_t found = info->points;
  for (int a = 0; a < 3; a++) cell[a] = (long long)cell_of(info, a, xyz[a], &share[a]);
  for (int corner = 0; corner < WIDE * WIDE * WIDE; corner++) {
    const int step[3] = {corner / WIDE / WIDE - NEAR, corner / WIDE % WIDE - NEAR,
                         corner % WIDE - NEAR};
    double square = 0;
    size_t p = 0;
    bool there = true;
    for (int a = 0; a < 3; a++) {
      long long at = cell[a] + step[a];
      there &= at >= 0 && at < (long long)info->grid[a];
      p = p * info->grid[a] + (size_t)(there ? at : 0);
      square += pow(step[a] - share[a], 2);
    }
    if (!there || !mask[p] || square >= least) continue;
    least = square;
    found = p;
  }
  return found;
}

/* Trilinear values of fields [VALUES][P] at a point, over the corners that the body has; of its
 * nearest point if it has none of them. */
static void value_at(const graft_source_info *info, const unsigned char *mask,
                     const float *const field[VALUES], const double xyz[3], double value[VALUES]) {
  size_t stride[3] = {info->grid[1] * info->grid[2], info->grid[2], 1}, cell[3];
  double share[3], weight = 0;
  for (int v = 0; v < VALUES; v++) value[v] = 0;
  for (int a = 0; a < 3; a++) cell[a] = cell_of(info, a, xyz[a], &share[a]);
  for (unsigned corner = 0; corner < 8; corner++) {
    size_t p = 0;
    double w = 1;
    for (int a = 0; a < 3; a++) {
      unsigned up = corner >> a & 1;
      p += (cell[a] + up) * stride[a];
      w *= up ? share[a] : 1 - share[a];
    }
    if (!mask[p]) continue;
    weight += w;
    for (int v = 0; v < VALUES; v++) value[v] += w * (double)field[v][p];
  }
  size_t p = weight > 1e-9 ? info->points : nearest(info, mask, xyz);
  for (int v = 0; v < VALUES; v++) {
    value[v] = weight > 1e-9 ? value[v] / weight : p < info->points ? (double)field[v][p] : NAN;
  }
}

/* Rows of a patch; lines of one t are parted by an empty line, patches by two. */
static graft_status write_patch(graft_atomic *file, const graft_generator_type *generator,
                                const graft_source_info *info, size_t sample, size_t patch,
                                const float *const field[VALUES], double top[VALUES]) {
  const unsigned char *mask = info->geometry[info->sample_geometry[sample]].mask;
  for (int j = 0; j <= AWAY; j++) {
    for (int i = 0; i <= AROUND; i++) {
      char line[160];
      double xyz[3], value[VALUES];
      generator->surface(info, sample, patch, (double)i / AROUND, (double)j / AWAY, xyz);
      value_at(info, mask, field, xyz, value);
      for (int v = 0; v < VALUES; v++) top[v] = fmax(top[v], value[v]); /* NaN is left out */
      int length = snprintf(line, sizeof line, "%.6g %.6g %.6g %.6g %.6g %.6g\n", xyz[0], xyz[1],
                            xyz[2], value[0], value[1], value[2]);
      GRAFT_TRY(graft_atomic_write(file, line, (size_t)length));
    }
    GRAFT_TRY(graft_atomic_write(file, "\n\n", j == AWAY ? 2 : 1));
  }
  return GRAFT_OK;
}

static graft_status write_surface(const graft_pictures *p, const graft_generator_type *generator,
                                  const graft_source_info *info, size_t sample, const char *name,
                                  const float *const field[VALUES], double top[VALUES]) {
  char path[GRAFT_PLOT_PATH];
  graft_atomic file;
  size_t patches = generator->surface(info, sample, 0, 0, 0, NULL);
  snprintf(path, sizeof path, "%s/data/%s-surface.dat", p->directory, name);
  GRAFT_TRY(graft_atomic_begin(&file, path));
  for (size_t i = 0; i < patches; i++) {
    graft_status status = write_patch(&file, generator, info, sample, i, field, top);
    if (status == GRAFT_OK) continue;
    graft_atomic_abandon(&file);
    return status;
  }
  return graft_atomic_commit(&file);
}

graft_status graft_plot_surface(const graft_pictures *p, const graft_source *source, size_t sample,
                                const float *u, const char *name, size_t row, char *variables,
                                bool *drawn) {
  const graft_source_info *info = &source->info;
  const graft_problem_type *problem = graft_problem_find(info->problem);
  double top[VALUES] = {0};
  float *field;
  graft_status status;
  *drawn = info->dims == 3 && problem && problem->generator && problem->generator->surface &&
           problem->generator->surface(info, sample, 0, 0, 0, NULL) > 0;
  if (!*drawn) return GRAFT_OK;
  GRAFT_TRY(graft_alloc(&field, 2 * info->points, sizeof *field));
  float *error = field + info->points;
  GRAFT_TRY_TO(done, source->fill(source->ctx, graft_plot_truth(source), &sample, 1, field));
  for (size_t i = 0; i < info->points; i++) error[i] = fabsf(u[i] - field[i]);
  const float *const all[VALUES] = {field, u, error};
  status = write_surface(p, problem->generator, info, sample, name, all, top);
  graft_plot_assign(variables, "top_t%zu = %.9g\ntop_e%zu = %.9g\n", row, fmax(top[0], top[1]), row,
                    top[2] > 0 ? top[2] : 1);
done:
  graft_free(field);
  return status;
}
