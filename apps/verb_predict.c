/* SPDX-License-Identifier: BSD-2-Clause */
/* Verb predict: a trained model on inputs without truth. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "apps/inputs.h"
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
     NULL, NULL, "data set with inputs, e.g. of solve -inputs_only; empty: inputs are made", 0},
    {"samples", GRAFT_OPTION_INT, offsetof(graft_pde_predict, samples), 0, "1", 1, 1e6, NULL, NULL,
     "inputs made for each region or other task", 0},
    {"truth", GRAFT_OPTION_BOOL, offsetof(graft_pde_predict, truth), 0, "false", 0, 0, NULL, NULL,
     "solve the inputs that are made, too, and report the errors", 0},
    {"untold", GRAFT_OPTION_BOOL, offsetof(graft_pde_predict, untold), 0, "false", 0, 0, NULL, NULL,
     "predict on new regions although no input of the model describes them", 0},
    {"pictures", GRAFT_OPTION_INT, offsetof(graft_pde_predict, pictures), 0, "4", 0, 12, NULL, NULL,
     "inputs that are made: how many of each task are drawn", 1},
    {"o", GRAFT_OPTION_STRING, offsetof(graft_pde_predict, output), GRAFT_PATH_SIZE, "predicted.h5",
     0, 0, NULL, NULL, "HDF5 file to write", 1},
    {.name = NULL}};

static const graft_section sections[] = {
    {"Run", rows, 0, false},
    {"Inputs that are made", graft_pde_input_options, offsetof(graft_pde_predict, solve), false},
    {"Common", graft_front_options, offsetof(graft_pde_predict, front), true},
    {NULL, NULL, 0, false}};

static const char *const examples[] = {
    "predict -model runs/a/model.h5 -data new.h5 -o predicted.h5",
    "predict -model runs/a/model.h5 -region mine.yaml -field lognormal -o mine.h5",
    "predict -model runs/a/model.h5 -region mine.yaml -samples 20 -truth -o mine.h5", NULL};

/* A prediction under way. */
struct predicting {
  const graft_app *app;
  const graft_pde_predict *config;
  graft_deeponet *model;
  const graft_source *source;
  const graft_dataset_field *given; /* fields of the source, end row; NULL: the file says */
  size_t *sample;                   /* [samples] all of them */
  size_t members;                   /* of an ensemble, which has a spread */
  size_t outside;                   /* inputs outside the training distribution */
  size_t unknown;                   /* regions that the model was not trained on */
  graft_source_info info; /* of the source, with how far they are; borrows its other tables */
  bool truth;             /* the source has solutions, which are passed on */
  double *error;          /* [samples] relative errors, with truth */
  double *node_error;     /* [samples] the same at nodes, if these are wanted */
  size_t fields;
  graft_dataset_field
      field[MOST_FIELDS + 1];    /* u, the inputs, which are passed on, u_true, u_std */
  const char *from[MOST_FIELDS]; /* field of the source, NULL for predictions */
};

/* What the source says of a field; NULL: nothing. */
static const graft_dataset_field *texts_of(const struct predicting *p, const char *name) {
  for (size_t i = 0;; i++) {
    const graft_dataset_field *f = p->given ? p->given + i : graft_dataset_field_get(p->source, i);
    if (!f || !f->name) return NULL;
    if (strcmp(f->name, name) == 0) return f;
  }
}

static void add_field(struct predicting *p, const char *name, const char *long_name,
                      const char *from) {
  p->from[p->fields] = from;
  p->field[p->fields++] = (graft_dataset_field){name, long_name, "1"};
}

