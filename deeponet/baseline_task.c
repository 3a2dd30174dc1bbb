/* SPDX-License-Identifier: BSD-2-Clause */
/* A task's samples as baselines see them. */
#include <cblas.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "deeponet/baseline_task_impl.h"

static const double interior_depth = 1e-9; /* points less deep inside count as boundary points */

void graft_baseline_task_fini(struct task *task) {
  graft_free(task->sample);
  graft_free(task->point);
  graft_free(task->x);
  graft_free(task->u);
  graft_free(task->log_u);
  graft_free(task->mean);
  graft_free(task->log_mean);
  graft_free(task->norm);
  graft_free(task->own);
  graft_free(task->base);
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

/* The tasks' samples of one part, task after task, appended to task->sample; -> how many. */
static size_t select_samples(struct task *task, const graft_source_info *info, uint64_t tasks,
                             const uint8_t *split, graft_part part, size_t at) {
  size_t count = 0;
  task->parts = 0;
  for (size_t k = 0; k < info->tasks; k++) {
    if (!(tasks >> k & 1)) continue;
    for (size_t s = 0; s < info->samples; s++) {
      if (info->task[s] == (int32_t)k && split[s] == part) task->sample[at + count++] = s;
    }
    task->part[task->parts] = k;
    task->end[task->parts++] = count;
  }
  return count;
}

/* Training and validation samples of all tasks, then the task's own ones of the part. */
static void take_all(struct task *task, const graft_source_info *info, uint64_t tasks,
                     const uint8_t *split, graft_part part) {
  size_t count = 0;
  for (int wanted = 0; wanted < 2; wanted++) {
    graft_part from = wanted ? GRAFT_PART_VALIDATION : GRAFT_PART_TRAIN;
    for (size_t s = 0; s < info->samples; s++) {
      if (split[s] == from) task->sample[count++] = s;
    }
    if (!wanted) task->n = count;
  }
  task->v = count - task->n;
  task->t = select_samples(task, info, tasks, split, part, count);
}

/* Designs: all tasks' samples for a task that has no training samples of its own; without
 * validation samples the training samples themselves stand in for them, which leaves methods
 * without choices as they are. */
static void stand_in_designs(struct task *task, const graft_source_info *info, uint64_t tasks,
                             const uint8_t *split, graft_part part) {
  if (task->n == 0) take_all(task, info, tasks, split, part);
  if (task->v > 0) return;
  size_t at = task->n;
  memmove(task->sample + at + task->n, task->sample + at, task->t * sizeof *task->sample);
  memcpy(task->sample + at, task->sample, task->n * sizeof *task->sample);
  task->v = task->n;
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

/* Continue a field outside a region: each point takes the value of the neighbour that was reached
 * first from the region; queue [P] is scratch. */
static void continue_field(const graft_source_info *info, const unsigned char *mask, float *u,
                           size_t *queue, unsigned char *reached) {
  size_t head = 0, tail = 0, stride[3] = {1, 1, 1};
  for (int a = info->dims - 2; a >= 0; a--) stride[a] = stride[a + 1] * info->grid[a + 1];
  memcpy(reached, mask, info->points);
  for (size_t p = 0; p < info->points; p++) {
    if (mask[p]) queue[tail++] = p;
  }
  while (head < tail) {
    size_t p = queue[head++];
    for (int a = 0; a < info->dims; a++) {
      size_t i = p / stride[a] % info->grid[a];
      for (int up = 0; up < 2; up++) {
        if (up ? i + 1 == info->grid[a] : i == 0) continue;
        size_t q = up ? p + stride[a] : p - stride[a];
        if (reached[q]) continue;
        reached[q] = 1;
        u[q] = u[p];
        queue[tail++] = q;
      }
    }
  }
}

/* u, or u / base, of samples whose regions differ, and where these are. */
static graft_status read_designs(struct task *task, const graft_source *source) {
  const graft_source_info *info = &source->info;
  size_t all = task->n + task->v + task->t, M = task->points, P = info->points, *queue = NULL;
  unsigned char *known = NULL;
  float *row = NULL;
  unsigned char *reached = NULL;
  graft_status status = GRAFT_OK;
  GRAFT_TRY_TO(done, graft_alloc(&task->own, all * M, 1));
  GRAFT_TRY_TO(done, graft_alloc(&row, P, sizeof *row));
  GRAFT_TRY_TO(done, graft_alloc(&queue, P, sizeof *queue));
  GRAFT_TRY_TO(done, graft_alloc(&reached, P, 1));
  GRAFT_TRY_TO(done, graft_alloc(&known, P, 1));
  for (size_t i = 0; i < all; i++) {
    size_t s = task->sample[i];
    const graft_source_geometry *geometry = &info->geometry[info->sample_geometry[s]];
    GRAFT_TRY_TO(done, source->fill(source->ctx, "u", &s, 1, row));
    for (size_t p = 0; p < P; p++) {
      known[p] = geometry->mask[p] && (!task->base || geometry->torsion[p] > 0);
      if (task->base && known[p]) row[p] /= geometry->torsion[p];
    }
    continue_field(info, known, row, queue, reached);
    for (size_t j = 0; j < M; j++) {
      size_t p = task->point[j];
      task->u[i * M + j] = row[p];
      task->own[i * M + j] = geometry->mask[p];
      if (task->base) task->base[i * M + j] = geometry->mask[p] ? (double)geometry->torsion[p] : 0;
    }
  }
done:
  graft_free(row);
  graft_free(queue);
  graft_free(reached);
  graft_free(known);
  return status;
}

/* All points of some sample's region. */
static void unite_points(struct task *task, const graft_source_info *info) {
  for (size_t p = 0; p < info->points; p++) {
    bool any = false;
    for (size_t i = 0; i < task->n + task->v + task->t && !any; i++) {
      any = info->geometry[info->sample_geometry[task->sample[i]]].mask[p];
    }
    if (any) task->point[task->points++] = p;
  }
  task->inner = task->points;
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

/* Signed distance and torsion function of each sample's region; its fields outside it to 0. */
static void read_regions(const struct task *task, const graft_source_info *info, size_t fields,
                         size_t first) {
  for (size_t i = 0; i < task->n + task->v + task->t; i++) {
    const graft_source_geometry *geometry = &info->geometry[info->sample_geometry[task->sample[i]]];
    double *x = task->x + i * task->inputs;
    for (size_t j = 0; j < task->points; j++) {
      const size_t p = task->point[j];
      for (size_t d = 0; d < fields && !geometry->mask[p]; d++) x[d * task->points + j] = 0;
      x[first + j] = (double)geometry->sdf[p];
      x[first + task->points + j] = (double)geometry->torsion[p];
    }
  }
}

/* Inputs of samples that fields and regions describe. */
static graft_status read_region_inputs(struct task *task, const graft_source *source) {
  const graft_source_info *info = &source->info;
  size_t all = task->n + task->v + task->t, M = task->points, D = info->inputs;
  task->inputs = (D + 2) * M;
  GRAFT_TRY(graft_alloc(&task->x, all * task->inputs, sizeof(double)));
  for (size_t d = 0; d < D; d++) GRAFT_TRY(read_input(task, source, d, d * M));
  read_regions(task, info, D, D * M);
  for (size_t d = 0; d < D + 2; d++) scale_group(task, d * M, M, false);
  return GRAFT_OK;
}

/* All inputs side by side; a field alone stays as it is. */
static graft_status read_inputs(struct task *task, const graft_source *source) {
  const graft_source_info *info = &source->info;
  size_t all = task->n + task->v + task->t, first = 0;
  size_t fields = task->numbers ? 0 : info->inputs;
  bool several = fields + (info->codes > 0) > 1;
  if (task->base) return read_region_inputs(task, source);
  for (size_t d = 0; d < fields; d++) task->inputs += field_columns(task, info, d);
  task->inputs += info->codes;
  GRAFT_TRY(graft_alloc(&task->x, all * task->inputs, sizeof(double)));
  for (size_t d = 0; d < fields; d++) {
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
  bool one = one_geometry(task, info);
  task->numbers = (!one && info->codes > 0) || info->inputs == 0;
  GRAFT_TRY(graft_alloc(&task->point, info->points, sizeof(size_t)));
  if (one) {
    select_points(task, info, &info->geometry[info->sample_geometry[task->sample[0]]]);
  } else {
    unite_points(task, info);
  }
  if (!one && info->codes == 0) {
    GRAFT_TRY(graft_alloc(&task->base, all * task->points, sizeof(double)));
  }
  GRAFT_TRY(graft_alloc(&task->u, all * task->points, sizeof(double)));
  GRAFT_TRY(graft_alloc(&task->mean, task->points, sizeof(double)));
  GRAFT_TRY(graft_alloc(&task->norm, all, sizeof(double)));
  GRAFT_TRY(read_inputs(task, source));
  GRAFT_TRY(one ? read_field(task, source, "u", task->u) : read_designs(task, source));
  training_mean(task->n, task->points, task->u, task->mean);
  for (size_t i = 0; i < all; i++) {
    const double *u = task->u + i * task->points;
    double square = 0;
    for (size_t j = 0; task->own && j < task->points; j++) {
      const double base = task->base ? task->base[i * task->points + j] : 1;
      square += task->own[i * task->points + j] ? u[j] * u[j] * base * base : 0;
    }
    task->norm[i] = task->own ? sqrt(square) : cblas_dnrm2((int)task->points, u, 1);
  }
  return take_log(task);
}

/* Do fields on the whole grid and torsion functions describe the samples, whatever their regions?
 */
static bool regions_tell(const graft_source_info *info) {
  for (size_t d = 0; d < info->inputs; d++) {
    if (graft_source_points(info, info->input[d].axes) != info->points) return false;
  }
  for (size_t g = 0; g < info->geometries; g++) {
    size_t positive = 0;
    for (size_t p = 0; p < info->points; p++) positive += info->geometry[g].torsion[p] > 0;
    if (positive == 0) return false;
  }
  return info->inputs > 0 && info->codes == 0;
}

graft_status graft_baseline_task_init(struct task *task, const graft_source *source,
                                      const uint8_t *split, graft_part part, uint64_t tasks) {
  const graft_source_info *info = &source->info;
  GRAFT_TRY(graft_alloc(&task->sample, 3 * info->samples, sizeof(size_t)));
  task->n = select_samples(task, info, tasks, split, GRAFT_PART_TRAIN, 0);
  task->v = select_samples(task, info, tasks, split, GRAFT_PART_VALIDATION, task->n);
  task->t = select_samples(task, info, tasks, split, part, task->n + task->v);
  bool described = info->codes > 0 || regions_tell(info); /* across regions */
  if (described && task->t > 0 && (task->n == 0 || !one_geometry(task, info))) {
    stand_in_designs(task, info, tasks, split, part);
  } else {
    stand_in(task);
  }
  if (task->n == 0 || task->v == 0 || task->t == 0) return GRAFT_OK;
  if (info->inputs + info->codes == 0 || (!described && !one_geometry(task, info))) {
    return GRAFT_OK;
  }
  return load(task, source);
}
