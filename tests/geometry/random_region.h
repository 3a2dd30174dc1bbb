/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_TESTS_GEOMETRY_RANDOM_REGION_H
#define GRAFT_TESTS_GEOMETRY_RANDOM_REGION_H

/** @file random_region.h
 *  Random valid regions for tests: star-shaped loops of segments and arcs, with up to two holes. */

#include <math.h>

#include "base/rng.h"
#include "geometry/region.h"

/** Draw a region into the unit square; false (and nothing to release) when the draw is no region.
 */
static inline bool random_region(graft_rng *rng, graft_region *region) {
  const double pi = 3.14159265358979323846;
  graft_vertex vertex[16], hole[3];
  size_t n = 3 + graft_rng_below(rng, 9);
  double turn = 2 * pi * graft_rng_uniform(rng);
  for (size_t i = 0; i < n; i++) {
    double angle = turn + 2 * pi * ((double)i + 0.6 * graft_rng_uniform(rng)) / (double)n;
    double radius = 0.25 + 0.2 * graft_rng_uniform(rng);
    double bulge = graft_rng_below(rng, 2) ? 0.6 * (graft_rng_uniform(rng) - 0.5) : 0;
    vertex[i] = (graft_vertex){0.5 + radius * cos(angle), 0.5 + radius * sin(angle), bulge};
  }
  graft_region_init(region);
  graft_status status = graft_region_add_loop(region, n, vertex);
  if (status == GRAFT_OK && graft_rng_below(rng, 2)) {
    status = graft_region_add_circle(region, 0.45 + 0.1 * graft_rng_uniform(rng), 0.5,
                                     0.02 + 0.05 * graft_rng_uniform(rng));
  }
  if (status == GRAFT_OK && graft_rng_below(rng, 2)) {
    double way = graft_rng_below(rng, 2) ? 2.0 : -2.0;
    for (size_t i = 0; i < 3; i++) { /* a bent triangle to the right, either way round */
      double angle = turn + way * pi * (double)i / 3;
      hole[i] = (graft_vertex){0.6 + 0.04 * cos(angle), 0.6 + 0.04 * sin(angle),
                               0.4 * (graft_rng_uniform(rng) - 0.5)};
    }
    status = graft_region_add_loop(region, 3, hole);
  }
  if (status == GRAFT_OK) status = graft_region_validate(region, &graft_unit_square);
  if (status != GRAFT_OK) graft_region_fini(region);
  return status == GRAFT_OK;
}

#endif
