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

static int64_t fingerprint(const graft_deeponet *model, const struct region *region,
                           const float *field, const double *number) {
  uint64_t hash = graft_hash(GRAFT_HASH_START, region->mask, model->info.points);
  hash = graft_hash(hash, field, model->fields * model->sensors * sizeof *field);
  return (int64_t)graft_hash(hash, number, model->info.codes * sizeof *number);
}

static int compare(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

graft_status graft_model_remember(graft_deeponet *model, size_t rows, const size_t *region,
                                  const float *field, const double *number) {
  size_t inputs = model->fields * model->sensors;
  GRAFT_TRY(graft_alloc(&model->seen, rows, sizeof *model->seen));
  for (size_t i = 0; i < rows; i++) {
    model->seen[i] = fingerprint(model, &model->region[region[i]], field + i * inputs,
                                 number + i * model->info.codes);
  }
  qsort(model->seen, rows, sizeof *model->seen, compare);
  model->seen_count = rows;
  return GRAFT_OK;
}

bool graft_model_saw(const graft_deeponet *model, const struct region *region, const float *field,
                     const double *number) {
  int64_t key = fingerprint(model, region, field, number);
  return bsearch(&key, model->seen, model->seen_count, sizeof key, compare) != NULL;
}
