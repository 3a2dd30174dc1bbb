/* SPDX-License-Identifier: BSD-2-Clause
 * Aggregator "pcgrad": each gradient is freed of its conflicts with the others, then the mean.
 * Method:    for each i visit the other j in random order; if the current g_i' conflicts with the
 *            original g_j, project it on the plane normal to g_j. Done on coefficients of the rows.
 * Cost:      Gramian and K³ flops; no state.
 * Reference: yu2020, algorithm 1, there as a sum. Output scale: mean of the projected rows.
 */
#include <string.h>

#include "base/rng.h"
#include "mtl/aggregator.h"

static graft_status weigh(void *state, const graft_aggregation *call, double *weight) {
  const size_t K = call->tasks;
  const double *G = call->gramian;
  graft_rng rng;
  (void)state;
  memset(weight, 0, K * sizeof *weight);
  graft_rng_init(&rng, call->seed, GRAFT_STREAM_AGGREGATOR, call->step);
  for (size_t i = 0; i < K; i++) {
    double own[GRAFT_MAX_TASKS] = {0};
    size_t order[GRAFT_MAX_TASKS];
    for (size_t j = 0; j < K; j++) order[j] = j;
    graft_rng_shuffle(&rng, order, K);
    own[i] = 1;
    for (size_t o = 0; o < K; o++) {
      const size_t j = order[o];
      double product = 0;
      if (j == i || !(G[j * K + j] > 0)) continue;
      for (size_t k = 0; k < K; k++) product += own[k] * G[k * K + j];
      if (product < 0) own[j] -= product / G[j * K + j];
    }
    for (size_t k = 0; k < K; k++) weight[k] += own[k] / (double)K;
  }
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
