/* SPDX-License-Identifier: BSD-2-Clause
 * Optimiser "lbfgs": quasi-Newton steps from the last PAIRS changes of theta and gradient, for
 * full-batch runs (lr 1, schedule constant).
 * Method:    two-loop recursion; a step is kept if the loss falls by Armijo's rule, else the next
 *            evaluation is made nearer to the last kept point (quadratic interpolation). So one
 * call is one evaluation, and no call allocates or evaluates by itself. Pairs without positive
 *            curvature are left out; after 20 attempts the memory is cleared. The first step has
 *            length lr at most. Weight decay is an L2 term of the loss. Clipping does not apply.
 * Cost:      2 PAIRS + 4 vectors of state; about 4 PAIRS passes over a vector.
 * Reference: liu1989, section 2; nocedal2006, algorithms 7.4 and 3.1 with equation 3.57.
 */
#include <math.h>
#include <string.h>

#include "mtl/optimizer_impl.h"
#include "mtl/vector.h"

enum { PAIRS = 8, ATTEMPTS = 20 };

/* Vectors of state. */
enum { S = 0, Y = PAIRS, DIRECTION = 2 * PAIRS, BASE, BASE_GRADIENT, GRADIENT, VECTORS };

/* Numbers of state. */
enum { KEPT, NEXT, LENGTH, SLOPE, VALUE, TRIES, BEGUN, NUMBERS };

_Static_assert((int)VECTORS <= (int)GRAFT_OPTIMIZER_VECTORS, "room for the vectors");
_Static_assert((int)NUMBERS <= (int)GRAFT_OPTIMIZER_NUMBERS, "room for the numbers");

/* Gradient with its L2 term, 0 in frozen parts; returns the L2 term of the loss. */
static double take_gradient(graft_optimizer *o, const graft_real *gradient,
                            const graft_real *theta) {
  graft_real *g = o->vector[GRADIENT];
  double sum = 0;
  memset(g, 0, o->n * sizeof *g);
  for (size_t c = 0; c < o->chunks; c++) {
    const graft_optimizer_chunk *chunk = &o->chunk[c];
    const double l2 = chunk->decay ? o->config.weight_decay : 0;
    for (size_t i = chunk->offset; i < chunk->offset + chunk->count; i++) {
      g[i] = (graft_real)((double)gradient[i] + l2 * (double)theta[i]);
      sum += 0.5 * l2 * (double)theta[i] * (double)theta[i];
    }
  }
  return sum;
}

/* theta = base + length × direction. */
static void move(graft_optimizer *o, graft_real *theta) {
  memcpy(theta, o->vector[BASE], o->n * sizeof *theta);
  graft_vector_axpy(theta, o->number[LENGTH], o->vector[DIRECTION], o->n);
}

/* Too far: a shorter step, by interpolation. False when the point is to be kept. */
static bool step_back(graft_optimizer *o, double value, graft_real *theta) {
  double *m = o->number;
  const double excess = value - m[VALUE] - m[LENGTH] * m[SLOPE];
  if (isnan(value) || isnan(m[VALUE])) return false; /* not known: every step is kept */
  if (value <= m[VALUE] + 1e-4 * m[LENGTH] * m[SLOPE]) return false;
  if (m[TRIES] >= ATTEMPTS) {
    m[KEPT] = 0;
    return false;
  }
  double share = excess > 0 ? -0.5 * m[SLOPE] * m[LENGTH] / excess : 0.5;
  m[LENGTH] *= share > 0.5 ? 0.5 : share < 0.1 ? 0.1 : share;
  m[TRIES]++;
  move(o, theta);
  return true;
}

