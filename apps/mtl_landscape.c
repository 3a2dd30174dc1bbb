/* SPDX-License-Identifier: BSD-2-Clause */
/* Verb landscape of graft-mtl: errors of a trained model on a plane through its parameters. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/mtl.h"
#include "apps/plot.h"
#include "base/arena.h"
#include "base/json.h"
#include "deeponet/metrics.h"
#include "io/atomic.h"
#include "io/dataset.h"
#include "mtl/landscape.h"

enum { MOST_POINTS = 401 };

static const char *part_choices(size_t i) {
  static const char *const name[] = {"train", "validation", "test"};
  return i < 3 ? name[i] : NULL;
}

#define FIELD(field) #field, GRAFT_OPTION_STRING, offsetof(graft_mtl_landscape, field)
static const graft_option rows[] = {
    {FIELD(run), GRAFT_PATH_SIZE, "", 0, 0, NULL, NULL, "run directory, after train", 0},
    {FIELD(model), GRAFT_PATH_SIZE, "", 0, 0, NULL, NULL, "model file; default RUN/model.h5", 0},
    {FIELD(data), GRAFT_PATH_SIZE, "", 0, 0, NULL, NULL, "data set; default that of training", 0},
    {FIELD(part), 16, "test", 0, 0, NULL, part_choices, "part of its split", 0},
    {.name = "samples",
     .type = GRAFT_OPTION_INT,
     .offset = offsetof(graft_mtl_landscape, samples),
     .value = "16",
     .min = 1,
     .max = 1e6,
     .help = "samples of each task, at most"},
    {.name = "points",
     .type = GRAFT_OPTION_INT,
     .offset = offsetof(graft_mtl_landscape, points),
     .value = "15",
     .min = 3,
     .max = MOST_POINTS,
     .help = "points of each axis of the plane, odd"},
    {.name = "radius",
     .type = GRAFT_OPTION_REAL,
     .offset = offsetof(graft_mtl_landscape, radius),
     .value = "0.5",
     .min = 1e-6,
     .max = 1e3,
     .help = "half of the plane's side, in lengths of the filters"},
    {.name = "seed",
     .type = GRAFT_OPTION_INT,
     .offset = offsetof(graft_mtl_landscape, seed),
     .value = "1",
     .max = 9e15,
     .help = "seed of the two directions"},
    {.name = NULL}};

static const graft_section sections[] = {
    {"Run", rows, 0, false},
    {"Common", graft_front_options, offsetof(graft_mtl_landscape, front), true},
    {NULL, NULL, 0, false}};

static const char *const examples[] = {"landscape -run runs/a",
                                       "landscape -run runs/a -points 41 -radius 1 -seed 2", NULL};

/* Samples of the part, and what is needed to judge them. */
struct scene {
  const graft_mtl_landscape *config;
  graft_deeponet *model;
  graft_source source;
  size_t count;        /* samples */
  size_t *sample;      /* [count] */
  float *truth, *u;    /* [count x P] */
  graft_real *at;      /* [n] the trained parameters */
  graft_real *axis[2]; /* [n] each */
  double *error;       /* [points² x (K + 1)] of each task, and the mean; NaN: no sample */
};

/* The first samples of each task in the part. */
static graft_status choose(struct scene *s, const char *split) {
  const graft_source_info *info = &s->source.info;
  size_t taken[GRAFT_MAX_TASKS] = {0}, all;
  graft_part part;
  GRAFT_TRY(graft_part_parse(s->config->part, &part));
  GRAFT_TRY(graft_part_select(info, split, part, &s->sample, &all));
  for (size_t i = 0; i < all; i++) {
    const size_t sample = s->sample[i], k = (size_t)info->task[sample];
    if (taken[k] >= (size_t)s->config->samples) continue;
    taken[k]++;
    s->sample[s->count++] = sample;
  }
  GRAFT_CHECK(s->count > 0, INPUT, "split %s: expected samples in the part %s, got none", split,
              s->config->part);
  GRAFT_TRY(graft_alloc(&s->truth, s->count * info->points, sizeof *s->truth));
  GRAFT_TRY(graft_alloc(&s->u, s->count * info->points, sizeof *s->u));
  return s->source.fill(s->source.ctx, "u", s->sample, s->count, s->truth);
}

