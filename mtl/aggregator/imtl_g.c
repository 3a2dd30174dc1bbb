/* SPDX-License-Identifier: BSD-2-Clause
 * Aggregator "imtl_g": the direction with equal projections on all gradients.
 * Method:    v = G⁺ length, w = v / Σv. Independent rows: solved with the cosines, which rows of
 *            very different lengths do not upset. No answer (weights 0) where Σv vanishes.
 * Cost:      Gramian and eigenvalues of a small matrix; no state.
 * Reference: liu2021, equation 6; quinton2024, appendix B for dependent rows. Output scale: mean
 *            (the weights sum to 1; they may be negative).
 */
#include <math.h>
#include <string.h>

#include "mtl/aggregator.h"
#include "mtl/solver.h"

static graft_status weigh(void *state, const graft_aggregation *call, double *weight) {
  const size_t K = call->tasks;
  double length[GRAFT_MAX_TASKS], cosine[GRAFT_SOLVER_ENTRIES], one[GRAFT_MAX_TASKS];
  double sum = 0, size = 0;
  (void)state;
  graft_solver_cosines(K, call->gramian, length, cosine);
  for (size_t k = 0; k < K; k++) one[k] = 1;
  if (graft_solver_pseudo(K, cosine, one, weight) == K) {
    for (size_t k = 0; k < K; k++) weight[k] /= length[k];
  } else {
    graft_solver_pseudo(K, call->gramian, length, weight);
  }
  for (size_t k = 0; k < K; k++) sum += weight[k], size += fabs(weight[k]);
  for (size_t k = 0; k < K; k++) weight[k] = fabs(sum) > 1e-12 * size ? weight[k] / sum : 0;
  return GRAFT_OK;
}

static const char *const options[] = {"aggregator_scale", NULL};

const graft_aggregator_type graft_aggregator_imtl_g = {
    .name = "imtl_g",
    .summary = "equal projections on all gradients",
    .scale = "mean",
    .source = "liu2021",
    .options = options,
    .needs = GRAFT_NEEDS_GRAMIAN,
    .properties = GRAFT_RULE_WEIGHTED,
    .weigh = weigh,
};
