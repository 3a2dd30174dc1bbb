/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_RECSYS_SCHEMA_H
#define GRAFT_RECSYS_SCHEMA_H

/** @file schema.h
 *  What a user's tables mean: which files hold which fields, which of them become features, labels,
 *  users and times, and which rows are for training. Plain data; docs/recommender.md explains the
 *  YAML form, which `apps/schema_text.h` reads. */

#include "base/feature.h"
#include "base/record.h"

enum {
  GRAFT_SCHEMA_TABLES = 8,   /**< most tables */
  GRAFT_SCHEMA_FILES = 64,   /**< most files */
  GRAFT_SCHEMA_FIELDS = 512, /**< most fields of a table */
  GRAFT_SCHEMA_VALUES = 16,  /**< most values of a condition */
  GRAFT_SCHEMA_EDGES = 64,   /**< most edges of bins */
  GRAFT_SCHEMA_KEEP = 8,     /**< most conditions on rows */
  GRAFT_SCHEMA_PATTERN = 128 /**< bytes of a pattern */
};

/** A table. The first one of a schema has the rows; each other one is joined to it, or has events
 * that histories list. */
typedef struct graft_schema_table {
  char name[GRAFT_COLUMN_SIZE];     /**< e.g. "movies" */
  graft_record_format format;       /**< of its files */
  bool header;                      /**< the first record of each file names the fields */
  size_t fields;                    /**< without a header: how many there are */
  char (*field)[GRAFT_COLUMN_SIZE]; /**< [fields] their names, owned; NULL with a header */
  char key[GRAFT_COLUMN_SIZE];      /**< joined: its field that is looked up, unique */
  char foreign[GRAFT_COLUMN_SIZE]; /**< joined: the field of the first table that is looked up in it
                                    */
  bool optional; /**< joined: rows without a partner are kept, all its fields empty */
  char list[GRAFT_COLUMN_SIZE]; /**< field with entries KEY pair VALUE [weight…]; "": none. Names
                                     that are no fields are then keys: their values, joined by
                                     the entries' separator; what follows `weight` is left out */
  char entry;                   /**< between entries of such a list */
  char pair;                    /**< between its keys and values */
  char weight;                  /**< behind its values; 0: nothing is */
} graft_schema_table;

/** A file of a table. */
typedef struct graft_schema_file {
  char name[GRAFT_COLUMN_SIZE]; /**< as the data set's publisher calls it */
  size_t table;                 /**< whose it is */
  graft_part part;              /**< split rule `file`: part of its rows */
  double validation;            /**< split rule `file`: share of them that is for validation */
} graft_schema_file;

/** A field of a table. */
typedef struct graft_schema_place {
  size_t table;                  /**< number of the table */
  char field[GRAFT_COLUMN_SIZE]; /**< name in it; "": none */
} graft_schema_place;

/** A condition on a field's text: one of `value`, or a number within bounds. */
typedef struct graft_schema_condition {
  graft_schema_place from;                            /**< the field */
  size_t values;                                      /**< number of texts; 0: bounds count */
  char value[GRAFT_SCHEMA_VALUES][GRAFT_COLUMN_SIZE]; /**< texts that fulfil it */
  double at_least;                                    /**< lower bound, or −infinity */
  double at_most;                                     /**< upper bound, or infinity */
} graft_schema_condition;

/** What a column becomes. */
typedef enum graft_schema_kind {
  GRAFT_COLUMN_CATEGORICAL, /**< a feature, as the next three */
  GRAFT_COLUMN_NUMERIC,
  GRAFT_COLUMN_MULTI_HOT,
  GRAFT_COLUMN_SEQUENCE,
  GRAFT_COLUMN_LABEL, /**< a task */
  GRAFT_COLUMN_USER,  /**< whose row it is */
  GRAFT_COLUMN_TIME,  /**< when: an integer */
  GRAFT_COLUMN_IGNORE /**< nothing */
} graft_schema_kind;

