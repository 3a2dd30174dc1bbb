/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_MTL_PROBE_H
#define GRAFT_MTL_PROBE_H

/** @file probe.h
 *  What a step leaves unsaid: how long the tasks' gradients are, how they lie to each other, how
 * sharp each task's loss is. A probe looks at the batch of a step in passes that change nothing,
 * the same way for every method, so that runs of different methods can be compared. */

#include "mtl/direction.h"

/** A probe; caller's struct, arrays in the arena given to graft_probe_init(). */
typedef struct graft_probe {
  graft_direction *direction; /**< borrowed: knows shared, private and frozen parts */
  double rho;                 /**< radius of the sharpness */
  graft_real *rows;           /**< [K x n] gradients of the tasks' mean losses, without weights */
  graft_real *point;          /**< [n] */
  double *loss;               /**< [K] mean losses; NaN: no sample */
  double *count;              /**< [K] samples */
  double *norm;               /**< [K] length of each row over the shared parts; NaN: no sample */
  double *cosine;    /**< [K (K − 1) / 2] of rows i < j over the shared parts, pairs in the
                          order 01, 02, …, 12, …; NaN: a row is 0 */
  double *sharpness; /**< [K] surrogate gap L_k(theta + rho g_k / |g_k|) − L_k(theta) */
  double conflicts;  /**< share of the pairs with a negative cosine; NaN: no pairs */
  double *scratch;   /**< [2 K] */
} graft_probe;

/** Prepare.
 *  @param probe caller's struct
 *  @param direction borrowed
 *  @param rho radius of the sharpness, > 0
 *  @param arena supplies everything; a measuring arena is allowed and leaves the struct unusable
 *  Cost: memory of K + 1 vectors [n]. */
GRAFT_MUST_USE graft_status graft_probe_init(graft_probe *probe, graft_direction *direction,
                                             double rho, graft_arena *arena);

/** Look at the batch of @p step at theta [n]. No allocation, no change of the model's state.
 *  Cost: the Jacobian's rows, and for each task a pass forward over its samples.
 *  @return GRAFT_DIVERGED on a loss that is not finite */
GRAFT_MUST_USE graft_status graft_probe_eval(graft_probe *probe, uint64_t step,
                                             const graft_real *theta);

/** One evaluation of the gradient of the sum of all losses, to be timed: a plain step but for the
 *  optimiser. Its result is thrown away. */
GRAFT_MUST_USE graft_status graft_probe_plain(graft_probe *probe, uint64_t step,
                                              const graft_real *theta);

#endif
