/* SPDX-License-Identifier: BSD-2-Clause */
/* What is fitted to the training set before training. Rows are looked at in parts that fit into
 * memory, always in the same order: all of it is the same however large the parts are. */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "deeponet/training_impl.h"

static const double boundary_depth = 1e-9; /* points less deep inside lie on the boundary */
static const double least_std = 1e-6;      /* z-scores don't divide by less */
static const double roughest = 0.05;       /* graft_rotation_error() above which none is used */
enum { ROUGH_SAMPLES = 16 };               /* training samples of a region looked at for that */

/* Rows that are looked at together, of those that are left. */
static size_t part_of(const struct training *t, size_t left) {
  return left < t->capacity ? left : t->capacity;
}

/* Sums of a field channel and of its square over the training rows, at each point: [M]. */
static graft_status sum_channel(struct training *t, size_t c, double *sum, double *square) {
  const graft_deeponet *model = t->model;
  const struct channel *channel = &model->channel[c];
  size_t M = model->sensors;
  memset(sum, 0, M * sizeof *sum);
  memset(square, 0, M * sizeof *square);
  for (size_t i = 0, n; i < t->N; i += n) {
    n = part_of(t, t->N - i);
    GRAFT_TRY(graft_training_load(t, t->train + i, n));
    for (size_t j = i; j < i + n; j++) {
      const struct region *region = &model->region[t->row_region[t->train[j]]];
      const float *field = graft_training_field(t, t->train[j]) + channel->field * M;
      for (size_t p = 0; p < M; p++) {
        double raw = graft_model_raw(channel->kind, region, p, field[p]);
        sum[p] += raw;
        square[p] += raw * raw;
      }
    }
  }
  return GRAFT_OK;
}

static void set_channel(graft_deeponet *model, size_t i, double mean, double square) {
  double std = sqrt(fmax(square - mean * mean, 0));
  model->shift[i] = (float)mean;
  model->factor[i] = (float)(model->config.input_scale / fmax(std, least_std));
}

/* Mean and standard deviation of a field channel at a pixel, or everywhere. */
static graft_status fit_channel(struct training *t, size_t c, bool everywhere) {
  graft_deeponet *model = t->model;
  size_t M = model->sensors;
  double all = 0, all_square = 0, *sum, *square;
  GRAFT_TRY(graft_alloc(&sum, 2 * M, sizeof *sum));
  square = sum + M;
  graft_status status = sum_channel(t, c, sum, square);
  for (size_t p = 0; p < M && status == GRAFT_OK; p++) {
    all += sum[p] / (double)t->N;
    all_square += square[p] / (double)t->N;
    set_channel(model, c * M + p, sum[p] / (double)t->N, square[p] / (double)t->N);
  }
  for (size_t p = 0; p < M && everywhere && status == GRAFT_OK; p++) {
    set_channel(model, c * M + p, all / (double)M, all_square / (double)M);
  }
  graft_free(sum);
  return status;
}

/* Geometry channels are divided by their largest magnitude over all regions. */
static void scale_channel(graft_deeponet *model, size_t c) {
  size_t P = model->sensors;
  double largest = 0;
  for (size_t g = 0; g < model->info.geometries; g++) {
    for (size_t p = 0; p < P; p++) {
      largest =
          fmax(largest, fabs(graft_model_raw(model->channel[c].kind, &model->region[g], p, 0)));
    }
  }
  for (size_t p = 0; p < P; p++) {
    model->factor[c * P + p] = (float)(model->config.input_scale / (largest > 0 ? largest : 1));
  }
}

/* Z-scores of the samples' numbers; those that do not vary are only shifted. */
static void fit_numbers(const struct training *t) {
  graft_deeponet *model = t->model;
  size_t Q = model->info.codes;
  for (size_t q = 0; q < Q; q++) {
    double sum = 0, square = 0;
    for (size_t i = 0; i < t->N; i++) sum += t->number[t->train[i] * Q + q] / (double)t->N;
    for (size_t i = 0; i < t->N; i++) {
      double rest = t->number[t->train[i] * Q + q] - sum;
      square += rest * rest / (double)t->N;
    }
    model->code_shift[q] = sum;
    model->code_factor[q] = square > least_std * least_std ? 1 / sqrt(square) : 1;
  }
}

