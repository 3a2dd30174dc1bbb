/* SPDX-License-Identifier: BSD-2-Clause
 * Aggregator "mean": the mean of the tasks' gradients.
 * Method:    weight 1 / (number of tasks that have samples in the step).
 * Cost:      one backward pass of the weighted sum; no state.
 * Reference: kurin2022, unitary scalarisation (there as a sum). Output scale: mean of the rows.
 */
#include "mtl/aggregator.h"

static graft_status combine(void *state, const graft_aggregator_input *in, double *weight,
                            graft_real *direction) {
  (void)state, (void)direction;
  double active = 0;
  for (size_t k = 0; k < in->tasks; k++) active += (double)(in->active >> k & 1);
  for (size_t k = 0; k < in->tasks; k++) weight[k] = active > 0 ? 1 / active : 0;
  return GRAFT_OK;
}

static const char *const options[] = {NULL};

const graft_aggregator_type graft_aggregator_mean = {
    .name = "mean",
    .summary = "mean of the gradients",
    .source = "kurin2022",
    .options = options,
    .combine = combine,
};
