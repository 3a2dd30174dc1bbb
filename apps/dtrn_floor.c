/* SPDX-License-Identifier: BSD-2-Clause */
/* Verb floor: what logistic regression on one-hot values reaches. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "apps/dtrn.h"
#include "base/arena.h"
#include "base/json.h"
#include "io/feature_file.h"
#include "recsys/logistic.h"
#include "recsys/metric.h"

static const graft_option rows[] = {{.name = "data",
                                     .type = GRAFT_OPTION_STRING,
                                     .offset = offsetof(graft_dtrn_floor, data),
                                     .capacity = GRAFT_PATH_SIZE,
                                     .value = "",
                                     .help = "data set of import or generate"},
                                    {.name = NULL}};

static const graft_section sections[] = {
    {"Floor", rows, 0, false},
    {"Common", graft_front_options, offsetof(graft_dtrn_floor, front), true},
    {NULL, NULL, 0, false}};

static const char *const examples[] = {"floor -data ml.h5", "floor -data ml.h5 -json", NULL};

/* A fitted task. */
struct task {
  double penalty;    /* best on validation */
  double attainable; /* AUC of the generator's probabilities; NaN: not known */
  graft_metrics m;   /* on the test part */
};

/* Metrics of rows of one part: labels of the others don't count. */
static graft_status measure(const graft_design *d, size_t k, unsigned part,
                            const double *probability, graft_metrics *m) {
  float *label;
  GRAFT_TRY(graft_alloc(&label, d->rows, sizeof *label));
  for (size_t i = 0; i < d->rows; i++) {
    label[i] = d->part[i] == part ? d->label[k * d->rows + i] : NAN;
  }
  const graft_predictions p = {d->rows, probability, label, d->user};
  graft_status status = graft_metrics_compute(&p, m);
  graft_free(label);
  return status;
}

static bool has_rows(const graft_design *d, size_t k, unsigned part) {
  for (size_t i = 0; i < d->rows; i++) {
    if (d->part[i] == part && !isnan(d->label[k * d->rows + i])) return true;
  }
  return false;
}

/* The penalty with the least log loss on validation, fitted to the training part. */
static graft_status choose(const graft_design *d, size_t k, double *weight, double *probability,
                           double *penalty) {
  static const double choice[] = {1000, 300, 100, 30, 10, 3, 1, 0.3, 0.1, 0.03, 0.01};
  graft_logistic_config config = graft_logistic_config_default();
  double best = INFINITY;
  *penalty = 1;
  if (!has_rows(d, k, GRAFT_PART_VALIDATION)) return GRAFT_OK;
  for (size_t i = 0; i < sizeof choice / sizeof *choice; i++) {
    graft_metrics m;
    config.penalty = choice[i];
    GRAFT_TRY(graft_logistic_fit(d, k, 1U << GRAFT_PART_TRAIN, &config, weight));
    graft_logistic_predict(d, weight, probability);
    GRAFT_TRY(measure(d, k, GRAFT_PART_VALIDATION, probability, &m));
    if (!(m.log_loss < best)) break; /* the loss has one minimum over the penalty, nearly always */
    best = m.log_loss;
    *penalty = choice[i];
  }
  return GRAFT_OK;
}

static graft_status fit(const graft_design *d, size_t k, struct task *task) {
  graft_logistic_config config = graft_logistic_config_default();
  const unsigned parts = 1U << GRAFT_PART_TRAIN | 1U << GRAFT_PART_VALIDATION;
  double *weight, *probability;
  graft_metrics m;
  graft_status status = GRAFT_OK;
  GRAFT_TRY(graft_alloc(&weight, d->columns, sizeof *weight));
  GRAFT_TRY_TO(done, graft_alloc(&probability, d->rows, sizeof *probability));
  GRAFT_TRY_TO(release, choose(d, k, weight, probability, &task->penalty));
  config.penalty = task->penalty;
  GRAFT_TRY_TO(release, graft_logistic_fit(d, k, parts, &config, weight));
  graft_logistic_predict(d, weight, probability);
  GRAFT_TRY_TO(release, measure(d, k, GRAFT_PART_TEST, probability, &task->m));
  task->attainable = NAN;
  if (d->truth) {
    for (size_t i = 0; i < d->rows; i++) probability[i] = (double)d->truth[k * d->rows + i];
    GRAFT_TRY_TO(release, measure(d, k, GRAFT_PART_TEST, probability, &m));
    task->attainable = m.auc;
  }
release:
  graft_free(probability);
done:
  graft_free(weight);
  return status;
}

static const char *number(double x, char *text, size_t size) {
  snprintf(text, size, isnan(x) ? "-" : "%.4f", x);
  return text;
}

