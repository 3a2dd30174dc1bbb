/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_NN_LOSS_H
#define GRAFT_NN_LOSS_H

/** @file loss.h
 *  Losses: a value per sample and the gradient with respect to the prediction. A loss is one file
 * in nn/loss/ with one exported const struct and one line in nn/loss.def. */

#include <stddef.h>

#include "base/real.h"
#include "base/status.h"

/** Predictions and targets of one batch; plain data, all arrays caller-owned and only read. */
typedef struct graft_loss_batch {
  size_t samples;               /**< B ≥ 1 */
  size_t points;                /**< P ≥ 1 */
  const graft_real *prediction; /**< [B x P] */
  const graft_real *target;     /**< [B x P] */
  const graft_real *const
      *mask;      /**< [B] each [P]: weight ≥ 0 of the points, 1 in the domain, 0 outside;
                      samples of one geometry may share an array. NULL: all 1 */
  double epsilon; /**< relative losses: added to the target's mean square, ≥ 0 */
  int threads;    /**< OpenMP threads, ≥ 1 */
} graft_loss_batch;

/** A loss of the registry. */
typedef struct graft_loss_type {
  const char *name;    /**< e.g. "relative_l2" */
  const char *summary; /**< one line */
  const char *source;  /**< key in docs/references.md */
  /** Loss of one sample, and factor times its gradient; see graft_loss_eval().
   *  prediction, target, mask (may be NULL), gradient (may be NULL): [points] */
  double (*sample)(size_t points, const graft_real *prediction, const graft_real *target,
                   const graft_real *mask, double epsilon, double factor, graft_real *gradient);
} graft_loss_type;

/** Number of losses. */
size_t graft_loss_count(void);

/** The i-th loss, i < graft_loss_count(). */
const graft_loss_type *graft_loss_get(size_t i);

/** The loss of that name, or NULL. */
const graft_loss_type *graft_loss_find(const char *name);

/** Name of the i-th loss, NULL past the end. Fits ::graft_option_choices. */
const char *graft_loss_name(size_t i);

/** Evaluate a batch.
 *  @param type the loss
 *  @param batch predictions and targets
 *  @param factor [B] factor of each sample's gradient, or NULL: all 1
 *  @param value [B] loss of each sample (not multiplied by the factor), or NULL
 *  @param gradient [B x P] row b = factor b times the gradient of loss b with respect to prediction
 * b (0 outside the domain), or NULL; may not overlap the inputs Cost: two passes over the arrays,
 * sums in double; no allocation. Non-finite values are passed on.
 *  @return GRAFT_INTERNAL on empty batches */
GRAFT_MUST_USE graft_status graft_loss_eval(const graft_loss_type *type,
                                            const graft_loss_batch *batch, const double *factor,
                                            double *value, graft_real *gradient);

#endif
