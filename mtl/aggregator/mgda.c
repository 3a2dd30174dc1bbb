/* SPDX-License-Identifier: BSD-2-Clause
 * Aggregator "mgda": the shortest vector in the convex hull of the gradients.
 * Method:    weights on the simplex with least |Jᵀ w|, by Wolfe's algorithm. With mgda_norm the
 *            weights are those of rows divided by their lengths, losses or both; the direction is
 *            made of the rows as they are.
 * Cost:      Gramian and one small search; no state.
 * Reference: desideri2012, theorem 2.2; sener2018, equation 3 and section 4 (normalisation).
 *            Output scale: mean (the weights sum to 1); follows the shortest gradient.
 */
#include <math.h>
#include <string.h>

#include "mtl/aggregator.h"
#include "mtl/solver.h"

/* What a row is divided by before the search. */
static double divisor(const graft_aggregation *call, size_t k) {
  const char *norm = call->config->mgda_norm;
  const double length = sqrt(fmax(call->gramian[k * call->tasks + k], 0));
  const double loss = fabs(call->loss[k]);
  const bool by_length = strcmp(norm, "l2") == 0 || strcmp(norm, "loss_l2") == 0;
  const bool by_loss = strcmp(norm, "loss") == 0 || strcmp(norm, "loss_l2") == 0;
  const double by = (by_length ? length : 1) * (by_loss ? loss : 1);
  return by > 0 ? by : 1;
}

static graft_status weigh(void *state, const graft_aggregation *call, double *weight) {
  const size_t K = call->tasks;
  double scaled[GRAFT_SOLVER_ENTRIES];
  (void)state;
  for (size_t i = 0; i < K; i++) {
    for (size_t j = 0; j < K; j++) {
      scaled[i * K + j] = call->gramian[i * K + j] / divisor(call, i) / divisor(call, j);
    }
  }
  graft_solver_min_norm(K, scaled, weight);
  return GRAFT_OK;
}

static const char *const options[] = {"mgda_norm", "aggregator_scale", NULL};

const graft_aggregator_type graft_aggregator_mgda = {
    .name = "mgda",
    .summary = "shortest vector in the convex hull of the gradients",
    .scale = "mean; follows the shortest gradient",
    .source = "desideri2012",
    .options = options,
    .needs = GRAFT_NEEDS_GRAMIAN | GRAFT_NEEDS_LOSSES,
    .properties = GRAFT_RULE_WEIGHTED,
    .non_conflicting = GRAFT_MAX_TASKS,
    .weigh = weigh,
};
