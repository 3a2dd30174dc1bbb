/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_GEOMETRY_PLATE_H
#define GRAFT_GEOMETRY_PLATE_H

/** @file plate.h
 *  The perforated plate of the heat problem: a disc of radius 2, z in [0, 1], on a boss of radius
 *  0.6, z in [−0.25, 0]; n through-holes of one radius, evenly spaced on a circle, the first at
 *  180°. It is symmetric about each hole's axis and about the line between two holes: a sector of
 *  angle π/n is enough. */

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "geometry/solid.h"

#define GRAFT_PLATE_RADIUS 2.0     /**< of the disc */
#define GRAFT_PLATE_BOSS 0.6       /**< radius of the boss */
#define GRAFT_PLATE_BOTTOM (-0.25) /**< z of the boss's bottom */
#define GRAFT_PLATE_TOP 1.0        /**< z of the disc's top; its bottom is z = 0 */
#define GRAFT_PLATE_GAP 0.02       /**< least width of what is left between holes, boss and rim */
enum { GRAFT_PLATE_HOLES = 24 /**< most holes */ };

/** A design. */
typedef struct graft_plate {
  int holes;       /**< n, 1 … GRAFT_PLATE_HOLES */
  double position; /**< h, distance of the holes' axes from the centre */
  double radius;   /**< r_h, of the holes */
} graft_plate;

/** Check that holes keep GRAFT_PLATE_GAP from each other, the boss and the rim.
 *  @return GRAFT_USAGE with one line that names n, h and r_h */
GRAFT_MUST_USE graft_status graft_plate_validate(const graft_plate *plate);

/** Signed distance to the surface, negative inside, exact.
 *  @param xyz [points x 3]
 *  @param distance [points] receives the result
 *  Cost: 2 square roots per hole and point. */
void graft_plate_distance(const graft_plate *plate, size_t points, const double *xyz,
                          double *distance);

/** Volume, exact. */
double graft_plate_volume(const graft_plate *plate);

/** Move a point into the sector that graft_plate_mesh() meshes: 0 ≤ angle ≤ π/n from the axis of
 *  hole 0, which lies on the positive x-axis there.
 *  @param xy [2] in the plate
 *  @param folded [2] in the sector; may be @p xy */
void graft_plate_fold(const graft_plate *plate, const double *xy, double *folded);

/** Points of the surface as it is seen from above: top, walls of the holes, rim; the bottom is left
 * out. It consists of patches, each the image of the unit square: two of the top around each hole
 * (from its edge to the border of its sector), one per wall, one for the rim. In a patch of the top
 * s turns around the hole, s = 1/2 where rim and border meet, and t leads away from it; on walls s
 * turns and t leads upwards.
 *  @param patch 0 … graft_plate_patches() − 1
 *  @param s, t 0 … 1
 *  @param xyz [3] receives the point */
void graft_plate_patch(const graft_plate *plate, int patch, double s, double t, double *xyz);

/** Number of patches: 3 holes + 1. */
int graft_plate_patches(const graft_plate *plate);

/** Where a face of the sector's mesh lies. */
typedef enum graft_plate_face {
  GRAFT_PLATE_INSULATED, /**< top, bottom of the disc, wall of the boss, planes of symmetry */
  GRAFT_PLATE_HOLE,      /**< wall of a hole */
  GRAFT_PLATE_RIM,       /**< outer wall of the disc */
  GRAFT_PLATE_COOLED,    /**< bottom of the boss */
} graft_plate_face;

/** Mesh of the sector. */
typedef struct graft_plate_mesh {
  graft_mesh base;   /**< triangles of the cross-section, conforming to the boss's circle */
  graft_solid solid; /**< extruded tetrahedra; tags of faces are ::graft_plate_face */
} graft_plate_mesh;

/** Mesh the sector: triangles of edge length @p size and less (near holes, near the boss's circle),
 *  extruded in layers of the same size, thinner towards z = 0, where the edge between disc and boss
 *  makes the gradient singular. In the library `graft_mesh`, see graft_mesh_create().
 *  @param plate validated
 *  @param size 0.02 … 0.5
 *  @param order 1 or 2 (curved at holes, rim and boss)
 *  @param mesh uninitialised; on success release with graft_plate_mesh_fini()
 *  @return GRAFT_USAGE for a size or order out of range; otherwise as graft_mesh_create() */
GRAFT_MUST_USE graft_status graft_plate_mesh_create(const graft_plate *plate, double size,
                                                    int order, graft_plate_mesh *mesh);

/** Nodes of the mesh of the whole plate that the sector's images make up: those on planes of
 *  symmetry are shared. */
size_t graft_plate_mesh_whole(const graft_plate *plate, const graft_plate_mesh *mesh);

/** Release the arrays. */
void graft_plate_mesh_fini(graft_plate_mesh *mesh);

#endif
