/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_APPS_TRAINING_H
#define GRAFT_APPS_TRAINING_H

/** @file training.h
 *  A training in a run directory, as a part of a verb. */

#include "apps/pde.h"

/** What is trained, and how its model is made. */
typedef struct graft_training_job {
  const graft_app *app;          /**< its verb names the options of the run */
  const void *options;           /**< configuration of that verb, for config.yaml */
  const graft_pde_train *config; /**< run directory, resume, model and trainer; data and split for
                                      the record */
  graft_source *source;          /**< samples; may be wrapped to be read ahead */
  /** Make the model with its training set. Collective. */
  graft_status (*create)(void *ctx, const graft_source *source, graft_deeponet **model);
  void *ctx; /**< handed to it */
  bool warm; /**< start values are worth keeping: they are validated before the first step */
} graft_training_job;

/** Train, or go on from the run's checkpoint; a finished run says so. Collective. */
GRAFT_MUST_USE graft_status graft_training_run(const graft_training_job *job);

#endif
