/* SPDX-License-Identifier: BSD-2-Clause */
/* First pass: which rows there are, their labels, parts, users, times. Second pass: what training
 * rows teach. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "recsys/pass_impl.h"

graft_status graft_pipeline_tell(graft_pipeline *p, double bytes) {
  if (!p->import->progress) return GRAFT_OK;
  GRAFT_CHECK(p->import->progress(p->import->progress_ctx, p->bytes + bytes) == 0, INTERRUPTED,
              "stopped while reading %s", p->import->path[p->file]);
  return GRAFT_OK;
}

/* One of the texts in a list of `count`? */
static bool is_one_of(const char *text, size_t count, const char (*list)[GRAFT_COLUMN_SIZE]) {
  for (size_t i = 0; i < count; i++) {
    if (strcmp(text, list[i]) == 0) return true;
  }
  return false;
}

/* "'a', 'b'" for messages. */
static const char *first_of(size_t count, const char (*list)[GRAFT_COLUMN_SIZE]) {
  return count ? list[0] : "";
}

static graft_status read_label(const graft_column *c, const char *text, float *label) {
  const graft_schema_column *s = c->schema;
  char scratch[GRAFT_COLUMN_TEXT];
  double x;
  bool holds;
  *label = NAN;
  text = graft_column_text(c, text, scratch);
  if (!text) return GRAFT_OK;
  if (s->conditional) {
    GRAFT_TRY(graft_condition_holds(&s->where, text, &holds));
    GRAFT_CHECK(holds || !s->negatives || is_one_of(text, s->negatives, s->negative), INPUT,
                "column '%s': expected a value of the label such as '%s' or '%s', got '%.60s'",
                s->name, first_of(s->where.values, s->where.value),
                first_of(s->negatives, s->negative), text);
    *label = holds ? 1 : 0;
    return GRAFT_OK;
  }
  GRAFT_CHECK(graft_text_number(text, &x) && isfinite((float)x), INPUT,
              "column '%s': expected %s, got '%.60s'", s->name,
              s->regression ? "a finite number" : "0 or 1", text);
  GRAFT_CHECK(s->regression || x == 0 || x == 1, INPUT, "column '%s': expected 0 or 1, got '%.60s'",
              s->name, text);
  *label = (float)x;
  return GRAFT_OK;
}

graft_status graft_pipeline_labels(graft_pipeline *p, bool *counts) {
  for (size_t k = 0; k < p->labels; k++) {
    const size_t c = p->label_column[k];
    GRAFT_TRY(read_label(&p->column[c], graft_pipeline_text(p, c), &p->label[k]));
  }
  for (size_t k = 0; k < p->labels && *counts; k++) {
    const graft_schema_column *s = p->column[p->label_column[k]].schema;
    if (p->label_space[k] == SIZE_MAX) continue;
    const float space = p->label[p->label_space[k]];
    const bool outside = !(space == 1);
    if (outside && p->label[k] == 1 && !s->regression) {
      GRAFT_CHECK(s->drop, INPUT,
                  "column '%s': expected 0 outside its space (%s = 1), got 1 (drop: true leaves "
                  "such rows out)",
                  s->name, s->space);
      *counts = false;
    }
    if (outside) p->label[k] = NAN;
  }
  return GRAFT_OK;
}

graft_status graft_pipeline_read_user(const graft_pipeline *p, const char *name, const char *text,
                                      int64_t *user) {
  char scratch[GRAFT_COLUMN_TEXT];
  text = graft_column_text(&p->column[p->user], text, scratch);
  GRAFT_CHECK(text, INPUT, "column '%s': expected a user, got an empty text", name);
  *user = (int64_t)graft_hash(GRAFT_HASH_START, text, strlen(text));
  return GRAFT_OK;
}

graft_status graft_pipeline_read_time(const graft_pipeline *p, const char *name, const char *text,
                                      int64_t *time) {
  char scratch[GRAFT_COLUMN_TEXT], *end = NULL;
  text = graft_column_text(&p->column[p->time], text, scratch);
  errno = 0;
  if (text) *time = strtoll(text, &end, 10);
  GRAFT_CHECK(text && end != text && *end == '\0' && errno == 0, INPUT,
              "column '%s': expected a time as an integer, got '%.60s'", name, text ? text : "");
  return GRAFT_OK;
}

graft_status graft_pipeline_user(const graft_pipeline *p, int64_t *user) {
  *user = 0;
  if (p->user == SIZE_MAX) return GRAFT_OK;
  return graft_pipeline_read_user(p, p->column[p->user].schema->name,
                                  graft_pipeline_text(p, p->user), user);
}

graft_status graft_pipeline_time(const graft_pipeline *p, int64_t *time) {
  *time = 0;
  if (p->time == SIZE_MAX) return GRAFT_OK;
  return graft_pipeline_read_time(p, p->column[p->time].schema->name,
                                  graft_pipeline_text(p, p->time), time);
}

/* A number in [0, 1) of the seed and what a row or user is. */
static double draw(const graft_pipeline *p, uint64_t index) {
  graft_rng rng;
  graft_rng_init(&rng, p->import->schema->seed, GRAFT_STREAM_ROWS, index);
  return graft_rng_uniform(&rng);
}

