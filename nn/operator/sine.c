/* SPDX-License-Identifier: BSD-2-Clause
 * Operator "sine": the activation of SIREN.
 * Method:    y = sin(w0 x); dx = w0 cos(w0 x) dy.
 * Cost:      one pass.
 * Reference: sitzmann2020, eq. 3. */
#include "nn/math_impl.h"
#include "nn/operator_impl.h"
#include "nn/simd_impl.h"

GRAFT_CLONES static void forward(const graft_operator *op, const graft_call *c) {
  const graft_real *x = c->x[0];
  graft_real *y = c->y;
  graft_real w0 = (graft_real)op->config.frequency;
  GRAFT_SIMD
  for (size_t i = 0; i < c->count; i++) y[i] = graft_sin(w0 * x[i]);
}

GRAFT_CLONES static void backward(const graft_operator *op, const graft_call *c) {
  const graft_real *x = c->x[0], *dy = c->dy;
  graft_real *dx = c->dx[0];
  graft_real w0 = (graft_real)op->config.frequency;
  if (!dx) return;
  GRAFT_SIMD
  for (size_t i = 0; i < c->count; i++) dx[i] = w0 * graft_cos(w0 * x[i]) * dy[i];
}

const graft_operator_type graft_operator_sine = {
    .about = {.name = "sine", .summary = "sin(w0 x)", .source = "sitzmann2020"},
    .min_inputs = 1,
    .max_inputs = 1,
    .flags = GRAFT_OPERATOR_ACTIVATION | GRAFT_OPERATOR_IN_PLACE | GRAFT_OPERATOR_KEEP_INPUT,
    .build = graft_operator_build_elementwise,
    .forward = forward,
    .backward = backward,
};
