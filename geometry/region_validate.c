/* SPDX-License-Identifier: BSD-2-Clause */
/* Is a region one?
 *
 * Method:    two edges keep clear of each other when f(s) = distance(A(s), B) > GAP for all s. f
 *            has Lipschitz constant 1 in the arc length s, so a piece of A is clear if f at its
 *            middle exceeds half its length + GAP, and is halved otherwise. Edges that share an end
 *            point may come as near to each other there as an angle of SLOPE allows. Edges whose
 *            boxes are apart are not looked at. Edges that run within a few GAP of each other for
 *            so long that STEPS pieces do not settle it count as touching.
 * Cost:      O(edges²) comparisons of boxes, some ten distances for those that are near; more only
 *            where edges nearly touch. */
#include <math.h>
#include <stdio.h>

#include "base/arena.h"
#include "geometry/region_impl.h"

#define GAP GRAFT_REGION_GAP
#define SLOPE 1e-3 /* smallest angle between neighbours, in radians */
#define SHORT 1e-9 /* lengths that are not told from zero */

enum { STEPS = 20000000 /* pieces looked at in a region, about a second */ };

/* Edge A against edge B; where A's ends are also ends of B. */
struct pair {
  const graft_edge *a, *b;
  bool shared_from, shared_to;
  double touch[2]; /* where they meet */
  long steps;      /* pieces that may still be looked at */
};

/* The largest distance to B at which a point of A in the arc lengths [from, to] counts as touching.
 */
static double most(const struct pair *pair, double from, double to) {
  double gap = GAP;
  if (pair->shared_from) gap = fmin(gap, SLOPE * to);
  if (pair->shared_to) gap = fmin(gap, SLOPE * (pair->a->length - from));
  return gap;
}

static bool meets(struct pair *pair, double from, double to) {
  double middle = 0.5 * (from + to), half = 0.5 * (to - from), point[2];
  graft_edge_point(pair->a, middle / pair->a->length, point);
  double distance = graft_edge_project(pair->b, point, NULL);
  if (distance <= most(pair, middle, middle) || pair->steps-- <= 0) {
    pair->touch[0] = point[0];
    pair->touch[1] = point[1];
    return true;
  }
  if (half <= SHORT || distance > half + most(pair, from, to)) return false;
  return meets(pair, from, middle) || meets(pair, middle, to);
}

/* Where edge i of the loop is in the file: vertices are counted from 1. */
static size_t vertex_of(const graft_region *region, const graft_edge *edge) {
  return (size_t)(edge - region->edge) - region->loop[edge->loop].first_edge + 1;
}

static graft_region_fault fault_of(const graft_region *region, const graft_edge *edge) {
  return (graft_region_fault){.loop = edge->loop, .vertex = vertex_of(region, edge)};
}

static graft_status check_pair(const graft_region *region, const graft_edge *a, const graft_edge *b,
                               long *steps) {
  const graft_loop *loop = &region->loop[a->loop];
  char name_a[GRAFT_LOOP_NAME], name_b[GRAFT_LOOP_NAME];
  struct pair pair = {.a = a, .b = b, .steps = *steps};
  if (a->loop == b->loop) {
    if (!loop->vertices) return GRAFT_OK; /* the two halves of a circle */
    size_t n = loop->edges, i = vertex_of(region, a) - 1, j = vertex_of(region, b) - 1;
    bool at_end = (i + 1) % n == j, at_start = (j + 1) % n == i; /* in the user's direction */
    pair.shared_from = loop->reversed ? at_end : at_start;
    pair.shared_to = loop->reversed ? at_start : at_end;
  }
  GRAFT_CHECK(
      !meets(&pair, 0, a->length), INPUT,
      "the edge to vertex %zu of the %s and the edge to vertex %zu of the %s cross or touch "
      "near (%.3f, %.3f), expected a gap of at least %g",
      vertex_of(region, a), graft_loop_name(a->loop, name_a), vertex_of(region, b),
      graft_loop_name(b->loop, name_b), pair.touch[0], pair.touch[1], GAP);
  *steps = pair.steps;
  return GRAFT_OK;
}

