/* SPDX-License-Identifier: BSD-2-Clause */
/* Slices through fields on grids of three axes. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "apps/plot.h"
#include "base/arena.h"
#include "io/dataset.h"

enum { FINE = 320 /* points that a slice is refined to along x, at least */ };

/* Index along an axis nearest to a coordinate. */
static size_t nearest(const graft_source_info *info, int axis, double at) {
  double last = (double)(info->grid[axis] - 1);
  double i = nearbyint((at - info->lo[axis]) / (info->hi[axis] - info->lo[axis]) * last - 1e-6);
  return (size_t)fmin(fmax(i, 0), last);
}

/* A slice through the grid: its two axes (x first), the third one at an index, and what each is
 * refined by. */
struct slice {
  const char *name;
  int axis[2];
  size_t base;      /* of the point of the grid at (0, 0) of the slice */
  size_t stride[2]; /* from point to point */
  size_t n[2];      /* points along its axes */
  size_t fine[2];   /* refined */
};

/* At the middle of the disc's height (plane), or through the axis and the hole at 180° (axial). */
static struct slice slice_of(const graft_source_info *info, bool plane) {
  size_t stride[3] = {info->grid[1] * info->grid[2], info->grid[2], 1};
  struct slice slice = {.name = plane ? "plane" : "axial", .axis = {0, plane ? 1 : 2}};
  slice.base = plane ? nearest(info, 2, 0.5) : nearest(info, 1, 0) * stride[1];
  for (int a = 0; a < 2; a++) {
    int axis = slice.axis[a];
    double cell = (info->hi[axis] - info->lo[axis]) / (double)(info->grid[axis] - 1);
    double wanted = (info->hi[0] - info->lo[0]) / FINE;
    slice.stride[a] = stride[axis];
    slice.n[a] = info->grid[axis];
    slice.fine[a] = (slice.n[a] - 1) * (size_t)fmax(ceil(cell / wanted), 1) + 1;
  }
  return slice;
}

/* Bilinear value of @p field at a point (i, j) of the refined slice, over the corners that @p mask
 * has; NaN if it has none of them. */
static double fine_value(const struct slice *s, const unsigned char *mask, const float *field,
                         size_t i, size_t j) {
  double sum = 0, weight = 0, share[2];
  size_t cell[2], at[2] = {i, j};
  for (int a = 0; a < 2; a++) {
    double place = (double)at[a] * (double)(s->n[a] - 1) / (double)(s->fine[a] - 1);
    cell[a] = (size_t)fmin(floor(place), (double)(s->n[a] - 2));
    share[a] = place - (double)cell[a];
  }
  for (size_t corner = 0; corner < 4; corner++) {
    size_t x = corner & 1, y = corner >> 1;
    size_t p = s->base + (cell[0] + x) * s->stride[0] + (cell[1] + y) * s->stride[1];
    double w = (x ? share[0] : 1 - share[0]) * (y ? share[1] : 1 - share[1]);
    if (mask && !mask[p]) continue;
    sum += w * (double)field[p];
    weight += w;
  }
  return weight > 1e-9 ? sum / weight : NAN;
}

/* A field on the refined slice as DIRECTORY/data/NAME-SLICE-WHAT.bin, x fastest; @p inside: NaN
 * outside the body, whose exact distance cuts it. */
static graft_status write_slice(const graft_pictures *p, const struct slice *s,
                                const graft_source_geometry *geometry, const float *field,
                                bool inside, const char *name, const char *what) {
  char file[GRAFT_PATH_SIZE];
  float *value;
  GRAFT_TRY(graft_alloc(&value, s->fine[0] * s->fine[1], sizeof *value));
  for (size_t j = 0; j < s->fine[1]; j++) {
    for (size_t i = 0; i < s->fine[0]; i++) {
      bool out = inside && fine_value(s, NULL, geometry->sdf, i, j) > 0;
      value[j * s->fine[0] + i] =
          out ? NAN : (float)fine_value(s, inside ? geometry->mask : NULL, field, i, j);
    }
  }
  snprintf(file, sizeof file, "%s-%s-%s.bin", name, s->name, what);
  graft_status status = graft_pictures_floats(p, file, value, s->fine[0] * s->fine[1]);
  graft_free(value);
  return status;
}

static graft_status write_slices(const graft_pictures *p, const graft_source_info *info,
                                 const graft_source_geometry *geometry, const float *field,
                                 bool inside, const char *name, const char *what) {
  for (int plane = 0; plane < 2; plane++) {
    struct slice slice = slice_of(info, plane);
    GRAFT_TRY(write_slice(p, &slice, geometry, field, inside, name, what));
  }
  return GRAFT_OK;
}

graft_status graft_plot_slices(const graft_pictures *p, const graft_source *source, size_t sample,
                               const float *u, const char *name, size_t row, char *variables) {
  const graft_source_info *info = &source->info;
  const graft_source_geometry *geometry = &info->geometry[info->sample_geometry[sample]];
  const unsigned char *mask = geometry->mask;
  struct slice plane = slice_of(info, true), axial = slice_of(info, false);
  double top = 0, worst = 0;
  float *field;
  graft_status status;
  GRAFT_TRY(graft_alloc(&field, info->points, sizeof *field));
  GRAFT_TRY_TO(done, source->fill(source->ctx, graft_plot_truth(source), &sample, 1, field));
  GRAFT_TRY_TO(done, write_slices(p, info, geometry, geometry->sdf, false, name, "sdf"));
  GRAFT_TRY_TO(done, write_slices(p, info, geometry, field, true, name, "truth"));
  if (u) GRAFT_TRY_TO(done, write_slices(p, info, geometry, u, true, name, "prediction"));
  for (size_t i = 0; i < info->points; i++) {
    if (mask[i]) top = fmax(top, fmax((double)field[i], u ? (double)u[i] : 0));
    if (u) field[i] = fabsf(u[i] - field[i]);
    if (mask[i]) worst = fmax(worst, (double)field[i]);
  }
  if (u) GRAFT_TRY_TO(done, write_slices(p, info, geometry, field, true, name, "error"));
  graft_plot_assign_numbers(info, sample, row, variables);
  graft_plot_assign(variables, "nx = %zu\nny = %zu\nnz = %zu\nz0 = %.17g\nz1 = %.17g\n",
                    plane.fine[0], plane.fine[1], axial.fine[1], info->lo[2], info->hi[2]);
  graft_plot_assign(variables, "top_u%zu = %.9g\ntop_error%zu = %.9g\n", row, top > 0 ? top : 1,
                    row, worst > 0 ? worst : 1);
done:
  graft_free(field);
  return status;
}
