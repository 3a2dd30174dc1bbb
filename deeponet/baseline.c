/* SPDX-License-Identifier: BSD-2-Clause */
#include "deeponet/baseline.h"

#include <cblas.h>
#include <float.h>
#include <math.h>
#include <omp.h>
#include <string.h>

#include "base/arena.h"
#include "deeponet/baseline_impl.h"
#include "deeponet/baseline_task_impl.h"
#include "deeponet/coarse_impl.h"
#include "deeponet/linalg_impl.h"
#include "deeponet/metrics.h"

static const graft_baseline_type *const registry[] = {
#define X(name) &graft_baseline_##name,
#include "deeponet/baseline.def"
#undef X
};
enum { COUNT = sizeof registry / sizeof *registry };
_Static_assert((int)COUNT <= (int)GRAFT_MAX_BASELINES, "too many baselines");

const graft_baseline_type *graft_baseline_get(size_t i) { return i < COUNT ? registry[i] : NULL; }

const char *graft_baseline_name(size_t i) { return i < COUNT ? registry[i]->name : NULL; }

/* Relative L2 error of sample i in u over the region, given the prediction of u or of log u, or of
 * these over the base. */
static double sample_error(const struct task *task, bool log_target, size_t i,
                           const double *prediction) {
  const double *u = task->u + i * task->points;
  double sum = 0;
  for (size_t j = 0; j < task->points; j++) {
    if (task->own && !task->own[i * task->points + j]) continue;
    const double base = task->base ? task->base[i * task->points + j] : 1;
    double value = !log_target       ? prediction[j]
                   : j < task->inner ? exp(prediction[j])
                                     : task->mean[j];
    sum += (value - u[j]) * (value - u[j]) * base * base;
  }
  return sqrt(sum) / task->norm[i];
}

/* A method on a task, with room for `rows` predictions of one thread. */
struct work {
  double *weights, *scratch, *prediction; /* [rows x n] twice, [rows x M] */
};

static graft_status work_init(struct work *work, const struct task *task, size_t rows) {
  *work = (struct work){0};
  GRAFT_TRY(graft_alloc(&work->weights, rows * task->n, sizeof(double)));
  GRAFT_TRY(graft_alloc(&work->scratch, rows * task->n, sizeof(double)));
  return graft_alloc(&work->prediction, rows * task->points, sizeof(double));
}

static void work_fini(struct work *work) {
  graft_free(work->weights);
  graft_free(work->scratch);
  graft_free(work->prediction);
}

static double mean_error(const graft_baseline_type *type, const void *state,
                         const graft_baseline_data *data, const struct task *task, size_t candidate,
                         size_t first, size_t count, struct work *work) {
  bool log_target = data->y == task->log_u;
  const double *mean = log_target ? task->log_mean : task->mean;
  double total = 0;
  type->weights(state, data, candidate, first, count, work->scratch, work->weights);
  graft_linalg_multiply(count, data->outputs, data->train, false, work->weights, false, data->y,
                        work->prediction);
  for (size_t i = 0; i < count; i++) {
    double *prediction = work->prediction + i * data->outputs, rest = 1;
    for (size_t j = 0; j < data->train; j++) rest -= work->weights[i * data->train + j];
    if (!type->projection) cblas_daxpy((int)data->outputs, rest, mean, 1, prediction, 1);
    total += sample_error(task, log_target, data->train + first + i, prediction);
  }
  return total / (double)count;
}

/* Candidate with the smallest validation error, and that error. */
static graft_status pick(const graft_baseline_type *type, const void *state,
                         const graft_baseline_data *data, const struct task *task,
                         struct work *work, size_t *best, double *best_error) {
  double *error;
  GRAFT_TRY(graft_alloc(&error, type->candidates, sizeof *error));
#pragma omp parallel for schedule(dynamic) if (type->candidates > 1)
  for (size_t c = 0; c < type->candidates; c++) {
    error[c] =
        mean_error(type, state, data, task, c, 0, data->validation, &work[omp_get_thread_num()]);
  }
  *best = 0;
  for (size_t c = 1; c < type->candidates; c++) {
    if (error[c] < error[*best] || isnan(error[*best])) *best = c;
  }
  *best_error = error[*best];
  graft_free(error);
  return GRAFT_OK;
}

static graft_status report(const graft_baseline_type *type, void *state, graft_baseline_data *data,
                           const struct task *task, struct work *work, double *error,
                           bool *of_log) {
  double kept = INFINITY;
  for (int target = 0; target < (task->log_u ? 2 : 1); target++) {
    double validation;
    size_t best;
    data->y = target ? task->log_u : task->u;
    data->outputs = target ? task->inner : task->points;
    if (type->init && (target == 0 || type->projection)) {
      if (target && type->fini) {
        type->fini(state);
        memset(state, 0, type->state_size);
      }
      GRAFT_TRY(type->init(state, data));
    }
    GRAFT_TRY(pick(type, state, data, task, work, &best, &validation));
    if (!(validation < kept)) continue;
    kept = validation;
    *of_log = target == 1;
    for (size_t k = 0; k < task->parts; k++) {
      const size_t first = k ? task->end[k - 1] : 0, end = task->end[k];
      error[k] = first < end ? 0 : NAN;
      for (size_t i = first, count; i < end; i += count) {
        count = end - i < task->v ? end - i : task->v;
        error[k] += (double)count / (double)(end - first) *
                    mean_error(type, state, data, task, best, task->v + i, count, work);
      }
    }
  }
  return GRAFT_OK;
}

