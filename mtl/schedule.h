/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_MTL_SCHEDULE_H
#define GRAFT_MTL_SCHEDULE_H

/** @file schedule.h
 *  Learning-rate schedules: functions of the step, and of validations where a rule has a memory. A
 * rule is one file in `mtl/schedule/` and one line in `schedule.def`. Every rule can be preceded by
 * a linear warm-up. */

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum {
  GRAFT_SCHEDULE_BOUNDARIES = 16, /**< most boundaries of a step schedule */
  GRAFT_SCHEDULE_MEMORY = 4,      /**< numbers of state that a rule may use */
};

/** A schedule with its parameters: plain data. */
typedef struct graft_schedule {
  const struct graft_schedule_type *type; /**< the rule */
  double lr;                              /**< base rate, > 0 */
  uint64_t steps;  /**< length of the run, ≥ 1; beyond it the last value stays */
  uint64_t warmup; /**< steps of linear warm-up: step i of them has rate (i + 1) / warmup × rule */
  double final;    /**< cosine: rate at the end as a fraction of lr, [0, 1] */
  uint64_t period; /**< step: the rate is multiplied by `factor` every so many steps; 0: never */
  double factor;   /**< step: see `period`, > 0 */
  double rise;     /**< one_cycle: share of the run in which the rate rises, [0, 1] */
  uint64_t patience; /**< plateau: validations without a new best before a reduction */
  double memory[GRAFT_SCHEDULE_MEMORY]; /**< of the rule, 0 at the start; part of a checkpoint */
  size_t boundaries; /**< step: number of boundaries; with any, period and factor are not used */
  uint64_t boundary[GRAFT_SCHEDULE_BOUNDARIES]; /**< step: first step with the next rate, rising */
  double value[GRAFT_SCHEDULE_BOUNDARIES];      /**< step: that rate (absolute) */
} graft_schedule;

/** A rule. */
typedef struct graft_schedule_type {
  const char *name;           /**< value of option `schedule` */
  const char *summary;        /**< one line */
  const char *source;         /**< key of docs/references.md */
  const char *const *options; /**< names of the options it reads, NULL-terminated */
  /** Rate at @p step, from 0 to `steps` − 1. The factor of the warm-up is not its business, but a
   * rule that stretches over the run starts when the warm-up ends. */
  double (*rate)(const graft_schedule *schedule, uint64_t step);
  /** Take in a validation loss, or NULL. */
  void (*observe)(graft_schedule *schedule, double validation);
} graft_schedule_type;

/** The i-th rule, NULL past the end. */
const graft_schedule_type *graft_schedule_types(size_t i);
/** The rule of that name, or NULL. */
const graft_schedule_type *graft_schedule_find(const char *name);
/** Names of the rules, for option rows. */
const char *graft_schedule_choices(size_t i);

/** Check ranges. @return GRAFT_USAGE naming the option. */
GRAFT_MUST_USE graft_status graft_schedule_validate(const graft_schedule *schedule);

/** Learning rate of step @p step (from 0). */
double graft_schedule_rate(const graft_schedule *schedule, uint64_t step);

/** Tell the rule of a validation loss; NaN counts as none. */
void graft_schedule_observe(graft_schedule *schedule, double validation);

#endif
