/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_BASE_RECORD_H
#define GRAFT_BASE_RECORD_H

/** @file record.h
 *  Records of texts, one after the other: what tables of users look like to those who read them.
 *  `io/` supplies the version that reads CSV and TSV files; a test may supply its own. */

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

enum {
  GRAFT_SEPARATOR_SIZE = 8, /**< bytes of a delimiter with its NUL */
  GRAFT_COLUMN_SIZE = 64,   /**< bytes of a column's name with its NUL */
  GRAFT_FILE_SIZE = 1024    /**< bytes of a file's name with its NUL */
};

/** How records lie in a file. */
typedef struct graft_record_format {
  char delimiter[GRAFT_SEPARATOR_SIZE]; /**< between fields, one or more bytes, e.g. "," or "::" */
  char quote;                           /**< around fields, doubled within them; 0: none */
  char comment;                         /**< lines that begin with it are passed over; 0: none */
  bool trim;                            /**< blanks around fields don't count */
  bool latin1;                          /**< ISO 8859-1, else UTF-8 */
} graft_record_format;

/** A record; borrowed until the next one is asked for. */
typedef struct graft_record {
  size_t fields;            /**< 0: the end */
  const char *const *field; /**< [fields] NUL-terminated UTF-8 */
  size_t line;              /**< where it begins in its file, from 1 */
} graft_record;

/** Records of one file, from its begin. */
typedef struct graft_records {
  void *ctx; /**< private to the implementation */
  /** The next record. @return GRAFT_INPUT with one line that names file, line and field */
  graft_status (*next)(void *ctx, graft_record *record);
  /** Bytes read so far. */
  double (*done)(void *ctx);
  void (*destroy)(void *ctx); /**< or NULL */
} graft_records;

/** Where files come from. */
typedef struct graft_record_opener {
  void *ctx; /**< private to the implementation */
  /** Open a file. @param records release with graft_records_fini()
   *  @return GRAFT_INPUT naming the file */
  graft_status (*open)(void *ctx, const char *path, const graft_record_format *format,
                       graft_records *records);
} graft_record_opener;

/** Close. */
void graft_records_fini(graft_records *records);

#endif
