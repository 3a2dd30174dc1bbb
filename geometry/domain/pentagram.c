/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>

#include "geometry/domain.h"

#define PI 3.14159265358979323846
#define INNER 0.38196601125010515180 /* inner over outer radius, (3 − √5)/2 */
#define SIN36 0.58778525229247312917

static graft_status build(graft_rng *rng, graft_region *region) {
  (void)rng;
  graft_vertex vertex[10];
  for (int i = 0; i < 10; i++) { /* points outwards at even i, the first one upwards */
    double angle = PI / 2 + i * PI / 5, radius = i % 2 ? 0.5 * INNER : 0.5;
    vertex[i] = (graft_vertex){0.5 + radius * cos(angle), 0.5 + radius * sin(angle), 0};
  }
  return graft_region_add_loop(region, sizeof vertex / sizeof *vertex, vertex);
}

const graft_domain_type graft_domain_pentagram = {
    .name = "pentagram",
    .summary = "five-pointed star of circumradius 1/2 about the centre",
    .source = "",
    .area = 1.25 * INNER * SIN36,
    .torsion_max = 0,
    .build = build,
};
