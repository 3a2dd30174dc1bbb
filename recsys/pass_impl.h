/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_RECSYS_PASS_IMPL_H
#define GRAFT_RECSYS_PASS_IMPL_H

/** @file pass_impl.h
 *  State of the pipeline and what it does with a row in each pass; private to recsys/. */

#include "recsys/import_impl.h"

enum { GRAFT_IMPORT_BLOCK = 4096 /**< rows encoded before the sink takes them */ };

/** A history column and its rows' places. */
typedef struct graft_import_history {
  size_t column;                             /**< number of its column */
  size_t of;                                 /**< of the column whose ids it lists */
  size_t list;                               /**< slot of its feature */
  size_t events;                             /**< number of them */
  size_t table;                              /**< whose lines are the events; 0: rows are */
  size_t item_field, user_field, time_field; /**< used fields of that table */
  graft_row_key *key; /**< [events] of such lines, `row` is the line; owned */
  size_t *at;         /**< [lines] where the text of its value begins, owned */
  char *text;         /**< owned */
  size_t used, capacity, key_capacity, at_capacity; /**< bytes of text; elements */
  graft_history_place *place;                       /**< [N] owned */
  int32_t *event;                                   /**< [events] ids, owned */
} graft_import_history;

/** The pipeline. Letters as in import.c. */
typedef struct graft_pipeline {
  const graft_import *import;                      /**< borrowed */
  graft_import_report *report;                     /**< borrowed */
  graft_import_fields fields[GRAFT_SCHEMA_TABLES]; /**< used ones */
  graft_join join[GRAFT_SCHEMA_TABLES];            /**< tables but the first */
  size_t foreign[GRAFT_SCHEMA_TABLES];             /**< field of the first table looked up in it */
  size_t keep_field[GRAFT_SCHEMA_KEEP];            /**< fields of conditions */
  const char *partner[GRAFT_SCHEMA_TABLES][GRAFT_SCHEMA_FIELDS]; /**< texts of joined tables */

  size_t columns;                       /**< those of the schema */
  graft_column *column;                 /**< [columns] owned */
  size_t vocabularies;                  /**< number of them */
  graft_vocabulary *vocabulary;         /**< [vocabularies] owned */
  size_t *minimum;                      /**< [vocabularies] least count of a value, owned */
  const char **vocabulary_name;         /**< [vocabularies] owned, the names borrowed */
  size_t labels;                        /**< K */
  size_t label_column[GRAFT_MAX_TASKS]; /**< number of its column */
  size_t label_space[GRAFT_MAX_TASKS];  /**< number of a label; SIZE_MAX: everywhere */
  size_t user, time;                    /**< columns; SIZE_MAX: none */
  size_t histories;                     /**< number of them, at most 32 */
  graft_import_history history[32];     /**< see there */
  bool ordered;                         /**< users and times of all rows are kept */

  graft_status (*visit)(struct graft_pipeline *p); /**< of this pass */
  graft_table_reader reader;                       /**< of this file */
  size_t file;                                     /**< number of it */
  const char *const *value[GRAFT_SCHEMA_TABLES];   /**< texts of the used fields of this row */
  float label[GRAFT_MAX_TASKS];                    /**< of this row; NaN: not defined */
  size_t row;                                      /**< number of this row */
  double bytes;                                    /**< read, in files that are done */

  size_t rows;                                         /**< N after the first pass */
  size_t part_capacity, key_capacity, member_capacity; /**< allocated */
  uint8_t *part;                                       /**< [N] owned */
  graft_row_key *key;                                  /**< [N] owned, or NULL */
  uint32_t *member; /**< [N] owned, or NULL: histories whose event the row is */

  graft_feature_info info;          /**< after the second pass */
  size_t pending;                   /**< rows in the blocks */
  int32_t *id;                      /**< [block x C] owned */
  float *number;                    /**< [block x Q] owned */
  float *block_label;               /**< [block x K] owned */
  int64_t *block_user, *block_time; /**< [block] owned */
  int64_t **range;                  /**< [lists][block x 2] owned */
  int32_t **list;                   /**< [lists][pending values] owned; histories: NULL */
  size_t *list_used, *list_done;    /**< [lists] values pending; given to the sink */
} graft_pipeline;

/** Find fields, columns, vocabularies; compile patterns. */
graft_status graft_pipeline_compile(graft_pipeline *p);
/** Labels of the row; *counts false: it is to be dropped. */
graft_status graft_pipeline_labels(graft_pipeline *p, bool *counts);
/** Fingerprint of the user that a text means, as the user column says (pattern, missing).
 *  @param name of the field or column, for the message */
graft_status graft_pipeline_read_user(const graft_pipeline *p, const char *name, const char *text,
                                      int64_t *user);
/** The time that a text means, as the time column says. @param name as above */
graft_status graft_pipeline_read_time(const graft_pipeline *p, const char *name, const char *text,
                                      int64_t *time);
/** Fingerprint of the row's user; 0 where the schema has none. */
graft_status graft_pipeline_user(const graft_pipeline *p, int64_t *user);
/** The row's time; 0 where the schema has none. */
graft_status graft_pipeline_time(const graft_pipeline *p, int64_t *time);
/** First pass: parts, users, times, membership in histories. */
graft_status graft_pipeline_scan(graft_pipeline *p);
/** Between the first and the second: parts by time, histories. */
graft_status graft_pipeline_order(graft_pipeline *p);
/** Second pass: values of training rows. */
graft_status graft_pipeline_count(graft_pipeline *p);
/** Between the second and the third: ids, scales, the table of the data set. */
graft_status graft_pipeline_describe(graft_pipeline *p);
/** Third pass: encode. */
graft_status graft_pipeline_write(graft_pipeline *p);
/** At the end: what is pending, and the events of histories. */
graft_status graft_pipeline_flush(graft_pipeline *p);
/** A line of a table of events. */
graft_status graft_pipeline_add_event(graft_pipeline *p);
/** Histories out of such a table, once the rows are sorted by user and time. */
graft_status graft_pipeline_place_events(graft_pipeline *p, graft_import_history *h);
/** Ids of its events, once vocabularies are sealed. */
graft_status graft_pipeline_encode_events(graft_pipeline *p, graft_import_history *h);
/** Progress: so many bytes of this file were read. GRAFT_INTERRUPTED if that is wanted. */
graft_status graft_pipeline_tell(graft_pipeline *p, double bytes);
/** Release. */
void graft_pipeline_fini(graft_pipeline *p);

/** Text of the row for a column. */
static inline const char *graft_pipeline_text(const graft_pipeline *p, size_t column) {
  return p->value[p->column[column].table][p->column[column].field];
}

#endif
