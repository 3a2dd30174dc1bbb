/* SPDX-License-Identifier: BSD-2-Clause
 * Method:    every rank prepares all shapes; a counter that ranks share hands out the samples that
 *            are not written yet; a sample depends on (seed, stream, index) alone, so the file's
 *            content does not depend on the number of ranks, on parts or on interruptions.
 * Cost:      see graft_solve_report; nothing is sent between ranks but the counter's numbers and
 *            the agreement on success. */
#include "solvers/ensemble.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/bundle.h"
#include "io/counter_mpi.h"
#include "io/dataset.h"
#include "solvers/ensemble_impl.h"

/* What a run carries along. */
struct run {
  graft_ensemble ensemble;
  const graft_comm *comm;
  const graft_solve_progress *progress;
  graft_dataset_writer *writer;
  graft_counter *counter;
  size_t pending; /* samples to do, on all ranks */
  size_t *sample; /* [pending] their numbers */
  double *error;  /* [samples] estimated errors that this rank knows, else 0 */
  graft_solve_report *report;
};

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Add the time since *start to *stage. */
static void lap(double *start, double *stage) {
  double t = now();
  *stage += t - *start;
  *start = t;
}

static graft_status put_parameters(const graft_ensemble *ensemble, graft_bundle *bundle) {
  const graft_solve_config *config = ensemble->config;
  const graft_field_type *law = graft_solve_law(config);
  double length = config->field_length > 0 || !law ? config->field_length : law->length;
  double sigma = config->field_sigma > 0 || !law ? config->field_sigma : law->sigma;
  GRAFT_TRY(graft_bundle_put_text(bundle, "equation", ensemble->problem->equation));
  GRAFT_TRY(graft_bundle_put_real(bundle, "field_length", length));
  GRAFT_TRY(graft_bundle_put_real(bundle, "field_sigma", sigma));
  GRAFT_TRY(graft_bundle_put_real(bundle, "mesh_size", graft_solve_mesh_size(config)));
  GRAFT_TRY(graft_bundle_put_int(bundle, "order", config->order));
  GRAFT_TRY(graft_bundle_put_int(bundle, "first", config->first));
  if (ensemble->has_f) GRAFT_TRY(graft_bundle_put_real(bundle, "f", ensemble->f));
  if (*config->boundary) {
    GRAFT_TRY(
        graft_bundle_put(bundle, "boundary", GRAFT_FLOAT64, GRAFT_SHAPE(1, 3), ensemble->boundary));
  }
  return graft_bundle_put_int(bundle, "shared_fields", config->shared_fields);
}

/* Fields of the file and where their values are; returns their number. */
static size_t list_fields(const graft_ensemble *ensemble, graft_dataset_field field[4],
                          const float *data[4]) {
  const graft_problem_field *in = ensemble->problem->input, *out = ensemble->problem->output;
  size_t n = 0;
  field[n] = (graft_dataset_field){in->name, in->long_name, in->unit};
  data[n++] = ensemble->input;
  if (!ensemble->config->inputs_only) {
    field[n] = (graft_dataset_field){out->name, out->long_name, out->unit};
    data[n++] = ensemble->output;
  }
  if (ensemble->source) {
    field[n] = (graft_dataset_field){"f", "right-hand side", "1"};
    data[n++] = ensemble->right;
  }
  field[n] = (graft_dataset_field){NULL, NULL, NULL};
  return n;
}

static graft_status create_file(struct run *run, const char *path,
                                const graft_provenance *provenance) {
  graft_ensemble *ensemble = &run->ensemble;
  graft_dataset_field field[4];
  const float *data[4];
  graft_bundle parameters;
  char *configuration = NULL;
  list_fields(ensemble, field, data);
  graft_bundle_init(&parameters);
  graft_status status = put_parameters(ensemble, &parameters);
  if (status == GRAFT_OK) status = graft_ensemble_configuration(ensemble, &configuration);
  status = graft_comm_agree(run->comm, status);
  if (status == GRAFT_OK) {
    graft_dataset_extra extra = {.parameters = &parameters, .configuration = configuration};
    status = graft_dataset_create(path, &ensemble->info, field, &extra, provenance, run->comm,
                                  &run->writer);
  }
  graft_free(configuration);
  graft_bundle_fini(&parameters);
  return status;
}

