/* SPDX-License-Identifier: BSD-2-Clause */
#include "geometry/domain.h"

/* √3/2 */
#define HEIGHT 0.86602540378443864676

static graft_status build(graft_rng *rng, graft_region *region) {
  (void)rng;
  static const graft_vertex vertex[] = {{0, 0, 0}, {1, 0, 0}, {0.5, HEIGHT, 0}};
  return graft_region_add_loop(region, sizeof vertex / sizeof *vertex, vertex);
}

const graft_domain_type graft_domain_triangle = {
    .name = "triangle",
    .summary = "equilateral triangle (0,0), (1,0), (1/2, sqrt(3)/2)",
    .source = "timoshenko1970",
    .area = HEIGHT / 2,
    .torsion_max = 1.0 / 36,
    .build = build,
};
