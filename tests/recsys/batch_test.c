/* SPDX-License-Identifier: BSD-2-Clause */
/* Batches out of a data set in memory: shapes, offsets, padding, masks; orders of rows. */
#include "recsys/batch.h"

#include "base/arena.h"
#include "recsys/design.h"
#include "tests/graft_test.h"
#include "tests/recsys/rows.h"

static void batches_hold_what_rows_hold(void) {
  graft_feature_memory memory;
  graft_feature_source source;
  graft_batch b;
  const size_t row[] = {3, 0, 4, 3};
  if (!T_OK(rows_memory(&memory)) || !T_OK(graft_feature_source_memory(&source, &memory))) return;
  if (T_OK(graft_batch_init(&b, &source.info, 5)) && T_OK(graft_batch_fill(&b, &source, row, 4))) {
    T_EQUAL(b.rows, 4);
    for (size_t i = 0; i < 4; i++) rows_check(&b, i, row[i]);
    T_EQUAL(b.bag[0].offset[4], 4); /* one id in each row */
  }
  graft_batch_fini(&b);
  graft_feature_source_fini(&source);
  graft_feature_memory_fini(&memory);
}

static void too_many_rows_are_refused(void) {
  graft_feature_memory memory;
  graft_feature_source source;
  graft_batch b;
  const size_t row[] = {0, 1};
  if (!T_OK(rows_memory(&memory)) || !T_OK(graft_feature_source_memory(&source, &memory))) return;
  if (T_OK(graft_batch_init(&b, &source.info, 1))) {
    T_FAILS(graft_batch_fill(&b, &source, row, 2), GRAFT_INTERNAL, "at most 1 rows, got 2");
    graft_batch_fini(&b);
  }
  T_FAILS(graft_batch_init(&b, &source.info, 0), GRAFT_USAGE, "at least 1 row");
  graft_feature_source_fini(&source);
  graft_feature_memory_fini(&memory);
}

/* Every row of the part once; blocks move but stay near each other; another epoch, another order.
 */
static void orders_are_permutations(void) {
  enum { ROWS = 1000 };
  graft_feature_info info = {.rows = ROWS};
  uint8_t part[ROWS], seen[ROWS];
  size_t row[ROWS], again[ROWS], count, other;
  for (size_t i = 0; i < ROWS; i++) part[i] = i % 5 == 0 ? GRAFT_PART_TEST : GRAFT_PART_TRAIN;
  info.part = part;
  for (size_t block = 0; block <= 16; block += 8) {
    memset(seen, 0, sizeof seen);
    graft_batch_order(&info, GRAFT_PART_TRAIN, block, 1, 0, row, &count);
    T_EQUAL(count, 800);
    for (size_t i = 0; i < count; i++) seen[row[i]]++;
    for (size_t i = 0; i < ROWS; i++) T_EQUAL(seen[i], part[i] == GRAFT_PART_TRAIN);
    graft_batch_order(&info, GRAFT_PART_TRAIN, block, 1, 0, again, &other);
    T_CHECK(memcmp(row, again, count * sizeof *row) == 0);
    graft_batch_order(&info, GRAFT_PART_TRAIN, block, 1, 1, again, &other);
    T_CHECK((memcmp(row, again, count * sizeof *row) == 0) == (block == 0));
  }
}

/* The sparse matrix has the same ids, numbers and labels. */
static void designs_hold_what_rows_hold(void) {
  graft_feature_memory memory;
  graft_feature_source source;
  graft_design d;
  if (!T_OK(rows_memory(&memory)) || !T_OK(graft_feature_source_memory(&source, &memory))) return;
  if (T_OK(graft_design_init(&d, &source))) {
    T_EQUAL(d.rows, ROWS_N);
    T_EQUAL(d.columns, ROWS_V + 1 + ROWS_W + 1);
    for (size_t i = 0; i < d.rows; i++) {
      const size_t *o = d.offset + i;
      T_EQUAL(d.column[o[0]], rows_id(i));
      T_EQUAL(d.column[o[0] + 1], ROWS_V);
      T_EQUAL(d.value[o[0] + 1], rows_number(i));
      T_EQUAL(o[1] - o[0], 3 + rows_count(i, 2));
      for (size_t j = 0; j < rows_count(i, 2); j++) {
        T_EQUAL(d.column[o[0] + 2 + j], ROWS_V + 1 + (size_t)rows_value(i, j));
      }
      T_EQUAL(d.column[o[1] - 1], d.columns - 1);
      T_CHECK(isnan(d.label[ROWS_N + i]) == isnan(rows_label(i, 1)));
      T_EQUAL(d.label[i], rows_label(i, 0));
    }
    graft_design_fini(&d);
  }
  graft_feature_source_fini(&source);
  graft_feature_memory_fini(&memory);
}

