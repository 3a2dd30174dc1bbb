/* SPDX-License-Identifier: BSD-2-Clause */
#include "solvers/field.h"

enum { NODES = 6 };

static graft_status init(void *state, double length, double sigma, size_t *nodes) {
  (void)state, (void)length, (void)sigma;
  *nodes = NODES;
  return GRAFT_OK;
}

static graft_status draw(void *state, graft_rng *rng, double *g) {
  (void)state, (void)rng;
  for (int i = 0; i < NODES * NODES; i++) g[i] = 0;
  return GRAFT_OK;
}

const graft_field_type graft_field_constant = {
    .name = "constant",
    .summary = "K = 1 everywhere: every sample of a shape is the same",
    .source = "",
    .mesh_size = {0.012, 0.04},
    .init = init,
    .draw = draw,
};
