/* SPDX-License-Identifier: BSD-2-Clause */
/* Method: a model keeps a 64-bit fingerprint of region and input of each sample that it
 *         was trained or tuned on, sorted; a sample whose fingerprint is among them was seen. The
 *         number of a sample in its file won't do: the same field has another place in a data set
 *         of another size.
 * Cost: one pass over mask and input per sample, a binary search; 8 bytes per training sample.
 * Reference: fowler2019 */
#include <stdlib.h>

#include "base/hash.h"
#include "deeponet/model_impl.h"

int64_t graft_model_fingerprint(const graft_deeponet *model, const struct region *region,
                                const float *field, const double *number) {
  uint64_t hash = graft_hash(GRAFT_HASH_START, region->mask, model->info.points);
  hash = graft_hash(hash, field, model->fields * model->sensors * sizeof *field);
  return (int64_t)graft_hash(hash, number, model->info.codes * sizeof *number);
}

static int compare(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

void graft_model_remember(graft_deeponet *model, size_t count) {
  qsort(model->seen, count, sizeof *model->seen, compare);
  model->seen_count = count;
}

bool graft_model_saw(const graft_deeponet *model, const struct region *region, const float *field,
                     const double *number) {
  int64_t key = graft_model_fingerprint(model, region, field, number);
  return bsearch(&key, model->seen, model->seen_count, sizeof key, compare) != NULL;
}
