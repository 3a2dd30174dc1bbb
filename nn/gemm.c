/* SPDX-License-Identifier: BSD-2-Clause
 * Matrix products.
 * Method:    b is cut into panels of at most 256 rows and two vectors of columns, which stay in the
 *            first cache while all rows of a go by. Panels that are transposed in memory or not
 *            whole vectors wide are copied first.
 * Cost:      2 m n k flops; copies of b.
 * Reference: goto2008. */
#include "nn/gemm_impl.h"

#include <string.h>

#include "nn/simd_impl.h"

enum { L = GRAFT_LANES, WIDTH = 2 * L };

/* panel [k x WIDTH] = k rows and n columns of op(b); columns past n are 0. */
GRAFT_CLONES static void copy_panel(size_t n, size_t k, graft_matrix b, graft_real *panel) {
  if (!b.transposed) {
    for (size_t p = 0; p < k; p++) {
      for (size_t j = 0; j < WIDTH; j++)
        panel[p * WIDTH + j] = j < n ? b.data[p * b.stride + j] : 0;
    }
    return;
  }
  for (size_t j = 0; j < WIDTH; j++) {
    for (size_t p = 0; p < k; p++) panel[p * WIDTH + j] = j < n ? b.data[j * b.stride + p] : 0;
  }
}

/* One panel: c [m x n] (+)= op(a) [m x k] panel. */
static void multiply_panel(size_t m, size_t n, size_t k, graft_matrix a, graft_matrix b, bool add,
                           graft_real *c, size_t ldc, graft_real *scratch) {
  if (b.transposed || n % L != 0) {
    copy_panel(n, k, b, scratch);
    b = (graft_matrix){scratch, WIDTH, false};
  }
  size_t N = n > L ? 2 : 1;
  if (a.transposed) {
    graft_outer_sum s = {.N = N,
                         .window = m,
                         .rows = 1,
                         .columns = k,
                         .x_column = a.stride,
                         .d_column = b.stride,
                         .y_step = ldc,
                         .y_block = L,
                         .lanes = n,
                         .add = add};
    graft_tile_outer(&s, a.data, b.data, c);
    return;
  }
  size_t half = N == 1 ? m / 2 : 0; /* with one vector, two rows at a time: i and half + i */
  graft_window_sum s = {.N = N,
                        .columns = N == 1 ? half : m,
                        .taps = 1,
                        .window = k,
                        .column = a.stride,
                        .row = half * a.stride,
                        .w_step = b.stride,
                        .w_block = L,
                        .y_column = ldc,
                        .y_row = half * ldc,
                        .lanes = n,
                        .add = add};
  graft_tile_windows(&s, a.data, b.data, c);
  if (N == 2 || m % 2 == 0) return;
  s.columns = 1;
  s.row = s.y_row = 0;
  graft_tile_windows(&s, a.data + (m - 1) * a.stride, b.data, c + (m - 1) * ldc);
}

void graft_gemm(size_t m, size_t n, size_t k, graft_matrix a, graft_matrix b, bool add,
                graft_real *c, size_t ldc, void *scratch) {
  for (size_t p = 0; p < k; p += GRAFT_GEMM_DEPTH) {
    size_t depth = k - p < GRAFT_GEMM_DEPTH ? k - p : GRAFT_GEMM_DEPTH;
    graft_matrix part = a;
    part.data += a.transposed ? p * a.stride : p;
    for (size_t j = 0; j < n; j += WIDTH) {
      graft_matrix panel = b;
      panel.data += b.transposed ? j * b.stride + p : p * b.stride + j;
      multiply_panel(m, n - j < WIDTH ? n - j : WIDTH, depth, part, panel, add || p > 0, c + j, ldc,
                     scratch);
    }
  }
}
