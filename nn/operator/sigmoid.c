/* SPDX-License-Identifier: BSD-2-Clause
 * Operator "sigmoid": the logistic function.
 * Method:    y = 1 / (1 + exp(−x)); dx = y (1 − y) dy.
 * Cost:      one pass.
 * Reference: goodfellow2016, section 3.10. */
#include "nn/math_impl.h"
#include "nn/operator_impl.h"
#include "nn/simd_impl.h"

GRAFT_CLONES static void forward(const graft_operator *op, const graft_call *c) {
  const graft_real *x = c->x[0];
  graft_real *y = c->y;
  (void)op;
  GRAFT_SIMD
  for (size_t i = 0; i < c->count; i++) y[i] = graft_sigmoid(x[i]);
}

GRAFT_CLONES static void backward(const graft_operator *op, const graft_call *c) {
  const graft_real *y = c->y, *dy = c->dy;
  graft_real *dx = c->dx[0];
  (void)op;
  if (!dx) return;
  GRAFT_SIMD
  for (size_t i = 0; i < c->count; i++) dx[i] = y[i] * (1 - y[i]) * dy[i];
}

const graft_operator_type graft_operator_sigmoid = {
    .about = {.name = "sigmoid", .summary = "logistic function", .source = "goodfellow2016"},
    .min_inputs = 1,
    .max_inputs = 1,
    .flags = GRAFT_OPERATOR_ACTIVATION | GRAFT_OPERATOR_IN_PLACE | GRAFT_OPERATOR_KEEP_OUTPUT,
    .build = graft_operator_build_elementwise,
    .forward = forward,
    .backward = backward,
};