/* Mean relative error of each task, and the mean of these, at the current parameters. */
static graft_status judge(struct scene *s, double *error) {
  const graft_source_info *info = &s->source.info;
  const size_t P = info->points, K = info->tasks;
  double count[GRAFT_MAX_TASKS] = {0}, sum = 0, tasks = 0;
  GRAFT_TRY(graft_deeponet_predict(s->model, &s->source, s->sample, s->count, s->u));
  memset(error, 0, K * sizeof *error);
  for (size_t i = 0; i < s->count; i++) {
    const size_t k = (size_t)info->task[s->sample[i]];
    const size_t g = (size_t)info->sample_geometry[s->sample[i]];
    error[k] +=
        graft_metric_rel_l2(s->u + i * P, s->truth + i * P, NULL, info->geometry[g].mask, P);
    count[k]++;
  }
  for (size_t k = 0; k < K; k++) {
    error[k] = count[k] > 0 ? error[k] / count[k] : NAN;
    if (count[k] > 0) sum += error[k], tasks++;
  }
  error[K] = sum / tasks;
  return GRAFT_OK;
}

static double place(const graft_mtl_landscape *c, size_t i) {
  return c->radius * (2.0 * (double)i / (double)(c->points - 1) - 1);
}

static graft_status sweep(const graft_app *app, struct scene *s) {
  const size_t N = (size_t)s->config->points, K = s->source.info.tasks;
  const size_t n = graft_deeponet_layout(s->model)->n;
  graft_real *theta = graft_deeponet_parameters(s->model);
  graft_meter meter;
  graft_status status = GRAFT_OK;
  GRAFT_TRY(graft_alloc(&s->at, n, sizeof *s->at));
  memcpy(s->at, theta, n * sizeof *theta);
  for (size_t a = 0; a < 2; a++) {
    GRAFT_TRY(graft_alloc(&s->axis[a], n, sizeof *s->axis[a]));
    graft_landscape_direction(graft_deeponet_layout(s->model), s->at, (uint64_t)s->config->seed, a,
                              s->axis[a]);
  }
  GRAFT_TRY(graft_alloc(&s->error, N * N * (K + 1), sizeof *s->error));
  graft_meter_init(&meter, "landscape", "points", (double)(N * N), 0.0, app->quiet);
  for (size_t i = 0; i < N * N && status == GRAFT_OK; i++) {
    graft_landscape_point(n, s->at, s->axis[0], place(s->config, i % N), s->axis[1],
                          place(s->config, i / N), theta);
    status = judge(s, s->error + i * (K + 1));
    if (*graft_app_stop()) {
      status = graft_error_set(GRAFT_INTERRUPTED, __FILE__, __LINE__,
                               "stopped by a signal, nothing was written");
    }
    graft_meter_step(&meter, (double)(i + 1), "");
  }
  memcpy(theta, s->at, n * sizeof *theta);
  graft_meter_fini(&meter, (double)(N * N), status == GRAFT_OK);
  return status;
}

static void print_csv(const struct scene *s, FILE *file) {
  const size_t N = (size_t)s->config->points, K = s->source.info.tasks;
  fprintf(file, "a,b");
  for (size_t k = 0; k < K; k++) fprintf(file, ",%s", s->source.info.task_name[k]);
  fprintf(file, ",mean\n");
  for (size_t i = 0; i < N * N; i++) {
    fprintf(file, "%.9g,%.9g", place(s->config, i % N), place(s->config, i / N));
    for (size_t k = 0; k <= K; k++) fprintf(file, ",%.9g", s->error[i * (K + 1) + k]);
    fprintf(file, "\n");
  }
}

/* DIRECTORY/landscape.csv: a,b,TASK…,mean, the second axis outside. */
static graft_status write_csv(const struct scene *s, const char *path) {
  char *text = NULL;
  size_t size = 0;
  FILE *file = open_memstream(&text, &size);
  GRAFT_CHECK(file, MEMORY, "%s: no memory for the text", path);
  print_csv(s, file);
  const bool failed = ferror(file) != 0;
  const graft_status status =
      fclose(file) == 0 && !failed
          ? graft_atomic_write_text(path, text)
          : graft_error_set(GRAFT_MEMORY, __FILE__, __LINE__, "%s: no memory for the text", path);
  free(text);
  return status;
}

/* Growth of the mean error from the middle to the edge, as a factor: a number for the picture. */
static double growth(const struct scene *s) {
  const size_t N = (size_t)s->config->points, K = s->source.info.tasks;
  double edge = 0, count = 0;
  for (size_t i = 0; i < N * N; i++) {
    const size_t x = i % N, y = i / N;
    if (x > 0 && y > 0 && x + 1 < N && y + 1 < N) continue;
    edge += s->error[i * (K + 1) + K];
    count++;
  }
  return edge / count / s->error[N * N / 2 * (K + 1) + K];
}

