/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_BASE_FEATURE_H
#define GRAFT_BASE_FEATURE_H

/** @file feature.h
 *  Data sets of rows with features and labels, e.g. impressions of items to users: names and small
 *  tables (::graft_feature_info), a receiver that takes the rows one after the other
 *  (::graft_feature_sink), and a source that fills chosen rows (::graft_feature_source). `io/`
 *  supplies the HDF5 versions, this file those in memory.
 *
 *  Values of categorical features are ids, the rows of embedding tables: GRAFT_ID_PADDING is no
 *  value at all, GRAFT_ID_UNKNOWN one that is missing, was too rare, or has never been seen, those
 *  from GRAFT_ID_FIRST on are known. Every id that a file holds is below the `ids` of its
 *  vocabulary. */

#include <stdint.h>

#include "base/source.h"

enum { GRAFT_ID_PADDING = 0, GRAFT_ID_UNKNOWN = 1, GRAFT_ID_FIRST = 2 };

/** What a feature is. */
typedef enum graft_feature_kind {
  GRAFT_FEATURE_CATEGORICAL, /**< one id per row */
  GRAFT_FEATURE_NUMERIC,     /**< one number per row */
  GRAFT_FEATURE_MULTI_HOT,   /**< a set of ids per row */
  GRAFT_FEATURE_SEQUENCE,    /**< ids in order, the latest last */
} graft_feature_kind;

/** One feature. */
typedef struct graft_feature {
  char name[GRAFT_NAME_SIZE]; /**< e.g. "genres" */
  graft_feature_kind kind;    /**< what it is */
  size_t vocabulary;          /**< whose ids it has (features may share one); unused if numeric */
  size_t length;              /**< most values in a row: 1 unless multi_hot or sequence */
  size_t slot;                /**< its place among the ids, numbers or lists of a row */
} graft_feature;

/** The ids that features have. */
typedef struct graft_feature_vocabulary {
  char name[GRAFT_NAME_SIZE]; /**< e.g. "movie" */
  size_t ids;                 /**< V, the two special ones included */
  bool hashed;   /**< id = 2 + hash of the token modulo (V − 2); no tokens are kept */
  uint8_t *text; /**< tokens of the ids from GRAFT_ID_FIRST on, one behind the other,
                    each with a NUL; owned; NULL if hashed */
  size_t bytes;  /**< of them */
} graft_feature_vocabulary;

/** How the numbers of a numeric feature were made: (t(x) − shift) / scale, t as `log1p` says. */
typedef struct graft_feature_scale {
  bool log1p;   /**< t(x) = sign(x) log(1 + |x|), else x */
  double shift; /**< mean of t(x) over the training rows, or 0 */
  double scale; /**< its standard deviation, or 1; positive */
} graft_feature_scale;

/** One task. */
typedef struct graft_feature_label {
  char name[GRAFT_NAME_SIZE]; /**< e.g. "click" */
  bool binary;                /**< 0 or 1, else any number */
  int space;                  /**< number of the label that must be 1 for this one to be defined;
                                 negative: defined for every row */
} graft_feature_label;

/** All of a data set but its rows. Caller's struct; release with graft_feature_info_fini(). */
typedef struct graft_feature_info {
  char name[GRAFT_NAME_SIZE];           /**< e.g. "movielens_small" */
  size_t rows;                          /**< N */
  size_t features;                      /**< number of features */
  graft_feature *feature;               /**< [features], owned */
  size_t ids;                           /**< C features with one id per row */
  size_t numbers;                       /**< Q numeric features */
  size_t lists;                         /**< features with lists of ids */
  graft_feature_scale *scale;           /**< [Q], owned */
  size_t *values;                       /**< [lists] ids that the values of a list hold, owned */
  size_t vocabularies;                  /**< number of vocabularies */
  graft_feature_vocabulary *vocabulary; /**< [vocabularies], owned */
  size_t labels;                        /**< K ≤ GRAFT_MAX_TASKS */
  graft_feature_label *label;           /**< [K], owned */
  bool truth;                           /**< the probabilities that made the labels are there */
  bool user;                            /**< rows belong to users */
  bool time;                            /**< rows have a time */
  uint8_t *part;                        /**< [N] a ::graft_part each, owned */
} graft_feature_info;

/** Arrays of a row. Letters as in ::graft_feature_info. */
typedef enum graft_feature_array {
  GRAFT_ARRAY_ID,     /**< int32 [N x C] */
  GRAFT_ARRAY_NUMBER, /**< float [N x Q] */
  GRAFT_ARRAY_LABEL,  /**< float [N x K]; NaN: not known, or outside the label's space */
  GRAFT_ARRAY_TRUTH,  /**< float [N x K] probability that the label is 1, given its space */
  GRAFT_ARRAY_USER,   /**< int64 [N] fingerprint of the user's key */
  GRAFT_ARRAY_TIME,   /**< int64 [N] */
  GRAFT_ARRAY_RANGE,  /**< int64 [N x 2] first value of the row's list, and the one behind its last
                       */
  GRAFT_ARRAY_VALUE,  /**< int32 [values of the list] ids */
  GRAFT_ARRAY_COUNT   /**< number of arrays, not an array */
} graft_feature_array;

