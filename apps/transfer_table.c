/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "apps/judge.h"
#include "apps/plot.h"
#include "apps/transfer.h"
#include "base/arena.h"
#include "io/atomic.h"

const char *graft_transfer_mode_name(size_t i) {
  static const char *const name[] = {[GRAFT_TRANSFER_ZERO_SHOT] = "zero_shot",
                                     [GRAFT_TRANSFER_FINE_TUNE] = "fine_tune",
                                     [GRAFT_TRANSFER_GRAFT] = "graft",
                                     [GRAFT_TRANSFER_SCRATCH] = "scratch"};
  return i < GRAFT_TRANSFER_MODES ? name[i] : NULL;
}

static graft_error_summary no_summary(void) { return (graft_error_summary){NAN, NAN, NAN, NAN}; }

/* The row of a task and count; made if it is not there yet. */
static graft_transfer_row *find_row(graft_transfer_table *table, const char *task, size_t count) {
  size_t r = 0;
  while (r < table->rows &&
         (table->row[r].count != count || strcmp(table->row[r].task, task) != 0)) {
    r++;
  }
  graft_transfer_row *row = &table->row[r];
  if (r < table->rows) return row;
  table->rows++;
  row->count = count;
  snprintf(row->task, sizeof row->task, "%s", task);
  for (size_t m = 0; m < GRAFT_TRANSFER_MODES; m++) row->mode[m] = no_summary();
  for (size_t b = 0; b < GRAFT_MAX_BASELINES; b++) row->baseline[b] = NAN;
  return row;
}

/* Samples that a model knows from its training make its errors too small. */
static graft_status count_seen(graft_transfer_table *table, graft_deeponet *model,
                               const graft_source *view, const size_t *sample, size_t count) {
  unsigned char *seen; /* [count] */
  size_t found = 0;
  GRAFT_TRY(graft_alloc(&seen, count, sizeof *seen));
  graft_status status = graft_deeponet_check_seen(model, view, sample, count, seen);
  for (size_t i = 0; i < count; i++) found += seen[i];
  graft_free(seen);
  if (status == GRAFT_OK && found > table->seen) {
    table->seen = found;
    graft_app_warn(table->app,
                   "%s: %zu of %zu evaluated samples were in the training or validation part of "
                   "the model: its errors there say nothing about new samples",
                   table->config->data, found, count);
  }
  return status;
}

static graft_status evaluate(graft_transfer_table *table, graft_deeponet *model,
                             const graft_source *view, graft_evaluation *evaluation) {
  const size_t K = view->info.tasks;
  size_t *sample = NULL, count = 0;
  const float **mean = NULL; /* [K] */
  float *u = NULL;           /* [count x P] */
  graft_status status;
  GRAFT_TRY(graft_part_select(&view->info, "default", GRAFT_PART_TEST, &sample, &count));
  GRAFT_TRY_TO(done, count_seen(table, model, view, sample, count));
  GRAFT_TRY_TO(done, graft_alloc(&u, count * view->info.points, sizeof *u));
  GRAFT_TRY_TO(done, graft_alloc(&mean, K, sizeof *mean));
  for (size_t k = 0; k < K; k++) mean[k] = graft_deeponet_mean(model, view->info.task_name[k]);
  const double start = graft_meter_clock();
  GRAFT_TRY_TO(done, graft_judge_predict(table->app, model, view, sample, count, u, NULL));
  table->predict_per_sample = (graft_meter_clock() - start) / (double)count;
  status = graft_evaluation_build(view, "default", GRAFT_PART_TEST, mean, u, evaluation);
  snprintf(evaluation->split, sizeof evaluation->split, "%s:%s", table->config->split,
           table->config->part);
done:
  graft_free(sample);
  graft_free(mean);
  graft_free(u);
  return status;
}

