/* SPDX-License-Identifier: BSD-2-Clause */
#include "apps/schema_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/option.h"
#include "io/yaml.h"

/* A schema being read. */
struct reader {
  const char *name; /* of the file */
  graft_schema *schema;
};

#define REFUSE(node, ...)                                                                          \
  (graft_error_set(GRAFT_INPUT, __FILE__, __LINE__, __VA_ARGS__),                                  \
   graft_error_prefix("%s:%d", r->name, (node)->line), GRAFT_INPUT)

static graft_status expect_kind(const struct reader *r, const graft_yaml_node *node,
                                graft_yaml_kind kind) {
  static const char *const what[] = {"a value", "a list [a, b]", "a mapping {key: value}"};
  if (node->kind == kind) return GRAFT_OK;
  return REFUSE(node, "%s: expected %s, got %s", node->key ? node->key : "schema", what[kind],
                what[node->kind]);
}

/* Only keys out of a NULL-terminated list. */
static graft_status expect_keys(const struct reader *r, const graft_yaml_node *node,
                                const char *const *key) {
  GRAFT_TRY(expect_kind(r, node, GRAFT_YAML_MAPPING));
  for (size_t i = 0; i < node->children; i++) {
    const graft_yaml_node *child = &node->child[i];
    const char *near = key[0];
    char hint[GRAFT_HINT_SIZE];
    size_t k = 0;
    for (; key[k] && strcmp(key[k], child->key) != 0; k++) {
      if (graft_name_distance(child->key, key[k]) < graft_name_distance(child->key, near)) {
        near = key[k];
      }
    }
    if (!key[k]) {
      return REFUSE(child, "unknown key '%.60s'%s", child->key,
                    graft_name_hint(child->key, near, hint));
    }
  }
  return GRAFT_OK;
}

/* The scalar `key` of a mapping into text [size]; unchanged if it is not there. */
static graft_status get_text(const struct reader *r, const graft_yaml_node *node, const char *key,
                             char *text, size_t size) {
  const graft_yaml_node *child = graft_yaml_child(node, key);
  if (!child) return GRAFT_OK;
  GRAFT_TRY(expect_kind(r, child, GRAFT_YAML_SCALAR));
  if (strlen(child->text) >= size) {
    return REFUSE(child, "%s: expected at most %zu bytes, got %zu", key, size - 1,
                  strlen(child->text));
  }
  memcpy(text, child->text, strlen(child->text) + 1);
  return GRAFT_OK;
}

/* A name that may become part of a path in a file. */
static graft_status get_name(const struct reader *r, const graft_yaml_node *node, const char *text,
                             char *name) {
  const size_t n = strlen(text);
  if (n == 0 || n > 50 || strchr(text, '/') || text[0] == '.') {
    return REFUSE(node, "expected a name of 1 to 50 bytes without '/', got '%.60s'", text);
  }
  if (name != text) memcpy(name, text, n + 1);
  return GRAFT_OK;
}

static graft_status get_char(const struct reader *r, const graft_yaml_node *node, const char *key,
                             char *c) {
  const graft_yaml_node *child = graft_yaml_child(node, key);
  if (!child) return GRAFT_OK;
  GRAFT_TRY(expect_kind(r, child, GRAFT_YAML_SCALAR));
  if (strlen(child->text) > 1 || (unsigned char)child->text[0] > 127) {
    return REFUSE(child, "%s: expected one ASCII character, got '%.20s'", key, child->text);
  }
  *c = child->text[0];
  return GRAFT_OK;
}

static graft_status read_number(const struct reader *r, const graft_yaml_node *node, double *x) {
  char *end = NULL;
  GRAFT_TRY(expect_kind(r, node, GRAFT_YAML_SCALAR));
  if (*node->text && strspn(node->text, "0123456789+-.eE") == strlen(node->text)) {
    *x = strtod(node->text, &end);
  }
  if (!end || *end || !isfinite(*x)) {
    return REFUSE(node, "%s: expected a number, got '%.40s'", node->key ? node->key : "list",
                  node->text);
  }
  return GRAFT_OK;
}

