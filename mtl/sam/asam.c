/* SPDX-License-Identifier: BSD-2-Clause
 * Sharpness-aware method "asam": sam in units of the parameters' magnitudes.
 * Method:    e = rho T² g / |T g|, the maximiser of e · g under |T⁻¹ e| ≤ rho, with T = |theta| +
 *            eta on kernels and T = 1 on biases and norms; the direction is the aggregated gradient
 *            at theta + e. Radii are not those of sam: 0.5 to 2 are usual.
 * Cost:      that of sam.
 * Reference: kwon2021, algorithm 1 and the authors' code (T = 1 on biases). */
#include <string.h>

#include "mtl/sam.h"

static graft_status eval(graft_sam *sam, const graft_real *theta) {
  const bool separate = strcmp(sam->config.sam_norm, "separate") == 0;
  GRAFT_TRY(graft_direction_mean(sam->direction, GRAFT_PASS_CLEAN, theta, sam->gradient));
  graft_sam_perturb(sam->direction, GRAFT_SAM_KERNELS, sam->config.sam_eta, separate, sam->rho,
                    theta, sam->gradient, sam->point);
  return graft_direction_aggregate(sam->direction, GRAFT_PASS_PERTURBED, sam->point);
}

static const char *const options[] = {"sam_rho", "sam_rho_final", "sam_norm", "sam_eta", NULL};

const graft_sam_type graft_sam_asam = {
    .name = "asam",
    .summary = "sam with a radius in units of the parameters' magnitudes",
    .source = "kwon2021",
    .options = options,
    .eval = eval,
};
