/* SPDX-License-Identifier: BSD-2-Clause
 * Aggregator "krum": the gradients that have the nearest neighbours.
 * Method:    score of a row = sum of its K − f − 2 smallest distances to others; mean of the rows
 * with the lowest scores. Rows that tie for the last place share it. With fewer than f + 3 tasks in
 *            a step, the mean of all.
 * Cost:      Gramian and a sort per task; no state.
 * Reference: blanchard2017, section 4, with distances in place of their squares. Output scale:
 * mean.
 */
#include <math.h>

#include "mtl/aggregator.h"

static graft_status check(const graft_aggregator_settings *config, size_t tasks) {
  GRAFT_CHECK(tasks == 1 || tasks >= (size_t)config->krum_corrupt + 3, USAGE,
              "krum_corrupt: krum expects at least %lld tasks, got %zu", config->krum_corrupt + 3,
              tasks);
  GRAFT_CHECK(tasks == 1 || tasks >= (size_t)config->krum_kept, USAGE,
              "krum_kept: expected at most the number of tasks (%zu), got %lld", tasks,
              config->krum_kept);
  return GRAFT_OK;
}

static void sort(double *x, size_t n) {
  for (size_t i = 1; i < n; i++) {
    for (size_t j = i; j > 0 && x[j] < x[j - 1]; j--) {
      const double kept = x[j];
      x[j] = x[j - 1];
      x[j - 1] = kept;
    }
  }
}

static double score(const graft_aggregation *call, size_t i, size_t neighbours) {
  const size_t K = call->tasks;
  const double *G = call->gramian;
  double distance[GRAFT_MAX_TASKS] = {0}, sum = 0;
  size_t count = 0;
  for (size_t j = 0; j < K; j++) {
    const double square = G[i * K + i] + G[j * K + j] - 2 * G[i * K + j];
    if (j != i) distance[count++] = sqrt(fmax(square, 0));
  }
  sort(distance, count);
  for (size_t j = 0; j < neighbours; j++) sum += distance[j];
  return sum;
}

static graft_status weigh(void *state, const graft_aggregation *call, double *weight) {
  const size_t K = call->tasks, f = (size_t)call->config->krum_corrupt;
  const bool few = K < f + 3;
  const size_t kept =
      few || (size_t)call->config->krum_kept > K ? K : (size_t)call->config->krum_kept;
  double value[GRAFT_MAX_TASKS] = {0}, sorted[GRAFT_MAX_TASKS] = {0};
  size_t below = 0, tied = 0;
  (void)state;
  for (size_t i = 0; i < K; i++) sorted[i] = value[i] = few ? 0 : score(call, i, K - f - 2);
  sort(sorted, K);
  const double last = sorted[kept - 1], slack = 1e-12 * fabs(last);
  for (size_t i = 0; i < K; i++) {
    below += value[i] < last - slack;
    tied += fabs(value[i] - last) <= slack;
  }
  for (size_t i = 0; i < K; i++) {
    const double place = value[i] < last - slack          ? 1
                         : fabs(value[i] - last) <= slack ? (double)(kept - below) / (double)tied
                                                          : 0;
    weight[i] = place / (double)kept;
  }
  return GRAFT_OK;
}

static const char *const options[] = {"krum_corrupt", "krum_kept", "aggregator_scale", NULL};

const graft_aggregator_type graft_aggregator_krum = {
    .name = "krum",
    .summary = "the gradients that have the nearest neighbours",
    .scale = "mean",
    .source = "blanchard2017",
    .options = options,
    .needs = GRAFT_NEEDS_GRAMIAN,
    .properties = GRAFT_RULE_WEIGHTED,
    .check = check,
    .weigh = weigh,
};
