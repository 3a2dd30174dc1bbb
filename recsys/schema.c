/* SPDX-License-Identifier: BSD-2-Clause */
#include "recsys/schema.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"

static const char *const kind_name[] = {"categorical", "numeric", "multi_hot", "sequence", "label",
                                        "user",        "time",    "ignore",    NULL};
static const char *const rule_name[] = {"file", "random", "user", "time", "user_time", NULL};

const char *graft_schema_kind_name(size_t i) {
  return i < sizeof kind_name / sizeof *kind_name ? kind_name[i] : NULL;
}

const char *graft_schema_rule_name(size_t i) {
  return i < sizeof rule_name / sizeof *rule_name ? rule_name[i] : NULL;
}

graft_schema_condition graft_schema_condition_default(void) {
  return (graft_schema_condition){.at_least = (double)-INFINITY, .at_most = (double)INFINITY};
}

graft_schema_column graft_schema_column_default(void) {
  return (graft_schema_column){.minimum_count = 1,
                               .separator = '|',
                               .length = 50,
                               .where = graft_schema_condition_default()};
}

void graft_schema_init(graft_schema *schema) {
  *schema = (graft_schema){.train = 0.8, .validation = 0.1, .seed = 1};
}

void graft_schema_fini(graft_schema *schema) {
  for (size_t t = 0; t < GRAFT_SCHEMA_TABLES; t++) graft_free(schema->table[t].field);
  graft_free(schema->column);
  *schema = (graft_schema){0};
}

const graft_schema_column *graft_schema_find(const graft_schema *schema, const char *name) {
  for (size_t c = 0; c < schema->columns; c++) {
    if (strcmp(schema->column[c].name, name) == 0) return &schema->column[c];
  }
  return NULL;
}

static size_t count_kind(const graft_schema *schema, graft_schema_kind kind) {
  size_t n = 0;
  for (size_t c = 0; c < schema->columns; c++) n += schema->column[c].kind == kind;
  return n;
}

bool graft_schema_has_events(const graft_schema *schema, size_t table) {
  for (size_t c = 0; c < schema->columns; c++) {
    const graft_schema_place *event = &schema->column[c].event;
    if (event->field[0] && event->table == table) return true;
  }
  return false;
}

/* Is there such a field? With a header only the file knows; with a list any name may be a key. */
static graft_status check_place(const graft_schema *schema, const graft_schema_place *place) {
  const graft_schema_table *t = &schema->table[place->table];
  if (t->header || t->list[0]) return GRAFT_OK;
  for (size_t f = 0; f < t->fields; f++) {
    if (strcmp(t->field[f], place->field) == 0) return GRAFT_OK;
  }
  return graft_error_set(GRAFT_INPUT, __FILE__, __LINE__,
                         "expected a field of table '%s', got '%s'", t->name, place->field);
}

/* The same of a field that rows have, their own or by a join. */
static graft_status check_row_place(const graft_schema *schema, const graft_schema_place *place) {
  GRAFT_CHECK(!graft_schema_has_events(schema, place->table), INPUT,
              "expected a field of the first table or of a joined one, got one of '%s', which has "
              "events",
              schema->table[place->table].name);
  return check_place(schema, place);
}

static graft_status check_bins(const graft_schema_column *c) {
  const int ways = (c->step != 0) + (c->quantiles != 0) + (c->edges != 0);
  GRAFT_CHECK(ways <= 1, INPUT, "expected one of step, quantiles and edges, got several");
  GRAFT_CHECK(ways == 0 || c->kind == GRAFT_COLUMN_CATEGORICAL, INPUT,
              "bins: expected a categorical column");
  GRAFT_CHECK(c->step >= 0 && isfinite(c->step), INPUT, "step: expected a positive number, got %g",
              c->step);
  GRAFT_CHECK(!c->log1p || ways || c->kind == GRAFT_COLUMN_NUMERIC, INPUT,
              "log1p: expected a numeric column or bins");
  GRAFT_CHECK(!c->standard || c->kind == GRAFT_COLUMN_NUMERIC, INPUT,
              "standard: expected a numeric column");
  GRAFT_CHECK(!ways || !c->hash, INPUT, "expected bins or hash, got both");
  for (size_t i = 0; i < c->edges; i++) {
    GRAFT_CHECK(isfinite(c->edge[i]) && (i == 0 || c->edge[i] > c->edge[i - 1]), INPUT,
                "edges: expected increasing numbers, got %g at place %zu", c->edge[i], i + 1);
  }
  return GRAFT_OK;
}

