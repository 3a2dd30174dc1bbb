/* SPDX-License-Identifier: BSD-2-Clause
 * Aggregator "excess_mtl": weights grow with an estimate of what a task can still gain.
 * Method:    H_i += g_i² by coordinate; excess e_i = Σ g_i²/√(H_i + 1e-7), in units of the first
 *            one; w_i times exp(η e_i), then divided by their sum. Equal weights in the first call.
 * Cost:      two passes over rows; state K n numbers in double.
 * Reference: he2024, algorithm 1. Output scale: mean.
 */
#include <math.h>

#include "mtl/aggregator_impl.h"

static void gather(void *state, const graft_aggregation *call, const graft_rows_block *block,
                   double *gramian) {
  for (size_t k = 0; k < call->tasks; k++) {
    const double *row = block->row + k * block->stride;
    double *h = graft_track_row(state, call->task[k]) + block->first, sum = 0;
    for (size_t i = 0; i < block->count; i++) {
      h[i] += row[i] * row[i];
      sum += row[i] * row[i] / sqrt(h[i] + 1e-7);
    }
    gramian[k * call->tasks + k] += sum;
  }
}

/* The first numbers of a task are its excess in its first call, 0: none yet; the second ones the
 * logarithms of the weights. */
static graft_status weigh(void *state, const graft_aggregation *call, double *weight) {
  struct track *t = state;
  const size_t K = call->tasks;
  double most = -INFINITY, sum = 0;
  for (size_t k = 0; k < K; k++) {
    const double excess = call->gramian[k * K + k];
    double *first = &t->first[call->task[k]], *w = &t->second[call->task[k]];
    if (*first > 0) *w += call->config->excess_eta * excess / *first;
    if (!(*first > 0)) *first = excess;
    most = fmax(most, *w);
  }
  for (size_t k = 0; k < K; k++) sum += weight[k] = exp(t->second[call->task[k]] - most);
  for (size_t k = 0; k < K; k++) weight[k] /= sum;
  return GRAFT_OK;
}

static const char *const options[] = {"excess_eta", "aggregator_scale", NULL};

const graft_aggregator_type graft_aggregator_excess_mtl = {
    .name = "excess_mtl",
    .summary = "weights grow with what a task can still gain",
    .scale = "mean",
    .source = "he2024",
    .options = options,
    .needs = GRAFT_NEEDS_ROWS,
    .properties = GRAFT_RULE_WEIGHTED | GRAFT_RULE_STATEFUL,
    .state_size = graft_track_size,
    .init = graft_track_init,
    .weigh = weigh,
    .gather = gather,
};
