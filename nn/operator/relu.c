/* SPDX-License-Identifier: BSD-2-Clause
 * Operator "relu": the rectifier.
 * Method:    y = max(x, 0); dx = dy where x > 0. Only one byte per element is kept for backward, so
 *            that large images need not be.
 * Cost:      one pass.
 * Reference: nair2010, section 2. */
#include "nn/operator_impl.h"
#include "nn/simd_impl.h"

static graft_status build(graft_operator *op) {
  op->saved = op->axis == GRAFT_AXIS_PAIR ? 1 : op->input[0]->size;
  return GRAFT_OK;
}

GRAFT_CLONES static void forward(const graft_operator *op, const graft_call *c) {
  const graft_real *x = c->x[0];
  graft_real *y = c->y;
  unsigned char *positive = c->saved;
  size_t count = c->count; /* bytes may alias *c */
  (void)op;
  GRAFT_SIMD
  for (size_t i = 0; i < count; i++) {
    positive[i] = x[i] > 0;
    y[i] = x[i] < 0 ? 0 : x[i]; /* passes NaN on */
  }
}

GRAFT_CLONES static void backward(const graft_operator *op, const graft_call *c) {
  const graft_real *dy = c->dy;
  const unsigned char *positive = c->saved;
  graft_real *dx = c->dx[0];
  (void)op;
  if (!dx) return;
  GRAFT_SIMD
  for (size_t i = 0; i < c->count; i++) dx[i] = positive[i] ? dy[i] : 0;
}

const graft_operator_type graft_operator_relu = {
    .about = {.name = "relu", .summary = "x above 0, else 0", .source = "nair2010"},
    .min_inputs = 1,
    .max_inputs = 1,
    .flags = GRAFT_OPERATOR_ACTIVATION | GRAFT_OPERATOR_IN_PLACE,
    .build = build,
    .forward = forward,
    .backward = backward,
};
