/* SPDX-License-Identifier: BSD-2-Clause
 * Reaction law "nagumo": R(u) = u (1 − u) (u − θ), excitable: u falls to 0 below the threshold θ
 * and rises to 1 above it. Not among the standard tasks: it measures transfer to a new source term.
 * Reference: nagumo1962. */
#include "solvers/reaction.h"

static void rate(double theta, size_t n, const double *u, double *r, double *dr) {
  for (size_t i = 0; i < n; i++) {
    r[i] = u[i] * (1 - u[i]) * (u[i] - theta);
    if (dr) dr[i] = -theta + 2 * (1 + theta) * u[i] - 3 * u[i] * u[i];
  }
}

static void code(double theta, double c[GRAFT_REACTION_CODES]) {
  c[0] = -theta;
  c[1] = 1 + theta;
  c[2] = -1;
  c[3] = 0;
}

const graft_reaction_type graft_reaction_nagumo = {
    .name = "nagumo",
    .summary = "excitable medium with threshold theta (Nagumo)",
    .source = "nagumo1962",
    .formula = "u (1 - u) (u - theta)",
    .parameter = "theta",
    .range = {0.1, 0.4},
    .share = 1,
    .rate = rate,
    .code = code,
};
