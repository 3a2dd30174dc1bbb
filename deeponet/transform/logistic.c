/* SPDX-License-Identifier: BSD-2-Clause */
/* Method:    u = σ(logit u₀ + z), u₀ the first input field of the sample, 0 < u₀ < 1: the state at
 *            the start, from which u departs. u stays in (0, 1). Without diffusion the logistic
 *            equation u' = a u (1 − u) has z = a t exactly, whatever u₀; other source terms of that
 *            kind, and slow diffusion, leave z smooth.
 * Cost:      one exponential per point.
 * Reference: none; compared with the identity in the Fisher study. */
#include "deeponet/transform_impl.h"

#include <math.h>

static const double edge = 1e-6; /* u₀ is taken as no closer to 0 and 1 */

static void apply(size_t points, const graft_real *z, const graft_real *base, graft_real *u,
                  graft_real *du) {
  for (size_t p = 0; p < points; p++) {
    double b = fmin(fmax((double)base[p], edge), 1 - edge);
    double rest = (1 - b) / b * exp(-fmin(fmax((double)z[p], -50), 50));
    u[p] = (graft_real)(1 / (1 + rest));
    if (du) du[p] = (graft_real)(rest / ((1 + rest) * (1 + rest)));
  }
}

static double logit(double u) { return log(u / (1 - u)); }

static double invert(double u, double base) { return logit(u) - logit(base); }

static bool invertible(double u, double base) { return u > 0 && u < 1 && base > 0 && base < 1; }

const graft_transform_type graft_transform_logistic = {
    .name = "logistic",
    .summary = "u = logistic function of z from the first input field on",
    .source = "",
    .initial = true,
    .apply = apply,
    .invert = invert,
    .invertible = invertible,
};
