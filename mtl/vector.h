/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_MTL_VECTOR_H
#define GRAFT_MTL_VECTOR_H

/** @file vector.h
 *  Operations on flat vectors. Sums accumulate in double, in an order that depends on the length
 * only, so that results are the same bits for any number of threads. OpenMP-parallel; no
 * allocation. */

#include <stddef.h>

#include "base/real.h"

/** x · y of vectors [n]. */
double graft_vector_dot(const graft_real *x, const graft_real *y, size_t n);

/** Euclidean norm of x [n]; not finite when an element is not. */
double graft_vector_norm(const graft_real *x, size_t n);

/** x [n] times @p factor, in place. */
void graft_vector_scale(graft_real *x, double factor, size_t n);

/** y [n] += a x [n]. */
void graft_vector_axpy(graft_real *y, double a, const graft_real *x, size_t n);

/** mean [n] = decay × mean + (1 − decay) × x [n]. */
void graft_vector_average(graft_real *mean, double decay, const graft_real *x, size_t n);

#endif
