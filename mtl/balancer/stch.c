/* SPDX-License-Identifier: BSD-2-Clause
 * Balancer "stch": a smooth maximum of the losses in units of their size.
 * Method:    gradient of K mu log sum exp(log(L_i/N_i)/mu): factors K p_i/L_i with p = softmax of
 *            log(L_i/N_i)/mu. In the epochs of the warm-up 1/L_i; the mean losses of the last of
 *            these become N.
 * Cost:      a forward pass where there are no rows; state 2 K numbers.
 * Reference: lin2024, equation 9, as LibMTL sets it.
 */
#include <math.h>

#include "mtl/balancer_impl.h"

/* Sums of the epoch at hand, and what earlier ones left. */
struct state {
  double sum[GRAFT_MAX_TASKS];   /* losses of this epoch */
  double count[GRAFT_MAX_TASKS]; /* steps with samples in this epoch */
};

static size_t state_size(size_t tasks) {
  (void)tasks;
  return sizeof(struct state);
}

static bool warming(const graft_balance *call) {
  return call->step < (uint64_t)call->config->stch_warmup * call->steps_per_epoch;
}

static graft_status weigh(const void *state, const graft_balance *call, double *weight) {
  const struct state *s = state;
  double level[GRAFT_MAX_TASKS] = {0};
  const size_t K = call->tasks;
  GRAFT_TRY(graft_balance_check_positive("stch", call));
  for (size_t k = 0; k < K; k++) {
    const double size = s->count[k] > 0 ? s->sum[k] / s->count[k] : 1;
    const bool any = graft_balance_has(call, k);
    level[k] = any ? log(call->loss[k] / size) / call->config->stch_mu : -INFINITY;
  }
  graft_balance_softmax(K, level, weight);
  for (size_t k = 0; k < K; k++) {
    const double share = warming(call) ? 1 : graft_balance_count(call) * weight[k];
    weight[k] = graft_balance_has(call, k) ? share / call->loss[k] : 1;
  }
  return GRAFT_OK;
}

static void learn(void *state, const graft_balance *call) {
  struct state *s = state;
  const uint64_t epoch = call->step / call->steps_per_epoch;
  if (epoch + 1 == (uint64_t)call->config->stch_warmup) {
    graft_balance_add(call, s->sum, s->count);
  }
}

static const char *const options[] = {"stch_mu", "stch_warmup", NULL};

const graft_balancer_type graft_balancer_stch = {
    .name = "stch",
    .summary = "smooth maximum of the losses",
    .scale = "1 over loss",
    .source = "lin2024",
    .options = options,
    .needs = GRAFT_BALANCER_LOSSES,
    .state_size = state_size,
    .weigh = weigh,
    .learn = learn,
};
