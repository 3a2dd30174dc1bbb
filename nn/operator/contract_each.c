/* SPDX-License-Identifier: BSD-2-Clause
 * Operator "contract_each": branch and trunk where every sample has points of its own.
 * Method:    point rows lie sample after sample, P = `width` to each: u[s, p] = b[s] · t[s P + p];
 *            db[s] = Σ_p du[s, p] t[s P + p], dt[s P + p] = du[s, p] b[s]. A run has P points for
 *            each sample up to its last one; who has fewer pads them, with weight 0 in the loss.
 * Cost:      2 B P W flops forward, twice that backward; the trunk sees B P points.
 * Reference: lu2022, section 3.1.5 (DeepONet with outputs at different locations). */
#include "nn/operator_impl.h"
#include "nn/simd_impl.h"

enum { BRANCH, TRUNK };

static graft_status build(graft_operator *op) {
  const graft_operator *b = op->input[BRANCH], *t = op->input[TRUNK];
  GRAFT_TRY(graft_operator_expect_rank(op, 1));
  GRAFT_CHECK(b->axis == GRAFT_AXIS_SAMPLE && t->axis == GRAFT_AXIS_POINT, USAGE,
              "contract_each '%s': expected inputs on the sample and the point axis, got '%s' and "
              "'%s'",
              op->name, b->name, t->name);
  GRAFT_CHECK(b->row.rank == t->row.rank && b->row.dim[0] == t->row.dim[0], USAGE,
              "contract_each '%s': expected equal widths, got %zu from '%s' and %zu from '%s'",
              op->name, b->row.dim[0], b->name, t->row.dim[0], t->name);
  GRAFT_CHECK(op->config.width >= 1, USAGE,
              "contract_each '%s': expected a width (points of a sample) of at least 1, got %zu",
              op->name, op->config.width);
  op->axis = GRAFT_AXIS_SAMPLE;
  op->row = GRAFT_SHAPE(1, op->config.width);
  op->flops = 2.0 * (double)b->row.dim[0] * (double)op->config.width;
  return GRAFT_OK;
}

/* Σ a b over W elements. */
GRAFT_CLONES static graft_real dot(size_t W, const graft_real *a, const graft_real *b) {
  graft_real sum = 0;
#pragma omp simd reduction(+ : sum)
  for (size_t w = 0; w < W; w++) sum += a[w] * b[w];
  return sum;
}

/* y = factor x, or added to y. */
GRAFT_CLONES static void scale(size_t W, graft_real factor, const graft_real *x, bool add,
                               graft_real *y) {
  GRAFT_SIMD
  for (size_t w = 0; w < W; w++) y[w] = add ? y[w] + factor * x[w] : factor * x[w];
}

static bool is_run(const graft_call *c, size_t sample) {
  return sample >= c->run->first && sample < c->run->first + c->run->samples;
}

/* Rows are points. */
static void forward(const graft_operator *op, const graft_call *c) {
  size_t P = op->size, W = op->input[BRANCH]->size;
  for (size_t r = c->row; r < c->row + c->rows; r++) {
    size_t s = r / P;
    if (is_run(c, s)) c->y[r] = dot(W, c->x[BRANCH] + s * W, c->x[TRUNK] + r * W);
  }
}

/* Points of samples that are not run get no gradient. */
static void backward_points(const graft_operator *op, const graft_call *c) {
  size_t P = op->size, W = op->input[BRANCH]->size;
  if (!c->dx[TRUNK]) return;
  for (size_t r = c->row; r < c->row + c->rows; r++) {
    size_t s = is_run(c, r / P) ? r / P : c->run->first;
    graft_real factor = is_run(c, r / P) ? c->dy[r] : 0;
    scale(W, factor, c->x[BRANCH] + s * W, c->add[TRUNK], c->dx[TRUNK] + r * W);
  }
}

static void backward_samples(const graft_operator *op, const graft_call *c) {
  size_t P = op->size, W = op->input[BRANCH]->size;
  if (!c->dx[BRANCH]) return;
  for (size_t s = c->row; s < c->row + c->rows; s++) {
    for (size_t p = s * P; p < (s + 1) * P; p++) {
      scale(W, c->dy[p], c->x[TRUNK] + p * W, c->add[BRANCH] || p > s * P, c->dx[BRANCH] + s * W);
    }
  }
}

static void backward(const graft_operator *op, const graft_call *c) {
  if (c->axis == GRAFT_AXIS_POINT) {
    backward_points(op, c);
  } else {
    backward_samples(op, c);
  }
}

const graft_operator_type graft_operator_contract_each = {
    .about = {.name = "contract_each",
              .summary = "branch and trunk, every sample at its own points",
              .source = "lu2022"},
    .min_inputs = 2,
    .max_inputs = 2,
    .flags = GRAFT_OPERATOR_JOINT | GRAFT_OPERATOR_KEEP_INPUT,
    .build = build,
    .forward = forward,
    .backward = backward,
};