static void list_fields(struct predicting *p) {
  add_field(p, "u", "predicted solution", NULL);
  for (size_t d = 0; d < p->info.inputs; d++) {
    const char *name = p->info.input[d].name;
    const graft_dataset_field *texts = texts_of(p, name);
    add_field(p, name, name, name);
    if (texts) p->field[p->fields - 1] = *texts;
  }
  if (p->truth) add_field(p, "u_true", "solution", "u");
  if (p->members > 1) {
    add_field(p, "u_std", "standard deviation over the members of the ensemble", NULL);
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

/* Relative errors of predicted samples from the i-th on. */
static void measure(const struct predicting *p, size_t i, size_t count, const float *u,
                    const float *truth) {
  const size_t P = p->info.points;
  for (size_t j = 0; j < count; j++) {
    const unsigned char *mask = p->info.geometry[p->info.sample_geometry[i + j]].mask;
    p->error[i + j] = graft_metric_rel_l2(u + j * P, truth + j * P, NULL, mask, P);
  }
}

/* Predict samples from the i-th on; value [fields][CHUNK x P]. */
static graft_status fill_chunk(const struct predicting *p, size_t i, size_t count, float *value) {
  const size_t stride = CHUNK * p->info.points, last = p->fields - 1;
  float *spread = p->members > 1 ? value + last * stride : NULL;
  GRAFT_TRY(
      graft_deeponet_predict_spread(p->model, p->source, p->sample + i, count, value, spread));
  for (size_t f = 0; f < p->fields; f++) {
    if (!p->from[f]) continue;
    GRAFT_TRY(
        p->source->fill(p->source->ctx, p->from[f], p->sample + i, count, value + f * stride));
    if (strcmp(p->from[f], "u") == 0) measure(p, i, count, value, value + f * stride);
  }
  return GRAFT_OK;
}

/* Predict a sample at its own nodes, into the place of their values; @p room for these and, from
 * @p u on, for the prediction. */
static graft_status write_nodes(const struct predicting *p, graft_dataset_writer *writer, size_t s,
                                const graft_source_nodes *room, float *u) {
  const size_t n = graft_source_node_count(&p->info, s, NULL);
  graft_source_nodes nodes = *room;
  GRAFT_TRY(p->source->nodes(p->source->ctx, s, &nodes));
  GRAFT_TRY(graft_deeponet_predict_nodes(p->model, p->source, s, u));
  if (p->truth) p->node_error[s] = graft_metric_rel_l2_nodes(u, nodes.value, nodes.weight, n);
  nodes.value = u;
  return graft_dataset_write_nodes(writer, s, &nodes);
}

/* Room for the nodes of a sample, and in @p u for a prediction. */
static graft_status make_room(const struct predicting *p, graft_source_nodes *room, float **u) {
  *room = (graft_source_nodes){NULL};
  *u = NULL;
  if (!p->info.node_start) return GRAFT_OK;
  GRAFT_TRY(graft_source_node_room(&p->info, room));
  return graft_alloc(u, (size_t)(room->weight - room->value), sizeof **u);
}

static graft_status write_chunks(const struct predicting *p, graft_dataset_writer *writer) {
  const size_t samples = p->info.samples, stride = CHUNK * p->info.points;
  float *value = NULL; /* [fields][CHUNK x P], no field has more points */
  float *u = NULL;     /* at nodes */
  graft_source_nodes room = {NULL};
  size_t points[MOST_FIELDS];
  graft_status status;
  graft_meter meter;
  graft_meter_init(&meter, "predict", "samples", (double)samples, 0.0, p->app->quiet);
  GRAFT_TRY_TO(done, graft_alloc(&value, p->fields * stride, sizeof *value));
  GRAFT_TRY_TO(done, make_room(p, &room, &u));
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
      if (u) GRAFT_TRY_TO(done, write_nodes(p, writer, i + j, &room, u));
      GRAFT_TRY_TO(done, graft_dataset_write(writer, i + j, data, -1.0));
    }
    graft_meter_step(&meter, (double)(i + count), "");
  }
done:
  graft_meter_fini(&meter, (double)samples, status == GRAFT_OK);
  graft_free(value);
  graft_free(room.xyz);
  graft_free(u);
  return status;
}