static void print_text(const graft_feature_info *info, const struct task *task) {
  char a[32], b[32], c[32], e[32], f[32], g[32];
  printf("%-20s %9s %9s %8s %8s %9s %8s %8s %8s %11s\n", "test part", "rows", "positive", "AUC",
         "GAUC", "log loss", "ratio", "error", "penalty", "attainable");
  for (size_t k = 0; k < info->labels; k++) {
    const graft_metrics *m = &task[k].m;
    if (!info->label[k].binary) {
      printf("%-20s not binary: left out\n", info->label[k].name);
      continue;
    }
    printf("%-20s %9zu %9zu %8s %8s %9s %8s %8s %8g %11s\n", info->label[k].name, m->rows,
           m->positives, number(m->auc, a, sizeof a), number(m->gauc, b, sizeof b),
           number(m->log_loss, c, sizeof c), number(m->ratio, e, sizeof e),
           number(m->error, f, sizeof f), task[k].penalty, number(task[k].attainable, g, sizeof g));
    if (m->why) printf("  %s: %s\n", info->label[k].name, m->why);
  }
  printf("logistic regression on one-hot values, sequences left out; penalty chosen on validation, "
         "then fitted to training and validation. GAUC: users weighted by their rows.\n");
}

static void json_bins(graft_json *json, const graft_metrics *m) {
  graft_json_array(json, "calibration");
  for (size_t b = 0; b < m->bins; b++) {
    graft_json_object(json, NULL);
    graft_json_int(json, "n", (long long)m->bin[b].rows);
    graft_json_real(json, "predicted", m->bin[b].predicted);
    graft_json_real(json, "observed", m->bin[b].observed);
    graft_json_end_object(json);
  }
  graft_json_end_array(json);
}

static graft_status print_json(const graft_feature_info *info, const struct task *task) {
  graft_json json;
  graft_json_init(&json, stdout);
  graft_json_object(&json, NULL);
  graft_json_text(&json, "dataset_name", info->name);
  graft_json_text(&json, "model", "logistic");
  graft_json_array(&json, "tasks");
  for (size_t k = 0; k < info->labels; k++) {
    const graft_metrics *m = &task[k].m;
    if (!info->label[k].binary) continue;
    graft_json_object(&json, NULL);
    graft_json_text(&json, "name", info->label[k].name);
    graft_json_int(&json, "n", (long long)m->rows);
    graft_json_int(&json, "positives", (long long)m->positives);
    graft_json_real(&json, "auc", m->auc);
    graft_json_real(&json, "gauc", m->gauc);
    graft_json_real(&json, "logloss", m->log_loss);
    graft_json_real(&json, "calibration_ratio", m->ratio);
    graft_json_real(&json, "calibration_error", m->error);
    json_bins(&json, m);
    graft_json_real(&json, "penalty", task[k].penalty);
    graft_json_real(&json, "attainable_auc", task[k].attainable);
    if (m->why) graft_json_text(&json, "undefined", m->why);
    graft_json_end_object(&json);
  }
  graft_json_end_array(&json);
  graft_json_end_object(&json);
  return graft_json_finish(&json);
}

static graft_status fit_all(graft_app *app, const graft_feature_source *source,
                            const graft_design *design) {
  struct task task[GRAFT_MAX_TASKS] = {0};
  const graft_feature_info *info = &source->info;
  for (size_t k = 0; k < info->labels; k++) {
    if (!info->label[k].binary) continue;
    GRAFT_CHECK(*graft_app_stop() == 0, INTERRUPTED, "stopped before task '%s'",
                info->label[k].name);
    graft_status status = fit(design, k, &task[k]);
    if (status != GRAFT_OK) graft_error_prefix("label '%s'", info->label[k].name);
    GRAFT_TRY(status);
  }
  if (app->json) return print_json(info, task);
  print_text(info, task);
  return GRAFT_OK;
}

static graft_status run(graft_app *app, void *verb_config) {
  const graft_dtrn_floor *config = verb_config;
  graft_feature_source source;
  graft_design design;
  GRAFT_TRY(graft_app_one_rank(app));
  GRAFT_CHECK(*config->data, USAGE, "missing option -data, expected a file of graft-dtrn import");
  GRAFT_TRY(graft_feature_open(config->data, &source));
  graft_status status = graft_design_init(&design, &source);
  if (status == GRAFT_OK) {
    status = fit_all(app, &source, &design);
    graft_design_fini(&design);
  }
  graft_feature_source_fini(&source);
  return status;
}

const graft_verb graft_dtrn_verb_floor = {
    .name = "floor",
    .summary = "what logistic regression reaches on the test part, task by task",
    .example = examples,
    .section = sections,
    .config_size = sizeof(graft_dtrn_floor),
    .run = run};
