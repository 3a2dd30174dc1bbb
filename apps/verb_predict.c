/* SPDX-License-Identifier: BSD-2-Clause */
/* Verb predict: a trained model on inputs without truth. */
#include <stdio.h>
#include <string.h>

#include "apps/pde.h"
#include "base/arena.h"
#include "base/json.h"
#include "io/dataset.h"

enum { CHUNK = 256 /* samples in memory at a time */, MOST_FIELDS = 16 };

static const graft_option rows[] = {
    {"model", GRAFT_OPTION_STRING, offsetof(graft_pde_predict, model), GRAFT_PATH_SIZE, "", 0, 0,
     NULL, NULL, "model file, e.g. RUN/model.h5", 0},
    {"data", GRAFT_OPTION_STRING, offsetof(graft_pde_predict, data), GRAFT_PATH_SIZE, "", 0, 0,
     NULL, NULL, "data set with inputs, e.g. of solve -inputs_only", 0},
    {"o", GRAFT_OPTION_STRING, offsetof(graft_pde_predict, output), GRAFT_PATH_SIZE, "predicted.h5",
     0, 0, NULL, NULL, "HDF5 file to write", 1},
    {.name = NULL}};

static const graft_section sections[] = {
    {"Run", rows, 0, false},
    {"Common", graft_front_options, offsetof(graft_pde_predict, front), true},
    {NULL, NULL, 0, false}};

static const char *const examples[] = {
    "predict -model runs/a/model.h5 -data new.h5 -o predicted.h5",
    "solve -inputs_only -samples 10 -first 5000 -o new.h5", NULL};

/* u and the inputs, which are passed on; fields [MOST_FIELDS + 1]. */
static void list_fields(const graft_source *source, graft_dataset_field *fields) {
  const graft_source_info *info = &source->info;
  const graft_dataset_field *given;
  fields[0] = (graft_dataset_field){"u", "predicted solution", "1"};
  for (size_t d = 0; d < info->inputs; d++) {
    const char *name = info->input[d].name;
    fields[d + 1] = (graft_dataset_field){name, name, "1"};
    for (size_t i = 0; (given = graft_dataset_field_get(source, i)) != NULL; i++) {
      if (strcmp(given->name, name) == 0) fields[d + 1] = *given;
    }
  }
  fields[info->inputs + 1] = (graft_dataset_field){NULL, NULL, NULL};
}

/* Say how many inputs are unlike the training data, and which is the worst. */
static graft_status warn_outside(const graft_app *app, graft_deeponet *model,
                                 const graft_source *source, const size_t *sample, size_t count,
                                 size_t *outside) {
  double *excess, worst = 0.0;
  size_t which = 0;
  GRAFT_TRY(graft_alloc(&excess, count, sizeof *excess));
  graft_status status = graft_deeponet_check_inputs(model, source, sample, count, excess);
  *outside = 0;
  for (size_t i = 0; i < count && status == GRAFT_OK; i++) {
    *outside += excess[i] > 0.0;
    if (excess[i] > worst) {
      worst = excess[i];
      which = i;
    }
  }
  graft_free(excess);
  GRAFT_TRY(status);
  if (*outside) {
    graft_app_warn(app,
                   "%zu of %zu inputs lie outside the training distribution (sample %zu most, by "
                   "%.2g of the training range): do not trust these predictions",
                   *outside, count, which, worst);
  }
  return GRAFT_OK;
}

