/* SPDX-License-Identifier: BSD-2-Clause */
#include "geometry/domain.h"

#define PI 3.14159265358979323846

static graft_status build(graft_rng *rng, graft_region *region) {
  (void)rng;
  return graft_region_add_circle(region, 0.5, 0.5, 0.5);
}

const graft_domain_type graft_domain_disc = {
    .name = "disc",
    .summary = "disc of radius 1/2 about (1/2, 1/2)",
    .source = "timoshenko1970",
    .area = PI / 4,
    .torsion_max = 1.0 / 16,
    .build = build,
};
