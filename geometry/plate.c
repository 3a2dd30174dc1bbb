/* SPDX-License-Identifier: BSD-2-Clause */
/* Method:    the surface consists of plane pieces at three heights and of upright cylinders. The
 *            distance to a plane piece is the hypotenuse of the height above it and the plane
 *            distance to its outline where the point is beside it; to a cylinder, of the plane
 *            distance to the circle and the height beyond its ends. The smallest one, with the sign
 *            of the inside test.
 * Cost:      O(holes) per point. */
#include "geometry/plate.h"

#include <math.h>

#include "geometry/region_impl.h"

graft_status graft_plate_validate(const graft_plate *plate) {
  int n = plate->holes;
  double h = plate->position, r = plate->radius;
  GRAFT_CHECK(n >= 1 && n <= GRAFT_PLATE_HOLES, USAGE,
              "plate n = %d, h = %g, r_h = %g: expected 1 to %d holes", n, h, r, GRAFT_PLATE_HOLES);
  GRAFT_CHECK(r >= 0.02 && isfinite(r) && isfinite(h), USAGE,
              "plate n = %d, h = %g, r_h = %g: expected numbers, r_h at least 0.02", n, h, r);
  double boss = h - r - GRAFT_PLATE_BOSS, rim = GRAFT_PLATE_RADIUS - h - r;
  GRAFT_CHECK(boss >= GRAFT_PLATE_GAP - 1e-9, USAGE,
              "plate n = %d, h = %g, r_h = %g: the holes reach the boss: expected h − r_h of at "
              "least %g, got %g",
              n, h, r, GRAFT_PLATE_BOSS + GRAFT_PLATE_GAP, h - r);
  GRAFT_CHECK(rim >= GRAFT_PLATE_GAP - 1e-9, USAGE,
              "plate n = %d, h = %g, r_h = %g: the holes reach the rim: expected h + r_h of at "
              "most %g, got %g",
              n, h, r, GRAFT_PLATE_RADIUS - GRAFT_PLATE_GAP, h + r);
  double between = n == 1 ? h : 2 * h * sin(GRAFT_PI / n) - 2 * r;
  GRAFT_CHECK(between >= GRAFT_PLATE_GAP - 1e-9, USAGE,
              "plate n = %d, h = %g, r_h = %g: the holes overlap: expected at least %g between "
              "them, got %g",
              n, h, r, GRAFT_PLATE_GAP, between);
  return GRAFT_OK;
}

/* Distance to a cylinder's wall of height [from, to], @p off the plane distance to its circle. */
static double wall(double off, double z, double from, double to) {
  return hypot(off, z < from ? from - z : z > to ? z - to : 0);
}

static double distance_at(const graft_plate *plate, const double *p) {
  double r = hypot(p[0], p[1]), z = p[2], hole = INFINITY; /* hole: to the nearest one's wall */
  for (int i = 0; i < plate->holes; i++) {
    double angle = GRAFT_PI + 2 * GRAFT_PI * i / plate->holes;
    double to_axis =
        hypot(p[0] - plate->position * cos(angle), p[1] - plate->position * sin(angle));
    hole = fmin(hole, to_axis - plate->radius);
  }
  double beside = fmax(fmax(r - GRAFT_PLATE_RADIUS, -hole), 0); /* the disc */
  double below = fmax(beside, GRAFT_PLATE_BOSS - r);            /* the disc less the boss */
  double under = fmax(r - GRAFT_PLATE_BOSS, 0);                 /* the boss */
  double least = hypot(beside, z - GRAFT_PLATE_TOP);
  least = fmin(least, hypot(below, z));
  least = fmin(least, hypot(under, z - GRAFT_PLATE_BOTTOM));
  least = fmin(least, wall(r - GRAFT_PLATE_RADIUS, z, 0, GRAFT_PLATE_TOP));
  least = fmin(least, wall(hole, z, 0, GRAFT_PLATE_TOP));
  least = fmin(least, wall(r - GRAFT_PLATE_BOSS, z, GRAFT_PLATE_BOTTOM, 0));
  bool in_disc = beside == 0 && z >= 0 && z <= GRAFT_PLATE_TOP;
  bool in_boss = under == 0 && z >= GRAFT_PLATE_BOTTOM && z <= 0;
  return in_disc || in_boss ? -least : least;
}

void graft_plate_distance(const graft_plate *plate, size_t points, const double *xyz,
                          double *distance) {
  for (size_t p = 0; p < points; p++) distance[p] = distance_at(plate, xyz + 3 * p);
}

double graft_plate_volume(const graft_plate *plate) {
  double disc =
      GRAFT_PLATE_RADIUS * GRAFT_PLATE_RADIUS - plate->holes * plate->radius * plate->radius;
  return GRAFT_PI *
         (disc * GRAFT_PLATE_TOP - GRAFT_PLATE_BOSS * GRAFT_PLATE_BOSS * GRAFT_PLATE_BOTTOM);
}

void graft_plate_fold(const graft_plate *plate, const double *xy, double *folded) {
  double r = hypot(xy[0], xy[1]), period = 2 * GRAFT_PI / plate->holes;
  double angle = fabs(remainder(atan2(-xy[1], -xy[0]), period)); /* hole 0 is at 180° */
  folded[0] = r * cos(angle);
  folded[1] = r * sin(angle);
}

int graft_plate_patches(const graft_plate *plate) { return 3 * plate->holes + 1; }

/* Distance from the centre of the hole at (h, 0) to the border of its half sector, 0 ≤ y and angle
 * ≤ π/n, in the direction of @p angle. */
static double to_border(const graft_plate *plate, double angle) {
  double h = plate->position, c = cos(angle), s = sin(angle), half = GRAFT_PI / plate->holes;
  double rim = -h * c + sqrt(GRAFT_PLATE_RADIUS * GRAFT_PLATE_RADIUS - h * h * s * s);
  double towards = c * sin(half) - s * cos(half); /* the line y cos(half) = x sin(half) */
  double line = towards < 0 ? -h * sin(half) / towards : INFINITY;
  return fmin(rim, line);
}

void graft_plate_patch(const graft_plate *plate, int patch, double s, double t, double *xyz) {
  int n = plate->holes, hole = patch % n;
  double at = GRAFT_PI + 2 * GRAFT_PI * hole / n, c = cos(at), d = sin(at);
  double along, across, r = plate->radius;
  xyz[2] = GRAFT_PLATE_TOP;
  if (patch == 3 * n) {
    xyz[0] = GRAFT_PLATE_RADIUS * cos(2 * GRAFT_PI * s);
    xyz[1] = GRAFT_PLATE_RADIUS * sin(2 * GRAFT_PI * s);
    xyz[2] *= t;
    return;
  }
  if (patch < 2 * n) {
    double half = GRAFT_PI / n, h = plate->position;
    double corner = atan2(GRAFT_PLATE_RADIUS * sin(half), GRAFT_PLATE_RADIUS * cos(half) - h);
    double angle = s < 0.5 ? 2 * s * corner : corner + (2 * s - 1) * (GRAFT_PI - corner);
    double away = r + t * (to_border(plate, angle) - r);
    along = plate->position + away * cos(angle);
    across = (patch < n ? 1 : -1) * away * sin(angle);
  } else {
    along = plate->position + r * cos(2 * GRAFT_PI * s);
    across = r * sin(2 * GRAFT_PI * s);
    xyz[2] *= t;
  }
  xyz[0] = along * c - across * d;
  xyz[1] = along * d + across * c;
}
