/* SPDX-License-Identifier: BSD-2-Clause
 * Balancer "famo": weights that make all losses fall at one rate.
 * Method:    z = softmax(xi), factors K (z_i/L_i) / sum z_j/L_j. After the step the losses of the
 *            same batch are evaluated again; xi gets the gradient J_softmax^T (log L before - log L
 *            after) by Adam with decay 0.001.
 * Cost:      a forward pass before (where there are no rows) and one after; state 4 K numbers.
 * Reference: liu2023, algorithm 1, with least loss 0; factors times K.
 */
#include <math.h>

#include "mtl/balancer_impl.h"

/* Learned numbers and the losses before the step. */
struct state {
  graft_balance_learned own;      /* xi */
  double before[GRAFT_MAX_TASKS]; /* losses of the step */
};

static const double least = 1e-8; /* added to losses */

static size_t state_size(size_t tasks) {
  (void)tasks;
  return sizeof(struct state);
}

static graft_status weigh(const void *state, const graft_balance *call, double *weight) {
  const struct state *s = state;
  double sum = 0;
  GRAFT_TRY(graft_balance_check_positive("famo", call));
  graft_balance_softmax(call->tasks, s->own.s, weight);
  for (size_t k = 0; k < call->tasks; k++) {
    if (graft_balance_has(call, k)) sum += weight[k] /= call->loss[k] + least;
  }
  for (size_t k = 0; k < call->tasks; k++) {
    const double factor = graft_balance_count(call) * weight[k] / sum;
    weight[k] = graft_balance_has(call, k) ? factor : 1;
  }
  return GRAFT_OK;
}

static void learn(void *state, const graft_balance *call) {
  struct state *s = state;
  for (size_t k = 0; k < call->tasks; k++) {
    s->before[k] = graft_balance_has(call, k) ? call->loss[k] : 0;
  }
}

static void follow(void *state, const graft_balance *call) {
  struct state *s = state;
  double z[GRAFT_MAX_TASKS], fall[GRAFT_MAX_TASKS] = {0}, slope[GRAFT_MAX_TASKS], mean = 0;
  graft_balance_softmax(call->tasks, s->own.s, z);
  for (size_t k = 0; k < call->tasks; k++) {
    if (!graft_balance_has(call, k) || !(call->loss[k] >= 0)) continue;
    fall[k] = log(s->before[k] + least) - log(call->loss[k] + least);
    mean += z[k] * fall[k];
  }
  for (size_t k = 0; k < call->tasks; k++) slope[k] = z[k] * (fall[k] - mean);
  graft_balance_adam(&s->own, call, slope, 1e-3);
}

static const char *const options[] = {"balancer_lr", NULL};

const graft_balancer_type graft_balancer_famo = {
    .name = "famo",
    .summary = "weights that make all losses fall at one rate",
    .scale = "sum K",
    .source = "liu2023",
    .options = options,
    .needs = GRAFT_BALANCER_LOSSES | GRAFT_BALANCER_AFTER,
    .state_size = state_size,
    .weigh = weigh,
    .learn = learn,
    .follow = follow,
};
