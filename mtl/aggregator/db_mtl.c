/* SPDX-License-Identifier: BSD-2-Clause
 * Aggregator "db_mtl": averaged gradients of log losses, all made as long as the longest.
 * Method:    rows g_i/(L_i + 1e-8) are averaged: y = g + β/√t (y − g); each y_i is scaled to the
 *            longest of them; mean.
 * Cost:      two passes over rows; state K n numbers in double.
 * Reference: lin2023, algorithm 1, there as a sum. Output scale: the longest averaged log gradient.
 */
#include <math.h>

#include "mtl/aggregator_impl.h"

static void gather(void *state, const graft_aggregation *call, const graft_rows_block *block,
                   double *gramian) {
  const struct track *t = state;
  const double beta = call->config->db_beta / sqrt(t->calls + 1);
  for (size_t k = 0; k < call->tasks; k++) {
    const double factor = 1 / (fabs(call->loss[k]) + 1e-8);
    const double *row = block->row + k * block->stride;
    double *y = graft_track_row(state, call->task[k]) + block->first, sum = 0;
    for (size_t i = 0; i < block->count; i++) {
      const double g = factor * row[i];
      y[i] = g + beta * (y[i] - g);
      sum += y[i] * y[i];
    }
    gramian[k * call->tasks + k] += sum;
  }
}

static graft_status weigh(void *state, const graft_aggregation *call, double *weight) {
  struct track *t = state;
  const size_t K = call->tasks;
  double most = 0;
  for (size_t k = 0; k < K; k++) most = fmax(most, call->gramian[k * K + k]);
  for (size_t k = 0; k < K; k++) {
    const double square = call->gramian[k * K + k];
    weight[k] = square > 0 ? sqrt(most / square) / (double)K : 0;
  }
  t->calls++;
  return GRAFT_OK;
}

static const char *const options[] = {"db_beta", "aggregator_scale", NULL};

const graft_aggregator_type graft_aggregator_db_mtl = {
    .name = "db_mtl",
    .summary = "averaged gradients of log losses, equally long",
    .scale = "longest averaged log gradient",
    .source = "lin2023",
    .options = options,
    .needs = GRAFT_NEEDS_LOSSES | GRAFT_NEEDS_ROWS,
    .properties = GRAFT_RULE_STATEFUL,
    .state_size = graft_track_size,
    .init = graft_track_init,
    .weigh = weigh,
    .gather = gather,
    .mix = graft_track_mix,
};
