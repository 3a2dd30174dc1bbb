/* SPDX-License-Identifier: BSD-2-Clause */
#include "nn/conv_impl.h"

#include <string.h>

enum { L = GRAFT_LANES, CHUNK_BYTES = 24576 /* of x and dy that stay in the first cache */ };

void graft_conv_forward(const graft_conv_windows *g, const graft_real *x, const graft_real *weight,
                        const graft_real *bias, graft_real *y) {
  size_t per_block = g->taps * g->window * L, y_row = g->columns * g->channels;
  for (size_t block = 0; block * L < g->channels;) {
    size_t left = g->channels - block * L;
    graft_window_sum s = {.N = left > L ? 2 : 1,
                          .columns = g->columns,
                          .taps = g->taps,
                          .window = g->window,
                          .column = g->column,
                          .row = g->row,
                          .tap = g->tap,
                          .w_step = L,
                          .w_block = per_block,
                          .y_column = g->channels,
                          .y_row = y_row,
                          .lanes = left < 2 * L ? left : 2 * L,
                          .bias = bias ? bias + block * L : NULL};
    for (size_t i = 0; i < g->rows; i += s.N == 1 ? 2 : 1) {
      if (s.N == 1 && i + 1 == g->rows) s.row = s.y_row = 0; /* a last row alone */
      graft_tile_windows(&s, x + i * g->row, weight + block * per_block, y + i * y_row + block * L);
    }
    block += s.N;
  }
}

void graft_conv_weight(const graft_conv_windows *g, const graft_real *x, const graft_real *dy,
                       size_t dy_row, size_t dy_column, graft_real *weight) {
  size_t per_tap = g->window * L, row_bytes = g->columns * (g->column + 2 * L) * sizeof *x;
  size_t chunk = row_bytes < CHUNK_BYTES ? CHUNK_BYTES / row_bytes : 1;
  for (size_t i = 0; i < g->rows; i += chunk) {
    graft_outer_sum s = {.window = g->window,
                         .rows = i + chunk < g->rows ? chunk : g->rows - i,
                         .columns = g->columns,
                         .x_row = g->row,
                         .x_column = g->column,
                         .d_row = dy_row,
                         .d_column = dy_column,
                         .y_step = L,
                         .y_block = g->taps * per_tap,
                         .add = true};
    for (size_t block = 0; block * L < g->channels; block += s.N) {
      s.N = g->channels - block * L > L ? 2 : 1;
      s.lanes = s.N * L;
      for (size_t u = 0; u < g->taps; u++) {
        graft_tile_outer(&s, x + i * g->row + u * g->tap, dy + i * dy_row + block * L,
                         weight + (block * g->taps + u) * per_tap);
      }
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
