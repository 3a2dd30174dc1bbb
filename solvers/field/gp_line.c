/* SPDX-License-Identifier: BSD-2-Clause
 * Method:    a Gaussian process of x alone, covariance σ² exp(−(x − x')²/2l²), at 101 points of
 *            [0, 1], linear between them: g(x, y) = g(x).
 * Cost:      101 x M multiply-adds for M = 20 modes at length 0.2, and copies.
 * Reference: lu2022, section 5.4.2 (boundary values of the notch benchmark). */
#include <math.h>

#include "base/arena.h"
#include "solvers/field/rbf.h"

enum { NODES = 101 };

struct state {
  graft_rbf rbf;
  double *node; /* [NODES x M] modes at the points */
  double *xi;   /* [M] */
};

static graft_status init(void *state, double length, double sigma, size_t *nodes) {
  struct state *s = state;
  size_t own;
  *nodes = NODES;
  GRAFT_TRY(graft_rbf_init(&s->rbf, length, sigma, &own));
  GRAFT_TRY(graft_alloc(&s->node, NODES * s->rbf.modes, sizeof *s->node));
  GRAFT_TRY(graft_alloc(&s->xi, s->rbf.modes, sizeof *s->xi));
  for (size_t i = 0; i < NODES; i++) {
    graft_rbf_basis(&s->rbf, length, (double)i / (NODES - 1), s->node + i * s->rbf.modes);
  }
  return GRAFT_OK;
}

static graft_status draw(void *state, graft_rng *rng, double *g) {
  struct state *s = state;
  size_t m = s->rbf.modes;
  for (size_t k = 0; k < m; k++) s->xi[k] = s->rbf.sigma * graft_rng_normal(rng);
  for (size_t i = 0; i < NODES; i++) {
    double value = 0;
    for (size_t k = 0; k < m; k++) value += s->node[i * m + k] * s->xi[k];
    for (size_t j = 0; j < NODES; j++) g[i * NODES + j] = value;
  }
  return GRAFT_OK;
}

static void fini(void *state) {
  struct state *s = state;
  graft_rbf_fini(&s->rbf);
  graft_free(s->node);
  graft_free(s->xi);
}

const graft_field_type graft_field_gp_line = {
    .name = "gp_line",
    .summary = "Gaussian process of x alone, RBF covariance, length 0.2, sigma 1 (Lu et al.)",
    .source = "lu2022",
    .length = 0.2,
    .sigma = 1,
    .mesh_size = {0.008, 0.015},
    .degree = 1,
    .state_size = sizeof(struct state),
    .init = init,
    .draw = draw,
    .fini = fini,
};
