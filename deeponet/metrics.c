/* SPDX-License-Identifier: BSD-2-Clause */
#include "deeponet/metrics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/view.h"

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Quantile q of sorted values by linear interpolation between order statistics. */
static double quantile(const double *sorted, size_t count, double q) {
  double at = q * (double)(count - 1);
  size_t low = (size_t)at, high = low + 1 < count ? low + 1 : low;
  return sorted[low] + (at - (double)low) * (sorted[high] - sorted[low]);
}

graft_status graft_error_summarise(const double *value, size_t count,
                                   graft_error_summary *summary) {
  double *sorted, sum = 0;
  *summary = (graft_error_summary){NAN, NAN, NAN, NAN};
  if (count == 0) return GRAFT_OK;
  for (size_t i = 0; i < count; i++) sum += value[i];
  if (isnan(sum)) return GRAFT_OK;
  GRAFT_TRY(graft_alloc(&sorted, count, sizeof *sorted));
  memcpy(sorted, value, count * sizeof *sorted);
  qsort(sorted, count, sizeof *sorted, compare);
  *summary = (graft_error_summary){sum / (double)count, quantile(sorted, count, .5),
                                   quantile(sorted, count, .95), sorted[count - 1]};
  graft_free(sorted);
  return GRAFT_OK;
}

double graft_metric_rel_l2(const float *prediction, const float *truth, const float *mean,
                           const unsigned char *mask, size_t points) {
  double error = 0, norm = 0;
  for (size_t p = 0; p < points; p++) {
    if (!mask[p]) continue;
    double difference = (double)prediction[p] - (double)truth[p];
    double size = (double)truth[p] - (mean ? (double)mean[p] : 0);
    error += difference * difference;
    norm += size * size;
  }
  return sqrt(error / norm);
}

/* Distance in the array between neighbours on an axis (the last axis is contiguous). */
static size_t axis_stride(const graft_source_info *info, int axis) {
  size_t stride = 1;
  for (int a = axis + 1; a < info->dims; a++) stride *= info->grid[a];
  return stride;
}

/* Do p and both its neighbours on every axis lie in the mask? */
static int whole_stencil(const graft_source_info *info, const size_t *stride,
                         const unsigned char *mask, size_t p) {
  if (!mask[p]) return 0;
  for (int a = 0; a < info->dims; a++) {
    size_t i = p / stride[a] % info->grid[a];
    if (i == 0 || i + 1 == info->grid[a]) return 0;
    if (!mask[p - stride[a]] || !mask[p + stride[a]]) return 0;
  }
  return 1;
}

double graft_metric_rel_l2_gradient(const graft_source_info *info, const float *prediction,
                                    const float *truth, const unsigned char *mask) {
  double error = 0, norm = 0;
  size_t stride[3], points = 0;
  for (int a = 0; a < info->dims; a++) stride[a] = axis_stride(info, a);
  for (size_t p = 0; p < info->points; p++) {
    if (!whole_stencil(info, stride, mask, p)) continue;
    points++;
    for (int a = info->in_time; a < info->dims; a++) { /* along space */
      double twice = 2 * (info->hi[a] - info->lo[a]) / (double)(info->grid[a] - 1);
      double slope = ((double)truth[p + stride[a]] - (double)truth[p - stride[a]]) / twice;
      double got = ((double)prediction[p + stride[a]] - (double)prediction[p - stride[a]]) / twice;
      error += (got - slope) * (got - slope);
      norm += slope * slope;
    }
  }
  return points ? sqrt(error / norm) : NAN;
}

graft_status graft_part_select(const graft_source_info *info, const char *split, graft_part part,
                               size_t **sample, size_t *count) {
  const uint8_t *table;
  *sample = NULL;
  *count = 0;
  GRAFT_TRY(graft_source_split_find(info, split, &table));
  GRAFT_TRY(graft_alloc(sample, info->samples, sizeof **sample));
  for (size_t s = 0; s < info->samples; s++) {
    if (table[s] == part) (*sample)[(*count)++] = s;
  }
  return GRAFT_OK;
}

static const char *const part_name[] = {"train", "validation", "test"};

graft_status graft_part_parse(const char *text, graft_part *part) {
  for (int i = 0; i < 3; i++) {
    if (strcmp(text, part_name[i]) == 0) {
      *part = (graft_part)i;
      return GRAFT_OK;
    }
  }
  GRAFT_CHECK(0, USAGE, "part of a split: expected train, validation or test, got '%s'", text);
  return GRAFT_OK;
}

