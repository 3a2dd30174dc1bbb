/* SPDX-License-Identifier: BSD-2-Clause */
#include "nn/gemm_impl.h"

#include <cblas.h> /* brings complex.h and its macro I: not for headers */

#ifdef GRAFT_DOUBLE
#define gemm cblas_dgemm
#else
#define gemm cblas_sgemm
#endif

void graft_gemm(bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k,
                const graft_real *a, size_t lda, const graft_real *b, size_t ldb, graft_real beta,
                graft_real *c, size_t ldc) {
  gemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans,
       transpose_b ? CblasTrans : CblasNoTrans, (int)m, (int)n, (int)k, 1, a, (int)lda, b, (int)ldb,
       beta, c, (int)ldc);
}
