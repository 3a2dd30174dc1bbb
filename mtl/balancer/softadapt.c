/* SPDX-License-Identifier: BSD-2-Clause
 * Balancer "softadapt": weights by the change of the losses from step to step.
 * Method:    factors K softmax(beta d), d_i = change of L_i over the last two steps with samples,
 *            in units of the sum of magnitudes; beta > 0 favours losses that fall least.
 * Cost:      none; state 2 K numbers.
 * Reference: heydari2019, equation 3, normalised variant, with the last two steps.
 */
#include <math.h>

#include "mtl/balancer_impl.h"

/* Losses of the last two steps with samples; 0: none yet. */
struct state {
  double last[2][GRAFT_MAX_TASKS];
};

static size_t state_size(size_t tasks) {
  (void)tasks;
  return sizeof(struct state);
}

static graft_status weigh(const void *state, const graft_balance *call, double *weight) {
  const struct state *s = state;
  double change[GRAFT_MAX_TASKS] = {0}, size = 0;
  const size_t K = call->tasks;
  for (size_t k = 0; k < K; k++) {
    const bool known = s->last[1][k] != 0;
    change[k] = known ? s->last[0][k] - s->last[1][k] : 0;
    size += fabs(change[k]);
  }
  for (size_t k = 0; k < K; k++) {
    change[k] = size > 0 ? call->config->softadapt_beta * change[k] / size : 0;
  }
  graft_balance_softmax(K, change, weight);
  for (size_t k = 0; k < K; k++) weight[k] *= (double)K;
  return GRAFT_OK;
}

static void learn(void *state, const graft_balance *call) {
  struct state *s = state;
  for (size_t k = 0; k < call->tasks; k++) {
    if (!graft_balance_has(call, k)) continue;
    s->last[1][k] = s->last[0][k];
    s->last[0][k] = call->loss[k];
  }
}

static const char *const options[] = {"softadapt_beta", NULL};

const graft_balancer_type graft_balancer_softadapt = {
    .name = "softadapt",
    .summary = "weights by the change of the losses",
    .scale = "sum K",
    .source = "heydari2019",
    .options = options,
    .state_size = state_size,
    .weigh = weigh,
    .learn = learn,
};
