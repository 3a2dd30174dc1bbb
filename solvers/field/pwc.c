/* SPDX-License-Identifier: BSD-2-Clause
 * Method:    K = 12 where h ≥ 0, else 4, for the Gaussian field h with covariance (−Δ + 9)^−2 on
 *            the unit square, zero flux on its sides, mean removed: a double cosine series with the
 *            standard deviations (π²|k|² + 9)^−1, k ≠ 0. The first MODES cosines per axis are kept
 *            and h is interpolated; the jump is taken at every point afterwards, so that interfaces
 *            are as smooth as h and not as coarse as a grid.
 * Cost:      6 million multiply-adds per realisation.
 * Reference: lu2022, section 5.2 (the law; originally li2021). Deviation: finitely many modes in
 *            place of those of a 421 x 421 grid. */
#include <cblas.h>
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "solvers/field.h"

#define PI 3.14159265358979323846
enum { MODES = 64, NODES = 4 * MODES + 1 };

struct state {
  double *cosine; /* [NODES x MODES] cos kπx */
  double *normal; /* [MODES x MODES] coefficients */
  double *half;   /* [NODES x MODES] work space */
};

static graft_status init(void *state, double length, double sigma, size_t *nodes) {
  struct state *s = state;
  (void)length, (void)sigma;
  *nodes = NODES;
  GRAFT_TRY(graft_alloc(&s->cosine, NODES * MODES, sizeof *s->cosine));
  GRAFT_TRY(graft_alloc(&s->normal, MODES * MODES, sizeof *s->normal));
  GRAFT_TRY(graft_alloc(&s->half, NODES * MODES, sizeof *s->half));
  for (int i = 0; i < NODES; i++) {
    for (int k = 0; k < MODES; k++) s->cosine[i * MODES + k] = cos(PI * k * i / (NODES - 1));
  }
  return GRAFT_OK;
}

static graft_status draw(void *state, graft_rng *rng, double *g) {
  struct state *s = state;
  for (int i = 0; i < MODES; i++) {
    for (int j = 0; j < MODES; j++) {
      double norm = (i ? sqrt(2) : 1) * (j ? sqrt(2) : 1);
      double deviation = norm / (PI * PI * (i * i + j * j) + 9);
      s->normal[i * MODES + j] = deviation * graft_rng_normal(rng);
    }
  }
  s->normal[0] = 0;
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, NODES, MODES, MODES, 1, s->cosine, MODES,
              s->normal, MODES, 0, s->half, MODES);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, NODES, NODES, MODES, 1, s->half, MODES,
              s->cosine, MODES, 0, g, NODES);
  return GRAFT_OK;
}

/* The logarithm of K. */
static void map(size_t n, double *g) {
  const double high = log(12), low = log(4);
  for (size_t i = 0; i < n; i++) g[i] = g[i] >= 0 ? high : low;
}

static void fini(void *state) {
  struct state *s = state;
  graft_free(s->cosine);
  graft_free(s->normal);
  graft_free(s->half);
}

const graft_field_type graft_field_pwc = {
    .name = "pwc",
    .summary = "K = 12 or 4, by the sign of a Gaussian field (Lu et al.)",
    .source = "lu2022",
    .mesh_size = {0.015, 0.02},
    .state_size = sizeof(struct state),
    .init = init,
    .draw = draw,
    .map = map,
    .fini = fini,
};
