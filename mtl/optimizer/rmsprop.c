/* SPDX-License-Identifier: BSD-2-Clause
 * Optimiser "rmsprop": steps scaled by a running mean of the squared gradient.
 * Method:    v = beta2 v + (1 - beta2) g²; theta -= lr g / (sqrt(v) + epsilon), without a
 *            correction of the first steps; weight decay is added to g.
 * Cost:      1 vector of state; 3 reads and 2 writes per element.
 * Reference: tieleman2012; its beta2 is 0.9. Deviation: v below 1e-36 becomes 0.
 */
#include "mtl/optimizer_impl.h"

static void step(const graft_optimizer_config *c, const graft_optimizer_span *s) {
  const graft_real b2 = (graft_real)c->beta2, a2 = (graft_real)(1 - c->beta2);
  const graft_real lr = (graft_real)s->lr, scale = (graft_real)s->scale;
  const graft_real l2 = (graft_real)(s->decay ? c->weight_decay : 0);
  const graft_real epsilon = (graft_real)c->epsilon;
  const graft_real *restrict gradient = s->gradient;
  graft_real *restrict theta = s->theta, *restrict v = s->vector[0];
#pragma omp simd
  for (size_t i = 0; i < s->count; i++) {
    graft_real g = scale * gradient[i] + l2 * theta[i];
    v[i] = graft_real_flush(b2 * v[i] + a2 * g * g, (graft_real)1e-36);
    graft_real below = graft_real_root(v[i]) + epsilon;
    theta[i] -= below > 0 ? lr * g / below : 0;
  }
}

static const char *const options[] = {"beta2", "epsilon", "weight_decay", NULL};

const graft_optimizer_type graft_optimizer_rmsprop = {
    .name = "rmsprop",
    .summary = "gradient over the root of its running mean square",
    .source = "tieleman2012",
    .options = options,
    .vectors = 1,
    .vector_name = {"v"},
    .step = step,
};
