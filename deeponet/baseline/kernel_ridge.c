/* SPDX-License-Identifier: BSD-2-Clause */
/* Method:    kernel ridge regression with the Gaussian kernel exp(−|x − x'|² / (2 h²)) on the
 * inputs inside the region (standardising them by one scalar changes nothing, since h² is taken
 *            relative to the median squared distance of training pairs): h² ∈ {1, 4, 16} x median,
 *            penalty ∈ 10^-7 … 10^-1, both from validation.
 * Cost:      products (n + v + t) n M, one eigendecomposition n³ and (v + t) n² per bandwidth,
 *            (v + t) n² per candidate.
 * Reference: hastie2009, section 5.8; contract "metrics.json". */
#include "deeponet/baseline_impl.h"

#include <math.h>

#include "base/arena.h"
#include "deeponet/linalg_impl.h"

enum { BANDWIDTHS = 3, PENALTIES = 7, LOWEST = -7 };
static const double bandwidth[BANDWIDTHS] = {1, 4, 16}; /* squared, times the median */

struct state {
  graft_ridge ridge[BANDWIDTHS];
};

static graft_status decompose(struct state *s, size_t n, size_t rows, const double *distance,
                              double *kernel) {
  double median;
  GRAFT_TRY(graft_linalg_median(n, distance, &median));
  for (size_t b = 0; b < BANDWIDTHS; b++) {
    double factor = median > 0 ? -1 / (2 * bandwidth[b] * median) : 0;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < (n + rows) * n; i++) kernel[i] = exp(factor * distance[i]);
    GRAFT_TRY(graft_ridge_init(&s->ridge[b], n, rows, kernel, kernel + n * n));
  }
  return GRAFT_OK;
}

static graft_status init(void *self, const graft_baseline_data *data) {
  size_t n = data->train, all = n + data->validation + data->test;
  double *distance = NULL, *kernel = NULL;
  graft_status status;
  GRAFT_TRY_TO(done, graft_alloc(&distance, all * n, sizeof *distance));
  GRAFT_TRY_TO(done, graft_alloc(&kernel, all * n, sizeof *kernel));
  GRAFT_TRY_TO(done, graft_linalg_distances(all, n, data->inputs, data->x, data->x, distance));
  GRAFT_TRY_TO(done, decompose(self, n, all - n, distance, kernel));
done:
  graft_free(distance);
  graft_free(kernel);
  return status;
}

static void weights(const void *self, const graft_baseline_data *data, size_t candidate,
                    size_t first, size_t count, double *scratch, double *out) {
  const struct state *s = self;
  (void)data;
  graft_ridge_weights(&s->ridge[candidate / PENALTIES],
                      pow(10, LOWEST + (double)(candidate % PENALTIES)), first, count, scratch,
                      out);
}

static void fini(void *self) {
  struct state *s = self;
  for (size_t b = 0; b < BANDWIDTHS; b++) graft_ridge_fini(&s->ridge[b]);
}

const graft_baseline_type graft_baseline_kernel_ridge = {
    .name = "kernel_ridge",
    .summary = "Gaussian kernel ridge regression on the inputs inside the region",
    .source = "hastie2009",
    .candidates = BANDWIDTHS * PENALTIES,
    .state_size = sizeof(struct state),
    .spectral = true,
    .init = init,
    .weights = weights,
    .fini = fini,
};
