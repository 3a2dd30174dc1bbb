/* SPDX-License-Identifier: BSD-2-Clause
 * Operator "layer_norm": each row to mean 0 and variance 1, then gain and bias per element.
 * Method:    z = (x − mean) / √(variance + ε), y = gain z + bias;
 *            dx = (g − mean(g) − z mean(g z)) / √(variance + ε) with g = gain dy.
 * Cost:      three passes over a row forward, two backward; keeps two numbers per row.
 * Reference: ba2016, eq. 4. */
#include <math.h>

#include "nn/operator_impl.h"
#include "nn/simd_impl.h"

enum { GAIN, BIAS };

static graft_status build(graft_operator *op) {
  GRAFT_TRY(graft_operator_expect_rank(op, 1));
  GRAFT_CHECK(op->config.epsilon > 0, USAGE, "layer_norm '%s': expected an epsilon above 0, got %g",
              op->name, op->config.epsilon);
  size_t W = op->row.dim[0];
  GRAFT_TRY(graft_operator_parameter(op, "gain", GRAFT_SHAPE(1, W), 1, 1));
  GRAFT_TRY(graft_operator_parameter(op, "bias", GRAFT_SHAPE(1, W), 1, 1));
  op->saved = 2 * sizeof(graft_real);
  return GRAFT_OK;
}

/* saved[0] = mean, saved[1] = 1 / √(variance + ε). */
GRAFT_CLONES static void forward_row(size_t W, const graft_real *x, const graft_real *gain,
                                     const graft_real *bias, double epsilon, graft_real *y,
                                     graft_real *saved) {
  graft_real sum = 0, square = 0;
#pragma omp simd reduction(+ : sum)
  for (size_t i = 0; i < W; i++) sum += x[i];
  graft_real mean = sum / (graft_real)W;
#pragma omp simd reduction(+ : square)
  for (size_t i = 0; i < W; i++) square += (x[i] - mean) * (x[i] - mean);
  graft_real scale = 1 / (graft_real)sqrt((double)(square / (graft_real)W) + epsilon);
  GRAFT_SIMD
  for (size_t i = 0; i < W; i++) y[i] = gain[i] * ((x[i] - mean) * scale) + bias[i];
  saved[0] = mean;
  saved[1] = scale;
}

static void forward(const graft_operator *op, const graft_call *c) {
  size_t W = op->size;
  graft_real *saved = c->saved;
  for (size_t r = 0; r < c->rows; r++) {
    forward_row(W, c->x[0] + r * W, graft_operator_theta(op, c, GAIN),
                graft_operator_theta(op, c, BIAS), op->config.epsilon, c->y + r * W, saved + 2 * r);
  }
}

GRAFT_CLONES static void backward_row(size_t W, const graft_real *x, const graft_real *gain,
                                      const graft_real *saved, const graft_real *dy, graft_real *dx,
                                      graft_real *dgain, graft_real *dbias) {
  graft_real mean = saved[0], scale = saved[1], sum = 0, product = 0;
#pragma omp simd reduction(+ : sum, product)
  for (size_t i = 0; i < W; i++) {
    graft_real z = (x[i] - mean) * scale, g = gain[i] * dy[i];
    dgain[i] += dy[i] * z;
    dbias[i] += dy[i];
    sum += g;
    product += g * z;
  }
  if (!dx) return;
  graft_real mean_g = sum / (graft_real)W, mean_gz = product / (graft_real)W;
  GRAFT_SIMD
  for (size_t i = 0; i < W; i++) {
    graft_real z = (x[i] - mean) * scale;
    dx[i] = scale * (gain[i] * dy[i] - mean_g - z * mean_gz);
  }
}

static void backward(const graft_operator *op, const graft_call *c) {
  size_t W = op->size;
  const graft_real *saved = c->saved;
  for (size_t r = 0; r < c->rows; r++) {
    backward_row(W, c->x[0] + r * W, graft_operator_theta(op, c, GAIN), saved + 2 * r,
                 c->dy + r * W, c->dx[0] ? c->dx[0] + r * W : NULL,
                 graft_operator_part(op, c, GAIN), graft_operator_part(op, c, BIAS));
  }
}

const graft_operator_type graft_operator_layer_norm = {
    .about = {.name = "layer_norm",
              .summary = "rows to mean 0 and variance 1, with gain and bias",
              .source = "ba2016"},
    .min_inputs = 1,
    .max_inputs = 1,
    .flags = GRAFT_OPERATOR_IN_PLACE | GRAFT_OPERATOR_KEEP_INPUT,
    .build = build,
    .forward = forward,
    .backward = backward,
};
