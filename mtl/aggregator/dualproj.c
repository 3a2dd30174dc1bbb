/* SPDX-License-Identifier: BSD-2-Clause
 * Aggregator "dualproj": the mean gradient projected on the cone without conflicts.
 * Method:    weights v ≥ u least in vᵀ G v. The cone's conditions are met exactly: no
 *            regularisation.
 * Cost:      Gramian and one small least-squares problem with bounds; no state.
 * Reference: lopezpaz2017, equation 11; quinton2024, section 3. Output scale: mean.
 */
#include "mtl/aggregator.h"
#include "mtl/solver.h"

static graft_status weigh(void *state, const graft_aggregation *call, double *weight) {
  (void)state;
  graft_solver_dual_cone(call->tasks, call->gramian, call->preference, weight);
  return GRAFT_OK;
}

static const char *const options[] = {"aggregator_weights", "aggregator_scale", NULL};

const graft_aggregator_type graft_aggregator_dualproj = {
    .name = "dualproj",
    .summary = "the mean gradient projected on the cone without conflicts",
    .scale = "mean",
    .source = "lopezpaz2017",
    .options = options,
    .needs = GRAFT_NEEDS_GRAMIAN,
    .properties = GRAFT_RULE_WEIGHTED,
    .non_conflicting = GRAFT_MAX_TASKS,
    .weigh = weigh,
};
