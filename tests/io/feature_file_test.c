/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of rows: what was written comes back, in any order, through a reading thread too; half
 * files never appear; damage is found. */
#include "io/feature_file.h"

#include "base/rng.h"
#include "io/atomic.h"
#include "io/bundle_file.h"
#include "io/prefetch.h"
#include "tests/graft_test.h"
#include "tests/io/scratch.h"
#include "tests/recsys/rows.h"

static graft_status write_rows(const char *path, graft_status end) {
  graft_feature_info info;
  graft_feature_writer *writer;
  graft_provenance provenance;
  GRAFT_TRY(rows_info(&info));
  GRAFT_TRY(graft_provenance_init(&provenance, 0, NULL, 1, 1));
  graft_status status = graft_feature_create(path, "name: rows\n", &provenance, &writer);
  if (status == GRAFT_OK) {
    const graft_feature_sink sink = graft_feature_sink_file(writer);
    status = rows_write(&sink, &info);
    status = graft_feature_close(writer, status == GRAFT_OK ? end : status);
  }
  graft_provenance_fini(&provenance);
  graft_feature_info_fini(&info);
  return status;
}

static void tables_come_back(void) {
  const char *path = scratch("rows.h5");
  graft_feature_source s;
  graft_feature_info info;
  char kind[GRAFT_KIND_SIZE];
  if (!T_OK(write_rows(path, GRAFT_OK)) || !T_OK(graft_feature_open(path, &s))) return;
  if (T_OK(rows_info(&info))) {
    T_CHECK(strcmp(graft_feature_schema(&s), "name: rows\n") == 0);
    T_CHECK(graft_feature_provenance(&s)->version[0]);
    T_EQUAL(s.info.rows, ROWS_N);
    T_EQUAL(s.info.features, 4);
    T_CHECK(memcmp(s.info.feature, info.feature, 4 * sizeof *info.feature) == 0);
    T_CHECK(memcmp(s.info.part, info.part, ROWS_N) == 0);
    T_CHECK(s.info.truth && s.info.user && s.info.time);
    T_EQUAL(s.info.label[1].space, 0);
    T_CHECK(s.info.scale[0].log1p && s.info.scale[0].scale == 2);
    T_CHECK(memcmp(s.info.vocabulary[0].text, info.vocabulary[0].text, info.vocabulary[0].bytes) ==
            0);
    T_CHECK(s.info.vocabulary[1].hashed && !s.info.vocabulary[1].text);
    graft_feature_info_fini(&info);
  }
  T_OK(graft_feature_check(&s));
  graft_feature_source_fini(&s);
  T_OK(graft_file_kind(path, kind));
  T_CHECK(strcmp(kind, "features") == 0);
}

/* Put a reading thread before the source. */
static graft_status read_ahead(graft_feature_source *s, size_t most) {
  graft_prefetch_field field[16];
  size_t fields = 0;
  while (fields < 16 &&
         graft_batch_field(&s->info, fields, field[fields].name, &field[fields].points)) {
    fields++;
  }
  return graft_prefetch_create(&s->source, field, fields, most);
}

static void check_batches(graft_feature_source *s, size_t most) {
  graft_batch b;
  graft_rng rng;
  size_t row[2][ROWS_N], count[2];
  if (!T_OK(graft_batch_init(&b, &s->info, most))) return;
  graft_rng_init(&rng, 2, GRAFT_STREAM_TEST, most);
  for (size_t n = 0; n < 12; n++) { /* announce one, fill the one before */
    const size_t now = n % 2;
    count[now] = 1 + graft_rng_below(&rng, (uint32_t)most);
    for (size_t i = 0; i < count[now]; i++) row[now][i] = graft_rng_below(&rng, ROWS_N);
    graft_batch_expect(s, row[now], count[now]);
    if (n == 0) continue;
    if (!T_OK(graft_batch_fill(&b, s, row[1 - now], count[1 - now]))) break;
    for (size_t i = 0; i < b.rows; i++) rows_check(&b, i, row[1 - now][i]);
  }
  graft_batch_fini(&b);
}

static void batches_come_back(void) {
  const char *path = scratch("rows.h5");
  for (size_t most = 1; most <= ROWS_N; most += 13) {
    for (int ahead = 0; ahead < 2; ahead++) {
      graft_feature_source s;
      if (!T_OK(graft_feature_open(path, &s))) return;
      if (!ahead || T_OK(read_ahead(&s, most))) check_batches(&s, most);
      graft_feature_source_fini(&s);
    }
  }
}

/* The whole file in memory gives the same batches. */
static void files_fit_into_memory(void) {
  graft_feature_source file, s;
  graft_feature_memory memory = {0};
  const graft_feature_sink sink = graft_feature_sink_memory(&memory);
  if (!T_OK(graft_feature_open(scratch("rows.h5"), &file))) return;
  if (T_OK(graft_feature_copy(&file, &sink)) && T_OK(graft_feature_source_memory(&s, &memory))) {
    check_batches(&s, ROWS_N);
    graft_feature_source_fini(&s);
  }
  graft_feature_memory_fini(&memory);
  graft_feature_source_fini(&file);
}

