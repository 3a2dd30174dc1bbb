/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/source.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"

static graft_status allocate(graft_source_info *info) {
  GRAFT_TRY(graft_alloc(&info->task_name, info->tasks, sizeof *info->task_name));
  GRAFT_TRY(graft_alloc(&info->task, info->samples, sizeof *info->task));
  GRAFT_TRY(graft_alloc(&info->sample_geometry, info->samples, sizeof *info->sample_geometry));
  GRAFT_TRY(graft_alloc(&info->index, info->samples, sizeof *info->index));
  GRAFT_TRY(graft_alloc(&info->stream, info->samples, sizeof *info->stream));
  GRAFT_TRY(graft_alloc(&info->error_estimate, info->samples, sizeof *info->error_estimate));
  GRAFT_TRY(graft_alloc(&info->geometry, info->geometries, sizeof *info->geometry));
  GRAFT_TRY(graft_alloc(&info->split, info->splits, sizeof *info->split));
  for (size_t g = 0; g < info->geometries; g++) {
    GRAFT_TRY(graft_alloc(&info->geometry[g].mask, info->points, 1));
    GRAFT_TRY(graft_alloc(&info->geometry[g].sdf, info->points, sizeof(float)));
    GRAFT_TRY(graft_alloc(&info->geometry[g].torsion, info->points, sizeof(float)));
  }
  for (size_t s = 0; s < info->splits; s++) {
    GRAFT_TRY(graft_alloc(&info->split[s].part, info->samples, 1));
  }
  return GRAFT_OK;
}

graft_status graft_source_info_init(graft_source_info *info, size_t samples, size_t tasks,
                                    size_t geometries, size_t splits, int dims,
                                    const size_t *grid) {
  *info = (graft_source_info){.samples = samples,
                              .tasks = tasks,
                              .geometries = geometries,
                              .splits = splits,
                              .dims = dims,
                              .points = 1};
  GRAFT_CHECK(dims >= 1 && dims <= 3, INPUT, "grid: expected 1 to 3 axes, got %d", dims);
  GRAFT_CHECK(tasks >= 1 && tasks <= GRAFT_MAX_TASKS, INPUT, "expected 1 to %d tasks, got %zu",
              GRAFT_MAX_TASKS, tasks);
  for (int a = 0; a < dims; a++) {
    info->grid[a] = grid[a];
    GRAFT_TRY(graft_size_multiply(info->points, grid[a], "grid points", &info->points));
  }
  graft_status status = allocate(info);
  if (status != GRAFT_OK) graft_source_info_fini(info);
  return status;
}

graft_status graft_source_info_inputs(graft_source_info *info, size_t inputs,
                                      const graft_source_input *input) {
  GRAFT_CHECK(!info->input, INTERNAL, "inputs: expected none yet, got %zu", info->inputs);
  if (inputs == 0) return GRAFT_OK;
  for (size_t i = 0; i < inputs; i++) {
    GRAFT_CHECK(input[i].axes > 0 && input[i].axes >> info->dims == 0, INPUT,
                "input %s: expected some of %d axes, got bits 0x%x", input[i].name, info->dims,
                input[i].axes);
  }
  GRAFT_TRY(graft_alloc(&info->input, inputs, sizeof *info->input));
  memcpy(info->input, input, inputs * sizeof *input);
  info->inputs = inputs;
  return GRAFT_OK;
}

graft_status graft_source_info_codes(graft_source_info *info, size_t codes) {
  size_t count;
  GRAFT_CHECK(!info->code_name, INTERNAL, "codes: expected none yet, got %zu", info->codes);
  if (codes == 0) return GRAFT_OK;
  GRAFT_TRY(graft_size_multiply(info->samples, codes, "codes", &count));
  GRAFT_TRY(graft_alloc(&info->code_name, codes, sizeof *info->code_name));
  GRAFT_TRY(graft_alloc(&info->code, count, sizeof *info->code));
  info->codes = codes;
  return GRAFT_OK;
}

graft_status graft_source_info_nodes(graft_source_info *info) {
  GRAFT_CHECK(!info->node_start, INTERNAL, "nodes: expected none yet");
  GRAFT_TRY(graft_alloc(&info->node_start, info->samples + 1, sizeof *info->node_start));
  return graft_alloc(&info->triangle_start, info->samples + 1, sizeof *info->triangle_start);
}

size_t graft_source_node_count(const graft_source_info *info, size_t sample, size_t *triangles) {
  if (triangles) *triangles = 0;
  if (!info->node_start) return 0;
  if (triangles) {
    *triangles = (size_t)(info->triangle_start[sample + 1] - info->triangle_start[sample]);
  }
  return (size_t)(info->node_start[sample + 1] - info->node_start[sample]);
}

