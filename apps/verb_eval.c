/* SPDX-License-Identifier: BSD-2-Clause */
/* Verb eval: errors of a model and of the classical baselines, side by side. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "apps/judge.h"
#include "apps/pde.h"
#include "base/arena.h"
#include "base/json.h"
#include "deeponet/ensemble.h"
#include "io/atomic.h"

static const graft_option rows[] = {
    {"model", GRAFT_OPTION_STRING, offsetof(graft_pde_eval, model), GRAFT_PATH_SIZE, "", 0, 0, NULL,
     NULL, "model file, e.g. RUN/model.h5", 0},
    {"data", GRAFT_OPTION_STRING, offsetof(graft_pde_eval, data), GRAFT_PATH_SIZE, "", 0, 0, NULL,
     NULL, "data set with solutions", 0},
    {"training", GRAFT_OPTION_STRING, offsetof(graft_pde_eval, training), GRAFT_PATH_SIZE, "", 0, 0,
     NULL, NULL, "data set whose training part baselines are fitted to; that of -data if empty", 0},
    {"unseen", GRAFT_OPTION_STRING, offsetof(graft_pde_eval, unseen), GRAFT_PATH_SIZE, "", 0, 0,
     NULL, NULL, "data set of tasks that the model is new to; results in the directory's unseen/",
     0},
    {"split", GRAFT_OPTION_STRING, offsetof(graft_pde_eval, split), 2 * GRAFT_NAME_SIZE,
     "default:test", 0, 0, NULL, NULL,
     "samples to report on: NAME:PART, part train, validation or test", 0},
    {"o", GRAFT_OPTION_STRING, offsetof(graft_pde_eval, output), GRAFT_PATH_SIZE, "", 0, 0, NULL,
     NULL, "run directory for the results; the model's if empty", 1},
    {"baselines", GRAFT_OPTION_BOOL, offsetof(graft_pde_eval, baselines), 0, "true", 0, 0, NULL,
     NULL, "fit the classical baselines on the training part too", 0},
    {"accuracy", GRAFT_OPTION_REAL, offsetof(graft_pde_eval, accuracy), 0, "0", 0.0, 1e6, NULL,
     NULL, "exit 5 if the mean relative L2 error of a task is larger; 0: no check", 0},
    {.name = NULL}};

static const graft_section sections[] = {
    {"Run", rows, 0, false},
    {"Common", graft_front_options, offsetof(graft_pde_eval, front), true},
    {NULL, NULL, 0, false}};

static const char *const examples[] = {
    "eval -model runs/a/model.h5 -data data.h5",
    "eval -model runs/a/model.h5 -data data.h5 -split default:validation -o runs/a-validation",
    "eval -model runs/a/model.h5 -data data.h5 -accuracy 0.04 -json", NULL};

/* One evaluation under way. */
struct evaluating {
  const graft_app *app;
  const graft_pde_eval *config;
  char directory[GRAFT_PATH_SIZE];
  char split[GRAFT_NAME_SIZE]; /* before the colon of the option */
  graft_part part;             /* behind it */
  graft_deeponet *model;
  graft_source source;
  graft_evaluation evaluation;
  graft_judge judge;         /* members 0 for a single network */
  size_t samples, seen;      /* evaluated; of these used in the model's training or validation */
  double train_seconds;      /* of the model */
  double predict_per_sample; /* seconds */
  struct evaluating *unseen; /* the same for -unseen, or NULL; its model is borrowed */
  bool is_unseen;            /* this is that one */
};

static graft_status parse_split(struct evaluating *e) {
  const char *text = e->config->split, *colon = strchr(text, ':');
  GRAFT_CHECK(colon && colon > text && colon - text < GRAFT_NAME_SIZE, USAGE,
              "-split: expected NAME:PART, e.g. default:test, got '%s'", text);
  snprintf(e->split, sizeof e->split, "%.*s", (int)(colon - text), text);
  graft_status status = graft_part_parse(colon + 1, &e->part);
  if (status != GRAFT_OK) graft_error_prefix("-split");
  return status;
}

