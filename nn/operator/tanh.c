/* SPDX-License-Identifier: BSD-2-Clause
 * Operator "tanh": the hyperbolic tangent.
 * Method:    y = tanh x; dx = (1 − y²) dy.
 * Cost:      one pass.
 * Reference: lecun1998, section III. */
#include "nn/math_impl.h"
#include "nn/operator_impl.h"
#include "nn/simd_impl.h"

GRAFT_CLONES static void forward(const graft_operator *op, const graft_call *c) {
  const graft_real *x = c->x[0];
  graft_real *y = c->y;
  (void)op;
  GRAFT_SIMD
  for (size_t i = 0; i < c->count; i++) y[i] = graft_tanh(x[i]);
}

GRAFT_CLONES static void backward(const graft_operator *op, const graft_call *c) {
  const graft_real *y = c->y, *dy = c->dy;
  graft_real *dx = c->dx[0];
  (void)op;
  if (!dx) return;
  GRAFT_SIMD
  for (size_t i = 0; i < c->count; i++) dx[i] = (1 - y[i] * y[i]) * dy[i];
}

const graft_operator_type graft_operator_tanh = {
    .about = {.name = "tanh", .summary = "hyperbolic tangent", .source = "lecun1998"},
    .min_inputs = 1,
    .max_inputs = 1,
    .flags = GRAFT_OPERATOR_ACTIVATION | GRAFT_OPERATOR_IN_PLACE | GRAFT_OPERATOR_KEEP_OUTPUT,
    .build = graft_operator_build_elementwise,
    .forward = forward,
    .backward = backward,
};