static graft_status get_number(const struct reader *r, const graft_yaml_node *node, const char *key,
                               double *x) {
  const graft_yaml_node *child = graft_yaml_child(node, key);
  return child ? read_number(r, child, x) : GRAFT_OK;
}

static graft_status get_count(const struct reader *r, const graft_yaml_node *node, const char *key,
                              size_t *n) {
  double x = (double)*n;
  GRAFT_TRY(get_number(r, node, key, &x));
  if (x < 0 || x > 1e15 || x != floor(x)) {
    return REFUSE(graft_yaml_child(node, key), "%s: expected a whole number, got %g", key, x);
  }
  *n = (size_t)x;
  return GRAFT_OK;
}

static graft_status get_bool(const struct reader *r, const graft_yaml_node *node, const char *key,
                             bool *value) {
  const graft_yaml_node *child = graft_yaml_child(node, key);
  if (!child) return GRAFT_OK;
  GRAFT_TRY(expect_kind(r, child, GRAFT_YAML_SCALAR));
  *value = strcmp(child->text, "true") == 0;
  if (*value || strcmp(child->text, "false") == 0) return GRAFT_OK;
  return REFUSE(child, "%s: expected true or false, got '%.40s'", key, child->text);
}

/* One of a list of names. */
static graft_status get_choice(const struct reader *r, const graft_yaml_node *node, const char *key,
                               graft_option_choices *choices, size_t *choice) {
  const graft_yaml_node *child = graft_yaml_child(node, key);
  char all[256] = "";
  if (!child) return GRAFT_OK;
  GRAFT_TRY(expect_kind(r, child, GRAFT_YAML_SCALAR));
  for (size_t i = 0; choices(i); i++) {
    if (strcmp(choices(i), child->text) == 0) {
      *choice = i;
      return GRAFT_OK;
    }
    const size_t used = strlen(all);
    snprintf(all + used, sizeof all - used, i ? ", %s" : "%s", choices(i));
  }
  return REFUSE(child, "%s: expected one of %s, got '%.40s'", key, all, child->text);
}

/* A list of texts, or one text. */
static graft_status get_texts(const struct reader *r, const graft_yaml_node *node, const char *key,
                              char (*text)[GRAFT_COLUMN_SIZE], size_t most, size_t *count) {
  const graft_yaml_node *child = graft_yaml_child(node, key);
  *count = 0;
  if (!child) return GRAFT_OK;
  const bool one = child->kind == GRAFT_YAML_SCALAR;
  if (!one) GRAFT_TRY(expect_kind(r, child, GRAFT_YAML_SEQUENCE));
  const size_t n = one ? 1 : child->children;
  if (n > most) return REFUSE(child, "%s: expected at most %zu values, got %zu", key, most, n);
  for (size_t i = 0; i < n; i++) {
    const graft_yaml_node *item = one ? child : &child->child[i];
    GRAFT_TRY(expect_kind(r, item, GRAFT_YAML_SCALAR));
    if (strlen(item->text) >= GRAFT_COLUMN_SIZE) {
      return REFUSE(item, "%s: expected at most %d bytes, got %zu", key, GRAFT_COLUMN_SIZE - 1,
                    strlen(item->text));
    }
    memcpy(text[i], item->text, strlen(item->text) + 1);
  }
  *count = n;
  return GRAFT_OK;
}

static graft_status find_table(const struct reader *r, const graft_yaml_node *node,
                               const char *name, size_t *table) {
  for (*table = 0; *table < r->schema->tables; (*table)++) {
    if (strcmp(r->schema->table[*table].name, name) == 0) return GRAFT_OK;
  }
  return REFUSE(node, "expected the name of a table, got '%.60s'", name);
}

/* "field" of the first table, or "table.field". */
static graft_status get_place(const struct reader *r, const graft_yaml_node *node, const char *key,
                              graft_schema_place *place) {
  char text[2 * GRAFT_COLUMN_SIZE] = "";
  const graft_yaml_node *child = graft_yaml_child(node, key);
  GRAFT_TRY(get_text(r, node, key, text, sizeof text));
  if (!*text) return GRAFT_OK;
  char *field = text, *dot = strchr(text, '.');
  if (dot) {
    *dot = '\0';
    GRAFT_TRY(find_table(r, child, text, &place->table));
    field = dot + 1;
  }
  if (!*field || strlen(field) >= sizeof place->field) {
    return REFUSE(child, "%s: expected a field of 1 to %zu bytes, got '%.60s'", key,
                  sizeof place->field - 1, field);
  }
  memcpy(place->field, field, strlen(field) + 1);
  return GRAFT_OK;
}

