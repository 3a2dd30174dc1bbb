/* SPDX-License-Identifier: BSD-2-Clause
 * Operator "dropout": in training, zero elements with probability `rate` and scale the others by
 * 1 / (1 − rate); the identity otherwise.
 * Method:    the mask of a row is a function of the run's seed and step, the node's number and the
 * sample's number (or the point's), so it is the same on any number of ranks and threads, and in a
 *            second pass of the same step.
 * Cost:      one pass; 32 random bits per element; keeps one byte per element.
 * Reference: srivastava2014, section 4. */
#include <string.h>

#include "base/rng.h"
#include "nn/operator_impl.h"
#include "nn/simd_impl.h"

static graft_status build(graft_operator *op) {
  GRAFT_CHECK(
      op->axis != GRAFT_AXIS_PAIR, USAGE,
      "dropout '%s': expected an input on the sample or the point axis, got pairs from '%s'",
      op->name, op->input[0]->name);
  GRAFT_CHECK(op->config.rate >= 0 && op->config.rate < 1, USAGE,
              "dropout '%s': expected a rate in [0, 1), got %g", op->name, op->config.rate);
  op->saved = op->input[0]->size;
  return GRAFT_OK;
}

/* Scramble 64 bits: the finaliser of splitmix64 (steele2014). */
static uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

static void draw(const graft_operator *op, const graft_run *run, size_t row, unsigned char *keep) {
  bool named = op->axis == GRAFT_AXIS_SAMPLE && run->sample_id;
  uint64_t id = named ? run->sample_id[row] : row;
  uint64_t index = mix(mix(mix(run->step) + op->index) + id);
  uint32_t limit = (uint32_t)(op->config.rate * 4294967296.0);
  graft_rng rng;
  graft_rng_init(&rng, run->seed, GRAFT_STREAM_DROPOUT, index);
  for (size_t i = 0; i < op->size; i++) keep[i] = graft_rng_bits(&rng) >= limit;
}

GRAFT_CLONES static void apply(size_t count, const unsigned char *keep, graft_real scale,
                               const graft_real *x, graft_real *y) {
  GRAFT_SIMD
  for (size_t i = 0; i < count; i++) y[i] = keep[i] ? scale * x[i] : 0;
}

static void forward(const graft_operator *op, const graft_call *c) {
  if (!c->run->train || op->config.rate == 0) {
    if (c->y != c->x[0]) memcpy(c->y, c->x[0], c->count * sizeof *c->y);
    return;
  }
  unsigned char *keep = c->saved;
  for (size_t r = 0; r < c->rows; r++) draw(op, c->run, c->row + r, keep + r * op->size);
  apply(c->count, keep, (graft_real)(1 / (1 - op->config.rate)), c->x[0], c->y);
}

static void backward(const graft_operator *op, const graft_call *c) {
  if (!c->dx[0]) return;
  if (!c->run->train || op->config.rate == 0) {
    if (c->dx[0] != c->dy) memcpy(c->dx[0], c->dy, c->count * sizeof *c->dy);
    return;
  }
  apply(c->count, c->saved, (graft_real)(1 / (1 - op->config.rate)), c->dy, c->dx[0]);
}

const graft_operator_type graft_operator_dropout = {
    .about = {.name = "dropout",
              .summary = "zero elements at random in training",
              .source = "srivastava2014"},
    .min_inputs = 1,
    .max_inputs = 1,
    .flags = GRAFT_OPERATOR_IN_PLACE,
    .build = build,
    .forward = forward,
    .backward = backward,
};
