/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_SOLVERS_SAMPLER_H
#define GRAFT_SOLVERS_SAMPLER_H

/** @file sampler.h
 *  Values of a finite-element function on a grid: points are located once per mesh, then every
 *  function is a product with a sparse matrix. */

#include "geometry/mask.h"
#include "geometry/mesh.h"

/** Interpolation from mesh nodes to grid points, a CSR matrix; caller's struct. */
typedef struct graft_sampler {
  size_t points;  /**< P, rows */
  size_t *start;  /**< [P + 1] first entry of each row, owned; rows outside the region are empty */
  int *node;      /**< [start[P]] columns, owned */
  double *weight; /**< [start[P]] shape function values, owned */
  double reach;   /**< largest distance of a point of the region from the mesh (chord error) */
} graft_sampler;

/** Locate the grid points of the closed region in the mesh.
 *  @param distance [P] signed distances of the grid points; points with |distance| up to
 *         GRAFT_REGION_TOLERANCE take their value from boundary nodes alone
 *  @param sampler uninitialised; on success release with graft_sampler_fini()
 *  @return GRAFT_INTERNAL if a point of the region is far from the mesh */
GRAFT_MUST_USE graft_status graft_sampler_init(graft_sampler *sampler, const graft_mesh *mesh,
                                               const graft_grid *grid, const double *distance);

/** Release the arrays. */
void graft_sampler_fini(graft_sampler *sampler);

/** @p out [P] = function with the nodal values @p u [nodes]; 0 outside the region. About 10 ns per
 *  point. */
void graft_sampler_apply(const graft_sampler *sampler, const double *u, float *out);

#endif
