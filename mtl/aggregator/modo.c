/* SPDX-License-Identifier: BSD-2-Clause
 * Aggregator "modo": weights that descend the length of the direction, from independent batches.
 * Method:    w = projection on the simplex of w − γ (J1 J2ᵀ w + ρ w), J1 and J2 of two batches; the
 *            direction has the rows of a third one.
 * Cost:      three evaluations with rows; state K numbers.
 * Reference: chen2023b, algorithm 1. Output scale: mean.
 */
#include "mtl/aggregator_impl.h"
#include "mtl/solver.h"

static graft_status weigh(void *state, const graft_aggregation *call, double *weight) {
  const size_t K = call->tasks;
  const double gamma = call->config->modo_gamma, rho = call->config->modo_rho;
  double *kept = state, w[GRAFT_MAX_TASKS];
  for (size_t k = 0; k < K; k++) w[k] = kept[call->task[k]];
  graft_solver_simplex(K, w);
  for (size_t i = 0; i < K; i++) {
    double slope = rho * w[i];
    for (size_t j = 0; j < K; j++) slope += call->gramian[i * K + j] * w[j];
    weight[i] = w[i] - gamma * slope;
  }
  graft_solver_simplex(K, weight);
  for (size_t k = 0; k < K; k++) kept[call->task[k]] = weight[k];
  return GRAFT_OK;
}

static const char *const options[] = {"modo_gamma", "modo_rho", "aggregator_scale", NULL};

const graft_aggregator_type graft_aggregator_modo = {
    .name = "modo",
    .summary = "weights descend the direction's length, from three batches",
    .scale = "mean",
    .source = "chen2023b",
    .options = options,
    .needs = GRAFT_NEEDS_BATCHES,
    .properties = GRAFT_RULE_WEIGHTED | GRAFT_RULE_STATEFUL,
    .state_size = graft_weights_size,
    .init = graft_weights_init,
    .weigh = weigh,
};
