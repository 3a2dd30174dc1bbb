/* SPDX-License-Identifier: BSD-2-Clause */
/* Users' fields as text: a sample per line, or three columns x, y, value. */
#include <math.h>

#include "base/arena.h"
#include "io/field_file_impl.h"
#include "io/table.h"

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
static graft_status read_points(const graft_table *table, graft_field_file *file) {
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

static graft_status read_samples(graft_table *table, graft_field_file *file) {
  size_t nodes = root_of(table->columns);
  GRAFT_CHECK(nodes >= 2, INPUT,
              "expected N² values per line (one sample each), or x, y, value, got %zu",
              table->columns);
  return graft_field_file_take(file, table->count, &table->value, table->lines, nodes);
}

graft_status graft_field_text_read(const char *path, graft_field_file *file) {
  graft_table table = {0};
  graft_status status = graft_table_read(path, true, &table);
  if (status == GRAFT_OK) {
    status = table.columns == 3 ? read_points(&table, file) : read_samples(&table, file);
  }
  graft_table_fini(&table);
  return status;
}
