/* SPDX-License-Identifier: BSD-2-Clause */
/* Verb plot: pictures of a run or of a data set. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/pde.h"
#include "apps/picture.h"
#include "base/arena.h"
#include "base/json.h"
#include "io/atomic.h"
#include "io/dataset.h"

enum { PATH = 2 * GRAFT_PATH_SIZE, TEXT = 4096, LINE = 512 };

static const graft_option rows[] = {
    {"run", GRAFT_OPTION_STRING, offsetof(graft_pde_plot, run), GRAFT_PATH_SIZE, "", 0, 0, NULL,
     NULL, "run directory, after train and eval", 0},
    {"data", GRAFT_OPTION_STRING, offsetof(graft_pde_plot, data), GRAFT_PATH_SIZE, "", 0, 0, NULL,
     NULL, "data set; with -run the one it was evaluated on is the default", 0},
    {.name = "samples",
     .type = GRAFT_OPTION_INT,
     .offset = offsetof(graft_pde_plot, samples),
     .value = "3",
     .min = 1,
     .max = 4,
     .help = "samples of each task in pictures of a data set"},
    {.name = NULL}};

static const graft_section sections[] = {
    {"Run", rows, 0, false},
    {"Common", graft_front_options, offsetof(graft_pde_plot, front), true},
    {NULL, NULL, 0, false}};

static const char *const examples[] = {"plot -run runs/a", "plot -data data.h5 -samples 2", NULL};

/* A sample to show, with its error. */
struct chosen {
  size_t sample;
  double error;
};

/* Errors of one task read from errors.csv. */
struct errors {
  size_t count, capacity;
  struct chosen *row; /* [count] */
};

static int by_error(const void *a, const void *b) {
  double x = ((const struct chosen *)a)->error, y = ((const struct chosen *)b)->error;
  return (x > y) - (x < y);
}

static graft_status add_error(struct errors *e, size_t sample, double error) {
  if (e->count == e->capacity) {
    struct chosen *grown;
    size_t capacity = e->capacity ? 2 * e->capacity : 256;
    GRAFT_TRY(graft_alloc(&grown, capacity, sizeof *grown));
    if (e->count) memcpy(grown, e->row, e->count * sizeof *grown);
    graft_free(e->row);
    e->row = grown;
    e->capacity = capacity;
  }
  e->row[e->count++] = (struct chosen){sample, error};
  return GRAFT_OK;
}

/* Rows of RUN/errors.csv that belong to a task, in order of their error. */
static graft_status read_errors(const char *path, const char *task, size_t samples,
                                struct errors *e) {
  char line[LINE], name[GRAFT_NAME_SIZE], *text, *at;
  GRAFT_TRY(graft_text_read(path, &text));
  graft_status status = GRAFT_OK;
  at = text;
  for (size_t number = 1; *at; number++, at += strcspn(at, "\n"), at += *at == '\n') {
    size_t sample, comma = strcspn(at, ",\n");
    long long index;
    double error;
    if (number == 1 || comma != strlen(task) || strncmp(at, task, comma) != 0) continue;
    snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
    int read = sscanf(line, "%63[^,],%zu,%lld,%lf", name, &sample, &index, &error);
    GRAFT_CHECK_TO(done, read == 4 && sample < samples, INPUT,
                   "%s:%zu: expected task,sample,index,rel_l2,…, got '%.80s'", path, number, line);
    GRAFT_TRY_TO(done, add_error(e, sample, error));
  }
  if (e->count) qsort(e->row, e->count, sizeof *e->row, by_error);
done:
  graft_free(text);
  return status;
}

/* Append printf text to the gnuplot variables. */
static GRAFT_PRINTF(2, 3) void assign(char *variables, const char *format, ...) {
  va_list args;
  va_start(args, format);
  size_t used = strlen(variables);
  if (used < TEXT) vsnprintf(variables + used, TEXT - used, format, args);
  va_end(args);
}

/* Text of unknown origin as a gnuplot string: quotation marks doubled, nothing but printable. */
static void assign_text(char *variables, const char *name, const char *text) {
  assign(variables, "%s = '", name);
  for (const char *c = text; *c && c < text + 60; c++) {
    if (*c == '\'') assign(variables, "''");
    if (*c != '\'' && (unsigned char)*c >= ' ') assign(variables, "%c", *c);
  }
  assign(variables, "'\n");
}

static void assign_extent(char *variables, const graft_source_info *info) {
  assign(variables, "x0 = %.17g\nx1 = %.17g\ny0 = %.17g\ny1 = %.17g\n", info->lo[0], info->hi[0],
         info->lo[1], info->hi[1]);
}

