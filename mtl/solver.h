/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_MTL_SOLVER_H
#define GRAFT_MTL_SOLVER_H

/** @file solver.h
 *  Small problems that aggregators pose on the Gramian G [K x K] = J Jᵀ of K rows: one file each in
 * `mtl/solver/`. All in double, no allocation, K ≤ GRAFT_MAX_TASKS. Rows may be zero, parallel,
 * opposite, or of lengths that differ by many orders of magnitude: the solvers work on the cosines
 * and scale back. Solutions meet their conditions of optimality to 1e-9 (cagrad: 1e-8) of the
 * terms in them. */

#include <stdbool.h>
#include <stddef.h>

#include "base/layout.h"
#include "base/status.h"

/** Most entries of a matrix of the solvers. */
enum { GRAFT_SOLVER_ENTRIES = GRAFT_MAX_TASKS * GRAFT_MAX_TASKS };

/** Lengths and cosines of the rows: length [K]; cosine [K x K] with ones on the diagonal, and 0 in
 *  row and column of a zero row (diagonal included). */
void graft_solver_cosines(size_t K, const double *G, double *length, double *cosine);

/** Cholesky factor of the leading part of A [K x K], in place in its lower triangle.
 *  @return false when A is not positive definite by more than rounding */
bool graft_solver_factor(size_t K, double *A);

/** Solve A x = b with the factor of graft_solver_factor(); x [K] is b on entry. */
void graft_solver_solve(size_t K, const double *factor, double *x);

/** Eigenvalues value [K], rising, and eigenvectors, the columns of vector [K x K], of the symmetric
 *  A [K x K]. */
void graft_solver_eigen(size_t K, const double *A, double *value, double *vector);

/** x = A⁺ b for symmetric positive semidefinite A [K x K]; eigenvalues below K ε times the largest
 *  count as zero. @return the rank of A */
size_t graft_solver_pseudo(size_t K, const double *A, const double *b, double *x);

/** Euclidean projection of w [K] on the simplex w ≥ 0, Σ w = 1, in place. */
void graft_solver_simplex(size_t K, double *w);

/** Point of the convex hull of the rows that is next to 0: w [K] on the simplex with least wᵀ G w.
 *  A zero row takes all weight (several share it). */
void graft_solver_min_norm(size_t K, const double *G, double *w);

/** Projection of Jᵀ u on the cone {x: J x ≥ 0}: v ≥ u with least vᵀ G v. */
void graft_solver_dual_cone(size_t K, const double *G, const double *u, double *v);

/** x > 0 with x_i^{1/alpha} (G x)_i = 1 (alpha = 1: Nash's bargaining solution).
 *  @return false when there is none because 0 lies in the convex hull of some rows; x is 0 then */
bool graft_solver_fair(size_t K, const double *G, double alpha, double *x);

/** Weights of CAGrad: with g0 = mean of the rows and g_w = Jᵀ w, w on the simplex with least g_w·g0
 *  + c |g0| |g_w|.
 *  @return false when g_w is 0 there: no direction improves on the balance of the tasks */
bool graft_solver_ball(size_t K, const double *G, double c, double *w);

#endif
