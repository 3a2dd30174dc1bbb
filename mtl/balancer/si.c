/* SPDX-License-Identifier: BSD-2-Clause
 * Balancer "si": the sum of the logarithms of the losses.
 * Method:    factor 1/L_i.
 * Cost:      a forward pass where there are no rows; no state.
 * Reference: navon2022, appendix B (scale-invariant baseline).
 */
#include <math.h>

#include "mtl/balancer_impl.h"

static graft_status weigh(const void *state, const graft_balance *call, double *weight) {
  (void)state;
  GRAFT_TRY(graft_balance_check_positive("si", call));
  for (size_t k = 0; k < call->tasks; k++) {
    weight[k] = graft_balance_has(call, k) ? 1 / call->loss[k] : 1;
  }
  return GRAFT_OK;
}

static const char *const options[] = {NULL};

const graft_balancer_type graft_balancer_si = {
    .name = "si",
    .summary = "logarithms of the losses",
    .scale = "1 over loss",
    .source = "navon2022",
    .options = options,
    .needs = GRAFT_BALANCER_LOSSES,
    .weigh = weigh,
};