/* The samples that no earlier run has done; those that one has count on rank 0. */
static graft_status list_samples(struct run *run) {
  size_t samples = run->ensemble.info.samples;
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

static void evaluate(const graft_ensemble *ensemble, const graft_field *field,
                     const graft_field_points *at, float *value) {
  graft_field_evaluate(field, at, ensemble->g);
  for (size_t p = 0; p < ensemble->points; p++) value[p] = (float)ensemble->g[p];
}

static graft_status draw(graft_ensemble *ensemble, size_t s) {
  const graft_source_info *info = &ensemble->info;
  uint64_t index = (uint64_t)info->index[s];
  uint32_t stream = (uint32_t)info->stream[s];
  GRAFT_TRY(graft_field_draw(ensemble->field, info->seed, stream, index));
  evaluate(ensemble, ensemble->field, ensemble->on_grid, ensemble->input);
  if (!ensemble->source) return GRAFT_OK;
  GRAFT_TRY(graft_field_draw(ensemble->source, info->seed, stream, index));
  evaluate(ensemble, ensemble->source, ensemble->source_on_grid, ensemble->right);
  return GRAFT_OK;
}

static graft_status solve_sample(struct run *run, size_t s) {
  graft_ensemble *ensemble = &run->ensemble;
  graft_solve_report *report = run->report;
  graft_shape_solver *solver = &ensemble->task[ensemble->info.task[s]].solver;
  graft_dataset_field field[4];
  const float *data[4];
  double start = now(), error = -1;
  GRAFT_TRY(graft_ensemble_prepare(ensemble, s, run->writer));
  lap(&start, &report->regions);
  GRAFT_TRY(draw(ensemble, s));
  lap(&start, &report->draw);
  if (!ensemble->config->inputs_only) {
    GRAFT_TRY(graft_shape_solver_assemble(solver));
    lap(&start, &report->assemble);
    GRAFT_TRY(graft_shape_solver_solve(solver, ensemble->output));
    lap(&start, &report->solve);
    if (ensemble->config->error_estimate) error = graft_shape_solver_error(solver);
    if (ensemble->config->error_estimate) run->error[s] = error;
    lap(&start, &report->estimate);
  }
  list_fields(ensemble, field, data);
  GRAFT_TRY(graft_dataset_write(run->writer, s, data, error));
  lap(&start, &report->output);
  return GRAFT_OK;
}

/* Take numbers from the counter until there are no more, or somebody has put it beyond the end. */
static graft_status solve_some(struct run *run) {
  const graft_source_info *info = &run->ensemble.info;
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
  const graft_source_info *info = &run->ensemble.info;
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
  const graft_solve_config *config = run->ensemble.config;
  const graft_comm *comm = run->comm;
  graft_solve_report *report = run->report;
  report->error_mean = report->error_median = report->error_max = -1;
  if (!config->error_estimate || config->inputs_only) return GRAFT_OK;
  report->error_mean = 0;
  GRAFT_TRY(comm->sum(comm->ctx, run->error, run->ensemble.info.samples));
  sum_up(run);
  GRAFT_CHECK(config->max_error == 0 || report->error_max <= config->max_error, ACCURACY,
              "-max_error: expected estimated errors up to %g, got %.3g (%s, sample %lld); use a "
              "smaller -mesh_size (now %g)",
              config->max_error, report->error_max, report->worst_task, report->worst_index,
              report->mesh_size);
  return GRAFT_OK;
}

static void describe(struct run *run) {
  const graft_ensemble *ensemble = &run->ensemble;
  run->report->samples = ensemble->info.samples;
  run->report->mesh_size = graft_solve_mesh_size(ensemble->config);
  for (size_t k = 0; k < ensemble->tasks; k++) {
    run->report->nodes += ensemble->task[k].solver.mesh.nodes;
    run->report->elements += ensemble->task[k].solver.mesh.elements;
  }
}

graft_status graft_ensemble_run(const graft_solve_config *config, const graft_comm *comm,
                                const char *path, const graft_provenance *provenance,
                                const graft_solve_progress *progress, graft_solve_report *report) {
  graft_solve_report own = {0};
  struct run run = {.comm = comm, .progress = progress, .report = &own};
  double start = now(), first = start;
  graft_status status = graft_comm_agree(comm, graft_ensemble_init(&run.ensemble, config));
  if (status == GRAFT_OK) {
    lap(&start, &own.setup);
    describe(&run);
    status = create_file(&run, path, provenance);
  }
  if (status == GRAFT_OK) {
    status = graft_comm_agree(comm, list_samples(&run));
    if (status == GRAFT_OK) status = solve_all(&run);
    if (status == GRAFT_OK) status = check_errors(&run);
    status = graft_dataset_close(run.writer, status);
  }
  graft_free(run.sample);
  graft_free(run.error);
  graft_ensemble_fini(&run.ensemble);
  own.seconds = now() - first;
  if (report) *report = own;
  return status;
}
