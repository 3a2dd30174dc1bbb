/* SPDX-License-Identifier: BSD-2-Clause */
/* Fingerprint of a region.
 *
 * Method:    graft_hash() of the text of graft_region_print().
 * Cost:      that of printing, about 1 µs per number.
 * Reference: fowler2019. */
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "geometry/region_impl.h"

graft_status graft_region_hash(const graft_region *region, uint64_t *hash) {
  char *text;
  GRAFT_TRY(graft_region_print(region, &text));
  *hash = graft_hash(GRAFT_HASH_START, text, strlen(text));
  graft_free(text);
  return GRAFT_OK;
}
