/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_NN_LOSS_IMPL_H
#define GRAFT_NN_LOSS_IMPL_H

/** @file loss_impl.h
 *  Sums that losses share (private to nn/). */

#include "nn/loss.h"

/** Weighted sums over the points of one sample, in double. */
typedef struct graft_loss_sums {
  double weight; /**< Σ m */
  double error;  /**< Σ m (u − v)² */
  double target; /**< Σ m v² */
} graft_loss_sums;

/** Prediction u, target v, weights m (NULL: all 1); arrays [points]. */
graft_loss_sums graft_loss_sum(size_t points, const graft_real *u, const graft_real *v,
                               const graft_real *m);

/** gradient = factor m (u − v); arrays [points]. */
void graft_loss_difference(size_t points, const graft_real *u, const graft_real *v,
                           const graft_real *m, double factor, graft_real *gradient);

#endif
