/* SPDX-License-Identifier: BSD-2-Clause
 * Operator "multiply": elementwise product of inputs of one shape; how several branches of one
 * DeepONet are joined.
 * Method:    y = Π x; dx_j = dy Π_{k ≠ j} x_k, without division, so zeros are allowed.
 * Cost:      one pass per input forward, inputs² passes backward.
 * Reference: jin2022, eq. 2.5. */
#include <string.h>

#include "nn/operator_impl.h"
#include "nn/simd_impl.h"

GRAFT_CLONES static void multiply_by(size_t count, const graft_real *x, graft_real *y) {
  GRAFT_SIMD
  for (size_t i = 0; i < count; i++) y[i] *= x[i];
}

static void forward(const graft_operator *op, const graft_call *c) {
  memcpy(c->y, c->x[0], c->count * sizeof *c->y);
  for (size_t j = 1; j < op->inputs; j++) multiply_by(c->count, c->x[j], c->y);
}

static void backward(const graft_operator *op, const graft_call *c) {
  for (size_t j = 0; j < op->inputs; j++) {
    if (!c->dx[j]) continue;
    memcpy(c->dx[j], c->dy, c->count * sizeof *c->dy);
    for (size_t k = 0; k < op->inputs; k++) {
      if (k != j) multiply_by(c->count, c->x[k], c->dx[j]);
    }
  }
}

const graft_operator_type graft_operator_multiply = {
    .about = {.name = "multiply", .summary = "elementwise product", .source = "jin2022"},
    .min_inputs = 2,
    .max_inputs = GRAFT_OPERATOR_INPUTS,
    .flags = GRAFT_OPERATOR_KEEP_INPUT,
    .build = graft_operator_build_elementwise,
    .forward = forward,
    .backward = backward,
};
