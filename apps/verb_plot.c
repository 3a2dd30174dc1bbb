/* SPDX-License-Identifier: BSD-2-Clause */
/* Verb plot: pictures of a run or of a data set. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/plot.h"
#include "apps/transfer.h"
#include "base/arena.h"
#include "base/json.h"
#include "deeponet/ensemble.h"
#include "io/atomic.h"
#include "io/dataset.h"

enum { LINE = 512 };

static const graft_option rows[] = {
    {"run", GRAFT_OPTION_STRING, offsetof(graft_pde_plot, run), GRAFT_PATH_SIZE, "", 0, 0, NULL,
     NULL, "run directory; before eval: the loss so far", 0},
    {"data", GRAFT_OPTION_STRING, offsetof(graft_pde_plot, data), GRAFT_PATH_SIZE, "", 0, 0, NULL,
     NULL, "data set; with -run the one it was evaluated on is the default", 0},
    {.name = "samples",
     .type = GRAFT_OPTION_INT,
     .offset = offsetof(graft_pde_plot, samples),
     .value = "4",
     .min = 1,
     .max = 12,
     .help = "samples of each task in pictures of a data set"},
    {.name = "worst",
     .type = GRAFT_OPTION_INT,
     .offset = offsetof(graft_pde_plot, worst),
     .value = "1",
     .min = 1,
     .max = 8,
     .help = "samples of each task with the largest errors in pictures of a run"},
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

/* fields-TASK.png, and surface-TASK.png for bodies: the sample of median error (the upper one of
 * two) and the @p worst worst ones.
 */
static graft_status draw_task(graft_pictures *p, graft_deeponet *model, const graft_source *source,
                              const char *task, const struct errors *e, size_t worst) {
  char label[GRAFT_NAME_SIZE];
  double median = 0.5 * (e->row[(e->count - 1) / 2].error + e->row[e->count / 2].error);
  const graft_source_info *info = &source->info;
  char variables[GRAFT_PLOT_TEXT] = "", name[GRAFT_PATH_SIZE];
  float *u;
  bool surface = true, drawn; /* of all rows */
  graft_status status;
  GRAFT_TRY(graft_alloc(&u, info->points, sizeof *u));
  graft_plot_assign_text(variables, "task", task);
  graft_plot_assign_input(variables, source);
  if (worst > e->count) worst = e->count;
  graft_plot_assign(variables, "rows = %zu\n", 1 + worst);
  for (size_t i = 0; i <= worst; i++) {
    const struct chosen *shown = &e->row[i ? e->count - i : e->count / 2];
    size_t sample = shown->sample;
    snprintf(label, sizeof label, i > 1 ? "worst%zu" : i ? "worst" : "median", i);
    GRAFT_TRY_TO(done, graft_deeponet_predict(model, source, &sample, 1, u));
    snprintf(name, sizeof name, "%s-%s", task, label);
    bool solid = info->dims == 3;
    GRAFT_TRY_TO(done, (solid ? graft_plot_slices : graft_plot_sample)(p, source, sample, u, name,
                                                                       i + 1, variables));
    GRAFT_TRY_TO(done, graft_plot_surface(p, source, sample, u, name, i + 1, variables, &drawn));
    surface &= drawn;
    graft_plot_assign(variables, "label%zu = '%s'\nerror%zu = %.6g\nsample%zu = %lld\n", i + 1,
                      label, i + 1, 100.0 * shown->error, i + 1, (long long)info->index[sample]);
    graft_plot_assign(variables, "note%zu = ''\n", i + 1);
  }
  graft_plot_assign(variables, "note1 = ' (near the median, %.2f %%)'\n", 100.0 * median);
  graft_plot_assign(variables, "note2 = ' (largest of %zu)'\n", e->count);
  graft_plot_assign_extent(variables, info);
  graft_plot_assign(variables, "predicted = 1\nsolved = 1\nprefix = ''\n");
  snprintf(name, sizeof name, "fields-%s", task);
  status = graft_pictures_draw(p, name,
                               info->dims == 3 ? "slices"
                               : info->in_time ? "spacetime"
                                               : "fields",
                               variables);
  if (status != GRAFT_OK || !surface) goto done;
  snprintf(name, sizeof name, "surface-%s", task);
  status = graft_pictures_draw(p, name, "surface", variables);
done:
  graft_free(u);
  return status;
}

/* A task's rows for numbers.png. */
static graft_status write_numbers(graft_pictures *p, const graft_source *source, size_t number,
                                  const char *task, const struct errors *e, char *variables) {
  size_t *sample = NULL;
  double *error = NULL;
  graft_status status;
  GRAFT_TRY_TO(done, graft_alloc(&sample, e->count, sizeof *sample));
  GRAFT_TRY_TO(done, graft_alloc(&error, e->count, sizeof *error));
  for (size_t i = 0; i < e->count; i++) {
    sample[i] = e->row[i].sample;
    error[i] = e->row[i].error;
  }
  GRAFT_TRY_TO(done, graft_plot_numbers_task(p, &source->info, task, e->count, sample, error,
                                             number, variables));
done:
  graft_free(sample);
  graft_free(error);
  return status;
}

