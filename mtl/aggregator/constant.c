/* SPDX-License-Identifier: BSD-2-Clause
 * Aggregator "constant": fixed weights.
 * Method:    the given weights as they are; 1/K each when none are given.
 * Cost:      one backward pass of the weighted sum; no state.
 * Reference: xin2022, static weights. Output scale: that of the weights.
 */
#include <string.h>

#include "mtl/aggregator.h"

static graft_status weigh(void *state, const graft_aggregation *call, double *weight) {
  (void)state;
  memcpy(weight, call->preference, call->tasks * sizeof *weight);
  return GRAFT_OK;
}

static const char *const options[] = {"aggregator_weights", NULL};

const graft_aggregator_type graft_aggregator_constant = {
    .name = "constant",
    .summary = "fixed weights",
    .scale = "that of the weights",
    .source = "xin2022",
    .options = options,
    .properties = GRAFT_RULE_SCALING | GRAFT_RULE_WEIGHTED,
    .weigh = weigh,
};
