/* SPDX-License-Identifier: BSD-2-Clause
 * Balancer "gradnorm": gradient lengths that fit the rates at which tasks train.
 * Method:    factors w = K softmax(s). Targets: mean of w_j |g_j| times r_i^alpha, r_i =
 *            (L_i/L_i(0)) in units of its mean; s descends the sum of | w_i |g_i| - target_i | by
 *            Adam, targets held. L(0): mean losses of the first epoch, during which factors are 1.
 * Cost:      rows; state 6 K numbers.
 * Reference: chen2018, equations 1 and 2. The learned numbers have an Adam of their own.
 */
#include <math.h>

#include "mtl/balancer_impl.h"

/* Learned numbers and the losses of the first epoch. */
struct state {
  graft_balance_learned own;     /* s */
  double sum[GRAFT_MAX_TASKS];   /* losses of the first epoch */
  double count[GRAFT_MAX_TASKS]; /* steps with samples in it */
};

static size_t state_size(size_t tasks) {
  (void)tasks;
  return sizeof(struct state);
}

static graft_status weigh(const void *state, const graft_balance *call, double *weight) {
  const struct state *s = state;
  graft_balance_softmax(call->tasks, s->own.s, weight);
  for (size_t k = 0; k < call->tasks; k++) weight[k] *= (double)call->tasks;
  return GRAFT_OK;
}

/* Signs of w_i |g_i| - target_i times |g_i|, 0 for tasks without samples. */
static void slopes(const struct state *s, const graft_balance *call, const double *w, double *out) {
  double length = 0, rate = 0, relative[GRAFT_MAX_TASKS] = {0};
  const double n = graft_balance_count(call);
  for (size_t k = 0; k < call->tasks; k++) {
    if (!graft_balance_has(call, k)) continue;
    const double start = s->count[k] > 0 ? s->sum[k] / s->count[k] : 0;
    relative[k] = start > 0 ? call->loss[k] / start : 1;
    rate += relative[k] / n;
    length += w[k] * call->norm[k] / n;
  }
  for (size_t k = 0; k < call->tasks; k++) {
    out[k] = 0;
    if (!graft_balance_has(call, k) || !(rate > 0)) continue;
    const double target = length * pow(fmax(relative[k] / rate, 0), call->config->gradnorm_alpha);
    const double miss = w[k] * call->norm[k] - target;
    out[k] = miss > 0 ? call->norm[k] : miss < 0 ? -call->norm[k] : 0;
  }
}

static void learn(void *state, const graft_balance *call) {
  struct state *s = state;
  const size_t K = call->tasks;
  double w[GRAFT_MAX_TASKS], by_w[GRAFT_MAX_TASKS], slope[GRAFT_MAX_TASKS], mean = 0;
  if (call->step < call->steps_per_epoch) {
    graft_balance_add(call, s->sum, s->count);
    return;
  }
  graft_balance_softmax(K, s->own.s, w);
  for (size_t k = 0; k < K; k++) w[k] *= (double)K;
  slopes(s, call, w, by_w);
  for (size_t k = 0; k < K; k++) mean += by_w[k] * w[k] / (double)K;
  for (size_t k = 0; k < K; k++) slope[k] = w[k] * (by_w[k] - mean);
  graft_balance_adam(&s->own, call, slope, 0);
}

static const char *const options[] = {"balancer_lr", "gradnorm_alpha", NULL};

const graft_balancer_type graft_balancer_gradnorm = {
    .name = "gradnorm",
    .summary = "gradient lengths that fit the training rates",
    .scale = "sum K",
    .source = "chen2018",
    .options = options,
    .needs = GRAFT_BALANCER_NORMS,
    .state_size = state_size,
    .weigh = weigh,
    .learn = learn,
};
