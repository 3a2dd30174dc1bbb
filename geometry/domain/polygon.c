/* SPDX-License-Identifier: BSD-2-Clause */
/* Random simple polygons with re-entrant corners and up to two holes.
 *
 * Method:    a start of 4 to 6 vertices around (1/2, 1/2), at jittered equal angles and at radii
 *            uniform in [0.33, 0.49]; then its sides are broken, one after the other, chosen with
 *            probability in proportion to their length, until there are 6 to 12 vertices
 *            (uniform): the new vertex stands over t ∈ [0.3, 0.7] of the side, moved by 0.2 to
 *            0.6 of its length to either side, inwards the first time, so that every polygon has
 *            a re-entrant corner. A new vertex that brings two sides that are no neighbours
 *            nearer than GAP, a corner sharper than ANGLE (inside or outside) or a coordinate
 *            outside [0.01, 0.99] is drawn again. 0, 1 or 2 holes (equally likely, fewer where
 *            there is no room): circles or polygons of 3 to 6 vertices within a radius uniform in
 *            [0.05, 0.13], GAP away from all else. Coordinates are multiples of 1e-6, so that
 *            text files are short and the last bits of a libm play no part.
 * Cost:      about 50 µs.
 * Reference: in the spirit of the incremental heuristics of auer1996; the law is ours. */
#include <math.h>
#include <string.h>

#include "geometry/domain.h"
#include "geometry/region_impl.h"

#define GAP 0.05
#define ANGLE 0.5 /* 28.6° */
enum { START = 6, MOST = 12, TRIES = 60, STARTS = 1000 };

static double between(graft_rng *rng, double low, double high) {
  return low + (high - low) * graft_rng_uniform(rng);
}

/* Vertices around a point, counter-clockwise. */
static void around(graft_rng *rng, size_t n, const double *centre, double low, double high,
                   double *xy) {
  double turn = between(rng, 0, 2 * GRAFT_PI);
  for (size_t i = 0; i < n; i++) {
    double angle = turn + 2 * GRAFT_PI * ((double)i + between(rng, 0, 0.5)) / (double)n;
    double radius = between(rng, low, high);
    xy[2 * i] = graft_round(centre[0] + radius * cos(angle));
    xy[2 * i + 1] = graft_round(centre[1] + radius * sin(angle));
  }
}

/* A side, chosen by length. */
static size_t pick(graft_rng *rng, size_t n, const double *xy) {
  double sum[MOST], total = 0;
  for (size_t i = 0; i < n; i++) {
    const double *a = xy + 2 * i, *b = xy + 2 * ((i + 1) % n);
    total += hypot(b[0] - a[0], b[1] - a[1]);
    sum[i] = total;
  }
  double at = between(rng, 0, total);
  size_t i = 0;
  while (i + 1 < n && sum[i] <= at) i++;
  return i;
}

/* Put a vertex over a side, if there is room; @p trial is work space. */
static bool break_side(graft_rng *rng, size_t n, double *xy, bool inwards) {
  double trial[2 * MOST];
  size_t i = pick(rng, n, xy);
  const double *a = xy + 2 * i, *b = xy + 2 * ((i + 1) % n);
  double t = between(rng, 0.3, 0.7), move = between(rng, 0.2, 0.6);
  if (graft_rng_below(rng, 2) && !inwards) move = -move;
  double x = graft_round(a[0] + t * (b[0] - a[0]) - move * (b[1] - a[1]));
  double y = graft_round(a[1] + t * (b[1] - a[1]) + move * (b[0] - a[0]));
  if (x < 0.01 || x > 0.99 || y < 0.01 || y > 0.99) return false;
  memcpy(trial, xy, 2 * (i + 1) * sizeof *xy);
  trial[2 * i + 2] = x;
  trial[2 * i + 3] = y;
  memcpy(trial + 2 * i + 4, xy + 2 * i + 2, 2 * (n - i - 1) * sizeof *xy);
  if (!graft_polygon_fits(n + 1, trial, GAP, ANGLE)) return false;
  memcpy(xy, trial, 2 * (n + 1) * sizeof *xy);
  return true;
}

static graft_status add_outline(graft_rng *rng, graft_region *region) {
  static const double middle[2] = {0.5, 0.5};
  for (int start = 0; start < STARTS; start++) {
    double xy[2 * MOST];
    size_t first = START - graft_rng_below(rng, 3), n = first;
    size_t wanted = 6 + graft_rng_below(rng, MOST - 5);
    if (wanted <= first) wanted = first + 1;
    around(rng, n, middle, 0.33, 0.49, xy);
    if (!graft_polygon_fits(n, xy, GAP, ANGLE)) continue;
    for (int i = 0; i < TRIES && n < wanted; i++) n += break_side(rng, n, xy, n == first);
    if (n > first) return graft_region_add_points(region, n, xy);
  }
  return graft_error_set(GRAFT_INTERNAL, __FILE__, __LINE__, "polygon: expected one in %d draws",
                         STARTS);
}

static graft_status add_hole(graft_rng *rng, graft_region *region) {
  for (int i = 0; i < TRIES; i++) {
    double at[2] = {graft_round(graft_rng_uniform(rng)), graft_round(graft_rng_uniform(rng))};
    double radius = graft_round(between(rng, 0.05, 0.13)), xy[2 * START], distance;
    graft_region_distance(region, 1, at, &distance);
    if (-distance < radius + GAP) continue;
    if (graft_rng_below(rng, 2)) return graft_region_add_circle(region, at[0], at[1], radius);
    size_t n = 3 + graft_rng_below(rng, START - 2);
    around(rng, n, at, 0.6 * radius, radius, xy);
    if (graft_polygon_fits(n, xy, 0.4 * GAP, ANGLE)) return graft_region_add_points(region, n, xy);
  }
  return GRAFT_OK; /* no room */
}

static graft_status build(graft_rng *rng, graft_region *region) {
  uint32_t holes = graft_rng_below(rng, 3);
  GRAFT_TRY(add_outline(rng, region));
  for (uint32_t i = 0; i < holes; i++) GRAFT_TRY(add_hole(rng, region));
  return GRAFT_OK;
}

const graft_domain_type graft_domain_polygon = {
    .name = "polygon",
    .summary = "family: random polygons with re-entrant corners and 0 to 2 holes",
    .source = "auer1996",
    .random = true,
    .build = build,
};
