/* SPDX-License-Identifier: BSD-2-Clause
 * Point of a convex hull next to 0.
 * Method:    Wolfe's algorithm in Gramian form. The corral S is a set of affinely independent rows;
 *            its affine point next to 0 solves (e eᵀ + C) z = e on S, where C has the cosines and
 *            e_i = least length / length_i. While a row lies nearer to 0 than the point, it joins
 *            S; rows whose weight would become negative leave it. Ends after finitely many steps.
 * Cost:      a factorisation of size |S| per step, usually no more than 2 K steps.
 * Reference: wolfe1976, sections 3 and 4.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "mtl/solver.h"

/* The search; arrays over all K rows, S as a list. */
struct corral {
  size_t K;                            /* rows */
  double length[GRAFT_MAX_TASKS];      /* of the rows */
  double cosine[GRAFT_SOLVER_ENTRIES]; /* between them */
  double share[GRAFT_MAX_TASKS];       /* e: least length over length */
  double w[GRAFT_MAX_TASKS];           /* weights of the point */
  size_t member[GRAFT_MAX_TASKS];      /* S */
  size_t members;                      /* size of S */
};

/* Weights on S of its affine point next to 0; false when S is affinely dependent. */
static bool affine_point(const struct corral *c, double *y) {
  double A[GRAFT_SOLVER_ENTRIES], sum = 0;
  const size_t M = c->members;
  for (size_t i = 0; i < M; i++) {
    const size_t r = c->member[i];
    y[i] = c->share[r];
    for (size_t j = 0; j < M; j++) {
      const size_t q = c->member[j];
      A[i * M + j] = c->share[r] * c->share[q] + c->cosine[r * c->K + q];
    }
  }
  if (!graft_solver_factor(M, A)) return false;
  graft_solver_solve(M, A, y);
  for (size_t i = 0; i < M; i++) sum += y[i] *= c->share[c->member[i]];
  if (!(sum > 0)) return false;
  for (size_t i = 0; i < M; i++) y[i] /= sum;
  return true;
}

static void drop(struct corral *c, size_t i) {
  c->w[c->member[i]] = 0;
  c->member[i] = c->member[--c->members];
}

/* Move to the affine point of S, leaving rows behind until it lies within their hull. */
static bool settle(struct corral *c) {
  double y[GRAFT_MAX_TASKS];
  while (c->members > 0) {
    double step = 1;
    size_t leaving = c->members;
    if (!affine_point(c, y)) return false;
    for (size_t i = 0; i < c->members; i++) {
      const double w = c->w[c->member[i]];
      if (y[i] > DBL_EPSILON || y[i] >= w) continue;
      if (w / (w - y[i]) <= step) step = w / (w - y[i]), leaving = i;
    }
    for (size_t i = 0; i < c->members; i++) {
      c->w[c->member[i]] += step * (y[i] - c->w[c->member[i]]);
    }
    if (leaving == c->members) return true;
    drop(c, leaving);
  }
  return false;
}

/* Row whose product with the point is least, in units of the row's length; where it is. */
static double least_product(const struct corral *c, size_t *row, double *square) {
  double least = INFINITY;
  *square = 0;
  for (size_t i = 0; i < c->K; i++) {
    double product = 0;
    for (size_t j = 0; j < c->K; j++) product += c->cosine[i * c->K + j] * c->w[j] * c->length[j];
    *square += c->w[i] * c->length[i] * product;
    product *= c->length[i];
    if (product < least) least = product, *row = i;
  }
  return least;
}

static void search(struct corral *c) {
  double before[GRAFT_MAX_TASKS], last = INFINITY;
  for (size_t step = 0; step < 20 * c->K; step++) {
    double square, largest = 0;
    size_t row = 0;
    const double least = least_product(c, &row, &square);
    for (size_t i = 0; i < c->K; i++) largest = fmax(largest, c->w[i] * c->length[i]);
    const double rounding = 1e-15 * (double)c->K * largest * c->length[row];
    if (least >= square - rounding || c->w[row] > 0 || !(square < last)) return;
    last = square;
    memcpy(before, c->w, sizeof before);
    c->member[c->members++] = row;
    if (settle(c)) continue;
    memcpy(c->w, before, sizeof before); /* dependent by rounding: no better point is left */
    return;
  }
}

void graft_solver_min_norm(size_t K, const double *G, double *w) {
  struct corral c = {.K = K};
  size_t shortest = 0, zeros = 0;
  graft_solver_cosines(K, G, c.length, c.cosine);
  for (size_t i = 0; i < K; i++) {
    zeros += c.length[i] == 0;
    if (c.length[i] < c.length[shortest]) shortest = i;
  }
  for (size_t i = 0; zeros && i < K; i++) w[i] = c.length[i] == 0 ? 1 / (double)zeros : 0;
  if (zeros) return;
  for (size_t i = 0; i < K; i++) c.share[i] = c.length[shortest] / c.length[i];
  c.member[c.members++] = shortest;
  c.w[shortest] = 1;
  search(&c);
  memcpy(w, c.w, K * sizeof *w);
}