/* A history out of a table of events. */
static graft_status check_event(const graft_schema *schema, const graft_schema_column *c) {
  graft_schema_place place = c->event;
  GRAFT_CHECK(place.table > 0 && c->event_user[0] && c->event_time[0], INPUT,
              "events: expected from: TABLE.FIELD of another table, user and time");
  GRAFT_CHECK(!c->where.from.field[0] || c->where.from.table == place.table, INPUT,
              "where: expected a field of table '%s', whose lines are the events",
              schema->table[place.table].name);
  GRAFT_CHECK(!c->training_only, INPUT, "expected events or training_only, got both");
  GRAFT_TRY(check_place(schema, &place));
  memcpy(place.field, c->event_user, sizeof place.field);
  GRAFT_TRY(check_place(schema, &place));
  memcpy(place.field, c->event_time, sizeof place.field);
  GRAFT_TRY(check_place(schema, &place));
  return c->where.from.field[0] ? check_place(schema, &c->where.from) : GRAFT_OK;
}

static graft_status check_history(const graft_schema *schema, const graft_schema_column *c) {
  const graft_schema_column *of = graft_schema_find(schema, c->history);
  GRAFT_CHECK(c->kind == GRAFT_COLUMN_SEQUENCE, INPUT, "history: expected a sequence");
  GRAFT_CHECK(of && of->kind == GRAFT_COLUMN_CATEGORICAL, INPUT,
              "history: expected a categorical column, got '%s'", c->history);
  GRAFT_CHECK(!c->from.field[0], INPUT, "expected history or from, got both");
  GRAFT_CHECK(count_kind(schema, GRAFT_COLUMN_USER) && count_kind(schema, GRAFT_COLUMN_TIME), INPUT,
              "history: expected columns of kind user and time, got none");
  if (c->event.field[0]) return check_event(schema, c);
  return c->where.from.field[0] ? check_row_place(schema, &c->where.from) : GRAFT_OK;
}

static graft_status check_label(const graft_schema *schema, const graft_schema_column *c) {
  const graft_schema_column *space = c->space[0] ? graft_schema_find(schema, c->space) : NULL;
  GRAFT_CHECK(!c->regression || !c->conditional, INPUT,
              "expected a regression or a condition, got both");
  GRAFT_CHECK(!c->negatives || c->where.values, INPUT,
              "negative: expected positive beside it, got none");
  if (!c->space[0]) return GRAFT_OK;
  GRAFT_CHECK(space && space->kind == GRAFT_COLUMN_LABEL && !space->regression && space != c, INPUT,
              "space: expected the name of another binary label, got '%s'", c->space);
  GRAFT_CHECK(!space->space[0], INPUT,
              "space: expected a label that is defined everywhere, got '%s'", c->space);
  return GRAFT_OK;
}

static graft_status check_column(const graft_schema *schema, const graft_schema_column *c) {
  bool list = c->kind == GRAFT_COLUMN_MULTI_HOT || c->kind == GRAFT_COLUMN_SEQUENCE;
  GRAFT_CHECK(graft_schema_find(schema, c->name) == c, INPUT, "the name is there twice");
  GRAFT_CHECK(!list || (c->length >= 1 && c->length < 65536), INPUT,
              "length: expected 1 to 65535, got %zu", c->length);
  GRAFT_CHECK(c->hash == 0 || (c->hash >= 1 && c->hash < INT32_MAX - 2), INPUT,
              "hash: expected 1 to 2^31 - 4 buckets, got %zu", c->hash);
  GRAFT_TRY(check_bins(c));
  if (c->history[0]) return check_history(schema, c);
  GRAFT_CHECK(c->from.field[0], INPUT, "from: expected a field, got none");
  GRAFT_CHECK(!c->event.field[0], INPUT, "events: expected history beside it, got none");
  GRAFT_TRY(check_row_place(schema, &c->from));
  return c->kind == GRAFT_COLUMN_LABEL ? check_label(schema, c) : GRAFT_OK;
}

