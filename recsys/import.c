/* SPDX-License-Identifier: BSD-2-Clause */
/* The passes of the pipeline. Letters: N rows, C ids, Q numbers, K labels per row. */
#include "recsys/import.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "recsys/pass_impl.h"

/* Call @p visit for every row that counts, in the order of the files. */
static graft_status walk_file(graft_pipeline *p, size_t file,
                              graft_status (*visit)(graft_pipeline *p)) {
  enum { TELL = 4096 };
  graft_table_reader *reader = &p->reader;
  graft_status status = GRAFT_OK;
  const size_t table = p->import->schema->file[file].table;
  p->file = file;
  GRAFT_TRY(graft_table_reader_open(reader, &p->import->opener, p->import->path[file],
                                    &p->import->schema->table[table], &p->fields[table]));
  p->value[table] = reader->value;
  for (size_t n = 1;; n++) {
    GRAFT_TRY_TO(done, graft_table_reader_next(reader));
    if (reader->line == 0) break;
    status = visit(p);
    if (status == GRAFT_INPUT &&
        strncmp(graft_error_message(), reader->path, strlen(reader->path)) != 0) {
      graft_error_prefix("%s:%zu", reader->path, reader->line);
    }
    GRAFT_TRY_TO(done, status);
    if (n % TELL == 0) {
      GRAFT_TRY_TO(done, graft_pipeline_tell(p, reader->records.done(reader->records.ctx)));
    }
  }
  p->bytes += reader->records.done(reader->records.ctx);
  status = graft_pipeline_tell(p, 0);
done:
  graft_table_reader_fini(reader);
  return status;
}

static graft_status add_partner(graft_pipeline *p) {
  return graft_join_add(&p->join[p->import->schema->file[p->file].table], &p->reader);
}

static graft_status load_joins(graft_pipeline *p) {
  for (size_t f = 0; f < p->import->files; f++) {
    const size_t table = p->import->schema->file[f].table;
    if (table == 0) continue;
    const bool events = graft_schema_has_events(p->import->schema, table);
    GRAFT_TRY(walk_file(p, f, events ? graft_pipeline_add_event : add_partner));
  }
  return GRAFT_OK;
}

/* The texts of the row's partners in the joined tables. */
static graft_status find_partners(graft_pipeline *p) {
  const graft_schema *s = p->import->schema;
  for (size_t t = 1; t < s->tables; t++) {
    if (!s->table[t].key[0]) continue; /* events */
    const char *key = p->value[0][p->foreign[t]];
    p->value[t] = p->partner[t];
    p->report->partners++;
    if (graft_join_find(&p->join[t], p->fields[t].count, key, p->partner[t])) continue;
    GRAFT_CHECK(s->table[t].optional, INPUT,
                "column '%s': expected a line of table '%s' with %s '%.60s', got none",
                s->table[t].foreign, s->table[t].name, s->table[t].key, key);
    for (size_t f = 0; f < p->fields[t].count; f++) p->partner[t][f] = "";
    p->report->lonely++;
  }
  return GRAFT_OK;
}

/* Does the row count? Its labels are then in p->label. */
static graft_status look_at_row(graft_pipeline *p, bool *counts) {
  const graft_schema *s = p->import->schema;
  GRAFT_TRY(find_partners(p));
  *counts = true;
  for (size_t i = 0; i < s->keeps && *counts; i++) {
    GRAFT_TRY(graft_condition_holds(&s->keep[i], p->value[s->keep[i].from.table][p->keep_field[i]],
                                    counts));
  }
  if (!*counts) {
    p->report->left_out++;
    return GRAFT_OK;
  }
  GRAFT_TRY(graft_pipeline_labels(p, counts));
  p->report->outside += !*counts;
  return GRAFT_OK;
}

static graft_status visit_row(graft_pipeline *p) {
  bool counts;
  GRAFT_TRY(look_at_row(p, &counts));
  if (!counts) return GRAFT_OK;
  GRAFT_CHECK(p->visit == graft_pipeline_scan || p->row < p->rows, INPUT,
              "changed while it was read: expected %zu rows, got more", p->rows);
  GRAFT_TRY(p->visit(p));
  p->row++;
  return GRAFT_OK;
}

static graft_status pass(graft_pipeline *p, graft_status (*visit)(graft_pipeline *p)) {
  p->visit = visit;
  p->row = 0;
  p->report->left_out = p->report->outside = p->report->partners = p->report->lonely = 0;
  for (size_t f = 0; f < p->import->files; f++) {
    if (p->import->schema->file[f].table == 0) GRAFT_TRY(walk_file(p, f, visit_row));
  }
  GRAFT_CHECK(p->row == p->rows || visit == graft_pipeline_scan, INPUT,
              "%s: changed while it was read: expected %zu rows, got %zu", p->import->path[0],
              p->rows, p->row);
  return GRAFT_OK;
}

static graft_status run(graft_pipeline *p) {
  GRAFT_TRY(graft_pipeline_compile(p));
  GRAFT_TRY(load_joins(p));
  GRAFT_TRY(pass(p, graft_pipeline_scan));
  p->rows = p->report->rows = p->row;
  GRAFT_CHECK(p->rows >= 1 && p->rows < UINT32_MAX, INPUT,
              "%s: expected 1 to 2^32 - 2 rows, got %zu%s", p->import->path[0], p->rows,
              p->report->left_out ? " (conditions leave none over?)" : "");
  GRAFT_TRY(graft_pipeline_order(p));
  GRAFT_TRY(pass(p, graft_pipeline_count));
  GRAFT_TRY(graft_pipeline_describe(p));
  GRAFT_TRY(p->import->sink.begin(p->import->sink.ctx, &p->info));
  GRAFT_TRY(pass(p, graft_pipeline_write));
  return graft_pipeline_flush(p);
}

graft_status graft_import_run(const graft_import *import, graft_import_report *report) {
  graft_pipeline *p;
  *report = (graft_import_report){0};
  GRAFT_CHECK(import->files == import->schema->files, INTERNAL, "expected %zu files, got %zu",
              import->schema->files, import->files);
  GRAFT_TRY(graft_alloc(&p, 1, sizeof *p));
  p->import = import;
  p->report = report;
  graft_status status = run(p);
  report->bytes = p->bytes;
  graft_pipeline_fini(p);
  graft_free(p);
  return status;
}
