/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows of a training set: which samples they are, and where their data lie. Rows are stored
 * task after task, in each the training samples, then the validation samples. A set that is larger
 * than the memory it may take has a window instead of all rows: rows are loaded into it when they
 * are needed, and announced to the source before. */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "deeponet/training_impl.h"

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

graft_status graft_training_select(struct training *t, const graft_source_info *info,
                                   const char *split) {
  const uint8_t *table;
  GRAFT_TRY(graft_source_split_find(info, split, &table));
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
    GRAFT_CHECK(t->task_count[k] > 0 || info->codes > 0 || graft_model_known(t->model, k), INPUT,
                "split %s: expected training samples of task %s, got none among its %zu", split,
                info->task_name[k], task_samples(info, k));
    append(t, info, table, k, GRAFT_PART_VALIDATION);
  }
  GRAFT_CHECK(t->N > 0, INPUT, "split %s: expected training samples, got none", split);
  return GRAFT_OK;
}

struct nodes graft_training_nodes(const struct training *t, size_t row) {
  return graft_nodes_view(&t->model->info, t->node_count[row],
                          t->node + t->slot[row] * t->node_room);
}

/* Nodes of the rows, if there shall be any. */
static graft_status count_nodes(struct training *t, const graft_source *source) {
  const graft_source_info *info = &source->info;
  if (!t->model->config.nodes) return GRAFT_OK;
  GRAFT_CHECK(source->nodes, INPUT,
              "-nodes: expected a data set with nodes (solve -nodes), %s has none",
              info->dataset_name);
  GRAFT_CHECK(graft_deeponet_takes_nodes(t->model), USAGE,
              "-nodes: expected another -transform than %s, whose first guess is on the grid",
              t->model->transform->name);
  GRAFT_TRY(graft_alloc(&t->node_count, t->rows, sizeof *t->node_count));
  for (size_t row = 0; row < t->rows; row++) {
    t->node_count[row] = graft_source_node_count(info, t->id[row], NULL);
  }
  t->node_room = graft_nodes_size(info, graft_nodes_most(info));
  return GRAFT_OK;
}

/* Read the nodes of rows [count] that have their place in memory. */
static graft_status load_nodes(struct training *t, const graft_source *source, const size_t *row,
                               size_t count) {
  for (size_t i = 0; t->node && i < count; i++) {
    struct nodes nodes;
    size_t r = row ? row[i] : i;
    GRAFT_TRY(graft_nodes_read(source, t->id[r], t->node + t->slot[r] * t->node_room, &nodes));
  }
  return GRAFT_OK;
}

/* Bytes of all rows with what is made of them. */
static double bytes_needed(const struct training *t) {
  const graft_deeponet *model = t->model;
  double values = (double)(model->fields * model->sensors + model->info.points), copies = 0;
  if (model->skip->kernel) values += (double)model->info.points;
  values += (double)t->node_room;
  for (size_t row = 0; row < t->rows && graft_model_projects(model); row++) {
    size_t g = graft_model_elements(&model->region[t->row_region[row]]);
    copies += model->config.augmentation ? (double)g : 1;
  }
  return (double)t->rows * values * sizeof(float) +
         copies * (double)model->config.components * sizeof(graft_real);
}

