/* SPDX-License-Identifier: BSD-2-Clause
 * Operator "contract": what a DeepONet does with branch and trunk.
 * Method:    u [B x P] = b [B x W] t [P x W]ᵀ (+ one trained scalar); db = du t, dt = duᵀ b.
 * Cost:      2 B P W flops forward, twice that backward; forward and dt on tiles of points, db on
 *            tiles of samples, so that no sums over threads are needed.
 * Reference: lu2021, eq. 2. */
#include "nn/gemm_impl.h"
#include "nn/operator_impl.h"
#include "nn/simd_impl.h"

enum { BRANCH, TRUNK };

static graft_status build(graft_operator *op) {
  const graft_operator *b = op->input[BRANCH], *t = op->input[TRUNK];
  GRAFT_TRY(graft_operator_expect_rank(op, 1));
  GRAFT_CHECK(b->axis == GRAFT_AXIS_SAMPLE && t->axis == GRAFT_AXIS_POINT, USAGE,
              "contract '%s': expected inputs on the sample and the point axis, got '%s' and '%s'",
              op->name, b->name, t->name);
  GRAFT_CHECK(b->row.dim[0] == t->row.dim[0], USAGE,
              "contract '%s': expected equal widths, got %zu from '%s' and %zu from '%s'", op->name,
              b->row.dim[0], b->name, t->row.dim[0], t->name);
  if (op->config.offset) {
    GRAFT_TRY(graft_operator_parameter(op, "offset", GRAFT_SHAPE(1, 1), 1, 1));
  }
  op->axis = GRAFT_AXIS_PAIR;
  op->row = (graft_shape){.rank = 0};
  op->scratch = GRAFT_GEMM_SCRATCH;
  op->flops = 2.0 * (double)b->row.dim[0];
  return GRAFT_OK;
}

GRAFT_CLONES static void fill(graft_real *y, size_t B, size_t P, size_t rows, graft_real value) {
  for (size_t s = 0; s < B; s++) {
    for (size_t p = 0; p < rows; p++) y[s * P + p] = value;
  }
}

static void forward(const graft_operator *op, const graft_call *c) {
  size_t B = c->run->samples, P = c->run->points, W = op->input[BRANCH]->size;
  graft_real *y = c->y + c->run->first * P + c->row;
  if (op->config.offset) fill(y, B, P, c->rows, *graft_operator_theta(op, c, 0));
  graft_gemm(B, c->rows, W, (graft_matrix){c->x[BRANCH] + c->run->first * W, W, false},
             (graft_matrix){c->x[TRUNK] + c->row * W, W, true}, op->config.offset, y, P,
             c->scratch);
}

static double sum(const graft_real *value, size_t count) {
  double total = 0;
  for (size_t i = 0; i < count; i++) total += (double)value[i];
  return total;
}

static void backward(const graft_operator *op, const graft_call *c) {
  size_t B = c->run->samples, P = c->run->points, W = op->input[BRANCH]->size;
  if (c->axis == GRAFT_AXIS_POINT) {
    if (!c->dx[TRUNK]) return;
    size_t first = c->run->first;
    graft_gemm(c->rows, W, B, (graft_matrix){c->dy + first * P + c->row, P, true},
               (graft_matrix){c->x[BRANCH] + first * W, W, false}, c->add[TRUNK],
               c->dx[TRUNK] + c->row * W, W, c->scratch);
    return;
  }
  const graft_real *dy = c->dy + c->row * P;
  if (op->config.offset) *graft_operator_part(op, c, 0) += (graft_real)sum(dy, c->rows * P);
  if (!c->dx[BRANCH]) return;
  graft_gemm(c->rows, W, P, (graft_matrix){dy, P, false}, (graft_matrix){c->x[TRUNK], W, false},
             c->add[BRANCH], c->dx[BRANCH] + c->row * W, W, c->scratch);
}

const graft_operator_type graft_operator_contract = {
    .about = {.name = "contract",
              .summary = "branch and trunk to one value per sample and point",
              .source = "lu2021"},
    .min_inputs = 2,
    .max_inputs = 2,
    .flags = GRAFT_OPERATOR_JOINT | GRAFT_OPERATOR_KEEP_INPUT,
    .build = build,
    .forward = forward,
    .backward = backward,
};
