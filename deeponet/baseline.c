/* SPDX-License-Identifier: BSD-2-Clause */
#include "deeponet/baseline.h"

#include <cblas.h>
#include <float.h>
#include <math.h>
#include <omp.h>
#include <string.h>

#include "base/arena.h"
#include "deeponet/baseline_impl.h"
#include "deeponet/linalg_impl.h"
#include "deeponet/metrics.h"

/* n, v, t: training, validation, test samples of a task. M: points of its region, the I interior
 * ones first. */

static const graft_baseline_type *const registry[] = {
#define X(name) &graft_baseline_##name,
#include "deeponet/baseline.def"
#undef X
};
enum { COUNT = sizeof registry / sizeof *registry };
_Static_assert((int)COUNT <= (int)GRAFT_MAX_BASELINES, "too many baselines");

static const double interior_depth = 1e-9; /* points less deep inside count as boundary points */

const graft_baseline_type *graft_baseline_get(size_t i) { return i < COUNT ? registry[i] : NULL; }

const char *graft_baseline_name(size_t i) { return i < COUNT ? registry[i]->name : NULL; }

/* One task in double. */
struct task {
  size_t n, v, t, points, inner; /* inner = I */
  size_t inputs;                 /* numbers in an input */
  size_t *sample;                /* [n + v + t] */
  size_t *point;                 /* [M] grid points of the region, interior ones first */
  double *x, *u, *log_u;         /* [n + v + t x inputs], [… x M], [… x I] or NULL */
  double *mean, *log_mean;       /* [M], [I] training means of u and log u */
  double *norm;                  /* [n + v + t] |u| over the region */
};

static void release(struct task *task) {
  graft_free(task->sample);
  graft_free(task->point);
  graft_free(task->x);
  graft_free(task->u);
  graft_free(task->log_u);
  graft_free(task->mean);
  graft_free(task->log_mean);
  graft_free(task->norm);
}

static void select_points(struct task *task, const graft_source_info *info,
                          const graft_source_geometry *geometry) {
  for (int boundary = 0; boundary < 2; boundary++) {
    for (size_t p = 0; p < info->points; p++) {
      bool inside = (double)geometry->sdf[p] < -interior_depth;
      if (geometry->mask[p] && inside == !boundary) task->point[task->points++] = p;
    }
    if (!boundary) task->inner = task->points;
  }
}

/* The task's samples of one part, appended to task->sample; -> how many. */
static size_t select_samples(struct task *task, const graft_source_info *info, size_t k,
                             const uint8_t *split, graft_part part, size_t at) {
  size_t count = 0;
  for (size_t s = 0; s < info->samples; s++) {
    if (info->task[s] == (int32_t)k && split[s] == part) task->sample[at + count++] = s;
  }
  return count;
}

/* Without validation samples the last sixth of the training samples stands in for them. */
static void stand_in(struct task *task) {
  if (task->v == 0 && task->n >= 2) {
    task->v = (task->n + 5) / 6;
    task->n -= task->v;
  }
}

static bool one_geometry(const struct task *task, const graft_source_info *info) {
  for (size_t i = 1; i < task->n + task->v + task->t; i++) {
    if (info->sample_geometry[task->sample[i]] != info->sample_geometry[task->sample[0]]) {
      return false;
    }
  }
  return true;
}

static graft_status read_field(const struct task *task, const graft_source *source,
                               const char *field, double *out) {
  float *row;
  graft_status status = GRAFT_OK;
  GRAFT_TRY(graft_alloc(&row, source->info.points, sizeof *row));
  for (size_t i = 0; i < task->n + task->v + task->t && status == GRAFT_OK; i++) {
    status = source->fill(source->ctx, field, &task->sample[i], 1, row);
    for (size_t j = 0; j < task->points; j++) out[i * task->points + j] = row[task->point[j]];
  }
  graft_free(row);
  return status;
}

static void training_mean(size_t n, size_t columns, const double *y, double *mean) {
  memset(mean, 0, columns * sizeof *mean);
  for (size_t i = 0; i < n; i++) cblas_daxpy((int)columns, 1, y + i * columns, 1, mean, 1);
  for (size_t j = 0; j < columns; j++) mean[j] /= (double)n;
}