static graft_status print_result(const graft_app *app, const struct scene *s, const char *csv,
                                 const graft_words *made) {
  const size_t N = (size_t)s->config->points, K = s->source.info.tasks;
  const double middle = s->error[N * N / 2 * (K + 1) + K];
  if (app->json) {
    graft_json json;
    graft_json_init(&json, stdout);
    graft_json_object(&json, NULL);
    graft_json_text(&json, "file", csv);
    graft_json_int(&json, "samples", (long long)s->count);
    graft_json_real(&json, "error", middle);
    graft_json_real(&json, "edge_factor", growth(s));
    graft_json_array(&json, "pictures");
    for (size_t i = 0; i < made->count; i++) graft_json_text(&json, NULL, made->word[i]);
    graft_json_end_array(&json);
    graft_json_end_object(&json);
    return graft_json_finish(&json);
  }
  printf("%s: error %.3g %% in the middle, %.3g times that at the edge (%zu samples)\n", csv,
         100 * middle, growth(s), s->count);
  for (size_t i = 0; i < made->count; i++) printf("%s\n", made->word[i]);
  return GRAFT_OK;
}

static graft_status draw(const graft_app *app, const struct scene *s, const char *directory) {
  char plots[GRAFT_PLOT_PATH + 16], csv[GRAFT_PLOT_PATH + 16],
      variables[GRAFT_PLOT_TEXT] = "tasks = '";
  const graft_source_info *info = &s->source.info;
  graft_pictures pictures = {0};
  graft_status status;
  snprintf(csv, sizeof csv, "%s/landscape.csv", directory);
  snprintf(plots, sizeof plots, "%s/plots", directory);
  GRAFT_TRY(write_csv(s, csv));
  for (size_t k = 0; k < info->tasks; k++) {
    graft_plot_assign(variables, k ? " %s" : "%s", info->task_name[k]);
  }
  graft_plot_assign(variables, "'\npoints = %lld\nradius = %.9g\n", s->config->points,
                    s->config->radius);
  graft_plot_assign_text(variables, "part", s->config->part);
  GRAFT_TRY_TO(done, graft_pictures_init(&pictures, app, plots));
  GRAFT_TRY_TO(done, graft_pictures_draw(&pictures, "landscape", "landscape", variables));
  status = print_result(app, s, csv, &pictures.made);
done:
  graft_pictures_fini(&pictures);
  return status;
}

static graft_status look(const graft_app *app, struct scene *s, const graft_bundle *bundle,
                         const char *directory) {
  const char *data = s->config->data, *split;
  GRAFT_TRY(graft_bundle_get_text(bundle, "training/split", &split));
  if (!*data) GRAFT_TRY(graft_bundle_get_text(bundle, "training/data", &data));
  GRAFT_TRY(graft_dataset_open(data, &s->source));
  GRAFT_TRY(choose(s, split));
  GRAFT_TRY(sweep(app, s));
  return draw(app, s, directory);
}

static graft_status run(graft_app *app, void *verb_config) {
  const graft_mtl_landscape *config = verb_config;
  struct scene s = {.config = config};
  char path[GRAFT_PLOT_PATH], directory[GRAFT_PLOT_PATH];
  graft_bundle bundle;
  GRAFT_TRY(graft_app_one_rank(app));
  GRAFT_CHECK(*config->run || *config->model, USAGE,
              "missing option -run or -model, expected a run directory or a model file");
  GRAFT_CHECK(config->points % 2 == 1, USAGE, "-points: expected an odd number, got %lld",
              config->points);
  snprintf(path, sizeof path, "%s/model.h5", config->run);
  if (*config->model) snprintf(path, sizeof path, "%s", config->model);
  graft_pde_directory(path, directory, sizeof directory);
  GRAFT_TRY(graft_pde_load(path, &bundle, &s.model));
  graft_status status = look(app, &s, &bundle, *config->run ? config->run : directory);
  graft_bundle_fini(&bundle);
  graft_source_fini(&s.source);
  graft_deeponet_destroy(s.model);
  void *const owned[] = {s.sample, s.truth, s.u, s.at, s.axis[0], s.axis[1], s.error};
  for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) graft_free(owned[i]);
  return status;
}

const graft_verb graft_mtl_verb_landscape = {
    .name = "landscape",
    .summary = "errors around a trained model, on a plane of its parameters",
    .example = examples,
    .section = sections,
    .config_size = sizeof(graft_mtl_landscape),
    .run = run};
