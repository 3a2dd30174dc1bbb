/* SPDX-License-Identifier: BSD-2-Clause
 * Operator "conv2d": convolution with k x k taps, zero padding of (k − 1) / 2 pixels, and bias.
 * Method:    y[i, j, :] = b + Σ x[s i + u − p, s j + v − p, :] W[u, v, :, :]; images [H x W x C],
 * weights [k x k x C x O]. Cost:      2 k² C O flops per output pixel forward, twice that backward.
 * Reference: goodfellow2016, section 9.5. */
#include <string.h>

#include "nn/operator_impl.h"
#include "nn/simd_impl.h"

enum { WEIGHT, BIAS };

/* Sizes of one layer. */
struct dims {
  size_t H, W, C; /* input */
  size_t h, w, O; /* output */
  size_t k, s, p; /* taps, stride, padding */
};

static struct dims get_dims(const graft_operator *op) {
  const size_t *in = op->input[0]->row.dim, *out = op->row.dim;
  return (struct dims){.H = in[0],
                       .W = in[1],
                       .C = in[2],
                       .h = out[0],
                       .w = out[1],
                       .O = out[2],
                       .k = op->config.kernel,
                       .s = op->config.stride,
                       .p = (op->config.kernel - 1) / 2};
}

static graft_status build(graft_operator *op) {
  GRAFT_TRY(graft_operator_expect_rank(op, 3));
  size_t k = op->config.kernel, s = op->config.stride, O = op->config.width;
  size_t H = op->input[0]->row.dim[0], W = op->input[0]->row.dim[1], C = op->input[0]->row.dim[2];
  GRAFT_CHECK(O >= 1, USAGE, "conv2d '%s': expected a width of at least 1, got %zu", op->name, O);
  GRAFT_CHECK(k % 2 == 1 && k <= 31, USAGE, "conv2d '%s': expected an odd kernel up to 31, got %zu",
              op->name, k);
  GRAFT_CHECK(s >= 1, USAGE, "conv2d '%s': expected a stride of at least 1, got %zu", op->name, s);
  double taps = (double)(k * k);
  GRAFT_TRY(graft_operator_parameter(op, "weight", GRAFT_SHAPE(4, k, k, C, O), taps * (double)C,
                                     taps * (double)O));
  if (op->config.bias) {
    GRAFT_TRY(graft_operator_parameter(op, "bias", GRAFT_SHAPE(1, O), taps * (double)C,
                                       taps * (double)O));
  }
  op->row = GRAFT_SHAPE(3, (H + s - 1) / s, (W + s - 1) / s, O);
  op->flops = 2 * taps * (double)C * (double)graft_shape_count(op->row);
  return GRAFT_OK;
}

/* Index of the input pixel that tap u of output pixel i reads, false if it is padding. */
static inline bool tap(size_t i, size_t s, size_t u, size_t p, size_t H, size_t *at) {
  *at = i * s + u - p;
  return i * s + u >= p && *at < H;
}

GRAFT_CLONES static void forward_pixel(const struct dims *d, const graft_real *x,
                                       const graft_real *weight, graft_real *y) {
  for (size_t c = 0; c < d->C; c++) {
    for (size_t o = 0; o < d->O; o++) y[o] += x[c] * weight[c * d->O + o];
  }
}

static void forward_image(const struct dims *d, const graft_real *x, const graft_real *weight,
                          const graft_real *bias, graft_real *y) {
  for (size_t i = 0; i < d->h; i++) {
    for (size_t j = 0; j < d->w; j++, y += d->O) {
      for (size_t o = 0; o < d->O; o++) y[o] = bias ? bias[o] : 0;
      for (size_t uv = 0; uv < d->k * d->k; uv++) {
        size_t a, b;
        if (!tap(i, d->s, uv / d->k, d->p, d->H, &a)) continue;
        if (!tap(j, d->s, uv % d->k, d->p, d->W, &b)) continue;
        forward_pixel(d, x + (a * d->W + b) * d->C, weight + uv * d->C * d->O, y);
      }
    }
  }
}

GRAFT_CLONES static void backward_pixel(const struct dims *d, const graft_real *restrict x,
                                        const graft_real *restrict weight,
                                        const graft_real *restrict dy, graft_real *restrict dx,
                                        graft_real *restrict dweight) {
  for (size_t c = 0; c < d->C; c++) {
    for (size_t o = 0; o < d->O; o++) dweight[c * d->O + o] += x[c] * dy[o];
  }
  if (!dx) return;
  for (size_t c = 0; c < d->C; c++) {
    graft_real sum = 0;
    for (size_t o = 0; o < d->O; o++) sum += weight[c * d->O + o] * dy[o];
    dx[c] += sum;
  }
}

static void backward_image(const struct dims *d, const graft_real *x, const graft_real *weight,
                           const graft_real *dy, graft_real *dx, graft_real *dweight,
                           graft_real *dbias) {
  if (dx) memset(dx, 0, d->H * d->W * d->C * sizeof *dx);
  for (size_t i = 0; i < d->h; i++) {
    for (size_t j = 0; j < d->w; j++, dy += d->O) {
      for (size_t o = 0; dbias && o < d->O; o++) dbias[o] += dy[o];
      for (size_t uv = 0; uv < d->k * d->k; uv++) {
        size_t a, b;
        if (!tap(i, d->s, uv / d->k, d->p, d->H, &a)) continue;
        if (!tap(j, d->s, uv % d->k, d->p, d->W, &b)) continue;
        size_t in = (a * d->W + b) * d->C, w = uv * d->C * d->O;
        backward_pixel(d, x + in, weight + w, dy, dx ? dx + in : NULL, dweight + w);
      }
    }
  }
}

static void forward(const graft_operator *op, const graft_call *c) {
  struct dims d = get_dims(op);
  const graft_real *weight = graft_operator_theta(op, c, WEIGHT);
  const graft_real *bias = op->config.bias ? graft_operator_theta(op, c, BIAS) : NULL;
  for (size_t r = 0; r < c->rows; r++) {
    forward_image(&d, c->x[0] + r * op->input[0]->size, weight, bias, c->y + r * op->size);
  }
}

static void backward(const graft_operator *op, const graft_call *c) {
  struct dims d = get_dims(op);
  const graft_real *weight = graft_operator_theta(op, c, WEIGHT);
  graft_real *dweight = graft_operator_part(op, c, WEIGHT);
  graft_real *dbias = op->config.bias ? graft_operator_part(op, c, BIAS) : NULL;
  for (size_t r = 0; r < c->rows; r++) {
    size_t in = r * op->input[0]->size;
    backward_image(&d, c->x[0] + in, weight, c->dy + r * op->size, c->dx[0] ? c->dx[0] + in : NULL,
                   dweight, dbias);
  }
}

const graft_operator_type graft_operator_conv2d = {
    .about = {.name = "conv2d",
              .summary = "convolution with zero padding, and bias",
              .source = "goodfellow2016"},
    .min_inputs = 1,
    .max_inputs = 1,
    .flags = GRAFT_OPERATOR_KEEP_INPUT,
    .build = build,
    .forward = forward,
    .backward = backward,
};
