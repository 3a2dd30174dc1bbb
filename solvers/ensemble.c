/* SPDX-License-Identifier: BSD-2-Clause
 * Method:    every rank prepares all shapes; sample s goes to rank s mod R; a sample depends on
 *            (seed, stream, index) alone, so the file's content does not depend on R.
 * Cost:      see graft_solve_report; nothing is sent between ranks but the agreement on success. */
#include "solvers/ensemble.h"

#include <math.h>
#include <time.h>

#include "base/bundle.h"
#include "io/dataset.h"
#include "solvers/ensemble_impl.h"

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
  double length = config->field_length > 0 ? config->field_length : ensemble->law->length;
  double sigma = config->field_sigma > 0 ? config->field_sigma : ensemble->law->sigma;
  GRAFT_TRY(graft_bundle_put_text(bundle, "equation", ensemble->problem->equation));
  GRAFT_TRY(graft_bundle_put_real(bundle, "field_length", length));
  GRAFT_TRY(graft_bundle_put_real(bundle, "field_sigma", sigma));
  GRAFT_TRY(graft_bundle_put_real(bundle, "mesh_size", graft_solve_mesh_size(config)));
  GRAFT_TRY(graft_bundle_put_int(bundle, "order", config->order));
  GRAFT_TRY(graft_bundle_put_int(bundle, "first", config->first));
  return graft_bundle_put_int(bundle, "shared_fields", config->shared_fields);
}

static graft_status create_file(const graft_ensemble *ensemble, const graft_comm *comm,
                                const char *path, const graft_provenance *provenance,
                                graft_dataset_writer **writer) {
  const graft_problem_field *in = ensemble->problem->input, *out = ensemble->problem->output;
  graft_dataset_field field[3] = {{in->name, in->long_name, in->unit},
                                  {out->name, out->long_name, out->unit},
                                  {NULL, NULL, NULL}};
  if (ensemble->config->inputs_only) field[1].name = NULL;
  graft_bundle parameters;
  graft_bundle_init(&parameters);
  graft_status status = graft_comm_agree(comm, put_parameters(ensemble, &parameters));
  if (status == GRAFT_OK) {
    graft_dataset_extra extra = {.parameters = &parameters};
    status = graft_dataset_create(path, &ensemble->info, field, &extra, provenance, comm, writer);
  }
  graft_bundle_fini(&parameters);
  return status;
}

static graft_status solve_sample(graft_ensemble *ensemble, size_t s, graft_dataset_writer *writer,
                                 graft_solve_report *report) {
  const graft_source_info *info = &ensemble->info;
  graft_shape_solver *shape = &ensemble->shape[info->task[s]];
  double start = now();
  GRAFT_TRY(graft_field_draw(ensemble->field, info->seed, (uint32_t)info->stream[s],
                             (uint64_t)info->index[s]));
  graft_field_evaluate(ensemble->field, ensemble->on_grid, ensemble->g);
  for (size_t p = 0; p < ensemble->points; p++) ensemble->input[p] = (float)ensemble->g[p];
  lap(&start, &report->draw);
  if (!ensemble->config->inputs_only) {
    GRAFT_TRY(graft_shape_solver_assemble(shape, ensemble->field));
    lap(&start, &report->assemble);
    GRAFT_TRY(graft_shape_solver_solve(shape, ensemble->output));
    lap(&start, &report->solve);
  }
  double error = -1;
  if (!ensemble->config->inputs_only && ensemble->config->error_estimate) {
    error = graft_shape_solver_error(shape);
    report->error_mean += error / (double)info->samples;
    report->error_max = fmax(report->error_max, error);
  }
  lap(&start, &report->estimate);
  const float *const data[] = {ensemble->input, ensemble->output};
  GRAFT_TRY(graft_dataset_write(writer, s, data, error));
  lap(&start, &report->output);
  return GRAFT_OK;
}

/* This rank's samples of task k. */
static graft_status solve_task(graft_ensemble *ensemble, const graft_comm *comm, size_t k,
                               graft_dataset_writer *writer, const graft_solve_progress *progress,
                               graft_solve_report *report, size_t *done) {
  size_t size = (size_t)comm->size, rank = (size_t)comm->rank, samples = ensemble->info.samples;
  size_t per_task = samples / ensemble->tasks, total = samples / size + (rank < samples % size);
  for (size_t s = k * per_task; s < (k + 1) * per_task; s++) {
    if (s % size != rank) continue;
    graft_status status = solve_sample(ensemble, s, writer, report);
    if (status != GRAFT_OK) {
      graft_error_prefix("%s, sample %lld", ensemble->info.task_name[k],
                         (long long)ensemble->info.index[s]);
      return status;
    }
    (*done)++;
    if (progress) GRAFT_TRY(progress->update(progress->ctx, *done, total));
  }
  return GRAFT_OK;
}

/* Errors over all ranks; are they small enough? */
static graft_status check_errors(const graft_ensemble *ensemble, const graft_comm *comm,
                                 graft_solve_report *report) {
  const graft_solve_config *config = ensemble->config;
  GRAFT_TRY(comm->sum(comm->ctx, &report->error_mean, 1));
  GRAFT_TRY(comm->max(comm->ctx, &report->error_max, 1));
  if (!config->error_estimate || config->inputs_only) report->error_mean = report->error_max = -1;
  GRAFT_CHECK(config->max_error == 0 || report->error_max <= config->max_error, ACCURACY,
              "-max_error: expected estimated errors up to %g, got %.3g; use a smaller -mesh_size "
              "(now %g)",
              config->max_error, report->error_max, report->mesh_size);
  return GRAFT_OK;
}

static void describe(const graft_ensemble *ensemble, graft_solve_report *report) {
  report->samples = ensemble->info.samples;
  report->mesh_size = graft_solve_mesh_size(ensemble->config);
  for (size_t k = 0; k < ensemble->tasks; k++) {
    report->nodes += ensemble->shape[k].mesh.nodes;
    report->elements += ensemble->shape[k].mesh.elements;
  }
}

graft_status graft_ensemble_run(const graft_solve_config *config, const graft_comm *comm,
                                const char *path, const graft_provenance *provenance,
                                const graft_solve_progress *progress, graft_solve_report *report) {
  graft_solve_report own = {0};
  graft_ensemble ensemble;
  graft_dataset_writer *writer = NULL;
  double start = now(), first = start;
  size_t done = 0;
  graft_status status = graft_comm_agree(comm, graft_ensemble_init(&ensemble, config));
  if (status == GRAFT_OK) {
    lap(&start, &own.setup);
    describe(&ensemble, &own);
    status = create_file(&ensemble, comm, path, provenance, &writer);
  }
  if (status == GRAFT_OK) {
    for (size_t k = 0; k < ensemble.tasks && status == GRAFT_OK; k++) {
      status =
          graft_comm_agree(comm, solve_task(&ensemble, comm, k, writer, progress, &own, &done));
    }
    if (status == GRAFT_OK) status = check_errors(&ensemble, comm, &own);
    status = graft_dataset_close(writer, status);
  }
  graft_ensemble_fini(&ensemble);
  own.seconds = now() - first;
  if (report) *report = own;
  return status;
}
