/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_TESTS_RECSYS_ROWS_H
#define GRAFT_TESTS_RECSYS_ROWS_H

/** @file rows.h
 *  A small data set of rows with everything in it, by formula. Include after graft_test.h. */

#include <math.h>

#include "base/arena.h"
#include "recsys/batch.h"

enum { ROWS_N = 40, ROWS_V = 12, ROWS_W = 9, ROWS_LENGTH = 4 };

static inline int32_t rows_id(size_t row) { return (int32_t)(1 + row * 5 % (ROWS_V - 1)); }
static inline float rows_number(size_t row) { return 0.25F * (float)row - 3; }
/** Feature 2 is a set, feature 3 a sequence. */
static inline size_t rows_count(size_t row, size_t feature) {
  return (row + feature) % (ROWS_LENGTH + 1);
}
static inline int32_t rows_value(size_t row, size_t j) {
  return (int32_t)(2 + (row * 3 + j) % (ROWS_W - 2));
}
static inline float rows_label(size_t row, size_t k) {
  const bool first = row % 3 == 0;
  return k == 0 ? (float)first : first ? (float)(row % 2) : NAN;
}
static inline float rows_truth(size_t row, size_t k) { return (float)(row + k) / 100; }
static inline int64_t rows_user(size_t row) { return INT64_C(-5000000000) + (int64_t)(row / 4); }

static inline graft_status rows_info(graft_feature_info *info) {
  static const char *const name[] = {"item", "price", "tags", "seen"};
  GRAFT_TRY(graft_feature_info_init(info, ROWS_N, 4, 2, 2));
  snprintf(info->name, sizeof info->name, "rows");
  for (size_t f = 0; f < 4; f++) {
    info->feature[f].kind = (graft_feature_kind)f;
    info->feature[f].length = f < 2 ? 1 : ROWS_LENGTH;
    info->feature[f].vocabulary = f >= 2;
    snprintf(info->feature[f].name, GRAFT_NAME_SIZE, "%s", name[f]);
  }
  GRAFT_TRY(graft_feature_info_slots(info));
  info->scale[0] = (graft_feature_scale){true, 0.5, 2};
  for (size_t v = 0; v < 2; v++) {
    graft_feature_vocabulary *vocabulary = &info->vocabulary[v];
    snprintf(vocabulary->name, GRAFT_NAME_SIZE, "%s", v ? "tag" : "item");
    vocabulary->ids = v ? ROWS_W : ROWS_V;
    vocabulary->hashed = v == 1;
    if (vocabulary->hashed) continue;
    vocabulary->bytes = 2 * (ROWS_V - 2);
    GRAFT_TRY(graft_alloc(&vocabulary->text, vocabulary->bytes, 1));
    for (size_t i = 0; i < ROWS_V - 2; i++) vocabulary->text[2 * i] = (uint8_t)('a' + i);
  }
  for (size_t k = 0; k < 2; k++) {
    snprintf(info->label[k].name, GRAFT_NAME_SIZE, "%s", k ? "buy" : "click");
    info->label[k].binary = true;
    info->label[k].space = (int)k - 1;
  }
  info->truth = info->user = info->time = true;
  for (size_t i = 0; i < ROWS_N; i++) {
    info->part[i] = (uint8_t)(i % 4 == 3 ? 2 : i % 4 == 2);
    info->values[0] += rows_count(i, 2);
    info->values[1] += rows_count(i, 3);
  }
  return GRAFT_OK;
}

/** Give all rows to a sink, in pieces of odd lengths. */
static inline graft_status rows_write(const graft_feature_sink *sink,
                                      const graft_feature_info *info) {
  int64_t used[2] = {0};
  GRAFT_TRY(sink->begin(sink->ctx, info));
  for (size_t i = 0; i < ROWS_N; i++) {
    const int32_t id = rows_id(i);
    const float number = rows_number(i);
    const float label[] = {rows_label(i, 0), rows_label(i, 1)};
    const float truth[] = {rows_truth(i, 0), rows_truth(i, 1)};
    const int64_t user = rows_user(i), time = (int64_t)i;
    GRAFT_TRY(sink->append(sink->ctx, GRAFT_ARRAY_ID, 0, &id, 1));
    GRAFT_TRY(sink->append(sink->ctx, GRAFT_ARRAY_NUMBER, 0, &number, 1));
    GRAFT_TRY(sink->append(sink->ctx, GRAFT_ARRAY_LABEL, 0, label, 2));
    GRAFT_TRY(sink->append(sink->ctx, GRAFT_ARRAY_TRUTH, 0, truth, 2));
    GRAFT_TRY(sink->append(sink->ctx, GRAFT_ARRAY_USER, 0, &user, 1));
    GRAFT_TRY(sink->append(sink->ctx, GRAFT_ARRAY_TIME, 0, &time, 1));
    for (size_t l = 0; l < 2; l++) {
      const size_t n = rows_count(i, 2 + l);
      const int64_t range[] = {used[l], used[l] + (int64_t)n};
      used[l] = range[1];
      GRAFT_TRY(sink->append(sink->ctx, GRAFT_ARRAY_RANGE, l, range, 2));
      for (size_t j = 0; j < n; j++) {
        const int32_t value = rows_value(i, j);
        GRAFT_TRY(sink->append(sink->ctx, GRAFT_ARRAY_VALUE, l, &value, 1));
      }
    }
  }
  return GRAFT_OK;
}

static inline graft_status rows_memory(graft_feature_memory *memory) {
  graft_feature_info info;
  *memory = (graft_feature_memory){0};
  const graft_feature_sink sink = graft_feature_sink_memory(memory);
  graft_status status = rows_info(&info);
  if (status == GRAFT_OK) status = graft_feature_info_validate(&info);
  if (status == GRAFT_OK) status = rows_write(&sink, &info);
  graft_feature_info_fini(&info);
  return status;
}

/** Row i of the batch is that row of the data set. */
static inline void rows_check(const graft_batch *b, size_t i, size_t row) {
  const size_t B = b->rows;
  const int32_t *offset = b->bag[2].offset;
  T_EQUAL(b->bag[0].id[b->bag[0].offset[i]], rows_id(row));
  T_EQUAL(b->number[i], rows_number(row));
  T_EQUAL(offset[i + 1] - offset[i], rows_count(row, 2));
  for (size_t j = 0; j < rows_count(row, 2); j++) {
    T_EQUAL(b->bag[2].id[(size_t)offset[i] + j], rows_value(row, j));
  }
  T_EQUAL(b->sequence[3].length[i], rows_count(row, 3));
  for (size_t j = 0; j < ROWS_LENGTH; j++) {
    T_EQUAL(b->sequence[3].id[i * ROWS_LENGTH + j],
            j < rows_count(row, 3) ? rows_value(row, j) : GRAFT_ID_PADDING);
  }
  for (size_t k = 0; k < 2; k++) {
    const float y = rows_label(row, k);
    T_EQUAL(b->mask[k * B + i], !isnan(y));
    T_EQUAL(b->label[k * B + i], isnan(y) ? 0 : y);
    T_EQUAL(b->truth[k * B + i], rows_truth(row, k));
  }
  T_CHECK(b->user[i] == rows_user(row));
}

#endif
