/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_RECSYS_VOCABULARY_H
#define GRAFT_RECSYS_VOCABULARY_H

/** @file vocabulary.h
 *  Tokens and their ids: count them, then give ids to those that are frequent enough, the most
 *  frequent first.
 *
 *  Method:    open addressing on the 64-bit fingerprint (base/hash.h); the texts one behind the
 * other. Cost:      amortised O(length) per call; 32 bytes per token and its text. */

#include "base/feature.h"

/** One token. */
typedef struct graft_vocabulary_entry {
  uint64_t hash;  /**< fingerprint of the text; 0: the place is free */
  size_t text;    /**< where its text begins */
  uint64_t count; /**< how often it was added */
  int32_t id;     /**< after sealing; GRAFT_ID_UNKNOWN: too rare */
} graft_vocabulary_entry;

/** The tokens; caller's struct, zero-initialised. */
typedef struct graft_vocabulary {
  size_t buckets;                /**< ids by hashing; 0: by tokens */
  size_t tokens;                 /**< different ones */
  size_t places;                 /**< of the table, a power of two */
  graft_vocabulary_entry *entry; /**< [places], owned */
  char *text;                    /**< owned */
  size_t used;                   /**< bytes of text in use */
  size_t capacity;               /**< bytes allocated */
  size_t ids;                    /**< after sealing: ids, the special ones included */
} graft_vocabulary;

/** Count a token once more (hashed: nothing to do). */
GRAFT_MUST_USE graft_status graft_vocabulary_add(graft_vocabulary *v, const char *token);

/** Give ids to the tokens seen @p minimum times or more: by count, the largest first, equal ones by
 *  their bytes, so that the order of adding does not matter. */
GRAFT_MUST_USE graft_status graft_vocabulary_seal(graft_vocabulary *v, size_t minimum);

/** Give ids to all tokens in the order in which they were added. */
GRAFT_MUST_USE graft_status graft_vocabulary_seal_order(graft_vocabulary *v);

/** Id of a token after sealing; GRAFT_ID_UNKNOWN if it has none. Never fails. */
int32_t graft_vocabulary_find(const graft_vocabulary *v, const char *token);

/** Ids and texts for a data set: @p out has its name already. */
GRAFT_MUST_USE graft_status graft_vocabulary_export(const graft_vocabulary *v,
                                                    graft_feature_vocabulary *out);

/** A sealed vocabulary out of that of a data set. */
GRAFT_MUST_USE graft_status graft_vocabulary_import(graft_vocabulary *v,
                                                    const graft_feature_vocabulary *from);

/** Release. */
void graft_vocabulary_fini(graft_vocabulary *v);

#endif
