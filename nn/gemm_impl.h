/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_NN_GEMM_IMPL_H
#define GRAFT_NN_GEMM_IMPL_H

/** @file gemm_impl.h
 *  Matrix products of one thread (private to nn/). */

#include <stdbool.h>
#include <stddef.h>

#include "base/real.h"

/** c [m x n] = beta c + op(a) op(b), op(a) [m x k], op(b) [k x n], all row-major; lda, ldb, ldc:
 * elements per row as stored. */
void graft_gemm(bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k,
                const graft_real *a, size_t lda, const graft_real *b, size_t ldb, graft_real beta,
                graft_real *c, size_t ldc);

#endif
