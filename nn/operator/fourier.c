/* SPDX-License-Identifier: BSD-2-Clause
 * Operator "fourier": random Fourier features of coordinates.
 * Method:    y = (cos 2π B x, sin 2π B x) with B [width x D] fixed, its elements normal with
 *            deviation `init_std`, drawn from the setting `seed`: the same in every graph that has
 *            it. dx = 2π Bᵀ (cos 2π B x · dy_sin − sin 2π B x · dy_cos).
 * Cost:      2 R D width flops and two trigonometric functions per frequency and row.
 * Reference: tancik2020, eq. 5. */
#include <math.h>

#include "base/rng.h"
#include "nn/math_impl.h"
#include "nn/operator_impl.h"
#include "nn/simd_impl.h"

static const double two_pi = 6.283185307179586;

static graft_status build(graft_operator *op) {
  GRAFT_TRY(graft_operator_expect_rank(op, 1));
  GRAFT_CHECK(op->config.width >= 1, USAGE, "fourier '%s': expected a width of at least 1, got %zu",
              op->name, op->config.width);
  GRAFT_CHECK(op->config.init_std > 0, USAGE, "fourier '%s': expected a deviation above 0, got %g",
              op->name, op->config.init_std);
  size_t D = op->row.dim[0], W = op->config.width;
  op->row = GRAFT_SHAPE(1, 2 * W);
  op->shared = W * D * sizeof(graft_real);
  op->scratch = W * sizeof(graft_real);
  op->flops = 2.0 * (double)W * (double)D;
  return GRAFT_OK;
}

/* B, scaled by 2π, transposed: [D x W]. */
static void prepare(const graft_operator *op, const graft_real *theta, void *shared) {
  size_t D = op->input[0]->row.dim[0], W = op->config.width;
  graft_real *b = shared;
  graft_rng rng;
  (void)theta;
  graft_rng_init(&rng, op->config.seed, GRAFT_STREAM_INIT, UINT64_C(1) << 32);
  for (size_t w = 0; w < W; w++) {
    for (size_t d = 0; d < D; d++) {
      b[d * W + w] = (graft_real)(two_pi * op->config.init_std * graft_rng_normal(&rng));
    }
  }
}

/* phase [W] = 2π B x. */
GRAFT_CLONES static void phases(size_t D, size_t W, const graft_real *b, const graft_real *x,
                                graft_real *phase) {
  for (size_t w = 0; w < W; w++) phase[w] = 0;
  for (size_t d = 0; d < D; d++) {
    GRAFT_SIMD
    for (size_t w = 0; w < W; w++) phase[w] += b[d * W + w] * x[d];
  }
}

GRAFT_CLONES static void forward(const graft_operator *op, const graft_call *c) {
  size_t D = op->input[0]->size, W = op->config.width;
  graft_real *phase = c->scratch;
  for (size_t r = 0; r < c->rows; r++) {
    graft_real *y = c->y + r * 2 * W;
    phases(D, W, c->shared, c->x[0] + r * D, phase);
    GRAFT_SIMD
    for (size_t w = 0; w < W; w++) {
      y[w] = graft_cos(phase[w]);
      y[W + w] = graft_sin(phase[w]);
    }
  }
}

GRAFT_CLONES static void backward(const graft_operator *op, const graft_call *c) {
  size_t D = op->input[0]->size, W = op->config.width;
  const graft_real *b = c->shared;
  graft_real *phase = c->scratch;
  if (!c->dx[0]) return;
  for (size_t r = 0; r < c->rows; r++) {
    const graft_real *dy = c->dy + r * 2 * W;
    graft_real *dx = c->dx[0] + r * D;
    phases(D, W, b, c->x[0] + r * D, phase);
    GRAFT_SIMD
    for (size_t w = 0; w < W; w++) {
      phase[w] = graft_cos(phase[w]) * dy[W + w] - graft_sin(phase[w]) * dy[w];
    }
    for (size_t d = 0; d < D; d++) {
      graft_real sum = 0;
#pragma omp simd reduction(+ : sum)
      for (size_t w = 0; w < W; w++) sum += b[d * W + w] * phase[w];
      dx[d] = sum;
    }
  }
}

const graft_operator_type graft_operator_fourier = {
    .about = {.name = "fourier",
              .summary = "random Fourier features of coordinates",
              .source = "tancik2020"},
    .min_inputs = 1,
    .max_inputs = 1,
    .flags = GRAFT_OPERATOR_KEEP_INPUT,
    .build = build,
    .prepare = prepare,
    .forward = forward,
    .backward = backward,
};
