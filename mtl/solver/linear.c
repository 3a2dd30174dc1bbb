/* SPDX-License-Identifier: BSD-2-Clause
 * Dense linear algebra of small symmetric matrices.
 * Method:    Cholesky's factorisation; cyclic Jacobi rotations until off-diagonal elements are
 *            below rounding; Euclidean projection on the simplex by sorting.
 * Cost:      K³/3 flops for a factor, about 30 K³ for eigenvalues.
 * Reference: golub2013, algorithms 4.2.1 and 8.5.3; duchi2008, figure 1.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "mtl/solver.h"

void graft_solver_cosines(size_t K, const double *G, double *length, double *cosine) {
  for (size_t i = 0; i < K; i++) length[i] = sqrt(fmax(G[i * K + i], 0));
  for (size_t i = 0; i < K; i++) {
    for (size_t j = 0; j < K; j++) {
      const bool zero = length[i] == 0 || length[j] == 0;
      const double c = zero ? 0 : G[i * K + j] / length[i] / length[j];
      cosine[i * K + j] = i == j ? (zero ? 0 : 1) : fmin(fmax(c, -1), 1);
    }
  }
}

bool graft_solver_factor(size_t K, double *A) {
  for (size_t j = 0; j < K; j++) {
    const double before = A[j * K + j];
    for (size_t k = 0; k < j; k++) A[j * K + j] -= A[j * K + k] * A[j * K + k];
    if (!(A[j * K + j] > (double)K * DBL_EPSILON * before)) return false;
    A[j * K + j] = sqrt(A[j * K + j]);
    for (size_t i = j + 1; i < K; i++) {
      for (size_t k = 0; k < j; k++) A[i * K + j] -= A[i * K + k] * A[j * K + k];
      A[i * K + j] /= A[j * K + j];
    }
  }
  return true;
}

void graft_solver_solve(size_t K, const double *factor, double *x) {
  for (size_t i = 0; i < K; i++) {
    for (size_t k = 0; k < i; k++) x[i] -= factor[i * K + k] * x[k];
    x[i] /= factor[i * K + i];
  }
  for (size_t i = K; i-- > 0;) {
    for (size_t k = i + 1; k < K; k++) x[i] -= factor[k * K + i] * x[k];
    x[i] /= factor[i * K + i];
  }
}

/* Turn rows and columns p, q of A so that A_pq becomes 0. */
static void rotate(size_t K, double *A, double *vector, size_t p, size_t q) {
  const double theta = (A[q * K + q] - A[p * K + p]) / (2 * A[p * K + q]);
  const double t = (theta < 0 ? -1 : 1) / (fabs(theta) + sqrt(theta * theta + 1));
  const double c = 1 / sqrt(t * t + 1), s = t * c;
  for (size_t k = 0; k < K; k++) {
    const double x = A[k * K + p], y = A[k * K + q];
    A[k * K + p] = c * x - s * y;
    A[k * K + q] = s * x + c * y;
  }
  for (size_t k = 0; k < K; k++) {
    const double x = A[p * K + k], y = A[q * K + k];
    A[p * K + k] = c * x - s * y;
    A[q * K + k] = s * x + c * y;
  }
  A[p * K + q] = A[q * K + p] = 0;
  for (size_t k = 0; k < K; k++) {
    const double x = vector[k * K + p], y = vector[k * K + q];
    vector[k * K + p] = c * x - s * y;
    vector[k * K + q] = s * x + c * y;
  }
}

static void sort(size_t K, double *value, double *vector) {
  for (size_t i = 0; i < K; i++) {
    size_t least = i;
    for (size_t j = i + 1; j < K; j++) {
      if (value[j] < value[least]) least = j;
    }
    if (least == i) continue;
    const double kept = value[i];
    value[i] = value[least];
    value[least] = kept;
    for (size_t k = 0; k < K; k++) {
      const double x = vector[k * K + i];
      vector[k * K + i] = vector[k * K + least];
      vector[k * K + least] = x;
    }
  }
}

void graft_solver_eigen(size_t K, const double *A, double *value, double *vector) {
  enum { SWEEPS = 60 };
  double B[GRAFT_SOLVER_ENTRIES] = {0};
  memcpy(B, A, K * K * sizeof *B);
  for (size_t i = 0; i < K * K; i++) vector[i] = i % (K + 1) == 0;
  for (int sweep = 0; sweep < SWEEPS; sweep++) {
    bool done = true;
    for (size_t p = 0; p < K; p++) {
      for (size_t q = p + 1; q < K; q++) {
        const double bound = DBL_EPSILON * sqrt(fabs(B[p * K + p])) * sqrt(fabs(B[q * K + q]));
        if (fabs(B[p * K + q]) <= fmax(bound, DBL_MIN)) continue;
        rotate(K, B, vector, p, q);
        done = false;
      }
    }
    if (done) break;
  }
  for (size_t i = 0; i < K; i++) value[i] = B[i * K + i];
  sort(K, value, vector);
}

size_t graft_solver_pseudo(size_t K, const double *A, const double *b, double *x) {
  double value[GRAFT_MAX_TASKS] = {0}, vector[GRAFT_SOLVER_ENTRIES] = {0};
  size_t rank = 0;
  graft_solver_eigen(K, A, value, vector);
  memset(x, 0, K * sizeof *x);
  for (size_t e = 0; e < K; e++) {
    double part = 0;
    if (!(value[e] > (double)K * DBL_EPSILON * value[K - 1])) continue;
    rank++;
    for (size_t k = 0; k < K; k++) part += vector[k * K + e] * b[k];
    for (size_t k = 0; k < K; k++) x[k] += vector[k * K + e] * (part / value[e]);
  }
  return rank;
}

void graft_solver_simplex(size_t K, double *w) {
  double sorted[GRAFT_MAX_TASKS], sum = 0, shift = 0;
  double most = w[0];
  for (size_t i = 1; i < K; i++) most = fmax(most, w[i]);
  for (size_t i = 0; i < K; i++) w[i] -= most; /* beside huge numbers the 1 would be lost */
  memcpy(sorted, w, K * sizeof *w);
  for (size_t i = 1; i < K; i++) { /* falling */
    for (size_t j = i; j > 0 && sorted[j] > sorted[j - 1]; j--) {
      const double kept = sorted[j];
      sorted[j] = sorted[j - 1];
      sorted[j - 1] = kept;
    }
  }
  for (size_t i = 0; i < K; i++) {
    sum += sorted[i];
    if (sorted[i] - (sum - 1) / (double)(i + 1) > 0) shift = (sum - 1) / (double)(i + 1);
  }
  for (size_t i = 0; i < K; i++) w[i] = fmax(w[i] - shift, 0);
}
