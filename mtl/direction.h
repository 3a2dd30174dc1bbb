/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_MTL_DIRECTION_H
#define GRAFT_MTL_DIRECTION_H

/** @file direction.h
 *  From an objective to the direction of one step: asks for what the aggregator needs (the gradient
 * of a weighted sum, or Jacobian rows), divides sums by counts, and gives each part of the vector
 * its due: shared blocks the aggregated gradient, the private block of a task that task's own
 * gradient times its weight, frozen blocks zero.
 *
 *  graft_direction_eval() is the plain step. What it is made of is offered too, for methods that
 * look at more than one point in a step (mtl/sam.h): begin; then sums, rows and combinations. */

#include <stdbool.h>

#include "mtl/aggregator.h"
#include "mtl/balancer.h"
#include "mtl/objective.h"

/** How task gradients become one direction; borrowed while a direction is in use. */
typedef struct graft_direction_rule {
  const graft_aggregator_type *aggregator;            /**< the rule that combines rows */
  const graft_aggregator_settings *aggregator_config; /**< its parameters */
  const graft_balancer_type *balancer;          /**< the rule that scales losses; NULL: none */
  const graft_balancer_config *balancer_config; /**< its parameters, or NULL */
  const double *task_weight; /**< [K] further factors ≥ 0 of the losses, copied; NULL: 1 */
  uint64_t seed;             /**< of random rules */
} graft_direction_rule;

/** What a step will ask for, beyond the plain one. */
typedef struct graft_direction_plan {
  bool rows;    /**< rows whatever the rule needs */
  size_t calls; /**< combinations in a step, each with a state of its own; ≥ 1 */
  size_t call_rows[GRAFT_MAX_TASKS + 2]; /**< [calls] rows that each of them combines */
  bool call_parts[GRAFT_MAX_TASKS + 2];  /**< [calls] its rows are not the tasks' */
} graft_direction_plan;

/** A part of the vector that one task alone reaches. */
typedef struct graft_direction_part {
  graft_span span; /**< where it is */
  size_t task;     /**< its owner */
} graft_direction_part;

/** The state; caller's struct, arrays in the arena given to graft_direction_init(). */
typedef struct graft_direction {
  const graft_objective *objective;      /**< borrowed */
  graft_direction_rule rule;             /**< how gradients are combined */
  const graft_aggregator_type *type;     /**< = rule.aggregator */
  graft_direction_plan plan;             /**< what steps ask for */
  uint64_t step;                         /**< of the run, set by graft_direction_begin() */
  uint64_t active;                       /**< bit k: task k has samples in this step */
  graft_aggregator *call;                /**< [plan.calls] the aggregator at work */
  graft_aggregator_settings *unweighted; /**< for calls whose rows are not the tasks */
  unsigned char *state;                  /**< [state_size] of all calls of the aggregator */
  size_t state_size;                     /**< bytes of `state` */
  unsigned char *balancer_state;         /**< [balancer_state_size] */
  size_t balancer_state_size;            /**< bytes of `balancer_state` */
  bool balanced;                         /**< `balance` is that of this step */
  bool learned;                          /**< the balancer has seen the losses of this step */
  graft_real *gradient;                  /**< [n] the direction of the last evaluation */
  graft_real *rows;                      /**< [K x n], NULL for aggregators that need nothing */
  graft_real *other;                     /**< [2 x K x n] rows of two further batches, or NULL */
  double *task_weight;                   /**< [K] */
  double *balance;                       /**< [K] the balancer's factors of this step */
  double *norm;                          /**< [K] scratch */
  double *glance;                        /**< [K] losses that a balancer asked for */
  double *loss;        /**< [K] mean loss of each task in the last evaluation; NaN: no sample */
  double *loss_sum;    /**< [K] sums of the last evaluation */
  double *count;       /**< [K] samples of the last evaluation */
  double *perturbed;   /**< [K] mean loss of each task in the last perturbed pass; NaN: none */
  double *weight;      /**< [max rows of a call] the aggregator's last answer */
  double *factor;      /**< [K] scratch */
  double *other_sum;   /**< [K] scratch */
  double *other_count; /**< [K] scratch */
  graft_span *shared;  /**< [spans] */
  size_t spans;        /**< rows of `shared` */
  graft_direction_part *own; /**< [owned] private parts */
  size_t owned;              /**< rows of `own` */
  graft_span *frozen;        /**< [frozens] */
  size_t frozens;            /**< rows of `frozen` */
} graft_direction;

