/* SPDX-License-Identifier: BSD-2-Clause */
/* Users' fields as text: a sample per line, or three columns x, y, value. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "io/atomic.h"
#include "io/field_file_impl.h"

/* Numbers of a file, line after line. */
struct table {
  size_t lines, columns, count;
  double *value; /* [count] */
};

static bool is_gap(char c) { return c == ',' || c == ';' || c == ' ' || c == '\t' || c == '\r'; }

/* Numbers of one line; *words: it holds something that is none. */
static size_t read_line(const char *at, const char *end, double *value, bool *words) {
  size_t n = 0;
  *words = false;
  while (at < end) {
    char *next;
    while (at < end && is_gap(*at)) at++;
    if (at == end || *at == '#') break;
    double x = strtod(at, &next);
    if (next == at || next > end || (next < end && !is_gap(*next))) {
      *words = true;
      return n;
    }
    value[n++] = x;
    at = next;
  }
  return n;
}

static graft_status read_table(const char *text, struct table *table) {
  size_t number = 0;
  for (const char *at = text; *at;) {
    const char *end = at + strcspn(at, "\n");
    bool words;
    size_t n = read_line(at, end, table->value + table->count, &words);
    number++;
    at = end + (*end == '\n');
    if (words && table->lines == 0 && number == 1) continue; /* names of columns */
    GRAFT_CHECK(!words, INPUT, "line %zu: value %zu: expected a number", number, n + 1);
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

/* N with N² = n, or 0. */
static size_t root_of(size_t n) {
  size_t root = (size_t)(sqrt((double)n) + 0.5);
  return root * root == n ? root : 0;
}

/* Grid index of a coordinate in [0, 1], or −1. */
static long index_of(double x, size_t nodes) {
  double t = x * (double)(nodes - 1), i = floor(t + 0.5);
  return fabs(t - i) < 1e-3 && i >= 0 && i < (double)nodes ? (long)i : -1;
}

/* Three columns: one sample. */
static graft_status read_points(const struct table *table, graft_field_file *file) {
  size_t nodes = root_of(table->lines);
  graft_status status = GRAFT_OK;
  double *value = NULL;
  unsigned char *seen = NULL;
  GRAFT_CHECK(nodes >= 2, INPUT, "x, y, value: expected N² points of a grid, got %zu",
              table->lines);
  GRAFT_TRY_TO(done, graft_alloc(&value, table->lines, sizeof *value));
  GRAFT_TRY_TO(done, graft_alloc(&seen, table->lines, 1));
  for (size_t p = 0; p < table->lines; p++) {
    const double *row = table->value + 3 * p;
    long i = index_of(row[0], nodes), j = index_of(row[1], nodes);
    GRAFT_CHECK_TO(done, i >= 0 && j >= 0, INPUT,
                   "point %zu: expected one of the %zu x %zu grid points of the unit square "
                   "(boundary included), got (%g, %g)",
                   p + 1, nodes, nodes, row[0], row[1]);
    size_t at = (size_t)i * nodes + (size_t)j;
    GRAFT_CHECK_TO(done, !seen[at], INPUT,
                   "point %zu: expected every grid point once, got (%g, %g) "
                   "again",
                   p + 1, row[0], row[1]);
    seen[at] = 1;
    value[at] = row[2];
  }
  status = graft_field_file_take(file, table->lines, &value, 1, nodes);
done:
  graft_free(seen);
  graft_free(value);
  return status;
}

static graft_status read_samples(struct table *table, graft_field_file *file) {
  size_t nodes = root_of(table->columns);
  GRAFT_CHECK(nodes >= 2, INPUT,
              "expected N² values per line (one sample each), or x, y, value, got %zu",
              table->columns);
  return graft_field_file_take(file, table->count, &table->value, table->lines, nodes);
}

graft_status graft_field_text_read(const char *path, graft_field_file *file) {
  struct table table = {0};
  char *text;
  GRAFT_TRY(graft_text_read(path, &text));
  graft_status status = graft_alloc(&table.value, strlen(text) / 2 + 1, sizeof *table.value);
  if (status == GRAFT_OK) status = read_table(text, &table);
  if (status == GRAFT_OK) {
    status = table.columns == 3 ? read_points(&table, file) : read_samples(&table, file);
  }
  graft_free(table.value);
  graft_free(text);
  return status;
}