/* fields-TASK.png, and numbers.png where samples have numbers. */
static graft_status draw_fields(graft_pictures *p, const char *run, graft_deeponet *model,
                                const graft_source *source, size_t worst) {
  char path[GRAFT_PLOT_PATH], variables[GRAFT_PLOT_TEXT] = "", tasks[LINE] = "";
  size_t shown = 0, used = 0;
  snprintf(path, sizeof path, "%s/errors.csv", run);
  for (size_t k = 0; k < source->info.tasks; k++) {
    struct errors e = {0};
    const char *task = source->info.task_name[k];
    graft_status status = read_errors(path, task, source->info.samples, &e);
    if (status == GRAFT_OK && e.count) {
      status = write_numbers(p, source, ++shown, task, &e, variables);
      int n = snprintf(tasks + used, sizeof tasks - used, used ? " %s" : "%s", task);
      if (n > 0 && used + (size_t)n < sizeof tasks) used += (size_t)n;
    }
    if (status == GRAFT_OK && e.count) status = draw_task(p, model, source, task, &e, worst);
    graft_free(e.row);
    GRAFT_TRY(status);
  }
  if (!strstr(variables, "columns1")) return GRAFT_OK;
  graft_plot_assign_text(variables, "tasks", tasks);
  return graft_pictures_draw(p, "numbers", "numbers", variables);
}

/* loss.png out of RUN/log.csv, and diagnostics.png if it has their columns. */
static graft_status draw_log_curves(graft_pictures *p, const char *run, char *variables) {
  char path[GRAFT_PLOT_PATH], *log;
  graft_yaml yaml = {0};
  snprintf(path, sizeof path, "%s/log.csv", run);
  GRAFT_TRY(graft_pictures_draw(p, "loss", "loss", variables));
  GRAFT_TRY(graft_text_read(path, &log));
  log[strcspn(log, "\n")] = '\0';
  const bool diagnostics = strstr(log, ",conflicts") != NULL;
  graft_free(log);
  if (!diagnostics) return GRAFT_OK;
  snprintf(path, sizeof path, "%s/config.yaml", run);
  GRAFT_TRY(graft_yaml_read(path, &yaml));
  const graft_yaml_entry *radius = graft_yaml_find(&yaml, "probe_rho");
  graft_plot_assign(variables, "radius = %.6g\n", radius ? strtod(radius->value, NULL) : 0);
  graft_yaml_fini(&yaml);
  return graft_pictures_draw(p, "diagnostics", "diagnostics", variables);
}

/* "NAME = '…'" out of the columns of a CSV file's first line that begin with a prefix, without it.
 */
static void assign_columns(char *variables, const char *name, const char *header,
                           const char *prefix) {
  const char *gap = "";
  const size_t skip = strlen(prefix);
  graft_plot_assign(variables, "%s = '", name);
  for (const char *at = header; *at && *at != '\n'; at += strcspn(at, ",\n"), at += *at == ',') {
    size_t length = strcspn(at, ",\n");
    if (length <= skip || strncmp(at, prefix, skip) != 0) continue;
    graft_plot_assign(variables, "%s%.*s", gap, (int)(length - skip), at + skip);
    gap = " ";
  }
  graft_plot_assign(variables, "'\n");
}

/* The methods of RUN/summary.csv: all columns behind the first. */
static graft_status assign_methods(const char *run, char *variables) {
  char path[GRAFT_PLOT_PATH], *text;
  snprintf(path, sizeof path, "%s/summary.csv", run);
  GRAFT_TRY(graft_text_read(path, &text));
  const char *comma = strchr(text, ',');
  assign_columns(variables, "methods", comma ? comma + 1 : "", "");
  graft_free(text);
  return GRAFT_OK;
}

/* Pictures of numbers that are there as CSV: they need names only. */
static graft_status draw_curves(graft_pictures *p, const char *run, const graft_deeponet *model,
                                const graft_source *source) {
  char variables[GRAFT_PLOT_TEXT] = "tasks = '", path[GRAFT_PLOT_PATH];
  for (size_t k = 0; k < source->info.tasks; k++) {
    graft_plot_assign(variables, k ? " %s" : "%s", source->info.task_name[k]);
  }
  graft_plot_assign(variables, "'\n");
  graft_plot_assign_text(variables, "loss", graft_deeponet_get_config(model)->loss);
  GRAFT_TRY(assign_methods(run, variables));
  snprintf(path, sizeof path, "%s/log.csv", run);
  if (graft_file_exists(path)) GRAFT_TRY(draw_log_curves(p, run, variables));
  snprintf(path, sizeof path, "%s/calibration.csv", run);
  if (graft_deeponet_members(model) > 1 && graft_file_exists(path)) {
    GRAFT_TRY(graft_pictures_draw(p, "reliability", "reliability", variables));
  }
  GRAFT_TRY(graft_pictures_draw(p, "errors", "errors", variables));
  return graft_pictures_draw(p, "baselines", "baselines", variables);
}