static graft_status fit_normalisation(struct training *t) {
  graft_deeponet *model = t->model;
  bool everywhere = strcmp(model->config.normalisation, "global") == 0;
  for (size_t c = 0; c < model->channels; c++) {
    if (model->channel[c].field == NO_FIELD) {
      scale_channel(model, c);
    } else {
      GRAFT_TRY(fit_channel(t, c, everywhere));
    }
  }
  return GRAFT_OK;
}

/* Add a training row to the mean [P] and the ranges of its task; statistic is scratch. */
static void add_row(const struct training *t, size_t row, double *mean, struct task *task,
                    double *statistic) {
  const graft_deeponet *model = t->model;
  const float *u = graft_training_u(t, row);
  for (size_t p = 0; p < model->info.points; p++) mean[p] += (double)u[p];
  graft_model_statistics(model, &model->region[t->row_region[row]], graft_training_field(t, row),
                         t->number + row * model->info.codes, statistic);
  for (size_t r = 0; r < graft_model_ranges(model); r++) {
    task->range[2 * r] = fmin(task->range[2 * r], statistic[r]);
    task->range[2 * r + 1] = fmax(task->range[2 * r + 1], statistic[r]);
  }
}

/* Widen the ranges of a task where its samples are few, see graft_deeponet_check_inputs(); that
 * adds a tenth of the range at either end. */
static void widen_ranges(const graft_deeponet *model, size_t samples, struct task *task) {
  const double tenth = 0.1;
  for (size_t r = 0; r < graft_model_ranges(model) && samples; r++) {
    double *range = task->range + 2 * r;
    double tail = r < model->fields * RANGE_COUNT ? 20 : 5; /* of random fields, of numbers */
    double slack = fmax(tenth, tail / (double)samples) - tenth;
    double more = slack / (1 + 2 * tenth) * (range[1] - range[0]);
    range[0] -= more;
    range[1] += more;
  }
}

/* Training mean and ranges of a task, and its region. */
static graft_status fit_task(struct training *t, size_t k) {
  graft_deeponet *model = t->model;
  struct task *task = &model->task[k];
  const size_t *train = t->train + t->task_start[k];
  size_t P = model->info.points, R = graft_model_ranges(model);
  double *mean; /* [P], and scratch [R] */
  graft_status status = GRAFT_OK;
  GRAFT_TRY(graft_alloc(&mean, P + R, sizeof *mean));
  for (size_t r = 0; r < R; r++) {
    task->range[2 * r] = INFINITY;
    task->range[2 * r + 1] = -INFINITY;
  }
  task->region = t->task_count[k] ? t->row_region[train[0]] : NO_REGION;
  for (size_t i = 0, n; i < t->task_count[k] && status == GRAFT_OK; i += n) {
    n = part_of(t, t->task_count[k] - i);
    status = graft_training_load(t, train + i, n);
    for (size_t j = i; j < i + n && status == GRAFT_OK; j++) {
      add_row(t, train[j], mean, task, mean + P);
      if (t->row_region[train[j]] != t->row_region[train[0]]) task->region = NO_REGION;
    }
  }
  widen_ranges(model, t->task_count[k], task);
  for (size_t p = 0; p < P && t->task_count[k]; p++) {
    model->mean[k * P + p] = (float)(mean[p] / (double)t->task_count[k]);
  }
  graft_free(mean);
  return status;
}

/* Boundary values that are the same for all training samples of a region: those of the first,
 * until another one differs. */
static graft_status fit_fixed(struct training *t) {
  graft_deeponet *model = t->model;
  bool *seen; /* [G] */
  graft_status status = GRAFT_OK;
  GRAFT_TRY(graft_alloc(&seen, model->info.geometries, sizeof *seen));
  for (size_t i = 0, n; i < t->N && status == GRAFT_OK; i += n) {
    n = part_of(t, t->N - i);
    status = graft_training_load(t, t->train + i, n);
    for (size_t j = i; j < i + n && status == GRAFT_OK; j++) {
      size_t g = t->row_region[t->train[j]];
      struct region *region = &model->region[g];
      const float *u = graft_training_u(t, t->train[j]);
      for (size_t p = 0; p < model->info.points; p++) {
        if (!region->mask[p] || (double)region->sdf[p] < -boundary_depth) continue;
        if (!seen[g]) {
          region->fixed[p] = u[p];
        } else if (region->fixed[p] != u[p]) {
          region->fixed[p] = NAN;
        }
      }
      seen[g] = true;
    }
  }
  graft_free(seen);
  return status;
}

