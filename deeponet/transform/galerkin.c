/* SPDX-License-Identifier: BSD-2-Clause */
/* Method:    u = u_H exp(z), u_H a coarse Galerkin solution of the sample, made of the torsion
 *            function and -coarse cells (coarse.c): the network is left with what the coarse cells
 *            don't resolve, which is local. z = 0 gives u_H.
 * Cost:      one coarse solution per sample, one exponential per point.
 * Reference: none; compared with torsion in the study of unseen regions. */
#include "deeponet/transform_impl.h"

static void apply(size_t points, const graft_real *z, const graft_real *base, graft_real *u,
                  graft_real *du) {
  graft_transform_torsion.apply(points, z, base, u, du);
}

static double invert(double u, double base) { return graft_transform_torsion.invert(u, base); }

static bool invertible(double u, double base) {
  return graft_transform_torsion.invertible(u, base);
}

const graft_transform_type graft_transform_galerkin = {
    .name = "galerkin",
    .summary = "u = coarse Galerkin solution x exp(z)",
    .source = "",
    .torsion = true,
    .coarse = true,
    .apply = apply,
    .invert = invert,
    .invertible = invertible,
};
