/* SPDX-License-Identifier: BSD-2-Clause */
/* The training set in memory and what is fitted to it before training. Rows are stored task after
 * task, in each the training samples, then the validation samples. */
#include "deeponet/training_impl.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"

static const double boundary_depth = 1e-9; /* points less deep inside lie on the boundary */
static const double least_std = 1e-6;      /* z-scores don't divide by less */
static const double roughest = 0.05;       /* graft_rotation_error() above which none is used */
enum { ROUGH_SAMPLES = 16 };               /* training samples of a region looked at for that */

/* Rows of the task's samples of one part, appended. */
static void append(struct training *t, const graft_source_info *info, const uint8_t *split,
                   size_t k, graft_part part) {
  for (size_t s = 0; s < info->samples; s++) {
    if (info->task[s] != (int32_t)k || split[s] != part) continue;
    size_t row = t->rows++;
    t->id[row] = s;
    t->row_task[row] = k;
    t->row_region[row] = (size_t)info->sample_geometry[s];
    if (part == GRAFT_PART_TRAIN) {
      t->train[t->task_start[k] + t->task_count[k]++] = row;
      t->N++;
    } else {
      t->validation[t->V++] = row;
    }
  }
}

static size_t task_samples(const graft_source_info *info, size_t k) {
  size_t count = 0;
  for (size_t s = 0; s < info->samples; s++) count += info->task[s] == (int32_t)k;
  return count;
}

static graft_status select_rows(struct training *t, const graft_source_info *info,
                                const char *split) {
  const uint8_t *table = graft_source_split_get(info, split);
  GRAFT_CHECK(table, INPUT, "data set %s: expected a split '%s', got none", info->dataset_name,
              split);
  GRAFT_TRY(graft_alloc(&t->id, info->samples, sizeof *t->id));
  GRAFT_TRY(graft_alloc(&t->row_task, info->samples, sizeof *t->row_task));
  GRAFT_TRY(graft_alloc(&t->row_region, info->samples, sizeof *t->row_region));
  GRAFT_TRY(graft_alloc(&t->train, info->samples, sizeof *t->train));
  GRAFT_TRY(graft_alloc(&t->validation, info->samples, sizeof *t->validation));
  GRAFT_TRY(graft_alloc(&t->task_start, info->tasks, sizeof *t->task_start));
  GRAFT_TRY(graft_alloc(&t->task_count, info->tasks, sizeof *t->task_count));
  for (size_t k = 0; k < info->tasks; k++) {
    t->task_start[k] = t->N;
    append(t, info, table, k, GRAFT_PART_TRAIN);
    GRAFT_CHECK(t->task_count[k] > 0, INPUT,
                "split %s: expected training samples of task %s, got none among its %zu", split,
                info->task_name[k], task_samples(info, k));
    append(t, info, table, k, GRAFT_PART_VALIDATION);
  }
  return GRAFT_OK;
}

static graft_status read_rows(struct training *t, const graft_source *source) {
  const graft_deeponet *model = t->model;
  const graft_source_info *info = &source->info;
  size_t P = info->points, Q = info->codes;
  GRAFT_TRY(graft_alloc(&t->field, t->rows * model->fields * model->sensors, sizeof(float)));
  GRAFT_TRY(graft_alloc(&t->number, t->rows * Q, sizeof(double)));
  GRAFT_TRY(graft_alloc(&t->u, t->rows * P, sizeof(float)));
  for (size_t i = 0; i < t->rows * Q; i++) t->number[i] = info->code[t->id[i / Q] * Q + i % Q];
  GRAFT_TRY(graft_model_read(model, source, t->id, t->rows, t->field));
  return source->fill(source->ctx, "u", t->id, t->rows, t->u);
}