static void half_files_do_not_appear(void) {
  const char *path = scratch("half.h5");
  graft_feature_info info;
  graft_feature_writer *writer;
  T_FAILS(write_rows(path, graft_error_set(GRAFT_INTERRUPTED, "", 0, "stopped")), GRAFT_INTERRUPTED,
          "stopped");
  T_CHECK(!graft_file_exists(path) && scratch_count(scratch_name, ".part") == 0);
  if (T_OK(rows_info(&info)) && T_OK(graft_feature_create(path, NULL, NULL, &writer))) {
    const graft_feature_sink sink = graft_feature_sink_file(writer);
    const int32_t id = 3;
    T_OK(sink.begin(sink.ctx, &info));
    T_OK(sink.append(sink.ctx, GRAFT_ARRAY_ID, 0, &id, 1));
    T_FAILS(graft_feature_close(writer, GRAFT_OK), GRAFT_INTERNAL,
            "/row/id: expected 40 elements, got 1");
    T_CHECK(!graft_file_exists(path) && scratch_count(scratch_name, ".part") == 0);
    graft_feature_info_fini(&info);
  }
  T_FAILS(write_rows(scratch("none/rows.h5"), GRAFT_OK), GRAFT_OUTPUT, "can't be written");
}

/* Change the first bytes `from` of a file to `to`. */
static bool change(const char *path, const void *from, const void *to, size_t size) {
  size_t bytes;
  char *data = scratch_read(path, &bytes);
  bool found = false;
  for (size_t at = 0; data && at + size <= bytes && !found; at++) {
    if (memcmp(data + at, from, size) != 0) continue;
    memcpy(data + at, to, size);
    found = true;
  }
  if (found) scratch_write(path, data, bytes);
  free(data);
  return T_CHECK(found);
}

static void damage_is_found(void) {
  const char *path = scratch("damaged.h5");
  const int32_t ids[] = {rows_id(0), rows_id(1), rows_id(2)},
                large[] = {rows_id(0), ROWS_V, rows_id(2)};
  const int32_t other[] = {rows_id(0), rows_id(1) + 1, rows_id(2)};
  const float numbers[] = {rows_number(0), rows_number(1)}, nan[] = {rows_number(0), NAN};
  graft_feature_source s;
  graft_batch b;
  const size_t row[] = {0, 1, 2};
  static const struct {
    const char *message, *checked;
  } want[] = {
      {"row 1: feature 'item': expected an id below 12, got 12", "/row/id: damaged"},
      {NULL, "/row/id: damaged"},
      {"/row/number[1, 0]: expected a finite number, got nan", "/row/number: damaged"},
  };
  for (size_t i = 0; i < 3; i++) {
    if (!T_OK(write_rows(path, GRAFT_OK))) return;
    if (i < 2) change(path, ids, i ? other : large, sizeof ids);
    if (i == 2) change(path, numbers, nan, sizeof nan);
    if (!T_OK(graft_feature_open(path, &s))) return;
    if (T_OK(graft_batch_init(&b, &s.info, 3))) {
      T_FAILS(graft_batch_fill(&b, &s, row, 3), want[i].message ? GRAFT_INPUT : GRAFT_OK,
              want[i].message);
      graft_batch_fini(&b);
    }
    T_FAILS(graft_feature_check(&s), GRAFT_INPUT, want[i].checked);
    graft_feature_source_fini(&s);
  }
}

static void other_files_are_refused(void) {
  graft_feature_source s;
  graft_bundle bundle;
  const char *model = scratch("model.h5");
  graft_bundle_init(&bundle);
  T_OK(graft_bundle_put_int(&bundle, "a", 1));
  T_OK(graft_bundle_write(model, "model", &bundle, NULL));
  graft_bundle_fini(&bundle);
  T_FAILS(graft_feature_open(model, &s), GRAFT_INPUT,
          "model.h5: expected a features file, got a model file");
  T_FAILS(graft_bundle_read(scratch("rows.h5"), NULL, &bundle, NULL), GRAFT_INPUT,
          "expected a model file, got a features file");
  T_FAILS(graft_feature_open(scratch("nothing.h5"), &s), GRAFT_INPUT, "can't be opened");
}

int main(void) {
  if (!scratch_make()) return 1;
  T_RUN(tables_come_back);
  T_RUN(batches_come_back);
  T_RUN(files_fit_into_memory);
  T_RUN(half_files_do_not_appear);
  T_RUN(damage_is_found);
  T_RUN(other_files_are_refused);
  scratch_remove();
  return graft_test_done();
}
