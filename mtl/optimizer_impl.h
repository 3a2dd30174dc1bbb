/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_MTL_OPTIMIZER_IMPL_H
#define GRAFT_MTL_OPTIMIZER_IMPL_H

/** @file optimizer_impl.h
 *  What the rules of mtl/optimizer/ share. */

#include <math.h>

#include "mtl/optimizer.h"

/** Square root in the build's number type. */
static inline graft_real graft_real_root(graft_real x) {
#ifdef GRAFT_DOUBLE
  return sqrt(x);
#else
  return sqrtf(x);
#endif
}

/** Zero for magnitudes below @p tiny: moments of elements without a gradient fade to zero and must
 * not end as denormal numbers, on which arithmetic is a hundred times slower. */
static inline graft_real graft_real_flush(graft_real x, graft_real tiny) {
  return (x < 0 ? -x : x) < tiny ? 0 : x;
}

/** Adam's step on a span: vector[0] first, vector[1] second moment; L2 is added to the gradient
 *  (adam), shrink multiplies theta first (adamw). */
static inline void graft_adam_span(const graft_optimizer_config *c, const graft_optimizer_span *s,
                                   double l2_, double shrink_) {
  const double t = (double)s->step;
  const graft_real b1 = (graft_real)c->beta1, b2 = (graft_real)c->beta2;
  const graft_real a1 = (graft_real)(1 - c->beta1), a2 = (graft_real)(1 - c->beta2);
  const graft_real rate = (graft_real)(s->lr / (1 - pow(c->beta1, t)));
  const graft_real root = (graft_real)(1 / sqrt(1 - pow(c->beta2, t)));
  const graft_real epsilon = (graft_real)c->epsilon, scale = (graft_real)s->scale;
  const graft_real l2 = (graft_real)l2_, shrink = (graft_real)shrink_;
  const graft_real *restrict gradient = s->gradient;
  graft_real *restrict theta = s->theta, *restrict m = s->vector[0], *restrict v = s->vector[1];
#pragma omp simd
  for (size_t i = 0; i < s->count; i++) {
    graft_real g = scale * gradient[i] + l2 * theta[i];
    m[i] = graft_real_flush(b1 * m[i] + a1 * g, (graft_real)1e-30);
    v[i] = graft_real_flush(b2 * v[i] + a2 * g * g, (graft_real)1e-36);
    graft_real below = root * graft_real_root(v[i]) + epsilon;
    theta[i] = shrink * theta[i] - (below > 0 ? rate * m[i] / below : 0);
  }
}

#endif
