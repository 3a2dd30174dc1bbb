/* SPDX-License-Identifier: BSD-2-Clause
 * Sharpness-aware method "samo": a perturbation per task out of a common and a task's own part.
 * Method:    g the gradient of the mean loss; for task k, in each block of parameters,
 *            d = alpha g + (1 − alpha) |g| s z / |z|, z normal random numbers and s the sign of
 *            L_k(theta + step z) − L_k(theta − step z): a two-sided estimate of where the task's
 *            loss rises, without a backward pass. e_k = rho d / |d|; the rows at theta + e_k are
 *            aggregated.
 * Cost:      a SUM, two passes forward per task over its samples, the rows of the perturbed pass,
 *            and 2 K n normal random numbers.
 * Reference: ban2025, algorithm 1; blockwise as in the authors' code. */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "mtl/sam.h"
#include "mtl/vector.h"

enum { CHUNK = 1 << 12 /* parameters that share a sequence of random numbers */ };

static bool reaches(const graft_block *block, size_t task) {
  return !block->frozen && (block->tasks >> task & 1);
}

/* z [n] of a task: the same numbers whatever the number of threads. */
static void draw(const graft_sam *sam, size_t task, graft_real *z) {
  const graft_direction *d = sam->direction;
  const size_t chunks = (sam->n + CHUNK - 1) / CHUNK, K = d->objective->tasks;
#pragma omp parallel for schedule(static)
  for (size_t c = 0; c < chunks; c++) {
    const size_t end = c + 1 == chunks ? sam->n : (c + 1) * CHUNK;
    graft_rng rng;
    graft_rng_init(&rng, sam->seed, GRAFT_STREAM_SAM, (d->step * K + task) * chunks + c);
    for (size_t i = c * CHUNK; i < end; i++) z[i] = (graft_real)graft_rng_normal(&rng);
  }
  for (size_t b = 0; b < d->objective->layout->blocks; b++) {
    const graft_block *block = &d->objective->layout->block[b];
    if (!reaches(block, task)) memset(z + block->offset, 0, block->count * sizeof *z);
  }
}

/* Loss of a task at theta + step z. */
static graft_status loss_at(graft_sam *sam, size_t task, double step, const graft_real *theta,
                            const graft_real *z, graft_real *point, double *loss) {
  memcpy(point, theta, sam->n * sizeof *point);
  graft_vector_axpy(point, step, z, sam->n);
  return graft_direction_loss(sam->direction, task, point, loss);
}

/* z becomes the direction d of a task. */
static void mix(const graft_sam *sam, size_t task, double sign, graft_real *z) {
  const graft_layout *layout = sam->direction->objective->layout;
  const double alpha = sam->config.samo_alpha;
  for (size_t b = 0; b < layout->blocks; b++) {
    const graft_block *block = &layout->block[b];
    const graft_real *g = sam->gradient + block->offset;
    graft_real *own = z + block->offset;
    if (!reaches(block, task)) continue;
    const double length = graft_vector_norm(own, block->count);
    const double scale = length > 0 ? graft_vector_norm(g, block->count) / length : 0;
    graft_vector_scale(own, (1 - alpha) * sign * scale, block->count);
    graft_vector_axpy(own, alpha, g, block->count);
  }
}

static graft_status eval(graft_sam *sam, const graft_real *theta) {
  graft_direction *d = sam->direction;
  const bool separate = strcmp(sam->config.sam_norm, "separate") == 0;
  const double step = sam->config.samo_step;
  graft_real *z = sam->scratch;
  GRAFT_TRY(graft_direction_mean(d, GRAFT_PASS_CLEAN, theta, sam->gradient));
  for (size_t k = 0; k < d->objective->tasks; k++) {
    graft_real *point = sam->point + k * sam->n;
    double up, down;
    if (!(d->active >> k & 1)) {
      memcpy(point, theta, sam->n * sizeof *point);
      continue;
    }
    draw(sam, k, z);
    GRAFT_TRY(loss_at(sam, k, step, theta, z, point, &up));
    GRAFT_TRY(loss_at(sam, k, -step, theta, z, point, &down));
    mix(sam, k, up > down ? 1 : up < down ? -1 : 0, z);
    graft_sam_perturb(d, GRAFT_SAM_PLAIN, 0, separate, sam->rho, theta, z, point);
  }
  GRAFT_TRY(graft_direction_rows(d, GRAFT_PASS_PERTURBED, NULL, sam->row_theta, d->rows));
  GRAFT_TRY(graft_direction_combine(d, 0, d->rows, d->perturbed, d->active, d->gradient));
  graft_direction_finish(d, d->rows, d->gradient);
  return GRAFT_OK;
}

static void plan(const graft_sam_config *config, size_t tasks, graft_direction_plan *plan) {
  (void)config, (void)tasks;
  plan->rows = true;
}

static const char *const options[] = {"sam_rho",    "sam_rho_final", "sam_norm",
                                      "samo_alpha", "samo_step",     NULL};

const graft_sam_type graft_sam_samo = {
    .name = "samo",
    .summary = "per task, along the mean gradient and the task's own rise",
    .source = "ban2025",
    .options = options,
    .scratch = 1,
    .per_task = true,
    .plan = plan,
    .eval = eval,
};