/* A run without evaluation yet, perhaps still training: the curves of its log. */
static graft_status draw_log(const graft_app *app, const graft_pde_plot *config,
                             graft_pictures *p) {
  char path[GRAFT_PLOT_PATH], directory[GRAFT_PLOT_PATH], variables[GRAFT_PLOT_TEXT] = "";
  char *log = NULL;
  graft_yaml yaml = {0};
  graft_status status;
  snprintf(directory, sizeof directory, "%s/plots", config->run);
  snprintf(path, sizeof path, "%s/log.csv", config->run);
  GRAFT_CHECK(graft_file_exists(path), INPUT, "%s: expected a run after %s train, got no log.csv",
              config->run, app->program->command);
  GRAFT_TRY(graft_text_read(path, &log));
  snprintf(path, sizeof path, "%s/config.yaml", config->run);
  GRAFT_TRY_TO(done, graft_yaml_read(path, &yaml));
  const graft_yaml_entry *loss = graft_yaml_find(&yaml, "loss");
  assign_columns(variables, "tasks", log, "train_");
  graft_plot_assign_text(variables, "loss", loss ? loss->value : "loss");
  GRAFT_TRY_TO(done, graft_pictures_init(p, app, directory));
  status = draw_log_curves(p, config->run, variables);
done:
  graft_yaml_fini(&yaml);
  graft_free(log);
  return status;
}

static graft_status draw_run(const graft_app *app, const graft_pde_plot *config,
                             graft_pictures *p) {
  char path[GRAFT_PLOT_PATH], directory[GRAFT_PLOT_PATH];
  graft_yaml yaml;
  graft_deeponet *model = NULL;
  graft_source source = {0};
  graft_status status;
  snprintf(directory, sizeof directory, "%s/plots", config->run);
  snprintf(path, sizeof path, "%s/eval.yaml", config->run);
  if (!graft_file_exists(path)) return draw_log(app, config, p);
  GRAFT_TRY(graft_yaml_read(path, &yaml));
  const graft_yaml_entry *model_path = graft_yaml_find(&yaml, "model");
  const graft_yaml_entry *data = graft_yaml_find(&yaml, "data");
  GRAFT_CHECK_TO(done, model_path && data, INPUT, "%s: expected the keys model and data", path);
  GRAFT_TRY_TO(done, graft_pde_load(model_path->value, NULL, &model));
  GRAFT_TRY_TO(done,
               graft_pde_open(app, *config->data ? config->data : data->value, true, &source));
  GRAFT_TRY_TO(close, graft_pictures_init(p, app, directory));
  GRAFT_TRY_TO(close, draw_curves(p, config->run, model, &source));
  GRAFT_TRY_TO(close, draw_fields(p, config->run, model, &source, (size_t)config->worst));
close:
  graft_source_fini(&source);
done:
  graft_deeponet_destroy(model);
  graft_yaml_fini(&yaml);
  return status;
}

/* Is it the directory of several transfers? */
static bool is_table(const char *run) {
  char log[GRAFT_PLOT_PATH], table[GRAFT_PLOT_PATH];
  snprintf(log, sizeof log, "%s/log.csv", run);
  snprintf(table, sizeof table, "%s/transfer.csv", run);
  return *run && graft_file_exists(table) && !graft_file_exists(log);
}

graft_status graft_pde_draw(const graft_app *app, const graft_pde_plot *config, graft_words *made) {
  graft_pictures pictures = {0};
  if (is_table(config->run)) return graft_transfer_draw(app, config->run, made);
  GRAFT_CHECK(*config->run || *config->data, USAGE,
              "missing option -run or -data, expected a run directory or a data set");
  GRAFT_CHECK(graft_file_exists(*config->run ? config->run : config->data), INPUT, "%s: no such %s",
              *config->run ? config->run : config->data, *config->run ? "run directory" : "file");
  graft_status status =
      *config->run ? draw_run(app, config, &pictures) : graft_plot_data(app, config, &pictures);
  *made = pictures.made;
  pictures.made = (graft_words){0};
  graft_pictures_fini(&pictures);
  return status;
}

static graft_status run(graft_app *app, void *config) {
  graft_words made = {0};
  graft_json json;
  GRAFT_TRY(graft_app_one_rank(app));
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
