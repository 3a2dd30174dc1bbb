/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_RECSYS_SYNTHETIC_H
#define GRAFT_RECSYS_SYNTHETIC_H

/** @file synthetic.h
 *  Data sets of rows whose truth is known: users with typed behaviours, and tasks that conflict as
 *  much as one likes. docs/theory_recsys.md has the formulas.
 *
 *  Letters: S behaviours, K tasks, d latent dimensions. Users have an interest vector per behaviour
 * and histories drawn by it; items have a vector; the logit of task k is its base rate plus, in a
 * mix that turns from task to task by the angle π c k / (K − 1) for a conflict c, the user's
 * affinity to the item by the first and by the second behaviour, and two effects of the row's
 * fields. So c = 0 means the same task K times, 1/2 that the last task asks for what the first does
 * not care about, 1 that it asks for the opposite. Behaviours after the second are distractors. */

#include "base/feature.h"
#include "base/option.h"

/** What to generate. */
typedef struct graft_synthetic_config {
  long long rows;       /**< N */
  long long users;      /**< rows are dealt to them evenly, in their order */
  long long items;      /**< number of items */
  long long tasks;      /**< K */
  long long behaviours; /**< S */
  long long dimension;  /**< d */
  long long length;     /**< most items of a history; its length is uniform from 0 on */
  double conflict;      /**< c */
  double strength;      /**< standard deviation of the logits */
  double focus;         /**< how strictly histories follow interests; 0: not at all */
  bool funnel;          /**< task k is defined only where task 1 has label 1, k > 1 */
  long long seed;       /**< of everything */
} graft_synthetic_config;

/** Rows of ::graft_synthetic_config. */
extern const graft_option graft_synthetic_options[];

/** Generate: 70 % of the rows for training, 10 % for validation, 20 % for testing, by a hash. Row n
 * of a seed is the same whatever the number of rows per user. Features: segment, item, category,
 * context, behaviour_1 … behaviour_S (lists of items). The probabilities are stored as truth. Users
 * are known by their key only, not as a feature. Cost: about 1 µs per row and dimension; memory for
 * items and one user.
 *  @param stop polled now and then; nonzero: GRAFT_INTERRUPTED; or NULL */
GRAFT_MUST_USE graft_status graft_synthetic_run(const graft_synthetic_config *config,
                                                const graft_feature_sink *sink,
                                                const volatile int *stop);

#endif
