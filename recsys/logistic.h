/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_RECSYS_LOGISTIC_H
#define GRAFT_RECSYS_LOGISTIC_H

/** @file logistic.h
 *  Logistic regression on one task of a sparse matrix: the floor that every network must beat. */

#include "recsys/design.h"

/** How it is fitted. */
typedef struct graft_logistic_config {
  double penalty;    /**< λ of λ/2 |w|²; the column that is always 1 has none; positive */
  double tolerance;  /**< stop when the gradient's norm is below this times the first one's */
  size_t iterations; /**< most Newton steps */
} graft_logistic_config;

/** λ 1, tolerance 1e-5, 50 steps. */
graft_logistic_config graft_logistic_config_default(void);

/** Minimise Σ log(1 + exp(−y s)) + λ/2 |w|² over the rows with a label whose part is in @p parts.
 *
 *  Method:    truncated Newton: conjugate gradients on the Hessian, then a step that satisfies
 *             Armijo's rule. The problem is convex: there is one answer.
 *  Cost:      about 100 to 1000 products with the matrix; 5 m + 2 n doubles.
 *  Reference: lin2008.
 *
 *  @param task which label, 0 or 1
 *  @param parts bit p: rows of part p count
 *  @param weight [columns] start and answer; caller-owned
 *  @return GRAFT_INPUT if there are no such rows, GRAFT_DIVERGED if the steps do not suffice */
GRAFT_MUST_USE graft_status graft_logistic_fit(const graft_design *design, size_t task,
                                               unsigned parts, const graft_logistic_config *config,
                                               double *weight);

/** Probabilities of all rows into @p probability [rows]. */
void graft_logistic_predict(const graft_design *design, const double *weight, double *probability);

#endif
