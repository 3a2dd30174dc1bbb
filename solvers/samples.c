/* SPDX-License-Identifier: BSD-2-Clause */
#include "solvers/samples.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "solvers/problem.h"

/* What is made of a configuration. */
struct making {
  const graft_solve_config *config;
  const graft_generator_type *generator;
  void *state; /* of the generator */
  graft_samples *samples;
  size_t points[GRAFT_GENERATOR_FIELDS]; /* of each field */
  graft_solve_report *report;
};

static graft_status allocate(struct making *m, const graft_source_info *info) {
  graft_samples *samples = m->samples;
  const float *data[GRAFT_GENERATOR_FIELDS];
  samples->fields = m->generator->fields(m->state, samples->field, data);
  for (size_t f = 0; f < samples->fields; f++) {
    samples->name[f] = samples->field[f].name;
    m->points[f] = graft_source_points(info, graft_source_axes(info, samples->name[f]));
    size_t count;
    GRAFT_TRY(graft_size_multiply(info->samples, m->points[f], "values", &count));
    GRAFT_TRY(graft_alloc(&samples->data[f], count, sizeof(float)));
  }
  return GRAFT_OK;
}

/* Room for the nodes of all samples, in one allocation. */
static graft_status allocate_nodes(struct making *m, graft_source_info *info) {
  const graft_comm serial = graft_comm_serial();
  GRAFT_TRY(graft_solve_count_nodes(m->generator, m->state, m->config, &serial, info));
  if (!info->node_start) return GRAFT_OK;
  return graft_source_nodes_alloc(&m->samples->nodes, info->dims,
                                  (size_t)info->node_start[info->samples],
                                  (size_t)info->triangle_start[info->samples]);
}

/* Keep the nodes of a sample. */
static graft_status keep_nodes(const struct making *m, const graft_source_info *info, size_t s) {
  const graft_source_nodes *all = &m->samples->nodes;
  graft_source_nodes one;
  if (!info->node_start) return GRAFT_OK;
  const size_t D = (size_t)info->dims, first = (size_t)info->node_start[s];
  size_t t, n = graft_source_node_count(info, s, &t);
  GRAFT_TRY(graft_solve_nodes(m->generator, m->state, info, s, &one));
  memcpy(all->xyz + first * D, one.xyz, n * D * sizeof(float));
  memcpy(all->value + first, one.value, n * sizeof(float));
  memcpy(all->weight + first, one.weight, n * sizeof(float));
  memcpy(all->sdf + first, one.sdf, n * sizeof(float));
  memcpy(all->torsion + first, one.torsion, n * sizeof(float));
  memcpy(all->triangle + 3 * info->triangle_start[s], one.triangle, 3 * t * sizeof(int32_t));
  return GRAFT_OK;
}

/* Make a sample and keep its fields. */
static graft_status make(struct making *m, graft_source_info *info, size_t s) {
  graft_dataset_field field[GRAFT_GENERATOR_FIELDS];
  const float *data[GRAFT_GENERATOR_FIELDS];
  double error = -1;
  graft_status status = m->generator->solve(m->state, s, NULL, m->report, &error);
  if (status != GRAFT_OK) {
    graft_error_prefix("%s, sample %lld", info->task_name[info->task[s]],
                       (long long)info->index[s]);
    return status;
  }
  info->error_estimate[s] = (float)error;
  GRAFT_TRY(keep_nodes(m, info, s));
  m->generator->fields(m->state, field, data);
  for (size_t f = 0; f < m->samples->fields; f++) {
    const size_t P = m->points[f];
    for (size_t p = 0; p < P; p++) {
      GRAFT_CHECK(isfinite(data[f][p]), DIVERGED,
                  "%s of %s, sample %lld, point %zu: expected a finite value, got %g",
                  field[f].name, info->task_name[info->task[s]], (long long)info->index[s], p,
                  (double)data[f][p]);
    }
    memcpy(m->samples->data[f] + s * P, data[f], P * sizeof(float));
  }
  return GRAFT_OK;
}

static graft_status make_all(struct making *m, const graft_solve_progress *progress) {
  graft_solve_report *report = m->report;
  GRAFT_TRY(graft_solve_validate(m->config));
  m->generator = graft_problem_generator(graft_problem_find(m->config->problem));
  GRAFT_TRY(graft_alloc(&m->state, m->generator->state_size, 1));
  double start = graft_solve_clock();
  GRAFT_TRY(m->generator->init(m->state, m->config));
  graft_solve_lap(&start, &report->setup);
  graft_source_info *info = m->generator->info(m->state);
  report->samples = info->samples;
  m->generator->describe(m->state, report);
  GRAFT_TRY(allocate(m, info));
  GRAFT_TRY(allocate_nodes(m, info));
  for (size_t s = 0; s < info->samples; s++) {
    GRAFT_TRY(make(m, info, s));
    if (progress) GRAFT_TRY(progress->update(progress->ctx, s + 1, info->samples));
  }
  graft_source_info moved = *info;
  *info = (graft_source_info){0};
  GRAFT_TRY(graft_source_memory(&m->samples->source, moved, m->samples->name,
                                (const float *const *)m->samples->data));
  if (m->samples->nodes.xyz) graft_source_memory_nodes(&m->samples->source, &m->samples->nodes);
  return GRAFT_OK;
}

graft_status graft_samples_init(graft_samples *samples, const graft_solve_config *config,
                                const graft_solve_progress *progress, graft_solve_report *report) {
  graft_solve_report own = {0};
  struct making m = {.config = config, .samples = samples, .report = &own};
  *samples = (graft_samples){.fields = 0};
  double start = graft_solve_clock();
  graft_status status = make_all(&m, progress);
  if (m.state) m.generator->fini(m.state);
  graft_free(m.state);
  if (status != GRAFT_OK) graft_samples_fini(samples);
  own.seconds = graft_solve_clock() - start;
  if (report) *report = own;
  return status;
}

void graft_samples_fini(graft_samples *samples) {
  graft_source_fini(&samples->source);
  for (size_t f = 0; f < GRAFT_GENERATOR_FIELDS; f++) graft_free(samples->data[f]);
  graft_free(samples->nodes.xyz);
  *samples = (graft_samples){.fields = 0};
}
