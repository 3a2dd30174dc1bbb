/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the passes: the table of the data set. Third pass: rows are encoded, a block at a time.
 * Letters: B rows of a block, C ids, Q numbers, K labels per row. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "recsys/pass_impl.h"

static bool is_feature(const graft_column *c) { return c->schema->kind <= GRAFT_COLUMN_SEQUENCE; }

static bool is_list(const graft_column *c) {
  return c->schema->kind == GRAFT_COLUMN_MULTI_HOT || c->schema->kind == GRAFT_COLUMN_SEQUENCE;
}

static graft_status seal(graft_pipeline *p) {
  for (size_t i = 0; i < p->columns; i++) {
    graft_column *c = &p->column[i];
    if (c->schema->kind != GRAFT_COLUMN_CATEGORICAL) continue;
    GRAFT_TRY(graft_column_finish(c, &p->vocabulary[c->vocabulary]));
  }
  for (size_t v = 0; v < p->vocabularies; v++) {
    if (p->vocabulary[v].ids) continue; /* bins */
    GRAFT_TRY(graft_vocabulary_seal(&p->vocabulary[v], p->minimum[v]));
  }
  return GRAFT_OK;
}

/* Are the tokens lower ends of bins: "-inf", then increasing numbers, each with an id?
 * @param edge [GRAFT_SCHEMA_EDGES] receives the numbers */
static bool read_bins(const graft_feature_vocabulary *from, double *edge, size_t *edges) {
  const char *token = (const char *)from->text;
  *edges = 0;
  if (from->bytes == 0 || strcmp(token, "-inf") != 0) return false;
  for (size_t at = strlen(token) + 1; at < from->bytes; at += strlen(token) + 1) {
    token = (const char *)from->text + at;
    if (*edges == GRAFT_SCHEMA_EDGES || !graft_text_number(token, &edge[*edges])) return false;
    if (*edges > 0 && !(edge[*edges] > edge[*edges - 1])) return false;
    ++*edges;
  }
  return from->ids == GRAFT_ID_FIRST + *edges + 1;
}

/* The bins of a column are those of a vocabulary that must have some, or must not. */
static graft_status take_bins(graft_column *c, const char *like,
                              const graft_feature_vocabulary *from) {
  double edge[GRAFT_SCHEMA_EDGES];
  size_t edges;
  const bool wanted = c->schema->quantiles || c->schema->edges;
  const bool bins = read_bins(from, edge, &edges);
  GRAFT_CHECK(bins == wanted, INPUT,
              "data set '%s': vocabulary '%s': expected %s as the schema has, got %s", like,
              from->name, wanted ? "bins" : "values", bins ? "bins" : "values");
  if (!bins) return GRAFT_OK;
  c->edges = edges;
  if (edges) memcpy(c->edge, edge, edges * sizeof *edge);
  return GRAFT_OK;
}

/* Vocabularies and bins of another data set instead of ours. */
static graft_status take_vocabularies(graft_pipeline *p) {
  const graft_feature_info *like = p->import->like;
  for (size_t v = 0; v < p->vocabularies; v++) {
    size_t from = 0;
    while (from < like->vocabularies &&
           strcmp(like->vocabulary[from].name, p->vocabulary_name[v]) != 0) {
      from++;
    }
    GRAFT_CHECK(from < like->vocabularies, INPUT,
                "data set '%s': expected a vocabulary '%s' as the schema has, got none", like->name,
                p->vocabulary_name[v]);
    graft_vocabulary_fini(&p->vocabulary[v]);
    GRAFT_TRY(graft_vocabulary_import(&p->vocabulary[v], &like->vocabulary[from]));
    for (size_t i = 0; i < p->columns; i++) {
      graft_column *c = &p->column[i];
      const graft_schema_kind kind = c->schema->kind;
      const bool tokens = kind != GRAFT_COLUMN_NUMERIC && is_feature(c) && !c->schema->history[0];
      if (!tokens || c->vocabulary != v) continue;
      GRAFT_TRY(take_bins(c, like->name, &like->vocabulary[from]));
    }
  }
  return GRAFT_OK;
}