static graft_status take_log(struct task *task) {
  size_t known = task->n + task->v, all = known + task->t;
  bool positive = task->inner > 0; /* the test part has no say in it */
  for (size_t i = 0; i < known && positive; i++) {
    for (size_t j = 0; j < task->inner; j++) positive &= task->u[i * task->points + j] > 0;
  }
  if (!positive) return GRAFT_OK;
  GRAFT_TRY(graft_alloc(&task->log_u, all * task->inner, sizeof(double)));
  GRAFT_TRY(graft_alloc(&task->log_mean, task->inner, sizeof(double)));
#pragma omp parallel for schedule(static)
  for (size_t i = 0; i < all; i++) {
    for (size_t j = 0; j < task->inner; j++) {
      task->log_u[i * task->inner + j] = log(fmax(task->u[i * task->points + j], DBL_MIN));
    }
  }
  training_mean(task->n, task->inner, task->log_u, task->log_mean);
  return GRAFT_OK;
}

/* Columns of an input field: those in the region where it lies on the whole grid. */
static size_t field_columns(const struct task *task, const graft_source_info *info, size_t input) {
  size_t sensors = graft_source_points(info, info->input[input].axes);
  return sensors == info->points ? task->points : sensors;
}

static graft_status read_input(const struct task *task, const graft_source *source, size_t input,
                               size_t first) {
  const graft_source_info *info = &source->info;
  size_t sensors = graft_source_points(info, info->input[input].axes);
  size_t columns = field_columns(task, info, input);
  float *row;
  graft_status status = GRAFT_OK;
  GRAFT_TRY(graft_alloc(&row, sensors, sizeof *row));
  for (size_t i = 0; i < task->n + task->v + task->t && status == GRAFT_OK; i++) {
    status = source->fill(source->ctx, info->input[input].name, &task->sample[i], 1, row);
    for (size_t j = 0; j < columns; j++) {
      task->x[i * task->inputs + first + j] = row[sensors == info->points ? task->point[j] : j];
    }
  }
  graft_free(row);
  return status;
}

static void read_numbers(const struct task *task, const graft_source_info *info, size_t first) {
  for (size_t i = 0; i < task->n + task->v + task->t; i++) {
    for (size_t q = 0; q < info->codes; q++) {
      task->x[i * task->inputs + first + q] = info->code[task->sample[i] * info->codes + q];
    }
  }
}

/* Mean over training samples to 0, @p factor after that; returns the variance before. */
static double scale_column(const struct task *task, size_t column, double factor, bool unit) {
  double mean = 0, variance = 0, *x = task->x + column;
  for (size_t i = 0; i < task->n; i++) mean += x[i * task->inputs] / (double)task->n;
  for (size_t i = 0; i < task->n; i++) {
    double rest = x[i * task->inputs] - mean;
    variance += rest * rest / (double)task->n;
  }
  if (unit) factor = variance > 0 ? factor / sqrt(variance) : 0;
  for (size_t i = 0; i < task->n + task->v + task->t; i++) {
    x[i * task->inputs] = (x[i * task->inputs] - mean) * factor;
  }
  return variance;
}

/* Total variance 1 for a group of columns; those of numbers weigh alike. */
static void scale_group(const struct task *task, size_t first, size_t count, bool numbers) {
  double sum = 0;
  for (size_t j = 0; j < count; j++) {
    double variance = scale_column(task, first + j, 1, numbers);
    sum += !numbers ? variance : variance > 0;
  }
  for (size_t j = 0; j < count && sum > 0; j++) {
    scale_column(task, first + j, 1 / sqrt(sum), false);
  }
}

/* All inputs side by side; a field alone stays as it is. */
static graft_status read_inputs(struct task *task, const graft_source *source) {
  const graft_source_info *info = &source->info;
  size_t all = task->n + task->v + task->t, first = 0;
  bool several = info->inputs + (info->codes > 0) > 1;
  for (size_t d = 0; d < info->inputs; d++) task->inputs += field_columns(task, info, d);
  task->inputs += info->codes;
  GRAFT_TRY(graft_alloc(&task->x, all * task->inputs, sizeof(double)));
  for (size_t d = 0; d < info->inputs; d++) {
    size_t columns = field_columns(task, info, d);
    GRAFT_TRY(read_input(task, source, d, first));
    if (several) scale_group(task, first, columns, false);
    first += columns;
  }
  if (info->codes == 0) return GRAFT_OK;
  read_numbers(task, info, first);
  scale_group(task, first, info->codes, true);
  return GRAFT_OK;
}