/* Samples that the model knows from its training make its errors too small. */
static graft_status count_seen(struct evaluating *e, const size_t *sample) {
  unsigned char *seen; /* [samples] */
  GRAFT_TRY(graft_alloc(&seen, e->samples, sizeof *seen));
  graft_status status = graft_deeponet_check_seen(e->model, &e->source, sample, e->samples, seen);
  for (size_t i = 0; i < e->samples; i++) e->seen += seen[i];
  graft_free(seen);
  if (status == GRAFT_OK && e->seen > 0) {
    graft_app_warn(e->app,
                   "%s: %zu of %zu evaluated samples were in the training or validation part of "
                   "the model: its errors there say nothing about new samples",
                   e->config->data, e->seen, e->samples);
  }
  return status;
}

/* Baselines of the data set, or of another one. */
static graft_status fit_baselines(struct evaluating *e, size_t modes) {
  graft_source training;
  if (!*e->config->training) {
    return graft_evaluation_baselines(&e->source, NULL, e->split, e->part, modes, &e->evaluation);
  }
  GRAFT_TRY(graft_pde_open(e->app, e->config->training, true, &training));
  graft_status status =
      graft_evaluation_baselines(&e->source, &training, e->split, e->part, modes, &e->evaluation);
  graft_source_fini(&training);
  if (status == GRAFT_OK && e->evaluation.shared > 0) {
    graft_app_warn(e->app, "%s: the baselines were fitted to %zu of the %zu evaluated samples",
                   e->config->training, e->evaluation.shared, e->samples);
  }
  return status;
}

/* Predictions of the part and their errors. */
static graft_status evaluate(struct evaluating *e) {
  size_t *sample = NULL, count = 0, points = e->source.info.points;
  float *u = NULL, *spread = NULL; /* [count x P] */
  const float **mean = NULL;       /* [tasks of the data set] */
  graft_status status;
  GRAFT_TRY(graft_part_select(&e->source.info, e->split, e->part, &sample, &count));
  GRAFT_CHECK_TO(done, count > 0, INPUT, "%s: no samples in %s", e->config->data, e->config->split);
  e->samples = count;
  GRAFT_TRY_TO(done, count_seen(e, sample));
  GRAFT_TRY_TO(done, graft_alloc(&u, count * points, sizeof *u));
  if (graft_deeponet_members(e->model) > 1) {
    GRAFT_TRY_TO(done, graft_alloc(&spread, count * points, sizeof *spread));
  }
  double start = graft_meter_clock();
  GRAFT_TRY_TO(done, graft_judge_predict(e->is_unseen ? NULL : e->app, e->model, &e->source, sample,
                                         count, u, spread));
  e->predict_per_sample = (graft_meter_clock() - start) / (double)count;
  if (spread) {
    GRAFT_TRY_TO(done,
                 graft_judge_build(e->model, &e->source, sample, count, u, spread, &e->judge));
  }
  GRAFT_TRY_TO(done, graft_alloc(&mean, e->source.info.tasks, sizeof *mean));
  for (size_t k = 0; k < e->source.info.tasks; k++) {
    mean[k] = graft_deeponet_mean(e->model, e->source.info.task_name[k]);
  }
  GRAFT_TRY_TO(done,
               graft_evaluation_build(&e->source, e->split, e->part, mean, u, &e->evaluation));
  GRAFT_TRY_TO(done, graft_evaluation_nodes(e->model, &e->source, &e->evaluation));
  if (e->config->baselines) {
    size_t modes = (size_t)graft_deeponet_get_config(e->model)->width;
    graft_app_log(e->app, "eval: fitting the classical baselines");
    GRAFT_TRY_TO(done, fit_baselines(e, modes));
  }
done:
  graft_free(sample);
  graft_free(u);
  graft_free(spread);
  graft_free(mean);
  return status;
}

