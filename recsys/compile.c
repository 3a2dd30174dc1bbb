/* SPDX-License-Identifier: BSD-2-Clause */
/* From the names of a schema to numbers: used fields, columns, vocabularies, labels. */
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "recsys/pass_impl.h"

/* Number of a field among the used ones of its table; it becomes one of them. */
static graft_status use_field(graft_pipeline *p, size_t table, const char *name, size_t *field) {
  graft_import_fields *fields = &p->fields[table];
  for (*field = 0; *field < fields->count; (*field)++) {
    if (strcmp(fields->name[*field], name) == 0) return GRAFT_OK;
  }
  GRAFT_CHECK(fields->count < GRAFT_SCHEMA_FIELDS, INPUT,
              "table '%s': expected at most %d fields in use", p->import->schema->table[table].name,
              GRAFT_SCHEMA_FIELDS);
  memcpy(fields->name[fields->count++], name, strlen(name) + 1);
  return GRAFT_OK;
}

static graft_status use_vocabulary(graft_pipeline *p, graft_column *c) {
  const graft_schema_column *s = c->schema;
  const char *name = s->vocabulary[0] ? s->vocabulary : s->name;
  size_t v = 0;
  while (v < p->vocabularies && strcmp(p->vocabulary_name[v], name) != 0) v++;
  c->vocabulary = v;
  if (v == p->vocabularies) {
    p->vocabularies++;
    p->vocabulary_name[v] = name;
    p->vocabulary[v].buckets = s->hash;
    p->minimum[v] = s->minimum_count;
    return GRAFT_OK;
  }
  GRAFT_CHECK(p->vocabulary[v].buckets == s->hash && !s->quantiles && !s->edges, INPUT,
              "column '%s': vocabulary '%s': expected the same hash for all its columns, and no "
              "bins",
              s->name, name);
  if (s->minimum_count > p->minimum[v]) p->minimum[v] = s->minimum_count;
  return GRAFT_OK;
}

static graft_status compile_column(graft_pipeline *p, graft_column *c) {
  const graft_schema_column *s = c->schema;
  bool tokens = s->kind == GRAFT_COLUMN_CATEGORICAL || s->kind == GRAFT_COLUMN_MULTI_HOT ||
                (s->kind == GRAFT_COLUMN_SEQUENCE && !s->history[0]);
  c->table = s->from.table;
  c->where_table = s->where.from.table;
  if (s->from.field[0]) GRAFT_TRY(use_field(p, c->table, s->from.field, &c->field));
  if (s->where.from.field[0]) {
    GRAFT_TRY(use_field(p, c->where_table, s->where.from.field, &c->where_field));
  }
  if (s->pattern[0]) {
    char reason[128];
    int error = regcomp(&c->pattern, s->pattern, REG_EXTENDED);
    if (error) regerror(error, &c->pattern, reason, sizeof reason);
    GRAFT_CHECK(error == 0, INPUT, "column '%s': pattern '%s': %s", s->name, s->pattern, reason);
    c->has_pattern = true;
    GRAFT_CHECK(c->pattern.re_nsub >= 1, INPUT,
                "column '%s': pattern '%s': expected a group (…), got none", s->name, s->pattern);
  }
  if (s->quantiles) {
    GRAFT_TRY(graft_alloc(&c->sample, GRAFT_IMPORT_SAMPLE, sizeof *c->sample));
    graft_rng_init(&c->rng, p->import->schema->seed, GRAFT_STREAM_ROWS, (uint64_t)(c - p->column));
  }
  return tokens ? use_vocabulary(p, c) : GRAFT_OK;
}

static graft_status compile_history(graft_pipeline *p, size_t column) {
  const graft_schema_column *s = p->column[column].schema;
  const size_t most = sizeof p->history / sizeof *p->history;
  GRAFT_CHECK(p->histories < most, INPUT, "expected at most %zu histories", most);
  graft_import_history *h = &p->history[p->histories++];
  h->column = column;
  while (strcmp(p->column[h->of].schema->name, s->history) != 0) h->of++;
  if (!s->event.field[0]) return GRAFT_OK;
  h->table = s->event.table;
  GRAFT_TRY(use_field(p, h->table, s->event.field, &h->item_field));
  GRAFT_TRY(use_field(p, h->table, s->event_user, &h->user_field));
  return use_field(p, h->table, s->event_time, &h->time_field);
}

static graft_status compile_labels(graft_pipeline *p) {
  for (size_t c = 0; c < p->columns; c++) {
    if (p->column[c].schema->kind == GRAFT_COLUMN_LABEL) p->label_column[p->labels++] = c;
  }
  for (size_t k = 0; k < p->labels; k++) {
    const char *space = p->column[p->label_column[k]].schema->space;
    p->label_space[k] = SIZE_MAX;
    for (size_t l = 0; l < p->labels && space[0]; l++) {
      if (strcmp(p->column[p->label_column[l]].schema->name, space) == 0) p->label_space[k] = l;
    }
  }
  return GRAFT_OK;
}

