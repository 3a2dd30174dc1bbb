/* SPDX-License-Identifier: BSD-2-Clause
 * Sharpness-aware method "gsam": sam that lowers the surrogate gap too.
 * Method:    p = direction of sam; v = g − (g · p / |p|²) p, the part of the clean gradient across
 *            it; direction p − alpha v. g is the gradient of the mean loss, with private parts of
 *            full length. The paper lets the radius follow the learning rate: sam_rho_final.
 * Cost:      that of sam.
 * Reference: zhuang2022, algorithm 1. */
#include <string.h>

#include "mtl/sam.h"
#include "mtl/vector.h"

static graft_status eval(graft_sam *sam, const graft_real *theta) {
  graft_direction *d = sam->direction;
  const size_t n = sam->n;
  const bool separate = strcmp(sam->config.sam_norm, "separate") == 0;
  graft_real *g = sam->gradient, *p = d->gradient;
  GRAFT_TRY(graft_direction_mean(d, GRAFT_PASS_CLEAN, theta, g));
  graft_sam_perturb(d, GRAFT_SAM_PLAIN, 0, separate, sam->rho, theta, g, sam->point);
  GRAFT_TRY(graft_direction_unweight(d, g));
  GRAFT_TRY(graft_direction_aggregate(d, GRAFT_PASS_PERTURBED, sam->point));
  const double square = graft_vector_dot(p, p, n), alpha = sam->config.gsam_alpha;
  if (!(square > 0)) return GRAFT_OK;
  const double along = graft_vector_dot(g, p, n) / square;
  graft_vector_scale(p, 1 + alpha * along, n);
  graft_vector_axpy(p, -alpha, g, n);
  return GRAFT_OK;
}

static const char *const options[] = {"sam_rho", "sam_rho_final", "sam_norm", "gsam_alpha", NULL};

const graft_sam_type graft_sam_gsam = {
    .name = "gsam",
    .summary = "sam less the part of the clean gradient across it",
    .source = "zhuang2022",
    .options = options,
    .eval = eval,
};