graft_status graft_transfer_judge(graft_transfer_table *table, graft_deeponet *model,
                                  const graft_source *view, size_t count, graft_transfer_mode mode,
                                  bool fit) {
  graft_evaluation evaluation = {0};
  graft_status status = evaluate(table, model, view, &evaluation);
  if (status == GRAFT_OK && fit) {
    const size_t modes = (size_t)graft_deeponet_get_config(model)->width;
    status = graft_evaluation_baselines(view, NULL, "default", GRAFT_PART_TEST, modes, &evaluation);
  }
  for (size_t k = 0; k < evaluation.tasks && status == GRAFT_OK; k++) {
    const graft_task_evaluation *task = &evaluation.task[k];
    graft_transfer_row *row = find_row(table, task->name, count);
    row->samples = task->samples;
    row->mode[mode] = task->summary;
    if (fit) memcpy(row->baseline, task->baseline, sizeof row->baseline);
  }
  graft_evaluation_fini(&table->last);
  table->last = evaluation;
  return status;
}

void graft_transfer_table_fini(graft_transfer_table *table) {
  graft_evaluation_fini(&table->last);
  graft_free(table->row);
  *table = (graft_transfer_table){0};
}

static bool has_mode(const graft_transfer_table *table, size_t mode) {
  bool any = false;
  for (size_t r = 0; r < table->rows; r++) any |= isfinite(table->row[r].mode[mode].mean);
  return any;
}

/* Baselines that have numbers; POD floors know the truth and are no competitors. */
static bool has_baseline(const graft_transfer_table *table, size_t b) {
  bool any = false;
  for (size_t r = 0; r < table->rows; r++) any |= isfinite(table->row[r].baseline[b]);
  return any && !strstr(graft_baseline_name(b), "floor");
}

static void print_cell(double error) {
  if (isfinite(error)) {
    printf("%16.2f", 100.0 * error);
  } else {
    printf("%16s", "-");
  }
}

static void print_table(const graft_transfer_table *table) {
  printf("Relative L2 error in %%, mean per sample over the domain, %s:%s\n\n%-16s%8s%8s",
         table->config->split, table->config->part, "task", "given", "tested");
  for (size_t m = 0; m < GRAFT_TRANSFER_MODES; m++) {
    if (has_mode(table, m)) printf("%16s", graft_transfer_mode_name(m));
  }
  for (size_t b = 0; graft_baseline_name(b); b++) {
    if (has_baseline(table, b)) printf("%16s", graft_baseline_name(b));
  }
  printf("\n");
  for (size_t r = 0; r < table->rows; r++) {
    const graft_transfer_row *row = &table->row[r];
    printf("%-16s%8zu%8zu", row->task, row->count, row->samples);
    for (size_t m = 0; m < GRAFT_TRANSFER_MODES; m++) {
      if (has_mode(table, m)) print_cell(row->mode[m].mean);
    }
    for (size_t b = 0; graft_baseline_name(b); b++) {
      if (has_baseline(table, b)) print_cell(row->baseline[b]);
    }
    printf("\n");
  }
  if (table->seen) printf("%zu evaluated samples were in a model's training part\n", table->seen);
  printf("given: samples of the task in all, the share for validation included\n");
}

static graft_status write_csv(void *ctx, FILE *file) {
  const graft_transfer_table *table = ctx;
  fprintf(file, "task,count");
  for (size_t m = 0; m < GRAFT_TRANSFER_MODES; m++) {
    fprintf(file, ",%s", graft_transfer_mode_name(m));
  }
  for (size_t b = 0; graft_baseline_name(b); b++) fprintf(file, ",%s", graft_baseline_name(b));
  fprintf(file, "\n");
  for (size_t r = 0; r < table->rows; r++) {
    const graft_transfer_row *row = &table->row[r];
    fprintf(file, "%s,%zu", row->task, row->count);
    for (size_t m = 0; m < GRAFT_TRANSFER_MODES; m++) fprintf(file, ",%.9g", row->mode[m].mean);
    for (size_t b = 0; graft_baseline_name(b); b++) fprintf(file, ",%.9g", row->baseline[b]);
    fprintf(file, "\n");
  }
  return GRAFT_OK;
}

