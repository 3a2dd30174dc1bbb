/* SPDX-License-Identifier: BSD-2-Clause
 * Sharpness-aware method "looksam": a perturbed pass every few steps.
 * Method:    in every k-th step s = direction of sam, and v = s − (s · g / |g|²) g is stored, g the
 *            gradient of the mean loss with private parts of full length. In the steps between, the
 *            direction is d + alpha (|d| / |v|) v, d the plain step's.
 * Cost:      that of sam in every k-th step, that of the plain step otherwise; 1 vector of state.
 * Reference: liu2022, algorithm 1. */
#include <string.h>

#include "mtl/sam.h"
#include "mtl/vector.h"

static graft_status look(graft_sam *sam, const graft_real *theta) {
  graft_direction *d = sam->direction;
  const size_t n = sam->n;
  const bool separate = strcmp(sam->config.sam_norm, "separate") == 0;
  graft_real *g = sam->gradient, *v = sam->vector[0];
  GRAFT_TRY(graft_direction_mean(d, GRAFT_PASS_CLEAN, theta, g));
  graft_sam_perturb(d, GRAFT_SAM_PLAIN, 0, separate, sam->rho, theta, g, sam->point);
  GRAFT_TRY(graft_direction_unweight(d, g));
  GRAFT_TRY(graft_direction_aggregate(d, GRAFT_PASS_PERTURBED, sam->point));
  const double square = graft_vector_dot(g, g, n);
  memcpy(v, d->gradient, n * sizeof *v);
  if (square > 0) graft_vector_axpy(v, -graft_vector_dot(d->gradient, g, n) / square, g, n);
  return GRAFT_OK;
}

static graft_status eval(graft_sam *sam, const graft_real *theta) {
  graft_direction *d = sam->direction;
  if (d->step % (uint64_t)sam->config.looksam_period == 0) return look(sam, theta);
  GRAFT_TRY(graft_direction_aggregate(d, GRAFT_PASS_CLEAN, theta));
  const double stored = graft_vector_norm(sam->vector[0], sam->n);
  const double plain = graft_vector_norm(d->gradient, sam->n);
  if (!(stored > 0)) return GRAFT_OK;
  graft_vector_axpy(d->gradient, sam->config.looksam_alpha * plain / stored, sam->vector[0],
                    sam->n);
  return GRAFT_OK;
}

static const char *const options[] = {"sam_rho",       "sam_rho_final",  "sam_norm",
                                      "looksam_alpha", "looksam_period", NULL};

const graft_sam_type graft_sam_looksam = {
    .name = "looksam",
    .summary = "sam every few steps, what it adds being kept in between",
    .source = "liu2022",
    .options = options,
    .vectors = 1,
    .vector_name = {"across"},
    .eval = eval,
};
