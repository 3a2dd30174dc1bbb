/* SPDX-License-Identifier: BSD-2-Clause
 * Reaction law "zfk": R(u) = u (1 − u) exp(−b (1 − u)), combustion with activation energy b. The
 * truth has the exponential; the code is u (1 − u) e^−b (1 + b u + b² u² / 2) expanded, the
 * exponential cut after its second power as in kumar2025.
 * Reference: zeldovich1938. */
#include <math.h>

#include "solvers/reaction.h"

static void rate(double b, size_t n, const double *u, double *r, double *dr) {
  for (size_t i = 0; i < n; i++) {
    double e = exp(-b * (1 - u[i]));
    r[i] = u[i] * (1 - u[i]) * e;
    if (dr) dr[i] = (1 - 2 * u[i] + b * u[i] * (1 - u[i])) * e;
  }
}

static void code(double b, double c[GRAFT_REACTION_CODES]) {
  double e = exp(-b);
  c[0] = e;
  c[1] = e * (b - 1);
  c[2] = e * b * (b / 2 - 1);
  c[3] = -e * b * b / 2;
}

const graft_reaction_type graft_reaction_zfk = {
    .name = "zfk",
    .summary = "combustion with an activation energy (Zeldovich, Frank-Kamenetskii)",
    .source = "zeldovich1938",
    .formula = "u (1 - u) exp(-b (1 - u))",
    .parameter = "b",
    .range = {0.5, 2},
    .band = {1.1, 1.3},
    .share = 2,
    .standard = true,
    .rate = rate,
    .code = code,
};
