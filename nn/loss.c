/* SPDX-License-Identifier: BSD-2-Clause */
#include "nn/loss.h"

#include <string.h>

#define GRAFT_LOSS(name) extern const graft_loss_type graft_loss_##name;
#include "nn/loss.def"
#undef GRAFT_LOSS

static const graft_loss_type *const table[] = {
#define GRAFT_LOSS(name) &graft_loss_##name,
#include "nn/loss.def"
#undef GRAFT_LOSS
};

size_t graft_loss_count(void) { return sizeof table / sizeof table[0]; }

const graft_loss_type *graft_loss_get(size_t i) { return table[i]; }

const graft_loss_type *graft_loss_find(const char *name) {
  for (size_t i = 0; i < graft_loss_count(); i++) {
    if (strcmp(table[i]->name, name) == 0) return table[i];
  }
  return NULL;
}

const char *graft_loss_name(size_t i) { return i < graft_loss_count() ? table[i]->name : NULL; }

graft_status graft_loss_eval(const graft_loss_type *type, const graft_loss_batch *batch,
                             const double *factor, double *value, graft_real *gradient) {
  size_t B = batch->samples, P = batch->points;
  GRAFT_CHECK(B >= 1 && P >= 1, INTERNAL, "loss '%s': expected samples and points, got %zu x %zu",
              type->name, B, P);
#pragma omp parallel for num_threads(batch->threads) schedule(static)
  for (size_t b = 0; b < B; b++) {
    double loss = type->sample(P, batch->prediction + b * P, batch->target + b * P,
                               batch->mask ? batch->mask[b] : NULL, batch->epsilon,
                               factor ? factor[b] : 1, gradient ? gradient + b * P : NULL);
    if (value) value[b] = loss;
  }
  return GRAFT_OK;
}