graft_status graft_source_nodes_alloc(graft_source_nodes *nodes, int dims, size_t n, size_t t) {
  const size_t D = (size_t)dims;
  size_t values, corners;
  float *room;
  *nodes = (graft_source_nodes){.xyz = NULL};
  GRAFT_TRY(graft_size_multiply(n, D + 4, "numbers of nodes", &values));
  GRAFT_TRY(graft_size_multiply(t, 3, "corners of triangles", &corners));
  GRAFT_CHECK(corners <= SIZE_MAX - values, USAGE, "nodes: %zu and %zu triangles are too many", n,
              t);
  GRAFT_TRY(graft_alloc(&room, values + corners, sizeof *room));
  *nodes = (graft_source_nodes){.xyz = room,
                                .value = room + n * D,
                                .weight = room + n * (D + 1),
                                .sdf = room + n * (D + 2),
                                .torsion = room + n * (D + 3),
                                .triangle = (int32_t *)(void *)(room + n * (D + 4))};
  return GRAFT_OK;
}

graft_status graft_source_node_room(const graft_source_info *info, graft_source_nodes *nodes) {
  size_t n = 0, t = 0;
  *nodes = (graft_source_nodes){.xyz = NULL};
  for (size_t s = 0; s < info->samples; s++) {
    size_t triangles, count = graft_source_node_count(info, s, &triangles);
    if (count > n) n = count;
    if (triangles > t) t = triangles;
  }
  if (n == 0) return GRAFT_OK;
  return graft_source_nodes_alloc(nodes, info->dims, n, t);
}

graft_status graft_source_info_like(graft_source_info *info, const graft_source_info *from) {
  memcpy(info->dataset_name, from->dataset_name, sizeof info->dataset_name);
  memcpy(info->problem, from->problem, sizeof info->problem);
  memcpy(info->field, from->field, sizeof info->field);
  memcpy(info->lo, from->lo, sizeof info->lo);
  memcpy(info->hi, from->hi, sizeof info->hi);
  info->in_time = from->in_time;
  info->directed = from->directed;
  info->other_data = from->other_data;
  GRAFT_TRY(graft_source_info_inputs(info, from->inputs, from->input));
  GRAFT_TRY(graft_source_info_codes(info, from->codes));
  if (from->codes) {
    memcpy(info->code_name, from->code_name, from->codes * sizeof *from->code_name);
  }
  return GRAFT_OK;
}

const graft_source_input *graft_source_input_find(const graft_source_info *info, const char *name) {
  for (size_t i = 0; i < info->inputs; i++) {
    if (strcmp(info->input[i].name, name) == 0) return &info->input[i];
  }
  return NULL;
}

unsigned graft_source_axes(const graft_source_info *info, const char *field) {
  const graft_source_input *input = graft_source_input_find(info, field);
  return input ? input->axes : (1u << info->dims) - 1;
}

size_t graft_source_points(const graft_source_info *info, unsigned axes) {
  size_t points = 1;
  for (int a = 0; a < info->dims; a++) {
    if (axes >> a & 1) points *= info->grid[a];
  }
  return points;
}

const char *graft_source_place(const graft_source_info *info, unsigned axes, size_t p, char *text,
                               size_t size) {
  double at[3] = {0};
  size_t used = 0;
  for (int a = info->dims - 1; a >= 0; a--) {
    if (!(axes >> a & 1)) continue;
    size_t n = info->grid[a];
    at[a] =
        info->lo[a] + (info->hi[a] - info->lo[a]) * (double)(p % n) / (double)(n > 1 ? n - 1 : 1);
    p /= n;
  }
  for (int a = 0; a < info->dims && used < size; a++) {
    if (!(axes >> a & 1)) continue;
    used += (size_t)snprintf(text + used, size - used, "%s%.6g", used ? ", " : "(", at[a]);
  }
  snprintf(text + (used < size ? used : size - 1), used < size ? size - used : 1, ")");
  return text;
}

void graft_source_places(const graft_source_info *info, unsigned axes, uint32_t *place) {
  for (size_t p = 0; p < info->points; p++) {
    size_t rest = p, stride = 1, at = 0;
    for (int a = info->dims - 1; a >= 0; a--) {
      if (axes >> a & 1) {
        at += rest % info->grid[a] * stride;
        stride *= info->grid[a];
      }
      rest /= info->grid[a];
    }
    place[p] = (uint32_t)at;
  }
}

void graft_source_info_fini(graft_source_info *info) {
  for (size_t g = 0; info->geometry && g < info->geometries; g++) {
    graft_free(info->geometry[g].region_yaml);
    graft_free(info->geometry[g].mask);
    graft_free(info->geometry[g].sdf);
    graft_free(info->geometry[g].torsion);
  }
  for (size_t s = 0; info->split && s < info->splits; s++) graft_free(info->split[s].part);
  graft_free(info->task_name);
  graft_free(info->task);
  graft_free(info->sample_geometry);
  graft_free(info->index);
  graft_free(info->stream);
  graft_free(info->error_estimate);
  graft_free(info->outside);
  graft_free(info->input);
  graft_free(info->code_name);
  graft_free(info->code);
  graft_free(info->geometry);
  graft_free(info->split);
  graft_free(info->node_start);
  graft_free(info->triangle_start);
  *info = (graft_source_info){0};
}

