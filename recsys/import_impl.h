/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_RECSYS_IMPORT_IMPL_H
#define GRAFT_RECSYS_IMPORT_IMPL_H

/** @file import_impl.h
 *  Parts of the pipeline, private to recsys/. */

#include <regex.h>

#include "base/rng.h"
#include "recsys/import.h"
#include "recsys/vocabulary.h"

enum { GRAFT_IMPORT_SAMPLE = 1 << 16 /**< values kept to find quantiles */ };

/** The fields of a table that are used. */
typedef struct graft_import_fields {
  size_t count;                                      /**< in use */
  char name[GRAFT_SCHEMA_FIELDS][GRAFT_COLUMN_SIZE]; /**< their names */
  bool optional[GRAFT_SCHEMA_FIELDS];                /**< may be missing: an empty text then */
} graft_import_fields;

/** Reads the used fields of a table's records. */
typedef struct graft_table_reader {
  const graft_schema_table *table;   /**< borrowed */
  const graft_import_fields *fields; /**< borrowed */
  const char *path;                  /**< of the file, borrowed */
  graft_records records;             /**< of it */
  size_t width;                      /**< fields of a record */
  size_t
      at[GRAFT_SCHEMA_FIELDS]; /**< place of a field in it; SIZE_MAX: key of the list, or missing */
  size_t list;                 /**< place of the list */
  const char *value[GRAFT_SCHEMA_FIELDS]; /**< of this record; borrowed until the next one */
  size_t line;                            /**< of this record; 0: there is none, the end */
  char *text;                             /**< values of keys, owned */
  size_t capacity;                        /**< bytes of it */
} graft_table_reader;

/** Open a file; @p reader is initialised by the call. Missing fields are refused. */
graft_status graft_table_reader_open(graft_table_reader *reader, const graft_record_opener *opener,
                                     const char *path, const graft_schema_table *table,
                                     const graft_import_fields *fields);
/** The next record; line 0 at the end. */
graft_status graft_table_reader_next(graft_table_reader *reader);
/** Close. */
void graft_table_reader_fini(graft_table_reader *reader);

/** A joined table in memory. */
typedef struct graft_join {
  size_t key;                 /**< number of the key among the fields */
  size_t count;               /**< records */
  size_t capacity;            /**< allocated, times fields */
  size_t *at;                 /**< [count x fields] where texts begin, owned */
  char *text;                 /**< owned */
  size_t used, capacity_text; /**< bytes */
  size_t places;              /**< of the index, a power of two */
  uint32_t *index;            /**< [places] record + 1; 0: free, owned */
} graft_join;

/** Add the record that the reader has. A key that is there already must have the same record. */
graft_status graft_join_add(graft_join *join, const graft_table_reader *reader);
/** Values of the record with that key in @p value [fields]. @return is there one? */
bool graft_join_find(const graft_join *join, size_t fields, const char *key, const char **value);
/** Release. */
void graft_join_fini(graft_join *join);

/** A column and what was learnt about it. */
typedef struct graft_column {
  const graft_schema_column *schema;   /**< borrowed */
  size_t table, field;                 /**< where its text is: number among the used fields */
  size_t where_table, where_field;     /**< the same of its condition */
  size_t vocabulary;                   /**< number of its vocabulary */
  bool has_pattern;                    /**< `pattern` is compiled */
  regex_t pattern;                     /**< see graft_schema_column::pattern */
  double count, mean, square;          /**< numbers seen: count, mean, sum of squared deviations */
  size_t seen, kept;                   /**< for quantiles: values seen, and kept */
  double *sample;                      /**< [GRAFT_IMPORT_SAMPLE] owned, or NULL */
  graft_rng rng;                       /**< which ones are kept */
  size_t edges;                        /**< of bins */
  double edge[GRAFT_SCHEMA_EDGES + 1]; /**< between bins */
  size_t values;                       /**< list: values in all rows */
} graft_column;

/** The text of a row's field as a column means it: its pattern's group; NULL: no value.
 *  @param scratch [GRAFT_COLUMN_TEXT] */
enum { GRAFT_COLUMN_TEXT = 1024 };
/** See above. */
const char *graft_column_text(const graft_column *c, const char *text, char *scratch);

/** The number of a column; *missing if there is none. */
graft_status graft_column_number(const graft_column *c, const char *text, double *x, bool *missing);

/** Learn from a training row: counts of values, means, samples. */
graft_status graft_column_learn(graft_column *c, graft_vocabulary *v, const char *text);

/** What was learnt becomes ids, bins, scales. @p v has not been sealed yet. */
graft_status graft_column_finish(graft_column *c, graft_vocabulary *v);

/** Id of a categorical column's value. */
graft_status graft_column_id(const graft_column *c, const graft_vocabulary *v, const char *text,
                             int32_t *id);

/** Ids of a list, at most `length`: the first ones of a set, the last ones of a sequence.
 *  @param v NULL: only count. @param id [length] */
size_t graft_column_list(const graft_column *c, const graft_vocabulary *v, const char *text,
                         int32_t *id);

/** Does the text fulfil the condition? GRAFT_INPUT if a number was expected and there is none. */
graft_status graft_condition_holds(const graft_schema_condition *c, const char *text, bool *holds);

/** A finite number; the whole text. */
bool graft_text_number(const char *text, double *x);

/** Whose row, and when. */
typedef struct graft_row_key {
  int64_t user, time; /**< 0 where the schema has none */
  uint32_t row;       /**< number of the row */
} graft_row_key;

/** A row's place in a history. */
typedef struct graft_history_place {
  uint32_t end;   /**< events of its user before it end here */
  uint32_t own;   /**< its own event; UINT32_MAX: it is none */
  uint32_t count; /**< events of its user before it, at most `length` */
} graft_history_place;

/** Sort by user, time, row; parts by time, and by time within users. */
void graft_rows_sort(graft_row_key *key, size_t rows, bool by_user);
/** Parts of sorted rows. Rows of the same time stay together, in the earlier part. */
void graft_rows_split(const graft_schema *schema, const graft_row_key *key, size_t rows,
                      uint8_t *part);

/** History of all rows, sorted by user and time.
 *  @param member [rows] bit h: the row is an event of history h
 *  @param place [rows], by row number. @return the number of events */
size_t graft_rows_history(const graft_row_key *key, size_t rows, const uint32_t *member,
                          unsigned history, size_t length, graft_history_place *place);

#endif
