/* SPDX-License-Identifier: BSD-2-Clause */
#include "nn/loss_impl.h"
#include "nn/simd_impl.h"

GRAFT_CLONES graft_loss_sums graft_loss_sum(size_t points, const graft_real *u, const graft_real *v,
                                            const graft_real *m) {
  double weight = 0, error = 0, target = 0;
  if (!m) {
#pragma omp simd reduction(+ : error, target)
    for (size_t i = 0; i < points; i++) {
      double e = (double)u[i] - (double)v[i];
      error += e * e;
      target += (double)v[i] * (double)v[i];
    }
    return (graft_loss_sums){(double)points, error, target};
  }
#pragma omp simd reduction(+ : weight, error, target)
  for (size_t i = 0; i < points; i++) {
    double e = (double)u[i] - (double)v[i], w = (double)m[i];
    weight += w;
    error += w * e * e;
    target += w * (double)v[i] * (double)v[i];
  }
  return (graft_loss_sums){weight, error, target};
}

GRAFT_CLONES void graft_loss_difference(size_t points, const graft_real *u, const graft_real *v,
                                        const graft_real *m, double factor, graft_real *gradient) {
  graft_real f = (graft_real)factor;
  GRAFT_SIMD
  for (size_t i = 0; i < points; i++) gradient[i] = f * (u[i] - v[i]) * (m ? m[i] : 1);
}
