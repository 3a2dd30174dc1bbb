/* SPDX-License-Identifier: BSD-2-Clause
 * Method:    u = u₀ exp(z), u₀ the first input field of the sample, a positive first guess: for
 *            heat the sum of turned one-hole solutions.
 * Cost:      one exponential per point.
 * Reference: none; docs/theory_heat.md. */
#include "deeponet/transform_impl.h"

#include <math.h>

static void apply(size_t points, const graft_real *z, const graft_real *base, graft_real *u,
                  graft_real *du) {
  graft_transform_torsion.apply(points, z, base, u, du);
}

static double invert(double u, double base) { return log(u / base); }

static bool invertible(double u, double base) { return u > 0 && base > 0; }

const graft_transform_type graft_transform_field = {
    .name = "field",
    .summary = "u = first input field x exp(z)",
    .source = "",
    .initial = true,
    .apply = apply,
    .invert = invert,
    .invertible = invertible,
};
