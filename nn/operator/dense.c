/* SPDX-License-Identifier: BSD-2-Clause
 * Operator "dense": y = x W + b.
 * Method:    y [R x O] = x [R x I] W [I x O] + b [O]; dW += xᵀ dy, db += Σ dy, dx = dy Wᵀ.
 * Cost:      2 R I O flops forward, twice that backward; one product per tile.
 * Reference: goodfellow2016, section 6.1. */
#include "nn/gemm_impl.h"
#include "nn/operator_impl.h"
#include "nn/simd_impl.h"

#include <string.h>

enum { WEIGHT, BIAS };

static graft_status build(graft_operator *op) {
  GRAFT_TRY(graft_operator_expect_rank(op, 1));
  GRAFT_CHECK(op->config.width >= 1, USAGE, "dense '%s': expected a width of at least 1, got %zu",
              op->name, op->config.width);
  size_t I = op->input[0]->row.dim[0], O = op->config.width;
  GRAFT_TRY(graft_operator_parameter(op, "weight", GRAFT_SHAPE(2, I, O), (double)I, (double)O));
  if (op->config.bias) {
    GRAFT_TRY(graft_operator_parameter(op, "bias", GRAFT_SHAPE(1, O), (double)I, (double)O));
  }
  op->row = GRAFT_SHAPE(1, O);
  op->scratch = GRAFT_GEMM_SCRATCH;
  op->flops = 2.0 * (double)I * (double)O;
  return GRAFT_OK;
}

static void forward(const graft_operator *op, const graft_call *c) {
  size_t R = c->rows, I = op->input[0]->size, O = op->size;
  if (op->config.bias) {
    const graft_real *bias = graft_operator_theta(op, c, BIAS);
    for (size_t r = 0; r < R; r++) memcpy(c->y + r * O, bias, O * sizeof *bias);
  }
  graft_gemm(R, O, I, (graft_matrix){c->x[0], I, false},
             (graft_matrix){graft_operator_theta(op, c, WEIGHT), O, false}, op->config.bias, c->y,
             O, c->scratch);
}

GRAFT_CLONES static void add_rows(size_t R, size_t O, const graft_real *dy, graft_real *sum) {
  for (size_t r = 0; r < R; r++) {
    GRAFT_SIMD
    for (size_t o = 0; o < O; o++) sum[o] += dy[r * O + o];
  }
}

static void backward(const graft_operator *op, const graft_call *c) {
  size_t R = c->rows, I = op->input[0]->size, O = op->size;
  if (op->config.bias) add_rows(R, O, c->dy, graft_operator_part(op, c, BIAS));
  graft_gemm(I, O, R, (graft_matrix){c->x[0], I, true}, (graft_matrix){c->dy, O, false}, true,
             graft_operator_part(op, c, WEIGHT), O, c->scratch);
  if (!c->dx[0]) return;
  graft_gemm(R, I, O, (graft_matrix){c->dy, O, false},
             (graft_matrix){graft_operator_theta(op, c, WEIGHT), O, true}, false, c->dx[0], I,
             c->scratch);
}

const graft_operator_type graft_operator_dense = {
    .about = {.name = "dense", .summary = "matrix product and bias", .source = "goodfellow2016"},
    .min_inputs = 1,
    .max_inputs = 1,
    .flags = GRAFT_OPERATOR_KEEP_INPUT,
    .build = build,
    .forward = forward,
    .backward = backward,
};