void graft_source_split_default(const graft_source_info *info, size_t per_task,
                                graft_source_split *split) {
  size_t train = 2 * per_task / 3, validation = per_task / 9;
  for (size_t s = 0; s < info->samples; s++) {
    size_t i = (size_t)info->index[s];
    split->part[s] = i < train                ? GRAFT_PART_TRAIN
                     : i < train + validation ? GRAFT_PART_VALIDATION
                                              : GRAFT_PART_TEST;
  }
  memcpy(split->name, "default", sizeof "default");
}

const char *graft_source_name(const graft_source_info *info) {
  return info->file ? info->file : info->dataset_name;
}

const uint8_t *graft_source_split_get(const graft_source_info *info, const char *name) {
  for (size_t s = 0; s < info->splits; s++) {
    if (strcmp(info->split[s].name, name) == 0) return info->split[s].part;
  }
  return NULL;
}

graft_status graft_source_split_find(const graft_source_info *info, const char *name,
                                     const uint8_t **part) {
  char names[512] = "";
  *part = graft_source_split_get(info, name);
  for (size_t s = 0; s < info->splits; s++) {
    size_t used = strlen(names);
    snprintf(names + used, sizeof names - used, "%s%s", s ? ", " : "", info->split[s].name);
  }
  GRAFT_CHECK(*part, INPUT, "expected a split out of %s, got '%s'", names, name);
  return GRAFT_OK;
}

void graft_source_fini(graft_source *source) {
  if (source->destroy) source->destroy(source->ctx);
  graft_source_info_fini(&source->info);
  *source = (graft_source){0};
}

struct memory {
  size_t samples;
  int dims;
  graft_source_nodes nodes;                   /* of all samples, or NULLs */
  const int64_t *node_start, *triangle_start; /* of the source's info */
  const char *const *field;
  const float *const *data;
  size_t points[]; /* of each field */
};

static graft_status fill(void *ctx, const char *field, const size_t *sample, size_t count,
                         float *out) {
  const struct memory *m = ctx;
  size_t f = 0;
  while (m->field[f] && strcmp(m->field[f], field) != 0) f++;
  GRAFT_CHECK(m->field[f], INPUT, "expected a field '%s', got none", field);
  size_t points = m->points[f];
  for (size_t i = 0; i < count; i++) {
    GRAFT_CHECK(sample[i] < m->samples, INTERNAL, "sample %zu of %zu", sample[i], m->samples);
    memcpy(out + i * points, m->data[f] + sample[i] * points, points * sizeof *out);
  }
  return GRAFT_OK;
}

static void copy_part(void *to, const void *from, int64_t first, int64_t last, size_t bytes) {
  if (!to || !from) return;
  memcpy(to, (const char *)from + (size_t)first * bytes, (size_t)(last - first) * bytes);
}

static graft_status fill_nodes(void *ctx, size_t sample, const graft_source_nodes *out) {
  const struct memory *m = ctx;
  GRAFT_CHECK(sample < m->samples, INTERNAL, "sample %zu of %zu", sample, m->samples);
  const int64_t *n = m->node_start + sample, *t = m->triangle_start + sample;
  const graft_source_nodes *all = &m->nodes;
  copy_part(out->xyz, all->xyz, n[0], n[1], (size_t)m->dims * sizeof(float));
  copy_part(out->value, all->value, n[0], n[1], sizeof(float));
  copy_part(out->weight, all->weight, n[0], n[1], sizeof(float));
  copy_part(out->sdf, all->sdf, n[0], n[1], sizeof(float));
  copy_part(out->torsion, all->torsion, n[0], n[1], sizeof(float));
  copy_part(out->triangle, all->triangle, t[0], t[1], 3 * sizeof(int32_t));
  return GRAFT_OK;
}

void graft_source_memory_nodes(graft_source *source, const graft_source_nodes *all) {
  struct memory *m = source->ctx;
  m->nodes = *all;
  m->dims = source->info.dims;
  m->node_start = source->info.node_start;
  m->triangle_start = source->info.triangle_start;
  source->nodes = fill_nodes;
}

graft_status graft_source_memory(graft_source *source, graft_source_info info,
                                 const char *const *field, const float *const *data) {
  struct memory *m;
  size_t fields = 0;
  while (field[fields]) fields++;
  graft_status status = graft_alloc(&m, 1, sizeof *m + fields * sizeof *m->points);
  if (status != GRAFT_OK) {
    graft_source_info_fini(&info);
    return status;
  }
  m->samples = info.samples;
  m->field = field;
  m->data = data;
  for (size_t f = 0; f < fields; f++) {
    m->points[f] = graft_source_points(&info, graft_source_axes(&info, field[f]));
  }
  *source = (graft_source){.info = info, .ctx = m, .fill = fill, .destroy = graft_free};
  return GRAFT_OK;
}