static graft_status check_table(const graft_schema *schema, size_t t) {
  const graft_schema_table *table = &schema->table[t];
  size_t files = 0;
  for (size_t f = 0; f < schema->files; f++) files += schema->file[f].table == t;
  GRAFT_CHECK(files, INPUT, "table '%s': expected a file, got none", table->name);
  GRAFT_CHECK(table->header || table->fields, INPUT,
              "table '%s': expected a header or the names of its fields", table->name);
  const bool joined = t > 0 && !graft_schema_has_events(schema, t);
  GRAFT_CHECK(joined == (table->key[0] != 0) && joined == (table->foreign[0] != 0), INPUT,
              joined
                  ? "table '%s': expected key and foreign, by which it is joined to the first one"
                  : "table '%s': it has rows or events: expected no key",
              table->name);
  if (!joined) return GRAFT_OK;
  const graft_schema_place key = {.table = t}, foreign = {.table = 0};
  graft_schema_place place = key;
  memcpy(place.field, table->key, sizeof place.field);
  GRAFT_TRY(check_place(schema, &place));
  place = foreign;
  memcpy(place.field, table->foreign, sizeof place.field);
  return check_place(schema, &place);
}

graft_status graft_schema_validate(const graft_schema *schema) {
  GRAFT_CHECK(schema->tables, INPUT, "expected a table, got none");
  for (size_t t = 0; t < schema->tables; t++) GRAFT_TRY(check_table(schema, t));
  for (size_t c = 0; c < schema->columns; c++) {
    const graft_schema_column *column = &schema->column[c];
    graft_status status = check_column(schema, column);
    if (status != GRAFT_OK) graft_error_prefix("line %d: column '%s'", column->line, column->name);
    GRAFT_TRY(status);
  }
  for (size_t i = 0; i < schema->keeps; i++) {
    GRAFT_TRY(check_row_place(schema, &schema->keep[i].from));
  }
  const size_t labels = count_kind(schema, GRAFT_COLUMN_LABEL);
  GRAFT_CHECK(labels >= 1 && labels <= GRAFT_MAX_TASKS, INPUT,
              "expected 1 to %d columns of kind label, got %zu", GRAFT_MAX_TASKS, labels);
  GRAFT_CHECK(count_kind(schema, GRAFT_COLUMN_USER) <= 1 &&
                  count_kind(schema, GRAFT_COLUMN_TIME) <= 1,
              INPUT, "expected at most one column of kind user and one of kind time");
  const bool by_user = schema->rule == GRAFT_SPLIT_USER || schema->rule == GRAFT_SPLIT_USER_TIME;
  const bool by_time = schema->rule == GRAFT_SPLIT_TIME || schema->rule == GRAFT_SPLIT_USER_TIME;
  GRAFT_CHECK(!by_user || count_kind(schema, GRAFT_COLUMN_USER), INPUT,
              "split: rule '%s': expected a column of kind user, got none",
              rule_name[schema->rule]);
  GRAFT_CHECK(!by_time || count_kind(schema, GRAFT_COLUMN_TIME), INPUT,
              "split: rule '%s': expected a column of kind time, got none",
              rule_name[schema->rule]);
  GRAFT_CHECK(schema->train > 0 && schema->validation >= 0 &&
                  schema->train + schema->validation <= 1 + 1e-9,
              INPUT, "split: expected shares above 0 with a sum of at most 1, got %g and %g",
              schema->train, schema->validation);
  return GRAFT_OK;
}
