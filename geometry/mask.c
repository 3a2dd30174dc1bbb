/* SPDX-License-Identifier: BSD-2-Clause */
/* Grids.
 *
 * Method:    distances block by block: an edge can be nearest to a point of the block only if it is
 *            as near to the block's centre as the nearest edge, up to the block's diameter (a
 *            distance has Lipschitz constant 1); the sign is that of the centre unless the boundary
 *            may cut the block. The numbers are those of graft_region_distance(), bitwise.
 * Cost:      2 edges per block and a few per point; the sign takes all edges near the boundary. */
#include "geometry/mask.h"

#include <math.h>
#include <string.h>

enum { MAX_POINTS = 65536, BLOCK = 8, NEAR = 64 };

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

/* A block of grid points: [from, to) along both axes. */
struct block {
  size_t from[2], to[2];
};

static struct block block_at(const graft_grid *grid, size_t i, size_t j) {
  struct block b = {.from = {i, j}, .to = {i + BLOCK, j + BLOCK}};
  for (int k = 0; k < 2; k++) {
    if (b.to[k] > grid->n[k]) b.to[k] = grid->n[k];
  }
  return b;
}

/* Edges that may be nearest to some point of the disc around `centre`: no further from the centre
 * than the nearest one and the disc's diameter. Returns how many, NEAR + 1 if too many. */
static size_t find_near(const graft_region *region, const double *centre, double radius,
                        size_t *near, double *least) {
  size_t count = 0;
  *least = INFINITY;
  for (size_t e = 0; e < region->edges; e++) {
    *least = fmin(*least, graft_edge_project(&region->edge[e], centre, NULL));
  }
  for (size_t e = 0; e < region->edges; e++) {
    if (graft_edge_project(&region->edge[e], centre, NULL) > *least + 2 * radius) continue;
    if (count == NEAR) return NEAR + 1;
    near[count++] = e;
  }
  return count;
}

/* Distances of a block's points: @p distance [BLOCK x BLOCK]; with `sign_only` any numbers of their
 * signs where the boundary is not near. */
static void block_distance(const graft_grid *grid, const graft_region *region,
                           const struct block *b, bool sign_only, double *distance) {
  size_t near[NEAR];
  double low[2], high[2], centre[2], least;
  for (int k = 0; k < 2; k++) {
    low[k] = graft_grid_coordinate(grid, k, b->from[k]);
    high[k] = graft_grid_coordinate(grid, k, b->to[k] - 1);
    centre[k] = 0.5 * (low[k] + high[k]);
  }
  double radius = 0.5 * (1 + 1e-9) * hypot(high[0] - low[0], high[1] - low[1]) + 1e-14;
  size_t count = find_near(region, centre, radius, near, &least);
  bool inside = graft_region_contains(region, centre[0], centre[1]);
  if (sign_only && least > radius + GRAFT_REGION_TOLERANCE) {
    for (size_t p = 0; p < BLOCK * BLOCK; p++) distance[p] = inside ? -least : least;
    return;
  }
  for (size_t i = b->from[0]; i < b->to[0]; i++) {
    for (size_t j = b->from[1]; j < b->to[1]; j++) {
      double xy[2] = {graft_grid_coordinate(grid, 0, i), graft_grid_coordinate(grid, 1, j)};
      double *out = distance + (i - b->from[0]) * BLOCK + (j - b->from[1]);
      if (count > NEAR) {
        graft_region_distance(region, 1, xy, out);
        continue;
      }
      *out = INFINITY;
      for (size_t e = 0; e < count; e++) {
        *out = fmin(*out, graft_edge_project(&region->edge[near[e]], xy, NULL));
      }
      if (least <= radius) inside = graft_region_contains(region, xy[0], xy[1]);
      if (inside) *out = -*out;
    }
  }
}

void graft_grid_distance(const graft_grid *grid, const graft_region *region, double *distance) {
  double part[BLOCK * BLOCK];
  for (size_t i = 0; i < grid->n[0]; i += BLOCK) {
    for (size_t j = 0; j < grid->n[1]; j += BLOCK) {
      struct block b = block_at(grid, i, j);
      block_distance(grid, region, &b, false, part);
      for (size_t k = b.from[0]; k < b.to[0]; k++) {
        memcpy(distance + k * grid->n[1] + j, part + (k - i) * BLOCK,
               (b.to[1] - j) * sizeof *distance);
      }
    }
  }
}

size_t graft_grid_mask(const graft_grid *grid, const graft_region *region, unsigned char *mask) {
  size_t ones = 0;
  double part[BLOCK * BLOCK];
  for (size_t i = 0; i < grid->n[0]; i += BLOCK) {
    for (size_t j = 0; j < grid->n[1]; j += BLOCK) {
      struct block b = block_at(grid, i, j);
      block_distance(grid, region, &b, true, part);
      for (size_t k = b.from[0]; k < b.to[0]; k++) {
        ones += graft_mask_from_distance(b.to[1] - j, part + (k - i) * BLOCK,
                                         mask + k * grid->n[1] + j);
      }
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
