/* SPDX-License-Identifier: BSD-2-Clause
 * Sharpness-aware method "fsam": sam along what is peculiar to the batch.
 * Method:    d = g − sigma m, m the running mean of earlier gradients of the mean loss, then
 *            m = decay m + (1 − decay) g; e = rho d / |d|; the direction is the aggregated gradient
 *            at theta + e. In the first step d = m = g.
 * Cost:      that of sam; 1 vector of state.
 * Reference: li2024, algorithm 1 and the authors' code, which averages g and not d. */
#include <string.h>

#include "mtl/sam.h"

/* g becomes d; mean moves on. */
static void take_off(const graft_sam *sam, graft_real *restrict g, graft_real *restrict mean) {
  const bool first = sam->direction->step == 0;
  const graft_real decay = (graft_real)sam->config.fsam_decay, rest = 1 - decay;
  const graft_real sigma = (graft_real)sam->config.fsam_sigma;
  if (first) {
    memcpy(mean, g, sam->n * sizeof *mean);
    return;
  }
#pragma omp parallel for simd schedule(static)
  for (size_t i = 0; i < sam->n; i++) {
    const graft_real own = g[i];
    g[i] = own - sigma * mean[i];
    mean[i] = decay * mean[i] + rest * own;
  }
}

static graft_status eval(graft_sam *sam, const graft_real *theta) {
  graft_direction *d = sam->direction;
  const bool separate = strcmp(sam->config.sam_norm, "separate") == 0;
  GRAFT_TRY(graft_direction_mean(d, GRAFT_PASS_CLEAN, theta, sam->gradient));
  take_off(sam, sam->gradient, sam->vector[0]);
  graft_sam_perturb(d, GRAFT_SAM_PLAIN, 0, separate, sam->rho, theta, sam->gradient, sam->point);
  return graft_direction_aggregate(d, GRAFT_PASS_PERTURBED, sam->point);
}

static const char *const options[] = {"sam_rho",    "sam_rho_final", "sam_norm",
                                      "fsam_decay", "fsam_sigma",    NULL};

const graft_sam_type graft_sam_fsam = {
    .name = "fsam",
    .summary = "friendly sam: along the batch's own part of the gradient",
    .source = "li2024",
    .options = options,
    .vectors = 1,
    .vector_name = {"mean"},
    .eval = eval,
};
