/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_BASE_OPTION_H
#define GRAFT_BASE_OPTION_H

/** @file option.h
 *  Option rows: a table that says, for each field of a plain configuration struct, its name, type,
 *  default, range, unit, choices and help. Parsing, --help, man pages, range errors, `config.yaml`
 *  and resume checks all read these rows; nothing else knows the options. */

#include <stddef.h>

#include "base/status.h"

/** Type of the field that a row describes. */
typedef enum graft_option_type {
  GRAFT_OPTION_BOOL,   /**< `bool`; values true, false, yes, no, 1, 0; bare `-name` means true */
  GRAFT_OPTION_INT,    /**< `long long` */
  GRAFT_OPTION_REAL,   /**< `double` */
  GRAFT_OPTION_STRING, /**< `char[capacity]`; with `choices`: one of them */
  GRAFT_OPTION_LIST,   /**< `char[capacity]`, comma-separated; with `choices`: each one of them */
  GRAFT_OPTION_NAME,   /**< `char[capacity]`; one of `choices`, a file (with '.' or '/'), or "" */
} graft_option_type;

/** The i-th allowed value, NULL past the end. Registries supply such a function. */
typedef const char *graft_option_choices(size_t i);

/** One option. A table ends with a row whose name is NULL. */
typedef struct graft_option {
  const char *name;              /**< lower snake case, a noun, without the dash */
  graft_option_type type;        /**< of the field */
  size_t offset;                 /**< offsetof the field in its struct */
  size_t capacity;               /**< bytes of a string or list field, 0 otherwise */
  const char *value;             /**< default as text */
  double min;                    /**< least value of INT and REAL */
  double max;                    /**< largest value of INT and REAL */
  const char *unit;              /**< e.g. "s", or NULL */
  graft_option_choices *choices; /**< or NULL: any text */
  const char *help;              /**< one line */
  int may_change;                /**< 1: may differ when a run is resumed */
} graft_option;

/** Set every field of @p config to the default of its row. A default that does not parse is an
 *  internal error. */
GRAFT_MUST_USE graft_status graft_option_defaults(const graft_option *rows, void *config);

/** The row of that name, or NULL. */
const graft_option *graft_option_find(const graft_option *rows, const char *name);

/** Parse @p text into the row's field of @p config.
 *  @param origin where the text comes from, e.g. "-lr" or "run.yaml:3"; starts the message
 *  @return GRAFT_USAGE with one line that names origin, expected and got (with the nearest choice)
 */
GRAFT_MUST_USE graft_status graft_option_set(const graft_option *row, void *config,
                                             const char *origin, const char *text);

/** Write the field's current value as text into @p text [size]; reals so that they read back
 *  bitwise. Returns @p text. */
const char *graft_option_get(const graft_option *row, const void *config, char *text, size_t size);

/** What a value must be, for help and messages: "real in [0, 1]", "one of adam, adamw". */
const char *graft_option_expected(const graft_option *row, char *text, size_t size);

/** Edit distance (Levenshtein) of two names, for "did you mean". */
size_t graft_name_distance(const char *a, const char *b);

enum { GRAFT_HINT_SIZE = 96 /**< bytes of a hint */ };

/** " (did you mean 'near'?)", or "" where @p near is NULL or too far from @p name to be meant: more
 * than half of its letters differ, or more than three, and neither begins with the other. Written
 * into @p text [GRAFT_HINT_SIZE]; returns it. */
const char *graft_name_hint(const char *name, const char *near, char *text);

#endif
