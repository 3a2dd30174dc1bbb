/* SPDX-License-Identifier: BSD-2-Clause */
/* A joined table in memory: texts one behind the other, an index by the key's fingerprint. */
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "recsys/import_impl.h"

static const char *text_of(const graft_join *j, size_t fields, size_t record, size_t field) {
  return j->text + j->at[record * fields + field];
}

/* Place in the index of the record with this key, or the free one where it belongs. */
static uint32_t *look(const graft_join *j, size_t fields, const char *key) {
  const uint64_t h = graft_hash(GRAFT_HASH_START, key, strlen(key));
  for (size_t i = (size_t)(h ^ h >> 32) & (j->places - 1);; i = (i + 1) & (j->places - 1)) {
    uint32_t *place = &j->index[i];
    if (*place == 0 || strcmp(text_of(j, fields, *place - 1, j->key), key) == 0) return place;
  }
}

static graft_status grow_index(graft_join *j, size_t fields) {
  enum { FIRST = 64 };
  if (j->places && 2 * j->count < j->places) return GRAFT_OK;
  graft_join larger = *j;
  larger.places = j->places ? 2 * j->places : FIRST;
  GRAFT_TRY(graft_alloc(&larger.index, larger.places, sizeof *larger.index));
  graft_free(j->index);
  *j = larger;
  for (size_t i = 0; i < j->count; i++) {
    *look(j, fields, text_of(j, fields, i, j->key)) = (uint32_t)(i + 1);
  }
  return GRAFT_OK;
}

static graft_status store(graft_join *j, const graft_table_reader *r) {
  const size_t fields = r->fields->count;
  for (size_t f = 0; f < fields; f++) {
    const size_t n = strlen(r->value[f]) + 1, used = j->count * fields + f;
    GRAFT_TRY(graft_grow(&j->at, &j->capacity, used, sizeof *j->at));
    while (j->used + n > j->capacity_text) {
      GRAFT_TRY(graft_grow(&j->text, &j->capacity_text, j->capacity_text, 1));
    }
    memcpy(j->text + j->used, r->value[f], n);
    j->at[used] = j->used;
    j->used += n;
  }
  j->count++;
  return GRAFT_OK;
}

graft_status graft_join_add(graft_join *j, const graft_table_reader *r) {
  const size_t fields = r->fields->count;
  GRAFT_CHECK(j->count < UINT32_MAX - 1, INPUT, "%s: expected fewer than 2^32 - 1 lines", r->path);
  GRAFT_TRY(grow_index(j, fields));
  uint32_t *place = look(j, fields, r->value[j->key]);
  if (*place == 0) {
    GRAFT_TRY(store(j, r));
    *place = (uint32_t)j->count;
    return GRAFT_OK;
  }
  for (size_t f = 0; f < fields; f++) {
    const char *before = text_of(j, fields, *place - 1, f);
    GRAFT_CHECK(strcmp(before, r->value[f]) == 0, INPUT,
                "%s:%zu: %s '%.60s' is there twice, with %s '%.60s' and '%.60s'", r->path, r->line,
                r->table->key, r->value[j->key], r->fields->name[f], before, r->value[f]);
  }
  return GRAFT_OK;
}

bool graft_join_find(const graft_join *j, size_t fields, const char *key, const char **value) {
  const uint32_t *place = j->places ? look(j, fields, key) : NULL;
  if (!place || *place == 0) return false;
  for (size_t f = 0; f < fields; f++) value[f] = text_of(j, fields, *place - 1, f);
  return true;
}

void graft_join_fini(graft_join *j) {
  graft_free(j->at);
  graft_free(j->text);
  graft_free(j->index);
  *j = (graft_join){0};
}
