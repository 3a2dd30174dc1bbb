/* SPDX-License-Identifier: BSD-2-Clause */
#include "mtl/vector.h"

#include <math.h>

/* Partial sums; their number does not depend on threads. Below SMALL one thread is faster. */
enum { PARTS = 64, SMALL = 1 << 15 };

static double dot_part(const graft_real *restrict x, const graft_real *restrict y, size_t n) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (size_t i = 0; i < n; i++) sum += (double)x[i] * (double)y[i];
  return sum;
}

double graft_vector_dot(const graft_real *x, const graft_real *y, size_t n) {
  if (n < SMALL) return dot_part(x, y, n);
  double part[PARTS], sum = 0;
#pragma omp parallel for schedule(static)
  for (size_t p = 0; p < PARTS; p++) {
    size_t begin = n / PARTS * p, end = p + 1 == PARTS ? n : n / PARTS * (p + 1);
    part[p] = dot_part(x + begin, y + begin, end - begin);
  }
  for (size_t p = 0; p < PARTS; p++) sum += part[p];
  return sum;
}

double graft_vector_norm(const graft_real *x, size_t n) { return sqrt(graft_vector_dot(x, x, n)); }

void graft_vector_scale(graft_real *x, double factor, size_t n) {
  const graft_real f = (graft_real)factor;
#pragma omp parallel for simd schedule(static) if (n >= SMALL)
  for (size_t i = 0; i < n; i++) x[i] *= f;
}

void graft_vector_axpy(graft_real *restrict y, double a, const graft_real *restrict x, size_t n) {
  const graft_real f = (graft_real)a;
#pragma omp parallel for simd schedule(static) if (n >= SMALL)
  for (size_t i = 0; i < n; i++) y[i] += f * x[i];
}

void graft_vector_average(graft_real *restrict mean, double decay, const graft_real *restrict x,
                          size_t n) {
  const graft_real f = (graft_real)(1 - decay);
#pragma omp parallel for simd schedule(static) if (n >= SMALL)
  for (size_t i = 0; i < n; i++) mean[i] += f * (x[i] - mean[i]);
}
