/* SPDX-License-Identifier: BSD-2-Clause
 * Operator "avg_pool2d": mean over 2 x 2 pixels, stride 2; an odd last row or column is left out.
 * Method:    y = ¼ Σ x; dx = ¼ dy.
 * Cost:      one pass over the input.
 * Reference: lecun1998, section II.B. */
#include <string.h>

#include "nn/operator_impl.h"
#include "nn/simd_impl.h"

static graft_status build(graft_operator *op) {
  GRAFT_TRY(graft_operator_expect_rank(op, 3));
  size_t H = op->input[0]->row.dim[0], W = op->input[0]->row.dim[1], C = op->input[0]->row.dim[2];
  GRAFT_CHECK(H >= 2 && W >= 2, USAGE,
              "avg_pool2d '%s': expected at least 2 x 2 pixels, got %zu x %zu from '%s'", op->name,
              H, W, op->input[0]->name);
  op->row = GRAFT_SHAPE(3, H / 2, W / 2, C);
  return GRAFT_OK;
}

/* One row of output pixels from two rows of input pixels. */
GRAFT_CLONES static void pool_row(size_t w, size_t C, const graft_real *restrict top,
                                  const graft_real *restrict bottom, graft_real *restrict y) {
  for (size_t j = 0; j < w; j++, top += 2 * C, bottom += 2 * C, y += C) {
    for (size_t c = 0; c < C; c++) {
      y[c] = (graft_real)0.25 * ((top[c] + top[c + C]) + (bottom[c] + bottom[c + C]));
    }
  }
}

GRAFT_CLONES static void spread_row(size_t w, size_t C, const graft_real *restrict dy,
                                    graft_real *restrict top, graft_real *restrict bottom) {
  for (size_t j = 0; j < w; j++, top += 2 * C, bottom += 2 * C, dy += C) {
    for (size_t c = 0; c < C; c++) {
      top[c] = top[c + C] = bottom[c] = bottom[c + C] = (graft_real)0.25 * dy[c];
    }
  }
}

static void forward(const graft_operator *op, const graft_call *call) {
  size_t H = op->input[0]->row.dim[0], W = op->input[0]->row.dim[1], C = op->row.dim[2];
  size_t h = op->row.dim[0], w = op->row.dim[1];
  for (size_t r = 0; r < call->rows; r++) {
    for (size_t i = 0; i < h; i++) {
      const graft_real *top = call->x[0] + (r * H + 2 * i) * W * C;
      pool_row(w, C, top, top + W * C, call->y + (r * h + i) * w * C);
    }
  }
}

static void backward(const graft_operator *op, const graft_call *call) {
  size_t H = op->input[0]->row.dim[0], W = op->input[0]->row.dim[1], C = op->row.dim[2];
  size_t h = op->row.dim[0], w = op->row.dim[1];
  if (!call->dx[0]) return;
  for (size_t r = 0; r < call->rows; r++) {
    graft_real *dx = call->dx[0] + r * H * W * C;
    if (H % 2 || W % 2) memset(dx, 0, H * W * C * sizeof *dx);
    for (size_t i = 0; i < h; i++) {
      graft_real *top = dx + 2 * i * W * C;
      spread_row(w, C, call->dy + (r * h + i) * w * C, top, top + W * C);
    }
  }
}

const graft_operator_type graft_operator_avg_pool2d = {
    .about = {.name = "avg_pool2d", .summary = "mean over 2 x 2 pixels", .source = "lecun1998"},
    .min_inputs = 1,
    .max_inputs = 1,
    .build = build,
    .forward = forward,
    .backward = backward,
};
