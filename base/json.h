/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_BASE_JSON_H
#define GRAFT_BASE_JSON_H

/** @file json.h
 *  A streaming JSON writer (RFC 8259). Keys are NULL inside arrays and for the outermost value. */

#include <stdbool.h>
#include <stdio.h>

#include "base/status.h"

enum { GRAFT_JSON_DEPTH = 32 /**< deepest nesting */ };

/** Writer state; caller's struct. */
typedef struct graft_json {
  FILE *file;                           /**< borrowed, open for writing */
  int depth;                            /**< open objects and arrays */
  unsigned char more[GRAFT_JSON_DEPTH]; /**< a comma is due at this depth */
} graft_json;

/** Start writing to @p file. */
void graft_json_init(graft_json *json, FILE *file);

/** Open an object; close it with graft_json_end_object(). */
void graft_json_object(graft_json *json, const char *key);
/** Open an array; close it with graft_json_end_array(). */
void graft_json_array(graft_json *json, const char *key);
/** Close the innermost object. */
void graft_json_end_object(graft_json *json);
/** Close the innermost array. */
void graft_json_end_array(graft_json *json);

/** Write a number with 10 significant digits; null if it is not finite. */
void graft_json_real(graft_json *json, const char *key, double value);
/** Write a number so that it reads back bitwise; null if it is not finite. */
void graft_json_exact(graft_json *json, const char *key, double value);
/** Write an integer. */
void graft_json_int(graft_json *json, const char *key, long long value);
/** Write true or false. */
void graft_json_bool(graft_json *json, const char *key, bool value);
/** Write text, escaped (UTF-8 is passed through). */
void graft_json_text(graft_json *json, const char *key, const char *value);
/** Write null. */
void graft_json_null(graft_json *json, const char *key);

/** End with a newline; GRAFT_OUTPUT when anything could not be written, GRAFT_INTERNAL when
 *  objects were left open or nested too deep. */
GRAFT_MUST_USE graft_status graft_json_finish(graft_json *json);

#endif
