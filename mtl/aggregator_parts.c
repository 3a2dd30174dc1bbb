/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/rng.h"
#include "mtl/aggregator_impl.h"

size_t graft_track_size(const graft_aggregator_settings *config, size_t tasks, size_t n) {
  (void)config;
  return sizeof(struct track) + tasks * n * sizeof(double);
}

void graft_track_init(void *state, const graft_aggregator_settings *config, size_t tasks,
                      size_t n) {
  struct track *t = state;
  (void)config, (void)tasks;
  t->n = (double)n;
}

double *graft_track_row(void *state, size_t task) {
  struct track *t = state;
  return (double *)(t + 1) + task * (size_t)t->n;
}

const double *graft_track_get(const void *state, size_t task) {
  const struct track *t = state;
  return (const double *)(t + 1) + task * (size_t)t->n;
}

void graft_track_mix(const void *state, const graft_aggregation *call,
                     const graft_rows_block *block, const double *weight, double *direction) {
  for (size_t i = 0; i < block->count; i++) direction[i] = 0;
  for (size_t k = 0; k < call->tasks; k++) {
    const double *row = graft_track_get(state, call->task[k]) + block->first;
    for (size_t i = 0; i < block->count; i++) direction[i] += weight[k] * row[i];
  }
}

size_t graft_weights_size(const graft_aggregator_settings *config, size_t tasks, size_t n) {
  (void)config, (void)n;
  return tasks * sizeof(double);
}

void graft_weights_init(void *state, const graft_aggregator_settings *config, size_t tasks,
                        size_t n) {
  double *w = state;
  (void)config, (void)n;
  for (size_t k = 0; k < tasks; k++) w[k] = 1 / (double)tasks;
}

void graft_turn_all(void *state, const graft_aggregation *call, graft_turn *turn, double *weight) {
  const size_t K = call->tasks;
  graft_rng rng;
  memset(weight, 0, K * sizeof *weight);
  graft_rng_init(&rng, call->seed, GRAFT_STREAM_AGGREGATOR, call->step);
  for (size_t i = 0; i < K; i++) {
    double own[GRAFT_MAX_TASKS] = {0};
    size_t order[GRAFT_MAX_TASKS];
    for (size_t j = 0; j < K; j++) order[j] = j;
    graft_rng_shuffle(&rng, order, K);
    own[i] = 1;
    for (size_t o = 0; o < K; o++) {
      if (order[o] != i) turn(state, call, own, i, order[o]);
    }
    for (size_t k = 0; k < K; k++) weight[k] += own[k] / (double)K;
  }
}
