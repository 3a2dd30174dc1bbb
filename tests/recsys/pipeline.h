/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_TESTS_RECSYS_PIPELINE_H
#define GRAFT_TESTS_RECSYS_PIPELINE_H

/** @file pipeline.h
 *  A schema, its import into memory, and what to ask about the rows. Include after graft_test.h. */

#include "base/arena.h"
#include "tests/recsys/texts.h"

static graft_schema *schema; /* of the test at hand */
static graft_feature_memory memory;
static graft_import_report report;

static inline void begin(void) {
  if (!T_OK(graft_alloc(&schema, 1, sizeof *schema))) abort();
  graft_schema_init(schema);
  schema->rule = GRAFT_SPLIT_FILE;
  texts_table(schema, "rows", "", "");
}

static inline void end(void) {
  graft_feature_memory_fini(&memory);
  graft_schema_fini(schema);
  graft_free(schema);
}

static inline graft_status run(const char *const *table) {
  return texts_import(schema, table, NULL, &memory, &report);
}

static inline const void *data(graft_feature_array array, size_t list) {
  return memory.data[graft_feature_array_place(array, list)];
}

static inline int32_t id(size_t row, size_t column) {
  return ((const int32_t *)data(GRAFT_ARRAY_ID, 0))[row * memory.info.ids + column];
}

static inline float label(size_t row, size_t k) {
  return ((const float *)data(GRAFT_ARRAY_LABEL, 0))[row * memory.info.labels + k];
}

/* Id of a token in the vocabulary of a feature. */
static inline int32_t token(size_t feature, const char *text) {
  const graft_feature_vocabulary *v =
      &memory.info.vocabulary[memory.info.feature[feature].vocabulary];
  int32_t n = GRAFT_ID_FIRST;
  for (size_t at = 0; at < v->bytes; at += strlen((const char *)v->text + at) + 1, n++) {
    if (strcmp((const char *)v->text + at, text) == 0) return n;
  }
  return GRAFT_ID_UNKNOWN;
}

/* "2,3,": the ids of a row's list. */
static inline bool list_is(size_t list, size_t row, size_t count, const int32_t *want) {
  const int64_t *range = (const int64_t *)data(GRAFT_ARRAY_RANGE, list) + 2 * row;
  const int32_t *value = data(GRAFT_ARRAY_VALUE, list);
  bool same = range[1] - range[0] == (int64_t)count;
  for (size_t i = 0; i < count && same; i++) same = value[range[0] + (int64_t)i] == want[i];
  if (!same) {
    printf("# row %zu:", row);
    for (int64_t i = range[0]; i < range[1]; i++) printf(" %d", value[i]);
    printf("\n");
  }
  return T_CHECK(same);
}

#endif