/** Bytes of an element. */
size_t graft_feature_array_size(graft_feature_array array);

/** Elements of an array per row; of values: 1 per value. 0: the data set does not have it. */
size_t graft_feature_array_width(const graft_feature_info *info, graft_feature_array array);

/** Arrays of a data set: those that are no list's, and two per list. */
size_t graft_feature_arrays(const graft_feature_info *info);

/** Number of an array among them. */
size_t graft_feature_array_place(graft_feature_array array, size_t list);

/** Which array and list has that number. */
void graft_feature_array_at(size_t place, graft_feature_array *array, size_t *list);

/** Elements of the whole array: rows times width, or the values of a list. */
size_t graft_feature_array_count(const graft_feature_info *info, graft_feature_array array,
                                 size_t list);

/** Allocate the owned tables for the counts given, all zero; @p info must be unused.
 *  @param rows N, whose part is GRAFT_PART_TRAIN at first */
GRAFT_MUST_USE graft_status graft_feature_info_init(graft_feature_info *info, size_t rows,
                                                    size_t features, size_t vocabularies,
                                                    size_t labels);

/** Count ids, numbers and lists, give every feature its slot, allocate `scale` and `values`. Once,
 *  after the features' kinds are set. */
GRAFT_MUST_USE graft_status graft_feature_info_slots(graft_feature_info *info);

/** Are the tables consistent? @return GRAFT_INPUT naming what is not */
GRAFT_MUST_USE graft_status graft_feature_info_validate(const graft_feature_info *info);

/** A deep copy. */
GRAFT_MUST_USE graft_status graft_feature_info_copy(graft_feature_info *to,
                                                    const graft_feature_info *from);

/** Release the tables. */
void graft_feature_info_fini(graft_feature_info *info);

/** The feature with lists that has this slot. Borrowed. */
const graft_feature *graft_feature_list(const graft_feature_info *info, size_t slot);

/** Receiver of a data set: begin() once, then every array from its first element to its last, in
 *  pieces of any length; arrays in any order. */
typedef struct graft_feature_sink {
  void *ctx; /**< private to the implementation */
  /** @param info complete, with N and the values of each list; copied or borrowed until the end */
  graft_status (*begin)(void *ctx, const graft_feature_info *info);
  /** The next @p count elements of an array; @p list: of which one, for RANGE and VALUE. */
  graft_status (*append)(void *ctx, graft_feature_array array, size_t list, const void *data,
                         size_t count);
} graft_feature_sink;

/** Rows of a data set. Fields of `source.fill` are 32-bit words whatever they mean (a reading
 * thread copies bytes, io/prefetch.h), named by graft_feature_field_name(); `source.info` is not
 * used. */
typedef struct graft_feature_source {
  graft_feature_info info; /**< names and tables */
  graft_source source;     /**< fill() */
} graft_feature_source;

/** Words per row of a field: of an array that is no list's, or of list number @p list, whose row is
 *  its number of ids and then `length` ids, padded with GRAFT_ID_PADDING. */
size_t graft_feature_field_words(const graft_feature_info *info, graft_feature_array array,
                                 size_t list);

/** Name of a field for fill(): "id", "number", "label", "truth", "user", "time"; of a list (array
 *  GRAFT_ARRAY_VALUE) "list/NAME". Returns @p text [2 x GRAFT_NAME_SIZE]. */
const char *graft_feature_field_name(const graft_feature_info *info, graft_feature_array array,
                                     size_t list, char *text);

/** The inverse of graft_feature_field_name(). @return GRAFT_INPUT if there is no such field */
GRAFT_MUST_USE graft_status graft_feature_field_find(const graft_feature_info *info,
                                                     const char *field, graft_feature_array *array,
                                                     size_t *list);

/** Release a source. */
void graft_feature_source_fini(graft_feature_source *source);

/** A data set kept in memory; caller's struct, zero-initialised. */
typedef struct graft_feature_memory {
  graft_feature_info info; /**< copied by begin() */
  unsigned char **data;    /**< [arrays] by graft_feature_array_place(), owned */
  size_t *used;            /**< [arrays] elements received */
} graft_feature_memory;

/** A sink that keeps everything in @p memory; release with graft_feature_memory_fini(). */
graft_feature_sink graft_feature_sink_memory(graft_feature_memory *memory);

/** A source of what was kept; @p memory is borrowed until graft_feature_source_fini(). */
GRAFT_MUST_USE graft_status graft_feature_source_memory(graft_feature_source *source,
                                                        const graft_feature_memory *memory);

/** Release what was kept. */
void graft_feature_memory_fini(graft_feature_memory *memory);

#endif
