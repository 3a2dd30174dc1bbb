/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_DEEPONET_BASELINE_TASK_IMPL_H
#define GRAFT_DEEPONET_BASELINE_TASK_IMPL_H

/** @file baseline_task_impl.h
 *  A task's samples as baselines see them.
 *
 *  n, v, t: training, validation, test samples of a task. M: points of its region, the I interior
 *  ones first; where the samples' regions differ, points of any of them, all of them interior. */

#include "base/source.h"

/** One task in double, or several that have no training samples of their own. */
struct task {
  size_t n, v, t, points, inner; /* inner = I */
  size_t parts;                  /* tasks */
  size_t part[GRAFT_MAX_TASKS];  /* [parts] their numbers … */
  size_t end[GRAFT_MAX_TASKS];   /* … and where their test samples end among the t */
  size_t inputs;                 /* numbers in an input */
  size_t *sample;                /* [n + v + t] */
  size_t *point;                 /* [M] grid points of the region, interior ones first */
  double *x, *u, *log_u;         /* [n + v + t x inputs], [… x M], [… x I] or NULL */
  double *mean, *log_mean;       /* [M], [I] training means of u and log u */
  double *norm;                  /* [n + v + t] |u| over the region */
  unsigned char *own; /* [n + v + t x M] 1 in the sample's own region; NULL: everywhere */
  double *base; /* [n + v + t x M] torsion function; u and log_u are those of u / base; NULL: 1 */
  bool numbers; /* x holds numbers of the samples alone */
};

/** Select and read the samples of the tasks in @p tasks (bit k: task k): one, or those that have no
 *  training samples; u stays NULL where there is nothing to compare.
 *  @param task zeroed; release with graft_baseline_task_fini(), also after a failure */
GRAFT_MUST_USE graft_status graft_baseline_task_init(struct task *task, const graft_source *source,
                                                     const uint8_t *split, graft_part part,
                                                     uint64_t tasks);

/** Release. */
void graft_baseline_task_fini(struct task *task);

#endif
