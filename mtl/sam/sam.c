/* SPDX-License-Identifier: BSD-2-Clause
 * Sharpness-aware method "sam": descent from the steepest point at a distance.
 * Method:    e = rho g / |g| with g the gradient of the mean loss; the direction is the aggregated
 *            gradient at theta + e. With several tasks this is the form with one perturbation for
 *            all of them (G-SAM in ban2025).
 * Cost:      a SUM for g and the plain step at theta + e: twice a plain step, with an aggregator
 *            that needs rows one SUM more than that.
 * Reference: foret2021, algorithm 1. The norm is taken before weight decay is added. */
#include <string.h>

#include "mtl/sam.h"

static graft_status eval(graft_sam *sam, const graft_real *theta) {
  const bool separate = strcmp(sam->config.sam_norm, "separate") == 0;
  GRAFT_TRY(graft_direction_mean(sam->direction, GRAFT_PASS_CLEAN, theta, sam->gradient));
  graft_sam_perturb(sam->direction, GRAFT_SAM_PLAIN, 0, separate, sam->rho, theta, sam->gradient,
                    sam->point);
  return graft_direction_aggregate(sam->direction, GRAFT_PASS_PERTURBED, sam->point);
}

static const char *const options[] = {"sam_rho", "sam_rho_final", "sam_norm", NULL};

const graft_sam_type graft_sam_sam = {
    .name = "sam",
    .summary = "sharpness-aware minimisation: the gradient at theta + rho g / |g|",
    .source = "foret2021",
    .options = options,
    .eval = eval,
};
