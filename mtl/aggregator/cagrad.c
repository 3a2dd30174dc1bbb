/* SPDX-License-Identifier: BSD-2-Clause
 * Aggregator "cagrad": the direction near the mean gradient that serves the worst task best.
 * Method:    g0 + c |g0| g_w/|g_w| with w on the simplex least in g_w·g0 + c |g0| |g_w|; divided by
 *            1, 1 + c² or 1 + c. Where g_w vanishes no direction in the ball serves all tasks; then
 *            the mean gradient is projected on the cone without conflicts, which lies in the ball.
 * Cost:      Gramian and about 15 small searches; no state.
 * Reference: liu2021b, algorithm 1. Output scale: mean, up to (1 + c)/(1 + c²).
 */
#include <math.h>

#include "mtl/aggregator.h"
#include "mtl/solver.h"

static graft_status weigh(void *state, const graft_aggregation *call, double *weight) {
  const size_t K = call->tasks;
  const double c = call->config->cagrad_c, *G = call->gramian;
  const long long rescale = call->config->cagrad_rescale;
  const double divisor = rescale == 1 ? 1 + c * c : rescale == 2 ? 1 + c : 1;
  double w[GRAFT_MAX_TASKS], mean[GRAFT_MAX_TASKS], square = 0, norm = 0;
  (void)state;
  for (size_t i = 0; i < K; i++) mean[i] = 1 / (double)K;
  const bool any = graft_solver_ball(K, G, c, w);
  for (size_t i = 0; i < K; i++) {
    for (size_t j = 0; j < K; j++) {
      square += G[i * K + j] / (double)(K * K);
      norm += w[i] * G[i * K + j] * w[j];
    }
  }
  const double factor = any && norm > 0 ? c * sqrt(fmax(square, 0) / norm) : 0;
  if (!any && c > 0) graft_solver_dual_cone(K, G, mean, mean);
  for (size_t i = 0; i < K; i++) weight[i] = (mean[i] + factor * w[i]) / divisor;
  return GRAFT_OK;
}

static const char *const options[] = {"cagrad_c", "cagrad_rescale", "aggregator_scale", NULL};

const graft_aggregator_type graft_aggregator_cagrad = {
    .name = "cagrad",
    .summary = "near the mean gradient, best for the worst task",
    .scale = "mean, up to (1 + c)/(1 + c^2)",
    .source = "liu2021b",
    .options = options,
    .needs = GRAFT_NEEDS_GRAMIAN,
    .properties = GRAFT_RULE_WEIGHTED,
    .weigh = weigh,
};