static graft_status run_method(const graft_baseline_type *type, const struct task *task,
                               size_t modes, struct work *work, double *error, bool *of_log) {
  graft_baseline_data data = {.train = task->n,
                              .validation = task->v,
                              .test = task->t,
                              .inputs = task->inputs,
                              .modes = modes,
                              .x = task->x};
  void *state;
  GRAFT_TRY(graft_alloc(&state, type->state_size, 1));
  graft_status status = report(type, state, &data, task, work, error, of_log);
  if (type->fini) type->fini(state);
  graft_free(state);
  if (status != GRAFT_OK) graft_error_prefix("baseline %s", type->name);
  return status;
}

/* Can the method tell u from the field that it is given? */
static bool has_field(const graft_baseline_type *type, const graft_source_info *info) {
  const graft_source_input *input = graft_source_input_find(info, type->field);
  if (!input) return false;
  return !type->predict ||
         (graft_source_points(info, input->axes) == info->points && info->codes == 0 &&
          !info->directed && !info->other_data && info->dims == 2 && !info->in_time &&
          info->grid[0] > 1 && info->grid[1] > 1 && graft_coarse_equal_steps(info));
}

/* Errors of a given field, or of what is made of it, as the prediction. */
static graft_status run_field(const graft_baseline_type *type, const graft_source *source,
                              const struct task *task, double *error) {
  const graft_source_info *info = &source->info;
  const size_t known = task->n + task->v;
  float *row;
  double *value;
  graft_status status = GRAFT_OK;
  if (!has_field(type, info)) return GRAFT_OK;
  GRAFT_TRY(graft_alloc(&row, info->points, sizeof *row));
  GRAFT_TRY_TO(done, graft_alloc(&value, task->points, sizeof *value));
  for (size_t k = 0, i = 0; k < task->parts && status == GRAFT_OK; k++) {
    const size_t count = task->end[k] - i;
    double total = 0;
    for (; i < task->end[k] && status == GRAFT_OK; i++) {
      const size_t s = task->sample[known + i];
      status = source->fill(source->ctx, type->field, &s, 1, row);
      if (status == GRAFT_OK && type->predict) {
        status = type->predict(info, &info->geometry[info->sample_geometry[s]], row);
      }
      for (size_t j = 0; j < task->points; j++) {
        const double base = task->base ? task->base[(known + i) * task->points + j] : 1;
        value[j] = base > 0 ? (double)row[task->point[j]] / base : 0;
      }
      total += sample_error(task, false, known + i, value);
    }
    error[k] = count ? total / (double)count : NAN;
  }
  graft_free(value);
done:
  graft_free(row);
  return status;
}

static graft_status run_methods(const graft_source *source, const struct task *task, size_t modes,
                                double *error, bool *of_log) {
  size_t threads = (size_t)omp_get_max_threads();
  struct work *work;
  graft_status status = GRAFT_OK;
  GRAFT_TRY(graft_alloc(&work, threads, sizeof *work));
  for (size_t i = 0; i < threads; i++) GRAFT_TRY_TO(done, work_init(&work[i], task, task->v));
  for (size_t b = 0; b < COUNT; b++) {
    const graft_baseline_type *type = registry[b];
    if (type->spectral && task->n > GRAFT_LINALG_MOST) continue;
    if (type->numbers && !task->numbers) continue;
    double each[GRAFT_MAX_TASKS];
    bool log_kept = false;
    for (size_t k = 0; k < GRAFT_MAX_TASKS; k++) each[k] = NAN;
    GRAFT_TRY_TO(done, type->field ? run_field(type, source, task, each)
                                   : run_method(type, task, modes, work, each, &log_kept));
    for (size_t k = 0; k < task->parts; k++) {
      error[task->part[k] * GRAFT_MAX_BASELINES + b] = each[k];
      if (of_log) of_log[task->part[k] * GRAFT_MAX_BASELINES + b] = log_kept;
    }
  }
done:
  for (size_t i = 0; i < threads; i++) work_fini(&work[i]);
  graft_free(work);
  return status;
}

static graft_status run_task(const graft_source *source, const uint8_t *split, graft_part part,
                             uint64_t tasks, size_t modes, struct task *task, double *error,
                             bool *of_log) {
  GRAFT_TRY(graft_baseline_task_init(task, source, split, part, tasks));
  return task->u ? run_methods(source, task, modes, error, of_log) : GRAFT_OK;
}

/* Tasks without training samples: they share what the others are trained on, and one fit. */
static uint64_t untrained(const graft_source_info *info, const uint8_t *split) {
  uint64_t tasks = 0;
  for (size_t k = 0; k < info->tasks; k++) tasks |= (uint64_t)1 << k;
  for (size_t s = 0; s < info->samples; s++) {
    if (split[s] == GRAFT_PART_TRAIN) tasks &= ~((uint64_t)1 << info->task[s]);
  }
  return tasks;
}

graft_status graft_baseline_run(const graft_source *source, const char *split, graft_part part,
                                size_t modes, double *error, bool *of_log) {
  const uint8_t *table;
  graft_linalg_begin();
  GRAFT_TRY(graft_source_split_find(&source->info, split, &table));
  const uint64_t strangers = untrained(&source->info, table);
  bool done = false; /* with these */
  for (size_t i = 0; i < source->info.tasks * GRAFT_MAX_BASELINES; i++) {
    error[i] = NAN;
    if (of_log) of_log[i] = false;
  }
  for (size_t k = 0; k < source->info.tasks; k++) {
    struct task task = {0};
    const bool strange = strangers >> k & 1;
    if (strange && done) continue;
    done |= strange;
    graft_status status = run_task(source, table, part, strange ? strangers : (uint64_t)1 << k,
                                   modes, &task, error, of_log);
    graft_baseline_task_fini(&task);
    if (status != GRAFT_OK) {
      graft_error_prefix("task %s", source->info.task_name[k]);
      return status;
    }
  }
  return GRAFT_OK;
}