static graft_status write_metrics(void *ctx, FILE *file) {
  const struct evaluating *e = ctx;
  graft_json json;
  graft_json_init(&json, file);
  graft_json_object(&json, NULL);
  graft_json_text(&json, "program", e->app->program->name);
  graft_json_text(&json, "version", e->app->program->version);
  graft_json_text(&json, "split", e->config->split);
  graft_json_int(&json, "seed", graft_deeponet_get_config(e->model)->seed);
  graft_json_int(&json, "seen_samples", (long long)e->seen);
  graft_json_object(&json, "seconds");
  graft_json_real(&json, "solve", e->source.info.seconds > 0 ? e->source.info.seconds : NAN);
  graft_json_real(&json, "train", e->train_seconds);
  graft_json_real(&json, "predict_per_sample", e->predict_per_sample);
  graft_json_end_object(&json);
  graft_evaluation_write(&e->evaluation, &json);
  if (e->judge.members) graft_judge_write(&e->judge, &json);
  if (e->unseen) {
    graft_json_object(&json, "unseen");
    graft_json_int(&json, "seen_samples", (long long)e->unseen->seen);
    graft_evaluation_write(&e->unseen->evaluation, &json);
    graft_json_end_object(&json);
  }
  graft_json_end_object(&json);
  return graft_json_finish(&json);
}

/* A row per sample, so that anybody can look at the distribution. */
static graft_status write_errors(void *ctx, FILE *file) {
  const struct evaluating *e = ctx;
  fprintf(file, "task,sample,index,rel_l2,rel_l2_fluctuation,rel_l2_gradient\n");
  for (size_t k = 0; k < e->evaluation.tasks; k++) {
    const graft_task_evaluation *t = &e->evaluation.task[k];
    for (size_t i = 0; i < t->samples; i++) {
      fprintf(file, "%s,%zu,%lld,%.9g,%.9g,%.9g\n", t->name, t->sample[i],
              (long long)e->source.info.index[t->sample[i]], t->rel_l2[i], t->rel_l2_fluctuation[i],
              t->rel_l2_gradient[i]);
    }
  }
  return GRAFT_OK;
}

/* Floors are no competitors: they know the truth that they project. */
static bool is_floor(const char *name) { return strstr(name, "floor") != NULL; }

/* Some baselines are for some problems only. */
static bool has_baseline(const graft_evaluation *evaluation, size_t b) {
  for (size_t k = 0; k < evaluation->tasks; k++) {
    if (isfinite(evaluation->task[k].baseline[b])) return true;
  }
  return false;
}

/* A row per task: mean error of the network and of each baseline that there is. */
static graft_status write_summary(void *ctx, FILE *file) {
  const struct evaluating *e = ctx;
  const graft_evaluation *v = &e->evaluation;
  fprintf(file, "task,network");
  for (size_t b = 0; graft_baseline_name(b); b++) {
    if (has_baseline(v, b)) fprintf(file, ",%s", graft_baseline_name(b));
  }
  fprintf(file, "\n");
  for (size_t k = 0; k < v->tasks; k++) {
    fprintf(file, "%s,%.9g", v->task[k].name, v->task[k].summary.mean);
    for (size_t b = 0; graft_baseline_name(b); b++) {
      if (has_baseline(v, b)) fprintf(file, ",%.9g", v->task[k].baseline[b]);
    }
    fprintf(file, "\n");
  }
  return GRAFT_OK;
}

static graft_status write_calibration(void *ctx, FILE *file) {
  const struct evaluating *e = ctx;
  graft_judge_csv(&e->judge, file);
  return GRAFT_OK;
}

/* What was evaluated, for `plot`. */
static graft_status write_record(void *ctx, FILE *file) {
  const struct evaluating *e = ctx;
  graft_yaml yaml = {0};
  char *text = NULL;
  graft_status status =
      graft_options_effective(&graft_pde_verb_eval, e->config, &e->app->petsc, &yaml);
  if (status == GRAFT_OK) status = graft_yaml_print(&yaml, &text);
  if (status == GRAFT_OK) fputs(text, file);
  graft_free(text);
  graft_yaml_fini(&yaml);
  return status;
}

