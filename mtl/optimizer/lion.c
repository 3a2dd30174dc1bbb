/* SPDX-License-Identifier: BSD-2-Clause
 * Optimiser "lion": steps of one size in each coordinate, signed by an averaged gradient.
 * Method:    theta *= 1 - lr weight_decay on blocks that decay; theta -= lr sign(beta1 m + (1 -
 *            beta1) g); then m = beta2 m + (1 - beta2) g.
 * Cost:      1 vector of state; 3 reads and 2 writes per element.
 * Reference: chen2023, program 1. Its authors use beta2 0.99 and a tenth of Adam's lr.
 */
#include "mtl/optimizer_impl.h"

static void step(const graft_optimizer_config *c, const graft_optimizer_span *s) {
  const graft_real b1 = (graft_real)c->beta1, b2 = (graft_real)c->beta2;
  const graft_real a1 = (graft_real)(1 - c->beta1), a2 = (graft_real)(1 - c->beta2);
  const graft_real lr = (graft_real)s->lr, scale = (graft_real)s->scale;
  const graft_real shrink = (graft_real)(s->decay ? 1 - s->lr * c->weight_decay : 1);
  const graft_real *restrict gradient = s->gradient;
  graft_real *restrict theta = s->theta, *restrict m = s->vector[0];
#pragma omp simd
  for (size_t i = 0; i < s->count; i++) {
    graft_real g = scale * gradient[i], u = b1 * m[i] + a1 * g;
    m[i] = graft_real_flush(b2 * m[i] + a2 * g, (graft_real)1e-30);
    theta[i] = shrink * theta[i] - (u > 0 ? lr : u < 0 ? -lr : 0);
  }
}

static const char *const options[] = {"beta1", "beta2", "weight_decay", NULL};

const graft_optimizer_type graft_optimizer_lion = {
    .name = "lion",
    .summary = "sign of an averaged gradient, with decoupled weight decay",
    .source = "chen2023",
    .options = options,
    .vectors = 1,
    .vector_name = {"m"},
    .step = step,
};
