/* SPDX-License-Identifier: BSD-2-Clause */
/* Every message about a bad region, provoked once; and awkward regions that are good. */
#include <math.h>

#include "geometry/region.h"
#include "tests/graft_test.h"

#define LOOP(...)                                                                                  \
  (const graft_vertex[]) { __VA_ARGS__ }

static graft_region region;

static const graft_vertex unit[] = {{0, 0, 0}, {1, 0, 0}, {1, 1, 0}, {0, 1, 0}};

/* The region of one loop, or of the unit square with one hole. */
static graft_status outer(size_t n, const graft_vertex *vertex) {
  graft_region_fini(&region);
  GRAFT_TRY(graft_region_add_loop(&region, n, vertex));
  return graft_region_validate(&region, &graft_unit_square);
}

static graft_status with_hole(size_t n, const graft_vertex *vertex) {
  graft_region_fini(&region);
  GRAFT_TRY(graft_region_add_loop(&region, 4, unit));
  GRAFT_TRY(graft_region_add_loop(&region, n, vertex));
  return graft_region_validate(&region, &graft_unit_square);
}

static graft_status with_circles(double x0, double r0, double x1, double r1) {
  graft_region_fini(&region);
  GRAFT_TRY(graft_region_add_loop(&region, 4, unit));
  GRAFT_TRY(graft_region_add_circle(&region, x0, 0.5, r0));
  GRAFT_TRY(graft_region_add_circle(&region, x1, 0.5, r1));
  return graft_region_validate(&region, &graft_unit_square);
}

static void numbers(void) {
  T_FAILS(graft_region_validate(&region, NULL), GRAFT_INPUT, "expected an outer loop");
  T_FAILS(outer(3, LOOP({0, 0, 0}, {1, NAN, 0}, {0, 1, 0})), GRAFT_INPUT,
          "outer loop, vertex 2: expected finite numbers");
  T_FAILS(outer(3, LOOP({0, 0, 0}, {1, 0, INFINITY}, {0, 1, 0})), GRAFT_INPUT,
          "outer loop, vertex 2: expected finite numbers");
  T_FAILS(outer(3, LOOP({0, 0, 0}, {1, 0, 2000}, {0, 1, 0})), GRAFT_INPUT,
          "vertex 2: expected a bulge in [-1000, 1000], got 2000");
  T_FAILS(outer(3, LOOP({0, 0, 0}, {1, 0, 1e-40}, {0, 1, 0})), GRAFT_INPUT,
          "vertex 2: expected a bulge of 0 or at least 1e-30");
  T_FAILS(outer(3, LOOP({0, 0, 0}, {20000, 0, 0}, {0, 1, 0})), GRAFT_INPUT,
          "vertex 2: expected coordinates in [-10000, 10000], got (20000, 0)");
  T_FAILS(outer(4, LOOP({0, 0, 0}, {1, 0, 0}, {1, 0, 0}, {0, 1, 0})), GRAFT_INPUT,
          "outer loop, vertex 3: expected another point than the vertex before it");
  T_FAILS(outer(4, LOOP({0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 0})), GRAFT_INPUT,
          "outer loop, vertex 1: expected another point");
  T_FAILS(outer(2, LOOP({0, 0, 0}, {1, 0, 0})), GRAFT_INPUT, "at least 3 vertices");
  T_FAILS(outer(1, LOOP({0, 0, 1})), GRAFT_INPUT, "at least 3 vertices (2 with an arc), got 1");
  T_FAILS(outer(0, LOOP({0, 0, 1})), GRAFT_INPUT, "at least 3 vertices (2 with an arc), got 0");
  T_FAILS(with_circles(0.5, -0.1, 0.2, 0.1), GRAFT_INPUT, "hole 1: expected a circle");
  T_FAILS(with_circles(0.5, 1e-20, 0.2, 0.1), GRAFT_INPUT, "radius > 0");
  T_FAILS(with_circles(9999, 2, 0.2, 0.1), GRAFT_INPUT,
          "hole 1: expected coordinates in [-10000, 10000]");
  T_FAILS(with_circles(0.5, 0.1, NAN, 0.1), GRAFT_INPUT, "hole 2: expected a circle");
}

