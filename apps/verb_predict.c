/* SPDX-License-Identifier: BSD-2-Clause */
/* Verb predict: a trained model on inputs without truth. */
#include <stdio.h>
#include <string.h>

#include "apps/pde.h"
#include "base/arena.h"
#include "base/json.h"
#include "deeponet/ensemble.h"
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

/* A prediction under way. */
struct predicting {
  const graft_app *app;
  const graft_pde_predict *config;
  graft_deeponet *model;
  const graft_source *source;
  size_t *sample;         /* [samples] all of them */
  size_t members;         /* of an ensemble, which has a spread */
  size_t outside;         /* inputs outside the training distribution */
  graft_source_info info; /* of the source, with how far they are; borrows its other tables */
  size_t fields;
  graft_dataset_field field[MOST_FIELDS + 1]; /* u, the inputs, which are passed on, u_std */
};

static void list_fields(struct predicting *p) {
  const graft_dataset_field *given;
  p->field[p->fields++] = (graft_dataset_field){"u", "predicted solution", "1"};
  for (size_t d = 0; d < p->info.inputs; d++) {
    const char *name = p->info.input[d].name;
    p->field[p->fields] = (graft_dataset_field){name, name, "1"};
    for (size_t i = 0; (given = graft_dataset_field_get(p->source, i)) != NULL; i++) {
      if (strcmp(given->name, name) == 0) p->field[p->fields] = *given;
    }
    p->fields++;
  }
  if (p->members > 1) {
    p->field[p->fields++] =
        (graft_dataset_field){"u_std", "standard deviation over the members of the ensemble", "1"};
  }
}

/* Find out how far inputs lie outside the training data; say how many, and which is the worst. */
static graft_status check_outside(struct predicting *p) {
  const size_t samples = p->info.samples;
  double *excess, worst = 0.0;
  size_t which = 0;
  GRAFT_TRY(graft_alloc(&excess, samples, sizeof *excess));
  graft_status status =
      graft_deeponet_check_inputs(p->model, p->source, p->sample, samples, excess);
  for (size_t i = 0; i < samples && status == GRAFT_OK; i++) {
    p->info.outside[i] = (float)excess[i];
    p->outside += excess[i] > 0.0;
    if (excess[i] > worst) {
      worst = excess[i];
      which = i;
    }
  }
  graft_free(excess);
  GRAFT_TRY(status);
  if (p->outside) {
    graft_app_warn(p->app,
                   "%zu of %zu inputs lie outside the training distribution (sample %zu most, by "
                   "%.2g of the training range): do not trust these predictions; each sample's "
                   "excess is in graft/sample/outside",
                   p->outside, samples, which, worst);
  }
  return GRAFT_OK;
}

/* Predict samples from the i-th on; value [fields][CHUNK x P]. */
static graft_status fill_chunk(const struct predicting *p, size_t i, size_t count, float *value) {
  const size_t stride = CHUNK * p->info.points, last = p->fields - 1;
  float *spread = p->members > 1 ? value + last * stride : NULL;
  GRAFT_TRY(
      graft_deeponet_predict_spread(p->model, p->source, p->sample + i, count, value, spread));
  for (size_t d = 0; d < p->info.inputs; d++) {
    GRAFT_TRY(p->source->fill(p->source->ctx, p->info.input[d].name, p->sample + i, count,
                              value + (d + 1) * stride));
  }
  return GRAFT_OK;
}

