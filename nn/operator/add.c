/* SPDX-License-Identifier: BSD-2-Clause
 * Operator "add": elementwise sum of inputs of one shape.
 * Method:    y = Σ x; dx = dy.
 * Cost:      one pass per input.
 * Reference: he2016, eq. 1. */
#include <string.h>

#include "nn/operator_impl.h"
#include "nn/simd_impl.h"

GRAFT_CLONES static void forward(const graft_operator *op, const graft_call *c) {
  graft_real *y = c->y;
  if (y != c->x[0]) memcpy(y, c->x[0], c->count * sizeof *y);
  for (size_t j = 1; j < op->inputs; j++) {
    const graft_real *x = c->x[j];
    GRAFT_SIMD
    for (size_t i = 0; i < c->count; i++) y[i] += x[i];
  }
}

static void backward(const graft_operator *op, const graft_call *c) {
  for (size_t j = 0; j < op->inputs; j++) {
    if (c->dx[j] && c->dx[j] != c->dy) memcpy(c->dx[j], c->dy, c->count * sizeof *c->dy);
  }
}

const graft_operator_type graft_operator_add = {
    .about = {.name = "add", .summary = "elementwise sum", .source = "he2016"},
    .min_inputs = 2,
    .max_inputs = GRAFT_OPERATOR_INPUTS,
    .flags = GRAFT_OPERATOR_IN_PLACE,
    .build = graft_operator_build_elementwise,
    .forward = forward,
    .backward = backward,
};
