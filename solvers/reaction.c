/* SPDX-License-Identifier: BSD-2-Clause */
#include "solvers/reaction.h"

#include <string.h>

#define GRAFT_REACTION(name) extern const graft_reaction_type graft_reaction_##name;
#include "solvers/reaction.def"
#undef GRAFT_REACTION

static const graft_reaction_type *const types[] = {
#define GRAFT_REACTION(name) &graft_reaction_##name,
#include "solvers/reaction.def"
#undef GRAFT_REACTION
};
enum { TYPES = sizeof types / sizeof *types };

const graft_reaction_type *graft_reaction_get(size_t i) { return i < TYPES ? types[i] : NULL; }

const char *graft_reaction_name(size_t i) { return i < TYPES ? types[i]->name : NULL; }

const graft_reaction_type *graft_reaction_find(const char *name) {
  for (size_t i = 0; i < TYPES; i++) {
    if (strcmp(types[i]->name, name) == 0) return types[i];
  }
  return NULL;
}
