/* SPDX-License-Identifier: BSD-2-Clause */
/* What random regions must satisfy beyond being regions: room for a mesh.
 *
 * Method:    every pair of sides, by the distances of their end points.
 * Cost:      O(n²), about 50 ns per pair. */
#include <math.h>

#include "geometry/region_impl.h"

double graft_round(double value) { return nearbyint(1e6 * value) / 1e6; }

static double cross(const double *a, const double *b, const double *c) {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

static double to_side(const double *p, const double *a, const double *b) {
  double dx = b[0] - a[0], dy = b[1] - a[1];
  double t = ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / (dx * dx + dy * dy);
  t = fmin(fmax(t, 0), 1);
  return hypot(p[0] - a[0] - t * dx, p[1] - a[1] - t * dy);
}

static bool apart(const double *a, const double *b, const double *c, const double *d, double gap) {
  bool crossing =
      (cross(a, b, c) > 0) != (cross(a, b, d) > 0) && (cross(c, d, a) > 0) != (cross(c, d, b) > 0);
  return !crossing && to_side(a, c, d) >= gap && to_side(b, c, d) >= gap &&
         to_side(c, a, b) >= gap && to_side(d, a, b) >= gap;
}

/* Interior angle at b between sides from a and to c, region on the left. */
static double angle_at(const double *a, const double *b, const double *c) {
  double ux = c[0] - b[0], uy = c[1] - b[1], vx = a[0] - b[0], vy = a[1] - b[1];
  double angle = atan2(ux * vy - uy * vx, ux * vx + uy * vy);
  return angle < 0 ? angle + 2 * GRAFT_PI : angle;
}

bool graft_polygon_fits(size_t n, const double *xy, double gap, double angle) {
  double twice = 0;
  for (size_t i = 0; i < n; i++) {
    const double *a = xy + 2 * i, *b = xy + 2 * ((i + 1) % n), *c = xy + 2 * ((i + 2) % n);
    double turn = angle_at(a, b, c);
    if (hypot(b[0] - a[0], b[1] - a[1]) < gap || turn < angle || turn > 2 * GRAFT_PI - angle) {
      return false;
    }
    twice += a[0] * b[1] - a[1] * b[0];
    for (size_t j = i + 2; j < n && (j + 1) % n != i; j++) {
      if (!apart(a, b, xy + 2 * j, xy + 2 * ((j + 1) % n), gap)) return false;
    }
  }
  return twice > 0;
}

graft_status graft_region_add_points(graft_region *region, size_t n, const double *xy) {
  graft_vertex vertex[GRAFT_FAMILY_VERTICES];
  GRAFT_CHECK(n <= GRAFT_FAMILY_VERTICES, INTERNAL, "family: expected at most %d vertices, got %zu",
              GRAFT_FAMILY_VERTICES, n);
  for (size_t i = 0; i < n; i++) vertex[i] = (graft_vertex){xy[2 * i], xy[2 * i + 1], 0};
  return graft_region_add_loop(region, n, vertex);
}
