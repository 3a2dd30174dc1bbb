/* SPDX-License-Identifier: BSD-2-Clause
 * Optimiser "sgd": gradient descent, with momentum or Nesterov's look-ahead.
 * Method:    m = momentum m + g; theta -= lr m, or lr (g + momentum m) with nesterov; weight decay
 *            is added to g.
 * Cost:      1 vector of state; 3 reads and 2 writes per element.
 * Reference: sutskever2013, section 2, in the form where lr is outside of m.
 */
#include "mtl/optimizer_impl.h"

static void step(const graft_optimizer_config *c, const graft_optimizer_span *s) {
  const graft_real momentum = (graft_real)c->momentum, scale = (graft_real)s->scale;
  const graft_real own = c->nesterov ? 1 : 0, moment = c->nesterov ? momentum : 1;
  const graft_real lr = (graft_real)s->lr, l2 = (graft_real)(s->decay ? c->weight_decay : 0);
  const graft_real *restrict gradient = s->gradient;
  graft_real *restrict theta = s->theta, *restrict m = s->vector[0];
#pragma omp simd
  for (size_t i = 0; i < s->count; i++) {
    graft_real g = scale * gradient[i] + l2 * theta[i];
    m[i] = graft_real_flush(momentum * m[i] + g, (graft_real)1e-30);
    theta[i] -= lr * (own * g + moment * m[i]);
  }
}

static const char *const options[] = {"momentum", "nesterov", "weight_decay", NULL};

const graft_optimizer_type graft_optimizer_sgd = {
    .name = "sgd",
    .summary = "gradient descent with momentum or Nesterov's look-ahead",
    .source = "sutskever2013",
    .options = options,
    .vectors = 1,
    .vector_name = {"m"},
    .step = step,
};
