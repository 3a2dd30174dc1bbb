/* SPDX-License-Identifier: BSD-2-Clause
 * Operator "silu": x times its logistic function (swish).
 * Method:    y = x s, s = 1 / (1 + exp(−x)); dx = s (1 + x (1 − s)) dy.
 * Cost:      one pass.
 * Reference: elfwing2018, eq. 10. */
#include "nn/math_impl.h"
#include "nn/operator_impl.h"
#include "nn/simd_impl.h"

GRAFT_CLONES static void forward(const graft_operator *op, const graft_call *c) {
  const graft_real *x = c->x[0];
  graft_real *y = c->y;
  (void)op;
  GRAFT_SIMD
  for (size_t i = 0; i < c->count; i++) y[i] = x[i] * graft_sigmoid(x[i]);
}

GRAFT_CLONES static void backward(const graft_operator *op, const graft_call *c) {
  const graft_real *x = c->x[0], *dy = c->dy;
  graft_real *dx = c->dx[0];
  (void)op;
  if (!dx) return;
  GRAFT_SIMD
  for (size_t i = 0; i < c->count; i++) {
    graft_real s = graft_sigmoid(x[i]);
    dx[i] = s * (1 + x[i] * (1 - s)) * dy[i];
  }
}

const graft_operator_type graft_operator_silu = {
    .about = {.name = "silu",
              .summary = "x times the logistic function (swish)",
              .source = "elfwing2018"},
    .min_inputs = 1,
    .max_inputs = 1,
    .flags = GRAFT_OPERATOR_ACTIVATION | GRAFT_OPERATOR_IN_PLACE | GRAFT_OPERATOR_KEEP_INPUT,
    .build = graft_operator_build_elementwise,
    .forward = forward,
    .backward = backward,
};
