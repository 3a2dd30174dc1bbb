/* SPDX-License-Identifier: BSD-2-Clause */
/* Method:    predict the target of the training sample whose input is nearest in the Euclidean
 *            norm; the first one where several are equally near.
 * Cost:      products (v + t) n M.
 * Reference: none. */
#include "deeponet/baseline_impl.h"

#include <string.h>

#include "base/arena.h"
#include "deeponet/linalg_impl.h"

struct state {
  double *distance; /* [v + t x n] squared */
};

static graft_status init(void *self, const graft_baseline_data *data) {
  struct state *s = self;
  size_t n = data->train, rows = data->validation + data->test;
  GRAFT_TRY(graft_alloc(&s->distance, rows * n, sizeof(double)));
  return graft_linalg_distances(rows, n, data->inputs, data->x + n * data->inputs, data->x,
                                s->distance);
}

static void weights(const void *self, const graft_baseline_data *data, size_t candidate,
                    size_t first, size_t count, double *scratch, double *out) {
  const struct state *s = self;
  size_t n = data->train;
  (void)candidate, (void)scratch;
  memset(out, 0, count * n * sizeof *out);
  for (size_t i = 0; i < count; i++) {
    const double *distance = s->distance + (first + i) * n;
    size_t best = 0;
    for (size_t j = 1; j < n; j++) {
      if (distance[j] < distance[best]) best = j;
    }
    out[i * n + best] = 1;
  }
}

static void fini(void *self) { graft_free(((struct state *)self)->distance); }

const graft_baseline_type graft_baseline_nearest = {
    .name = "nearest",
    .summary = "training sample nearest in the inputs",
    .source = "",
    .candidates = 1,
    .state_size = sizeof(struct state),
    .init = init,
    .weights = weights,
    .fini = fini,
};