static void write_row(const graft_transfer_row *row, graft_json *json) {
  graft_json_object(json, NULL);
  graft_json_text(json, "name", row->task);
  graft_json_int(json, "count", (long long)row->count);
  graft_json_int(json, "samples", (long long)row->samples);
  for (size_t m = 0; m < GRAFT_TRANSFER_MODES; m++) {
    if (isnan(row->mode[m].mean)) continue;
    graft_json_object(json, graft_transfer_mode_name(m));
    graft_json_real(json, "mean", row->mode[m].mean);
    graft_json_real(json, "median", row->mode[m].median);
    graft_json_real(json, "p95", row->mode[m].p95);
    graft_json_real(json, "max", row->mode[m].max);
    graft_json_end_object(json);
  }
  graft_json_object(json, "baselines");
  for (size_t b = 0; graft_baseline_name(b); b++) {
    graft_json_real(json, graft_baseline_name(b), row->baseline[b]);
  }
  graft_json_end_object(json);
  graft_json_end_object(json);
}

static graft_status write_metrics(void *ctx, FILE *file) {
  const graft_transfer_table *table = ctx;
  graft_json json;
  graft_json_init(&json, file);
  graft_json_object(&json, NULL);
  graft_json_text(&json, "program", table->app->program->name);
  graft_json_text(&json, "version", table->app->program->version);
  graft_json_text(&json, "split", table->last.split);
  graft_json_int(&json, "seed", table->config->seed);
  graft_json_int(&json, "seen_samples", (long long)table->seen);
  graft_json_object(&json, "seconds");
  graft_json_real(&json, "solve", table->solve_seconds > 0 ? table->solve_seconds : NAN);
  graft_json_real(&json, "train", table->train_seconds);
  graft_json_real(&json, "predict_per_sample", table->predict_per_sample);
  graft_json_end_object(&json);
  graft_evaluation_write(&table->last, &json);
  graft_json_array(&json, "transfer");
  for (size_t r = 0; r < table->rows; r++) write_row(&table->row[r], &json);
  graft_json_end_array(&json);
  graft_json_end_object(&json);
  return graft_json_finish(&json);
}

/* Write RUN/NAME whole or not at all. */
static graft_status write_file(graft_transfer_table *table, const char *name,
                               graft_status (*content)(void *, FILE *)) {
  char path[GRAFT_PATH_SIZE + 64];
  snprintf(path, sizeof path, "%s/%s", table->config->output, name);
  return graft_atomic_write_stream(path, content, table);
}

graft_status graft_transfer_draw(const graft_app *app, const char *run, graft_words *made) {
  char directory[GRAFT_PLOT_PATH];
  graft_pictures pictures = {0};
  snprintf(directory, sizeof directory, "%.1000s/plots", run);
  graft_status status = graft_pictures_init(&pictures, app, directory);
  if (status == GRAFT_OK) status = graft_pictures_draw(&pictures, "transfer", "transfer", "");
  *made = pictures.made;
  pictures.made = (graft_words){0};
  graft_pictures_fini(&pictures);
  return status;
}

graft_status graft_transfer_report(graft_transfer_table *table) {
  graft_words made = {0};
  bool several = false;
  GRAFT_TRY(write_file(table, "transfer.csv", write_csv));
  GRAFT_TRY(write_file(table, "metrics.json", write_metrics));
  if (table->app->json) {
    GRAFT_TRY(write_metrics(table, stdout));
  } else {
    print_table(table);
  }
  for (size_t r = 1; r < table->rows; r++) several |= table->row[r].count != table->row[0].count;
  if (!several) return GRAFT_OK;
  graft_status status = graft_transfer_draw(table->app, table->config->output, &made);
  if (status == GRAFT_OK && made.count && !table->app->json) printf("%s\n", made.word[0]);
  graft_words_fini(&made);
  return status;
}
