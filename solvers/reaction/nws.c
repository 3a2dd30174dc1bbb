/* SPDX-License-Identifier: BSD-2-Clause
 * Reaction law "nws": R(u) = u (1 − u²), amplitude of a pattern above onset.
 * Reference: newell1969. */
#include "solvers/reaction.h"

static void rate(double p, size_t n, const double *u, double *r, double *dr) {
  (void)p;
  for (size_t i = 0; i < n; i++) r[i] = u[i] * (1 - u[i] * u[i]);
  for (size_t i = 0; dr && i < n; i++) dr[i] = 1 - 3 * u[i] * u[i];
}

static void code(double p, double c[GRAFT_REACTION_CODES]) {
  (void)p;
  c[0] = 1;
  c[2] = -1;
  c[1] = c[3] = 0;
}

const graft_reaction_type graft_reaction_nws = {
    .name = "nws",
    .summary = "amplitude equation (Newell, Whitehead, Segel)",
    .source = "newell1969",
    .formula = "u (1 - u^2)",
    .share = 1,
    .standard = true,
    .rate = rate,
    .code = code,
};
