/* SPDX-License-Identifier: BSD-2-Clause
 * Aggregator "graddrop": in each coordinate entries of one sign are dropped at random.
 * Method:    P = (1 + Σg/Σ|g|)/2 and a uniform U for each coordinate; positive entries stay where P
 *            > U, negative ones where P < U; what is dropped keeps the share graddrop_leak.
 * Cost:      one pass over the rows and a random number per coordinate; no state.
 * Reference: chen2020, algorithm 1, on parameters, there as a sum. Output scale: mean of what
 *            stays.
 */
#include <math.h>

#include "base/rng.h"
#include "mtl/aggregator.h"

static void mix(const void *state, const graft_aggregation *call, const graft_rows_block *block,
                const double *weight, double *direction) {
  const size_t K = call->tasks;
  const double leak = call->config->graddrop_leak;
  graft_rng rng;
  (void)state, (void)weight;
  /* coordinates of at most 2^40 parameters, steps beyond 2^24 come round again */
  graft_rng_init(&rng, call->seed, GRAFT_STREAM_AGGREGATOR, call->step << 40 ^ block->first);
  for (size_t i = 0; i < block->count; i++) {
    double sum = 0, size = 0, kept = 0;
    for (size_t k = 0; k < K; k++) {
      const double g = block->row[k * block->stride + i];
      sum += g;
      size += fabs(g);
    }
    const double p = size > 0 ? 0.5 * (1 + sum / size) : 0.5, u = graft_rng_uniform(&rng);
    for (size_t k = 0; k < K; k++) {
      const double g = block->row[k * block->stride + i];
      kept += (g > 0 ? p > u : p < u) ? g : leak * g;
    }
    direction[i] = kept / (double)K;
  }
}

static const char *const options[] = {"graddrop_leak", "aggregator_scale", NULL};

const graft_aggregator_type graft_aggregator_graddrop = {
    .name = "graddrop",
    .summary = "in each coordinate one sign is dropped at random",
    .scale = "mean",
    .source = "chen2020",
    .options = options,
    .needs = GRAFT_NEEDS_ROWS,
    .properties = GRAFT_RULE_RANDOM,
    .mix = mix,
};