static graft_status task_init(graft_task_evaluation *task, size_t samples) {
  GRAFT_TRY(graft_alloc(&task->sample, samples, sizeof(size_t)));
  GRAFT_TRY(graft_alloc(&task->rel_l2, samples, sizeof(double)));
  GRAFT_TRY(graft_alloc(&task->rel_l2_fluctuation, samples, sizeof(double)));
  return graft_alloc(&task->rel_l2_gradient, samples, sizeof(double));
}

static graft_status add_sample(const graft_source *source, size_t sample, const float *mean,
                               const float *prediction, float *truth, graft_task_evaluation *task) {
  const graft_source_info *info = &source->info;
  const unsigned char *mask = info->geometry[info->sample_geometry[sample]].mask;
  size_t i = task->samples++;
  GRAFT_TRY(source->fill(source->ctx, "u", &sample, 1, truth));
  task->sample[i] = sample;
  task->rel_l2[i] = graft_metric_rel_l2(prediction, truth, NULL, mask, info->points);
  task->rel_l2_fluctuation[i] =
      mean ? graft_metric_rel_l2(prediction, truth, mean, mask, info->points) : NAN;
  task->rel_l2_gradient[i] = graft_metric_rel_l2_gradient(info, prediction, truth, mask);
  return GRAFT_OK;
}

static graft_status summarise(graft_task_evaluation *task) {
  GRAFT_TRY(graft_error_summarise(task->rel_l2, task->samples, &task->summary));
  GRAFT_TRY(graft_error_summarise(task->rel_l2_fluctuation, task->samples, &task->fluctuation));
  return graft_error_summarise(task->rel_l2_gradient, task->samples, &task->gradient);
}

static graft_status build(const graft_source *source, const size_t *sample, size_t count,
                          const float *const *mean, const float *prediction,
                          graft_evaluation *evaluation) {
  const graft_source_info *info = &source->info;
  float *truth;
  graft_status status = GRAFT_OK;
  GRAFT_TRY(graft_alloc(&evaluation->task, info->tasks, sizeof *evaluation->task));
  evaluation->tasks = info->tasks;
  for (size_t k = 0; k < info->tasks; k++) {
    graft_task_evaluation *task = &evaluation->task[k];
    memcpy(task->name, info->task_name[k], sizeof task->name);
    for (size_t b = 0; b < GRAFT_MAX_BASELINES; b++) task->baseline[b] = NAN;
    GRAFT_TRY(task_init(task, count));
  }
  GRAFT_TRY(graft_alloc(&truth, info->points, sizeof *truth));
  for (size_t i = 0; i < count; i++) {
    size_t k = (size_t)info->task[sample[i]];
    GRAFT_TRY_TO(done, add_sample(source, sample[i], mean[k], prediction + i * info->points, truth,
                                  &evaluation->task[k]));
  }
  for (size_t k = 0; k < info->tasks; k++) GRAFT_TRY_TO(done, summarise(&evaluation->task[k]));
done:
  graft_free(truth);
  return status;
}

graft_status graft_evaluation_build(const graft_source *source, const char *split, graft_part part,
                                    const float *const *mean, const float *prediction,
                                    graft_evaluation *evaluation) {
  size_t *sample, count;
  *evaluation = (graft_evaluation){0};
  GRAFT_CHECK(part <= GRAFT_PART_TEST, INTERNAL, "part %d of a split", (int)part);
  snprintf(evaluation->split, sizeof evaluation->split, "%s:%s", split, part_name[part]);
  GRAFT_TRY(graft_part_select(&source->info, split, part, &sample, &count));
  graft_status status = build(source, sample, count, mean, prediction, evaluation);
  graft_free(sample);
  return status;
}

/* Samples of some parts of a split, those asked for as test samples. */
struct chosen {
  size_t count;
  size_t *sample; /* [count] */
  uint8_t *part;  /* [count] */
};

