/* SPDX-License-Identifier: BSD-2-Clause
 * Operator "gelu": x times the normal distribution function, exact.
 * Method:    y = x Φ(x) = ½ x (1 + erf(x / √2)); dx = (Φ(x) + x φ(x)) dy.
 * Cost:      one pass.
 * Reference: hendrycks2016, section 2. */
#include "nn/math_impl.h"
#include "nn/operator_impl.h"
#include "nn/simd_impl.h"

static const graft_real half = (graft_real)0.5;
static const graft_real root = (graft_real)0.70710678118654752440;    /* 1 / √2 */
static const graft_real density = (graft_real)0.39894228040143267794; /* 1 / √(2π) */

GRAFT_CLONES static void forward(const graft_operator *op, const graft_call *c) {
  const graft_real *x = c->x[0];
  graft_real *y = c->y;
  (void)op;
  GRAFT_SIMD
  for (size_t i = 0; i < c->count; i++) y[i] = half * x[i] * (1 + graft_erf(root * x[i]));
}

GRAFT_CLONES static void backward(const graft_operator *op, const graft_call *c) {
  const graft_real *x = c->x[0], *dy = c->dy;
  graft_real *dx = c->dx[0];
  (void)op;
  if (!dx) return;
  GRAFT_SIMD
  for (size_t i = 0; i < c->count; i++) {
    graft_real phi = density * graft_exp(-half * x[i] * x[i]);
    dx[i] = (half * (1 + graft_erf(root * x[i])) + x[i] * phi) * dy[i];
  }
}

const graft_operator_type graft_operator_gelu = {
    .about = {.name = "gelu",
              .summary = "x times the normal distribution function (exact)",
              .source = "hendrycks2016"},
    .min_inputs = 1,
    .max_inputs = 1,
    .flags = GRAFT_OPERATOR_ACTIVATION | GRAFT_OPERATOR_IN_PLACE | GRAFT_OPERATOR_KEEP_INPUT,
    .build = graft_operator_build_elementwise,
    .forward = forward,
    .backward = backward,
};