/* Write DIRECTORY/NAME whole or not at all. */
static graft_status write_file(struct evaluating *e, const char *name,
                               graft_status (*content)(void *, FILE *)) {
  char path[GRAFT_PATH_SIZE + 64];
  snprintf(path, sizeof path, "%s/%s", e->directory, name);
  return graft_atomic_write_stream(path, content, e);
}

static void print_cell(double error, bool better) {
  char text[32] = "- ";
  if (isfinite(error)) {
    snprintf(text, sizeof text, "%.2f%s", 100.0 * error, better ? "*" : " ");
  }
  printf("%16s", text);
}

/* Which baselines were fitted to log u, a line per task. */
static void print_targets(const graft_evaluation *v) {
  for (size_t k = 0; k < v->tasks; k++) {
    const char *gap = ": fitted to log u, which did better on validation: ";
    for (size_t b = 0; graft_baseline_name(b); b++) {
      if (!v->task[k].of_log[b]) continue;
      printf("%s%s%s", *gap == ':' ? v->task[k].name : "", gap, graft_baseline_name(b));
      gap = ", ";
    }
    if (*gap != ':') printf("\n");
  }
}

/* What the tables have to explain below. */
struct notes {
  bool lost, left_out, compared, new_task;
};

static void print_name(const struct evaluating *e, const char *task, struct notes *notes) {
  char text[GRAFT_NAME_SIZE + 8];
  bool known = graft_deeponet_mean(e->model, task) != NULL;
  snprintf(text, sizeof text, "%s%s", task, known ? "" : " (new)");
  printf("%-14s", text);
  notes->new_task |= !known;
}

/* Rows of the first table. */
static void print_errors(const struct evaluating *e, struct notes *notes) {
  for (size_t k = 0; k < e->evaluation.tasks; k++) {
    const graft_task_evaluation *t = &e->evaluation.task[k];
    print_name(e, t->name, notes);
    if (isnan(t->summary.mean)) {
      printf("%8zu  %s\n", t->samples,
             t->samples ? "the model does not know this task" : "no samples in this part");
      continue;
    }
    printf("%8zu%10.2f%10.2f%10.2f%10.2f", t->samples, 100.0 * t->summary.mean,
           100.0 * t->summary.median, 100.0 * t->summary.p95, 100.0 * t->summary.max);
    print_cell(t->fluctuation.mean, false);
    print_cell(t->gradient.mean, false);
    printf("\n");
    if (!t->rel_l2_nodes) continue;
    printf("%-14s%8zu%10.2f%10.2f%10.2f%10.2f\n", "  at its nodes", t->samples,
           100.0 * t->nodes.mean, 100.0 * t->nodes.median, 100.0 * t->nodes.p95,
           100.0 * t->nodes.max);
  }
}

/* Rows of the second table; its columns are the baselines that @p columns has. */
static void print_baselines(const struct evaluating *e, const graft_evaluation *columns,
                            struct notes *notes) {
  for (size_t k = 0; k < e->evaluation.tasks; k++) {
    const graft_task_evaluation *t = &e->evaluation.task[k];
    print_name(e, t->name, notes);
    print_cell(t->summary.mean, false);
    for (size_t b = 0; graft_baseline_name(b); b++) {
      if (!has_baseline(columns, b)) continue;
      bool better = !is_floor(graft_baseline_name(b)) && t->baseline[b] < t->summary.mean;
      print_cell(t->baseline[b], better);
      notes->lost |= better;
      notes->compared |= !isnan(t->baseline[b]) && !is_floor(graft_baseline_name(b));
      notes->left_out |= isnan(t->baseline[b]);
    }
    printf("\n");
  }
}

