/* SPDX-License-Identifier: BSD-2-Clause
 * Optimiser "adam": steps scaled by running means of the gradient and of its square.
 * Method:    m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g²; theta -= lr m' / (sqrt(v')
 *            + epsilon) with m' = m / (1 - beta1^t), v' = v / (1 - beta2^t); weight decay is added
 *            to g.
 * Cost:      2 vectors of state; 4 reads and 3 writes per element.
 * Reference: kingma2015, algorithm 1. Deviation: moments below 1e-30 (m) and 1e-36 (v) become 0.
 */
#include "mtl/optimizer_impl.h"

static void step(const graft_optimizer_config *c, const graft_optimizer_span *s) {
  graft_adam_span(c, s, s->decay ? c->weight_decay : 0, 1);
}

static const char *const options[] = {"beta1", "beta2", "epsilon", "weight_decay", NULL};

const graft_optimizer_type graft_optimizer_adam = {
    .name = "adam",
    .summary = "adaptive moments; weight decay as an L2 term of the loss",
    .source = "kingma2015",
    .options = options,
    .vectors = 2,
    .vector_name = {"m", "v"},
    .step = step,
};
