/* SPDX-License-Identifier: BSD-2-Clause
 * Balancer "relobralo": weights by losses relative to the step before, or at times to the start.
 * Method:    b(x) = K softmax(L / (T x)) for reference losses x; with probability rho per step
 *            lambda = alpha lambda + (1 - alpha) b(last), else alpha b(first) + (1 - alpha)
 *            b(last). Factors lambda, made of the losses of steps before this one.
 * Cost:      none; state 3 K numbers.
 * Reference: bischof2021, equation 11.
 */
#include <math.h>

#include "base/rng.h"
#include "mtl/balancer_impl.h"

/* Weights and reference losses; 0: none yet. */
struct state {
  double lambda[GRAFT_MAX_TASKS]; /* factors */
  double first[GRAFT_MAX_TASKS];  /* losses of the first step with samples */
  double last[GRAFT_MAX_TASKS];   /* losses of the last step with samples */
};

static size_t state_size(size_t tasks) {
  (void)tasks;
  return sizeof(struct state);
}

static void init(void *state, const graft_balancer_config *config, size_t tasks) {
  struct state *s = state;
  (void)config;
  for (size_t k = 0; k < tasks; k++) s->lambda[k] = 1;
}

static graft_status weigh(const void *state, const graft_balance *call, double *weight) {
  const struct state *s = state;
  for (size_t k = 0; k < call->tasks; k++) weight[k] = s->lambda[k];
  return GRAFT_OK;
}

/* K softmax of losses relative to a reference. */
static void balance(const graft_balance *call, const double *reference, double *out) {
  double ratio[GRAFT_MAX_TASKS] = {0};
  for (size_t k = 0; k < call->tasks; k++) {
    const bool known = graft_balance_has(call, k) && reference[k] > 0;
    ratio[k] = (known ? call->loss[k] / reference[k] : 1) / call->config->relobralo_temperature;
  }
  graft_balance_softmax(call->tasks, ratio, out);
  for (size_t k = 0; k < call->tasks; k++) out[k] *= (double)call->tasks;
}

static void learn(void *state, const graft_balance *call) {
  struct state *s = state;
  const double alpha = call->config->relobralo_alpha;
  double by_last[GRAFT_MAX_TASKS], by_first[GRAFT_MAX_TASKS];
  graft_rng rng;
  graft_rng_init(&rng, call->seed, GRAFT_STREAM_AGGREGATOR, call->step);
  const bool keeps = graft_rng_uniform(&rng) < call->config->relobralo_rho;
  balance(call, s->last, by_last);
  balance(call, s->first, by_first);
  for (size_t k = 0; k < call->tasks; k++) {
    s->lambda[k] = alpha * (keeps ? s->lambda[k] : by_first[k]) + (1 - alpha) * by_last[k];
    if (!graft_balance_has(call, k)) continue;
    s->last[k] = call->loss[k];
    if (s->first[k] == 0) s->first[k] = call->loss[k];
  }
}

static const char *const options[] = {"relobralo_alpha", "relobralo_rho", "relobralo_temperature",
                                      NULL};

const graft_balancer_type graft_balancer_relobralo = {
    .name = "relobralo",
    .summary = "weights by relative losses, now and at the start",
    .scale = "sum K",
    .source = "bischof2021",
    .options = options,
    .state_size = state_size,
    .init = init,
    .weigh = weigh,
    .learn = learn,
};