/** A column of the data set. */
typedef struct graft_schema_column {
  char name[GRAFT_COLUMN_SIZE]; /**< of the feature or label */
  int line;                     /**< in the schema's text, for messages; 0: none */
  graft_schema_kind kind;       /**< what it becomes */
  graft_schema_place from;      /**< field that it comes from */

  char pattern[GRAFT_SCHEMA_PATTERN]; /**< POSIX extended expression: the text of its first group is
                                           taken, nothing where it does not match; "": all */
  char missing[GRAFT_COLUMN_SIZE];    /**< this text means no value, as an empty one does */
  char vocabulary[GRAFT_COLUMN_SIZE]; /**< shared by columns that name the same; "": its own */
  size_t minimum_count;               /**< values seen less often in training rows are unknown */
  size_t hash;                        /**< ids by hashing into so many buckets; 0: a vocabulary */
  char separator;                     /**< between values of multi_hot and sequence */
  size_t length;                      /**< most values of multi_hot and sequence */

  char history[GRAFT_COLUMN_SIZE]; /**< sequence: categorical column whose values in the user's
                                        earlier rows it lists; "": the field holds a list */
  graft_schema_condition where;    /**< of which rows; no field: of all */
  graft_schema_place event;        /**< history: the values are in this field of a table of events
                                        instead of earlier rows; no field: in rows */
  char event_user[GRAFT_COLUMN_SIZE]; /**< field of that table: whose event it is */
  char event_time[GRAFT_COLUMN_SIZE]; /**< field of that table: when it was */
  bool training_only;                 /**< only training rows count as history */

  bool log1p;       /**< number: sign(x) log(1 + |x|) first */
  bool standard;    /**< number: mean 0 and deviation 1 over the training rows */
  double step;      /**< categorical: floor(number / step); 0: not */
  size_t quantiles; /**< categorical: so many bins, equally full over the training rows; 0: not */
  size_t edges;     /**< categorical: bins between `edge`; 0: not */
  double edge[GRAFT_SCHEMA_EDGES]; /**< increasing */

  bool regression;  /**< label: any number, else 0 or 1 */
  bool conditional; /**< label: 1 where `where` holds */
  size_t negatives; /**< label: texts that mean 0; none: all others */
  char negative[GRAFT_SCHEMA_VALUES][GRAFT_COLUMN_SIZE]; /**< these texts */
  char space[GRAFT_COLUMN_SIZE]; /**< label: defined only where this label is 1; "": everywhere */
  bool drop;                     /**< label: a row that has it outside its space is left out, else
                                      it is an error */
} graft_schema_column;

/** How rows are divided. */
typedef enum graft_schema_rule {
  GRAFT_SPLIT_FILE,      /**< by their file */
  GRAFT_SPLIT_RANDOM,    /**< by a hash of seed and row */
  GRAFT_SPLIT_USER,      /**< by a hash of seed and user: all rows of a user together */
  GRAFT_SPLIT_TIME,      /**< by time: the earliest are for training, the latest for testing */
  GRAFT_SPLIT_USER_TIME, /**< the same within each user */
} graft_schema_rule;

/** A schema; caller's struct. Release with graft_schema_fini(). */
typedef struct graft_schema {
  char name[GRAFT_NAME_SIZE];                     /**< of the data set */
  size_t tables;                                  /**< number of tables */
  graft_schema_table table[GRAFT_SCHEMA_TABLES];  /**< the tables; the first has the rows */
  size_t files;                                   /**< number of files */
  graft_schema_file file[GRAFT_SCHEMA_FILES];     /**< in the order of -input */
  size_t keeps;                                   /**< number of conditions on rows */
  graft_schema_condition keep[GRAFT_SCHEMA_KEEP]; /**< rows that don't fulfil all are left out */
  size_t columns;                                 /**< number of columns */
  size_t capacity;                                /**< allocated */
  graft_schema_column *column;                    /**< [columns], owned */
  graft_schema_rule rule;                         /**< how rows are divided */
  double train;                                   /**< share of the training part */
  double validation; /**< share of the validation part; the rest is for testing */
  uint64_t seed;     /**< of hashes */
} graft_schema;

/** A condition without bounds. */
graft_schema_condition graft_schema_condition_default(void);

/** A column with the defaults of its kind's options. */
graft_schema_column graft_schema_column_default(void);

/** An empty schema. */
void graft_schema_init(graft_schema *schema);

/** Name of a column's kind and of a split rule; NULL past the end. */
const char *graft_schema_kind_name(size_t i);
/** See graft_schema_kind_name(). */
const char *graft_schema_rule_name(size_t i);

/** The column of that name, or NULL. Borrowed. */
const graft_schema_column *graft_schema_find(const graft_schema *schema, const char *name);

/** Does a table have events of histories? */
bool graft_schema_has_events(const graft_schema *schema, size_t table);

/** Is the schema consistent? Everything that can be said without the tables.
 *  @return GRAFT_INPUT with "line N: column 'x': what was expected" */
GRAFT_MUST_USE graft_status graft_schema_validate(const graft_schema *schema);

/** Release what it owns. */
void graft_schema_fini(graft_schema *schema);

#endif
