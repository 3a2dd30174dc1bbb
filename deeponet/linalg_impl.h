/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_DEEPONET_LINALG_IMPL_H
#define GRAFT_DEEPONET_LINALG_IMPL_H

/** @file linalg_impl.h
 *  Dense linear algebra in double for baselines and skip paths: tiles of our own OpenMP regions
 *  around single-threaded BLAS. Called inside a parallel region the products run on one thread.
 *  Matrices are row-major and contiguous. */

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

enum { GRAFT_LINALG_MOST = 32000 /**< rows of a matrix whose eigenvalues LAPACK's ints allow */ };

/** Let OpenBLAS use one thread from here on, in the whole process: parallel regions here call it
 * from each of their threads, and two threaded LAPACK factorisations at a time wait for each other
 * for ever (OpenBLAS 0.3.21). Not inside a parallel region. Cost: nothing when it is so already. */
void graft_linalg_begin(void);

/** c [m x n] = a · b, where a is [m x k], or [k x m] with @p a_transposed, and b is [k x n], or
 *  [n x k] with @p b_transposed. */
void graft_linalg_multiply(size_t m, size_t n, size_t k, bool a_transposed, const double *a,
                           bool b_transposed, const double *b, double *c);

/** Eigenvalues (ascending) and eigenvectors of a symmetric matrix.
 *  @param a [n x n] on entry the matrix (lower triangle), on return row i is eigenvector i
 *  @param value [n]
 *  @return GRAFT_USAGE for n above GRAFT_LINALG_MOST, GRAFT_DIVERGED when LAPACK gives up,
 * GRAFT_MEMORY */
GRAFT_MUST_USE graft_status graft_linalg_eigen(size_t n, double *a, double *value);

/** Inverse of a symmetric positive definite matrix a [n x n], in its place. No allocation.
 *  @return GRAFT_DIVERGED when it is not positive definite */
GRAFT_MUST_USE graft_status graft_linalg_invert(size_t n, double *a);

/** out [n + rows x k] = a minus the mean of its first @p n rows. */
void graft_linalg_centre(size_t n, size_t rows, size_t k, const double *a, double *out);

/** Squared Euclidean distances of the rows of a [m x k] and b [n x k]: c [m x n], ≥ 0. */
GRAFT_MUST_USE graft_status graft_linalg_distances(size_t m, size_t n, size_t k, const double *a,
                                                   const double *b, double *c);

/** Median of the off-diagonal entries of a symmetric matrix [n x n]; 1 if there is none. */
GRAFT_MUST_USE graft_status graft_linalg_median(size_t n, const double *a, double *median);

/** The weights of kernel ridge regression for all penalties from one eigendecomposition:
 *  rows · (gram + penalty I)⁻¹. */
typedef struct graft_ridge {
  size_t n;       /**< training samples */
  size_t rows;    /**< samples to predict */
  double *vector; /**< [n x n] row i is eigenvector i of the Gram matrix, owned */
  double *value;  /**< [n] its eigenvalues, ascending, clipped at 0, owned */
  double *image;  /**< [rows x n] kernel rows times eigenvectors, owned */
} graft_ridge;

/** Decompose.
 *  @param gram [n x n] kernel of the training samples
 *  @param kernel [rows x n] kernel between the samples to predict and the training samples
 *  Release with graft_ridge_fini(), also after a failure. */
GRAFT_MUST_USE graft_status graft_ridge_init(graft_ridge *ridge, size_t n, size_t rows,
                                             const double *gram, const double *kernel);

/** Weights [count x n] of the rows @p first … first + count − 1 for one penalty.
 *  @param scratch [count x n] */
void graft_ridge_weights(const graft_ridge *ridge, double penalty, size_t first, size_t count,
                         double *scratch, double *weights);

/** Release. */
void graft_ridge_fini(graft_ridge *ridge);

#endif
