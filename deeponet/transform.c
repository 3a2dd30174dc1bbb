/* SPDX-License-Identifier: BSD-2-Clause */
#include "deeponet/transform_impl.h"

#include <string.h>

static const graft_transform_type *const registry[] = {
#define X(name) &graft_transform_##name,
#include "deeponet/transform.def"
#undef X
};
enum { COUNT = sizeof registry / sizeof *registry };

const graft_transform_type *graft_transform_get(size_t i) { return i < COUNT ? registry[i] : NULL; }

const char *graft_transform_name(size_t i) { return i < COUNT ? registry[i]->name : NULL; }

const graft_transform_type *graft_transform_find(const char *name) {
  for (size_t i = 0; i < COUNT; i++) {
    if (strcmp(registry[i]->name, name) == 0) return registry[i];
  }
  return NULL;
}
