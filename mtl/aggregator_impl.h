/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_MTL_AGGREGATOR_IMPL_H
#define GRAFT_MTL_AGGREGATOR_IMPL_H

/** @file aggregator_impl.h
 *  What several aggregators share: states, and the order in which gradients are compared. The
 *  functions fit the slots of ::graft_aggregator_type. */

#include "mtl/aggregator.h"

/** Head of a state with rows that are followed over the steps; the rows [all x n] lie behind it. */
struct track {
  double calls;                   /**< so far */
  double n;                       /**< shared parameters */
  double first[GRAFT_MAX_TASKS];  /**< of each task, for the rule's own use */
  double second[GRAFT_MAX_TASKS]; /**< likewise */
};

/** Bytes of such a state: K n numbers and the head. */
size_t graft_track_size(const graft_aggregator_settings *config, size_t tasks, size_t n);

/** Begin it; all else is 0. */
void graft_track_init(void *state, const graft_aggregator_settings *config, size_t tasks, size_t n);

/** The row [n] of a task. */
double *graft_track_row(void *state, size_t task);
/** The same to be read. */
const double *graft_track_get(const void *state, size_t task);

/** direction = the weighted sum of the rows. */
void graft_track_mix(const void *state, const graft_aggregation *call,
                     const graft_rows_block *block, const double *weight, double *direction);

/** Bytes of a state that is one number per task. */
size_t graft_weights_size(const graft_aggregator_settings *config, size_t tasks, size_t n);

/** Begin it with equal weights of sum 1. */
void graft_weights_init(void *state, const graft_aggregator_settings *config, size_t tasks,
                        size_t n);

/** Change row i, given by coefficients @p own [K] of all rows, where row j asks for it. */
typedef void graft_turn(void *state, const graft_aggregation *call, double *own, size_t i,
                        size_t j);

/** For each row i visit all others in random order and let them turn a copy of it; @p weight [K]
 *  receives the mean of the turned rows, as coefficients of the rows. */
void graft_turn_all(void *state, const graft_aggregation *call, graft_turn *turn, double *weight);

#endif
