/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_APPS_ADVICE_H
#define GRAFT_APPS_ADVICE_H

/** @file advice.h
 *  What a user is told when a training goes wrong: one line on stderr, and the same in the run's
 *  `advice.txt`. */

#include "apps/app.h"
#include "mtl/diagnosis.h"

/** One run's adviser; caller's struct, nothing to release. */
typedef struct graft_advice {
  const graft_app *app;            /**< borrowed */
  graft_diagnosis diagnosis;       /**< of the training */
  char path[GRAFT_PATH_SIZE + 64]; /**< of advice.txt */
} graft_advice;

/** Begin to watch a training.
 *  @param path of advice.txt; an old file is removed with @p fresh, else appended to */
void graft_advice_init(graft_advice *advice, const graft_app *app,
                       const graft_trainer_config *config, const char *path, bool fresh);

/** Tell one line; @p text "" for nothing. Rank 0 only. */
void graft_advice_tell(const graft_advice *advice, const char *text);

/** Look at the training after a step, and tell what is found. @p meter is cleared before. */
void graft_advice_step(graft_advice *advice, const graft_progress *progress, graft_meter *meter);

#endif