static graft_status get_condition(const struct reader *r, const graft_yaml_node *node,
                                  graft_schema_condition *c) {
  static const char *const keys[] = {"from", "values", "at_least", "at_most", NULL};
  GRAFT_TRY(expect_keys(r, node, keys));
  GRAFT_TRY(get_place(r, node, "from", &c->from));
  GRAFT_TRY(get_texts(r, node, "values", c->value, GRAFT_SCHEMA_VALUES, &c->values));
  GRAFT_TRY(get_number(r, node, "at_least", &c->at_least));
  GRAFT_TRY(get_number(r, node, "at_most", &c->at_most));
  if (!c->from.field[0]) return REFUSE(node, "expected from: FIELD, got none");
  const bool bounds = isfinite(c->at_least) || isfinite(c->at_most);
  if (bounds == (c->values > 0)) return REFUSE(node, "expected values, or at_least and at_most");
  return GRAFT_OK;
}

static graft_status read_fields(const struct reader *r, const graft_yaml_node *node,
                                graft_schema_table *table) {
  const graft_yaml_node *list = graft_yaml_child(node, "fields");
  if (!list) return GRAFT_OK;
  GRAFT_TRY(graft_alloc(&table->field, GRAFT_SCHEMA_FIELDS, sizeof *table->field));
  GRAFT_TRY(get_texts(r, node, "fields", table->field, GRAFT_SCHEMA_FIELDS, &table->fields));
  for (size_t i = 0; i < table->fields; i++) {
    for (size_t j = 0; j < i; j++) {
      if (strcmp(table->field[i], table->field[j]) == 0) {
        return REFUSE(list, "fields: '%s' is there twice", table->field[i]);
      }
    }
  }
  return GRAFT_OK;
}

static const char *encoding_name(size_t i) {
  static const char *const name[] = {"utf8", "latin1", NULL};
  return name[i < 2 ? i : 2];
}

static graft_status read_table(const struct reader *r, const graft_yaml_node *node) {
  static const char *const keys[] = {"header",  "fields",   "delimiter", "quote",
                                     "comment", "trim",     "encoding",  "key",
                                     "foreign", "optional", "list",      NULL};
  static const char *const list_keys[] = {"field", "entry", "pair", "weight", NULL};
  if (r->schema->tables == GRAFT_SCHEMA_TABLES) {
    return REFUSE(node, "expected at most %d tables", GRAFT_SCHEMA_TABLES);
  }
  graft_schema_table *table = &r->schema->table[r->schema->tables++];
  const graft_yaml_node *list = graft_yaml_child(node, "list");
  size_t encoding = 0;
  *table = (graft_schema_table){.format = {.delimiter = ",", .quote = '"'}};
  GRAFT_TRY(expect_keys(r, node, keys));
  GRAFT_TRY(get_name(r, node, node->key, table->name));
  GRAFT_TRY(get_bool(r, node, "header", &table->header));
  GRAFT_TRY(read_fields(r, node, table));
  if (table->header == (table->fields > 0)) {
    return REFUSE(node, "table '%s': expected header: true, or fields: [names]", table->name);
  }
  GRAFT_TRY(
      get_text(r, node, "delimiter", table->format.delimiter, sizeof table->format.delimiter));
  if (!table->format.delimiter[0] || strpbrk(table->format.delimiter, "\n\r")) {
    return REFUSE(node, "delimiter: expected a text without line ends");
  }
  GRAFT_TRY(get_char(r, node, "quote", &table->format.quote));
  GRAFT_TRY(get_char(r, node, "comment", &table->format.comment));
  GRAFT_TRY(get_bool(r, node, "trim", &table->format.trim));
  GRAFT_TRY(get_choice(r, node, "encoding", encoding_name, &encoding));
  table->format.latin1 = encoding == 1;
  GRAFT_TRY(get_text(r, node, "key", table->key, sizeof table->key));
  GRAFT_TRY(get_text(r, node, "foreign", table->foreign, sizeof table->foreign));
  GRAFT_TRY(get_bool(r, node, "optional", &table->optional));
  if (!list) return GRAFT_OK;
  GRAFT_TRY(expect_keys(r, list, list_keys));
  GRAFT_TRY(get_text(r, list, "field", table->list, sizeof table->list));
  GRAFT_TRY(get_char(r, list, "entry", &table->entry));
  GRAFT_TRY(get_char(r, list, "pair", &table->pair));
  GRAFT_TRY(get_char(r, list, "weight", &table->weight));
  if (!table->list[0] || !table->entry || !table->pair) {
    return REFUSE(list, "list: expected field, entry and pair");
  }
  return GRAFT_OK;
}