/* Remember what the step did to theta and gradient. */
static void remember(graft_optimizer *o, const graft_real *theta) {
  double *m = o->number;
  const size_t slot = (size_t)m[NEXT], n = o->n;
  graft_real *s = o->vector[S + slot], *y = o->vector[Y + slot];
  memcpy(s, theta, n * sizeof *s);
  graft_vector_axpy(s, -1, o->vector[BASE], n);
  memcpy(y, o->vector[GRADIENT], n * sizeof *y);
  graft_vector_axpy(y, -1, o->vector[BASE_GRADIENT], n);
  const double bend = graft_vector_dot(s, y, n);
  if (!(bend > 1e-10 * graft_vector_norm(s, n) * graft_vector_norm(y, n))) return;
  m[NEXT] = (double)((slot + 1) % PAIRS);
  m[KEPT] = fmin(m[KEPT] + 1, PAIRS);
}

/* direction = −H g by the two-loop recursion. */
static void turn(graft_optimizer *o) {
  const size_t n = o->n, kept = (size_t)o->number[KEPT], next = (size_t)o->number[NEXT];
  graft_real *d = o->vector[DIRECTION];
  double a[PAIRS], bend[PAIRS];
  memcpy(d, o->vector[GRADIENT], n * sizeof *d);
  graft_vector_scale(d, -1, n);
  for (size_t i = 0; i < kept; i++) { /* newest first */
    const size_t p = (next + 2 * PAIRS - 1 - i) % PAIRS;
    bend[i] = graft_vector_dot(o->vector[S + p], o->vector[Y + p], n);
    a[i] = graft_vector_dot(o->vector[S + p], d, n) / bend[i];
    graft_vector_axpy(d, -a[i], o->vector[Y + p], n);
  }
  if (kept > 0) {
    const graft_real *y = o->vector[Y + (next + PAIRS - 1) % PAIRS];
    graft_vector_scale(d, bend[0] / graft_vector_dot(y, y, n), n);
  }
  for (size_t i = kept; i-- > 0;) {
    const size_t p = (next + 2 * PAIRS - 1 - i) % PAIRS;
    const double b = graft_vector_dot(o->vector[Y + p], d, n) / bend[i];
    graft_vector_axpy(d, a[i] - b, o->vector[S + p], n);
  }
}

static void whole(graft_optimizer *o, double lr, const graft_real *gradient, graft_real *theta) {
  double *m = o->number;
  const double value = o->value + take_gradient(o, gradient, theta);
  const graft_real *g = o->vector[GRADIENT];
  if (m[BEGUN] > 0) {
    if (step_back(o, value, theta)) return;
    remember(o, theta);
  }
  turn(o);
  m[SLOPE] = graft_vector_dot(g, o->vector[DIRECTION], o->n);
  if (!(m[SLOPE] < 0)) { /* by rounding */
    m[KEPT] = 0;
    turn(o);
    m[SLOPE] = graft_vector_dot(g, o->vector[DIRECTION], o->n);
  }
  const double norm = graft_vector_norm(g, o->n);
  m[LENGTH] = m[KEPT] > 0 || norm <= 1 ? lr : lr / norm;
  m[VALUE] = value;
  m[TRIES] = 0;
  m[BEGUN] = 1;
  memcpy(o->vector[BASE], theta, o->n * sizeof *theta);
  memcpy(o->vector[BASE_GRADIENT], g, o->n * sizeof *g);
  move(o, theta);
}

static const char *const options[] = {"weight_decay", NULL};

const graft_optimizer_type graft_optimizer_lbfgs = {
    .name = "lbfgs",
    .summary = "quasi-Newton steps for full batches; lr 1, schedule constant",
    .source = "liu1989",
    .options = options,
    .vectors = VECTORS,
    .vector_name = {"s0",
                    "s1",
                    "s2",
                    "s3",
                    "s4",
                    "s5",
                    "s6",
                    "s7",
                    "y0",
                    "y1",
                    "y2",
                    "y3",
                    "y4",
                    "y5",
                    "y6",
                    "y7",
                    "direction",
                    "base",
                    "base_gradient",
                    "gradient"},
    .whole = whole,
};
