/* SPDX-License-Identifier: BSD-2-Clause
 * Operator "concat": vectors one after the other.
 * Method:    copy; backward copies the parts back.
 * Cost:      one pass.
 * Reference: goodfellow2016, section 2.1. */
#include <string.h>

#include "nn/operator_impl.h"

static graft_status build(graft_operator *op) {
  GRAFT_TRY(graft_operator_expect_rank(op, 1));
  size_t width = 0;
  for (size_t j = 0; j < op->inputs; j++) {
    GRAFT_CHECK(op->input[j]->axis == op->axis, USAGE,
                "concat '%s': expected inputs on one axis, got '%s' and '%s' on different ones",
                op->name, op->input[0]->name, op->input[j]->name);
    width += op->input[j]->row.dim[0];
  }
  op->row = GRAFT_SHAPE(1, width);
  return GRAFT_OK;
}

static void forward(const graft_operator *op, const graft_call *c) {
  for (size_t r = 0; r < c->rows; r++) {
    graft_real *y = c->y + r * op->size;
    for (size_t j = 0; j < op->inputs; j++) {
      size_t W = op->input[j]->size;
      memcpy(y, c->x[j] + r * W, W * sizeof *y);
      y += W;
    }
  }
}

static void backward(const graft_operator *op, const graft_call *c) {
  for (size_t r = 0; r < c->rows; r++) {
    const graft_real *dy = c->dy + r * op->size;
    for (size_t j = 0; j < op->inputs; j++) {
      size_t W = op->input[j]->size;
      if (c->dx[j]) memcpy(c->dx[j] + r * W, dy, W * sizeof *dy);
      dy += W;
    }
  }
}

const graft_operator_type graft_operator_concat = {
    .about = {.name = "concat",
              .summary = "vectors one after the other",
              .source = "goodfellow2016"},
    .min_inputs = 1,
    .max_inputs = GRAFT_OPERATOR_INPUTS,
    .build = build,
    .forward = forward,
    .backward = backward,
};
