/* SPDX-License-Identifier: BSD-2-Clause */
/* Method:    u = z.
 * Cost:      one pass.
 * Reference: lu2021. */
#include "deeponet/transform_impl.h"

static void apply(size_t points, const graft_real *z, const graft_real *base, graft_real *u,
                  graft_real *du) {
  (void)base;
  for (size_t p = 0; p < points; p++) u[p] = z[p];
  for (size_t p = 0; du && p < points; p++) du[p] = 1;
}

static double invert(double u, double base) {
  (void)base;
  return u;
}

static bool invertible(double u, double base) {
  (void)u, (void)base;
  return true;
}

const graft_transform_type graft_transform_identity = {
    .name = "identity",
    .summary = "u = z",
    .source = "lu2021",
    .apply = apply,
    .invert = invert,
    .invertible = invertible,
};
