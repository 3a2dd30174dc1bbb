/* SPDX-License-Identifier: BSD-2-Clause
 * Aggregator "config": equal cosines with all gradients.
 * Method:    x = pinv(U) u for the unit rows U, made a unit vector; direction (mean of g_i·x) x. In
 *            Gramian form: coefficients pinv(C) u of the unit rows, C the cosines.
 * Cost:      Gramian and eigenvalues of a small matrix; no state.
 * Reference: liu2024, equation 3, there with the sum of g_i·x. Output scale: mean of the
 * projections.
 */
#include <math.h>

#include "mtl/aggregator.h"
#include "mtl/solver.h"

static graft_status weigh(void *state, const graft_aggregation *call, double *weight) {
  const size_t K = call->tasks;
  double length[GRAFT_MAX_TASKS], cosine[GRAFT_SOLVER_ENTRIES], z[GRAFT_MAX_TASKS];
  double u[GRAFT_MAX_TASKS], square = 0, project = 0, size = 0;
  (void)state;
  graft_solver_cosines(K, call->gramian, length, cosine);
  for (size_t k = 0; k < K; k++) u[k] = call->preference[k];
  graft_solver_pseudo(K, cosine, u, z);
  for (size_t i = 0; i < K; i++) {
    double product = 0;
    for (size_t j = 0; j < K; j++) product += cosine[i * K + j] * z[j];
    square += z[i] * product;
    project += length[i] * product / (double)K;
    size += z[i] * z[i];
  }
  for (size_t k = 0; k < K; k++) {
    const bool any = square > 1e-24 * size && length[k] > 0;
    weight[k] = any ? project / square * z[k] / length[k] : 0;
  }
  return GRAFT_OK;
}

static const char *const options[] = {"aggregator_weights", "aggregator_scale", NULL};

const graft_aggregator_type graft_aggregator_config = {
    .name = "config",
    .summary = "equal cosines with all gradients",
    .scale = "mean",
    .source = "liu2024",
    .options = options,
    .needs = GRAFT_NEEDS_GRAMIAN,
    .properties = GRAFT_RULE_SCALING | GRAFT_RULE_WEIGHTED,
    .weigh = weigh,
};