/* Rows that no part uses are none of the matrix. */
static void unused_rows_are_left_out(void) {
  enum { UNUSED = 5 };
  graft_feature_memory memory;
  graft_feature_source source;
  graft_design d;
  if (!T_OK(rows_memory(&memory))) return;
  memory.info.part[UNUSED] = GRAFT_PART_UNUSED;
  if (!T_OK(graft_feature_source_memory(&source, &memory))) return;
  if (T_OK(graft_design_init(&d, &source))) {
    T_EQUAL(d.rows, ROWS_N - 1);
    T_EQUAL(d.column[d.offset[UNUSED - 1]], rows_id(UNUSED - 1));
    T_EQUAL(d.column[d.offset[UNUSED]], rows_id(UNUSED + 1));
    graft_design_fini(&d);
  }
  graft_feature_source_fini(&source);
  graft_feature_memory_fini(&memory);
}

/* The id of padding means no value: its bag is empty. */
static void padding_is_no_value(void) {
  graft_feature_memory memory;
  graft_feature_source source;
  graft_batch b;
  const size_t row[] = {0, 1, 2};
  if (!T_OK(rows_memory(&memory))) return;
  int32_t *id = (int32_t *)(void *)memory.data[graft_feature_array_place(GRAFT_ARRAY_ID, 0)];
  id[1] = GRAFT_ID_PADDING;
  if (T_OK(graft_feature_source_memory(&source, &memory))) {
    if (T_OK(graft_batch_init(&b, &source.info, 3)) &&
        T_OK(graft_batch_fill(&b, &source, row, 3))) {
      static const int32_t offset[] = {0, 1, 1, 2};
      for (size_t i = 0; i < 4; i++) T_EQUAL(b.bag[0].offset[i], offset[i]);
      T_EQUAL(b.bag[0].id[0], rows_id(0));
      T_EQUAL(b.bag[0].id[1], rows_id(2));
    }
    graft_batch_fini(&b);
    graft_feature_source_fini(&source);
  }
  graft_feature_memory_fini(&memory);
}

/* Lists whose long names differ at the end alone have fields of their own. */
static void long_names_differ(void) {
  graft_feature_memory memory;
  if (!T_OK(rows_memory(&memory))) return;
  graft_feature *feature = memory.info.feature;
  for (size_t f = 2; f < 4; f++) {
    memset(feature[f].name, 'x', GRAFT_NAME_SIZE - 1);
    feature[f].name[GRAFT_NAME_SIZE - 2] = f == 2 ? 'a' : 'b';
    feature[f].name[GRAFT_NAME_SIZE - 1] = '\0';
  }
  for (size_t l = 0; l < 2; l++) {
    char name[2 * GRAFT_NAME_SIZE];
    graft_feature_array array;
    size_t list;
    graft_feature_field_name(&memory.info, GRAFT_ARRAY_VALUE, l, name);
    T_EQUAL(strlen(name), strlen("list/") + GRAFT_NAME_SIZE - 1);
    T_OK(graft_feature_field_find(&memory.info, name, &array, &list));
    T_EQUAL(array, GRAFT_ARRAY_VALUE);
    T_EQUAL(list, l);
  }
  graft_feature_memory_fini(&memory);
}

int main(void) {
  T_RUN(batches_hold_what_rows_hold);
  T_RUN(too_many_rows_are_refused);
  T_RUN(orders_are_permutations);
  T_RUN(designs_hold_what_rows_hold);
  T_RUN(unused_rows_are_left_out);
  T_RUN(padding_is_no_value);
  T_RUN(long_names_differ);
  return graft_test_done();
}
