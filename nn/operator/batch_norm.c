/* SPDX-License-Identifier: BSD-2-Clause
 * Operator "batch_norm": each channel (the last axis of a row) to mean 0 and variance 1 over the
 * batch, then gain and bias.
 * Method:    with mean m and variance v over all N values of a channel, those of all threads and
 *            ranks: z = (x − m) / √(v + ε), y = gain z + bias; dx = gain / √(v + ε) (dy − Σ dy / N
 *            − z Σ z dy / N). Out of training m and v are running ones, r ← momentum r + (1 −
 *            momentum) batch's, which take in a pass only with run->update. v is the biased
 *            variance in both.
 * Cost:      two passes over the rows forward and backward, each time one sum of 2 C + 1 numbers
 *            over threads and ranks. Samples depend on each other: the gradient of one task's loss
 *            needs a backward pass over the whole batch, so K Jacobian rows cost K passes.
 * Reference: ioffe2015, algorithms 1 and 2; defaults as in Keras. */
#include <math.h>

#include "nn/operator_impl.h"
#include "nn/simd_impl.h"

enum { GAIN, BIAS };

static size_t channels(const graft_operator *op) { return op->row.dim[op->row.rank - 1]; }

static graft_status build(graft_operator *op) {
  GRAFT_CHECK(op->axis != GRAFT_AXIS_PAIR && op->row.rank >= 1, USAGE,
              "batch_norm '%s': expected an input on the sample or the point axis, got pairs from "
              "'%s'",
              op->name, op->input[0]->name);
  GRAFT_CHECK(op->config.epsilon > 0, USAGE, "batch_norm '%s': expected an epsilon above 0, got %g",
              op->name, op->config.epsilon);
  GRAFT_CHECK(op->config.momentum >= 0 && op->config.momentum < 1, USAGE,
              "batch_norm '%s': expected a momentum in [0, 1), got %g", op->name,
              op->config.momentum);
  size_t C = channels(op);
  GRAFT_TRY(graft_operator_parameter(op, "gain", GRAFT_SHAPE(1, C), 1, 1));
  GRAFT_TRY(graft_operator_parameter(op, "bias", GRAFT_SHAPE(1, C), 1, 1));
  op->sums = 2 * C + 1;                     /* Σ x, Σ x², N; backward: Σ dy, Σ z dy, N */
  op->state = 2 * C;                        /* running mean, variance */
  op->scratch = 4 * C * sizeof(graft_real); /* m, 1 / √(v + ε), Σ dy / N, Σ z dy / N */
  return GRAFT_OK;
}

/* Mean and scale of each channel into scratch. */
static void find_scale(const graft_operator *op, const graft_call *c) {
  const size_t C = channels(op);
  graft_real *mean = c->scratch, *scale = mean + C;
  for (size_t i = 0; i < C; i++) {
    double m = c->state[i], v = c->state[C + i];
    if (c->sum) {
      const double N = c->sum[2 * C];
      m = c->sum[i] / N;
      v = fmax(c->sum[C + i] / N - m * m, 0);
    }
    mean[i] = (graft_real)m;
    scale[i] = (graft_real)(1 / sqrt(v + op->config.epsilon));
  }
}

static void update(const graft_operator *op, const double *sum, double *state) {
  const size_t C = channels(op);
  const double keep = op->config.momentum;
  for (size_t i = 0; i < C; i++) {
    if (!sum) {
      state[i] = 0;
      state[C + i] = 1;
      continue;
    }
    const double m = sum[i] / sum[2 * C], v = fmax(sum[C + i] / sum[2 * C] - m * m, 0);
    state[i] = keep * state[i] + (1 - keep) * m;
    state[C + i] = keep * state[C + i] + (1 - keep) * v;
  }
}

static void reduce(const graft_operator *op, const graft_call *c, double *sum) {
  const size_t C = channels(op), groups = c->count / C;
  const graft_real *x = c->x[0], *mean = c->scratch, *scale = mean + C;
  sum[2 * C] += (double)groups;
  if (c->dy) find_scale(op, c);
  for (size_t r = 0; r < groups; r++) {
    for (size_t i = 0; i < C; i++) {
      const size_t e = r * C + i;
      const double a = c->dy ? (double)c->dy[e] : (double)x[e];
      const double b = c->dy ? (double)((x[e] - mean[i]) * scale[i]) : a;
      sum[i] += a;
      sum[C + i] += a * b;
    }
  }
}

GRAFT_CLONES static void normalise(size_t C, const graft_real *x, const graft_real *mean,
                                   const graft_real *scale, const graft_real *gain,
                                   const graft_real *bias, graft_real *y) {
  GRAFT_SIMD
  for (size_t i = 0; i < C; i++) y[i] = gain[i] * ((x[i] - mean[i]) * scale[i]) + bias[i];
}

static void forward(const graft_operator *op, const graft_call *c) {
  const size_t C = channels(op);
  const graft_real *mean = c->scratch, *scale = mean + C;
  const graft_real *gain = graft_operator_theta(op, c, GAIN);
  const graft_real *bias = graft_operator_theta(op, c, BIAS);
  find_scale(op, c);
  for (size_t e = 0; e < c->count; e += C) {
    normalise(C, c->x[0] + e, mean, scale, gain, bias, c->y + e);
  }
}

/* One group of channels; d [2 C]: Σ dy / N and Σ z dy / N. */
GRAFT_CLONES static void backward_group(size_t C, const graft_real *x, const graft_real *mean,
                                        const graft_real *scale, const graft_real *d,
                                        const graft_real *gain, const graft_real *dy,
                                        graft_real *dx, graft_real *dgain, graft_real *dbias) {
  GRAFT_SIMD
  for (size_t i = 0; i < C; i++) {
    const graft_real z = (x[i] - mean[i]) * scale[i];
    dgain[i] += dy[i] * z;
    dbias[i] += dy[i];
  }
  if (!dx) return;
  GRAFT_SIMD
  for (size_t i = 0; i < C; i++) {
    const graft_real z = (x[i] - mean[i]) * scale[i];
    dx[i] = gain[i] * scale[i] * (dy[i] - d[i] - z * d[C + i]);
  }
}

static void backward(const graft_operator *op, const graft_call *c) {
  const size_t C = channels(op);
  const graft_real *mean = c->scratch, *scale = mean + C;
  graft_real *d = (graft_real *)c->scratch + 2 * C;
  find_scale(op, c);
  for (size_t i = 0; i < 2 * C; i++) {
    d[i] = c->sum ? (graft_real)(c->back_sum[i] / c->back_sum[2 * C]) : 0;
  }
  for (size_t e = 0; e < c->count; e += C) {
    backward_group(C, c->x[0] + e, mean, scale, d, graft_operator_theta(op, c, GAIN), c->dy + e,
                   c->dx[0] ? c->dx[0] + e : NULL, graft_operator_part(op, c, GAIN),
                   graft_operator_part(op, c, BIAS));
  }
}

const graft_operator_type graft_operator_batch_norm = {
    .about = {.name = "batch_norm",
              .summary = "channels to mean 0 and variance 1 over the batch, with gain and bias",
              .source = "ioffe2015"},
    .min_inputs = 1,
    .max_inputs = 1,
    .flags = GRAFT_OPERATOR_KEEP_INPUT | GRAFT_OPERATOR_COUPLED,
    .build = build,
    .forward = forward,
    .backward = backward,
    .reduce = reduce,
    .update = update,
};
