/* SPDX-License-Identifier: BSD-2-Clause
 * The fixed point of fairness: x_i^{1/α} (G x)_i = 1.
 * Method:    stationary point of ½ yᵀ C y − Σ d_i φ(y_i), φ'(y) = y^{−1/α}, with cosines C, y_i =
 *            length_i x_i, d_i = length_i^{1/α − 1}: convex, so a damped Newton iteration in log y
 *            converges from any start. When 0 is in the convex hull of some rows there is no
 *            solution; this is asked first.
 * Cost:      a factorisation of size K per step, about 10 steps.
 * Reference: navon2022, claim 3.2, for α = 1; ban2024, equation 8.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "mtl/solver.h"

/* Relative residual y_i^{1/α} (C y)_i / d_i − 1; its largest magnitude. */
static double residual(size_t K, const double *C, const double *d, double alpha, const double *y,
                       double *r) {
  double most = 0;
  for (size_t i = 0; i < K; i++) {
    double product = 0;
    for (size_t j = 0; j < K; j++) product += C[i * K + j] * y[j];
    r[i] = pow(y[i], 1 / alpha) * product / d[i] - 1;
    most = fmax(most, fabs(r[i]));
  }
  return most;
}

/* The convex function. */
static double value(size_t K, const double *C, const double *d, double alpha, const double *y) {
  const double power = 1 - 1 / alpha;
  double sum = 0;
  for (size_t i = 0; i < K; i++) {
    for (size_t j = 0; j < K; j++) sum += 0.5 * y[i] * C[i * K + j] * y[j];
    sum -= d[i] * (fabs(power) < 1e-14 ? log(y[i]) : pow(y[i], power) / power);
  }
  return sum;
}

/* Newton's step for y: (C + diag(d/α y^{−1/α−1})) s = d y^{−1/α} − C y; its slope. */
static bool newton(size_t K, const double *C, const double *d, double alpha, const double *y,
                   const double *r, double *s, double *slope) {
  double A[GRAFT_SOLVER_ENTRIES];
  *slope = 0;
  for (size_t i = 0; i < K; i++) { /* in units of y: s_i = y_i t_i, rows times y_i */
    const double own = d[i] * pow(y[i], 1 - 1 / alpha);
    for (size_t j = 0; j < K; j++) A[i * K + j] = y[i] * C[i * K + j] * y[j];
    A[i * K + i] += own / alpha;
    s[i] = -own * r[i];
  }
  double b[GRAFT_MAX_TASKS];
  memcpy(b, s, K * sizeof *b);
  if (!graft_solver_factor(K, A)) return false;
  graft_solver_solve(K, A, s);
  for (size_t i = 0; i < K; i++) *slope -= b[i] * s[i];
  return true;
}

static bool iterate(size_t K, const double *C, const double *d, double alpha, double *y) {
  enum { STEPS = 200 };
  double r[GRAFT_MAX_TASKS], t[GRAFT_MAX_TASKS], next[GRAFT_MAX_TASKS], slope;
  double best = residual(K, C, d, alpha, y, r), at = value(K, C, d, alpha, y);
  for (int step = 0; step < STEPS && best > 1e-14; step++) {
    if (!newton(K, C, d, alpha, y, r, t, &slope)) break;
    double least = 0, share = 1, after = 0, found = INFINITY;
    for (size_t i = 0; i < K; i++) least = fmin(least, t[i]);
    if (least < -0.9) share = -0.9 / least; /* y stays positive */
    for (int halving = 0; halving < 60; halving++, share *= 0.5) {
      for (size_t i = 0; i < K; i++) next[i] = y[i] * (1 + share * t[i]);
      after = value(K, C, d, alpha, next);
      found = residual(K, C, d, alpha, next, r);
      if (after <= at + 1e-4 * share * slope || (best < 1e-3 && found < 0.9 * best)) break;
    }
    if (!(found < best) && best < 1e-9) break; /* rounding */
    memcpy(y, next, K * sizeof *y);
    best = found;
    at = after;
  }
  return best < 1e-8;
}

bool graft_solver_fair(size_t K, const double *G, double alpha, double *x) {
  double length[GRAFT_MAX_TASKS], C[GRAFT_SOLVER_ENTRIES], d[GRAFT_MAX_TASKS];
  double w[GRAFT_MAX_TASKS], y[GRAFT_MAX_TASKS], square = 0;
  graft_solver_cosines(K, G, length, C);
  graft_solver_min_norm(K, C, w);
  memset(x, 0, K * sizeof *x);
  for (size_t i = 0; i < K; i++) {
    for (size_t j = 0; j < K; j++) square += w[i] * C[i * K + j] * w[j];
  }
  if (square < 1e-13) return false;
  double scale = 0; /* d as powers of length would overflow for small alpha */
  for (size_t i = 0; i < K; i++) scale += log(length[i]) / (double)K;
  for (size_t i = 0; i < K; i++) {
    d[i] = exp((1 / alpha - 1) * (log(length[i]) - scale));
    y[i] = exp(log(d[i]) * alpha / (alpha + 1));
  }
  if (!iterate(K, C, d, alpha, y)) return false;
  /* with lengths / e^scale instead of lengths, x is larger by e^{scale 2α/(α+1)} */
  for (size_t i = 0; i < K; i++) {
    x[i] = y[i] * exp(scale - log(length[i]) - scale * 2 * alpha / (alpha + 1));
  }
  return true;
}
