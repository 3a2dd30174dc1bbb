/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_GEOMETRY_REGION_IMPL_H
#define GRAFT_GEOMETRY_REGION_IMPL_H

/** @file region_impl.h
 *  What the files of `geometry/` share about edges; private to the folder. */

#include <stdint.h>

#include "geometry/region.h"

/** Compute length, centre and radius from end points and bulge. */
void graft_edge_setup(graft_edge *edge);

/** Signed area between chord and arc, > 0 when the bulge is. */
double graft_edge_segment_area(const graft_edge *edge);

/** Smallest box around the edge. */
graft_box graft_edge_box(const graft_edge *edge);

/** The edge's part of the winding number of a point; summed over closed loops it is that number. */
int graft_edge_winding(const graft_edge *edge, double x, double y);

/** Unit tangent in the edge's direction at its start or end: @p tangent [2]. */
void graft_edge_tangent(const graft_edge *edge, bool at_end, double *tangent);

/** Winding number of a loop's edges around a point. */
int graft_loop_winding(const graft_region *region, const graft_loop *loop, double x, double y);

/** Signed area enclosed by a loop, > 0 when its edges run counter-clockwise. */
double graft_loop_area(const graft_region *region, const graft_loop *loop);

#define GRAFT_PI 3.14159265358979323846

enum { GRAFT_FAMILY_VERTICES = 32 /**< most vertices of a random loop */ };

/** Nearest multiple of 1e-6: the numbers of random regions. */
double graft_round(double value);

/** Is there room for a mesh? True for a simple polygon, counter-clockwise, with sides of at least
 *  @p gap, as far apart where they are no neighbours, and corners between @p angle and 2π − angle.
 *  @param xy [n x 2] */
bool graft_polygon_fits(size_t n, const double *xy, double gap, double angle);

/** graft_region_add_loop() with straight sides: @p xy [n x 2], n ≤ GRAFT_FAMILY_VERTICES. */
GRAFT_MUST_USE graft_status graft_region_add_points(graft_region *region, size_t n,
                                                    const double *xy);

enum { GRAFT_LOOP_NAME = 32 };

/** "outer loop" or "hole 2" (holes counted from 1) in @p text [GRAFT_LOOP_NAME]; returns @p text.
 */
const char *graft_loop_name(size_t loop, char *text);

#endif
