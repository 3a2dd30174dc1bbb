/* SPDX-License-Identifier: BSD-2-Clause
 * Aggregator "nash": the bargaining solution between tasks.
 * Method:    weights a > 0 with a_i (G a)_i = 1, by Newton's method; the direction is cut to
 * nash_norm. Where 0 is in the convex hull of some rows there is no such a: weights 0 (stationary).
 * Cost:      Gramian and one small solve; no state, as there is no start value to keep.
 * Reference: navon2022, claim 3.2 and algorithm 1. Output scale: length √K whatever the gradients.
 */
#include <math.h>

#include "mtl/aggregator.h"
#include "mtl/solver.h"

static graft_status weigh(void *state, const graft_aggregation *call, double *weight) {
  const size_t K = call->tasks;
  const double most = call->config->nash_norm, length = sqrt((double)K);
  (void)state;
  if (!graft_solver_fair(K, call->gramian, 1, weight)) return GRAFT_OK;
  for (size_t k = 0; most > 0 && length > most && k < K; k++) weight[k] *= most / length;
  return GRAFT_OK;
}

static const char *const options[] = {"nash_norm", NULL};

const graft_aggregator_type graft_aggregator_nash = {
    .name = "nash",
    .summary = "bargaining solution between tasks",
    .scale = "sqrt(K), whatever the gradients",
    .source = "navon2022",
    .options = options,
    .needs = GRAFT_NEEDS_GRAMIAN,
    .properties = GRAFT_RULE_WEIGHTED,
    .non_conflicting = GRAFT_MAX_TASKS,
    .weigh = weigh,
};
