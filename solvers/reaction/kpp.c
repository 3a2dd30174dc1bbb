/* SPDX-License-Identifier: BSD-2-Clause
 * Reaction law "kpp": R(u) = u (1 − u), logistic growth: advance of a favourable gene.
 * Reference: fisher1937. */
#include "solvers/reaction.h"

static void rate(double p, size_t n, const double *u, double *r, double *dr) {
  (void)p;
  for (size_t i = 0; i < n; i++) r[i] = u[i] * (1 - u[i]);
  for (size_t i = 0; dr && i < n; i++) dr[i] = 1 - 2 * u[i];
}

static void code(double p, double c[GRAFT_REACTION_CODES]) {
  (void)p;
  c[0] = 1;
  c[1] = -1;
  c[2] = c[3] = 0;
}

const graft_reaction_type graft_reaction_kpp = {
    .name = "kpp",
    .summary = "logistic growth (Fisher, Kolmogorov, Petrovsky, Piskunov)",
    .source = "fisher1937",
    .formula = "u (1 - u)",
    .share = 1,
    .standard = true,
    .rate = rate,
    .code = code,
};