static graft_status choose(const graft_source *source, const char *split, bool fitted,
                           graft_part asked, struct chosen *chosen) {
  const uint8_t *table;
  GRAFT_TRY(graft_source_split_find(&source->info, split, &table));
  GRAFT_TRY(graft_alloc(&chosen->sample, source->info.samples, sizeof *chosen->sample));
  GRAFT_TRY(graft_alloc(&chosen->part, source->info.samples, sizeof *chosen->part));
  for (size_t s = 0; s < source->info.samples; s++) {
    const bool used = table[s] == GRAFT_PART_TRAIN || table[s] == GRAFT_PART_VALIDATION;
    if (fitted ? !used : table[s] != asked) continue;
    chosen->sample[chosen->count] = s;
    chosen->part[chosen->count++] = fitted ? table[s] : GRAFT_PART_TEST;
  }
  return GRAFT_OK;
}

/* Errors of all baselines on all tasks of a source. */
struct fitted {
  double *error; /* [K x GRAFT_MAX_BASELINES] */
  bool *of_log;  /* likewise */
};

static graft_status fit(const graft_source *source, const char *split, graft_part part,
                        size_t modes, struct fitted *f) {
  const size_t count = source->info.tasks * GRAFT_MAX_BASELINES;
  GRAFT_TRY(graft_alloc(&f->error, count, sizeof *f->error));
  GRAFT_TRY(graft_alloc(&f->of_log, count, sizeof *f->of_log));
  return graft_baseline_run(source, split, part, modes, f->error, f->of_log);
}

static void take_task(const struct fitted *f, size_t k, graft_task_evaluation *task) {
  memcpy(task->baseline, f->error + k * GRAFT_MAX_BASELINES, sizeof task->baseline);
  memcpy(task->of_log, f->of_log + k * GRAFT_MAX_BASELINES, sizeof task->of_log);
}

static void fitted_fini(struct fitted *f) {
  graft_free(f->error);
  graft_free(f->of_log);
}

/* Fingerprint of a sample's region, inputs and numbers; a row of room for its fields. */
static graft_status fingerprint(const graft_source *source, size_t s, float *row, uint64_t *hash) {
  const graft_source_info *info = &source->info;
  *hash = graft_hash(GRAFT_HASH_START, info->geometry[info->sample_geometry[s]].mask, info->points);
  for (size_t i = 0; i < info->inputs; i++) {
    const size_t count = graft_source_points(info, info->input[i].axes);
    GRAFT_TRY(source->fill(source->ctx, info->input[i].name, &s, 1, row));
    *hash = graft_hash(*hash, row, count * sizeof *row);
  }
  if (info->codes) {
    *hash = graft_hash(*hash, info->code + s * info->codes, info->codes * sizeof *info->code);
  }
  return GRAFT_OK;
}

