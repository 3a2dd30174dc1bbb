/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_APPS_JUDGE_H
#define GRAFT_APPS_JUDGE_H

/** @file judge.h
 *  Pieces of verb `eval`: predictions of samples of which the model may know only some, and what
 * the spread of an ensemble is worth. */

#include <stdio.h>

#include "apps/pde.h"
#include "base/json.h"
#include "deeponet/calibration.h"

/** Predict samples; those of tasks that the model can't predict become NaN. Warns of these, and of
 * tasks that it was not trained on.
 *  @param app whom to warn; NULL: nobody
 *  @param u,spread [count x P]; @p spread NULL: not wanted
 *  @return GRAFT_INPUT when there is nothing that the model can predict */
GRAFT_MUST_USE graft_status graft_judge_predict(const graft_app *app, graft_deeponet *model,
                                                const graft_source *source, const size_t *sample,
                                                size_t count, float *u, float *spread);

/** What the spread is worth, task after task; caller's struct, plain data. */
typedef struct graft_judge {
  size_t members;                              /**< networks of the ensemble */
  size_t tasks;                                /**< rows in use */
  char name[GRAFT_MAX_TASKS][GRAFT_NAME_SIZE]; /**< of each task */
  graft_calibration task[GRAFT_MAX_TASKS];     /**< of each task */
} graft_judge;

/** Compare errors and spread of each task.
 *  @param sample [count] task after task
 *  @param u,spread [count x P] as of graft_judge_predict() */
GRAFT_MUST_USE graft_status graft_judge_build(const graft_deeponet *model,
                                              const graft_source *source, const size_t *sample,
                                              size_t count, const float *u, const float *spread,
                                              graft_judge *judge);

/** Table for people. */
void graft_judge_print(FILE *file, const graft_judge *judge);

/** Key "ensemble" of metrics.json. */
void graft_judge_write(const graft_judge *judge, graft_json *json);

/** calibration.csv: nominal level, and the share covered of each task. */
void graft_judge_csv(const graft_judge *judge, FILE *file);

#endif
