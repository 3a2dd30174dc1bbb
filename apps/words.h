/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_APPS_WORDS_H
#define GRAFT_APPS_WORDS_H

/** @file words.h
 *  A growing list of strings, and the splitting of a line into words as a shell does. */

#include <stddef.h>

#include "base/status.h"

/** The list; caller's struct, zero-initialised. */
typedef struct graft_words {
  size_t count;    /**< strings in use */
  size_t capacity; /**< strings allocated */
  char **word;     /**< [count], each owned */
} graft_words;

/** Append a copy of @p text. Cost: amortised O(length). */
GRAFT_MUST_USE graft_status graft_words_add(graft_words *words, const char *text);

/** Append the words of @p line: blanks separate, '…' and "…" group, a backslash takes the next
 *  character as it is (within "…" too). No variables, no patterns.
 *  @param origin where the line comes from, for the message
 *  @return GRAFT_USAGE when a quotation is not closed */
GRAFT_MUST_USE graft_status graft_words_split(graft_words *words, const char *origin,
                                              const char *line);

/** Release the list. */
void graft_words_fini(graft_words *words);

#endif
