/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_RECSYS_METRIC_H
#define GRAFT_RECSYS_METRIC_H

/** @file metric.h
 *  How good predicted probabilities of one task are. Rows whose label is NaN (unknown, or outside
 *  the task's space) don't count. What is undefined is NaN, and `why` says so: a task with one
 * class only has no AUC, and 0 or 0.5 would be a lie. */

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { GRAFT_CALIBRATION_BINS = 10 };

/** Predictions of one task. */
typedef struct graft_predictions {
  size_t rows;               /**< N */
  const double *probability; /**< [N] in [0, 1]; borrowed */
  const float *label;        /**< [N] 0, 1, or NaN: does not count; borrowed */
  const int64_t *user;       /**< [N] fingerprint of the user, or NULL; borrowed */
} graft_predictions;

/** Rows with about the same prediction. */
typedef struct graft_calibration_bin {
  size_t rows;      /**< number of them */
  double predicted; /**< mean probability */
  double observed;  /**< share of label 1 */
} graft_calibration_bin;

/** What predictions are worth. */
typedef struct graft_metrics {
  size_t rows;       /**< with a label */
  size_t positives;  /**< of them, label 1 */
  double auc;        /**< probability that a positive is ranked before a negative, ties one half */
  double gauc;       /**< Σ n_u AUC_u / Σ n_u over users with both classes, n_u their rows */
  double gauc_equal; /**< mean of AUC_u over the same users, weight 1 each */
  size_t users;      /**< users with both classes */
  size_t users_left; /**< users with one class only: left out */
  double log_loss; /**< mean of −log of the label's probability, clipped to [1e-15, 1 − 1e-15] */
  double ratio;    /**< Σ predicted / Σ observed: 1 if calibrated in the large */
  double error;    /**< Σ over bins of their share times |predicted − observed| */
  size_t bins;     /**< in use */
  graft_calibration_bin bin[GRAFT_CALIBRATION_BINS]; /**< equally many rows each, in the order of
                                                        the predictions; equal ones stay together */
  const char *why;                                   /**< what is undefined and why, or NULL */
} graft_metrics;

/** Area under the ROC curve of rows that all count.
 *  Method: rank sum with mean ranks for ties. Cost: O(n log n). Reference: mann1947.
 *  @param label [n] 0 or 1. @return NaN with fewer than one row of either class; NaN also when a
 *  score is NaN or memory runs out (see @p status)
 *  @param status GRAFT_MEMORY, or GRAFT_OK */
double graft_metric_auc(const double *score, const float *label, size_t n, graft_status *status);

/** All metrics of a task.
 *  Cost: O(N log N) and 24 N bytes.
 *  @return GRAFT_INPUT when a probability is not in [0, 1] or a label neither 0, 1 nor NaN */
GRAFT_MUST_USE graft_status graft_metrics_compute(const graft_predictions *p, graft_metrics *m);

#endif
