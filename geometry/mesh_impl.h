/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_GEOMETRY_MESH_IMPL_H
#define GRAFT_GEOMETRY_MESH_IMPL_H

/** @file mesh_impl.h
 *  Steps of meshing on both sides of the mesher; private to the folder. */

#include "geometry/mesh.h"

/** Where elements get smaller: size h (r/R)^power at distance r < R, at least `least`. */
typedef struct graft_corner {
  double at[2];  /**< vertex */
  double radius; /**< R */
  double power;  /**< 1 − μ */
  double least;  /**< size at the corner itself */
} graft_corner;

/** The wanted element size as a function of place: target size, corners, caller's grading. */
typedef struct graft_sizing {
  const graft_mesh_config *config; /**< borrowed */
  size_t corners;                  /**< number of re-entrant corners */
  graft_corner *corner;            /**< [corners] */
} graft_sizing;

/** Find the corners.
 *  @param relax times the smallest size that is allowed at corners; 1, more where that fails
 *  @param sizing uninitialised; on success release with graft_sizing_fini() */
GRAFT_MUST_USE graft_status graft_sizing_create(const graft_region *region,
                                                const graft_mesh_config *config, double relax,
                                                graft_sizing *sizing);

/** Release the corners. */
void graft_sizing_fini(graft_sizing *sizing);

/** Wanted size at a point; @p ctx is a ::graft_sizing. A ::graft_mesh_size. */
double graft_sizing_at(void *ctx, double x, double y);

/** The boundary as a chain of mesh nodes, before the interior is meshed. */
typedef struct graft_outline {
  size_t nodes; /**< boundary vertices of the mesh */
  double *xy;   /**< [nodes x 2] */
  int *next;    /**< [nodes] the node that follows, region on the left */
  int *tag;     /**< [nodes] region edge that leads to the next node */
  double *at;   /**< [nodes x 2] where on that edge (fractions of its length) node and next are */
} graft_outline;

/** Divide the region's edges into mesh edges of the wanted size; arcs turn by at most 30° per
 * piece.
 *  @param outline uninitialised; on success release with graft_outline_fini() */
GRAFT_MUST_USE graft_status graft_outline_create(const graft_region *region, graft_sizing *sizing,
                                                 graft_outline *outline);

/** Release the arrays. */
void graft_outline_fini(graft_outline *outline);

/** Turn straight triangles into a mesh: orient them, find the boundary edges, add mid-edge nodes.
 *  @param mesh with order, nodes, xy, elements and element [elements x 3] filled (order 1
 * numbering, outline nodes first); on failure the caller releases it */
GRAFT_MUST_USE graft_status graft_mesh_complete(const graft_region *region,
                                                const graft_outline *outline, graft_mesh *mesh);

/** Position and Jacobian of the element's map: @p point [2], @p jacobian [2 x 2] dx/dr, dx/ds;
 * dy/dr, dy/ds. */
void graft_mesh_jacobian(const graft_mesh *mesh, size_t element, const double *reference,
                         double *point, double *jacobian);

#endif
