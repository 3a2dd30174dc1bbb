/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_MTL_OBJECTIVE_H
#define GRAFT_MTL_OBJECTIVE_H

/** @file objective.h
 *  The seam between models and multi-task optimisation. A model offers an objective: K task losses
 * of one flat parameter vector theta [n], on batches that the objective owns. Optimisers,
 * aggregators, SAM and the trainer see nothing else of a model, and models see nothing of them.
 *
 *  Losses are *sums* over the samples of a task, with their counts beside them, so that a wrapper
 * can reduce both over ranks before anything is divided. */

#include <stdint.h>

#include "base/bundle.h"
#include "base/layout.h"
#include "base/real.h"

/** How the model is run. */
typedef enum graft_pass {
  GRAFT_PASS_CLEAN,     /**< training pass: dropout on, running statistics updated */
  GRAFT_PASS_PERTURBED, /**< same batch and dropout masks as the clean pass of that step, running
                             statistics left alone (second pass of SAM) */
  GRAFT_PASS_VALIDATE,  /**< dropout off; `batch` counts through the validation samples */
} graft_pass;

/** What is wanted of an evaluation; bits may be combined, LOSS is always given. */
enum {
  GRAFT_WANT_LOSS = 1, /**< per-task sums and counts only */
  GRAFT_WANT_SUM = 2,  /**< gradient of the weighted sum of the task sums */
  GRAFT_WANT_ROWS = 4, /**< gradient of each asked task's weighted sum: the Jacobian rows */
};

/** A question to an objective. Plain data; pointers are caller-owned and only read. */
typedef struct graft_request {
  uint64_t step;        /**< step of the run, from 0: decides batch and dropout masks */
  uint64_t batch;       /**< 0: the step's batch; 1, 2 …: further, independent draws of that step;
                             in GRAFT_PASS_VALIDATE: number of the validation batch */
  uint64_t tasks;       /**< bit k: task k is asked; others get sum 0, count 0, row 0 */
  graft_pass pass;      /**< how to run the model */
  unsigned want;        /**< GRAFT_WANT_… bits */
  const double *weight; /**< [K] for SUM and ROWS: the factor of each task's *sum* (the caller
                             divides by counts, see graft_objective::count); for ROWS NULL: 1 */
  const graft_real *const *row_theta; /**< [K] for ROWS: parameters of each task's row, or NULL: all
                                           rows at theta */
} graft_request;

/** The answer. The arrays are caller-owned and overwritten; those not wanted may be NULL. */
typedef struct graft_reply {
  double *loss;     /**< [K] sum of the task's sample losses over this rank's part of the batch */
  double *count;    /**< [K] number of those samples */
  graft_real *sum;  /**< [n] Σ_k weight_k ∇loss_k */
  graft_real *rows; /**< [K x n] row k = weight_k ∇loss_k, row-major */
} graft_reply;

/** A model's losses, as optimisers see them. The struct is filled by the model; ctx is borrowed
 * from it. Not thread-safe: one evaluation at a time. */
typedef struct graft_objective {
  size_t n;                     /**< length of theta = layout->n */
  size_t tasks;                 /**< K ≤ GRAFT_MAX_TASKS */
  const char *const *task_name; /**< [K] */
  const graft_layout *layout;   /**< borrowed: names, shapes and task masks of the blocks */
  uint64_t steps_per_epoch;     /**< steps that show every training sample once */
  uint64_t validation_batches;  /**< batches of GRAFT_PASS_VALIDATE */
  void *ctx;                    /**< private to the model */
  /** Counts of the batch that a request names, without evaluating it: count [K].
   *  Cost: no pass through the model. */
  graft_status (*count)(void *ctx, const graft_request *request, double *count);
  /** Evaluate at theta [n]. No allocation. @return GRAFT_DIVERGED on a non-finite loss. */
  graft_status (*eval)(void *ctx, const graft_request *request, const graft_real *theta,
                       graft_reply *reply);
  /** Add the model's own non-parameter state (running statistics) to a checkpoint, or NULL. */
  graft_status (*save)(void *ctx, graft_bundle *bundle);
  /** Take it back, or NULL. */
  graft_status (*load)(void *ctx, const graft_bundle *bundle);
  /** The parameters of the last validation are the best so far: remember the state that belongs to
   *  them; or NULL. */
  void (*keep)(void *ctx);
} graft_objective;

#endif
