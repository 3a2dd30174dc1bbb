/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "io/atomic.h"

static bool is_gap(char c) { return c == ',' || c == ';' || c == ' ' || c == '\t' || c == '\r'; }

/* Numbers of one line; *words: it holds something that is none, at *stop. */
static size_t read_line(const char *at, const char *end, double *value, bool *words,
                        const char **stop) {
  size_t n = 0;
  *words = false;
  while (at < end) {
    char *next;
    while (at < end && is_gap(*at)) at++;
    if (at == end || *at == '#') break;
    double x = strtod(at, &next);
    if (next == at || next > end || (next < end && !is_gap(*next))) {
      *words = true;
      *stop = at;
      return n;
    }
    value[n++] = x;
    at = next;
  }
  return n;
}

static graft_status read_table(const char *text, bool names, graft_table *table) {
  size_t number = 0;
  for (const char *at = text; *at;) {
    const char *end = at + strcspn(at, "\n");
    const char *stop = at;
    bool words;
    size_t n = read_line(at, end, table->value + table->count, &words, &stop);
    number++;
    at = end + (*end == '\n');
    if (names && words && n == 0 && number == 1) continue;
    GRAFT_CHECK(!words, INPUT, "line %zu: value %zu: expected a number, got '%.*s'", number, n + 1,
                (int)strcspn(stop, ",; \t\r\n"), stop);
    if (n == 0) continue;
    if (table->lines == 0) table->columns = n;
    GRAFT_CHECK(n == table->columns, INPUT, "line %zu: expected %zu values as before, got %zu",
                number, table->columns, n);
    for (size_t i = 0; i < n; i++) {
      GRAFT_CHECK(isfinite(table->value[table->count + i]), INPUT,
                  "line %zu: value %zu: expected a finite number, got %g", number, i + 1,
                  table->value[table->count + i]);
    }
    table->count += n;
    table->lines++;
  }
  GRAFT_CHECK(table->lines > 0, INPUT, "expected lines of numbers, got none");
  return GRAFT_OK;
}

graft_status graft_table_read(const char *path, bool names, graft_table *table) {
  char *text;
  GRAFT_TRY(graft_text_read(path, &text));
  graft_status status = graft_alloc(&table->value, strlen(text) / 2 + 1, sizeof *table->value);
  if (status == GRAFT_OK) status = read_table(text, names, table);
  if (status == GRAFT_INPUT) graft_error_prefix("%s", path);
  graft_free(text);
  return status;
}

void graft_table_fini(graft_table *table) {
  graft_free(table->value);
  *table = (graft_table){0};
}
