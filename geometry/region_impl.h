/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_GEOMETRY_REGION_IMPL_H
#define GRAFT_GEOMETRY_REGION_IMPL_H

/** @file region_impl.h
 *  What the files of `geometry/` share about edges; private to the folder. */

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

enum { GRAFT_LOOP_NAME = 32 };

/** "outer loop" or "hole 2" (holes counted from 1) in @p text [GRAFT_LOOP_NAME]; returns @p text.
 */
const char *graft_loop_name(size_t loop, char *text);

#endif