/* Mean and standard deviation of a field channel at a pixel, or everywhere. */
static void fit_channel(const struct training *t, size_t c, bool everywhere) {
  graft_deeponet *model = t->model;
  size_t P = model->sensors, D = model->fields;
  double all = 0, all_square = 0;
  for (size_t p = 0; p < P; p++) {
    double sum = 0, square = 0;
    for (size_t i = 0; i < t->N; i++) {
      size_t row = t->train[i];
      double raw = graft_model_raw(model->channel[c].kind, &model->region[t->row_region[row]], p,
                                   t->field[(row * D + model->channel[c].field) * P + p]);
      sum += raw;
      square += raw * raw;
    }
    all += sum / (double)t->N;
    all_square += square / (double)t->N;
    double mean = sum / (double)t->N, variance = square / (double)t->N - mean * mean;
    model->shift[c * P + p] = (float)mean;
    model->factor[c * P + p] =
        (float)(model->config.input_scale / fmax(sqrt(fmax(variance, 0)), least_std));
  }
  if (!everywhere) return;
  double mean = all / (double)P, variance = all_square / (double)P - mean * mean;
  for (size_t p = 0; p < P; p++) {
    model->shift[c * P + p] = (float)mean;
    model->factor[c * P + p] =
        (float)(model->config.input_scale / fmax(sqrt(fmax(variance, 0)), least_std));
  }
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

static void fit_normalisation(const struct training *t) {
  graft_deeponet *model = t->model;
  bool everywhere = strcmp(model->config.normalisation, "global") == 0;
  for (size_t c = 0; c < model->channels; c++) {
    if (model->channel[c].field == NO_FIELD) {
      scale_channel(model, c);
    } else {
      fit_channel(t, c, everywhere);
    }
  }
}

/* Training mean and ranges of a task, and its region. */
static graft_status fit_task(const struct training *t, size_t k) {
  graft_deeponet *model = t->model;
  struct task *task = &model->task[k];
  size_t P = model->info.points;
  size_t R = graft_model_ranges(model), inputs = model->fields * model->sensors;
  double *mean, *statistic; /* one array */
  GRAFT_TRY(graft_alloc(&mean, P + R, sizeof *mean));
  statistic = mean + P;
  for (size_t r = 0; r < R; r++) {
    task->range[2 * r] = INFINITY;
    task->range[2 * r + 1] = -INFINITY;
  }
  task->region = t->row_region[t->train[t->task_start[k]]];
  for (size_t i = 0; i < t->task_count[k]; i++) {
    size_t row = t->train[t->task_start[k] + i], region = t->row_region[row];
    for (size_t p = 0; p < P; p++) mean[p] += (double)t->u[row * P + p];
    graft_model_statistics(model, &model->region[region], t->field + row * inputs,
                           t->number + row * model->info.codes, statistic);
    for (size_t r = 0; r < R; r++) {
      task->range[2 * r] = fmin(task->range[2 * r], statistic[r]);
      task->range[2 * r + 1] = fmax(task->range[2 * r + 1], statistic[r]);
    }
    if (region != t->row_region[t->train[t->task_start[k]]]) task->region = NO_REGION;
  }
  for (size_t p = 0; p < P; p++) {
    model->mean[k * P + p] = (float)(mean[p] / (double)t->task_count[k]);
  }
  graft_free(mean);
  return GRAFT_OK;
}

/* Boundary values that are the same for all training samples of a region. */
static void fit_fixed(const struct training *t) {
  graft_deeponet *model = t->model;
  size_t P = model->info.points;
  for (size_t g = 0; g < model->info.geometries; g++) {
    struct region *region = &model->region[g];
    for (size_t p = 0; p < P; p++) {
      if (!region->mask[p] || (double)region->sdf[p] < -boundary_depth) continue;
      float least = INFINITY, most = -INFINITY;
      for (size_t i = 0; i < t->N; i++) {
        if (t->row_region[t->train[i]] != g) continue;
        least = fminf(least, t->u[t->train[i] * P + p]);
        most = fmaxf(most, t->u[t->train[i] * P + p]);
      }
      if (!(least < most) && !(least > most)) region->fixed[p] = least;
    }
  }
}

/* Skip path of a task: out-of-fold predictions on training rows, plain ones on validation rows. */
static graft_status fit_skip(struct training *t, size_t k) {
  graft_deeponet *model = t->model;
  struct task *task = &model->task[k];
  size_t P = model->info.points, first = t->train[t->task_start[k]], rows = 0;
  while (first + rows < t->rows && t->row_task[first + rows] == k) rows++;
  GRAFT_CHECK(task->region != NO_REGION, INPUT,
              "-skip %s: expected one geometry per task, got several in task %s", model->skip->name,
              model->info.task_name[k]);
  const struct region *region = &model->region[task->region];
  graft_skip_data data = {.train = t->task_count[k],
                          .validation = rows - t->task_count[k],
                          .log_k = t->field + first * P,
                          .u = t->u + first * P,
                          .mask = region->mask,
                          .base = region->base,
                          .transform = model->transform,
                          .scale = model->config.scale};
  const graft_symmetry *symmetry = graft_model_skip_symmetry(model, region);
  GRAFT_TRY(graft_skip_fit(model->skip, symmetry, &data, &task->skip, t->skip + first * P));
  return graft_skip_predict(&task->skip, data.log_k + data.train * P, data.validation,
                            t->skip + (first + data.train) * P);
}

/* Give up the turns of regions whose inputs are too rough to be interpolated. */
static graft_status check_rotations(const struct training *t) {
  graft_deeponet *model = t->model;
  for (size_t g = 0; g < model->info.geometries; g++) {
    graft_rotation *rotation = &model->region[g].rotation;
    double sum = 0, error;
    size_t seen = 0;
    for (size_t i = 0; i < t->N && seen < ROUGH_SAMPLES && rotation->count > 1; i++) {
      size_t row = t->train[i];
      if (t->row_region[row] != g) continue;
      GRAFT_TRY(graft_rotation_error(rotation, t->field + row * model->fields * rotation->points,
                                     &error));
      sum += error;
      seen++;
    }
    if (seen && !(sum <= roughest * (double)seen)) graft_rotation_drop(rotation);
  }
  return GRAFT_OK;
}

static graft_status fit(struct training *t) {
  graft_deeponet *model = t->model;
  GRAFT_TRY(check_rotations(t));
  fit_normalisation(t);
  fit_numbers(t);
  fit_fixed(t);
  if (graft_model_projects(model)) {
    GRAFT_TRY(graft_training_fit_basis(t));
    GRAFT_TRY(graft_training_project(t));
  }
  for (size_t k = 0; k < model->info.tasks; k++) GRAFT_TRY(fit_task(t, k));
  if (!model->skip->kernel) return GRAFT_OK;
  GRAFT_TRY(graft_alloc(&t->skip, t->rows * model->info.points, sizeof(float)));
  for (size_t k = 0; k < model->info.tasks; k++) GRAFT_TRY(fit_skip(t, k));
  return GRAFT_OK;
}

/* Which task comes at each place of an epoch: all tasks evenly spread, in proportion to their
 * samples. */
static graft_status plan_epoch(struct training *t) {
  size_t K = t->model->info.tasks;
  size_t taken[GRAFT_MAX_TASKS] = {0};
  GRAFT_TRY(graft_alloc(&t->pattern, t->N, sizeof *t->pattern));
  for (size_t i = 0; i < t->N; i++) {
    size_t next = K;
    double due = INFINITY;
    for (size_t k = 0; k < K; k++) {
      double place = ((double)taken[k] + 0.5) / (double)t->task_count[k];
      if (taken[k] < t->task_count[k] && place < due) {
        next = k;
        due = place;
      }
    }
    t->pattern[i] = next;
    taken[next]++;
  }
  return GRAFT_OK;
}

/* What passes on some of the points need. */
static graft_status allocate_points(struct training *t) {
  const graft_deeponet *model = t->model;
  size_t P = model->info.points, F = t->network.features, G = model->info.geometries;
  t->p = model->config.points > 0 && (size_t)model->config.points < P ? (size_t)model->config.points
                                                                      : P;
  GRAFT_TRY(graft_alloc(&t->all, P, sizeof *t->all));
  for (size_t p = 0; p < P; p++) t->all[p] = (uint32_t)p;
  if (t->p == P) return GRAFT_OK;
  GRAFT_TRY(graft_alloc(&t->list, P, sizeof *t->list));
  GRAFT_TRY(graft_alloc(&t->base, G * t->p, sizeof *t->base));
  GRAFT_TRY(graft_alloc(&t->inside, G * t->p, sizeof *t->inside));
  GRAFT_TRY(graft_alloc(&t->feature, P * F, sizeof *t->feature));
  memcpy(t->feature, graft_graph_input_data(t->network.graph, t->network.point),
         P * F * sizeof *t->feature);
  return GRAFT_OK;
}

static graft_status allocate(struct training *t) {
  const graft_deeponet *model = t->model;
  size_t B = t->B, P = model->info.points, K = model->info.tasks;
  GRAFT_TRY(graft_alloc(&t->order, t->N, sizeof *t->order));
  GRAFT_TRY(graft_alloc(&t->batch, B, sizeof *t->batch));
  GRAFT_TRY(graft_alloc(&t->sorted, B, sizeof *t->sorted));
  GRAFT_TRY(graft_alloc(&t->sample_id, B, sizeof *t->sample_id));
  GRAFT_TRY(graft_alloc(&t->mask, B, sizeof *t->mask));
  GRAFT_TRY(graft_alloc(&t->target, B * P, sizeof(graft_real)));
  GRAFT_TRY(graft_alloc(&t->prediction, B * P, sizeof(graft_real)));
  GRAFT_TRY(graft_alloc(&t->slope, B * P, sizeof(graft_real)));
  GRAFT_TRY(graft_alloc(&t->gradient, B * P, sizeof(graft_real)));
  if (t->skip) GRAFT_TRY(graft_alloc(&t->offset, B * P, sizeof(graft_real)));
  if (model->transform->initial) GRAFT_TRY(graft_alloc(&t->start, B * P, sizeof(graft_real)));
  GRAFT_TRY(graft_alloc(&t->value, B, sizeof(double)));
  GRAFT_TRY(graft_alloc(&t->weight, B, sizeof(double)));
  GRAFT_TRY(graft_alloc(&t->task_name, K, sizeof *t->task_name));
  for (size_t k = 0; k < K; k++) t->task_name[k] = model->info.task_name[k];
  t->order_epoch = t->order_draw = UINT64_MAX;
  GRAFT_TRY(graft_network_build(model, B, &t->network));
  return allocate_points(t);
}

/* Choose and read the samples. */
static graft_status begin(graft_deeponet *model, const graft_source *source, const char *split,
                          struct training **out) {
  struct training *t;
  GRAFT_TRY(graft_alloc(&t, 1, sizeof *t));
  *out = model->training = t;
  t->model = model;
  t->size = 1;
  GRAFT_TRY(select_rows(t, &source->info, split));
  return read_rows(t, source);
}

/* Everything that needs no data. */
static graft_status end(struct training *t) {
  size_t batch = (size_t)t->model->config.batch;
  t->B = batch < t->N ? batch : t->N;
  GRAFT_TRY(plan_epoch(t));
  return allocate(t);
}

graft_status graft_training_create(graft_deeponet *model, const graft_source *source,
                                   const char *split) {
  struct training *t;
  GRAFT_TRY(begin(model, source, split, &t));
  GRAFT_TRY(graft_model_remember(model, t->rows, t->row_region, t->field, t->number));
  GRAFT_TRY(fit(t));
  return end(t);
}

static const char skip_name[] = "training/skip";

static graft_shape skip_shape(const struct training *t) {
  return GRAFT_SHAPE(2, t->rows, t->model->info.points);
}

graft_status graft_training_put(const struct training *t, graft_bundle *bundle) {
  if (!t->skip) return GRAFT_OK;
  return graft_bundle_put(bundle, skip_name, GRAFT_FLOAT32, skip_shape(t), t->skip);
}

graft_status graft_training_attach(graft_deeponet *model, const graft_source *source,
                                   const char *split, const graft_bundle *bundle) {
  struct training *t;
  const float *skip;
  GRAFT_TRY(begin(model, source, split, &t));
  if (graft_model_projects(model)) GRAFT_TRY(graft_training_project(t));
  if (model->skip->kernel) {
    GRAFT_TRY(graft_bundle_get(bundle, skip_name, GRAFT_FLOAT32, skip_shape(t), &skip));
    GRAFT_TRY(graft_alloc(&t->skip, t->rows * model->info.points, sizeof *skip));
    memcpy(t->skip, skip, t->rows * model->info.points * sizeof *skip);
  }
  return end(t);
}

void graft_training_destroy(struct training *t) {
  if (!t) return;
  void *const all[] = {
      t->id,         t->row_task, t->row_region, t->train,      t->validation, t->task_start,
      t->task_count, t->field,    t->u,          t->skip,       t->pattern,    t->order,
      t->batch,      t->mask,     t->target,     t->prediction, t->slope,      t->gradient,
      t->value,      t->weight,   t->sample_id,  t->task_name,  t->component,  t->first_component,
      t->all,        t->list,     t->base,       t->inside,     t->feature,    t->sorted,
      t->offset,     t->number,   t->start};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) graft_free(all[i]);
  graft_graph_destroy(t->network.graph);
  graft_free(t);
}
