/* SPDX-License-Identifier: BSD-2-Clause */
#include "geometry/domain.h"

#include <string.h>

#include "base/hash.h"
#include "base/option.h"
#include "geometry/region_impl.h"

#define GRAFT_DOMAIN(name) extern const graft_domain_type graft_domain_##name;
#include "geometry/domain.def"
#undef GRAFT_DOMAIN

static const graft_domain_type *const table[] = {
#define GRAFT_DOMAIN(name) &graft_domain_##name,
#include "geometry/domain.def"
#undef GRAFT_DOMAIN
};

enum {
#define GRAFT_DOMAIN(name) ROW_OF_##name,
#include "geometry/domain.def"
#undef GRAFT_DOMAIN
  TYPES
};

const graft_domain_type *graft_domain_get(size_t i) { return i < TYPES ? table[i] : NULL; }

const char *graft_domain_choices(size_t i) { return i < TYPES ? table[i]->name : NULL; }

const graft_domain_type *graft_domain_find(const char *name) {
  for (size_t i = 0; i < TYPES; i++) {
    if (strcmp(table[i]->name, name) == 0) return table[i];
  }
  return NULL;
}

static const char *nearest_name(const char *name) {
  size_t best = 0;
  for (size_t i = 1; i < TYPES; i++) {
    if (graft_name_distance(name, table[i]->name) < graft_name_distance(name, table[best]->name)) {
      best = i;
    }
  }
  return table[best]->name;
}

graft_status graft_domain_build(const char *name, graft_rng *rng, graft_region *region) {
  graft_status status = GRAFT_OK;
  const graft_domain_type *type = graft_domain_find(name);
  graft_region_init(region);
  char hint[GRAFT_HINT_SIZE];
  GRAFT_CHECK(type, USAGE, "unknown shape '%s'%s", name,
              graft_name_hint(name, nearest_name(name), hint));
  GRAFT_CHECK(rng || !type->random, INTERNAL, "shape '%s': expected a random generator, got none",
              name);
  GRAFT_TRY_TO(fail, type->build(type->random ? rng : NULL, region));
  GRAFT_TRY_TO(fail, graft_region_validate(region, &graft_unit_square));
  return GRAFT_OK;
fail:
  graft_error_prefix("shape '%s'", name);
  graft_region_fini(region);
  return status;
}

graft_status graft_domain_draw(const char *name, uint64_t seed, uint64_t index,
                               graft_region *region) {
  uint64_t family = graft_hash(GRAFT_HASH_START, name, strlen(name));
  graft_rng rng;
  GRAFT_CHECK(index <= UINT32_MAX, USAGE, "shape '%s': expected an index below 2^32, got %llu",
              name, (unsigned long long)index);
  graft_rng_init(&rng, seed, GRAFT_STREAM_REGION, (family & ~(uint64_t)UINT32_MAX) | index);
  return graft_domain_build(name, &rng, region);
}
