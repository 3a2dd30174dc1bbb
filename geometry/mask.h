/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_GEOMETRY_MASK_H
#define GRAFT_GEOMETRY_MASK_H

/** @file mask.h
 *  Regions on node-centred grids. Arrays over a grid are `[nx x ny]`: x is the slow axis, as in the
 *  dataset files. Coordinate i of N is min + i (max − min) / (N − 1): the box's boundary is on the
 * grid. */

#include "geometry/region.h"

/** A node-centred grid; plain data. */
typedef struct graft_grid {
  size_t n[2];   /**< points along x and y, each ≥ 2 */
  graft_box box; /**< its extent */
} graft_grid;

/** The n × n grid on the unit square. */
graft_grid graft_grid_square(size_t n);

/** Check the sizes (2 … 65536 each) and the box. */
GRAFT_MUST_USE graft_status graft_grid_validate(const graft_grid *grid);

/** Number of points, nx ny. */
size_t graft_grid_count(const graft_grid *grid);

/** Coordinate i along @p axis (0: x, 1: y). */
double graft_grid_coordinate(const graft_grid *grid, int axis, size_t i);

/** All points: @p xy [nx ny x 2]. */
void graft_grid_points(const graft_grid *grid, double *xy);

/** Signed distance at every point: @p distance [nx x ny], negative inside.
 *  Cost: about 0.1 µs per point for a region of 20 edges. */
void graft_grid_distance(const graft_grid *grid, const graft_region *region, double *distance);

/** Mask of the closed region: @p mask [nx x ny] = 1 where the signed distance is at most
 *  GRAFT_REGION_TOLERANCE, else 0.
 *  @return number of ones */
size_t graft_grid_mask(const graft_grid *grid, const graft_region *region, unsigned char *mask);

/** The same from distances that are there already: @p distance [count], @p mask [count]. */
size_t graft_mask_from_distance(size_t count, const double *distance, unsigned char *mask);

#endif
