/* SPDX-License-Identifier: BSD-2-Clause */
/* Method:    orthogonal projection of the target itself onto the leading left singular vectors (POD
 *            modes, not centred) of the training targets, as many as the network has basis
 *            functions: no network with a fixed basis of that size does better by much. Modes
 *            below 1e-13 of the largest eigenvalue of the Gram matrix are left out.
 * Cost:      products (n + v + t) n Q, one eigendecomposition n³.
 * Reference: berkooz1993. */
#include "deeponet/baseline_impl.h"

#include <string.h>

#include "base/arena.h"
#include "deeponet/linalg_impl.h"

static const double smallest = 1e-13;

struct state {
  double *vector; /* [n x n] row i: eigenvector i of the Gram matrix of the targets */
  double *value;  /* [n] ascending */
  double *image;  /* [v + t x n] (y · y_trainᵀ) eigenvectors */
};

static graft_status decompose(struct state *s, const graft_baseline_data *data, double *gram) {
  size_t n = data->train, rows = data->validation + data->test;
  graft_linalg_multiply(n + rows, n, data->outputs, false, data->y, true, data->y, gram);
  memcpy(s->vector, gram, n * n * sizeof *gram);
  GRAFT_TRY(graft_linalg_eigen(n, s->vector, s->value));
  graft_linalg_multiply(rows, n, n, false, gram + n * n, true, s->vector, s->image);
  return GRAFT_OK;
}

static graft_status init(void *self, const graft_baseline_data *data) {
  struct state *s = self;
  size_t n = data->train, rows = data->validation + data->test;
  double *gram = NULL;
  graft_status status;
  GRAFT_TRY_TO(done, graft_alloc(&s->vector, n * n, sizeof(double)));
  GRAFT_TRY_TO(done, graft_alloc(&s->value, n, sizeof(double)));
  GRAFT_TRY_TO(done, graft_alloc(&s->image, rows * n, sizeof(double)));
  GRAFT_TRY_TO(done, graft_alloc(&gram, (n + rows) * n, sizeof *gram));
  GRAFT_TRY_TO(done, decompose(s, data, gram));
done:
  graft_free(gram);
  return status;
}

static void weights(const void *self, const graft_baseline_data *data, size_t candidate,
                    size_t first, size_t count, double *scratch, double *out) {
  const struct state *s = self;
  size_t n = data->train, drop = n > data->modes ? n - data->modes : 0;
  (void)candidate;
  for (size_t i = 0; i < count; i++) {
    for (size_t j = 0; j < n; j++) {
      int kept = j >= drop && s->value[j] > smallest * s->value[n - 1];
      scratch[i * n + j] = kept ? s->image[(first + i) * n + j] / s->value[j] : 0;
    }
  }
  graft_linalg_multiply(count, n, n, false, scratch, false, s->vector, out);
}

static void fini(void *self) {
  struct state *s = self;
  graft_free(s->vector);
  graft_free(s->value);
  graft_free(s->image);
}

const graft_baseline_type graft_baseline_pod_floor = {
    .name = "pod_floor",
    .summary = "projection of the truth onto as many POD modes as the network has basis functions",
    .source = "berkooz1993",
    .candidates = 1,
    .state_size = sizeof(struct state),
    .spectral = true,
    .projection = true,
    .init = init,
    .weights = weights,
    .fini = fini,
};
