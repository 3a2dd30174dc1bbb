/* SPDX-License-Identifier: BSD-2-Clause */
#include "geometry/domain.h"

#define PI 3.14159265358979323846

static graft_status build(graft_rng *rng, graft_region *region) {
  (void)rng;
  static const graft_vertex vertex[] = {{0, 0, 0}, {1, 0, 0}, {1, 1, 0}, {0, 1, 0}};
  GRAFT_TRY(graft_region_add_loop(region, sizeof vertex / sizeof *vertex, vertex));
  return graft_region_add_circle(region, 0.5, 0.5, 0.2);
}

const graft_domain_type graft_domain_square_hole = {
    .name = "square_hole",
    .summary = "the unit square with a centred hole of radius 0.2",
    .source = "",
    .area = 1 - 0.04 * PI,
    .torsion_max = 0,
    .build = build,
};
