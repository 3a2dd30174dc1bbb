/* SPDX-License-Identifier: BSD-2-Clause */
/* The used fields of a table's records, found by name in the header or in the schema's list. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "recsys/import_impl.h"

static const char *field_of(const graft_table_reader *r, const graft_record *header, size_t i) {
  return header->field ? header->field[i] : r->table->field[i];
}

/* Place of a field among the record's; SIZE_MAX: it has none of that name. */
static size_t find(const graft_table_reader *r, const graft_record *header, const char *name) {
  for (size_t i = 0; i < r->width; i++) {
    if (strcmp(field_of(r, header, i), name) == 0) return i;
  }
  return SIZE_MAX;
}

/* "a, b, c": what the file has instead. */
static const char *names(const graft_table_reader *r, const graft_record *header, char *text,
                         size_t size) {
  size_t used = 0;
  text[0] = '\0';
  for (size_t i = 0; i < r->width && used + 1 < size; i++) {
    used +=
        (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "", field_of(r, header, i));
  }
  return text;
}

static graft_status find_fields(graft_table_reader *r, const graft_record *header) {
  char has[256];
  const graft_schema_table *t = r->table;
  r->list = t->list[0] ? find(r, header, t->list) : SIZE_MAX;
  GRAFT_CHECK(!t->list[0] || r->list != SIZE_MAX, INPUT, "%s: expected a column '%s', got %s",
              r->path, t->list, names(r, header, has, sizeof has));
  for (size_t f = 0; f < r->fields->count; f++) {
    r->at[f] = find(r, header, r->fields->name[f]);
    r->value[f] = ""; /* stays so where the field is missing and may be */
    GRAFT_CHECK(r->at[f] != SIZE_MAX || t->list[0] || r->fields->optional[f], INPUT,
                "%s: expected a column '%s', got %s", r->path, r->fields->name[f],
                names(r, header, has, sizeof has));
  }
  return GRAFT_OK;
}

graft_status graft_table_reader_open(graft_table_reader *r, const graft_record_opener *opener,
                                     const char *path, const graft_schema_table *table,
                                     const graft_import_fields *fields) {
  graft_record header = {0};
  memset(r, 0, sizeof *r);
  r->table = table;
  r->fields = fields;
  r->path = path;
  r->width = table->fields;
  GRAFT_TRY(opener->open(opener->ctx, path, &table->format, &r->records));
  graft_status status = GRAFT_OK;
  if (table->header) {
    GRAFT_TRY_TO(fail, r->records.next(r->records.ctx, &header));
    GRAFT_CHECK_TO(fail, header.fields, INPUT, "%s: expected a table with a header, got no line",
                   path);
    r->width = header.fields;
  }
  GRAFT_TRY_TO(fail, find_fields(r, &header));
  return GRAFT_OK;
fail:
  graft_table_reader_fini(r);
  return status;
}

/* The values of a key in the list, joined by the separator of entries, written to @p to. */
static char *copy_key(const graft_schema_table *t, const char *list, const char *key, char *to) {
  const size_t n = strlen(key);
  char *begin = to;
  for (const char *at = list; *at;) {
    const char *end = strchr(at, t->entry);
    if (!end) end = at + strlen(at);
    if ((size_t)(end - at) > n && strncmp(at, key, n) == 0 && at[n] == t->pair) {
      if (to > begin) *to++ = t->entry;
      for (const char *c = at + n + 1; c < end && *c != t->weight; c++) *to++ = *c;
    }
    at = end + (*end != '\0');
  }
  *to++ = '\0';
  return to;
}

static graft_status read_list(graft_table_reader *r, const char *list) {
  const size_t most = strlen(list) + 2 * r->fields->count + 2;
  if (r->capacity < most) {
    graft_free(r->text);
    r->capacity = 0;
    GRAFT_TRY(graft_alloc(&r->text, 2 * most, 1));
    r->capacity = 2 * most;
  }
  char *to = r->text;
  for (size_t f = 0; f < r->fields->count; f++) {
    if (r->at[f] != SIZE_MAX) continue;
    r->value[f] = to;
    to = copy_key(r->table, list, r->fields->name[f], to);
  }
  return GRAFT_OK;
}

graft_status graft_table_reader_next(graft_table_reader *r) {
  graft_record record;
  GRAFT_TRY(r->records.next(r->records.ctx, &record));
  r->line = record.line;
  if (record.fields == 0) {
    r->line = 0;
    return GRAFT_OK;
  }
  GRAFT_CHECK(record.fields == r->width, INPUT, "%s:%zu: expected %zu fields, got %zu", r->path,
              record.line, r->width, record.fields);
  for (size_t f = 0; f < r->fields->count; f++) {
    if (r->at[f] != SIZE_MAX) r->value[f] = record.field[r->at[f]];
  }
  return r->list == SIZE_MAX ? GRAFT_OK : read_list(r, record.field[r->list]);
}

void graft_table_reader_fini(graft_table_reader *r) {
  graft_records_fini(&r->records);
  graft_free(r->text);
  r->text = NULL;
}