/** Prepare.
 *  @param direction caller's struct
 *  @param objective borrowed
 *  @param rule how gradients are combined
 *  @param plan what steps ask for, copied; NULL: plain steps
 *  @param arena supplies everything; a measuring arena is allowed and leaves the struct unusable
 *  Cost: memory of 1 vector [n], K more when rows are needed. */
GRAFT_MUST_USE graft_status graft_direction_init(graft_direction *direction,
                                                 const graft_objective *objective,
                                                 const graft_direction_rule *rule,
                                                 const graft_direction_plan *plan,
                                                 graft_arena *arena);

/** Evaluate gradient, loss, loss_sum and count at theta [n] on the batch of @p step. No allocation.
 *  Cost: one evaluation of the objective; with rows also 2 K n flops, and K² n for the Gramian; a
 *  balancer that needs losses costs a forward pass more when there are no rows, a rule that needs
 *  batches two more evaluations.
 *  @return GRAFT_DIVERGED naming the task whose loss is not finite */
GRAFT_MUST_USE graft_status graft_direction_eval(graft_direction *direction, uint64_t step,
                                                 const graft_real *theta);

/** Begin a step: counts of its batch and active tasks. No pass through the model. */
GRAFT_MUST_USE graft_status graft_direction_begin(graft_direction *direction, uint64_t step);

/** `gradient` = the rule's direction at theta [n]: SUM or ROWS, combination (call 0), private and
 *  frozen parts. A clean pass sets loss, loss_sum and count, a perturbed one `perturbed`. */
GRAFT_MUST_USE graft_status graft_direction_aggregate(graft_direction *direction, graft_pass pass,
                                                      const graft_real *theta);

/** @p out [n] = gradient at theta [n] of the scalar that a rule without needs descends, or of the
 *  mean of the active tasks' weighted losses with any other rule; frozen parts 0. Losses as above.
 *  Private parts carry the rule's weight here; graft_direction_unweight() takes it off.
 *  Cost: one SUM. */
GRAFT_MUST_USE graft_status graft_direction_mean(graft_direction *direction, graft_pass pass,
                                                 const graft_real *theta, graft_real *out);

/** Take the weights of the last graft_direction_mean() off the private parts of its result. */
GRAFT_MUST_USE graft_status graft_direction_unweight(const graft_direction *direction,
                                                     graft_real *out);

/** @p rows [K x n] = gradients of the tasks' mean losses times their factors, at theta [n] or each
 *  at its row_theta [K] (NULL: all at theta); rows of inactive tasks are 0. Losses as above. */
GRAFT_MUST_USE graft_status graft_direction_rows(graft_direction *direction, graft_pass pass,
                                                 const graft_real *theta,
                                                 const graft_real *const *row_theta,
                                                 graft_real *rows);

/** Mean loss of one active task at theta [n] on the step's batch, in a perturbed pass.
 *  Cost: a forward pass over the task's samples. */
GRAFT_MUST_USE graft_status graft_direction_loss(graft_direction *direction, size_t task,
                                                 const graft_real *theta, double *loss);

/** Combine rows by the rule: the shared spans of @p out [n] are overwritten, the rest is left.
 *  @param direction of the step
 *  @param call which of the plan's calls: decides the number of rows and the state
 *  @param rows [call_rows x n]
 *  @param loss [call_rows] the loss beside each row without its factors, or NULL: none is known
 *  @param active bit i: row i counts */
GRAFT_MUST_USE graft_status graft_direction_combine(graft_direction *direction, size_t call,
                                                    const graft_real *rows, const double *loss,
                                                    uint64_t active, graft_real *out);

/** Private parts of @p out [n] from the row of their task in @p rows [K x n], frozen parts 0. */
void graft_direction_finish(const graft_direction *direction, const graft_real *rows,
                            graft_real *out);

/** Let the balancer see what the step did to the losses, at the new theta [n]. For most rules
 *  nothing happens. Cost: a forward pass for a balancer that needs it. */
GRAFT_MUST_USE graft_status graft_direction_follow(graft_direction *direction,
                                                   const graft_real *theta);

/** The loss whose gradient is the last direction when weights are held: Σ weight × factor × loss
 *  over active tasks; NaN when the last direction was no weighted sum. */
double graft_direction_value(const graft_direction *direction);

#endif
