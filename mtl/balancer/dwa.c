/* SPDX-License-Identifier: BSD-2-Clause
 * Balancer "dwa": losses that fall slowly get more weight.
 * Method:    factors K softmax(r/T), r_i = mean loss of the last epoch over that of the one before;
 *            1 in the first two epochs.
 * Cost:      none; state 4 K numbers.
 * Reference: liu2019, equation 7.
 */
#include <math.h>

#include "mtl/balancer_impl.h"

/* Sums of the epoch at hand, and what earlier ones left. */
struct state {
  double sum[GRAFT_MAX_TASKS];     /* losses of this epoch */
  double count[GRAFT_MAX_TASKS];   /* steps with samples in this epoch */
  double last[2][GRAFT_MAX_TASKS]; /* mean losses of the epochs before; 0: none yet */
};

static size_t state_size(size_t tasks) {
  (void)tasks;
  return sizeof(struct state);
}

static graft_status weigh(const void *state, const graft_balance *call, double *weight) {
  const struct state *s = state;
  double ratio[GRAFT_MAX_TASKS] = {0};
  const size_t K = call->tasks;
  for (size_t k = 0; k < K; k++) {
    const bool known = s->last[0][k] > 0 && s->last[1][k] > 0;
    ratio[k] = (known ? s->last[0][k] / s->last[1][k] : 1) / call->config->dwa_temperature;
  }
  graft_balance_softmax(K, ratio, weight);
  for (size_t k = 0; k < K; k++) weight[k] *= (double)K;
  return GRAFT_OK;
}

static void learn(void *state, const graft_balance *call) {
  struct state *s = state;
  graft_balance_add(call, s->sum, s->count);
  if ((call->step + 1) % call->steps_per_epoch != 0) return;
  for (size_t k = 0; k < call->tasks; k++) {
    s->last[1][k] = s->last[0][k];
    s->last[0][k] = s->count[k] > 0 ? s->sum[k] / s->count[k] : s->last[0][k];
    s->sum[k] = s->count[k] = 0;
  }
}

static const char *const options[] = {"dwa_temperature", NULL};

const graft_balancer_type graft_balancer_dwa = {
    .name = "dwa",
    .summary = "slowly falling losses get more weight",
    .scale = "sum K",
    .source = "liu2019",
    .options = options,
    .state_size = state_size,
    .weigh = weigh,
    .learn = learn,
};