/* Fields that nothing but labels needs may be missing when nothing is to be learnt. Columns,
 * conditions of histories and of `keep`, and joins need theirs. */
static void mark_optional(graft_pipeline *p) {
  const graft_schema *s = p->import->schema;
  for (size_t k = 0; k < p->labels && p->import->like; k++) {
    const graft_column *c = &p->column[p->label_column[k]];
    p->fields[c->table].optional[c->field] = true;
  }
  for (size_t i = 0; i < p->columns; i++) {
    const graft_column *c = &p->column[i];
    if (c->schema->kind == GRAFT_COLUMN_LABEL) continue;
    if (c->schema->from.field[0]) p->fields[c->table].optional[c->field] = false;
    if (!c->schema->where.from.field[0]) continue;
    p->fields[c->where_table].optional[c->where_field] = false;
  }
  for (size_t i = 0; i < s->keeps; i++) {
    p->fields[s->keep[i].from.table].optional[p->keep_field[i]] = false;
  }
  for (size_t t = 1; t < s->tables; t++) {
    if (s->table[t].key[0]) p->fields[0].optional[p->foreign[t]] = false;
  }
}

static graft_status allocate(graft_pipeline *p) {
  p->columns = p->import->schema->columns;
  GRAFT_TRY(graft_alloc(&p->column, p->columns, sizeof *p->column));
  GRAFT_TRY(graft_alloc(&p->vocabulary, p->columns, sizeof *p->vocabulary));
  GRAFT_TRY(graft_alloc(&p->minimum, p->columns, sizeof *p->minimum));
  return graft_alloc(&p->vocabulary_name, p->columns, sizeof *p->vocabulary_name);
}

graft_status graft_pipeline_compile(graft_pipeline *p) {
  const graft_schema *s = p->import->schema;
  GRAFT_TRY(allocate(p));
  p->user = p->time = SIZE_MAX;
  for (size_t c = 0; c < p->columns; c++) {
    p->column[c].schema = &s->column[c];
    GRAFT_TRY(compile_column(p, &p->column[c]));
    if (s->column[c].kind == GRAFT_COLUMN_USER) p->user = c;
    if (s->column[c].kind == GRAFT_COLUMN_TIME) p->time = c;
  }
  for (size_t c = 0; c < p->columns; c++) {
    if (s->column[c].history[0]) GRAFT_TRY(compile_history(p, c));
  }
  GRAFT_TRY(compile_labels(p));
  for (size_t i = 0; i < s->keeps; i++) {
    GRAFT_TRY(use_field(p, s->keep[i].from.table, s->keep[i].from.field, &p->keep_field[i]));
  }
  for (size_t t = 1; t < s->tables; t++) {
    if (!s->table[t].key[0]) continue; /* events */
    GRAFT_TRY(use_field(p, 0, s->table[t].foreign, &p->foreign[t]));
    GRAFT_TRY(use_field(p, t, s->table[t].key, &p->join[t].key));
  }
  mark_optional(p);
  p->ordered = p->histories || s->rule == GRAFT_SPLIT_TIME || s->rule == GRAFT_SPLIT_USER_TIME;
  return GRAFT_OK;
}

void graft_pipeline_fini(graft_pipeline *p) {
  for (size_t c = 0; p->column && c < p->columns; c++) {
    if (p->column[c].has_pattern) regfree(&p->column[c].pattern);
    graft_free(p->column[c].sample);
  }
  for (size_t v = 0; p->vocabulary && v < p->vocabularies; v++) {
    graft_vocabulary_fini(&p->vocabulary[v]);
  }
  for (size_t t = 0; t < GRAFT_SCHEMA_TABLES; t++) graft_join_fini(&p->join[t]);
  for (size_t h = 0; h < p->histories; h++) {
    graft_free(p->history[h].place);
    graft_free(p->history[h].event);
    graft_free(p->history[h].key);
    graft_free(p->history[h].at);
    graft_free(p->history[h].text);
  }
  for (size_t l = 0; l < p->info.lists; l++) {
    if (p->range) graft_free(p->range[l]);
    if (p->list) graft_free(p->list[l]);
  }
  graft_free(p->range);
  graft_free(p->list);
  graft_free(p->list_used);
  graft_free(p->list_done);
  graft_free(p->id);
  graft_free(p->number);
  graft_free(p->block_label);
  graft_free(p->block_user);
  graft_free(p->block_time);
  graft_free(p->column);
  graft_free(p->vocabulary);
  graft_free(p->minimum);
  graft_free(p->vocabulary_name);
  graft_free(p->part);
  graft_free(p->key);
  graft_free(p->member);
  graft_feature_info_fini(&p->info);
}
