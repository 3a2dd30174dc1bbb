/* SPDX-License-Identifier: BSD-2-Clause
 * Operator "leaky_relu": a rectifier with a small slope below 0.
 * Method:    y = x if x > 0, else slope x; dx = dy if y > 0, else slope dy.
 * Cost:      one pass.
 * Reference: maas2013, section 2. */
#include "nn/operator_impl.h"
#include "nn/simd_impl.h"

static graft_status build(graft_operator *op) {
  GRAFT_CHECK(op->config.slope > 0 && op->config.slope <= 1, USAGE,
              "leaky_relu '%s': expected a slope in (0, 1], got %g", op->name, op->config.slope);
  return GRAFT_OK;
}

GRAFT_CLONES static void forward(const graft_operator *op, const graft_call *c) {
  const graft_real *x = c->x[0];
  graft_real *y = c->y;
  graft_real slope = (graft_real)op->config.slope;
  GRAFT_SIMD
  for (size_t i = 0; i < c->count; i++) y[i] = x[i] > 0 ? x[i] : slope * x[i];
}

GRAFT_CLONES static void backward(const graft_operator *op, const graft_call *c) {
  const graft_real *y = c->y, *dy = c->dy;
  graft_real *dx = c->dx[0];
  graft_real slope = (graft_real)op->config.slope;
  if (!dx) return;
  GRAFT_SIMD
  for (size_t i = 0; i < c->count; i++) dx[i] = y[i] > 0 ? dy[i] : slope * dy[i];
}

const graft_operator_type graft_operator_leaky_relu = {
    .about = {.name = "leaky_relu", .summary = "x above 0, slope x below", .source = "maas2013"},
    .min_inputs = 1,
    .max_inputs = 1,
    .flags = GRAFT_OPERATOR_ACTIVATION | GRAFT_OPERATOR_IN_PLACE | GRAFT_OPERATOR_KEEP_OUTPUT,
    .build = build,
    .forward = forward,
    .backward = backward,
};
