/* SPDX-License-Identifier: BSD-2-Clause
 * Aggregator "gradvac": pairs of gradients are turned towards cosines that are learned.
 * Method:    as pcgrad, but g_i' is turned until its cosine with g_j reaches the target φ_ij, if it
 *            is below; then φ_ij moves to the cosine that was found, on every visit.
 * Cost:      Gramian and K³ flops; state K² numbers.
 * Reference: wang2021, algorithm 1, for the whole vector, there as a sum. Output scale: mean of the
 *            turned rows.
 */
#include <math.h>

#include "mtl/aggregator_impl.h"

static size_t state_size(const graft_aggregator_settings *config, size_t tasks, size_t n) {
  (void)config, (void)n;
  return tasks * tasks * sizeof(double); /* targets, 0 at the start */
}

/* Turn row i, given by coefficients `own` of the rows, towards row j; move the target. */
static void turn(void *state, const graft_aggregation *call, double *own, size_t i, size_t j) {
  double *target = (double *)state + call->task[i] * call->all + call->task[j];
  const size_t K = call->tasks;
  const double *G = call->gramian, phi = *target, beta = call->config->gradvac_beta;
  double product = 0, square = 0;
  for (size_t k = 0; k < K; k++) {
    product += own[k] * G[k * K + j];
    for (size_t l = 0; l < K; l++) square += own[k] * G[k * K + l] * own[l];
  }
  const double length = sqrt(fmax(square, 0)), other = sqrt(fmax(G[j * K + j], 0));
  if (!(length > 0 && other > 0)) return;
  const double cosine = fmin(fmax(product / length / other, -1), 1);
  const double sine = sqrt(1 - cosine * cosine), height = sqrt(fmax(1 - phi * phi, 0));
  if (cosine < phi && height > 1e-8) {
    own[j] += length / other * (phi * sine - cosine * height) / height;
  }
  *target = (1 - beta) * phi + beta * cosine;
}

static graft_status weigh(void *state, const graft_aggregation *call, double *weight) {
  graft_turn_all(state, call, turn, weight);
  return GRAFT_OK;
}

static const char *const options[] = {"gradvac_beta", "aggregator_scale", NULL};

const graft_aggregator_type graft_aggregator_gradvac = {
    .name = "gradvac",
    .summary = "gradients are turned towards learned cosines",
    .scale = "mean",
    .source = "wang2021",
    .options = options,
    .needs = GRAFT_NEEDS_GRAMIAN,
    .properties =
        GRAFT_RULE_SCALING | GRAFT_RULE_WEIGHTED | GRAFT_RULE_RANDOM | GRAFT_RULE_STATEFUL,
    .state_size = state_size,
    .weigh = weigh,
};
