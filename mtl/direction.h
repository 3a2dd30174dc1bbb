/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_MTL_DIRECTION_H
#define GRAFT_MTL_DIRECTION_H

/** @file direction.h
 *  From an objective to the direction of one step: asks for what the aggregator needs (the gradient
 * of a weighted sum, or Jacobian rows), divides sums by counts, and gives each part of the vector
 * its due: shared blocks the aggregated gradient, the private block of a task that task's own
 * gradient times its weight, frozen blocks zero. */

#include "mtl/aggregator.h"
#include "mtl/objective.h"

/** A part of the vector that one task alone reaches. */
typedef struct graft_direction_part {
  graft_span span; /**< where it is */
  size_t task;     /**< its owner */
} graft_direction_part;

/** The state; caller's struct, arrays in the arena given to graft_direction_init(). */
typedef struct graft_direction {
  const graft_objective *objective;  /**< borrowed */
  const graft_aggregator_type *type; /**< the rule */
  uint64_t seed;                     /**< of the run */
  unsigned char *state;              /**< [state_size] of the aggregator */
  size_t state_size;                 /**< bytes of `state` */
  graft_real *gradient;              /**< [n] the direction of the last evaluation */
  graft_real *rows;                  /**< [K x n], NULL for aggregators that need nothing */
  double *task_weight;               /**< [K] */
  double *loss;       /**< [K] mean loss of each task in the last evaluation; NaN: no sample */
  double *loss_sum;   /**< [K] sums of the last evaluation */
  double *count;      /**< [K] samples of the last evaluation */
  double *weight;     /**< [K] the aggregator's answer */
  double *factor;     /**< [K] scratch */
  double *gramian;    /**< [K x K], NULL if not needed */
  graft_span *shared; /**< [spans] */
  size_t spans;       /**< rows of `shared` */
  graft_direction_part *own; /**< [owned] private parts */
  size_t owned;              /**< rows of `own` */
  graft_span *frozen;        /**< [frozens] */
  size_t frozens;            /**< rows of `frozen` */
} graft_direction;

/** Prepare.
 *  @param direction caller's struct
 *  @param objective borrowed
 *  @param type the rule
 *  @param task_weight [K] factors ≥ 0 of the tasks' losses, copied
 *  @param seed of the run, handed to the rule
 *  @param arena supplies everything; a measuring arena is allowed and leaves the struct unusable
 *  Cost: memory of 1 vector [n], K more when the aggregator needs rows. */
GRAFT_MUST_USE graft_status graft_direction_init(graft_direction *direction,
                                                 const graft_objective *objective,
                                                 const graft_aggregator_type *type,
                                                 const double *task_weight, uint64_t seed,
                                                 graft_arena *arena);

/** Evaluate gradient, loss, loss_sum and count at theta [n] on the batch of @p step. No allocation.
 *  Cost: one evaluation of the objective; with rows also 2 K n flops, and K² n for the Gramian.
 *  @return GRAFT_DIVERGED naming the task whose loss is not finite */
GRAFT_MUST_USE graft_status graft_direction_eval(graft_direction *direction, uint64_t step,
                                                 const graft_real *theta);

#endif
