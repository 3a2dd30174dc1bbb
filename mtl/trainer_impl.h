/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_MTL_TRAINER_IMPL_H
#define GRAFT_MTL_TRAINER_IMPL_H

/** @file trainer_impl.h
 *  The trainer from inside; private to `mtl/trainer*.c`. */

#include "mtl/direction.h"
#include "mtl/optimizer.h"
#include "mtl/schedule.h"
#include "mtl/trainer.h"

struct graft_trainer {
  const graft_objective *objective; /* borrowed */
  const graft_sink *sink;           /* borrowed, or NULL */
  graft_trainer_config config;
  graft_schedule schedule;
  graft_direction direction;
  graft_optimizer optimizer;
  uint64_t validate_interval;                /* steps between validations */
  graft_real *theta;                         /* [n] borrowed */
  graft_real *ema;                           /* [n] averaged parameters, NULL when off */
  graft_real *best;                          /* [n] */
  double *loss_sum, *count;                  /* [K] since the last log row; NaN-free */
  double *train_loss, *validation_loss;      /* [K] behind graft_progress */
  double *scratch_loss, *scratch_count;      /* [K] replies of validation batches */
  double *validation_sum, *validation_count; /* [K] */
  char (*column_text)[GRAFT_NAME_SIZE + 16]; /* [columns] */
  const char **column;                       /* [columns] */
  double *value;                             /* [columns] */
  size_t columns;
  graft_progress progress;
  void *memory; /* the arena's buffer */
};

/** The schedule that a configuration describes, for a run of @p steps steps. */
GRAFT_MUST_USE graft_status graft_trainer_config_schedule(const graft_trainer_config *config,
                                                          uint64_t steps, graft_schedule *schedule);

/** The weights [tasks] that a configuration gives to the tasks. */
GRAFT_MUST_USE graft_status graft_trainer_config_weights(const graft_trainer_config *config,
                                                         size_t tasks, double *weight);

#endif