static void print_notes(const struct evaluating *e, const struct notes *notes) {
  const graft_deeponet_config *model = graft_deeponet_get_config(e->model);
  if (notes->new_task) {
    printf("(new): the model was not trained on this task%s\n",
           e->config->baselines && !*e->config->training ? ", the baselines were" : "");
  }
  if (!e->config->baselines) return;
  print_targets(&e->evaluation);
  if (notes->left_out) {
    printf("-: no training samples, more than 32000 (too many for it), or not for this problem\n");
  }
  if (notes->lost) printf("* better than the network\n");
  if (!notes->lost && notes->compared) printf("the network is better than every baseline\n");
  printf("pod_floor knows the truth: its projection on at most %lld modes of the training fields\n",
         model->width);
  if (strcmp(model->skip, "none") != 0) {
    printf("the network has a %s skip path, fitted on the model's own inputs and outputs\n",
           model->skip);
  }
}

static void print_seen(const struct evaluating *e) {
  if (e->seen == 0) return;
  printf("%zu of %zu samples were in the model's training or validation part\n", e->seen,
         e->samples);
}

static void print_fitted(const struct evaluating *e) {
  if (*e->config->training) {
    printf("the baselines were fitted to %s\n", e->config->training);
  } else if (e->part != GRAFT_PART_TEST) {
    const char *how = e->part == GRAFT_PART_TRAIN ? "fitted" : "tuned";
    printf("the baselines were %s on these samples\n", how);
  }
}

static void print_table(const struct evaluating *e) {
  const graft_evaluation *v = &e->evaluation;
  struct notes notes = {0};
  printf("Relative L2 error in %%, per sample over the domain, %s\n\n", v->split);
  printf("%-14s%8s%10s%10s%10s%10s%16s%16s\n", "network", "samples", "mean", "median", "p95", "max",
         "fluctuation", "gradient");
  print_errors(e, &notes);
  if (e->unseen) print_errors(e->unseen, &notes);
  print_seen(e);
  if (e->unseen) print_seen(e->unseen);
  if (e->judge.members) graft_judge_print(stdout, &e->judge);
  if (e->config->baselines) {
    print_fitted(e);
    printf("\n%-14s%16s", "mean", "network");
    for (size_t b = 0; graft_baseline_name(b); b++) {
      if (has_baseline(v, b)) printf("%16s", graft_baseline_name(b));
    }
    printf("\n");
    print_baselines(e, v, &notes);
    if (e->unseen) print_baselines(e->unseen, v, &notes);
  }
  print_notes(e, &notes);
}

static graft_status check_errors(const struct evaluating *e) {
  for (size_t k = 0; k < e->evaluation.tasks; k++) {
    const graft_task_evaluation *t = &e->evaluation.task[k];
    if (t->samples == 0 || isnan(t->summary.mean)) continue;
    GRAFT_CHECK(e->config->accuracy <= 0.0 || t->summary.mean <= e->config->accuracy, ACCURACY,
                "%s: expected a mean relative L2 error of at most %g, got %.4g", t->name,
                e->config->accuracy, t->summary.mean);
  }
  return GRAFT_OK;
}

/* Evaluate one data set and write its files. */
static graft_status evaluate_files(struct evaluating *e) {
  GRAFT_TRY(evaluate(e));
  GRAFT_TRY(write_file(e, "errors.csv", write_errors));
  GRAFT_TRY(write_file(e, "summary.csv", write_summary));
  if (e->judge.members) GRAFT_TRY(write_file(e, "calibration.csv", write_calibration));
  GRAFT_TRY(write_file(e, "eval.yaml", write_record));
  return write_file(e, "metrics.json", write_metrics);
}

static graft_status report(struct evaluating *e) {
  if (e->unseen) GRAFT_TRY(evaluate_files(e->unseen));
  GRAFT_TRY(evaluate_files(e));
  if (e->app->json) {
    GRAFT_TRY(write_metrics(e, stdout));
  } else {
    print_table(e);
  }
  return check_errors(e);
}

