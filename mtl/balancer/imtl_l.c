/* SPDX-License-Identifier: BSD-2-Clause
 * Balancer "imtl_l": losses times learned factors that make them equal.
 * Method:    factor exp(s_i) of the loss exp(s_i) L_i - s_i; s by Adam, from 0.
 * Cost:      none; state 3 K numbers.
 * Reference: liu2021, equation 9. The learned numbers have an Adam of their own.
 */
#include <math.h>

#include "mtl/balancer_impl.h"

static size_t state_size(size_t tasks) {
  (void)tasks;
  return sizeof(graft_balance_learned);
}

static graft_status weigh(const void *state, const graft_balance *call, double *weight) {
  const graft_balance_learned *own = state;
  for (size_t k = 0; k < call->tasks; k++) weight[k] = exp(own->s[k]);
  return GRAFT_OK;
}

static void learn(void *state, const graft_balance *call) {
  graft_balance_learned *own = state;
  double slope[GRAFT_MAX_TASKS] = {0};
  for (size_t k = 0; k < call->tasks; k++) {
    if (graft_balance_has(call, k)) slope[k] = exp(own->s[k]) * call->loss[k] - 1;
  }
  graft_balance_adam(own, call, slope, 0);
}

static const char *const options[] = {"balancer_lr", NULL};

const graft_balancer_type graft_balancer_imtl_l = {
    .name = "imtl_l",
    .summary = "learned factors that make losses equal",
    .scale = "1 over loss in the long run",
    .source = "liu2021",
    .options = options,
    .state_size = state_size,
    .weigh = weigh,
    .learn = learn,
};