static bool apart(const graft_box *a, const graft_box *b) {
  return a->min[0] > b->max[0] + GAP || b->min[0] > a->max[0] + GAP ||
         a->min[1] > b->max[1] + GAP || b->min[1] > a->max[1] + GAP;
}

/* No two edges touch. */
static graft_status check_edges(const graft_region *region, const graft_box *extent,
                                graft_region_fault *fault) {
  long steps = STEPS;
  for (size_t i = 0; i < region->edges; i++) {
    *fault = fault_of(region, &region->edge[i]);
    for (size_t j = 0; j < i; j++) {
      if (apart(&extent[i], &extent[j])) continue;
      GRAFT_TRY(check_pair(region, &region->edge[i], &region->edge[j], &steps));
    }
  }
  return GRAFT_OK;
}

static graft_status check_box(const graft_region *region, const graft_box *extent,
                              const graft_box *box, graft_region_fault *fault) {
  char name[GRAFT_LOOP_NAME];
  for (size_t i = 0; i < region->edges; i++) {
    *fault = fault_of(region, &region->edge[i]);
    for (int k = 0; k < 2; k++) {
      bool inside = extent[i].min[k] >= box->min[k] - GRAFT_REGION_TOLERANCE &&
                    extent[i].max[k] <= box->max[k] + GRAFT_REGION_TOLERANCE;
      GRAFT_CHECK(inside, INPUT,
                  "the edge to vertex %zu of the %s leaves the allowed square: expected %c in "
                  "[%g, %g], got %.6g to %.6g",
                  fault->vertex, graft_loop_name(fault->loop, name), "xy"[k], box -> min[k],
                  box -> max[k], extent[i].min[k], extent[i].max[k]);
    }
  }
  return GRAFT_OK;
}

static graft_status check_hole(const graft_region *region, size_t hole) {
  char other[GRAFT_LOOP_NAME];
  const graft_loop *loop = &region->loop[hole];
  const double *point = region->edge[loop->first_edge].from;
  GRAFT_CHECK(graft_loop_winding(region, &region->loop[0], point[0], point[1]) != 0, INPUT,
              "hole %zu lies outside the outer loop at (%.6g, %.6g), expected it inside", hole,
              point[0], point[1]);
  for (size_t i = 1; i < region->loops; i++) {
    if (i == hole) continue;
    GRAFT_CHECK(graft_loop_winding(region, &region->loop[i], point[0], point[1]) == 0, INPUT,
                "hole %zu lies inside %s at (%.6g, %.6g), expected separate holes", hole,
                graft_loop_name(i, other), point[0], point[1]);
  }
  return GRAFT_OK;
}

graft_status graft_region_check(const graft_region *region, const graft_box *box,
                                graft_region_fault *fault) {
  graft_status status = GRAFT_OK;
  graft_box *extent;
  *fault = (graft_region_fault){0};
  GRAFT_CHECK(region->loops, INPUT, "region: expected an outer loop, got none");
  GRAFT_TRY(graft_alloc(&extent, region->edges, sizeof *extent));
  for (size_t i = 0; i < region->edges; i++) extent[i] = graft_edge_box(&region->edge[i]);
  GRAFT_TRY_TO(done, check_edges(region, extent, fault));
  *fault = (graft_region_fault){0};
  double area = graft_loop_area(region, &region->loop[0]);
  GRAFT_CHECK_TO(done, area > 0, INPUT,
                 "outer loop: expected counter-clockwise vertices, got clockwise ones (area %.6g)",
                 area);
  if (box) GRAFT_TRY_TO(done, check_box(region, extent, box, fault));
  for (size_t i = 1; i < region->loops; i++) {
    *fault = (graft_region_fault){.loop = i};
    GRAFT_TRY_TO(done, check_hole(region, i));
  }
done:
  graft_free(extent);
  return status;
}

graft_status graft_region_validate(const graft_region *region, const graft_box *box) {
  graft_region_fault ignored;
  return graft_region_check(region, box, &ignored);
}
