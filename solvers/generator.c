/* SPDX-License-Identifier: BSD-2-Clause */
/* What a configuration says, asked of its problem's generator. */
#include "solvers/generator.h"

#include "base/arena.h"

#include <stdio.h>

#include "solvers/problem.h"

/* Of the elliptic ones where there is no such problem. */
static const graft_generator_type *generator_of(const char *problem) {
  const graft_problem_type *type = graft_problem_find(problem);
  return type ? graft_problem_generator(type) : &graft_generator_elliptic;
}

const graft_option *graft_solve_rows(const char *problem) { return generator_of(problem)->options; }

graft_status graft_solve_adopt(graft_solve_config *config, const graft_source_info *info) {
  return generator_of(config->problem)->adopt(config, info);
}

graft_status graft_solve_validate(const graft_solve_config *config) {
  GRAFT_CHECK(graft_problem_find(config->problem), USAGE,
              "-problem: expected the name of an equation, got '%s'", config->problem);
  GRAFT_CHECK(config->samples >= 1 && config->first >= 0, USAGE,
              "expected samples >= 1, first >= 0, got %lld, %lld", config->samples, config->first);
  GRAFT_CHECK(config->max_error <= 0 || (config->error_estimate && !config->inputs_only), USAGE,
              "-max_error: expected with -error_estimate and solutions, got %g without",
              config->max_error);
  return generator_of(config->problem)->validate(config);
}

size_t graft_solve_tasks(const graft_solve_config *config) {
  char name[GRAFT_NAME_SIZE];
  size_t samples;
  return generator_of(config->problem)->task(config, 0, name, &samples);
}

size_t graft_solve_samples(const graft_solve_config *config) {
  char name[GRAFT_NAME_SIZE];
  size_t all = 0, samples;
  for (size_t i = 0; i < generator_of(config->problem)->task(config, i, name, &samples); i++) {
    all += samples;
  }
  return all;
}

const char *graft_solve_names(const graft_solve_config *config, char *text, size_t size) {
  char name[GRAFT_NAME_SIZE];
  size_t used = 0, samples;
  if (size > 0) text[0] = '\0';
  for (size_t i = 0; i < generator_of(config->problem)->task(config, i, name, &samples); i++) {
    int n = used < size ? snprintf(text + used, size - used, "%s%s", i ? "," : "", name) : 0;
    used += n > 0 ? (size_t)n : 0;
  }
  return text;
}

const char *graft_solve_grid(const graft_solve_config *config, char *text, size_t size) {
  size_t n[3], used = 0;
  int axes = generator_of(config->problem)->grid(config, n);
  for (int a = 0; a < axes && used < size; a++) {
    int more = snprintf(text + used, size - used, a ? " x %zu" : "%zu", n[a]);
    used += more > 0 ? (size_t)more : 0;
  }
  return text;
}

graft_status graft_solve_check_files(const graft_solve_config *config) {
  const graft_generator_type *generator = generator_of(config->problem);
  return generator->check_files ? generator->check_files(config) : GRAFT_OK;
}

graft_solve_estimate graft_solve_estimate_get(const graft_solve_config *config, int ranks) {
  graft_solve_estimate estimate = {.memory_bytes = 1e8};
  generator_of(config->problem)->estimate(config, ranks, &estimate);
  return estimate;
}

/* Counts of this rank's share of the samples: count [S x 2]. */
static graft_status count_share(const graft_generator_type *generator, void *state,
                                const graft_comm *comm, size_t samples, double *count) {
  for (size_t s = (size_t)comm->rank; s < samples; s += (size_t)comm->size) {
    size_t nodes, triangles;
    GRAFT_TRY(generator->count_nodes(state, s, &nodes, &triangles));
    count[2 * s] = (double)nodes;
    count[2 * s + 1] = (double)triangles;
  }
  return GRAFT_OK;
}

graft_status graft_solve_count_nodes(const graft_generator_type *generator, void *state,
                                     const graft_solve_config *config, const graft_comm *comm,
                                     graft_source_info *info) {
  const size_t S = info->samples;
  double *count = NULL;
  if (!config->nodes || !generator->count_nodes) return GRAFT_OK;
  graft_status status = graft_alloc(&count, 2 * S, sizeof *count);
  if (status == GRAFT_OK) status = graft_source_info_nodes(info);
  if (status == GRAFT_OK) status = count_share(generator, state, comm, S, count);
  status = graft_comm_agree(comm, status);
  if (status == GRAFT_OK) status = comm->sum(comm->ctx, count, 2 * S);
  for (size_t s = 0; s < S && status == GRAFT_OK; s++) {
    info->node_start[s + 1] = info->node_start[s] + (int64_t)count[2 * s];
    info->triangle_start[s + 1] = info->triangle_start[s] + (int64_t)count[2 * s + 1];
  }
  graft_free(count);
  return status;
}

graft_status graft_solve_nodes(const graft_generator_type *generator, void *state,
                               const graft_source_info *info, size_t s, graft_source_nodes *nodes) {
  size_t n, t, triangles, count = graft_source_node_count(info, s, &triangles);
  generator->nodes(state, nodes, &n, &t);
  GRAFT_CHECK(n == count && t == triangles, INTERNAL,
              "sample %zu: expected %zu nodes and %zu triangles as counted before, got %zu and %zu",
              s, count, triangles, n, t);
  return GRAFT_OK;
}
