/* SPDX-License-Identifier: BSD-2-Clause */
#include "mtl/aggregator.h"

#include <string.h>

#define GRAFT_AGGREGATOR(name) extern const graft_aggregator_type graft_aggregator_##name;
#include "mtl/aggregator.def"
#undef GRAFT_AGGREGATOR

static const graft_aggregator_type *const types[] = {
#define GRAFT_AGGREGATOR(name) &graft_aggregator_##name,
#include "mtl/aggregator.def"
#undef GRAFT_AGGREGATOR
    NULL};

const graft_aggregator_type *graft_aggregator_types(size_t i) {
  size_t k = 0;
  while (k < i && types[k]) k++;
  return types[k];
}

const graft_aggregator_type *graft_aggregator_find(const char *name) {
  for (size_t i = 0; types[i]; i++) {
    if (strcmp(types[i]->name, name) == 0) return types[i];
  }
  return NULL;
}

const char *graft_aggregator_choices(size_t i) {
  const graft_aggregator_type *type = graft_aggregator_types(i);
  return type ? type->name : NULL;
}
