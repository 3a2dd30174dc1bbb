/* SPDX-License-Identifier: BSD-2-Clause
 * Aggregator "mean": the mean of the tasks' gradients.
 * Method:    weight 1 / (number of tasks that have samples in the step).
 * Cost:      one backward pass of the weighted sum; no state.
 * Reference: kurin2022, unitary scalarisation (there as a sum). Output scale: mean of the rows.
 */
#include "mtl/aggregator.h"

static graft_status weigh(void *state, const graft_aggregation *call, double *weight) {
  (void)state;
  for (size_t k = 0; k < call->tasks; k++) weight[k] = 1 / (double)call->tasks;
  return GRAFT_OK;
}

static const char *const options[] = {"aggregator_scale", NULL};

const graft_aggregator_type graft_aggregator_mean = {
    .name = "mean",
    .summary = "mean of the gradients",
    .scale = "mean",
    .source = "kurin2022",
    .options = options,
    .properties = GRAFT_RULE_SCALING | GRAFT_RULE_WEIGHTED,
    .weigh = weigh,
};
