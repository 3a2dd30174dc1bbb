/* SPDX-License-Identifier: BSD-2-Clause
 * Weights of CAGrad: the best worst case in a ball around the mean gradient.
 * Method:    least g_w·g0 + r |g_w|, r = c |g0|. With |g_w| = min over λ of (|g_w|²/λ + λ)/2 the
 *            problem is convex in (w, λ); for fixed λ it is the point of the hull of g_i + (λ/r)
 *            g0 that is next to 0, and the derivative in λ vanishes where |g_w| = λ. That root is
 *            found by bisection with secant steps; the derivative rises in λ.
 * Cost:      about 15 searches of graft_solver_min_norm().
 * Reference: liu2021b, equation 5 and theorem 3.2 (the dual); the reduction is ours.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "mtl/solver.h"

/* The problem in units of the longest row. */
struct ball {
  size_t K;                       /* rows */
  double G[GRAFT_SOLVER_ENTRIES]; /* Gramian */
  double mean[GRAFT_MAX_TASKS];   /* g_i · g0 */
  double square;                  /* |g0|² */
  double radius;                  /* r */
};

/* Weights for this λ; returns |g_w| − λ. */
static double excess(const struct ball *b, double lambda, double *w) {
  double shifted[GRAFT_SOLVER_ENTRIES] = {0}, norm = 0;
  const size_t K = b->K;
  const double t = lambda / b->radius;
  for (size_t i = 0; i < K; i++) {
    for (size_t j = 0; j < K; j++) {
      const double shift = t * (b->mean[i] + b->mean[j]) + t * t * b->square;
      shifted[i * K + j] = b->G[i * K + j] + shift;
    }
  }
  graft_solver_min_norm(K, shifted, w);
  for (size_t i = 0; i < K; i++) {
    for (size_t j = 0; j < K; j++) norm += w[i] * b->G[i * K + j] * w[j];
  }
  return sqrt(fmax(norm, 0)) - lambda;
}

/* λ in [low, high] with excess 0: Illinois' variant of the false position, with bisection. */
static double root(const struct ball *b, double low, double high, double *w) {
  double f_low = excess(b, low, w), f_high = excess(b, high, w), lambda = high;
  for (int step = 0; step < 200 && high - low > 4 * DBL_EPSILON * high; step++) {
    lambda = step % 3 == 2 ? 0.5 * (low + high) : high - f_high * (high - low) / (f_high - f_low);
    if (!(lambda > low && lambda < high)) lambda = 0.5 * (low + high);
    const double f = excess(b, lambda, w);
    if (f == 0) break;
    if (f > 0) {
      low = lambda, f_low = f, f_high *= 0.5;
    } else {
      high = lambda, f_high = f, f_low *= 0.5;
    }
  }
  return lambda;
}

bool graft_solver_ball(size_t K, const double *G, double c, double *w) {
  struct ball b = {.K = K};
  double most = 0;
  for (size_t i = 0; i < K; i++) most = fmax(most, G[i * K + i]);
  for (size_t i = 0; i < K; i++) w[i] = 1 / (double)K;
  if (most == 0) return false;
  for (size_t i = 0; i < K; i++) {
    for (size_t j = 0; j < K; j++) {
      b.G[i * K + j] = G[i * K + j] / most;
      b.mean[i] += b.G[i * K + j] / (double)K;
    }
    b.square += b.mean[i] / (double)K;
  }
  if (b.square < 1e-30) return false;
  b.radius = c * sqrt(b.square);
  if (c == 0) return true;
  const double low = 1e-6;                   /* below, rounding in |g_w|² decides */
  if (excess(&b, low, w) <= 0) return false; /* |g_w| → 0 */
  (void)root(&b, low, 1, w);
  return true;
}