static graft_status load(struct task *task, const graft_source *source) {
  const graft_source_info *info = &source->info;
  size_t all = task->n + task->v + task->t;
  GRAFT_TRY(graft_alloc(&task->point, info->points, sizeof(size_t)));
  select_points(task, info, &info->geometry[info->sample_geometry[task->sample[0]]]);
  GRAFT_TRY(graft_alloc(&task->u, all * task->points, sizeof(double)));
  GRAFT_TRY(graft_alloc(&task->mean, task->points, sizeof(double)));
  GRAFT_TRY(graft_alloc(&task->norm, all, sizeof(double)));
  GRAFT_TRY(read_inputs(task, source));
  GRAFT_TRY(read_field(task, source, "u", task->u));
  training_mean(task->n, task->points, task->u, task->mean);
  for (size_t i = 0; i < all; i++) {
    task->norm[i] = cblas_dnrm2((int)task->points, task->u + i * task->points, 1);
  }
  return take_log(task);
}

/* Relative L2 error of sample i in u over the region, given the prediction of u or of log u. */
static double sample_error(const struct task *task, bool log_target, size_t i,
                           const double *prediction) {
  const double *u = task->u + i * task->points;
  double sum = 0;
  for (size_t j = 0; j < task->points; j++) {
    double value = !log_target       ? prediction[j]
                   : j < task->inner ? exp(prediction[j])
                                     : task->mean[j];
    sum += (value - u[j]) * (value - u[j]);
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
                           const struct task *task, struct work *work, double *error) {
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
    *error = 0;
    for (size_t i = 0; i < task->t; i += task->v) {
      size_t count = task->t - i < task->v ? task->t - i : task->v;
      *error += (double)count / (double)task->t *
                mean_error(type, state, data, task, best, task->v + i, count, work);
    }
  }
  return GRAFT_OK;
}

static graft_status run_method(const graft_baseline_type *type, const struct task *task,
                               size_t modes, struct work *work, double *error) {
  graft_baseline_data data = {.train = task->n,
                              .validation = task->v,
                              .test = task->t,
                              .inputs = task->inputs,
                              .modes = modes,
                              .x = task->x};
  void *state;
  GRAFT_TRY(graft_alloc(&state, type->state_size, 1));
  graft_status status = report(type, state, &data, task, work, error);
  if (type->fini) type->fini(state);
  graft_free(state);
  if (status != GRAFT_OK) graft_error_prefix("baseline %s", type->name);
  return status;
}

static graft_status run_methods(const struct task *task, size_t modes, double *error) {
  size_t threads = (size_t)omp_get_max_threads();
  struct work *work;
  graft_status status = GRAFT_OK;
  GRAFT_TRY(graft_alloc(&work, threads, sizeof *work));
  for (size_t i = 0; i < threads; i++) GRAFT_TRY_TO(done, work_init(&work[i], task, task->v));
  for (size_t b = 0; b < COUNT; b++) {
    if (registry[b]->spectral && task->n > GRAFT_LINALG_MOST) continue;
    GRAFT_TRY_TO(done, run_method(registry[b], task, modes, work, &error[b]));
  }
done:
  for (size_t i = 0; i < threads; i++) work_fini(&work[i]);
  graft_free(work);
  return status;
}

static graft_status run_task(const graft_source *source, const uint8_t *split, graft_part part,
                             size_t k, size_t modes, struct task *task, double *error) {
  const graft_source_info *info = &source->info;
  GRAFT_TRY(graft_alloc(&task->sample, 3 * info->samples, sizeof(size_t)));
  task->n = select_samples(task, info, k, split, GRAFT_PART_TRAIN, 0);
  task->v = select_samples(task, info, k, split, GRAFT_PART_VALIDATION, task->n);
  task->t = select_samples(task, info, k, split, part, task->n + task->v);
  stand_in(task);
  if (task->n == 0 || task->v == 0 || task->t == 0 || !one_geometry(task, info)) return GRAFT_OK;
  if (info->inputs + info->codes == 0) return GRAFT_OK;
  GRAFT_TRY(load(task, source));
  return run_methods(task, modes, error);
}

graft_status graft_baseline_run(const graft_source *source, const char *split, graft_part part,
                                size_t modes, double *error) {
  const uint8_t *table = graft_source_split_get(&source->info, split);
  GRAFT_CHECK(table, INPUT, "data set %s: expected a split '%s', got none",
              source->info.dataset_name, split);
  for (size_t i = 0; i < source->info.tasks * GRAFT_MAX_BASELINES; i++) error[i] = NAN;
  for (size_t k = 0; k < source->info.tasks; k++) {
    struct task task = {0};
    graft_status status =
        run_task(source, table, part, k, modes, &task, error + k * GRAFT_MAX_BASELINES);
    release(&task);
    if (status != GRAFT_OK) {
      graft_error_prefix("task %s", source->info.task_name[k]);
      return status;
    }
  }
  return GRAFT_OK;
}
