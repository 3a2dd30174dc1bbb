/* SPDX-License-Identifier: BSD-2-Clause
 * Operator "selu": the self-normalising exponential unit.
 * Method:    y = λ x if x > 0, else λ α (exp x − 1); dx = λ dy if y > 0, else (y + λ α) dy.
 * Cost:      one pass.
 * Reference: klambauer2017, eq. 2. */
#include "nn/math_impl.h"
#include "nn/operator_impl.h"
#include "nn/simd_impl.h"

static const graft_real lambda = (graft_real)1.0507009873554804934;
static const graft_real alpha = (graft_real)1.6732632423543772848;

GRAFT_CLONES static void forward(const graft_operator *op, const graft_call *c) {
  const graft_real *x = c->x[0];
  graft_real *y = c->y;
  (void)op;
  GRAFT_SIMD
  for (size_t i = 0; i < c->count; i++) {
    graft_real low = lambda * alpha * (graft_exp(x[i] > 0 ? 0 : x[i]) - 1);
    y[i] = x[i] > 0 ? lambda * x[i] : low;
  }
}

GRAFT_CLONES static void backward(const graft_operator *op, const graft_call *c) {
  const graft_real *y = c->y, *dy = c->dy;
  graft_real *dx = c->dx[0];
  (void)op;
  if (!dx) return;
  GRAFT_SIMD
  for (size_t i = 0; i < c->count; i++) dx[i] = (y[i] > 0 ? lambda : y[i] + lambda * alpha) * dy[i];
}

const graft_operator_type graft_operator_selu = {
    .about = {.name = "selu",
              .summary = "self-normalising exponential unit",
              .source = "klambauer2017"},
    .min_inputs = 1,
    .max_inputs = 1,
    .flags = GRAFT_OPERATOR_ACTIVATION | GRAFT_OPERATOR_IN_PLACE | GRAFT_OPERATOR_KEEP_OUTPUT,
    .build = graft_operator_build_elementwise,
    .forward = forward,
    .backward = backward,
};
