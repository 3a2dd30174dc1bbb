/* SPDX-License-Identifier: BSD-2-Clause
 * Balancer "uw": losses over variances that are learned.
 * Method:    factor exp(-s_i)/2 of the loss L_i exp(-s_i)/2 + s_i/2; s by Adam, without decay.
 * Cost:      none; state 3 K numbers.
 * Reference: kendall2018, equation 7. The learned numbers have an Adam of their own.
 */
#include <math.h>

#include "mtl/balancer_impl.h"

static size_t state_size(size_t tasks) {
  (void)tasks;
  return sizeof(graft_balance_learned);
}

static void init(void *state, const graft_balancer_config *config, size_t tasks) {
  graft_balance_learned *own = state;
  for (size_t k = 0; k < tasks; k++) own->s[k] = config->uw_start;
}

static graft_status weigh(const void *state, const graft_balance *call, double *weight) {
  const graft_balance_learned *own = state;
  for (size_t k = 0; k < call->tasks; k++) weight[k] = exp(-own->s[k]) / 2;
  return GRAFT_OK;
}

static void learn(void *state, const graft_balance *call) {
  graft_balance_learned *own = state;
  double slope[GRAFT_MAX_TASKS] = {0};
  for (size_t k = 0; k < call->tasks; k++) {
    if (graft_balance_has(call, k)) slope[k] = 0.5 - call->loss[k] * exp(-own->s[k]) / 2;
  }
  graft_balance_adam(own, call, slope, 0);
}

static const char *const options[] = {"balancer_lr", "uw_start", NULL};

const graft_balancer_type graft_balancer_uw = {
    .name = "uw",
    .summary = "losses over variances that are learned",
    .scale = "exp(-s)/2",
    .source = "kendall2018",
    .options = options,
    .state_size = state_size,
    .init = init,
    .weigh = weigh,
    .learn = learn,
};