static void print_error(graft_json *json, const char *name, const graft_error_summary *error) {
  graft_json_object(json, name);
  graft_json_real(json, "mean", error->mean);
  graft_json_real(json, "median", error->median);
  graft_json_real(json, "p95", error->p95);
  graft_json_real(json, "max", error->max);
  graft_json_end_object(json);
}

/* @p error on the grid, and at nodes */
static graft_status print_json(const struct predicting *p, const graft_error_summary error[2],
                               const graft_words *pictures) {
  graft_json json;
  graft_json_init(&json, stdout);
  graft_json_object(&json, NULL);
  graft_json_text(&json, "file", p->config->output);
  graft_json_int(&json, "samples", (long long)p->info.samples);
  graft_json_int(&json, "outside", (long long)p->outside);
  graft_json_int(&json, "new_regions", (long long)p->unknown);
  graft_json_int(&json, "members", (long long)p->members);
  if (p->truth) print_error(&json, "rel_l2", &error[0]);
  if (p->truth && p->info.node_start) print_error(&json, "rel_l2_nodes", &error[1]);
  graft_json_array(&json, "pictures");
  for (size_t i = 0; i < pictures->count; i++) graft_json_text(&json, NULL, pictures->word[i]);
  graft_json_end_array(&json);
  graft_json_end_object(&json);
  return graft_json_finish(&json);
}

static graft_status print_result(const struct predicting *p, const graft_words *pictures) {
  const size_t samples = p->info.samples;
  const bool nodes = p->info.node_start != NULL;
  graft_error_summary error[2] = {{0}};
  if (p->truth) GRAFT_TRY(graft_error_summarise(p->error, samples, &error[0]));
  if (p->truth && nodes) GRAFT_TRY(graft_error_summarise(p->node_error, samples, &error[1]));
  if (p->app->json) return print_json(p, error, pictures);
  printf("%s: %zu prediction%s%s\n", p->config->output, samples, samples == 1 ? "" : "s",
         p->members > 1 ? ", with the ensemble's spread in u_std" : "");
  for (int i = 0; p->truth && i < 1 + nodes; i++) {
    const char *where = i ? " at the nodes" : "";
    if (samples == 1) {
      printf("relative L2 error against the solution%s: %.2f %%\n", where, 100 * error[i].mean);
    } else {
      printf("relative L2 error against the solutions%s: mean %.2f %%, largest %.2f %%\n", where,
             100 * error[i].mean, 100 * error[i].max);
    }
  }
  for (size_t i = 0; i < pictures->count; i++) printf("%s\n", pictures->word[i]);
  return GRAFT_OK;
}

static graft_status write(struct predicting *p) {
  const size_t samples = p->info.samples;
  graft_comm serial = graft_comm_serial();
  graft_dataset_writer *writer = NULL;
  graft_provenance provenance;
  GRAFT_CHECK(p->info.inputs + 3 <= MOST_FIELDS, INPUT, "%s: expected up to %d inputs, got %zu",
              p->config->data, MOST_FIELDS - 3, p->info.inputs);
  GRAFT_TRY(graft_alloc(&p->sample, samples, sizeof *p->sample));
  GRAFT_TRY(graft_alloc(&p->error, samples, sizeof *p->error));
  GRAFT_TRY(graft_alloc(&p->node_error, samples, sizeof *p->node_error));
  GRAFT_TRY(graft_alloc(&p->info.outside, samples, sizeof *p->info.outside));
  for (size_t i = 0; i < samples; i++) p->sample[i] = i;
  GRAFT_TRY(graft_inputs_check_regions(p->app, p->config, p->model, p->source, &p->unknown));
  GRAFT_TRY(check_outside(p));
  GRAFT_TRY(graft_pde_provenance(p->app, p->config, (long long)p->info.seed, &provenance));
  list_fields(p);
  graft_status status = graft_dataset_create(p->config->output, &p->info, p->field, NULL,
                                             &provenance, &serial, &writer);
  graft_provenance_fini(&provenance);
  GRAFT_TRY(status);
  status = write_chunks(p, writer);
  GRAFT_TRY(graft_dataset_close(writer, status));
  return p->info.node_start ? graft_pde_xdmf(p->config->output) : GRAFT_OK;
}

