/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_GEOMETRY_MESH_H
#define GRAFT_GEOMETRY_MESH_H

/** @file mesh.h
 *  Triangle meshes of regions, straight (order 1) or isoparametric (order 2).
 *
 *  Reference triangle: (0,0), (1,0), (0,1) with coordinates (r, s). Nodes of an element: vertices
 * 0–2 counter-clockwise, then for order 2 the mid-edge nodes of edges 01, 12, 20. Shape functions
 * with λ0 = 1 − r − s, λ1 = r, λ2 = s: λi for order 1; λi(2λi − 1), 4λ0λ1, 4λ1λ2, 4λ2λ0 for
 * order 2.
 *
 *  graft_mesh_create() is in the library `graft_mesh`, the only one that links gmsh; all else of
 * this header is in `graft_geometry`. */

#include "geometry/region.h"

/** A mesh; caller's struct, arrays owned by it. */
typedef struct graft_mesh {
  int order;               /**< 1 or 2 */
  size_t nodes;            /**< every node belongs to an element */
  double *xy;              /**< [nodes x 2] */
  unsigned char *boundary; /**< [nodes] 1 on the boundary of the region, 0 inside */
  size_t elements;         /**< triangles, all positively oriented */
  int *element;            /**< [elements x 3 or 6] nodes, see graft_mesh_element_nodes() */
  size_t edges;            /**< element edges on the boundary */
  int *edge;         /**< [edges x 2 or 3] end nodes, region on the left; then the mid-edge node */
  int *edge_tag;     /**< [edges] row in graft_region.edge */
  int *edge_element; /**< [edges] the element it belongs to */
} graft_mesh;

/** Target element size at a point; @p ctx is the caller's. */
typedef double graft_mesh_size(void *ctx, double x, double y);

/** How to mesh. */
typedef struct graft_mesh_config {
  double size; /**< target edge length, in (0, diameter of the region] */
  int order;   /**< 1 or 2 */
  bool graded; /**< smaller elements at re-entrant corners, as the solution with u = 0 on the
                    boundary wants them (corner.c); regions without such corners do not change */
  graft_mesh_size *grading; /**< local edge length where less than the above, or NULL */
  void *grading_ctx;        /**< borrowed during the call */
} graft_mesh_config;

/** size 0.03, order 2, graded. */
graft_mesh_config graft_mesh_config_default(void);

/** Check the ranges of @p config against the region.
 *  @return GRAFT_USAGE naming the field, expected and got */
GRAFT_MUST_USE graft_status graft_mesh_config_validate(const graft_mesh_config *config,
                                                       const graft_region *region);

/** Mesh a region with gmsh, in process: nothing is printed and no file read or written. The same
 *  region and config give the same bits, whatever was meshed before. Boundary nodes lie on the
 *  boundary of the region to 1e-15, mid-edge nodes of arcs included; inner edges are straight.
 *  Elements get smaller than asked for at arcs (16 edges around a circle) and where the region is
 *  narrower than the size; narrower than 1/64 of the size is refused.
 *  Not thread-safe (libgmsh has global state): one thread of a process at a time.
 *  @param region validated
 *  @param mesh uninitialised; on success release with graft_mesh_fini()
 *  @return GRAFT_USAGE for a bad config, GRAFT_INPUT when the region can't be meshed at that size
 *  Cost: about 20 µs per element. */
GRAFT_MUST_USE graft_status graft_mesh_create(const graft_region *region,
                                              const graft_mesh_config *config, graft_mesh *mesh);

/** Release gmsh's global memory; call once at the end of a program that meshed (allowed if it did
 *  not). Meshing afterwards starts gmsh again. */
void graft_mesh_shutdown(void);

/** Release the arrays. */
void graft_mesh_fini(graft_mesh *mesh);

/** Nodes per element: 3 or 6. */
size_t graft_mesh_element_nodes(const graft_mesh *mesh);

/** Area of the mesh by exact integration of the (isoparametric) elements. */
double graft_mesh_area(const graft_mesh *mesh);

/** Shape functions at a reference point.
 *  @param order 1 or 2
 *  @param reference [2] (r, s)
 *  @param value [3 or 6] receives the values; may be NULL
 *  @param gradient [3 or 6 x 2] receives d/dr, d/ds; may be NULL */
void graft_triangle_basis(int order, const double *reference, double *value, double *gradient);

/** Find points in the mesh: bucket grid over the elements, Newton's method on the isoparametric
 * map.
 *
 *  A point outside every element (by rounding, by the chord error of arcs, or really outside) goes
 * to the element nearest in physical space, with the reference point nearest to it on that element;
 * @p distance tells how far off that is.
 *  @param points number of points
 *  @param xy [points x 2]
 *  @param element [points] receives the element
 *  @param reference [points x 2] receives (r, s) in the closed reference triangle
 *  @param distance [points] receives 0 for points in an element (tolerance 1e-12 of reference
 *         coordinates), else the distance to the point that was taken instead; may be NULL
 *  @return GRAFT_INTERNAL if the mesh has no elements, GRAFT_MEMORY
 *  Cost: about 1 µs per point; allocates the bucket grid for the call. */
GRAFT_MUST_USE graft_status graft_mesh_locate(const graft_mesh *mesh, size_t points,
                                              const double *xy, int *element, double *reference,
                                              double *distance);

#endif