/* Decide where rows lie, and take the memory. */
static graft_status place_rows(struct training *t, const graft_source *source) {
  const graft_deeponet *model = t->model;
  const double limit = model->config.memory * 1048576.0;
  size_t P = model->info.points, inputs = model->fields * model->sensors;
  t->capacity = t->rows;
  if (limit > 0 && bytes_needed(t) > limit) {
    size_t batch = (size_t)model->config.batch;
    t->source = source;
    t->capacity = batch > TRAINING_WINDOW ? batch : TRAINING_WINDOW;
    size_t values = inputs + P + (model->skip->kernel ? 3 * P : 0) + t->node_room;
    if (model->fields > 1) values += model->sensors;
    double least = (double)(t->capacity * values + source->ahead * (inputs + P)) * sizeof(float);
    GRAFT_CHECK(least <= limit, USAGE,
                "-memory: expected at least %.2f MiB for batches of %zu, got %g",
                ceil(least / 1048576.0 * 100) / 100, batch, model->config.memory);
    GRAFT_TRY(graft_alloc(&t->load_id, t->capacity, sizeof *t->load_id));
    if (model->fields > 1) {
      GRAFT_TRY(graft_alloc(&t->one_field, t->capacity * model->sensors, sizeof(float)));
    }
  }
  GRAFT_TRY(graft_alloc(&t->slot, t->rows, sizeof *t->slot));
  for (size_t row = 0; row < t->rows; row++) t->slot[row] = t->source ? SIZE_MAX : row;
  if (t->node_room) {
    size_t count;
    GRAFT_TRY(graft_size_multiply(t->capacity, t->node_room, "numbers of nodes", &count));
    GRAFT_TRY(graft_alloc(&t->node, count, sizeof(float)));
  }
  GRAFT_TRY(graft_alloc(&t->field, t->capacity * inputs, sizeof(float)));
  return graft_alloc(&t->u, t->capacity * P, sizeof(float));
}

graft_status graft_training_read(struct training *t, const graft_source *source) {
  const graft_source_info *info = &source->info;
  size_t Q = info->codes;
  GRAFT_TRY(graft_alloc(&t->number, t->rows * Q, sizeof(double)));
  for (size_t i = 0; i < t->rows * Q; i++) t->number[i] = info->code[t->id[i / Q] * Q + i % Q];
  GRAFT_TRY(count_nodes(t, source));
  GRAFT_TRY(place_rows(t, source));
  if (t->source) return GRAFT_OK;
  GRAFT_TRY(load_nodes(t, source, NULL, t->rows));
  GRAFT_TRY(graft_model_read(t->model, source, t->id, t->rows, t->field));
  return source->fill(source->ctx, "u", t->id, t->rows, t->u);
}

/* All fields of t->load_id [count]: field by field, as they were announced. */
static graft_status load_fields(struct training *t, size_t count) {
  const graft_deeponet *model = t->model;
  const graft_source *source = t->source;
  size_t D = model->fields, M = model->sensors;
  if (D == 1) return graft_model_read(model, source, t->load_id, count, t->field);
  for (size_t d = 0; d < D; d++) {
    GRAFT_TRY(source->fill(source->ctx, model->field[d], t->load_id, count, t->one_field));
    size_t own = graft_model_field_points(model, d);
    for (size_t i = 0; i < count; i++) {
      graft_model_extend(model, d, t->one_field + i * own, t->field + (i * D + d) * M);
    }
  }
  return GRAFT_OK;
}

graft_status graft_training_load(struct training *t, const size_t *row, size_t count) {
  if (!t->source || count == 0) return GRAFT_OK;
  for (size_t i = 0; i < count; i++) t->load_id[i] = t->id[row[i]];
  GRAFT_TRY(load_fields(t, count));
  GRAFT_TRY(t->source->fill(t->source->ctx, "u", t->load_id, count, t->u));
  for (size_t i = 0; i < count; i++) t->slot[row[i]] = i;
  GRAFT_TRY(load_nodes(t, t->source, row, count));
  return t->skip ? graft_training_load_skip(t, row, count) : GRAFT_OK;
}

const char *graft_deeponet_streamed(const graft_deeponet *model, size_t i) {
  const struct training *t = model->training;
  if (!t || !t->source || i > model->fields) return NULL;
  return i < model->fields ? model->field[i] : "u";
}

void graft_training_expect(struct training *t, const size_t *row, size_t count) {
  if (!t->source || !t->source->expect) return;
  for (size_t i = 0; i < count; i++) t->load_id[i] = t->id[row[i]];
  t->source->expect(t->source->ctx, t->load_id, count);
}