/* The features and labels of another data set must be ours; its scales become ours. */
static graft_status take_scales(graft_pipeline *p) {
  const graft_feature_info *like = p->import->like;
  graft_feature_info *info = &p->info;
  GRAFT_CHECK(like->features == info->features && like->labels == info->labels, INPUT,
              "data set '%s': expected %zu features and %zu labels as the schema has, got %zu, %zu",
              like->name, info->features, info->labels, like->features, like->labels);
  for (size_t f = 0; f < info->features; f++) {
    const graft_feature *a = &info->feature[f], *b = &like->feature[f];
    GRAFT_CHECK(strcmp(a->name, b->name) == 0 && a->kind == b->kind && a->length == b->length,
                INPUT, "data set '%s': expected feature '%s' as the schema has, got another '%s'",
                like->name, a->name, b->name);
  }
  for (size_t k = 0; k < info->labels; k++) {
    const graft_feature_label *a = &info->label[k], *b = &like->label[k];
    GRAFT_CHECK(strcmp(a->name, b->name) == 0 && a->binary == b->binary && a->space == b->space,
                INPUT, "data set '%s': expected label '%s' as the schema has, got another '%s'",
                like->name, a->name, b->name);
  }
  for (size_t q = 0; q < info->numbers; q++) info->scale[q] = like->scale[q];
  return GRAFT_OK;
}

static void describe_feature(const graft_pipeline *p, const graft_column *c, graft_feature *f) {
  static const graft_feature_kind kind[] = {GRAFT_FEATURE_CATEGORICAL, GRAFT_FEATURE_NUMERIC,
                                            GRAFT_FEATURE_MULTI_HOT, GRAFT_FEATURE_SEQUENCE};
  memcpy(f->name, c->schema->name, sizeof f->name);
  f->kind = kind[c->schema->kind];
  f->vocabulary = c->vocabulary;
  f->length = is_list(c) ? c->schema->length : 1;
  for (size_t h = 0; h < p->histories; h++) {
    if (&p->column[p->history[h].column] == c) {
      f->vocabulary = p->column[p->history[h].of].vocabulary;
    }
  }
}

static void describe_scale(const graft_column *c, graft_feature_scale *scale) {
  *scale = (graft_feature_scale){.log1p = c->schema->log1p, .shift = 0, .scale = 1};
  if (!c->schema->standard || c->count < 1) return;
  const double deviation = sqrt(c->square / c->count);
  scale->shift = c->mean;
  if (deviation > 0) scale->scale = deviation;
}

static void describe_label(const graft_pipeline *p, size_t k, graft_feature_label *label) {
  const graft_schema_column *s = p->column[p->label_column[k]].schema;
  memcpy(label->name, s->name, sizeof label->name);
  label->binary = !s->regression;
  label->space = p->label_space[k] == SIZE_MAX ? -1 : (int)p->label_space[k];
}

/* Numbers of values of the lists, and which list a history is. */
static void describe_lists(graft_pipeline *p) {
  size_t f = 0;
  for (size_t i = 0; i < p->columns; i++) {
    const graft_column *c = &p->column[i];
    if (!is_feature(c)) continue;
    const size_t slot = p->info.feature[f++].slot;
    if (is_list(c)) p->info.values[slot] = c->values;
    for (size_t h = 0; h < p->histories; h++) {
      if (p->history[h].column != i) continue;
      p->history[h].list = slot;
      p->info.values[slot] = p->history[h].events;
    }
  }
}

