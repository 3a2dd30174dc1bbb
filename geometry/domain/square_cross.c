/* SPDX-License-Identifier: BSD-2-Clause */
#include "geometry/domain.h"

static graft_status build(graft_rng *rng, graft_region *region) {
  (void)rng;
  static const graft_vertex vertex[] = {{0, 0, 0}, {1, 0, 0}, {1, 1, 0}, {0, 1, 0}};
  static const graft_vertex cross[] = {{0.3, 0.55, 0}, {0.45, 0.55, 0}, {0.45, 0.7, 0},
                                       {0.55, 0.7, 0}, {0.55, 0.55, 0}, {0.7, 0.55, 0},
                                       {0.7, 0.45, 0}, {0.55, 0.45, 0}, {0.55, 0.3, 0},
                                       {0.45, 0.3, 0}, {0.45, 0.45, 0}, {0.3, 0.45, 0}};
  GRAFT_TRY(graft_region_add_loop(region, sizeof vertex / sizeof *vertex, vertex));
  return graft_region_add_loop(region, sizeof cross / sizeof *cross, cross);
}

const graft_domain_type graft_domain_square_cross = {
    .name = "square_cross",
    .summary = "the unit square with a centred cross-shaped hole of two bars 0.4 x 0.1",
    .source = "",
    .area = 1 - 0.07,
    .torsion_max = 0,
    .build = build,
};
