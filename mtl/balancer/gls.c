/* SPDX-License-Identifier: BSD-2-Clause
 * Balancer "gls": the geometric mean of the losses.
 * Method:    factor value/L_i with value = (product of L_i)^(1/K): with the aggregator mean the
 *            direction is the gradient of the geometric mean.
 * Cost:      a forward pass where there are no rows; no state.
 * Reference: chennupati2019, equation 5.
 */
#include <math.h>

#include "mtl/balancer_impl.h"

static graft_status weigh(const void *state, const graft_balance *call, double *weight) {
  double sum = 0;
  (void)state;
  GRAFT_TRY(graft_balance_check_positive("gls", call));
  for (size_t k = 0; k < call->tasks; k++) {
    if (graft_balance_has(call, k)) sum += log(call->loss[k]) / graft_balance_count(call);
  }
  for (size_t k = 0; k < call->tasks; k++) {
    weight[k] = graft_balance_has(call, k) ? exp(sum - log(call->loss[k])) : 1;
  }
  return GRAFT_OK;
}

static const char *const options[] = {NULL};

const graft_balancer_type graft_balancer_gls = {
    .name = "gls",
    .summary = "geometric mean of the losses",
    .scale = "geometric mean over loss",
    .source = "chennupati2019",
    .options = options,
    .needs = GRAFT_BALANCER_LOSSES,
    .weigh = weigh,
};
