/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/hash.h"

uint64_t graft_hash(uint64_t hash, const void *data, size_t size) {
  const unsigned char *byte = data;
  for (size_t i = 0; i < size; i++) hash = (hash ^ byte[i]) * UINT64_C(0x100000001b3);
  return hash;
}
