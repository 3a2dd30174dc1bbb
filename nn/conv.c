/* SPDX-License-Identifier: BSD-2-Clause
 * Convolution kernels.
 * Method:    register tiles. Forward holds T output pixels of R rows x N vectors of channels and
 * adds window elements one by one; the weight gradient holds T window elements x N vectors and adds
 * pixels one by one. R N ≤ 2, so 28 of 32 AVX-512 registers hold sums. Cost:      one fused
 * multiply-add per product; a load for every one or two of them. Reference: georganas2018 (direct
 * convolutions on SIMD architectures), section II. */
#include "nn/conv_impl.h"

#include <stdbool.h>
#include <string.h>

#include "nn/simd_impl.h"

enum { L = GRAFT_CONV_LANES, MOST = 14, CHUNK_BYTES = 24576 };

/* Tile sizes T that are compiled. */
#define EACH_TILE(X) X(1) X(2) X(3) X(4) X(6) X(8) X(10) X(12) X(13) X(14)

typedef graft_real vector __attribute__((vector_size(64)));

#define INLINE static inline __attribute__((always_inline))

#pragma GCC diagnostic ignored "-Wpsabi" /* vectors are passed to inlined functions only */

INLINE vector load(const graft_real *from) {
  vector v;
  memcpy(&v, from, sizeof v);
  return v;
}

static __attribute__((noinline)) void store_part(graft_real *to, const vector *v, size_t lanes) {
  memcpy(to, v, lanes * sizeof *to);
}

INLINE void store(graft_real *to, vector v, size_t lanes) {
  if (lanes >= L) {
    memcpy(to, &v, sizeof v);
  } else {
    vector copy = v;
    store_part(to, &copy, lanes);
  }
}

/* Largest compiled tile that registers hold and that is not above `most`. */
static size_t tile_below(size_t most) {
  static const size_t size[] = {
#define TILE_SIZE(T) T,
      EACH_TILE(TILE_SIZE)
#undef TILE_SIZE
  };
  size_t best = 1;
  for (size_t i = 0; i < sizeof size / sizeof size[0]; i++) {
    if (size[i] <= most) best = size[i];
  }
  return best;
}

static size_t register_limit(void) {
#if defined(__x86_64__) && defined(__GNUC__)
  return __builtin_cpu_supports("avx512f") ? MOST : __builtin_cpu_supports("avx2") ? 3 : 1;
#else
  return 3;
#endif
}

/* T pixels in each of R rows, N blocks of channels from `block` on. */
INLINE void forward_tile(const size_t T, const size_t R, const size_t N,
                         const graft_conv_windows *g, const graft_real *x, const graft_real *weight,
                         const graft_real *bias, graft_real *y, size_t block) {
  size_t per_block = g->taps * g->window * L, step = g->column, row = g->row;
  const graft_real *w = weight + block * per_block;
  vector sum[2 * MOST];
#pragma GCC unroll 28
  for (size_t i = 0; i < T * R * N; i++) {
    sum[i] = bias ? load(bias + (block + i % N) * L) : (vector){0};
  }
  for (size_t u = 0; u < g->taps; u++) {
    const graft_real *from = x + u * g->tap;
    for (size_t q = 0; q < g->window; q++, w += L, from++) {
      vector a = load(w), b = N > 1 ? load(w + per_block) : a;
#pragma GCC unroll 14
      for (size_t t = 0; t < T; t++) {
        vector value = from[t * step] - (vector){0};
        sum[t * R * N] += value * a;
        if (N > 1) sum[t * N + 1] += value * b;
        if (R > 1) sum[t * R + 1] += (from[t * step + row] - (vector){0}) * a;
      }
    }
  }
  size_t left = g->channels - block * L, pixels = g->columns * g->channels;
  y += block * L;
#pragma GCC unroll 14
  for (size_t t = 0; t < T; t++, y += g->channels) {
    store(y, sum[t * R * N], left);
    if (N > 1) store(y + L, sum[t * N + 1], left - L);
    if (R > 1) store(y + pixels, sum[t * R + 1], left);
  }
}

INLINE void forward_row(const size_t T, const size_t R, const size_t N, const graft_conv_windows *g,
                        const graft_real *x, const graft_real *weight, const graft_real *bias,
                        graft_real *y, size_t block) {
  for (size_t j = 0; j < g->columns; j += T) {
    if (j + T > g->columns) j = g->columns - T; /* the last tile overlaps the one before */
    forward_tile(T, R, N, g, x + j * g->column, weight, bias, y + j * g->channels, block);
  }
}

GRAFT_CLONES static void forward_rows(size_t T, size_t R, size_t N, const graft_conv_windows *g,
                                      const graft_real *x, const graft_real *weight,
                                      const graft_real *bias, graft_real *y, size_t block) {
  switch (T * 4 + (N > 1 ? 2 : R > 1 ? 1 : 0)) {
#define FORWARD_CASES(t)                                                                           \
  case t * 4: forward_row(t, 1, 1, g, x, weight, bias, y, block); break;                           \
  case t * 4 + 1: forward_row(t, 2, 1, g, x, weight, bias, y, block); break;                       \
  case t * 4 + 2: forward_row(t, 1, 2, g, x, weight, bias, y, block); break;
    EACH_TILE(FORWARD_CASES)
#undef FORWARD_CASES
  default: break;
  }
}