/* Part of a row where no other row decides about it. */
static uint8_t part_of(const graft_pipeline *p, int64_t user) {
  const graft_schema *s = p->import->schema;
  const graft_schema_file *file = &s->file[p->file];
  if (p->import->like) return GRAFT_PART_TEST;
  if (s->rule == GRAFT_SPLIT_FILE) {
    bool validation = file->validation > 0 && draw(p, p->row) < file->validation;
    return (uint8_t)(validation ? GRAFT_PART_VALIDATION : file->part);
  }
  if (s->rule != GRAFT_SPLIT_RANDOM && s->rule != GRAFT_SPLIT_USER) return GRAFT_PART_TRAIN;
  const double u = draw(p, s->rule == GRAFT_SPLIT_USER ? (uint64_t)user : p->row);
  return u < s->train                   ? GRAFT_PART_TRAIN
         : u < s->train + s->validation ? GRAFT_PART_VALIDATION
                                        : GRAFT_PART_TEST;
}

/* Of which histories the row is an event. */
static graft_status find_membership(const graft_pipeline *p, uint32_t *member) {
  *member = 0;
  for (size_t h = 0; h < p->histories; h++) {
    const graft_column *c = &p->column[p->history[h].column];
    bool holds = p->history[h].table == 0;
    if (holds && c->schema->where.from.field[0]) {
      GRAFT_TRY(graft_condition_holds(&c->schema->where, p->value[c->where_table][c->where_field],
                                      &holds));
    }
    if (holds) *member |= UINT32_C(1) << h;
  }
  return GRAFT_OK;
}

graft_status graft_pipeline_scan(graft_pipeline *p) {
  graft_row_key key = {.row = (uint32_t)p->row};
  GRAFT_CHECK(p->row < UINT32_MAX - 1, INPUT, "expected fewer than 2^32 - 2 rows, got more");
  GRAFT_TRY(graft_pipeline_user(p, &key.user));
  GRAFT_TRY(graft_pipeline_time(p, &key.time));
  GRAFT_TRY(graft_grow(&p->part, &p->part_capacity, p->row, sizeof *p->part));
  p->part[p->row] = part_of(p, key.user);
  if (!p->ordered) return GRAFT_OK;
  GRAFT_TRY(graft_grow(&p->key, &p->key_capacity, p->row, sizeof *p->key));
  p->key[p->row] = key;
  if (!p->histories) return GRAFT_OK;
  GRAFT_TRY(graft_grow(&p->member, &p->member_capacity, p->row, sizeof *p->member));
  return find_membership(p, &p->member[p->row]);
}

static graft_status order_histories(graft_pipeline *p) {
  for (size_t h = 0; h < p->histories; h++) {
    graft_import_history *history = &p->history[h];
    const graft_schema_column *s = p->column[history->column].schema;
    if (history->table > 0) {
      GRAFT_TRY(graft_pipeline_place_events(p, history));
      continue;
    }
    for (size_t n = 0; s->training_only && n < p->rows; n++) {
      if (p->part[n] != GRAFT_PART_TRAIN) p->member[n] &= ~(UINT32_C(1) << h);
    }
    GRAFT_TRY(graft_alloc(&history->place, p->rows, sizeof *history->place));
    history->events =
        graft_rows_history(p->key, p->rows, p->member, (unsigned)h, s->length, history->place);
    GRAFT_TRY(graft_alloc(&history->event, history->events, sizeof *history->event));
  }
  return GRAFT_OK;
}

graft_status graft_pipeline_order(graft_pipeline *p) {
  const graft_schema *s = p->import->schema;
  const bool learn = !p->import->like; /* else all rows are for testing already */
  if (s->rule == GRAFT_SPLIT_TIME && learn) {
    graft_rows_sort(p->key, p->rows, false);
    graft_rows_split(s, p->key, p->rows, p->part);
  }
  if (s->rule == GRAFT_SPLIT_USER_TIME || p->histories) graft_rows_sort(p->key, p->rows, true);
  if (s->rule == GRAFT_SPLIT_USER_TIME && learn) graft_rows_split(s, p->key, p->rows, p->part);
  GRAFT_TRY(order_histories(p));
  graft_free(p->key);
  graft_free(p->member);
  p->key = NULL;
  p->member = NULL;
  return GRAFT_OK;
}

graft_status graft_pipeline_count(graft_pipeline *p) {
  for (size_t i = 0; i < p->columns; i++) {
    graft_column *c = &p->column[i];
    const graft_schema_column *s = c->schema;
    if (s->kind > GRAFT_COLUMN_SEQUENCE || s->history[0]) continue;
    const char *text = graft_pipeline_text(p, i);
    bool list = s->kind == GRAFT_COLUMN_MULTI_HOT || s->kind == GRAFT_COLUMN_SEQUENCE;
    if (list) c->values += graft_column_list(c, NULL, text, NULL);
    if (p->part[p->row] != GRAFT_PART_TRAIN || p->import->like) continue;
    GRAFT_TRY(graft_column_learn(c, &p->vocabulary[c->vocabulary], text));
  }
  return GRAFT_OK;
}
