/* SPDX-License-Identifier: BSD-2-Clause
 * Register tiles.
 * Method:    T x R N (or T x N) vectors of sums stay in registers while the terms go by: N vector
 *            loads and R T scalars spread to vectors serve R T N fused multiply-adds. R N ≤ 2 and T
 *            ≤ 14, so 28 of 32 AVX-512 registers hold sums; on older processors T is smaller.
 * Cost:      one fused multiply-add per product of vectors.
 * Reference: goto2008 (products), georganas2018, section II (convolutions). */
#include "nn/tile_impl.h"

#include <string.h>

#include "nn/simd_impl.h"

enum { L = GRAFT_LANES, MOST = 14 };

/* Tile sizes T. */
#define EACH_TILE(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14)

typedef graft_real vector __attribute__((vector_size(64)));

#define INLINE static inline __attribute__((always_inline))

#ifndef __clang__ /* of no use here, and take 10 s to compile */
#pragma GCC optimize("no-gcse", "no-gcse-after-reload")
#endif
#pragma GCC diagnostic ignored "-Wpsabi" /* vectors are passed to inlined functions only */

INLINE vector load(const graft_real *from) {
  vector v;
  memcpy(&v, from, sizeof v);
  return v;
}

INLINE void store(graft_real *to, vector v) { memcpy(to, &v, sizeof v); }

static size_t most_rows(void) {
#if defined(__x86_64__) && defined(__GNUC__)
  return __builtin_cpu_supports("avx512f") ? MOST : __builtin_cpu_supports("avx2") ? 3 : 1;
#else
  return 3;
#endif
}

/* Size of the next tile, so that all are about as large. */
static size_t next_tile(size_t left, size_t most) {
  size_t tiles = (left + most - 1) / most, T = (left + tiles - 1) / tiles;
  return T == 9 || T == 11 ? (T + 1) / 2 : T;
}

/* A tile of y that is not whole vectors wide is worked on in a copy [rows x width]. */
static void copy_tile(size_t rows, size_t lanes, const graft_real *from, size_t from_stride,
                      graft_real *to, size_t to_stride) {
  for (size_t i = 0; i < rows; i++) {
    memcpy(to + i * to_stride, from + i * from_stride, lanes * sizeof *to);
  }
}

INLINE void windows(const size_t T, const size_t R, const size_t N, const graft_window_sum *s,
                    const graft_real *x, const graft_real *w, graft_real *y, size_t y_column,
                    size_t y_row) {
  size_t step = s->column, row = s->row, w_step = s->w_step, w_block = s->w_block;
  const vector zero = {0}; /* scalar − zero: the scalar in all lanes */
  vector sum[2 * MOST];
#pragma GCC unroll 28
  for (size_t i = 0; i < T * R * N; i++) {
    size_t t = i / (R * N), r = i / N % R, n = i % N;
    sum[i] = s->bias  ? load(s->bias + n * L)
             : s->add ? load(y + t * y_column + r * y_row + n * L)
                      : (vector){0};
  }
  for (size_t u = 0; u < s->taps; u++) {
    const graft_real *from = x + u * s->tap;
    for (size_t q = 0; q < s->window; q++, w += w_step, from++) {
      vector a = load(w), b = N > 1 ? load(w + w_block) : a;
#pragma GCC unroll 14
      for (size_t t = 0; t < T; t++) {
        vector value = from[t * step] - zero;
        sum[t * R * N] += value * a;
        if (N > 1) sum[t * N + 1] += value * b;
        if (R > 1) sum[t * R + 1] += (from[t * step + row] - zero) * a;
      }
    }
  }
#pragma GCC unroll 28
  for (size_t i = 0; i < T * R * N; i++) {
    size_t t = i / (R * N), r = i / N % R, n = i % N;
    store(y + t * y_column + r * y_row + n * L, sum[i]);
  }
}

