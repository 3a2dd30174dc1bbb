/* SPDX-License-Identifier: BSD-2-Clause
 * Sharpness-aware method "esam": sam that perturbs some of the parameters.
 * Method:    each parameter is perturbed with probability beta, by e / beta, e that of sam; the
 *            direction is the aggregated gradient there.
 * Cost:      that of sam, and 32 random bits per parameter.
 * Reference: du2022, section 3.1. Deviation: all samples enter the second pass; the paper's choice
 *            of the samples whose loss rises most (section 3.2) is left out, since an objective's
 *            losses are sums over tasks. */
#include <string.h>

#include "base/rng.h"
#include "mtl/sam.h"

enum { CHUNK = 1 << 14 /* parameters that share a sequence of random numbers */ };

/* Back to theta with probability 1 − beta, else 1 / beta times as far from it. */
static void thin(const graft_sam *sam, const graft_real *theta, graft_real *point) {
  const size_t chunks = (sam->n + CHUNK - 1) / CHUNK;
  const uint32_t limit = (uint32_t)(sam->config.esam_beta * 4294967295.0);
  const graft_real factor = (graft_real)(1 / sam->config.esam_beta);
#pragma omp parallel for schedule(static)
  for (size_t c = 0; c < chunks; c++) {
    const size_t end = c + 1 == chunks ? sam->n : (c + 1) * CHUNK;
    graft_rng rng;
    graft_rng_init(&rng, sam->seed, GRAFT_STREAM_SAM, sam->direction->step * chunks + c);
    for (size_t i = c * CHUNK; i < end; i++) {
      const graft_real e = point[i] - theta[i];
      point[i] = graft_rng_bits(&rng) <= limit ? theta[i] + factor * e : theta[i];
    }
  }
}

static graft_status eval(graft_sam *sam, const graft_real *theta) {
  graft_direction *d = sam->direction;
  const bool separate = strcmp(sam->config.sam_norm, "separate") == 0;
  GRAFT_TRY(graft_direction_mean(d, GRAFT_PASS_CLEAN, theta, sam->gradient));
  graft_sam_perturb(d, GRAFT_SAM_PLAIN, 0, separate, sam->rho, theta, sam->gradient, sam->point);
  thin(sam, theta, sam->point);
  return graft_direction_aggregate(d, GRAFT_PASS_PERTURBED, sam->point);
}

static const char *const options[] = {"sam_rho", "sam_rho_final", "sam_norm", "esam_beta", NULL};

const graft_sam_type graft_sam_esam = {
    .name = "esam",
    .summary = "sam that perturbs a random share of the parameters",
    .source = "du2022",
    .options = options,
    .eval = eval,
};
