/* SPDX-License-Identifier: BSD-2-Clause
 * Optimiser "adamw": Adam with weight decay taken off the parameters directly.
 * Method:    theta *= 1 - lr weight_decay on blocks that decay, then the step of adam.
 * Cost:      2 vectors of state; 4 reads and 3 writes per element.
 * Reference: loshchilov2019, algorithm 2, where the learning rate stands for alpha times eta_t.
 */
#include "mtl/optimizer_impl.h"

static void step(const graft_optimizer_config *c, const graft_optimizer_span *s) {
  graft_adam_span(c, s, 0, s->decay ? 1 - s->lr * c->weight_decay : 1);
}

static const char *const options[] = {"beta1", "beta2", "epsilon", "weight_decay", NULL};

const graft_optimizer_type graft_optimizer_adamw = {
    .name = "adamw",
    .summary = "adaptive moments with decoupled weight decay",
    .source = "loshchilov2019",
    .options = options,
    .vectors = 2,
    .vector_name = {"m", "v"},
    .step = step,
};
