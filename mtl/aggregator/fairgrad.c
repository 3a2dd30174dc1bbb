/* SPDX-License-Identifier: BSD-2-Clause
 * Aggregator "fairgrad": α-fair shares of the descent.
 * Method:    weights x > 0 with x_i^{1/α} (G x)_i = 1, by Newton's method; α = 1 is nash without a
 *            cut. Weights 0 where 0 is in the convex hull of some rows.
 * Cost:      Gramian and one small solve; no state.
 * Reference: ban2024, equation 8. Output scale: homogeneous of degree (1 − α)/(1 + α).
 */
#include "mtl/aggregator.h"
#include "mtl/solver.h"

static graft_status weigh(void *state, const graft_aggregation *call, double *weight) {
  (void)state;
  (void)graft_solver_fair(call->tasks, call->gramian, call->config->fairgrad_alpha, weight);
  return GRAFT_OK;
}

static const char *const options[] = {"fairgrad_alpha", NULL};

const graft_aggregator_type graft_aggregator_fairgrad = {
    .name = "fairgrad",
    .summary = "alpha-fair shares of the descent",
    .scale = "homogeneous of degree (1 - alpha)/(1 + alpha)",
    .source = "ban2024",
    .options = options,
    .needs = GRAFT_NEEDS_GRAMIAN,
    .properties = GRAFT_RULE_WEIGHTED,
    .non_conflicting = GRAFT_MAX_TASKS,
    .weigh = weigh,
};
