/* SPDX-License-Identifier: BSD-2-Clause */
/* Fingerprint of a region.
 *
 * Method:    FNV-1a, 64 bits, over the text of graft_region_print().
 * Cost:      that of printing, about 1 µs per number.
 * Reference: fowler2019. */
#include <string.h>

#include "base/arena.h"
#include "geometry/region_impl.h"

uint64_t graft_hash(uint64_t hash, const void *data, size_t size) {
  const unsigned char *byte = data;
  for (size_t i = 0; i < size; i++) hash = (hash ^ byte[i]) * 0x100000001b3U;
  return hash;
}

graft_status graft_region_hash(const graft_region *region, uint64_t *hash) {
  char *text;
  GRAFT_TRY(graft_region_print(region, &text));
  *hash = graft_hash(GRAFT_HASH_START, text, strlen(text));
  graft_free(text);
  return GRAFT_OK;
}
