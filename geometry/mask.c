/* SPDX-License-Identifier: BSD-2-Clause */
#include "geometry/mask.h"

#include <math.h>

enum { MAX_POINTS = 65536 };

graft_grid graft_grid_square(size_t n) {
  return (graft_grid){.n = {n, n}, .box = graft_unit_square};
}

graft_status graft_grid_validate(const graft_grid *grid) {
  for (int k = 0; k < 2; k++) {
    GRAFT_CHECK(grid->n[k] >= 2 && grid->n[k] <= MAX_POINTS, USAGE,
                "grid: expected 2 to %d points along %c, got %zu", MAX_POINTS, "xy"[k],
                grid -> n[k]);
    GRAFT_CHECK(isfinite(grid->box.min[k]) && isfinite(grid->box.max[k]) &&
                    grid->box.min[k] < grid->box.max[k],
                USAGE, "grid: expected min < max along %c, got %g and %g", "xy"[k],
                grid -> box.min[k], grid->box.max[k]);
  }
  return GRAFT_OK;
}

size_t graft_grid_count(const graft_grid *grid) { return grid->n[0] * grid->n[1]; }

double graft_grid_coordinate(const graft_grid *grid, int axis, size_t i) {
  double min = grid->box.min[axis], max = grid->box.max[axis];
  return i + 1 == grid->n[axis] ? max : min + (double)i * (max - min) / (double)(grid->n[axis] - 1);
}

void graft_grid_points(const graft_grid *grid, double *xy) {
  for (size_t i = 0; i < grid->n[0]; i++) {
    double x = graft_grid_coordinate(grid, 0, i);
    for (size_t j = 0; j < grid->n[1]; j++) {
      *xy++ = x;
      *xy++ = graft_grid_coordinate(grid, 1, j);
    }
  }
}

void graft_grid_distance(const graft_grid *grid, const graft_region *region, double *distance) {
  for (size_t i = 0; i < grid->n[0]; i++) {
    double xy[2] = {graft_grid_coordinate(grid, 0, i), 0};
    for (size_t j = 0; j < grid->n[1]; j++) {
      xy[1] = graft_grid_coordinate(grid, 1, j);
      graft_region_distance(region, 1, xy, distance++);
    }
  }
}

size_t graft_grid_mask(const graft_grid *grid, const graft_region *region, unsigned char *mask) {
  size_t ones = 0;
  for (size_t i = 0; i < grid->n[0]; i++) {
    double xy[2] = {graft_grid_coordinate(grid, 0, i), 0}, distance;
    for (size_t j = 0; j < grid->n[1]; j++) {
      xy[1] = graft_grid_coordinate(grid, 1, j);
      graft_region_distance(region, 1, xy, &distance);
      ones += graft_mask_from_distance(1, &distance, mask++);
    }
  }
  return ones;
}

size_t graft_mask_from_distance(size_t count, const double *distance, unsigned char *mask) {
  size_t ones = 0;
  for (size_t i = 0; i < count; i++) {
    mask[i] = distance[i] <= GRAFT_REGION_TOLERANCE;
    ones += mask[i];
  }
  return ones;
}
