/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_GEOMETRY_REGION_H
#define GRAFT_GEOMETRY_REGION_H

/** @file region.h
 *  Plane regions: an outer loop and holes. A loop is a circle or a closed chain of vertices joined
 * by straight segments and circular arcs. Distances, areas and inside tests are exact for all of
 * them.
 *
 *  Start here: fill a region with graft_region_init(), graft_region_add_loop() (outer loop first)
 * and graft_region_add_circle(), then graft_region_validate() it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/** A corner of a loop together with the edge that ends there (it starts at the vertex before; the
 *  edge of the first vertex starts at the last one). */
typedef struct graft_vertex {
  double x;     /**< position */
  double y;     /**< position */
  double bulge; /**< of the edge: tan(angle / 4), > 0 an arc turning left, < 0 right, 0 straight */
} graft_vertex;

/** One closed curve, as given by the user. */
typedef struct graft_loop {
  size_t vertices;      /**< number of vertices; 0 for a circle */
  graft_vertex *vertex; /**< [vertices], owned by the region; NULL for a circle */
  double centre[2];     /**< of a circle */
  double radius;        /**< of a circle, > 0; 0 for a chain of vertices */
  size_t first_edge;    /**< row in graft_region.edge; row first_edge + i is the edge at vertex i */
  size_t edges;         /**< number of its edges; a circle has two, each a half circle */
  bool reversed;        /**< edges run against the vertices' order (a counter-clockwise hole) */
} graft_loop;

/** A directed edge; the region lies on its left, whatever direction the user's hole had. */
typedef struct graft_edge {
  double from[2];   /**< start point */
  double to[2];     /**< end point */
  double bulge;     /**< tan(angle / 4), > 0 turns left, 0: straight segment */
  double length;    /**< arc length */
  double centre[2]; /**< of the arc's circle; unused for a segment */
  double radius;    /**< of the arc's circle; 0 for a segment */
  size_t loop;      /**< row of its loop; 0 is the outer loop */
} graft_edge;

/** The region; caller's struct. */
typedef struct graft_region {
  size_t loops;     /**< 1 + number of holes; 0 while empty */
  graft_loop *loop; /**< [loops], owned; loop 0 is the outer one */
  size_t edges;     /**< over all loops */
  graft_edge *edge; /**< [edges], owned; loop after loop */
} graft_region;

/** A rectangle with sides along the axes. */
typedef struct graft_box {
  double min[2]; /**< lower left corner */
  double max[2]; /**< upper right corner */
} graft_box;

/** [0, 1]², where regions of the benchmark problems live. */
extern const graft_box graft_unit_square;

/** Tolerance of the closed region, in units of length: points with distance ≤ this belong to it. */
#define GRAFT_REGION_TOLERANCE 1e-12

/** Coordinates of vertices lie within this distance of 0 along each axis. */
#define GRAFT_REGION_EXTENT 1e4

/** Edges of a valid region that are not neighbours stay at least this far from each other;
 * neighbours meet at an angle of at least 1e-3. */
#define GRAFT_REGION_GAP 1e-6

/** The place of a mistake in a region. */
typedef struct graft_region_fault {
  size_t loop;   /**< 0: the outer loop, i: hole i */
  size_t vertex; /**< counted from 1; 0: the loop as a whole */
} graft_region_fault;

/** An empty region. */
void graft_region_init(graft_region *region);

/** Release the loops and edges. */
void graft_region_fini(graft_region *region);

/** Append a loop of vertices: the outer loop if the region is empty, else a hole. Values are
 * copied.
 *  @param vertex [vertices]; the outer loop counter-clockwise, a hole either way
 *  @return GRAFT_INPUT when a number is not finite or too large, two neighbours coincide or
 * vertices are too few (3, or 2 when one of the edges is an arc); the region is unchanged then */
GRAFT_MUST_USE graft_status graft_region_add_loop(graft_region *region, size_t vertices,
                                                  const graft_vertex *vertex);

/** What graft_region_add_loop() checks, with the place.
 *  @param loop that it is going to be: 0 outer loop, i hole i
 *  @param fault receives the place of a mistake */
GRAFT_MUST_USE graft_status graft_vertices_check(size_t loop, size_t vertices,
                                                 const graft_vertex *vertex,
                                                 graft_region_fault *fault);

/** Append a circle: the outer loop if the region is empty, else a hole.
 *  @return GRAFT_INPUT when a number is not finite or @p radius ≤ 0; the region is unchanged then
 */
GRAFT_MUST_USE graft_status graft_region_add_circle(graft_region *region, double x, double y,
                                                    double radius);

/** Check that the region is one: an outer loop, counter-clockwise and inside @p box; no loop
 * crosses or touches itself or another; every hole inside the outer loop and in no other hole.
 *  @param box where the region must lie, e.g. ::graft_unit_square; NULL: anywhere
 *  @return GRAFT_INPUT with one line that names loop and vertex
 *  Cost: O(edges²). */
GRAFT_MUST_USE graft_status graft_region_validate(const graft_region *region, const graft_box *box);

/** graft_region_validate() that tells the place as well, for readers of files that know lines.
 *  @param fault receives the loop and the vertex that the message names first; undefined when all
 *         is well */
GRAFT_MUST_USE graft_status graft_region_check(const graft_region *region, const graft_box *box,
                                               graft_region_fault *fault);

/** Signed distance to the boundary, negative inside; exact up to rounding (about 1e-16).
 *  @param points number of points
 *  @param xy [points x 2]
 *  @param distance [points] receives the result
 *  Cost: O(points × edges), no allocation. */
void graft_region_distance(const graft_region *region, size_t points, const double *xy,
                           double *distance);

/** Nearest boundary point.
 *  @param xy [2] any point
 *  @param nearest [2] receives the boundary point (at ties: the one of the lowest edge)
 *  @return row of its edge */
size_t graft_region_project(const graft_region *region, const double *xy, double *nearest);

/** Is the point inside (boundary excluded)? Within rounding of the boundary either answer may come.
 */
bool graft_region_contains(const graft_region *region, double x, double y);

/** Area: outer loop minus holes, exact for arcs. */
double graft_region_area(const graft_region *region);

/** Length of the whole boundary, holes included. */
double graft_region_perimeter(const graft_region *region);

/** Smallest box around the region. */
graft_box graft_region_box(const graft_region *region);

/** Text of the region as a region file holds it (YAML, key `region`), numbers so that they read
 * back bitwise. An outer circle is `outer: {circle: {…}}`.
 *  @param text receives the NUL-terminated text: returned, release with graft_free() */
GRAFT_MUST_USE graft_status graft_region_print(const graft_region *region, char **text);

/** 64-bit fingerprint of the text of graft_region_print(): the key of caches. Equal for regions
 * given by the same numbers in the same order. */
GRAFT_MUST_USE graft_status graft_region_hash(const graft_region *region, uint64_t *hash);

/** Point of an edge at the fraction @p t ∈ [0, 1] of its length.
 *  @param xy [2] receives the point; t = 0 and 1 give the end points bitwise */
void graft_edge_point(const graft_edge *edge, double t, double *xy);

/** Nearest point of an edge.
 *  @param xy [2] any point
 *  @param nearest [2] receives the point of the edge; may be NULL
 *  @return the distance, ≥ 0 */
double graft_edge_project(const graft_edge *edge, const double *xy, double *nearest);

#endif