static graft_status allocate_blocks(graft_pipeline *p) {
  const graft_feature_info *info = &p->info;
  const size_t B = GRAFT_IMPORT_BLOCK;
  GRAFT_TRY(graft_alloc(&p->id, B * info->ids, sizeof *p->id));
  GRAFT_TRY(graft_alloc(&p->number, B * info->numbers, sizeof *p->number));
  GRAFT_TRY(graft_alloc(&p->block_label, B * info->labels, sizeof *p->block_label));
  GRAFT_TRY(graft_alloc(&p->block_user, B, sizeof *p->block_user));
  GRAFT_TRY(graft_alloc(&p->block_time, B, sizeof *p->block_time));
  GRAFT_TRY(graft_alloc(&p->range, info->lists, sizeof *p->range));
  GRAFT_TRY(graft_alloc(&p->list, info->lists, sizeof *p->list));
  GRAFT_TRY(graft_alloc(&p->list_used, info->lists, sizeof *p->list_used));
  GRAFT_TRY(graft_alloc(&p->list_done, info->lists, sizeof *p->list_done));
  for (size_t l = 0; l < info->lists; l++) {
    bool history = false;
    for (size_t h = 0; h < p->histories; h++) history |= p->history[h].list == l;
    GRAFT_TRY(graft_alloc(&p->range[l], 2 * B, sizeof *p->range[l]));
    if (history) continue;
    GRAFT_TRY(
        graft_alloc(&p->list[l], B * graft_feature_list(info, l)->length, sizeof *p->list[l]));
  }
  return GRAFT_OK;
}

graft_status graft_pipeline_describe(graft_pipeline *p) {
  graft_feature_info *info = &p->info;
  size_t features = 0, f = 0;
  for (size_t i = 0; i < p->columns; i++) features += is_feature(&p->column[i]);
  GRAFT_TRY(p->import->like ? take_vocabularies(p) : seal(p));
  GRAFT_TRY(graft_feature_info_init(info, p->rows, features, p->vocabularies, p->labels));
  memcpy(info->name, p->import->schema->name, sizeof info->name);
  info->user = p->user != SIZE_MAX;
  info->time = p->time != SIZE_MAX;
  memcpy(info->part, p->part, p->rows);
  for (size_t i = 0; i < p->columns; i++) {
    if (is_feature(&p->column[i])) describe_feature(p, &p->column[i], &info->feature[f++]);
  }
  GRAFT_TRY(graft_feature_info_slots(info));
  for (size_t i = 0, q = 0; i < p->columns; i++) {
    if (p->column[i].schema->kind == GRAFT_COLUMN_NUMERIC) {
      describe_scale(&p->column[i], &info->scale[q++]);
    }
  }
  for (size_t k = 0; k < p->labels; k++) describe_label(p, k, &info->label[k]);
  for (size_t v = 0; v < p->vocabularies; v++) {
    memcpy(info->vocabulary[v].name, p->vocabulary_name[v], strlen(p->vocabulary_name[v]) + 1);
    GRAFT_TRY(graft_vocabulary_export(&p->vocabulary[v], &info->vocabulary[v]));
  }
  describe_lists(p);
  if (p->import->like) GRAFT_TRY(take_scales(p));
  GRAFT_TRY(graft_feature_info_validate(info));
  return allocate_blocks(p);
}

static graft_status give(graft_pipeline *p, graft_feature_array array, size_t list,
                         const void *data, size_t count) {
  return count ? p->import->sink.append(p->import->sink.ctx, array, list, data, count) : GRAFT_OK;
}

/* The sink takes the blocks. */
static graft_status give_blocks(graft_pipeline *p) {
  const graft_feature_info *info = &p->info;
  const size_t n = p->pending;
  GRAFT_TRY(give(p, GRAFT_ARRAY_ID, 0, p->id, n * info->ids));
  GRAFT_TRY(give(p, GRAFT_ARRAY_NUMBER, 0, p->number, n * info->numbers));
  GRAFT_TRY(give(p, GRAFT_ARRAY_LABEL, 0, p->block_label, n * info->labels));
  GRAFT_TRY(give(p, GRAFT_ARRAY_USER, 0, p->block_user, info->user ? n : 0));
  GRAFT_TRY(give(p, GRAFT_ARRAY_TIME, 0, p->block_time, info->time ? n : 0));
  for (size_t l = 0; l < info->lists; l++) {
    GRAFT_TRY(give(p, GRAFT_ARRAY_RANGE, l, p->range[l], 2 * n));
    GRAFT_TRY(give(p, GRAFT_ARRAY_VALUE, l, p->list[l], p->list_used[l]));
    p->list_done[l] += p->list_used[l];
    p->list_used[l] = 0;
  }
  p->pending = 0;
  return GRAFT_OK;
}

