/* SPDX-License-Identifier: BSD-2-Clause
 * Operator "conv2d": convolution with k x k taps, zero padding of (k − 1) / 2 pixels, and bias.
 * Method:    y[i, j, :] = b + Σ x[s i + u − p, s j + v − p, :] W[u, v, :, :]; images [H x W x C],
 *            weights [k x k x C x O].
 * Cost:      2 k² C O flops per output pixel forward, twice that backward.
 * Reference: goodfellow2016, section 9.5. */
#include <string.h>

#include "nn/conv_impl.h"
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

/* Framed images, in the scratch: x, and dy spread by the stride with channels filled up to vectors.
 */
static size_t frame_x(const struct dims *d) { return (d->H + 2 * d->p) * (d->W + 2 * d->p) * d->C; }
static size_t frame_dy(const struct dims *d) {
  return (d->H + 2 * d->p) * (d->W + 2 * d->p) * graft_padded(d->O);
}

/* Packed arrays, in the shared memory: weights and bias for forward, flipped weights for dx. */
static size_t packed_weight(const struct dims *d) {
  return d->k * d->k * d->C * graft_padded(d->O);
}
static size_t packed_flipped(const struct dims *d) {
  return d->k * d->k * graft_padded(d->O) * graft_padded(d->C);
}

static graft_conv_windows forward_windows(const struct dims *d) {
  size_t row = (d->W + 2 * d->p) * d->C;
  return (graft_conv_windows){.rows = d->h,
                              .columns = d->w,
                              .taps = d->k,
                              .window = d->k * d->C,
                              .row = d->s * row,
                              .column = d->s * d->C,
                              .tap = row,
                              .channels = d->O};
}

static graft_conv_windows backward_windows(const struct dims *d) {
  size_t O = graft_padded(d->O), row = (d->W + 2 * d->p) * O;
  return (graft_conv_windows){.rows = d->H,
                              .columns = d->W,
                              .taps = d->k,
                              .window = d->k * O,
                              .row = row,
                              .column = O,
                              .tap = row,
                              .channels = d->C};
}

/* Index of W[u, v, c, o] in the packed weights. */
static inline size_t packed_at(const struct dims *d, size_t uv, size_t c, size_t o) {
  enum { L = GRAFT_LANES };
  return ((o / L * d->k * d->k + uv) * d->C + c) * L + o % L;
}

/* And in the flipped ones: taps from the other end, inputs and outputs exchanged. */
static inline size_t flipped_at(const struct dims *d, size_t uv, size_t c, size_t o) {
  enum { L = GRAFT_LANES };
  size_t taps = d->k * d->k;
  return ((c / L * taps + (taps - 1 - uv)) * graft_padded(d->O) + o) * L + c % L;
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
  struct dims d = get_dims(op);
  op->parameter[WEIGHT].part_count = packed_weight(&d);
  op->scratch = (frame_x(&d) + 16 + frame_dy(&d)) * sizeof(graft_real);
  op->shared = (packed_weight(&d) + graft_padded(d.O) + packed_flipped(&d)) * sizeof(graft_real);
  op->flops = 2 * taps * (double)C * (double)graft_shape_count(op->row);
  return GRAFT_OK;
}

static void prepare(const graft_operator *op, const graft_real *theta, void *shared) {
  struct dims d = get_dims(op);
  const graft_real *w = theta + op->parameter[WEIGHT].offset;
  graft_real *packed = shared, *bias = packed + packed_weight(&d);
  graft_real *flipped = bias + graft_padded(d.O);
  for (size_t uv = 0; uv < d.k * d.k; uv++) {
    for (size_t c = 0; c < d.C; c++, w += d.O) {
      for (size_t o = 0; o < d.O; o++) packed[packed_at(&d, uv, c, o)] = w[o];
      if (!op->input[0]->needs_grad) continue;
      for (size_t o = 0; o < d.O; o++) flipped[flipped_at(&d, uv, c, o)] = w[o];
    }
  }
  if (op->config.bias) memcpy(bias, theta + op->parameter[BIAS].offset, d.O * sizeof *bias);
}

static void collect(const graft_operator *op, size_t i, const graft_real *part, graft_real *value) {
  struct dims d = get_dims(op);
  if (i == BIAS) {
    memcpy(value, part, d.O * sizeof *value);
    return;
  }
  for (size_t uv = 0; uv < d.k * d.k; uv++) {
    for (size_t c = 0; c < d.C; c++) {
      for (size_t o = 0; o < d.O; o++) *value++ = part[packed_at(&d, uv, c, o)];
    }
  }
}

static void forward(const graft_operator *op, const graft_call *call) {
  struct dims d = get_dims(op);
  graft_conv_windows windows = forward_windows(&d);
  const graft_real *packed = call->shared, *bias = packed + packed_weight(&d);
  graft_real *frame = call->scratch;
  for (size_t r = 0; r < call->rows; r++) {
    graft_conv_frame(d.H, d.W, d.C, call->x[0] + r * op->input[0]->size, d.p, 1, d.H + 2 * d.p,
                     d.W + 2 * d.p, d.C, frame);
    graft_conv_forward(&windows, frame, packed, bias, call->y + r * op->size);
  }
}

GRAFT_CLONES static void add_pixels(size_t pixels, size_t O, const graft_real *dy,
                                    graft_real *sum) {
  for (size_t i = 0; i < pixels; i++) {
    GRAFT_SIMD
    for (size_t o = 0; o < O; o++) sum[o] += dy[i * O + o];
  }
}

static void backward(const graft_operator *op, const graft_call *call) {
  struct dims d = get_dims(op);
  graft_conv_windows by_weight = forward_windows(&d), by_input = backward_windows(&d);
  size_t O = graft_padded(d.O), F = d.H + 2 * d.p, G = d.W + 2 * d.p;
  graft_real *x = call->scratch, *dy = x + (frame_x(&d) + 15) / 16 * 16;
  const graft_real *flipped =
      (const graft_real *)call->shared + packed_weight(&d) + graft_padded(d.O);
  for (size_t r = 0; r < call->rows; r++) {
    const graft_real *given = call->dy + r * op->size;
    if (op->config.bias) add_pixels(d.h * d.w, d.O, given, graft_operator_part(op, call, BIAS));
    graft_conv_frame(d.H, d.W, d.C, call->x[0] + r * op->input[0]->size, d.p, 1, F, G, d.C, x);
    graft_conv_frame(d.h, d.w, d.O, given, d.p, d.s, F, G, O, dy);
    graft_conv_weight(&by_weight, x, dy + (d.p * G + d.p) * O, d.s * G * O, d.s * O,
                      graft_operator_part(op, call, WEIGHT));
    if (!call->dx[0]) continue;
    graft_conv_forward(&by_input, dy, flipped, NULL, call->dx[0] + r * op->input[0]->size);
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
    .prepare = prepare,
    .forward = forward,
    .backward = backward,
    .collect = collect,
};
