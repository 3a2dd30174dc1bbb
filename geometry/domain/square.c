/* SPDX-License-Identifier: BSD-2-Clause */
#include "geometry/domain.h"

static graft_status build(graft_rng *rng, graft_region *region) {
  (void)rng;
  static const graft_vertex vertex[] = {{0, 0, 0}, {1, 0, 0}, {1, 1, 0}, {0, 1, 0}};
  return graft_region_add_loop(region, sizeof vertex / sizeof *vertex, vertex);
}

const graft_domain_type graft_domain_square = {
    .name = "square",
    .summary = "the unit square",
    .source = "timoshenko1970",
    .area = 1,
    .torsion_max = 0.073671353281513814,
    .build = build,
};