static graft_status write_chunks(const struct predicting *p, graft_dataset_writer *writer) {
  const size_t samples = p->info.samples, stride = CHUNK * p->info.points;
  float *value = NULL; /* [fields][CHUNK x P], no field has more points */
  size_t points[MOST_FIELDS];
  graft_status status;
  graft_meter meter;
  graft_meter_init(&meter, "predict", "samples", (double)samples, 0.0, p->app->quiet);
  GRAFT_TRY_TO(done, graft_alloc(&value, p->fields * stride, sizeof *value));
  for (size_t f = 0; f < p->fields; f++) {
    points[f] = graft_source_points(&p->info, graft_source_axes(&p->info, p->field[f].name));
  }
  for (size_t i = 0; i < samples; i += CHUNK) {
    size_t count = samples - i < CHUNK ? samples - i : CHUNK;
    GRAFT_CHECK_TO(done, !*graft_app_stop(), INTERRUPTED,
                   "stopped by a signal, nothing was written");
    GRAFT_TRY_TO(done, fill_chunk(p, i, count, value));
    for (size_t j = 0; j < count; j++) {
      const float *data[MOST_FIELDS];
      for (size_t f = 0; f < p->fields; f++) data[f] = value + f * stride + j * points[f];
      GRAFT_TRY_TO(done, graft_dataset_write(writer, i + j, data, -1.0));
    }
    graft_meter_step(&meter, (double)(i + count), "");
  }
done:
  graft_meter_fini(&meter, (double)samples, status == GRAFT_OK);
  graft_free(value);
  return status;
}

static graft_status print_result(const struct predicting *p) {
  graft_json json;
  if (!p->app->json) {
    printf("%s: %zu predictions%s\n", p->config->output, p->info.samples,
           p->members > 1 ? ", with the ensemble's spread in u_std" : "");
    return GRAFT_OK;
  }
  graft_json_init(&json, stdout);
  graft_json_object(&json, NULL);
  graft_json_text(&json, "file", p->config->output);
  graft_json_int(&json, "samples", (long long)p->info.samples);
  graft_json_int(&json, "outside", (long long)p->outside);
  graft_json_int(&json, "members", (long long)p->members);
  graft_json_end_object(&json);
  return graft_json_finish(&json);
}

static graft_status predict(struct predicting *p) {
  const size_t samples = p->info.samples;
  graft_comm serial = graft_comm_serial();
  graft_dataset_writer *writer = NULL;
  graft_provenance provenance;
  graft_status status;
  GRAFT_CHECK(p->info.inputs + 2 <= MOST_FIELDS, INPUT, "%s: expected up to %d inputs, got %zu",
              p->config->data, MOST_FIELDS - 2, p->info.inputs);
  GRAFT_TRY(graft_alloc(&p->sample, samples, sizeof *p->sample));
  GRAFT_TRY(graft_alloc(&p->info.outside, samples, sizeof *p->info.outside));
  for (size_t i = 0; i < samples; i++) p->sample[i] = i;
  GRAFT_TRY(check_outside(p));
  GRAFT_TRY(graft_pde_provenance(p->app, p->config, 0, &provenance));
  list_fields(p);
  status = graft_dataset_create(p->config->output, &p->info, p->field, NULL, &provenance, &serial,
                                &writer);
  graft_provenance_fini(&provenance);
  GRAFT_TRY(status);
  status = write_chunks(p, writer);
  GRAFT_TRY(graft_dataset_close(writer, status));
  return print_result(p);
}

static graft_status run(graft_app *app, void *verb_config) {
  const graft_pde_predict *config = verb_config;
  struct predicting p = {.app = app, .config = config};
  graft_source source;
  GRAFT_TRY(graft_pde_one_rank(app));
  GRAFT_TRY(graft_pde_require("-model", config->model, "a model file"));
  GRAFT_TRY(graft_pde_require("-data", config->data, "a data set"));
  GRAFT_TRY(graft_pde_load(config->model, NULL, &p.model));
  graft_status status = graft_pde_open(app, config->data, false, &source);
  if (status == GRAFT_OK) {
    p.source = &source;
    p.info = source.info;
    p.info.outside = NULL; /* of the source, if it is a prediction itself */
    p.members = graft_deeponet_members(p.model);
    status = predict(&p);
    graft_free(p.info.outside);
    graft_free(p.sample);
    graft_source_fini(&source);
  }
  graft_deeponet_destroy(p.model);
  return status;
}

const graft_verb graft_pde_verb_predict = {.name = "predict",
                                           .summary = "evaluate a model on inputs without truth",
                                           .example = examples,
                                           .section = sections,
                                           .config_size = sizeof(graft_pde_predict),
                                           .run = run};