GRAFT_CLONES static void windows_tile(size_t T, const graft_window_sum *s, const graft_real *x,
                                      const graft_real *w, graft_real *y, size_t y_column,
                                      size_t y_row) {
  switch (T * 2 + s->N - 1) {
#define WINDOW_CASES(t)                                                                            \
  case t * 2: windows(t, 2, 1, s, x, w, y, y_column, y_row); break;                                \
  case t * 2 + 1: windows(t, 1, 2, s, x, w, y, y_column, y_row); break;
    EACH_TILE(WINDOW_CASES)
#undef WINDOW_CASES
  default: break;
  }
}

void graft_tile_windows(const graft_window_sum *s, const graft_real *x, const graft_real *w,
                        graft_real *y) {
  size_t most = most_rows(), width = s->N * L, R = s->N == 1 && s->row > 0 ? 2 : 1;
  graft_real copy[2 * MOST * L];
  for (size_t j = 0, T; j < s->columns; j += T) {
    T = next_tile(s->columns - j, most);
    const graft_real *from = x + j * s->column;
    graft_real *to = y + j * s->y_column;
    if (s->lanes == width) {
      windows_tile(T, s, from, w, to, s->y_column, s->y_row);
      continue;
    }
    for (size_t r = 0; r < R && s->add; r++) {
      copy_tile(T, s->lanes, to + r * s->y_row, s->y_column, copy + r * T * width, width);
    }
    windows_tile(T, s, from, w, copy, width, R > 1 ? T * width : 0);
    for (size_t r = 0; r < R; r++) {
      copy_tile(T, s->lanes, copy + r * T * width, width, to + r * s->y_row, s->y_column);
    }
  }
}

INLINE void outer(const size_t T, const size_t N, const graft_outer_sum *s, const graft_real *x,
                  const graft_real *d, graft_real *y, size_t y_step, size_t y_block) {
  size_t columns = s->columns, x_column = s->x_column, d_column = s->d_column;
  const vector zero = {0}; /* scalar − zero: the scalar in all lanes */
  vector sum[2 * MOST];
#pragma GCC unroll 28
  for (size_t i = 0; i < T * N; i++) {
    sum[i] = s->add ? load(y + i / N * y_step + i % N * y_block) : (vector){0};
  }
  for (size_t i = 0; i < s->rows; i++) {
    const graft_real *from = x + i * s->x_row, *term = d + i * s->d_row;
    for (size_t j = 0; j < columns; j++, from += x_column, term += d_column) {
      vector a = load(term), b = N > 1 ? load(term + L) : a;
#pragma GCC unroll 14
      for (size_t t = 0; t < T; t++) {
        vector value = from[t] - zero;
        sum[t * N] += value * a;
        if (N > 1) sum[t * N + 1] += value * b;
      }
    }
  }
#pragma GCC unroll 28
  for (size_t i = 0; i < T * N; i++) store(y + i / N * y_step + i % N * y_block, sum[i]);
}

GRAFT_CLONES static void outer_tile(size_t T, const graft_outer_sum *s, const graft_real *x,
                                    const graft_real *d, graft_real *y, size_t y_step,
                                    size_t y_block) {
  switch (T * 2 + s->N - 1) {
#define OUTER_CASES(t)                                                                             \
  case t * 2: outer(t, 1, s, x, d, y, y_step, y_block); break;                                     \
  case t * 2 + 1: outer(t, 2, s, x, d, y, y_step, y_block); break;
    EACH_TILE(OUTER_CASES)
#undef OUTER_CASES
  default: break;
  }
}

void graft_tile_outer(const graft_outer_sum *s, const graft_real *x, const graft_real *d,
                      graft_real *y) {
  size_t most = most_rows(), width = s->N * L;
  graft_real copy[2 * MOST * L];
  for (size_t q = 0, T; q < s->window; q += T) {
    T = next_tile(s->window - q, most);
    graft_real *to = y + q * s->y_step;
    if (s->lanes == width) {
      outer_tile(T, s, x + q, d, to, s->y_step, s->y_block);
      continue;
    }
    if (s->add) copy_tile(T, s->lanes, to, s->y_step, copy, width); /* y_block = L here */
    outer_tile(T, s, x + q, d, copy, width, L);
    copy_tile(T, s->lanes, copy, width, to, s->y_step);
  }
}
