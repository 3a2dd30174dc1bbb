/* SPDX-License-Identifier: BSD-2-Clause */
/* Slices through fields on grids of three axes. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "apps/plot.h"
#include "base/arena.h"
#include "io/atomic.h"
#include "io/dataset.h"

/* Index along an axis nearest to a coordinate. */
static size_t nearest(const graft_source_info *info, int axis, double at) {
  double last = (double)(info->grid[axis] - 1);
  double i = nearbyint((at - info->lo[axis]) / (info->hi[axis] - info->lo[axis]) * last - 1e-6);
  return (size_t)fmin(fmax(i, 0), last);
}

/* A slice as DIRECTORY/data/NAME-SLICE-WHAT.bin, x fastest, NaN outside the body: at the middle of
 * the disc's height (plane), or through the axis and the hole at 180° (axial). */
static graft_status write_slice(const graft_pictures *p, const graft_source_info *info,
                                const unsigned char *mask, const float *field, bool plane,
                                const char *name, const char *what) {
  char path[GRAFT_PLOT_PATH];
  graft_atomic file;
  size_t at = plane ? nearest(info, 2, 0.5) : nearest(info, 1, 0), other = plane ? 1 : 2;
  snprintf(path, sizeof path, "%s/data/%s-%s-%s.bin", p->directory, name, plane ? "plane" : "axial",
           what);
  GRAFT_TRY(graft_atomic_begin(&file, path));
  for (size_t j = 0; j < info->grid[other]; j++) {
    for (size_t i = 0; i < info->grid[0]; i++) {
      size_t y = plane ? j : at, z = plane ? at : j;
      size_t point = (i * info->grid[1] + y) * info->grid[2] + z;
      float value = mask[point] ? field[point] : NAN;
      graft_status status = graft_atomic_write(&file, &value, sizeof value);
      if (status == GRAFT_OK) continue;
      graft_atomic_abandon(&file);
      return status;
    }
  }
  return graft_atomic_commit(&file);
}

static graft_status write_slices(const graft_pictures *p, const graft_source_info *info,
                                 const unsigned char *mask, const float *field, const char *name,
                                 const char *what) {
  GRAFT_TRY(write_slice(p, info, mask, field, true, name, what));
  return write_slice(p, info, mask, field, false, name, what);
}

graft_status graft_plot_slices(const graft_pictures *p, const graft_source *source, size_t sample,
                               const float *u, const char *name, size_t row, char *variables) {
  const graft_source_info *info = &source->info;
  const unsigned char *mask = info->geometry[info->sample_geometry[sample]].mask;
  double top = 0, worst = 0;
  float *field;
  graft_status status;
  GRAFT_TRY(graft_alloc(&field, info->points, sizeof *field));
  GRAFT_TRY_TO(done, source->fill(source->ctx, "u", &sample, 1, field));
  GRAFT_TRY_TO(done, write_slices(p, info, mask, field, name, "truth"));
  GRAFT_TRY_TO(done, write_slices(p, info, mask, u, name, "prediction"));
  for (size_t i = 0; i < info->points; i++) {
    if (mask[i]) top = fmax(top, fmax((double)field[i], (double)u[i]));
    field[i] = fabsf(u[i] - field[i]);
    if (mask[i]) worst = fmax(worst, (double)field[i]);
  }
  GRAFT_TRY_TO(done, write_slices(p, info, mask, field, name, "error"));
  graft_plot_assign(variables, "nx = %zu\nny = %zu\nnz = %zu\nz0 = %.17g\nz1 = %.17g\n",
                    info->grid[0], info->grid[1], info->grid[2], info->lo[2], info->hi[2]);
  graft_plot_assign(variables, "top_u%zu = %.9g\ntop_error%zu = %.9g\n", row, top > 0 ? top : 1,
                    row, worst > 0 ? worst : 1);
done:
  graft_free(field);
  return status;
}
