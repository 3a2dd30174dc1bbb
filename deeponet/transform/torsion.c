/* SPDX-License-Identifier: BSD-2-Clause */
/* Method:    u = u₀ exp(z), u₀ the torsion function of the region (solution of −Δu₀ = 1, u₀ = 0 on
 * the boundary): u is positive, vanishes on the boundary as it should, and z is 0 for K = 1. For
 *            constant K it is −log K, so that z is close to linear in log K.
 * Cost:      one exponential per point.
 * Reference: none; compared with the identity in the accuracy study. */
#include "deeponet/transform_impl.h"

#include <math.h>

static void apply(size_t points, const graft_real *z, const graft_real *base, graft_real *u,
                  graft_real *du) {
  for (size_t p = 0; p < points; p++) {
#ifdef GRAFT_DOUBLE
    u[p] = base[p] > 0 ? base[p] * exp(z[p]) : 0;
#else
    u[p] = base[p] > 0 ? base[p] * expf(z[p]) : 0;
#endif
  }
  for (size_t p = 0; du && p < points; p++) du[p] = u[p];
}

static double invert(double u, double base) { return log(u / base); }

static bool invertible(double u, double base) { return u > 0 && base > 0; }

const graft_transform_type graft_transform_torsion = {
    .name = "torsion",
    .summary = "u = torsion function x exp(z)",
    .source = "",
    .torsion = true,
    .apply = apply,
    .invert = invert,
    .invertible = invertible,
};
