/* SPDX-License-Identifier: BSD-2-Clause
 * Aggregator "pcgrad": each gradient is freed of its conflicts with the others, then the mean.
 * Method:    for each i visit the other j in random order; if the current g_i' conflicts with the
 *            original g_j, project it on the plane normal to g_j. Done on coefficients of the rows.
 * Cost:      Gramian and K³ flops; no state.
 * Reference: yu2020, algorithm 1, there as a sum. Output scale: mean of the projected rows.
 */
#include "mtl/aggregator_impl.h"

static void project(void *state, const graft_aggregation *call, double *own, size_t i, size_t j) {
  const size_t K = call->tasks;
  const double *G = call->gramian;
  double product = 0;
  (void)state, (void)i;
  if (!(G[j * K + j] > 0)) return;
  for (size_t k = 0; k < K; k++) product += own[k] * G[k * K + j];
  if (product < 0) own[j] -= product / G[j * K + j];
}

static graft_status weigh(void *state, const graft_aggregation *call, double *weight) {
  graft_turn_all(state, call, project, weight);
  return GRAFT_OK;
}

static const char *const options[] = {"aggregator_scale", NULL};

const graft_aggregator_type graft_aggregator_pcgrad = {
    .name = "pcgrad",
    .summary = "gradients are projected off their conflicts with each other",
    .scale = "mean",
    .source = "yu2020",
    .options = options,
    .needs = GRAFT_NEEDS_GRAMIAN,
    .properties = GRAFT_RULE_SCALING | GRAFT_RULE_WEIGHTED | GRAFT_RULE_RANDOM,
    .non_conflicting = 2,
    .weigh = weigh,
};
