/* SPDX-License-Identifier: BSD-2-Clause
 * Sharpness-aware method "fsmtl": task-based flat regions.
 * Method:    row l_k = gradient of task k at theta, e_k = rho l_k / |l_k| (adaptive: rho theta² l_k
 *            / |theta l_k|), row s_k = its gradient at theta + e_k, flatness row f_k = s_k − l_k.
 *            With the aggregator A the direction of the shared parts is split:  A(l) + A(f), two
 *            calls with a state each; direct: A(s); second: A(A(l), A(f)), the outer call on two
 *            rows; each:   A over the tasks of A(l_k, f_k). A task's private parts get its s_k. For
 *            an aggregator whose weights are fixed, split and direct are the same.
 * Cost:      the Jacobian's rows twice; 2 K + 3 vectors of memory beside the direction's K + 1.
 * Reference: phan2022, algorithm 1 and section 4 (variants). Rules that normalise their rows (nash,
 *            fairgrad) give the flatness part the length of the loss part whatever rho is. */
#include <math.h>
#include <string.h>

#include "mtl/sam.h"
#include "mtl/vector.h"

/* d->rows = f; a task whose parameters could not be moved has none. */
static void make_flat(const graft_sam *sam, uint64_t moved) {
  const graft_direction *d = sam->direction;
  const size_t n = sam->n;
  for (size_t k = 0; k < d->objective->tasks; k++) {
    if (moved >> k & 1) {
      graft_vector_axpy(d->rows + k * n, -1, sam->rows + k * n, n);
    } else {
      memset(d->rows + k * n, 0, n * sizeof *d->rows);
    }
  }
}

static graft_status split(graft_sam *sam) {
  graft_direction *d = sam->direction;
  GRAFT_TRY(graft_direction_combine(d, 1, d->rows, d->loss, d->active, sam->scratch));
  GRAFT_TRY(graft_direction_combine(d, 0, sam->rows, d->loss, d->active, d->gradient));
  for (size_t s = 0; s < d->spans; s++) {
    const graft_span span = d->shared[s];
    graft_vector_axpy(d->gradient + span.offset, 1, sam->scratch + span.offset, span.count);
  }
  return GRAFT_OK;
}

/* Losses beside the two rows of a call: the loss, and how much it rises. */
static void take_pair(double loss, double perturbed, double *pair) {
  pair[0] = loss;
  pair[1] = perturbed > loss ? perturbed - loss : 0;
}

static graft_status second(graft_sam *sam) {
  graft_direction *d = sam->direction;
  double loss = 0, perturbed = 0, pair[2];
  for (size_t k = 0; k < d->objective->tasks; k++) {
    if (!(d->active >> k & 1)) continue;
    loss += d->loss[k];
    perturbed += d->perturbed[k];
  }
  take_pair(loss, perturbed, pair);
  GRAFT_TRY(graft_direction_combine(d, 0, sam->rows, d->loss, d->active, sam->scratch));
  GRAFT_TRY(graft_direction_combine(d, 1, d->rows, d->loss, d->active, sam->scratch + sam->n));
  GRAFT_TRY(graft_direction_combine(d, 2, sam->scratch, pair, 3, d->gradient));
  for (size_t k = 0; k < d->objective->tasks; k++)
    d->weight[k] = NAN; /* they were not the tasks' */
  return GRAFT_OK;
}

static graft_status each(graft_sam *sam) {
  graft_direction *d = sam->direction;
  const size_t n = sam->n, K = d->objective->tasks;
  double pair[2];
  for (size_t k = 0; k < K; k++) {
    if (!(d->active >> k & 1)) continue;
    memcpy(sam->scratch, sam->rows + k * n, n * sizeof *sam->scratch);
    memcpy(sam->scratch + n, d->rows + k * n, n * sizeof *sam->scratch);
    take_pair(d->loss[k], d->perturbed[k], pair);
    GRAFT_TRY(graft_direction_combine(d, k, sam->scratch, pair, 3, sam->rows + k * n));
  }
  return graft_direction_combine(d, K, sam->rows, d->loss, d->active, d->gradient);
}

static graft_status eval(graft_sam *sam, const graft_real *theta) {
  graft_direction *d = sam->direction;
  const size_t n = sam->n;
  const char *variant = sam->config.fsmtl_variant;
  const bool separate = strcmp(sam->config.sam_norm, "separate") == 0;
  const graft_sam_measure measure =
      sam->config.fsmtl_adaptive ? GRAFT_SAM_MAGNITUDE : GRAFT_SAM_PLAIN;
  uint64_t moved = 0;
  GRAFT_TRY(graft_direction_rows(d, GRAFT_PASS_CLEAN, theta, NULL, sam->rows));
  for (size_t k = 0; k < d->objective->tasks; k++) {
    const bool here = graft_sam_perturb(d, measure, 0, separate, sam->rho, theta, sam->rows + k * n,
                                        sam->point + k * n);
    moved |= (uint64_t)here << k;
  }
  GRAFT_TRY(graft_direction_rows(d, GRAFT_PASS_PERTURBED, NULL, sam->row_theta, d->rows));
  graft_direction_finish(d, d->rows, d->gradient);
  if (strcmp(variant, "direct") == 0) {
    return graft_direction_combine(d, 0, d->rows, d->perturbed, d->active, d->gradient);
  }
  make_flat(sam, moved);
  if (strcmp(variant, "second") == 0) return second(sam);
  return strcmp(variant, "each") == 0 ? each(sam) : split(sam);
}

static void plan(const graft_sam_config *config, size_t tasks, graft_direction_plan *plan) {
  const char *variant = config->fsmtl_variant;
  plan->rows = true;
  plan->calls = 1;
  plan->call_rows[0] = tasks;
  if (strcmp(variant, "direct") == 0) return;
  if (strcmp(variant, "each") == 0) {
    for (size_t k = 0; k < tasks; k++) {
      plan->call_rows[k] = 2;
      plan->call_parts[k] = true;
    }
    plan->call_rows[tasks] = tasks;
    plan->calls = tasks + 1;
    return;
  }
  plan->calls = 2;
  plan->call_rows[1] = tasks;
  if (strcmp(variant, "second") != 0) return;
  plan->call_rows[2] = 2;
  plan->call_parts[2] = true;
  plan->calls = 3;
}

static const char *const options[] = {"sam_rho",       "sam_rho_final",  "sam_norm",
                                      "fsmtl_variant", "fsmtl_adaptive", NULL};

const graft_sam_type graft_sam_fsmtl = {
    .name = "fsmtl",
    .summary = "per task, loss and flatness parts aggregated apart",
    .source = "phan2022",
    .options = options,
    .scratch = 2,
    .per_task = true,
    .clean_rows = true,
    .plan = plan,
    .eval = eval,
};
