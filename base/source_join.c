/* SPDX-License-Identifier: BSD-2-Clause */
/* Two sources as one: samples of the first, then those of the second. */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/source.h"

struct join {
  const graft_source *first, *second; /* borrowed */
};

static graft_status fill(void *ctx, const char *field, const size_t *sample, size_t count,
                         float *out) {
  const struct join *j = ctx;
  const size_t S = j->first->info.samples;
  const size_t points =
      graft_source_points(&j->first->info, graft_source_axes(&j->first->info, field));
  for (size_t i = 0; i < count; i++) {
    const bool behind = sample[i] >= S;
    const graft_source *source = behind ? j->second : j->first;
    const size_t s = behind ? sample[i] - S : sample[i];
    GRAFT_TRY(source->fill(source->ctx, field, &s, 1, out + i * points));
  }
  return GRAFT_OK;
}

static graft_status check_alike(const graft_source_info *a, const graft_source_info *b) {
  bool alike = a->dims == b->dims && a->inputs == b->inputs && a->codes == b->codes;
  for (int d = 0; d < a->dims && alike; d++) {
    const double slack = 1e-9 * (a->hi[d] - a->lo[d]);
    alike = a->grid[d] == b->grid[d] && fabs(a->lo[d] - b->lo[d]) <= slack &&
            fabs(a->hi[d] - b->hi[d]) <= slack;
  }
  for (size_t i = 0; i < a->inputs && alike; i++) {
    alike = strcmp(a->input[i].name, b->input[i].name) == 0 && a->input[i].axes == b->input[i].axes;
  }
  for (size_t q = 0; q < a->codes && alike; q++) {
    alike = strcmp(a->code_name[q], b->code_name[q]) == 0;
  }
  GRAFT_CHECK(alike, INPUT, "data set %s: expected grid, inputs and numbers of %s, got others",
              b->dataset_name, a->dataset_name);
  return GRAFT_OK;
}

/* Number of a task of the second source among those of both, by name. */
static size_t place_task(const graft_source_info *a, const graft_source_info *b, size_t k) {
  size_t at = a->tasks;
  for (size_t j = 0; j < a->tasks; j++) {
    if (strcmp(a->task_name[j], b->task_name[k]) == 0) return j;
  }
  for (size_t j = 0; j < k; j++) at += place_task(a, b, j) >= a->tasks;
  return at;
}

static void copy_geometry(const graft_source_geometry *from, size_t points,
                          graft_source_geometry *to) {
  memcpy(to->name, from->name, sizeof to->name);
  memcpy(to->mask, from->mask, points);
  memcpy(to->sdf, from->sdf, points * sizeof *to->sdf);
  memcpy(to->torsion, from->torsion, points * sizeof *to->torsion);
}

/* Tables of the samples of one source, the @p at-th and following of the join. */
static void copy_samples(const graft_source_info *from, size_t at, size_t geometry,
                         const size_t *task, graft_source_info *to) {
  for (size_t s = 0; s < from->samples; s++) {
    to->task[at + s] = (int32_t)task[from->task[s]];
    to->sample_geometry[at + s] = (int32_t)geometry + from->sample_geometry[s];
    to->index[at + s] = from->index[s];
    to->stream[at + s] = from->stream[s];
    to->error_estimate[at + s] = from->error_estimate[s];
    for (size_t q = 0; q < to->codes; q++) {
      to->code[(at + s) * to->codes + q] = from->code[s * from->codes + q];
    }
  }
}

static graft_status fill_info(const graft_source_info *a, const graft_source_info *b,
                              graft_source_info *info) {
  size_t task[2][GRAFT_MAX_TASKS];
  for (size_t k = 0; k < a->tasks; k++) {
    task[0][k] = k;
    memcpy(info->task_name[k], a->task_name[k], GRAFT_NAME_SIZE);
  }
  for (size_t k = 0; k < b->tasks; k++) {
    task[1][k] = place_task(a, b, k);
    memcpy(info->task_name[task[1][k]], b->task_name[k], GRAFT_NAME_SIZE);
  }
  memcpy(info->dataset_name, b->dataset_name, sizeof info->dataset_name);
  memcpy(info->problem, b->problem, sizeof info->problem);
  memcpy(info->field, b->field, sizeof info->field);
  memcpy(info->lo, a->lo, sizeof info->lo);
  memcpy(info->hi, a->hi, sizeof info->hi);
  GRAFT_TRY(graft_source_info_like(info, a));
  info->directed |= b->directed;
  for (size_t g = 0; g < a->geometries + b->geometries; g++) {
    const graft_source_geometry *from =
        g < a->geometries ? &a->geometry[g] : &b->geometry[g - a->geometries];
    copy_geometry(from, info->points, &info->geometry[g]);
  }
  copy_samples(a, 0, 0, task[0], info);
  copy_samples(b, a->samples, a->geometries, task[1], info);
  return GRAFT_OK;
}

graft_status graft_source_join(const graft_source *first, const graft_source *second,
                               graft_source *joined) {
  const graft_source_info *a = &first->info, *b = &second->info;
  size_t tasks = a->tasks;
  struct join *join;
  graft_status status;
  *joined = (graft_source){0};
  GRAFT_TRY(check_alike(a, b));
  for (size_t k = 0; k < b->tasks; k++) tasks += place_task(a, b, k) >= a->tasks;
  GRAFT_TRY(graft_source_info_init(&joined->info, a->samples + b->samples, tasks,
                                   a->geometries + b->geometries, 1, a->dims, a->grid));
  GRAFT_TRY_TO(fail, fill_info(a, b, &joined->info));
  GRAFT_TRY_TO(fail, graft_alloc(&join, 1, sizeof *join));
  *join = (struct join){first, second};
  joined->ctx = join;
  joined->fill = fill;
  joined->destroy = graft_free;
  return GRAFT_OK;
fail:
  graft_source_info_fini(&joined->info);
  return status;
}
