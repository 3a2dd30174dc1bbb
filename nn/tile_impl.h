/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_NN_TILE_IMPL_H
#define GRAFT_NN_TILE_IMPL_H

/** @file tile_impl.h
 *  The two inner loops of all matrix products and convolutions (private to nn/): sums of scalars
 * times vectors, a tile of them held in registers. */

#include <stdbool.h>
#include <stddef.h>

#include "base/real.h"

enum { GRAFT_LANES = 64 / sizeof(graft_real) /**< L: elements of a vector */ };

/** Elements rounded up to whole vectors. */
static inline size_t graft_padded(size_t count) {
  return (count + GRAFT_LANES - 1) / GRAFT_LANES * GRAFT_LANES;
}

/** Sums over windows of x: for each of `columns` pixels t, R rows r and N vectors n, either N = 2
 * and R = 1 or N = 1 and R = 2,
 *
 *      y[t y_column + r y_row + n L …] = start + Σ_u Σ_q x[t column + r row + u tap + q] ·
 *                                                     w[(u window + q) w_step + n w_block …]
 *
 *  with u < taps, q < window. With N = 1 and row = y_row = 0 both rows are the same one. */
typedef struct graft_window_sum {
  size_t N;
  size_t columns, taps, window;
  size_t column, row, tap;
  size_t w_step, w_block;
  size_t y_column, y_row;
  size_t lanes;           /**< elements of y to be written per pixel, ≤ N L */
  const graft_real *bias; /**< [N L] start; NULL: 0, or y if add */
  bool add;               /**< start from y (bias NULL) */
} graft_window_sum;

/** Run it. x, w, y need no alignment; N L elements of w are read at each step. */
void graft_tile_windows(const graft_window_sum *s, const graft_real *x, const graft_real *w,
                        graft_real *y);

/** Sums of outer products: for each t < `window` and `N` vectors n
 *
 *      y[t y_step + n y_block …] = start + Σ_i Σ_j x[i x_row + j x_column + t] ·
 *                                                  d[i d_row + j d_column + n L …]
 *
 *  with i < rows, j < columns. N ≤ 2. */
typedef struct graft_outer_sum {
  size_t N;
  size_t window, rows, columns;
  size_t x_row, x_column, d_row, d_column;
  size_t y_step, y_block;
  size_t lanes; /**< elements of y to be written per t, ≤ N L; fewer only with y_block = L */
  bool add;     /**< start from y instead of 0 */
} graft_outer_sum;

/** Run it; N L elements of d are read at each step. */
void graft_tile_outer(const graft_outer_sum *s, const graft_real *x, const graft_real *d,
                      graft_real *y);

#endif
