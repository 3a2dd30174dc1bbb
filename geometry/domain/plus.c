/* SPDX-License-Identifier: BSD-2-Clause */
#include "geometry/domain.h"

static graft_status build(graft_rng *rng, graft_region *region) {
  (void)rng;
  static const graft_vertex vertex[] = {{1.0 / 3, 0, 0}, {2.0 / 3, 0, 0}, {2.0 / 3, 1.0 / 3, 0},
                                        {1, 1.0 / 3, 0}, {1, 2.0 / 3, 0}, {2.0 / 3, 2.0 / 3, 0},
                                        {2.0 / 3, 1, 0}, {1.0 / 3, 1, 0}, {1.0 / 3, 2.0 / 3, 0},
                                        {0, 2.0 / 3, 0}, {0, 1.0 / 3, 0}, {1.0 / 3, 1.0 / 3, 0}};
  return graft_region_add_loop(region, sizeof vertex / sizeof *vertex, vertex);
}

const graft_domain_type graft_domain_plus = {
    .name = "plus",
    .summary = "two centred bars of width 1/3",
    .source = "",
    .area = 5.0 / 9,
    .torsion_max = 0,
    .build = build,
};