/* Largest absolute value over the points of the region. */
static double largest(const float *field, const graft_source_geometry *geometry, size_t points) {
  double top = 0.0;
  for (size_t i = 0; i < points; i++) {
    if (geometry->mask[i] && fabs((double)field[i]) > top) top = fabs((double)field[i]);
  }
  return top;
}

/* Write input, truth, prediction and |error| of one sample as NAME-{input,truth,…}.bin, and their
 * largest values as variables top_input, top_u, top_error with the row's number behind. With u NULL
 * there is no prediction. */
static graft_status write_sample(const graft_pictures *p, const graft_source *source, size_t sample,
                                 const float *u, const char *name, size_t row, char *variables) {
  const graft_source_info *info = &source->info;
  const graft_source_geometry *geometry = &info->geometry[info->sample_geometry[sample]];
  char file[PATH];
  size_t n[2], P = info->points;
  float *field;
  double top = u ? largest(u, geometry, P) : 0.0, truth = 0.0;
  graft_status status;
  GRAFT_TRY(graft_alloc(&field, P, sizeof *field));
  GRAFT_TRY_TO(done, source->fill(source->ctx, "log_k", &sample, 1, field));
  snprintf(file, sizeof file, "%s-input.bin", name);
  GRAFT_TRY_TO(done, graft_pictures_field(p, file, info, geometry, field, n));
  assign(variables, "nx = %zu\nny = %zu\ntop_input%zu = %.9g\n", n[0], n[1], row,
         largest(field, geometry, P));
  if (!graft_dataset_has(source, "u")) goto done;
  GRAFT_TRY_TO(done, source->fill(source->ctx, "u", &sample, 1, field));
  truth = largest(field, geometry, P);
  assign(variables, "top_u%zu = %.9g\n", row, top > truth ? top : truth);
  snprintf(file, sizeof file, "%s-truth.bin", name);
  GRAFT_TRY_TO(done, graft_pictures_field(p, file, info, geometry, field, n));
  if (!u) goto done;
  snprintf(file, sizeof file, "%s-prediction.bin", name);
  GRAFT_TRY_TO(done, graft_pictures_field(p, file, info, geometry, u, n));
  for (size_t i = 0; i < P; i++) field[i] = fabsf(u[i] - field[i]);
  assign(variables, "top_error%zu = %.9g\n", row, largest(field, geometry, P));
  snprintf(file, sizeof file, "%s-error.bin", name);
  GRAFT_TRY_TO(done, graft_pictures_field(p, file, info, geometry, field, n));
done:
  graft_free(field);
  return status;
}

/* fields-TASK.png: the sample of median error and the worst one. */
static graft_status draw_task(graft_pictures *p, graft_deeponet *model, const graft_source *source,
                              const char *task, const struct errors *e) {
  const struct chosen shown[] = {e->row[e->count / 2], e->row[e->count - 1]};
  static const char *const label[] = {"median", "worst"};
  const graft_source_info *info = &source->info;
  char variables[TEXT] = "", name[GRAFT_PATH_SIZE];
  float *u;
  graft_status status;
  GRAFT_TRY(graft_alloc(&u, info->points, sizeof *u));
  assign(variables, "task = '%s'\nrows = 2\n", task);
  for (size_t i = 0; i < 2; i++) {
    size_t sample = shown[i].sample;
    GRAFT_TRY_TO(done, graft_deeponet_predict(model, source, &sample, 1, u));
    snprintf(name, sizeof name, "%s-%s", task, label[i]);
    GRAFT_TRY_TO(done, write_sample(p, source, sample, u, name, i + 1, variables));
    snprintf(name, sizeof name, "%s-%s-outline.dat", task, label[i]);
    GRAFT_TRY_TO(done,
                 graft_pictures_outline(p, name, &info->geometry[info->sample_geometry[sample]]));
    assign(variables, "label%zu = '%s'\nerror%zu = %.6g\nsample%zu = %lld\n", i + 1, label[i],
           i + 1, 100.0 * shown[i].error, i + 1, (long long)info->index[sample]);
  }
  assign_extent(variables, info);
  snprintf(name, sizeof name, "fields-%s", task);
  status = graft_pictures_draw(p, name, "fields", variables);
done:
  graft_free(u);
  return status;
}

static graft_status draw_fields(graft_pictures *p, const char *run, graft_deeponet *model,
                                const graft_source *source) {
  char path[PATH];
  snprintf(path, sizeof path, "%s/errors.csv", run);
  for (size_t k = 0; k < source->info.tasks; k++) {
    struct errors e = {0};
    const char *task = source->info.task_name[k];
    graft_status status = read_errors(path, task, source->info.samples, &e);
    if (status == GRAFT_OK && e.count) status = draw_task(p, model, source, task, &e);
    graft_free(e.row);
    GRAFT_TRY(status);
  }
  return GRAFT_OK;
}