static graft_status write_chunks(const graft_app *app, graft_deeponet *model,
                                 const graft_source *source, const size_t *sample,
                                 graft_dataset_writer *writer) {
  size_t samples = source->info.samples, P = source->info.points;
  const graft_source_info *info = &source->info;
  float *value = NULL; /* [1 + inputs][CHUNK x P], no field has more points */
  size_t points[MOST_FIELDS];
  graft_status status;
  graft_meter meter;
  graft_meter_init(&meter, "predict", "samples", (double)samples, 0.0, app->quiet);
  GRAFT_TRY_TO(done, graft_alloc(&value, (1 + info->inputs) * CHUNK * P, sizeof *value));
  points[0] = P;
  for (size_t d = 0; d < info->inputs; d++) {
    points[d + 1] = graft_source_points(info, info->input[d].axes);
  }
  for (size_t i = 0; i < samples; i += CHUNK) {
    size_t count = samples - i < CHUNK ? samples - i : CHUNK;
    GRAFT_CHECK_TO(done, !*graft_app_stop(), INTERRUPTED,
                   "stopped by a signal, nothing was written");
    GRAFT_TRY_TO(done, graft_deeponet_predict(model, source, sample + i, count, value));
    for (size_t d = 0; d < info->inputs; d++) {
      GRAFT_TRY_TO(done, source->fill(source->ctx, info->input[d].name, sample + i, count,
                                      value + (d + 1) * CHUNK * P));
    }
    for (size_t j = 0; j < count; j++) {
      const float *data[MOST_FIELDS];
      for (size_t f = 0; f <= info->inputs; f++) data[f] = value + f * CHUNK * P + j * points[f];
      GRAFT_TRY_TO(done, graft_dataset_write(writer, i + j, data, -1.0));
    }
    graft_meter_step(&meter, (double)(i + count), "");
  }
done:
  graft_meter_fini(&meter, (double)samples, status == GRAFT_OK);
  graft_free(value);
  return status;
}

static graft_status predict(const graft_app *app, const graft_pde_predict *config,
                            graft_deeponet *model, const graft_source *source) {
  size_t samples = source->info.samples, *sample, outside = 0;
  graft_dataset_field fields[MOST_FIELDS + 1];
  graft_comm serial = graft_comm_serial();
  graft_dataset_writer *writer = NULL;
  graft_provenance provenance;
  graft_status status;
  GRAFT_CHECK(source->info.inputs < MOST_FIELDS, INPUT, "%s: expected up to %d inputs, got %zu",
              config->data, MOST_FIELDS - 1, source->info.inputs);
  GRAFT_TRY(graft_alloc(&sample, samples, sizeof *sample));
  for (size_t i = 0; i < samples; i++) sample[i] = i;
  GRAFT_TRY_TO(done, warn_outside(app, model, source, sample, samples, &outside));
  GRAFT_TRY_TO(done, graft_pde_provenance(app, config, 0, &provenance));
  list_fields(source, fields);
  status = graft_dataset_create(config->output, &source->info, fields, NULL, &provenance, &serial,
                                &writer);
  graft_provenance_fini(&provenance);
  if (status != GRAFT_OK) goto done;
  status = write_chunks(app, model, source, sample, writer);
  GRAFT_TRY_TO(done, graft_dataset_close(writer, status));
  if (app->json) {
    graft_json json;
    graft_json_init(&json, stdout);
    graft_json_object(&json, NULL);
    graft_json_text(&json, "file", config->output);
    graft_json_int(&json, "samples", (long long)samples);
    graft_json_int(&json, "outside", (long long)outside);
    graft_json_end_object(&json);
    GRAFT_TRY_TO(done, graft_json_finish(&json));
  } else {
    printf("%s: %zu predictions\n", config->output, samples);
  }
done:
  graft_free(sample);
  return status;
}

static graft_status run(graft_app *app, void *verb_config) {
  const graft_pde_predict *config = verb_config;
  graft_deeponet *model = NULL;
  graft_source source;
  GRAFT_TRY(graft_pde_one_rank(app));
  GRAFT_TRY(graft_pde_require("-model", config->model, "a model file"));
  GRAFT_TRY(graft_pde_require("-data", config->data, "a data set"));
  GRAFT_TRY(graft_pde_load(config->model, NULL, &model));
  graft_status status = graft_pde_open(app, config->data, false, &source);
  if (status == GRAFT_OK) {
    status = predict(app, config, model, &source);
    graft_source_fini(&source);
  }
  graft_deeponet_destroy(model);
  return status;
}

const graft_verb graft_pde_verb_predict = {.name = "predict",
                                           .summary = "evaluate a model on inputs without truth",
                                           .example = examples,
                                           .section = sections,
                                           .config_size = sizeof(graft_pde_predict),
                                           .run = run};
