/* SPDX-License-Identifier: BSD-2-Clause */
/* Method:    affine map from the inputs inside the region to the target, fitted by ridge least
 *            squares in its dual form: weights = X* Xᵀ (X Xᵀ + a I)⁻¹ with inputs centred by their
 *            training mean; penalty a from validation, relative to the mean eigenvalue of X Xᵀ.
 * Cost:      products (n + v + t) n M, one eigendecomposition n³, (v + t) n² per candidate.
 * Reference: hastie2009, section 3.4.1 and exercise 18.7. */
#include "deeponet/baseline_impl.h"

#include <math.h>

#include "base/arena.h"
#include "deeponet/linalg_impl.h"

enum { LOWEST = -11, CANDIDATES = 27 }; /* penalties 10^-11 … 10^2 in half decades */

struct state {
  graft_ridge ridge;
  double unit; /* mean eigenvalue of the Gram matrix */
};

static graft_status decompose(struct state *s, const graft_baseline_data *data, double *x,
                              double *gram) {
  size_t n = data->train, rows = data->validation + data->test, m = data->inputs;
  graft_linalg_centre(n, rows, m, data->x, x);
  graft_linalg_multiply(n + rows, n, m, false, x, true, x, gram);
  for (size_t i = 0; i < n; i++) s->unit += gram[i * n + i] / (double)n;
  if (s->unit <= 0) s->unit = 1;
  return graft_ridge_init(&s->ridge, n, rows, gram, gram + n * n);
}

static graft_status init(void *self, const graft_baseline_data *data) {
  size_t n = data->train, all = n + data->validation + data->test;
  double *x = NULL, *gram = NULL;
  graft_status status;
  GRAFT_TRY_TO(done, graft_alloc(&x, all * data->inputs, sizeof *x));
  GRAFT_TRY_TO(done, graft_alloc(&gram, all * n, sizeof *gram));
  GRAFT_TRY_TO(done, decompose(self, data, x, gram));
done:
  graft_free(x);
  graft_free(gram);
  return status;
}

static void weights(const void *self, const graft_baseline_data *data, size_t candidate,
                    size_t first, size_t count, double *scratch, double *out) {
  const struct state *s = self;
  (void)data;
  graft_ridge_weights(&s->ridge, s->unit * pow(10, LOWEST + (double)candidate / 2), first, count,
                      scratch, out);
}

static void fini(void *self) { graft_ridge_fini(&((struct state *)self)->ridge); }

const graft_baseline_type graft_baseline_affine = {
    .name = "affine",
    .summary = "ridge least squares from the inputs inside the region",
    .source = "hastie2009",
    .candidates = CANDIDATES,
    .state_size = sizeof(struct state),
    .spectral = true,
    .init = init,
    .weights = weights,
    .fini = fini,
};
