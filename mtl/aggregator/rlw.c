/* SPDX-License-Identifier: BSD-2-Clause
 * Aggregator "rlw": random weights, new in every step.
 * Method:    weights = softmax of K standard normals.
 * Cost:      one backward pass of the weighted sum; no state.
 * Reference: lin2021, algorithm 1. Output scale: mean (the weights sum to 1).
 */
#include <math.h>

#include "base/rng.h"
#include "mtl/aggregator.h"

static graft_status weigh(void *state, const graft_aggregation *call, double *weight) {
  graft_rng rng;
  double sum = 0, draw[GRAFT_MAX_TASKS];
  (void)state;
  graft_rng_init(&rng, call->seed, GRAFT_STREAM_AGGREGATOR, call->step);
  for (size_t k = 0; k < call->all; k++) draw[k] = exp(graft_rng_normal(&rng));
  for (size_t k = 0; k < call->tasks; k++) sum += weight[k] = draw[call->task[k]];
  for (size_t k = 0; k < call->tasks; k++) weight[k] /= sum;
  return GRAFT_OK;
}

static const char *const options[] = {"aggregator_scale", NULL};

const graft_aggregator_type graft_aggregator_rlw = {
    .name = "rlw",
    .summary = "random weights, new in every step",
    .scale = "mean",
    .source = "lin2021",
    .options = options,
    .properties = GRAFT_RULE_SCALING | GRAFT_RULE_WEIGHTED | GRAFT_RULE_RANDOM,
    .weigh = weigh,
};