/* A list of the row. */
static graft_status write_list(graft_pipeline *p, const graft_column *c, size_t l,
                               const char *text) {
  int64_t *range = p->range[l] + 2 * p->pending;
  const size_t n =
      graft_column_list(c, &p->vocabulary[c->vocabulary], text, p->list[l] + p->list_used[l]);
  range[0] = (int64_t)(p->list_done[l] + p->list_used[l]);
  range[1] = range[0] + (int64_t)n;
  p->list_used[l] += n;
  return GRAFT_OK;
}

/* One feature of the row, which is number `pending` of the block. */
static graft_status write_feature(graft_pipeline *p, size_t i, const graft_feature *f) {
  const graft_column *c = &p->column[i];
  const graft_feature_info *info = &p->info;
  double x;
  bool missing;
  if (c->schema->history[0]) return GRAFT_OK;
  const char *text = graft_pipeline_text(p, i);
  if (is_list(c)) return write_list(p, c, f->slot, text);
  if (c->schema->kind == GRAFT_COLUMN_CATEGORICAL) {
    return graft_column_id(c, &p->vocabulary[c->vocabulary], text,
                           &p->id[p->pending * info->ids + f->slot]);
  }
  const graft_feature_scale *scale = &info->scale[f->slot];
  float *out = &p->number[p->pending * info->numbers + f->slot];
  GRAFT_TRY(graft_column_number(c, text, &x, &missing));
  *out = (float)((x - scale->shift) / scale->scale);
  if (missing) *out = 0;
  GRAFT_CHECK(isfinite(*out), INPUT, "column '%s': expected a number of at most 3e38, got '%.60s'",
              c->schema->name, text);
  return GRAFT_OK;
}

/* The row in its histories: where its own begins and ends, and its event in those of later rows. */
static void write_histories(graft_pipeline *p) {
  for (size_t h = 0; h < p->histories; h++) {
    const graft_import_history *history = &p->history[h];
    const graft_history_place *place = &history->place[p->row];
    int64_t *range = p->range[history->list] + 2 * p->pending;
    range[0] = (int64_t)place->end - (int64_t)place->count;
    range[1] = (int64_t)place->end;
    if (place->own == UINT32_MAX) continue;
    size_t slot = 0; /* of the column whose ids it lists */
    for (size_t i = 0; i < history->of; i++) {
      slot += p->column[i].schema->kind == GRAFT_COLUMN_CATEGORICAL;
    }
    history->event[place->own] = p->id[p->pending * p->info.ids + slot];
  }
}

graft_status graft_pipeline_write(graft_pipeline *p) {
  size_t f = 0;
  for (size_t i = 0; i < p->columns; i++) {
    if (is_feature(&p->column[i])) GRAFT_TRY(write_feature(p, i, &p->info.feature[f++]));
  }
  write_histories(p);
  memcpy(p->block_label + p->pending * p->labels, p->label, p->labels * sizeof *p->label);
  GRAFT_TRY(graft_pipeline_user(p, &p->block_user[p->pending]));
  GRAFT_TRY(graft_pipeline_time(p, &p->block_time[p->pending]));
  p->pending++;
  return p->pending == GRAFT_IMPORT_BLOCK ? give_blocks(p) : GRAFT_OK;
}

graft_status graft_pipeline_flush(graft_pipeline *p) {
  GRAFT_TRY(give_blocks(p));
  for (size_t h = 0; h < p->histories; h++) {
    graft_import_history *history = &p->history[h];
    if (history->table > 0) GRAFT_TRY(graft_pipeline_encode_events(p, history));
    GRAFT_TRY(give(p, GRAFT_ARRAY_VALUE, history->list, history->event, history->events));
  }
  return GRAFT_OK;
}