/* The first training rows of a region, at most ROUGH_SAMPLES. */
static size_t first_rows(const struct training *t, size_t g, size_t row[ROUGH_SAMPLES]) {
  size_t count = 0;
  for (size_t i = 0; i < t->N && count < ROUGH_SAMPLES; i++) {
    if (t->row_region[t->train[i]] == g) row[count++] = t->train[i];
  }
  return count;
}

/* Give up the turns of regions whose inputs are too rough to be interpolated. */
static graft_status check_rotations(struct training *t) {
  graft_deeponet *model = t->model;
  for (size_t g = 0; g < model->info.geometries; g++) {
    graft_rotation *rotation = &model->region[g].rotation;
    size_t row[ROUGH_SAMPLES], count;
    double sum = 0, error;
    if (rotation->count <= 1) continue;
    count = first_rows(t, g, row);
    GRAFT_TRY(graft_training_load(t, row, count));
    for (size_t i = 0; i < count; i++) {
      GRAFT_TRY(graft_rotation_error(rotation, graft_training_field(t, row[i]), &error));
      sum += error;
    }
    if (count && !(sum <= roughest * (double)count)) graft_rotation_drop(rotation);
  }
  return GRAFT_OK;
}

/* Fingerprints of all rows. */
static graft_status remember(struct training *t) {
  graft_deeponet *model = t->model;
  size_t *all;
  graft_status status = GRAFT_OK;
  GRAFT_TRY(graft_alloc(&model->seen, t->rows, sizeof *model->seen));
  GRAFT_TRY(graft_alloc(&all, t->rows, sizeof *all));
  for (size_t row = 0; row < t->rows; row++) all[row] = row;
  for (size_t i = 0, n; i < t->rows && status == GRAFT_OK; i += n) {
    n = part_of(t, t->rows - i);
    status = graft_training_load(t, all + i, n);
    for (size_t row = i; row < i + n && status == GRAFT_OK; row++) {
      model->seen[row] = graft_model_fingerprint(model, &model->region[t->row_region[row]],
                                                 graft_training_field(t, row),
                                                 t->number + row * model->info.codes);
    }
  }
  graft_free(all);
  if (status == GRAFT_OK) graft_model_remember(model, t->rows);
  return status;
}

/* Mean and deviation of the features of a trunk that reads numbers of each sample. */
static graft_status fit_features(struct training *t) {
  graft_deeponet *model = t->model;
  double(*sum)[3];
  graft_status status = GRAFT_OK;
  GRAFT_TRY(graft_alloc(&sum, model->columns, sizeof *sum));
  for (size_t i = 0, n; graft_model_local(model) && i < t->N && status == GRAFT_OK; i += n) {
    n = part_of(t, t->N - i);
    status = graft_training_load(t, t->train + i, n);
    for (size_t j = i; j < i + n && status == GRAFT_OK; j++) {
      graft_local_sum(model, &model->region[t->row_region[t->train[j]]],
                      graft_training_field(t, t->train[j]), sum);
    }
  }
  if (status == GRAFT_OK) graft_local_set(model, sum);
  graft_free(sum);
  return status;
}

/* What inputs are brought to. */
static graft_status fit_statistics(struct training *t) {
  const struct heritage *heritage = t->model->heritage;
  if (heritage && heritage->statistics) return graft_heritage_statistics(t->model);
  GRAFT_TRY(fit_normalisation(t));
  fit_numbers(t);
  return fit_features(t);
}

graft_status graft_training_fit(struct training *t) {
  graft_deeponet *model = t->model;
  const struct heritage *heritage = model->heritage;
  GRAFT_TRY(remember(t));
  GRAFT_TRY(check_rotations(t));
  GRAFT_TRY(fit_statistics(t));
  if (!graft_model_local(model)) GRAFT_TRY(fit_fixed(t));
  if (graft_model_projects(model)) {
    bool given = heritage && heritage->basis;
    GRAFT_TRY(given ? graft_heritage_basis(model) : graft_training_fit_basis(t));
    GRAFT_TRY(graft_training_project(t));
  }
  for (size_t k = 0; k < model->info.tasks; k++) GRAFT_TRY(fit_task(t, k));
  return graft_training_fit_skip(t);
}
