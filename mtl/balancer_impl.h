/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_MTL_BALANCER_IMPL_H
#define GRAFT_MTL_BALANCER_IMPL_H

/** @file balancer_impl.h
 *  What the rules of mtl/balancer/ share. */

#include <stdbool.h>

#include "mtl/balancer.h"

/** Numbers that a rule learns by Adam. */
typedef struct graft_balance_learned {
  double s[GRAFT_MAX_TASKS]; /**< the numbers */
  double m[GRAFT_MAX_TASKS]; /**< first moments */
  double v[GRAFT_MAX_TASKS]; /**< second moments */
  double steps;              /**< taken */
} graft_balance_learned;

/** Does task k have samples in this step? */
bool graft_balance_has(const graft_balance *call, size_t k);

/** Number of tasks with samples, at least 1. */
double graft_balance_count(const graft_balance *call);

/** Fail unless every loss of the step is above 0. @return GRAFT_DIVERGED naming the task */
GRAFT_MUST_USE graft_status graft_balance_check_positive(const char *name,
                                                         const graft_balance *call);

/** p [K] = softmax of x [K]; −infinity gives 0. */
void graft_balance_softmax(size_t K, const double *x, double *p);

/** Add the step's losses to sum [K] and 1 to count [K] of the tasks that have samples. */
void graft_balance_add(const graft_balance *call, double *sum, double *count);

/** A step of Adam (0.9, 0.999, 1e-8) with rate balancer_lr along @p slope [K] + decay s. */
void graft_balance_adam(graft_balance_learned *own, const graft_balance *call, const double *slope,
                        double decay);

#endif