static void close_data(struct evaluating *e) {
  graft_evaluation_fini(&e->evaluation);
  graft_source_fini(&e->source);
}

/* Open -unseen for @p u, which has all else from @p e. @p there: was its directory there? */
static graft_status open_unseen(const struct evaluating *e, graft_pde_eval *config,
                                struct evaluating *u, bool *there) {
  *config = *e->config;
  *u = *e;
  snprintf(config->data, sizeof config->data, "%s", e->config->unseen);
  config->unseen[0] = config->training[0] = '\0';
  u->config = config;
  u->is_unseen = true;
  int length =
      snprintf(u->directory, sizeof u->directory, "%.*s/unseen", GRAFT_PATH_SIZE - 8, e->directory);
  GRAFT_CHECK(length < GRAFT_PATH_SIZE, USAGE, "-o: the name is too long");
  snprintf(config->output, sizeof config->output, "%s", u->directory);
  GRAFT_TRY(graft_pde_open(e->app, config->data, true, &u->source));
  graft_status status = graft_pde_check_split(config->data, &u->source, u->split);
  *there = graft_file_exists(u->directory);
  if (status == GRAFT_OK) status = graft_directory_create(u->directory);
  if (status != GRAFT_OK) graft_source_fini(&u->source);
  return status;
}

static graft_status run_unseen(struct evaluating *e) {
  graft_pde_eval *config;
  struct evaluating *unseen = NULL;
  bool there = true;
  graft_status status;
  GRAFT_TRY(graft_alloc(&config, 1, sizeof *config));
  GRAFT_TRY_TO(done, graft_alloc(&unseen, 1, sizeof *unseen));
  GRAFT_TRY_TO(done, open_unseen(e, config, unseen, &there));
  e->unseen = unseen;
  status = report(e);
  close_data(unseen);
  if (status != GRAFT_OK && !there) graft_directory_remove_empty(unseen->directory);
done:
  graft_free(unseen);
  graft_free(config);
  return status;
}

/* The directory is made first, as an evaluation that can't be stored is in vain. */
static graft_status evaluate_into_directory(struct evaluating *e) {
  graft_pde_directory(e->config->model, e->directory, sizeof e->directory);
  if (*e->config->output) snprintf(e->directory, sizeof e->directory, "%s", e->config->output);
  bool there = graft_file_exists(e->directory);
  graft_status status = graft_directory_create(e->directory);
  if (status == GRAFT_OK) status = *e->config->unseen ? run_unseen(e) : report(e);
  if (status != GRAFT_OK && !there) graft_directory_remove_empty(e->directory);
  return status;
}

static graft_status run(graft_app *app, void *verb_config) {
  const graft_pde_eval *config = verb_config;
  struct evaluating e = {.app = app, .config = config};
  graft_bundle bundle;
  GRAFT_TRY(graft_app_one_rank(app));
  GRAFT_TRY(graft_pde_require("-model", config->model, "a model file"));
  GRAFT_TRY(graft_pde_require("-data", config->data, "a data set"));
  GRAFT_TRY(parse_split(&e));
  GRAFT_TRY(graft_pde_load(config->model, &bundle, &e.model));
  if (graft_bundle_get_real(&bundle, "training/seconds", &e.train_seconds) != GRAFT_OK)
    e.train_seconds = 0.0;
  graft_bundle_fini(&bundle);
  graft_status status = graft_pde_open(app, config->data, true, &e.source);
  if (status == GRAFT_OK) {
    status = graft_pde_check_split(config->data, &e.source, e.split);
    if (status == GRAFT_OK) status = evaluate_into_directory(&e);
    close_data(&e);
  }
  graft_deeponet_destroy(e.model);
  return status;
}

const graft_verb graft_pde_verb_eval = {.name = "eval",
                                        .summary = "errors per task beside classical baselines",
                                        .example = examples,
                                        .section = sections,
                                        .config_size = sizeof(graft_pde_eval),
                                        .run = run};
