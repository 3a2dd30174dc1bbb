/* SPDX-License-Identifier: BSD-2-Clause
 * Aggregator "moco": weights and direction of gradients that are tracked over steps.
 * Method:    rows L_i g_i/|g_i| move tracked rows Y by the rate β/√t; λ = softmax(λ − γ/√t Y Yᵀ λ);
 *            direction Yᵀ λ. Tasks not active keep their rows.
 * Cost:      Gramian and two passes over rows; state K n numbers in double.
 * Reference: fernando2023, algorithm 1, as LibMTL sets it. Output scale: that of the losses.
 */
#include <math.h>

#include "mtl/aggregator_impl.h"

static void init(void *state, const graft_aggregator_settings *config, size_t tasks, size_t n) {
  struct track *t = state;
  graft_track_init(state, config, tasks, n);
  for (size_t k = 0; k < tasks; k++) t->first[k] = 1 / (double)tasks; /* λ */
}

/* Add inner products of the tracked rows in a block. */
static void add_products(const void *state, const graft_aggregation *call,
                         const graft_rows_block *block, double *gramian) {
  for (size_t i = 0; i < call->tasks; i++) {
    for (size_t j = 0; j <= i; j++) {
      const double *x = graft_track_get(state, call->task[i]) + block->first;
      const double *y = graft_track_get(state, call->task[j]) + block->first;
      double sum = 0;
      for (size_t c = 0; c < block->count; c++) sum += x[c] * y[c];
      gramian[i * call->tasks + j] += sum;
      if (j < i) gramian[j * call->tasks + i] += sum;
    }
  }
}

static void gather(void *state, const graft_aggregation *call, const graft_rows_block *block,
                   double *gramian) {
  const struct track *t = state;
  const double beta = call->config->moco_beta / sqrt(t->calls + 1);
  for (size_t k = 0; k < call->tasks; k++) {
    const double length = sqrt(fmax(call->gramian[k * call->tasks + k], 0));
    const double factor = call->loss[k] / (length + 1e-8);
    const double *row = block->row + k * block->stride;
    double *y = graft_track_row(state, call->task[k]) + block->first;
    for (size_t i = 0; i < block->count; i++) y[i] -= beta * (y[i] - factor * row[i]);
  }
  add_products(state, call, block, gramian);
}

static graft_status weigh(void *state, const graft_aggregation *call, double *weight) {
  struct track *t = state;
  const size_t K = call->tasks;
  const double gamma = call->config->moco_gamma / sqrt(t->calls + 1);
  double most = -INFINITY, sum = 0;
  for (size_t i = 0; i < K; i++) {
    weight[i] = t->first[call->task[i]];
    for (size_t j = 0; j < K; j++) {
      weight[i] -= gamma * call->gramian[i * K + j] * t->first[call->task[j]];
    }
    most = fmax(most, weight[i]);
  }
  for (size_t k = 0; k < K; k++) sum += weight[k] = exp(weight[k] - most);
  for (size_t k = 0; k < K; k++) t->first[call->task[k]] = weight[k] /= sum;
  t->calls++;
  return GRAFT_OK;
}

static const char *const options[] = {"moco_beta", "moco_gamma", NULL};

const graft_aggregator_type graft_aggregator_moco = {
    .name = "moco",
    .summary = "weights and direction of gradients tracked over steps",
    .scale = "that of the losses",
    .source = "fernando2023",
    .options = options,
    .needs = GRAFT_NEEDS_LOSSES | GRAFT_NEEDS_GRAMIAN | GRAFT_NEEDS_ROWS,
    .properties = GRAFT_RULE_STATEFUL,
    .state_size = graft_track_size,
    .init = init,
    .weigh = weigh,
    .gather = gather,
    .mix = graft_track_mix,
};
