/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/rng.h"

#include <math.h>
#include <string.h>

#include "base/hash.h"

/* Multipliers and Weyl increments of salmon2011, table 2 and section 3.3. */
static const uint32_t MUL0 = 0xD2511F53u, MUL1 = 0xCD9E8D57u;
static const uint32_t WEYL0 = 0x9E3779B9u, WEYL1 = 0xBB67AE85u;
enum { ROUNDS = 10 };

static void philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
  uint32_t c[4] = {counter[0], counter[1], counter[2], counter[3]};
  uint32_t k0 = key[0], k1 = key[1];
  for (int round = 0; round < ROUNDS; round++) {
    uint64_t p0 = (uint64_t)MUL0 * c[0], p1 = (uint64_t)MUL1 * c[2];
    uint32_t next[4] = {(uint32_t)(p1 >> 32) ^ c[1] ^ k0, (uint32_t)p1,
                        (uint32_t)(p0 >> 32) ^ c[3] ^ k1, (uint32_t)p0};
    memcpy(c, next, sizeof c);
    k0 += WEYL0;
    k1 += WEYL1;
  }
  memcpy(out, c, sizeof c);
}

uint32_t graft_rng_stream(const char *name) {
  uint64_t hash = graft_hash(GRAFT_HASH_START, name, strlen(name));
  return (uint32_t)GRAFT_STREAM_SAMPLE + 1 + (uint32_t)(hash >> 33);
}

void graft_rng_init(graft_rng *rng, uint64_t seed, uint32_t stream, uint64_t index) {
  *rng = (graft_rng){
      .key = {(uint32_t)seed, (uint32_t)(seed >> 32)},
      .counter = {0, stream, (uint32_t)index, (uint32_t)(index >> 32)},
  };
}

uint32_t graft_rng_bits(graft_rng *rng) {
  if (rng->left == 0) {
    philox(rng->counter, rng->key, rng->word);
    rng->counter[0]++;
    rng->left = 4;
  }
  return rng->word[4 - rng->left--];
}

double graft_rng_uniform(graft_rng *rng) {
  uint64_t high = graft_rng_bits(rng) >> 5, low = graft_rng_bits(rng) >> 6;
  return (double)(high << 26 | low) * 0x1p-53;
}

double graft_rng_normal(graft_rng *rng) {
  if (rng->has_normal) {
    rng->has_normal = 0;
    return rng->normal;
  }
  double radius = sqrt(-2 * log(1 - graft_rng_uniform(rng)));
  double angle = 6.283185307179586476925 * graft_rng_uniform(rng);
  rng->normal = radius * sin(angle);
  rng->has_normal = 1;
  return radius * cos(angle);
}

uint32_t graft_rng_below(graft_rng *rng, uint32_t n) {
  uint32_t reject = (uint32_t)(-n) % n; /* 2^32 mod n: words below it would be counted once more */
  uint32_t bits;
  do {
    bits = graft_rng_bits(rng);
  } while (bits < reject);
  return bits % n;
}

void graft_rng_shuffle(graft_rng *rng, size_t *index, size_t n) {
  for (size_t i = n; i > 1; i--) {
    size_t j = graft_rng_below(rng, (uint32_t)i);
    size_t swap = index[i - 1];
    index[i - 1] = index[j];
    index[j] = swap;
  }
}
