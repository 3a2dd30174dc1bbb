/* SPDX-License-Identifier: BSD-2-Clause
 * Aggregator "upgrad": every gradient is projected on the cone without conflicts, then the mean.
 * Method:    for each i the point v ≥ u_i e_i least in vᵀ G v; weights are the sum of these. The
 *            cone's conditions are met exactly: no regularisation.
 * Cost:      Gramian and K small least-squares problems with bounds; no state.
 * Reference: quinton2024, definition 3 and proposition 1. Output scale: mean.
 */
#include <string.h>

#include "mtl/aggregator.h"
#include "mtl/solver.h"

static graft_status weigh(void *state, const graft_aggregation *call, double *weight) {
  const size_t K = call->tasks;
  (void)state;
  memset(weight, 0, K * sizeof *weight);
  for (size_t i = 0; i < K; i++) {
    double u[GRAFT_MAX_TASKS] = {0}, v[GRAFT_MAX_TASKS];
    u[i] = call->preference[i];
    graft_solver_dual_cone(K, call->gramian, u, v);
    for (size_t k = 0; k < K; k++) weight[k] += v[k];
  }
  return GRAFT_OK;
}

static const char *const options[] = {"aggregator_weights", "aggregator_scale", NULL};

const graft_aggregator_type graft_aggregator_upgrad = {
    .name = "upgrad",
    .summary = "each gradient projected on the cone without conflicts",
    .scale = "mean",
    .source = "quinton2024",
    .options = options,
    .needs = GRAFT_NEEDS_GRAMIAN,
    .properties = GRAFT_RULE_SCALING | GRAFT_RULE_WEIGHTED,
    .non_conflicting = GRAFT_MAX_TASKS,
    .weigh = weigh,
};
