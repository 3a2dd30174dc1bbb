/* SPDX-License-Identifier: BSD-2-Clause
 * Projection on the cone of directions that no row conflicts with.
 * Method:    v = u + z with z ≥ 0 least in (u + z)ᵀ G (u + z): non-negative least squares by active
 *            sets in Gramian form, on cosines. The row with the largest conflict is freed; free
 *            rows are solved for exactly; rows that would become negative are fixed again. Ends
 *            after finitely many steps.
 * Cost:      a factorisation of the size of the free set per step, usually at most K steps.
 * Reference: lawson1974, chapter 23; quinton2024, proposition 1 for the dual form.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "mtl/solver.h"

/* The search, in units of the rows' lengths: v_i here is v_i times length_i. */
struct nnls {
  size_t K;                            /* rows */
  double cosine[GRAFT_SOLVER_ENTRIES]; /* between rows */
  double u[GRAFT_MAX_TASKS];           /* lower bounds */
  double z[GRAFT_MAX_TASKS];           /* v − u ≥ 0 */
  bool free[GRAFT_MAX_TASKS];          /* z is not held at 0 */
};

/* Products of the rows with the direction of u + z. */
static void products(const struct nnls *s, double *product) {
  for (size_t i = 0; i < s->K; i++) {
    product[i] = 0;
    for (size_t j = 0; j < s->K; j++) product[i] += s->cosine[i * s->K + j] * (s->u[j] + s->z[j]);
  }
}

/* Exact z on the free set: the products there become 0. False when it is dependent. */
static bool solve_free(const struct nnls *s, double *z) {
  double A[GRAFT_SOLVER_ENTRIES], b[GRAFT_MAX_TASKS];
  size_t list[GRAFT_MAX_TASKS], M = 0;
  for (size_t i = 0; i < s->K; i++) {
    if (s->free[i]) list[M++] = i;
  }
  for (size_t i = 0; i < M; i++) {
    b[i] = 0;
    for (size_t j = 0; j < s->K; j++) b[i] -= s->cosine[list[i] * s->K + j] * s->u[j];
    for (size_t j = 0; j < M; j++) A[i * M + j] = s->cosine[list[i] * s->K + list[j]];
  }
  if (!graft_solver_factor(M, A)) return false;
  graft_solver_solve(M, A, b);
  memset(z, 0, s->K * sizeof *z);
  for (size_t i = 0; i < M; i++) z[list[i]] = b[i];
  return true;
}

/* Solve on the free set, fixing rows until all of z is positive there. */
static bool settle(struct nnls *s) {
  double z[GRAFT_MAX_TASKS];
  for (size_t pass = 0; pass <= s->K; pass++) {
    double step = 1;
    size_t fixed = s->K;
    if (!solve_free(s, z)) return false;
    for (size_t i = 0; i < s->K; i++) {
      if (!s->free[i] || z[i] > 0) continue;
      const double share = s->z[i] > 0 ? s->z[i] / (s->z[i] - z[i]) : 0;
      if (share <= step) step = share, fixed = i;
    }
    for (size_t i = 0; i < s->K; i++) s->z[i] += step * (z[i] - s->z[i]);
    if (fixed == s->K) return true;
    for (size_t i = 0; i < s->K; i++) {
      if (s->free[i] && (i == fixed || s->z[i] <= 0)) s->free[i] = false, s->z[i] = 0;
    }
  }
  return false;
}

void graft_solver_dual_cone(size_t K, const double *G, const double *u, double *v) {
  struct nnls s = {.K = K};
  double length[GRAFT_MAX_TASKS], product[GRAFT_MAX_TASKS] = {0}, scale = 0;
  graft_solver_cosines(K, G, length, s.cosine);
  for (size_t i = 0; i < K; i++) scale = fmax(scale, fabs(s.u[i] = u[i] * length[i]));
  for (size_t step = 0; step < 10 * K && scale > 0; step++) {
    size_t worst = K;
    double kept[GRAFT_MAX_TASKS], most = scale;
    products(&s, product);
    for (size_t i = 0; i < K; i++) most = fmax(most, fabs(s.u[i] + s.z[i]));
    for (size_t i = 0; i < K; i++) {
      if (s.free[i] || length[i] == 0 || product[i] >= -4 * DBL_EPSILON * (double)K * most)
        continue;
      if (worst == K || product[i] < product[worst]) worst = i;
    }
    if (worst == K) break;
    memcpy(kept, s.z, sizeof kept);
    s.free[worst] = true;
    if (settle(&s)) continue;
    s.free[worst] = false; /* dependent by rounding: the conflict is rounding too */
    memcpy(s.z, kept, sizeof kept);
    break;
  }
  for (size_t i = 0; i < K; i++) v[i] = length[i] > 0 ? u[i] + s.z[i] / length[i] : u[i];
}
