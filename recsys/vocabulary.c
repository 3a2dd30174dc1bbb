/* SPDX-License-Identifier: BSD-2-Clause */
#include "recsys/vocabulary.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"

enum { FIRST_PLACES = 64 };

static uint64_t fingerprint(const char *token) {
  const uint64_t h = graft_hash(GRAFT_HASH_START, token, strlen(token));
  return h ? h : 1;
}

/* Place of the token, or the free one where it belongs. The table is never full. */
static graft_vocabulary_entry *look(const graft_vocabulary *v, uint64_t hash, const char *token) {
  for (size_t i = (size_t)(hash ^ hash >> 32) & (v->places - 1);; i = (i + 1) & (v->places - 1)) {
    graft_vocabulary_entry *e = &v->entry[i];
    if (e->hash == 0 || (e->hash == hash && strcmp(v->text + e->text, token) == 0)) return e;
  }
}

static graft_status grow_table(graft_vocabulary *v) {
  graft_vocabulary larger = *v;
  if (v->places && 2 * v->tokens < v->places) return GRAFT_OK;
  larger.places = v->places ? 2 * v->places : FIRST_PLACES;
  GRAFT_TRY(graft_alloc(&larger.entry, larger.places, sizeof *larger.entry));
  for (size_t i = 0; i < v->places; i++) {
    if (v->entry[i].hash)
      *look(&larger, v->entry[i].hash, v->text + v->entry[i].text) = v->entry[i];
  }
  graft_free(v->entry);
  *v = larger;
  return GRAFT_OK;
}

static graft_status store_text(graft_vocabulary *v, const char *token, size_t *at) {
  const size_t n = strlen(token) + 1;
  while (v->used + n > v->capacity) GRAFT_TRY(graft_grow(&v->text, &v->capacity, v->capacity, 1));
  memcpy(v->text + v->used, token, n);
  *at = v->used;
  v->used += n;
  return GRAFT_OK;
}

graft_status graft_vocabulary_add(graft_vocabulary *v, const char *token) {
  if (v->buckets) return GRAFT_OK;
  const uint64_t hash = fingerprint(token);
  GRAFT_TRY(grow_table(v));
  graft_vocabulary_entry *e = look(v, hash, token);
  if (e->hash == 0) {
    GRAFT_TRY(store_text(v, token, &e->text));
    e->hash = hash;
    v->tokens++;
  }
  e->count++;
  return GRAFT_OK;
}

/* What the order of ids is made from. */
struct rank {
  graft_vocabulary_entry *entry;
  const char *text;
};

static int by_count(const void *a, const void *b) {
  const struct rank *x = a, *y = b;
  if (x->entry->count != y->entry->count) return x->entry->count < y->entry->count ? 1 : -1;
  return strcmp(x->text, y->text);
}

static int by_place(const void *a, const void *b) {
  const struct rank *x = a, *y = b;
  return (x->entry->text > y->entry->text) - (x->entry->text < y->entry->text);
}

static graft_status seal(graft_vocabulary *v, size_t minimum,
                         int (*compare)(const void *, const void *)) {
  struct rank *rank;
  size_t n = 0;
  v->ids = GRAFT_ID_FIRST + v->buckets;
  if (v->buckets) return GRAFT_OK;
  GRAFT_CHECK(v->tokens < INT32_MAX - GRAFT_ID_FIRST, INPUT,
              "expected fewer than 2^31 different values, got %zu", v->tokens);
  GRAFT_TRY(graft_alloc(&rank, v->tokens, sizeof *rank));
  for (size_t i = 0; i < v->places; i++) {
    graft_vocabulary_entry *e = &v->entry[i];
    e->id = GRAFT_ID_UNKNOWN;
    if (e->hash && e->count >= minimum) rank[n++] = (struct rank){e, v->text + e->text};
  }
  if (n) qsort(rank, n, sizeof *rank, compare);
  for (size_t i = 0; i < n; i++) rank[i].entry->id = (int32_t)(GRAFT_ID_FIRST + i);
  v->ids += n;
  graft_free(rank);
  return GRAFT_OK;
}

graft_status graft_vocabulary_seal(graft_vocabulary *v, size_t minimum) {
  return seal(v, minimum, by_count);
}

graft_status graft_vocabulary_seal_order(graft_vocabulary *v) { return seal(v, 0, by_place); }

int32_t graft_vocabulary_find(const graft_vocabulary *v, const char *token) {
  const uint64_t hash = fingerprint(token);
  if (v->buckets) return (int32_t)(GRAFT_ID_FIRST + hash % v->buckets);
  if (v->tokens == 0) return GRAFT_ID_UNKNOWN;
  const graft_vocabulary_entry *e = look(v, hash, token);
  return e->hash ? e->id : GRAFT_ID_UNKNOWN;
}

graft_status graft_vocabulary_export(const graft_vocabulary *v, graft_feature_vocabulary *out) {
  const char **token;
  out->ids = v->ids;
  out->hashed = v->buckets > 0;
  out->text = NULL;
  out->bytes = 0;
  if (out->hashed) return GRAFT_OK;
  GRAFT_TRY(graft_alloc(&token, v->ids, sizeof *token));
  for (size_t i = 0; i < v->places; i++) {
    const graft_vocabulary_entry *e = &v->entry[i];
    if (e->hash == 0 || e->id < GRAFT_ID_FIRST) continue;
    token[e->id] = v->text + e->text;
    out->bytes += strlen(token[e->id]) + 1;
  }
  graft_status status = graft_alloc(&out->text, out->bytes, 1);
  uint8_t *to = out->text;
  for (size_t i = GRAFT_ID_FIRST; status == GRAFT_OK && i < v->ids; i++) {
    const size_t n = strlen(token[i]) + 1;
    memcpy(to, token[i], n);
    to += n;
  }
  graft_free(token);
  return status;
}

graft_status graft_vocabulary_import(graft_vocabulary *v, const graft_feature_vocabulary *from) {
  *v = (graft_vocabulary){.buckets = from->hashed ? from->ids - GRAFT_ID_FIRST : 0};
  graft_status status = GRAFT_OK;
  for (size_t at = 0; at < from->bytes && status == GRAFT_OK;) {
    const char *token = (const char *)from->text + at;
    status = graft_vocabulary_add(v, token);
    at += strlen(token) + 1;
  }
  if (status == GRAFT_OK) status = graft_vocabulary_seal_order(v);
  if (status != GRAFT_OK) graft_vocabulary_fini(v);
  return status;
}

void graft_vocabulary_fini(graft_vocabulary *v) {
  graft_free(v->entry);
  graft_free(v->text);
  *v = (graft_vocabulary){0};
}
