/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_SOLVERS_ESTIMATE_H
#define GRAFT_SOLVERS_ESTIMATE_H

/** @file estimate.h
 *  Recovery-based estimate of the relative L2 error of a finite-element solution: how far its
 * gradient is from a continuous one, weighted with the element size. Proportional to the error for
 * fields of one law on one mesh; the factor is found by comparison with a finer mesh. */

#include "geometry/mesh.h"

/** Prepared for one mesh; caller's struct. */
typedef struct graft_estimator {
  const graft_mesh *mesh; /**< borrowed */
  double scale;           /**< estimate = scale × indicator; 1 until it is calibrated */
  double *inverse;        /**< [elements x N x 4] inverse transposed Jacobians at the nodes */
  double *area;           /**< [elements] */
  double *share;          /**< [nodes] 1 / area of the elements around */
  double *gradient;       /**< [elements x N x 2] of the current solution */
  double *mean;           /**< [nodes x 2] its area-weighted mean */
} graft_estimator;

/** Prepare.
 *  @param mesh borrowed until graft_estimator_fini()
 *  @param estimator uninitialised; on success release with graft_estimator_fini() */
GRAFT_MUST_USE graft_status graft_estimator_init(graft_estimator *estimator,
                                                 const graft_mesh *mesh);

/** Release the arrays. */
void graft_estimator_fini(graft_estimator *estimator);

/** Estimate the relative L2 error of @p u [nodes]; 0 for u = 0. About 0.2 µs per element. */
double graft_estimator_apply(graft_estimator *estimator, const double *u);

#endif
