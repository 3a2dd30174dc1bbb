/* SPDX-License-Identifier: BSD-2-Clause
 * Operator "flatten": the same numbers as one axis (height, width, channels in this order, as in
 * Keras).
 * Method:    copy.
 * Cost:      one pass; none where the array can be shared.
 * Reference: goodfellow2016, section 9.1. */
#include <string.h>

#include "nn/operator_impl.h"

static graft_status build(graft_operator *op) {
  GRAFT_CHECK(
      op->axis != GRAFT_AXIS_PAIR, USAGE,
      "flatten '%s': expected an input on the sample or the point axis, got pairs from '%s'",
      op->name, op->input[0]->name);
  op->row = GRAFT_SHAPE(1, op->input[0]->size);
  return GRAFT_OK;
}

static void forward(const graft_operator *op, const graft_call *c) {
  (void)op;
  if (c->y != c->x[0]) memcpy(c->y, c->x[0], c->count * sizeof *c->y);
}

static void backward(const graft_operator *op, const graft_call *c) {
  (void)op;
  if (c->dx[0] && c->dx[0] != c->dy) memcpy(c->dx[0], c->dy, c->count * sizeof *c->dy);
}

const graft_operator_type graft_operator_flatten = {
    .about = {.name = "flatten", .summary = "images as vectors", .source = "goodfellow2016"},
    .min_inputs = 1,
    .max_inputs = 1,
    .flags = GRAFT_OPERATOR_IN_PLACE,
    .build = build,
    .forward = forward,
    .backward = backward,
};