static const char *part_name(size_t i) {
  static const char *const name[] = {"train", "validation", "test", NULL};
  return name[i < 3 ? i : 3];
}

static graft_status read_file(const struct reader *r, const graft_yaml_node *node) {
  static const char *const keys[] = {"name", "table", "part", "validation", NULL};
  char table[GRAFT_COLUMN_SIZE] = "";
  size_t part = GRAFT_PART_TRAIN;
  if (r->schema->files == GRAFT_SCHEMA_FILES) {
    return REFUSE(node, "expected at most %d files", GRAFT_SCHEMA_FILES);
  }
  graft_schema_file *file = &r->schema->file[r->schema->files++];
  GRAFT_TRY(expect_keys(r, node, keys));
  GRAFT_TRY(get_text(r, node, "name", file->name, sizeof file->name));
  if (!file->name[0]) return REFUSE(node, "file: expected a name");
  GRAFT_TRY(get_text(r, node, "table", table, sizeof table));
  GRAFT_TRY(find_table(r, node, table, &file->table));
  GRAFT_TRY(get_choice(r, node, "part", part_name, &part));
  file->part = (graft_part)part;
  GRAFT_TRY(get_number(r, node, "validation", &file->validation));
  if (file->validation < 0 || file->validation > 1) {
    return REFUSE(node, "validation: expected a share in [0, 1], got %g", file->validation);
  }
  return GRAFT_OK;
}

static const char *label_type(size_t i) {
  static const char *const name[] = {"binary", "regression", NULL};
  return name[i < 2 ? i : 2];
}

static graft_status read_transform(const struct reader *r, const graft_yaml_node *node,
                                   graft_schema_column *c) {
  char word[4][GRAFT_COLUMN_SIZE];
  size_t words;
  GRAFT_TRY(get_texts(r, node, "transform", word, 4, &words));
  for (size_t i = 0; i < words; i++) {
    bool log = strcmp(word[i], "log1p") == 0, standard = strcmp(word[i], "standard") == 0;
    if (!log && !standard) {
      return REFUSE(node, "transform: expected log1p or standard, got '%.40s'", word[i]);
    }
    c->log1p |= log;
    c->standard |= standard;
  }
  return GRAFT_OK;
}

static graft_status read_bins(const struct reader *r, const graft_yaml_node *node,
                              graft_schema_column *c) {
  static const char *const keys[] = {"step", "quantiles", "edges", NULL};
  const graft_yaml_node *bins = graft_yaml_child(node, "bins");
  if (!bins) return GRAFT_OK;
  GRAFT_TRY(expect_keys(r, bins, keys));
  GRAFT_TRY(get_number(r, bins, "step", &c->step));
  GRAFT_TRY(get_count(r, bins, "quantiles", &c->quantiles));
  if (c->quantiles > GRAFT_SCHEMA_EDGES) {
    return REFUSE(bins, "quantiles: expected at most %d, got %zu", GRAFT_SCHEMA_EDGES,
                  c->quantiles);
  }
  const graft_yaml_node *edges = graft_yaml_child(bins, "edges");
  if (!edges) return GRAFT_OK;
  GRAFT_TRY(expect_kind(r, edges, GRAFT_YAML_SEQUENCE));
  if (edges->children > GRAFT_SCHEMA_EDGES) {
    return REFUSE(edges, "edges: expected at most %d, got %zu", GRAFT_SCHEMA_EDGES,
                  edges->children);
  }
  for (size_t i = 0; i < edges->children; i++) {
    GRAFT_TRY(read_number(r, &edges->child[i], &c->edge[c->edges++]));
  }
  return GRAFT_OK;
}

