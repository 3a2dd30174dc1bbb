/* SPDX-License-Identifier: BSD-2-Clause */
/* Method: a model keeps a 64-bit fingerprint of region and input of each sample that it
 *         was trained or tuned on, sorted; a sample whose fingerprint is among them was seen. The
 *         number of a sample in its file won't do: the same field has another place in a data set
 *         of another size.
 * Cost: one pass over mask and input per sample, a binary search; 8 bytes per training sample.
 * Reference: fowler2019 */
#include <stdlib.h>

#include "base/arena.h"
#include "base/hash.h"
#include "deeponet/model_impl.h"

static int64_t fingerprint(const struct region *region, size_t P, const float *log_k) {
  uint64_t hash = graft_hash(GRAFT_HASH_START, region->mask, P);
  return (int64_t)graft_hash(hash, log_k, P * sizeof *log_k);
}

static int compare(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

graft_status graft_model_remember(graft_deeponet *model, size_t rows, const size_t *region,
                                  const float *log_k) {
  size_t P = model->info.points;
  GRAFT_TRY(graft_alloc(&model->seen, rows, sizeof *model->seen));
  for (size_t i = 0; i < rows; i++) {
    model->seen[i] = fingerprint(&model->region[region[i]], P, log_k + i * P);
  }
  qsort(model->seen, rows, sizeof *model->seen, compare);
  model->seen_count = rows;
  return GRAFT_OK;
}

bool graft_model_saw(const graft_deeponet *model, const struct region *region, const float *log_k) {
  int64_t key = fingerprint(region, model->info.points, log_k);
  return bsearch(&key, model->seen, model->seen_count, sizeof key, compare) != NULL;
}
