/* SPDX-License-Identifier: BSD-2-Clause
 * Method:    every rank prepares for all samples; a counter that ranks share hands out the samples
 *            that are not written yet; a sample depends on (seed, stream, index) alone, so the
 *            file's content does not depend on the number of ranks, on parts or on interruptions.
 * Cost:      see graft_solve_report; nothing is sent between ranks but the counter's numbers and
 *            the agreement on success. */
#include "solvers/ensemble.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/bundle.h"
#include "io/counter_mpi.h"
#include "io/dataset.h"
#include "io/provenance.h"
#include "solvers/generator.h"
#include "solvers/problem.h"

/* What a run carries along. */
struct run {
  const graft_solve_config *config;
  const graft_generator_type *generator;
  void *state;             /* of the generator */
  graft_source_info *info; /* of the state */
  const graft_comm *comm;
  const graft_solve_progress *progress;
  graft_dataset_writer *writer;
  graft_counter *counter;
  size_t pending; /* samples to do, on all ranks */
  size_t *sample; /* [pending] their numbers */
  double *error;  /* [samples] estimated errors that this rank knows, else 0 */
  graft_solve_report *report;
};

double graft_solve_clock(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void graft_solve_lap(double *start, double *stage) {
  double t = graft_solve_clock();
  *stage += t - *start;
  *start = t;
}

/* All that the content of the file depends on. */
static graft_status put_configuration(const struct run *run, graft_yaml *yaml) {
  char value[1100];
  GRAFT_TRY(graft_yaml_put(yaml, "version", graft_version()));
  GRAFT_TRY(graft_yaml_put(yaml, "problem", run->config->problem));
  for (const graft_option *row = run->generator->options; row->name; row++) {
    /* no influence on the content; the error is looked at when all is done */
    if (row->may_change || strcmp(row->name, "max_error") == 0) continue;
    graft_option_get(row, run->config, value, sizeof value);
    GRAFT_TRY(graft_yaml_put(yaml, row->name, value));
  }
  return run->generator->configuration ? run->generator->configuration(run->state, yaml) : GRAFT_OK;
}

static graft_status describe_file(const struct run *run, graft_bundle *parameters, char **text) {
  graft_yaml yaml = {0};
  graft_status status = run->generator->parameters(run->state, parameters);
  if (status == GRAFT_OK) status = put_configuration(run, &yaml);
  if (status == GRAFT_OK) status = graft_yaml_print(&yaml, text);
  graft_yaml_fini(&yaml);
  return status;
}

static graft_status create_file(struct run *run, const char *path,
                                const graft_provenance *provenance) {
  graft_dataset_field field[GRAFT_GENERATOR_FIELDS + 1];
  const float *data[GRAFT_GENERATOR_FIELDS];
  graft_bundle parameters;
  char *configuration = NULL;
  size_t fields = run->generator->fields(run->state, field, data);
  field[fields] = (graft_dataset_field){NULL, NULL, NULL};
  graft_bundle_init(&parameters);
  graft_status status =
      graft_comm_agree(run->comm, describe_file(run, &parameters, &configuration));
  if (status == GRAFT_OK) {
    graft_dataset_extra extra = {.parameters = &parameters, .configuration = configuration};
    status =
        graft_dataset_create(path, run->info, field, &extra, provenance, run->comm, &run->writer);
  }
  graft_free(configuration);
  graft_bundle_fini(&parameters);
  return status;
}

/* The samples that no earlier run has done; those that one has count on rank 0. */
static graft_status list_samples(struct run *run) {
  GRAFT_CHECK(run->info, INTERNAL, "generator: expected tables of samples, got none");
  size_t samples = run->info->samples;
  GRAFT_TRY(graft_alloc(&run->sample, samples, sizeof *run->sample));
  GRAFT_TRY(graft_alloc(&run->error, samples, sizeof *run->error));
  for (size_t s = 0; s < samples; s++) {
    double error;
    if (!graft_dataset_done(run->writer, s, &error)) {
      run->sample[run->pending++] = s;
    } else {
      run->report->resumed++;
      if (run->comm->rank == 0) run->error[s] = error;
    }
  }
  return GRAFT_OK;
}

static graft_status solve_sample(struct run *run, size_t s) {
  graft_dataset_field field[GRAFT_GENERATOR_FIELDS];
  const float *data[GRAFT_GENERATOR_FIELDS];
  double error = -1, start;
  GRAFT_TRY(run->generator->solve(run->state, s, run->writer, run->report, &error));
  if (error >= 0) run->error[s] = error;
  start = graft_solve_clock();
  run->generator->fields(run->state, field, data);
  if (run->info->node_start) {
    graft_source_nodes nodes;
    GRAFT_TRY(graft_solve_nodes(run->generator, run->state, run->info, s, &nodes));
    GRAFT_TRY(graft_dataset_write_nodes(run->writer, s, &nodes));
  }
  GRAFT_TRY(graft_dataset_write(run->writer, s, data, error));
  graft_solve_lap(&start, &run->report->output);
  return GRAFT_OK;
}

/* Take numbers from the counter until there are no more, or somebody has put it beyond the end. */
static graft_status solve_some(struct run *run) {
  const graft_source_info *info = run->info;
  for (;;) {
    long long next;
    GRAFT_TRY(graft_counter_add(run->counter, 1, &next));
    if (next >= (long long)run->pending) return GRAFT_OK;
    size_t s = run->sample[next];
    graft_status status = solve_sample(run, s);
    if (status != GRAFT_OK) {
      graft_error_prefix("%s, sample %lld", info->task_name[info->task[s]],
                         (long long)info->index[s]);
      return status;
    }
    if (run->progress) {
      GRAFT_TRY(run->progress->update(run->progress->ctx, run->report->resumed + (size_t)next + 1,
                                      info->samples));
    }
  }
}

static graft_status solve_all(struct run *run) {
  GRAFT_TRY(graft_counter_create(run->comm, &run->counter));
  graft_status status = solve_some(run);
  long long value;
  if (status != GRAFT_OK) {
    /* the others stop; if even that fails, they do all the work before they learn of it */
    if (graft_counter_add(run->counter, (long long)run->pending, &value) != GRAFT_OK) value = 0;
  }
  status = graft_comm_agree(run->comm, status);
  graft_counter_destroy(run->counter);
  return status;
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Mean, median and largest error, and where that is. */
static void sum_up(struct run *run) {
  const graft_source_info *info = run->info;
  graft_solve_report *report = run->report;
  size_t worst = 0;
  for (size_t s = 0; s < info->samples; s++) {
    report->error_mean += run->error[s] / (double)info->samples;
    if (run->error[s] > run->error[worst]) worst = s;
  }
  report->error_max = run->error[worst];
  memcpy(report->worst_task, info->task_name[info->task[worst]], sizeof report->worst_task);
  report->worst_index = (long long)info->index[worst];
  qsort(run->error, info->samples, sizeof *run->error, by_value);
  report->error_median = run->error[info->samples / 2];
}

/* Errors over all ranks; are they small enough? */
static graft_status check_errors(struct run *run) {
  const graft_solve_config *config = run->config;
  const graft_comm *comm = run->comm;
  graft_solve_report *report = run->report;
  report->error_mean = report->error_median = report->error_max = -1;
  if (!config->error_estimate || config->inputs_only) return GRAFT_OK;
  report->error_mean = 0;
  GRAFT_TRY(comm->sum(comm->ctx, run->error, run->info->samples));
  sum_up(run);
  GRAFT_CHECK(config->max_error == 0 || report->error_max <= config->max_error, ACCURACY,
              "-max_error: expected estimated errors up to %g, got %.3g (%s, sample %lld); use a "
              "smaller -mesh_size (now %g)",
              config->max_error, report->error_max, report->worst_task, report->worst_index,
              report->mesh_size);
  return GRAFT_OK;
}

/* The smallest mesh of all ranks; a rank without samples has none. */
static graft_status least_meshes(struct run *run) {
  graft_solve_report *report = run->report;
  double least[2] = {report->least_nodes, report->whole_nodes};
  for (int i = 0; i < 2; i++) least[i] = least[i] > 0 ? 1 / least[i] : 0;
  GRAFT_TRY(run->comm->max(run->comm->ctx, least, 2));
  report->least_nodes = least[0] > 0 ? nearbyint(1 / least[0]) : 0;
  report->whole_nodes = least[1] > 0 ? nearbyint(1 / least[1]) : 0;
  return GRAFT_OK;
}

static graft_status prepare(struct run *run, const graft_solve_config *config) {
  GRAFT_TRY(graft_solve_validate(config));
  run->config = config;
  run->generator = graft_problem_generator(graft_problem_find(config->problem));
  GRAFT_TRY(graft_alloc(&run->state, run->generator->state_size, 1));
  GRAFT_TRY(run->generator->init(run->state, config));
  run->info = run->generator->info(run->state);
  return GRAFT_OK;
}

graft_status graft_ensemble_run(const graft_solve_config *config, const graft_comm *comm,
                                const char *path, const graft_provenance *provenance,
                                const graft_solve_progress *progress, graft_solve_report *report) {
  graft_solve_report own = {0};
  struct run run = {.comm = comm, .progress = progress, .report = &own};
  double start = graft_solve_clock(), first = start;
  graft_status status = graft_comm_agree(comm, prepare(&run, config));
  if (status == GRAFT_OK) {
    status = graft_solve_count_nodes(run.generator, run.state, config, comm, run.info);
  }
  if (status == GRAFT_OK && run.info) {
    graft_solve_lap(&start, &own.setup);
    own.samples = run.info->samples;
    run.generator->describe(run.state, &own);
    status = create_file(&run, path, provenance);
  }
  if (status == GRAFT_OK) {
    status = graft_comm_agree(comm, list_samples(&run));
    if (status == GRAFT_OK) status = solve_all(&run);
    if (status == GRAFT_OK) status = least_meshes(&run);
    if (status == GRAFT_OK) status = check_errors(&run);
    graft_status timed = graft_dataset_add_seconds(run.writer, graft_solve_clock() - first);
    status = graft_dataset_close(run.writer, status != GRAFT_OK ? status : timed);
  }
  graft_free(run.sample);
  graft_free(run.error);
  if (run.state) run.generator->fini(run.state);
  graft_free(run.state);
  own.seconds = graft_solve_clock() - first;
  if (report) *report = own;
  return status;
}
