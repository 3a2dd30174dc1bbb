/* SPDX-License-Identifier: BSD-2-Clause */
#include "solvers/problem.h"

#include <string.h>

#include "solvers/generator.h"

#define GRAFT_PROBLEM(name) extern const graft_problem_type graft_problem_##name;
#include "solvers/problem.def"
#undef GRAFT_PROBLEM

enum { /* number of types */
#define GRAFT_PROBLEM(name) TYPE_##name,
#include "solvers/problem.def"
#undef GRAFT_PROBLEM
       TYPES
};

static const graft_problem_type *const types[TYPES] = {
#define GRAFT_PROBLEM(name) &graft_problem_##name,
#include "solvers/problem.def"
#undef GRAFT_PROBLEM
};

const graft_problem_type *graft_problem_get(size_t i) { return i < TYPES ? types[i] : NULL; }

const char *graft_problem_choices(size_t i) {
  const graft_problem_type *type = graft_problem_get(i);
  return type ? type->name : NULL;
}

const graft_generator_type *graft_problem_generator(const graft_problem_type *problem) {
  return problem->generator ? problem->generator : &graft_generator_elliptic;
}

const graft_problem_type *graft_problem_find(const char *name) {
  for (size_t i = 0; i < TYPES; i++) {
    if (strcmp(types[i]->name, name) == 0) return types[i];
  }
  return NULL;
}