/* Pictures of inputs that were made, and of their predictions, beside the output. */
static graft_status draw(const struct predicting *p, graft_words *made) {
  graft_pde_plot config = {.samples = p->config->pictures};
  if (!p->given || config.samples == 0) return GRAFT_OK;
  snprintf(config.data, sizeof config.data, "%s", p->config->output);
  return graft_pde_draw(p->app, &config, made);
}

/* Nodes are passed on, with predictions, if they are wanted. */
static graft_status choose_nodes(struct predicting *p) {
  const bool wanted = p->config->solve.nodes;
  GRAFT_CHECK(!wanted || p->info.node_start, INPUT,
              "%s: -nodes: expected nodes of each sample (solve -nodes), got none",
              p->config->data);
  GRAFT_CHECK(!wanted || graft_deeponet_takes_nodes(p->model), USAGE,
              "-nodes: expected a model trained with -features, %s predicts on its grid only",
              p->config->model);
  if (!wanted) p->info.node_start = p->info.triangle_start = NULL;
  return GRAFT_OK;
}

static graft_status predict(struct predicting *p) {
  graft_words pictures = {0};
  p->info = p->source->info;
  p->info.seconds = 0;
  GRAFT_TRY(choose_nodes(p));
  p->info.outside = NULL; /* of the source, if it is a prediction itself */
  p->members = graft_deeponet_members(p->model);
  graft_status status = write(p);
  if (status == GRAFT_OK) status = draw(p, &pictures);
  if (status == GRAFT_OK) status = print_result(p, &pictures);
  graft_words_fini(&pictures);
  graft_free(p->info.outside);
  graft_free(p->sample);
  graft_free(p->error);
  graft_free(p->node_error);
  return status;
}

/* Inputs that are made here. */
static graft_status predict_made(struct predicting *p, graft_pde_predict *config) {
  graft_samples samples;
  GRAFT_TRY(graft_inputs_make(p->app, config, p->model, &samples));
  p->source = &samples.source;
  p->given = samples.field;
  p->truth = config->truth;
  graft_status status = predict(p);
  p->source = NULL;
  p->given = NULL;
  graft_samples_fini(&samples);
  p->source = NULL;
  p->given = NULL;
  return status;
}

/* Inputs of a data set. */
static graft_status predict_data(struct predicting *p) {
  graft_source source;
  GRAFT_TRY(graft_pde_open(p->app, p->config->data, false, &source));
  p->source = &source;
  graft_status status = predict(p);
  p->source = NULL;
  graft_source_fini(&source);
  p->source = NULL;
  return status;
}

static graft_status run(graft_app *app, void *verb_config) {
  graft_pde_predict *config = verb_config;
  struct predicting p = {.app = app, .config = config};
  bool made;
  snprintf(config->solve.problem, sizeof config->solve.problem, "%s", app->program->problem);
  GRAFT_TRY(graft_app_one_rank(app));
  GRAFT_TRY(graft_pde_require("-model", config->model, "a model file"));
  GRAFT_TRY(graft_app_check_other(config->output, "-model", config->model));
  GRAFT_TRY(graft_app_check_other(config->output, "-data", config->data));
  GRAFT_TRY(graft_inputs_wanted(config, &made));
  GRAFT_TRY(graft_pde_load(config->model, NULL, &p.model));
  graft_status status = made ? predict_made(&p, config) : predict_data(&p);
  graft_deeponet_destroy(p.model);
  return status;
}

const graft_verb graft_pde_verb_predict = {
    .name = "predict",
    .summary = "evaluate a model: on a region, on fields, on inputs without truth",
    .example = examples,
    .section = sections,
    .main = "model o data region field samples seed truth f boundary shapes pictures options_file "
            "quiet json nodes holes position_range radius_range laws diffusion",
    .config_size = sizeof(graft_pde_predict),
    .run = run};