static int compare_hashes(const void *a, const void *b) {
  const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

/* How many samples of a view are among its first ones, to which baselines are fitted? */
static graft_status count_shared(const graft_source *view, size_t fitted, size_t *shared) {
  const size_t S = view->info.samples;
  uint64_t *hash;
  float *row;
  graft_status status;
  *shared = 0;
  GRAFT_TRY(graft_alloc(&hash, S, sizeof *hash));
  GRAFT_TRY_TO(done_hash, graft_alloc(&row, view->info.points, sizeof *row));
  for (size_t s = 0; s < S; s++) GRAFT_TRY_TO(done, fingerprint(view, s, row, &hash[s]));
  qsort(hash, fitted, sizeof *hash, compare_hashes);
  for (size_t s = fitted; s < S; s++) {
    *shared += bsearch(&hash[s], hash, fitted, sizeof *hash, compare_hashes) != NULL;
  }
done:
  graft_free(row);
done_hash:
  graft_free(hash);
  return status;
}

/* Baselines of a view of both, copied to the tasks of the evaluation. */
static graft_status run_view(const graft_view_part part[2], size_t modes,
                             graft_evaluation *evaluation) {
  graft_source view;
  struct fitted f = {0};
  graft_status status;
  GRAFT_TRY(graft_view_init(part, 2, &view));
  GRAFT_TRY_TO(done, count_shared(&view, part[0].count, &evaluation->shared));
  GRAFT_TRY_TO(done, fit(&view, "default", GRAFT_PART_TEST, modes, &f));
  for (size_t k = 0; k < evaluation->tasks; k++) {
    for (size_t j = 0; j < view.info.tasks; j++) {
      if (strcmp(view.info.task_name[j], evaluation->task[k].name) != 0) continue;
      take_task(&f, j, &evaluation->task[k]);
    }
  }
done:
  fitted_fini(&f);
  graft_source_fini(&view);
  return status;
}

/* Baselines fitted to another data set. */
static graft_status run_elsewhere(const graft_source *source, const graft_source *training,
                                  const char *split, graft_part asked, size_t modes,
                                  graft_evaluation *evaluation) {
  struct chosen chosen[2] = {{0}, {0}};
  graft_view_part part[2];
  graft_status status;
  GRAFT_TRY_TO(done, choose(training, split, true, asked, &chosen[0]));
  GRAFT_TRY_TO(done, choose(source, split, false, asked, &chosen[1]));
  for (int i = 0; i < 2; i++) {
    part[i] = (graft_view_part){.source = i ? source : training,
                                .count = chosen[i].count,
                                .sample = chosen[i].sample,
                                .part = chosen[i].part};
  }
  GRAFT_TRY_TO(done, run_view(part, modes, evaluation));
done:
  for (int i = 0; i < 2; i++) {
    graft_free(chosen[i].sample);
    graft_free(chosen[i].part);
  }
  return status;
}

graft_status graft_evaluation_baselines(const graft_source *source, const graft_source *training,
                                        const char *split, graft_part part, size_t modes,
                                        graft_evaluation *evaluation) {
  struct fitted f = {0};
  if (training) return run_elsewhere(source, training, split, part, modes, evaluation);
  graft_status status = fit(source, split, part, modes, &f);
  for (size_t k = 0; k < evaluation->tasks && status == GRAFT_OK; k++) {
    take_task(&f, k, &evaluation->task[k]);
  }
  fitted_fini(&f);
  return status;
}

/* Did a baseline give a number for some task? Problems have some of their own. */
static bool was_fitted(const graft_evaluation *evaluation, size_t b) {
  for (size_t k = 0; k < evaluation->tasks; k++) {
    if (isfinite(evaluation->task[k].baseline[b])) return true;
  }
  return false;
}

static void write_summary(graft_json *json, const char *name, const graft_error_summary *summary) {
  graft_json_object(json, name);
  graft_json_real(json, "mean", summary->mean);
  graft_json_real(json, "median", summary->median);
  graft_json_real(json, "p95", summary->p95);
  graft_json_real(json, "max", summary->max);
  graft_json_end_object(json);
}

void graft_evaluation_write(const graft_evaluation *evaluation, graft_json *json) {
  graft_json_array(json, "tasks");
  for (size_t k = 0; k < evaluation->tasks; k++) {
    const graft_task_evaluation *task = &evaluation->task[k];
    graft_json_object(json, NULL);
    graft_json_text(json, "name", task->name);
    graft_json_int(json, "samples", (long long)task->samples);
    write_summary(json, "rel_l2", &task->summary);
    if (task->rel_l2_nodes) write_summary(json, "rel_l2_nodes", &task->nodes);
    graft_json_object(json, "rel_l2_fluctuation");
    graft_json_real(json, "mean", task->fluctuation.mean);
    graft_json_end_object(json);
    graft_json_object(json, "rel_l2_gradient");
    graft_json_real(json, "mean", task->gradient.mean);
    graft_json_end_object(json);
    graft_json_object(json, "baselines");
    for (size_t b = 0; graft_baseline_name(b); b++) {
      if (!was_fitted(evaluation, b)) continue;
      graft_json_real(json, graft_baseline_name(b), task->baseline[b]);
    }
    graft_json_end_object(json);
    graft_json_array(json, "of_log_u");
    for (size_t b = 0; graft_baseline_name(b); b++) {
      if (task->of_log[b]) graft_json_text(json, NULL, graft_baseline_name(b));
    }
    graft_json_end_array(json);
    graft_json_end_object(json);
  }
  graft_json_end_array(json);
}

void graft_evaluation_fini(graft_evaluation *evaluation) {
  for (size_t k = 0; evaluation->task && k < evaluation->tasks; k++) {
    graft_free(evaluation->task[k].sample);
    graft_free(evaluation->task[k].rel_l2);
    graft_free(evaluation->task[k].rel_l2_fluctuation);
    graft_free(evaluation->task[k].rel_l2_gradient);
    graft_free(evaluation->task[k].rel_l2_nodes);
  }
  graft_free(evaluation->task);
  *evaluation = (graft_evaluation){0};
}
