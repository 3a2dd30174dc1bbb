/* SPDX-License-Identifier: BSD-2-Clause
 * Aggregator "sdmgrad": the shortest vector near the mean gradient, from independent batches.
 * Method:    C = J1 J2ᵀ of two batches, divided by the square of the mean root of its diagonal; 20
 *            steps with momentum on w with gradient C w + λ C 1/K and projection on the simplex,
 *            from the w of the call before; weights (w + λ/K)/(1 + λ) for the rows of a third
 *            batch.
 * Cost:      three evaluations with rows; state K numbers.
 * Reference: xiao2023, algorithm 1, with step 5 and momentum 0.5. Output scale: mean.
 */
#include <math.h>
#include <string.h>

#include "mtl/aggregator_impl.h"
#include "mtl/solver.h"

/* Cross-Gramian in units of the rows' mean length; false when there is none. */
static bool normalise(const graft_aggregation *call, double *C) {
  const size_t K = call->tasks;
  double scale = 0;
  for (size_t k = 0; k < K; k++) scale += sqrt(fmax(call->gramian[k * K + k], 0)) / (double)K;
  for (size_t i = 0; i < K * K; i++) C[i] = scale > 0 ? call->gramian[i] / scale / scale : 0;
  return scale > 0;
}

static graft_status weigh(void *state, const graft_aggregation *call, double *weight) {
  enum { STEPS = 20 };
  const double momentum = 0.5, rate = 5, lambda = call->config->sdmgrad_lambda;
  const size_t K = call->tasks;
  double C[GRAFT_SOLVER_ENTRIES], w[GRAFT_MAX_TASKS], speed[GRAFT_MAX_TASKS] = {0};
  double *kept = state;
  for (size_t k = 0; k < K; k++) w[k] = kept[call->task[k]];
  graft_solver_simplex(K, w);
  for (int step = 0; normalise(call, C) && step < STEPS; step++) {
    for (size_t i = 0; i < K; i++) {
      double slope = 0;
      for (size_t j = 0; j < K; j++) slope += C[i * K + j] * (w[j] + lambda / (double)K);
      speed[i] = momentum * speed[i] + slope;
    }
    for (size_t i = 0; i < K; i++) w[i] -= rate * speed[i];
    graft_solver_simplex(K, w);
  }
  for (size_t k = 0; k < K; k++) {
    kept[call->task[k]] = w[k];
    weight[k] = (w[k] + lambda / (double)K) / (1 + lambda);
  }
  return GRAFT_OK;
}

static const char *const options[] = {"sdmgrad_lambda", "aggregator_scale", NULL};

const graft_aggregator_type graft_aggregator_sdmgrad = {
    .name = "sdmgrad",
    .summary = "short vector near the mean gradient, from three batches",
    .scale = "mean",
    .source = "xiao2023",
    .options = options,
    .needs = GRAFT_NEEDS_BATCHES,
    .properties = GRAFT_RULE_WEIGHTED | GRAFT_RULE_STATEFUL,
    .state_size = graft_weights_size,
    .init = graft_weights_init,
    .weigh = weigh,
};
