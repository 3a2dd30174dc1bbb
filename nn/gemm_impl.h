/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_NN_GEMM_IMPL_H
#define GRAFT_NN_GEMM_IMPL_H

/** @file gemm_impl.h
 *  Matrix products of one thread without allocation (private to nn/). OpenBLAS 0.3.21 allocates in
 * its small products, and its threads get into the way of ours. */

#include "nn/tile_impl.h"

enum {
  GRAFT_GEMM_DEPTH = 256,                      /**< terms that are summed at a time */
  GRAFT_GEMM_SCRATCH = GRAFT_GEMM_DEPTH * 128, /**< bytes of scratch, aligned */
};

/** A matrix in memory: element (i, j) of op(a) is a[i stride + j], or a[j stride + i] if
 * transposed. */
typedef struct graft_matrix {
  const graft_real *data;
  size_t stride;
  bool transposed;
} graft_matrix;

/** c [m x n] = op(a) [m x k] op(b) [k x n], or added to c; c has ldc elements per row.
 *  a and b may not both be transposed. */
void graft_gemm(size_t m, size_t n, size_t k, graft_matrix a, graft_matrix b, bool add,
                graft_real *c, size_t ldc, void *scratch);

#endif