static graft_status read_label(const struct reader *r, const graft_yaml_node *node,
                               graft_schema_column *c) {
  size_t type = 0;
  GRAFT_TRY(get_choice(r, node, "type", label_type, &type));
  c->regression = type == 1;
  GRAFT_TRY(get_texts(r, node, "positive", c->where.value, GRAFT_SCHEMA_VALUES, &c->where.values));
  GRAFT_TRY(get_texts(r, node, "negative", c->negative, GRAFT_SCHEMA_VALUES, &c->negatives));
  GRAFT_TRY(get_number(r, node, "at_least", &c->where.at_least));
  GRAFT_TRY(get_number(r, node, "at_most", &c->where.at_most));
  c->conditional = c->where.values > 0 || isfinite(c->where.at_least) || isfinite(c->where.at_most);
  c->where.from = c->from;
  GRAFT_TRY(get_text(r, node, "space", c->space, sizeof c->space));
  return get_bool(r, node, "drop", &c->drop);
}

/* events: {from: TABLE.FIELD, user: FIELD, time: FIELD} */
static graft_status read_events(const struct reader *r, const graft_yaml_node *node,
                                graft_schema_column *c) {
  static const char *const keys[] = {"from", "user", "time", NULL};
  const graft_yaml_node *events = graft_yaml_child(node, "events");
  if (!events) return GRAFT_OK;
  GRAFT_TRY(expect_keys(r, events, keys));
  GRAFT_TRY(get_place(r, events, "from", &c->event));
  GRAFT_TRY(get_text(r, events, "user", c->event_user, sizeof c->event_user));
  GRAFT_TRY(get_text(r, events, "time", c->event_time, sizeof c->event_time));
  if (!c->event.field[0]) return REFUSE(events, "events: expected from: TABLE.FIELD, got none");
  return GRAFT_OK;
}

static graft_status read_column(const struct reader *r, const graft_yaml_node *node) {
  static const char *const keys[] = {
      "kind",          "from",      "pattern", "missing", "vocabulary", "minimum_count",
      "hash",          "separator", "length",  "history", "where",      "events",
      "training_only", "transform", "bins",    "type",    "positive",   "negative",
      "at_least",      "at_most",   "space",   "drop",    NULL};
  graft_schema *s = r->schema;
  const graft_yaml_node *where = graft_yaml_child(node, "where");
  size_t kind = GRAFT_COLUMN_CATEGORICAL;
  GRAFT_TRY(graft_grow(&s->column, &s->capacity, s->columns, sizeof *s->column));
  graft_schema_column *c = &s->column[s->columns++];
  *c = graft_schema_column_default();
  c->line = node->line;
  GRAFT_TRY(expect_keys(r, node, keys));
  GRAFT_TRY(get_name(r, node, node->key, c->name));
  if (!graft_yaml_child(node, "kind")) return REFUSE(node, "expected kind, got none");
  GRAFT_TRY(get_choice(r, node, "kind", graft_schema_kind_name, &kind));
  c->kind = (graft_schema_kind)kind;
  GRAFT_TRY(get_place(r, node, "from", &c->from));
  GRAFT_TRY(get_text(r, node, "pattern", c->pattern, sizeof c->pattern));
  GRAFT_TRY(get_text(r, node, "missing", c->missing, sizeof c->missing));
  GRAFT_TRY(get_text(r, node, "vocabulary", c->vocabulary, sizeof c->vocabulary));
  if (c->vocabulary[0]) GRAFT_TRY(get_name(r, node, c->vocabulary, c->vocabulary));
  GRAFT_TRY(get_count(r, node, "minimum_count", &c->minimum_count));
  GRAFT_TRY(get_count(r, node, "hash", &c->hash));
  GRAFT_TRY(get_char(r, node, "separator", &c->separator));
  GRAFT_TRY(get_count(r, node, "length", &c->length));
  GRAFT_TRY(get_text(r, node, "history", c->history, sizeof c->history));
  GRAFT_TRY(get_bool(r, node, "training_only", &c->training_only));
  GRAFT_TRY(read_events(r, node, c));
  if (where) GRAFT_TRY(get_condition(r, where, &c->where));
  GRAFT_TRY(read_transform(r, node, c));
  GRAFT_TRY(read_bins(r, node, c));
  return c->kind == GRAFT_COLUMN_LABEL ? read_label(r, node, c) : GRAFT_OK;
}

