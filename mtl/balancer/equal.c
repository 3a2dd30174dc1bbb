/* SPDX-License-Identifier: BSD-2-Clause
 * Balancer "equal": all losses as they are.
 * Method:    factor 1.
 * Cost:      none; no state.
 * Reference: kurin2022, unitary scalarisation.
 */
#include "mtl/balancer.h"

static graft_status weigh(const void *state, const graft_balance *call, double *weight) {
  (void)state;
  for (size_t k = 0; k < call->tasks; k++) weight[k] = 1;
  return GRAFT_OK;
}

static const char *const options[] = {NULL};

const graft_balancer_type graft_balancer_equal = {
    .name = "equal",
    .summary = "all losses as they are",
    .scale = "1",
    .source = "kurin2022",
    .options = options,
    .weigh = weigh,
};
