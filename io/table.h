/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_IO_TABLE_H
#define GRAFT_IO_TABLE_H

/** @file table.h
 *  Tables of numbers as text: a line per row; commas, semicolons, blanks or tabs between numbers.
 *  Empty lines, and what follows a '#', do not count. */

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/** A table; caller's struct, zero-initialised. */
typedef struct graft_table {
  size_t lines;   /**< rows */
  size_t columns; /**< numbers in each row */
  size_t count;   /**< lines × columns */
  double *value;  /**< [lines x columns] row-major, all finite; owned */
} graft_table;

/** Read a text file.
 *  @param names the first line may hold names of columns, which are passed over
 *  @param table receives the numbers; release with graft_table_fini(), on failure too
 *  @return GRAFT_INPUT naming file, line and value */
GRAFT_MUST_USE graft_status graft_table_read(const char *path, bool names, graft_table *table);

/** Release the numbers. */
void graft_table_fini(graft_table *table);

#endif
