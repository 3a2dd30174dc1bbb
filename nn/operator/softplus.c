/* SPDX-License-Identifier: BSD-2-Clause
 * Operator "softplus": a smooth rectifier.
 * Method:    y = log(1 + exp x); dx = (1 − exp(−y)) dy.
 * Cost:      one pass.
 * Reference: dugas2001, eq. 2. */
#include "nn/math_impl.h"
#include "nn/operator_impl.h"
#include "nn/simd_impl.h"

GRAFT_CLONES static void forward(const graft_operator *op, const graft_call *c) {
  const graft_real *x = c->x[0];
  graft_real *y = c->y;
  (void)op;
  GRAFT_SIMD
  for (size_t i = 0; i < c->count; i++) {
    graft_real a = x[i] > 0 ? x[i] : -x[i];
    y[i] = (x[i] > 0 ? x[i] : 0) + graft_log1p(graft_exp(-a));
  }
}

GRAFT_CLONES static void backward(const graft_operator *op, const graft_call *c) {
  const graft_real *y = c->y, *dy = c->dy;
  graft_real *dx = c->dx[0];
  (void)op;
  if (!dx) return;
  GRAFT_SIMD
  for (size_t i = 0; i < c->count; i++) dx[i] = (1 - graft_exp(-y[i])) * dy[i];
}

const graft_operator_type graft_operator_softplus = {
    .about = {.name = "softplus", .summary = "log(1 + exp x)", .source = "dugas2001"},
    .min_inputs = 1,
    .max_inputs = 1,
    .flags = GRAFT_OPERATOR_ACTIVATION | GRAFT_OPERATOR_IN_PLACE | GRAFT_OPERATOR_KEEP_OUTPUT,
    .build = graft_operator_build_elementwise,
    .forward = forward,
    .backward = backward,
};
