/* SPDX-License-Identifier: BSD-2-Clause */
#include "geometry/domain.h"

/* √3/2 */
#define HEIGHT 0.86602540378443864676

static graft_status build(graft_rng *rng, graft_region *region) {
  (void)rng;
  static const graft_vertex vertex[] = {{0, 0, 0},    {0.49, 0, 0}, {0.49, 0.4, 0},  {0.51, 0.4, 0},
                                        {0.51, 0, 0}, {1, 0, 0},    {0.5, HEIGHT, 0}};
  return graft_region_add_loop(region, sizeof vertex / sizeof *vertex, vertex);
}

const graft_domain_type graft_domain_notch = {
    .name = "notch",
    .summary = "the equilateral triangle with a slit 0.49 <= x <= 0.51, y <= 0.4",
    .source = "",
    .area = HEIGHT / 2 - 0.02 * 0.4,
    .torsion_max = 0,
    .build = build,
};
