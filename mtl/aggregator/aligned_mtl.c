/* SPDX-License-Identifier: BSD-2-Clause
 * Aggregator "aligned_mtl": the principal components of the gradients get one length.
 * Method:    G = V S Vᵀ; weights = s V S^(-1/2) Vᵀ u on eigenvalues above K ε times the largest, s
 *            the root of the least, median or mean of these.
 * Cost:      Gramian and eigenvalues of a small matrix; no state.
 * Reference: senushkin2023, equation 13. Output scale: |u| times the root of the chosen eigenvalue.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "mtl/aggregator.h"
#include "mtl/solver.h"

/* The length that all components get; value [kept] rising. */
static double common(const char *mode, const double *value, size_t kept) {
  double sum = 0;
  if (strcmp(mode, "min") == 0) return sqrt(value[0]);
  if (strcmp(mode, "median") == 0) return sqrt(value[(kept - 1) / 2]);
  for (size_t i = 0; i < kept; i++) sum += value[i];
  return sqrt(sum / (double)kept);
}

static graft_status weigh(void *state, const graft_aggregation *call, double *weight) {
  const size_t K = call->tasks;
  double value[GRAFT_MAX_TASKS], vector[GRAFT_SOLVER_ENTRIES];
  size_t first = 0;
  (void)state;
  graft_solver_eigen(K, call->gramian, value, vector);
  while (first < K && !(value[first] > (double)K * DBL_EPSILON * value[K - 1])) first++;
  if (first == K) { /* all rows are 0 */
    memcpy(weight, call->preference, K * sizeof *weight);
    return GRAFT_OK;
  }
  const double s = common(call->config->aligned_mode, value + first, K - first);
  memset(weight, 0, K * sizeof *weight);
  for (size_t e = first; e < K; e++) {
    double part = 0;
    for (size_t k = 0; k < K; k++) part += vector[k * K + e] * call->preference[k];
    for (size_t k = 0; k < K; k++) weight[k] += s / sqrt(value[e]) * part * vector[k * K + e];
  }
  return GRAFT_OK;
}

static const char *const options[] = {"aligned_mode", "aggregator_weights", "aggregator_scale",
                                      NULL};

const graft_aggregator_type graft_aggregator_aligned_mtl = {
    .name = "aligned_mtl",
    .summary = "principal components of the gradients get one length",
    .scale = "root of the least eigenvalue",
    .source = "senushkin2023",
    .options = options,
    .needs = GRAFT_NEEDS_GRAMIAN,
    .properties = GRAFT_RULE_WEIGHTED,
    .weigh = weigh,
};