/* Pictures of numbers that are there as CSV: they need names only. */
static graft_status draw_curves(graft_pictures *p, const char *run, const graft_deeponet *model,
                                const graft_source *source) {
  char variables[TEXT] = "tasks = '", path[PATH];
  for (size_t k = 0; k < source->info.tasks; k++) {
    assign(variables, k ? " %s" : "%s", source->info.task_name[k]);
  }
  assign(variables, "'\nloss = '%s'\nmethods = 'network", graft_deeponet_get_config(model)->loss);
  for (size_t b = 0; graft_baseline_name(b); b++) assign(variables, " %s", graft_baseline_name(b));
  assign(variables, "'\n");
  snprintf(path, sizeof path, "%s/log.csv", run);
  if (graft_file_exists(path)) GRAFT_TRY(graft_pictures_draw(p, "loss", "loss", variables));
  GRAFT_TRY(graft_pictures_draw(p, "errors", "errors", variables));
  return graft_pictures_draw(p, "baselines", "baselines", variables);
}

static graft_status draw_run(const graft_app *app, const graft_pde_plot *config,
                             graft_pictures *p) {
  char path[PATH], directory[PATH];
  graft_yaml yaml;
  graft_deeponet *model = NULL;
  graft_source source = {0};
  graft_status status;
  snprintf(directory, sizeof directory, "%s/plots", config->run);
  snprintf(path, sizeof path, "%s/eval.yaml", config->run);
  GRAFT_CHECK(graft_file_exists(path), INPUT, "%s: no such file: expected a run after %s eval",
              path, app->program->command);
  GRAFT_TRY(graft_yaml_read(path, &yaml));
  const graft_yaml_entry *model_path = graft_yaml_find(&yaml, "model");
  const graft_yaml_entry *data = graft_yaml_find(&yaml, "data");
  GRAFT_CHECK_TO(done, model_path && data, INPUT, "%s: expected the keys model and data", path);
  GRAFT_TRY_TO(done, graft_pde_load(model_path->value, NULL, &model));
  GRAFT_TRY_TO(done,
               graft_pde_open(app, *config->data ? config->data : data->value, true, &source));
  GRAFT_TRY_TO(close, graft_pictures_init(p, app, directory));
  GRAFT_TRY_TO(close, draw_curves(p, config->run, model, &source));
  GRAFT_TRY_TO(close, draw_fields(p, config->run, model, &source));
close:
  graft_source_fini(&source);
done:
  graft_deeponet_destroy(model);
  graft_yaml_fini(&yaml);
  return status;
}