void graft_conv_forward(const graft_conv_windows *g, const graft_real *x, const graft_real *weight,
                        const graft_real *bias, graft_real *y) {
  size_t most = register_limit(), tiles = (g->columns + most - 1) / most;
  size_t even = (g->columns + tiles - 1) / tiles, T = tile_below(even);
  if (T < even && T + 1 < most && tile_below(even + 1) > T && even + 1 <= g->columns) T = even + 1;
  for (size_t block = 0; block * L < g->channels;) {
    size_t N = g->channels - block * L > L ? 2 : 1;
    for (size_t i = 0; i < g->rows;) {
      size_t R = N == 1 && i + 1 < g->rows ? 2 : 1;
      forward_rows(T, R, N, g, x + i * g->row, weight, bias, y + i * g->columns * g->channels,
                   block);
      i += R;
    }
    block += N;
  }
}

/* T window elements, N blocks of channels, the pixels of `rows` rows. */
INLINE void weight_tile(const size_t T, const size_t N, const graft_conv_windows *g, size_t rows,
                        const graft_real *x, const graft_real *dy, size_t dy_row, size_t dy_column,
                        graft_real *weight) {
  size_t per_block = g->taps * g->window * L;
  vector sum[2 * MOST];
#pragma GCC unroll 28
  for (size_t i = 0; i < T * N; i++) sum[i] = load(weight + i / N * L + i % N * per_block);
  for (size_t i = 0; i < rows; i++) {
    const graft_real *from = x + i * g->row, *d = dy + i * dy_row;
    for (size_t j = 0; j < g->columns; j++, from += g->column, d += dy_column) {
      vector a = load(d), b = N > 1 ? load(d + L) : a;
#pragma GCC unroll 14
      for (size_t t = 0; t < T; t++) {
        vector value = from[t] - (vector){0};
        sum[t * N] += value * a;
        if (N > 1) sum[t * N + 1] += value * b;
      }
    }
  }
#pragma GCC unroll 28
  for (size_t i = 0; i < T * N; i++) store(weight + i / N * L + i % N * per_block, sum[i], L);
}

GRAFT_CLONES static void weight_part(size_t T, size_t N, const graft_conv_windows *g, size_t rows,
                                     const graft_real *x, const graft_real *dy, size_t dy_row,
                                     size_t dy_column, graft_real *weight) {
  switch (T * 2 + N - 1) {
#define WEIGHT_CASES(t)                                                                            \
  case t * 2: weight_tile(t, 1, g, rows, x, dy, dy_row, dy_column, weight); break;                 \
  case t * 2 + 1: weight_tile(t, 2, g, rows, x, dy, dy_row, dy_column, weight); break;
    EACH_TILE(WEIGHT_CASES)
#undef WEIGHT_CASES
  default: break;
  }
}

/* All window elements of one row of taps. */
static void weight_taps(size_t N, const graft_conv_windows *g, size_t rows, const graft_real *x,
                        const graft_real *dy, size_t dy_row, size_t dy_column, graft_real *weight) {
  size_t most = register_limit();
  for (size_t q = 0; q < g->window;) {
    size_t left = g->window - q, tiles = (left + most - 1) / most;
    size_t T = tile_below((left + tiles - 1) / tiles);
    weight_part(T, N, g, rows, x + q, dy, dy_row, dy_column, weight + q * L);
    q += T;
  }
}

void graft_conv_weight(const graft_conv_windows *g, const graft_real *x, const graft_real *dy,
                       size_t dy_row, size_t dy_column, graft_real *weight) {
  size_t row_bytes = g->columns * (g->column + 2 * L) * sizeof(graft_real);
  size_t chunk = row_bytes < CHUNK_BYTES ? CHUNK_BYTES / row_bytes : 1;
  for (size_t i = 0; i < g->rows; i += chunk) {
    size_t rows = i + chunk < g->rows ? chunk : g->rows - i;
    for (size_t block = 0; block * L < g->channels;) {
      size_t N = g->channels - block * L > L ? 2 : 1;
      for (size_t u = 0; u < g->taps; u++) {
        weight_taps(N, g, rows, x + i * g->row + u * g->tap, dy + i * dy_row + block * L, dy_row,
                    dy_column, weight + (block * g->taps + u) * g->window * L);
      }
      block += N;
    }
  }
}

void graft_conv_frame(size_t H, size_t W, size_t C, const graft_real *x, size_t p, size_t s,
                      size_t F, size_t G, size_t D, graft_real *frame) {
  size_t row = G * D;
  if (s > 1 || C != D) {
    memset(frame, 0, F * row * sizeof *frame);
    for (size_t i = 0; i < H; i++) {
      for (size_t j = 0; j < W; j++) {
        memcpy(frame + (p + s * i) * row + (p + s * j) * D, x + (i * W + j) * C, C * sizeof *x);
      }
    }
    return;
  }
  memset(frame, 0, p * row * sizeof *frame);
  for (size_t i = 0; i < H; i++) {
    graft_real *to = frame + (p + i) * row;
    memset(to, 0, p * D * sizeof *to);
    memcpy(to + p * D, x + i * W * C, W * C * sizeof *to);
    memset(to + (p + W) * D, 0, (G - p - W) * D * sizeof *to);
  }
  memset(frame + (p + H) * row, 0, (F - p - H) * row * sizeof *frame);
}
