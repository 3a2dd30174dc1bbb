/* SPDX-License-Identifier: BSD-2-Clause */
/* Is a region one?
 *
 * Method:    two edges keep clear of each other when f(s) = distance(A(s), B) > GAP for all s. f
 * has Lipschitz constant 1 in the arc length s, so a piece of A is clear if f at its middle exceeds
 * half its length + GAP, and is halved otherwise. Edges that share an end point may come as near to
 * each other there as an angle of SLOPE allows. Cost:      O(edges²) tests of some ten distances
 * each; more only where edges nearly touch. */
#include <math.h>
#include <stdio.h>

#include "geometry/region.h"
#include "geometry/region_impl.h"

#define GAP GRAFT_REGION_GAP
#define SLOPE 1e-3 /* smallest angle between neighbours, in radians */
#define SHORT 1e-9 /* lengths that are not told from zero */

/* Edge A against edge B; where A's ends are also ends of B. */
struct pair {
  const graft_edge *a, *b;
  bool shared_from, shared_to;
  double touch[2]; /* where they meet */
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
  if (distance <= most(pair, middle, middle)) {
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

static graft_status check_pair(const graft_region *region, const graft_edge *a,
                               const graft_edge *b) {
  const graft_loop *loop = &region->loop[a->loop];
  char name_a[GRAFT_LOOP_NAME], name_b[GRAFT_LOOP_NAME];
  struct pair pair = {.a = a, .b = b};
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
  return GRAFT_OK;
}

static graft_status check_box(const graft_region *region, const graft_box *box) {
  char name[GRAFT_LOOP_NAME];
  for (size_t i = 0; i < region->edges; i++) {
    graft_box one = graft_edge_box(&region->edge[i]);
    for (int k = 0; k < 2; k++) {
      bool inside = one.min[k] >= box->min[k] - GRAFT_REGION_TOLERANCE &&
                    one.max[k] <= box->max[k] + GRAFT_REGION_TOLERANCE;
      GRAFT_CHECK(inside, INPUT,
                  "the edge to vertex %zu of the %s leaves the allowed square: expected %c in "
                  "[%g, %g], got %.6g to %.6g",
                  vertex_of(region, &region->edge[i]), graft_loop_name(region->edge[i].loop, name),
                  "xy"[k], box -> min[k], box -> max[k], one.min[k], one.max[k]);
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

graft_status graft_region_validate(const graft_region *region, const graft_box *box) {
  GRAFT_CHECK(region->loops, INPUT, "region: expected an outer loop, got none");
  for (size_t i = 0; i < region->edges; i++) {
    for (size_t j = 0; j < i; j++) {
      GRAFT_TRY(check_pair(region, &region->edge[i], &region->edge[j]));
    }
  }
  double area = graft_loop_area(region, &region->loop[0]);
  GRAFT_CHECK(area > 0, INPUT,
              "outer loop: expected counter-clockwise vertices, got clockwise ones (area %.6g)",
              area);
  if (box) GRAFT_TRY(check_box(region, box));
  for (size_t i = 1; i < region->loops; i++) GRAFT_TRY(check_hole(region, i));
  return GRAFT_OK;
}
