/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_DEEPONET_CALIBRATION_H
#define GRAFT_DEEPONET_CALIBRATION_H

/** @file calibration.h
 *  How far the spread of an ensemble can be trusted: shares of points whose error lies within the
 * interval that the spread promises, and whether samples of large spread are those of large error.
 */

#include <stddef.h>

#include "base/status.h"

enum { GRAFT_CALIBRATION_LEVELS = 11 /**< nominal levels: 0.1 … 0.9, 0.95, 0.99 */ };

/** Nominal level i, 0.1 … 0.99. */
double graft_calibration_level(size_t i);

/** The result for one set of samples. Only points with a spread above 0 count. */
typedef struct graft_calibration {
  size_t samples; /**< looked at */
  double points;  /**< looked at, all samples together */
  /** Share of points with |error| within the central interval of that level of a normal law of the
   *  spread's deviation; NaN: no point */
  double covered[GRAFT_CALIBRATION_LEVELS];
  double ratio; /**< root of mean squared error over mean squared spread: 1 where the spread has the
                   size of the error, above 1 where it promises too much; NaN: no spread */
  double correlation; /**< Spearman's rank correlation, over samples, of root mean square error and
                         root mean square spread; NaN: fewer than 3 samples or all alike */
} graft_calibration;

/** Compare errors with spreads.
 *  @param count samples
 *  @param points P
 *  @param u,truth,spread [count x P]
 *  @param calibration overwritten
 *  Cost: one error function per point; memory 4 numbers per sample.
 *  Reference: kuleshov2018, section 3 (reliability of quantiles); the levels are ours. */
GRAFT_MUST_USE graft_status graft_calibration_build(size_t count, size_t points, const float *u,
                                                    const float *truth, const float *spread,
                                                    graft_calibration *calibration);

#endif
