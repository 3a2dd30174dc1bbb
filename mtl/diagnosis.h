/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_MTL_DIAGNOSIS_H
#define GRAFT_MTL_DIAGNOSIS_H

/** @file diagnosis.h
 *  What goes wrong in a training, seen from its progress: told after every step, it answers with
 * one line of finding and advice, each finding once. It only watches; a training with and without
 * it takes the same steps. */

#include "mtl/trainer.h"

/** Rows: enum name, what is found. */
#define GRAFT_FINDING_LIST(X)                                                                      \
  X(RATE, "the training loss rises: learning rate too high")                                       \
  X(EXPLODING, "the gradient's norm grows by orders of magnitude")                                 \
  X(VANISHING, "the gradient vanishes before anything was learnt")                                 \
  X(GAP, "the validation loss stays far above the training loss")

/** A finding. */
typedef enum graft_finding {
#define GRAFT_FINDING_ENUM(name, text) GRAFT_FINDING_##name, /**< see ::GRAFT_FINDING_LIST */
  GRAFT_FINDING_LIST(GRAFT_FINDING_ENUM)
#undef GRAFT_FINDING_ENUM
      GRAFT_FINDING_COUNT /**< number of kinds, not a kind; also: nothing found */
} graft_finding;

enum { GRAFT_DIAGNOSIS_TEXT = 320 /**< bytes of the text of a finding */ };

/** What was seen so far; caller's struct. Averages are exponential ones over about 20 steps. A
 * resumed run begins to watch anew. */
typedef struct graft_diagnosis {
  graft_trainer_config config;    /**< of the run, for advice that names its values */
  uint64_t steps;                 /**< steps watched */
  double loss;                    /**< average of the tasks' mean training loss */
  double lowest;                  /**< least `loss` so far */
  uint64_t lowest_step;           /**< step of that */
  double first_loss;              /**< `loss` at the end of the first steps */
  double norm;                    /**< average of the logarithm of the gradient's norm */
  double first_norm;              /**< largest norm of the first steps */
  uint64_t large;                 /**< consecutive steps with a norm far above the average */
  uint64_t small;                 /**< consecutive steps with hardly any gradient */
  uint64_t stale;                 /**< validations since the best one */
  bool told[GRAFT_FINDING_COUNT]; /**< findings given */
} graft_diagnosis;

/** Begin to watch a run of @p config (copied). */
void graft_diagnosis_init(graft_diagnosis *diagnosis, const graft_trainer_config *config);

/** Look at a run after a step. No allocation.
 *  @param progress where the run stands
 *  @param text [GRAFT_DIAGNOSIS_TEXT] receives one line, without end of line, when something is
 * found: step, what was seen, what to try
 *  @return the finding, GRAFT_FINDING_COUNT for none */
graft_finding graft_diagnosis_step(graft_diagnosis *diagnosis, const graft_progress *progress,
                                   char *text);

#endif