static graft_status read_split(const struct reader *r, const graft_yaml_node *node) {
  static const char *const keys[] = {"rule", "train", "validation", "seed", NULL};
  graft_schema *s = r->schema;
  size_t rule = GRAFT_SPLIT_RANDOM, seed = (size_t)s->seed;
  GRAFT_TRY(expect_keys(r, node, keys));
  GRAFT_TRY(get_choice(r, node, "rule", graft_schema_rule_name, &rule));
  s->rule = (graft_schema_rule)rule;
  GRAFT_TRY(get_number(r, node, "train", &s->train));
  GRAFT_TRY(get_number(r, node, "validation", &s->validation));
  GRAFT_TRY(get_count(r, node, "seed", &seed));
  s->seed = seed;
  return GRAFT_OK;
}

static graft_status need(const struct reader *r, const graft_yaml_node *root, const char *key,
                         graft_yaml_kind kind, const graft_yaml_node **node) {
  *node = graft_yaml_child(root, key);
  if (!*node) return REFUSE(root, "expected '%s', got none", key);
  return expect_kind(r, *node, kind);
}

static graft_status read_schema(const struct reader *r, const graft_yaml_node *root) {
  static const char *const keys[] = {"name", "tables", "files", "keep", "columns", "split", NULL};
  const graft_yaml_node *node;
  GRAFT_TRY(expect_keys(r, root, keys));
  GRAFT_TRY(need(r, root, "name", GRAFT_YAML_SCALAR, &node));
  GRAFT_TRY(get_name(r, node, node->text, r->schema->name));
  GRAFT_TRY(need(r, root, "tables", GRAFT_YAML_MAPPING, &node));
  for (size_t i = 0; i < node->children; i++) GRAFT_TRY(read_table(r, &node->child[i]));
  GRAFT_TRY(need(r, root, "files", GRAFT_YAML_SEQUENCE, &node));
  for (size_t i = 0; i < node->children; i++) GRAFT_TRY(read_file(r, &node->child[i]));
  GRAFT_TRY(need(r, root, "columns", GRAFT_YAML_MAPPING, &node));
  for (size_t i = 0; i < node->children; i++) GRAFT_TRY(read_column(r, &node->child[i]));
  node = graft_yaml_child(root, "keep");
  if (node) GRAFT_TRY(expect_kind(r, node, GRAFT_YAML_SEQUENCE));
  for (size_t i = 0; node && i < node->children; i++) {
    if (i == GRAFT_SCHEMA_KEEP) {
      return REFUSE(node, "keep: expected at most %d conditions", GRAFT_SCHEMA_KEEP);
    }
    graft_schema_condition *c = &r->schema->keep[r->schema->keeps++];
    *c = graft_schema_condition_default();
    GRAFT_TRY(get_condition(r, &node->child[i], c));
  }
  GRAFT_TRY(need(r, root, "split", GRAFT_YAML_MAPPING, &node));
  return read_split(r, node);
}

graft_status graft_schema_parse(const char *text, const char *name, graft_schema *schema) {
  graft_yaml_node root;
  const struct reader r = {name, schema};
  graft_schema_init(schema);
  GRAFT_TRY(graft_yaml_tree_parse(text, name, &root));
  graft_status status = read_schema(&r, &root);
  if (status == GRAFT_OK) {
    status = graft_schema_validate(schema);
    if (status != GRAFT_OK) graft_error_prefix("%s", name);
  }
  graft_yaml_tree_fini(&root);
  if (status != GRAFT_OK) graft_schema_fini(schema);
  return status;
}
