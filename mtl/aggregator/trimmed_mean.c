/* SPDX-License-Identifier: BSD-2-Clause
 * Aggregator "trimmed_mean": the mean of each coordinate without its extremes.
 * Method:    drop the largest and the smallest `trim` entries of a coordinate, mean of the rest.
 *            With fewer than 2 trim + 1 tasks in a step, as many are dropped as leave one or two.
 * Cost:      one pass over the rows with a sort per coordinate; no state.
 * Reference: yin2018, definition 2. Output scale: mean.
 */
#include "mtl/aggregator.h"

static graft_status check(const graft_aggregator_settings *config, size_t tasks) {
  GRAFT_CHECK(tasks == 1 || tasks >= 2 * (size_t)config->trim + 1, USAGE,
              "trim: trimmed_mean expects at least %lld tasks, got %zu", 2 * config->trim + 1,
              tasks);
  return GRAFT_OK;
}

static void mix(const void *state, const graft_aggregation *call, const graft_rows_block *block,
                const double *weight, double *direction) {
  const size_t K = call->tasks, most = (K - 1) / 2;
  const size_t trim = (size_t)call->config->trim < most ? (size_t)call->config->trim : most;
  double x[GRAFT_MAX_TASKS];
  (void)state, (void)weight;
  for (size_t i = 0; i < block->count; i++) {
    double sum = 0;
    for (size_t k = 0; k < K; k++) { /* insertion sort */
      size_t at = k;
      const double g = block->row[k * block->stride + i];
      for (; at > 0 && x[at - 1] > g; at--) x[at] = x[at - 1];
      x[at] = g;
    }
    for (size_t k = trim; k < K - trim; k++) sum += x[k];
    direction[i] = sum / (double)(K - 2 * trim);
  }
}

static const char *const options[] = {"trim", "aggregator_scale", NULL};

const graft_aggregator_type graft_aggregator_trimmed_mean = {
    .name = "trimmed_mean",
    .summary = "mean of each coordinate without its extremes",
    .scale = "mean",
    .source = "yin2018",
    .options = options,
    .needs = GRAFT_NEEDS_ROWS,
    .check = check,
    .mix = mix,
};