/* data-TASK.png: the first samples of each task. */
static graft_status draw_data_task(graft_pictures *p, const graft_source *source, size_t task,
                                   long long samples) {
  const graft_source_info *info = &source->info;
  char variables[TEXT] = "", name[GRAFT_PATH_SIZE];
  long long shown = 0;
  for (size_t i = 0; i < info->samples && shown < samples; i++) {
    if (info->task[i] != (int32_t)task) continue;
    shown++;
    snprintf(name, sizeof name, "data-%s-%lld", info->task_name[task], shown);
    GRAFT_TRY(write_sample(p, source, i, NULL, name, (size_t)shown, variables));
    snprintf(name, sizeof name, "data-%s-%lld-outline.dat", info->task_name[task], shown);
    GRAFT_TRY(graft_pictures_outline(p, name, &info->geometry[info->sample_geometry[i]]));
    assign(variables, "sample%lld = %lld\n", shown, (long long)info->index[i]);
  }
  if (shown == 0) return GRAFT_OK;
  for (size_t i = 0; graft_dataset_field_get(source, i); i++) {
    const graft_dataset_field *field = graft_dataset_field_get(source, i);
    if (strcmp(field->name, "u") == 0) assign_text(variables, "title_u", field->long_name);
  }
  assign(variables, "task = '%s'\nsamples = %lld\nsolved = %d\n", info->task_name[task], shown,
         graft_dataset_has(source, "u"));
  assign_extent(variables, info);
  snprintf(name, sizeof name, "data-%s", info->task_name[task]);
  return graft_pictures_draw(p, name, "data", variables);
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* The estimated errors of a task in % into a column; those that are 0 or not estimated are left
 * out. @p value [samples] is scratch; *range grows by what is found. */
static graft_status write_estimates(const graft_pictures *p, const graft_source_info *info,
                                    size_t task, size_t number, double *value, double range[2],
                                    char *variables, size_t *count) {
  char name[GRAFT_PATH_SIZE];
  *count = 0;
  for (size_t i = 0; i < info->samples; i++) {
    if (info->task[i] != (int32_t)task || !(info->error_estimate[i] > 0)) continue;
    value[(*count)++] = 100.0 * (double)info->error_estimate[i];
  }
  if (*count == 0) return GRAFT_OK;
  qsort(value, *count, sizeof *value, by_value);
  range[0] = fmin(range[0], value[0]);
  range[1] = fmax(range[1], value[*count - 1]);
  assign(variables, "median%zu = %.6g\nlargest%zu = %.6g\n", number, value[*count / 2], number,
         value[*count - 1]);
  snprintf(name, sizeof name, "estimates-%s.dat", info->task_name[task]);
  return graft_pictures_column(p, name, value, *count);
}

/* data-errors.png: histograms of the estimated errors; nothing where none was estimated. */
static graft_status draw_estimates(graft_pictures *p, const graft_source_info *info) {
  char variables[TEXT] = "", tasks[LINE] = "";
  double range[2] = {INFINITY, 0}, *value;
  size_t shown = 0, count, used = 0;
  graft_status status = GRAFT_OK;
  GRAFT_TRY(graft_alloc(&value, info->samples, sizeof *value));
  for (size_t k = 0; k < info->tasks && used + GRAFT_NAME_SIZE < sizeof tasks; k++) {
    GRAFT_TRY_TO(done, write_estimates(p, info, k, shown + 1, value, range, variables, &count));
    if (count == 0) continue;
    used += (size_t)snprintf(tasks + used, sizeof tasks - used, "%s%s", shown ? " " : "",
                             info->task_name[k]);
    shown++;
  }
  if (shown > 0) {
    assign_text(variables, "tasks", tasks);
    assign(variables, "low = %.6g\nhigh = %.6g\n", range[0], range[1]);
    status = graft_pictures_draw(p, "data-errors", "estimates", variables);
  }
done:
  graft_free(value);
  return status;
}

static graft_status draw_data(const graft_app *app, const graft_pde_plot *config,
                              graft_pictures *p) {
  char parent[GRAFT_PATH_SIZE], directory[PATH];
  graft_source source;
  graft_pde_directory(config->data, parent, sizeof parent);
  snprintf(directory, sizeof directory, "%s/plots", parent);
  GRAFT_TRY(graft_pde_open(app, config->data, false, &source));
  graft_status status = graft_pictures_init(p, app, directory);
  for (size_t k = 0; k < source.info.tasks && status == GRAFT_OK; k++) {
    status = draw_data_task(p, &source, k, config->samples);
  }
  if (status == GRAFT_OK) status = draw_estimates(p, &source.info);
  graft_source_fini(&source);
  return status;
}

graft_status graft_pde_draw(const graft_app *app, const graft_pde_plot *config, graft_words *made) {
  graft_pictures pictures = {0};
  GRAFT_CHECK(*config->run || *config->data, USAGE,
              "missing option -run or -data, expected a run directory or a data set");
  GRAFT_CHECK(graft_file_exists(*config->run ? config->run : config->data), INPUT, "%s: no such %s",
              *config->run ? config->run : config->data, *config->run ? "run directory" : "file");
  graft_status status =
      *config->run ? draw_run(app, config, &pictures) : draw_data(app, config, &pictures);
  *made = pictures.made;
  pictures.made = (graft_words){0};
  graft_pictures_fini(&pictures);
  return status;
}

static graft_status run(graft_app *app, void *config) {
  graft_words made = {0};
  graft_json json;
  GRAFT_TRY(graft_pde_one_rank(app));
  graft_status status = graft_pde_draw(app, config, &made);
  if (status == GRAFT_OK && app->json) {
    graft_json_init(&json, stdout);
    graft_json_object(&json, NULL);
    graft_json_array(&json, "pictures");
    for (size_t i = 0; i < made.count; i++) graft_json_text(&json, NULL, made.word[i]);
    graft_json_end_array(&json);
    graft_json_end_object(&json);
    status = graft_json_finish(&json);
  } else if (status == GRAFT_OK) {
    for (size_t i = 0; i < made.count; i++) printf("%s\n", made.word[i]);
  }
  graft_words_fini(&made);
  return status;
}

const graft_verb graft_pde_verb_plot = {.name = "plot",
                                        .summary = "pictures of a run or a data set (gnuplot)",
                                        .example = examples,
                                        .section = sections,
                                        .config_size = sizeof(graft_pde_plot),
                                        .run = run};
