/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_TESTS_RECSYS_TEXTS_H
#define GRAFT_TESTS_RECSYS_TEXTS_H

/** @file texts.h
 *  Tables as texts in memory, fields parted by commas, for tests of the pipeline without files. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "recsys/import.h"

enum { TEXTS_FIELDS = 16, TEXTS_LINE = 512 };

/** A table being read. */
struct texts_reader {
  const char *at;
  char line[TEXTS_LINE];
  const char *field[TEXTS_FIELDS];
  size_t number;
};

static inline graft_status texts_next(void *ctx, graft_record *record) {
  struct texts_reader *r = ctx;
  *record = (graft_record){0};
  if (!*r->at) return GRAFT_OK;
  const size_t n = strcspn(r->at, "\n");
  snprintf(r->line, sizeof r->line, "%.*s", (int)n, r->at);
  r->at += n + (r->at[n] == '\n');
  r->number++;
  size_t fields = 0;
  for (char *c = r->line;; c++) {
    r->field[fields++] = c;
    c += strcspn(c, ",");
    if (!*c || fields == TEXTS_FIELDS) break;
    *c = '\0';
  }
  *record = (graft_record){fields, r->field, r->number};
  return GRAFT_OK;
}

static inline double texts_done(void *ctx) {
  return (double)((const struct texts_reader *)ctx)->number;
}

/** The path is the table itself. */
static inline graft_status texts_open(void *ctx, const char *path,
                                      const graft_record_format *format, graft_records *records) {
  struct texts_reader *r;
  (void)ctx, (void)format;
  GRAFT_TRY(graft_alloc(&r, 1, sizeof *r));
  r->at = path;
  *records =
      (graft_records){.ctx = r, .next = texts_next, .done = texts_done, .destroy = graft_free};
  return GRAFT_OK;
}

/** Run the pipeline on tables into memory. @param like or NULL */
static inline graft_status texts_import(const graft_schema *schema, const char *const *table,
                                        const graft_feature_info *like,
                                        graft_feature_memory *memory, graft_import_report *report) {
  *memory = (graft_feature_memory){0};
  const graft_import import = {.schema = schema,
                               .files = schema->files,
                               .path = table,
                               .opener = {NULL, texts_open},
                               .sink = graft_feature_sink_memory(memory),
                               .like = like};
  GRAFT_TRY(graft_schema_validate(schema));
  return graft_import_run(&import, report);
}

/** Add a table with a header and its one file. */
static inline void texts_table(graft_schema *s, const char *name, const char *key,
                               const char *foreign) {
  graft_schema_table *t = &s->table[s->tables];
  snprintf(t->name, sizeof t->name, "%s", name);
  snprintf(t->key, sizeof t->key, "%s", key);
  snprintf(t->foreign, sizeof t->foreign, "%s", foreign);
  t->format = (graft_record_format){.delimiter = ","};
  t->header = true;
  s->file[s->files++] = (graft_schema_file){.table = s->tables++, .part = GRAFT_PART_TRAIN};
}

/** Add a column; borrowed until the next one. */
static inline graft_schema_column *texts_column(graft_schema *s, graft_schema_kind kind,
                                                const char *name, size_t table, const char *field) {
  if (graft_grow(&s->column, &s->capacity, s->columns, sizeof *s->column) != GRAFT_OK) abort();
  graft_schema_column *c = &s->column[s->columns++];
  *c = graft_schema_column_default();
  c->kind = kind;
  snprintf(c->name, sizeof c->name, "%s", name);
  c->from.table = table;
  snprintf(c->from.field, sizeof c->from.field, "%s", field);
  return c;
}

#endif
