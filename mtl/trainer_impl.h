/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_MTL_TRAINER_IMPL_H
#define GRAFT_MTL_TRAINER_IMPL_H

/** @file trainer_impl.h
 *  The trainer from inside; private to `mtl/trainer*.c`. */

#include "mtl/direction.h"
#include "mtl/optimizer.h"
#include "mtl/probe.h"
#include "mtl/sam.h"
#include "mtl/schedule.h"
#include "mtl/trainer.h"

/** A run; see trainer.h. Arrays lie in `memory`. */
struct graft_trainer {
  const graft_objective *objective; /**< borrowed */
  const graft_sink *sink;           /**< borrowed, or NULL */
  graft_trainer_config config;      /**< copy */
  graft_schedule schedule;          /**< made of config */
  graft_direction direction;        /**< objective and aggregator */
  graft_sam sam;                    /**< works with direction */
  graft_optimizer optimizer;        /**< made of config */
  graft_probe probe;                /**< looks at direction's parts; with diagnostics */
  double step_seconds;              /**< processor time of steps since the last log row */
  uint64_t timed_steps;             /**< how many they were */
  uint64_t validate_interval;       /**< steps between validations */
  graft_real *theta;                /**< [n] borrowed */
  graft_real *ema;                  /**< [n] averaged parameters, NULL when off */
  graft_real *best;                 /**< [n] of the best validation */
  double *loss_sum;                 /**< [K] since the last log row */
  double *count;                    /**< [K] since the last log row */
  double *train_loss;               /**< [K] behind graft_progress */
  double *validation_loss;          /**< [K] behind graft_progress */
  double *scratch_loss;             /**< [K] reply of a validation batch */
  double *scratch_count;            /**< [K] reply of a validation batch */
  double *validation_sum;           /**< [K] over all validation batches */
  double *validation_count;         /**< [K] over all validation batches */
  char (*column_text)[2 * GRAFT_NAME_SIZE + 16]; /**< [columns] names in the log */
  const char **column;                           /**< [columns] pointers to them */
  double *value;                                 /**< [columns] a row of the log */
  size_t columns;                                /**< of the log */
  graft_progress progress;                       /**< where the run stands */
  void *memory;                                  /**< the arena's buffer, owned */
  size_t memory_size;                            /**< its bytes */
};

/** The schedule that a configuration describes, for a run of @p steps steps. */
GRAFT_MUST_USE graft_status graft_trainer_config_schedule(const graft_trainer_config *config,
                                                          uint64_t steps, graft_schedule *schedule);

/** The weights [tasks] that a configuration gives to the tasks. */
GRAFT_MUST_USE graft_status graft_trainer_config_weights(const graft_trainer_config *config,
                                                         size_t tasks, double *weight);

/** Columns of the log of a run with K tasks. */
size_t graft_trainer_log_columns(const graft_trainer_config *config, size_t K);

/** Fill the names of the columns. */
void graft_trainer_log_names(graft_trainer *trainer);

/** Write a row of the log and begin the next one. @p hooks may be NULL. */
GRAFT_MUST_USE graft_status graft_trainer_log_row(graft_trainer *trainer,
                                                  const graft_trainer_hooks *hooks);

#endif