static void crossings(void) {
  T_FAILS(outer(4, LOOP({0, 0, 0}, {1, 1, 0}, {1, 0, 0}, {0, 1, 0})), GRAFT_INPUT,
          "the edge to vertex 4 of the outer loop and the edge to vertex 2 of the outer loop cross "
          "or touch near (0.500, 0.500)");
  T_FAILS(outer(5, LOOP({0, 0, 0}, {1, 0, 0}, {1, 1, 0}, {0.5, 0, 0}, {0, 1, 0})), GRAFT_INPUT,
          "cross or touch near (0.5");
  /* back along itself; a spike; a cusp between an arc and its tangent */
  T_FAILS(outer(4, LOOP({0, 0, 0}, {1, 0, 0}, {0.5, 0, 0}, {0.5, 1, 0})), GRAFT_INPUT, "cross or");
  T_FAILS(outer(3, LOOP({0, 0, 0}, {1, 0, 0}, {1, 0.0005, 0})), GRAFT_INPUT, "cross or touch");
  T_FAILS(outer(3, LOOP({0.5, 0, 0}, {1, 0, 0}, {0.5, 1, -0.1})), GRAFT_OK, "");
  T_FAILS(outer(3, LOOP({0, 0.5, 0}, {0.5, 0, tan(0.39269908169872414)}, {0, 0, 0})), GRAFT_INPUT,
          "cross or touch near");
  /* an arc through the opposite edge, and one that only touches it */
  T_FAILS(outer(4, LOOP({0, 0, 0}, {1, 0, -0.8}, {1, 0.3, 0}, {0, 0.3, 0})), GRAFT_INPUT,
          "the edge to vertex 4 of the outer loop and the edge to vertex 2");
  T_FAILS(outer(4, LOOP({0, 0, 0}, {1, 0, -0.6}, {1, 0.3, 0}, {0, 0.3, 0})), GRAFT_INPUT,
          "cross or touch near (0.500, 0.300)");
  T_OK(outer(4, LOOP({0, 0, 0}, {1, 0, -0.599}, {1, 0.3, 0}, {0, 0.3, 0})));
  T_FAILS(outer(2, LOOP({0, 0.5, 0.5}, {1, 0.5, -0.5})), GRAFT_INPUT, "cross or touch");
  T_FAILS(with_hole(3, LOOP({0.5, 0.5, 0}, {0.5, 1.5, 0}, {0.7, 0.5, 0})), GRAFT_INPUT,
          "of the hole 1 and the edge to vertex 4 of the outer loop cross or touch");
  T_FAILS(with_hole(3, LOOP({0.5, 0.5, 0}, {0.5, 1, 0}, {0.7, 0.5, 0})), GRAFT_INPUT,
          "(0.500, 1.000)");
  T_FAILS(with_circles(0.3, 0.2, 0.6, 0.2), GRAFT_INPUT, "of the hole 2 and the edge");
  T_FAILS(with_circles(0.3, 0.1, 0.5, 0.1), GRAFT_INPUT, "cross or touch near (0.400, 0.500)");
  T_FAILS(with_circles(0.3, 0.3, 0.7, 0.05), GRAFT_INPUT, "near (0.000, 0.500)");
}

static void placement(void) {
  T_FAILS(outer(3, LOOP({0, 0, 0}, {0, 1, 0}, {1, 0, 0})), GRAFT_INPUT,
          "outer loop: expected counter-clockwise vertices, got clockwise ones (area -0.5)");
  T_FAILS(outer(3, LOOP({0, 0, 0}, {1.5, 0, 0}, {0, 1, 0})), GRAFT_INPUT,
          "the edge to vertex 2 of the outer loop leaves the allowed square: expected x in [0, 1], "
          "got 0 to 1.5");
  T_FAILS(outer(4, LOOP({0, 0, 0}, {1, 0, 0.2}, {1, 1, 0}, {0, 1, 0})), GRAFT_INPUT,
          "the edge to vertex 2 of the outer loop leaves the allowed square: expected y");
  T_OK(graft_region_validate(&region, NULL));
  T_FAILS(with_hole(3, LOOP({0.2, 2, 0}, {0.2, 3, 0}, {0.4, 2, 0})), GRAFT_INPUT,
          "the edge to vertex 1 of the hole 1 leaves the allowed square");
  T_FAILS(graft_region_validate(&region, NULL), GRAFT_INPUT,
          "hole 1 lies outside the outer loop at");
  T_FAILS(with_circles(0.5, 0.3, 0.5, 0.1), GRAFT_INPUT, "hole 2 lies inside hole 1");
  T_FAILS(with_circles(0.5, 0.1, 0.5, 0.3), GRAFT_INPUT, "hole 1 lies inside hole 2");
}

static void good_ones(void) {
  T_OK(outer(2, LOOP({0, 0.5, 0.5}, {1, 0.5, 0.5})));                            /* a lens */
  T_OK(outer(5, LOOP({0, 0, 0}, {0.5, 0, 0}, {1, 0, 0}, {1, 1, 0}, {0, 1, 0}))); /* straight on */
  T_OK(with_hole(3, LOOP({0.1, 0.1, 0}, {0.1, 0.2, 0}, {0.2, 0.1, 0})));
  double clockwise = graft_region_area(&region);
  T_OK(with_hole(3, LOOP({0.1, 0.1, 0}, {0.2, 0.1, 0}, {0.1, 0.2, 0}))); /* holes: either way */
  T_NEAR(graft_region_area(&region), clockwise, 1e-16);
  T_NEAR(clockwise, 1 - 0.005, 1e-16);
  T_OK(with_circles(0.2, 0.1, 0.5, 0.19999));
  /* an arc that bends inwards in a hole given counter-clockwise: the bulge is the user's */
  T_OK(with_hole(3, LOOP({0.1, 0.1, 0}, {0.5, 0.1, -0.2}, {0.1, 0.5, 0})));
  double inwards = graft_region_area(&region);
  T_OK(with_hole(3, LOOP({0.1, 0.1, 0}, {0.5, 0.1, 0.2}, {0.1, 0.5, 0})));
  T_CHECK(graft_region_area(&region) < 1 - 0.08 && inwards > 1 - 0.08);
}

int main(void) {
  T_RUN(numbers);
  T_RUN(crossings);
  T_RUN(placement);
  T_RUN(good_ones);
  graft_region_fini(&region);
  return graft_test_done();
}
