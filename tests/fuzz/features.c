/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of rows: refused, or every batch that is filled holds ids that its vocabularies have. */
#include "io/feature_file.h"
#include "tests/fuzz/h5_edit.h"
#include "tests/graft_test.h"
#include "tests/io/scratch.h"
#include "tests/recsys/rows.h"

static fuzz_h5 good;

static void make(void) {
  graft_feature_info info;
  graft_feature_writer *writer;
  FUZZ_CHECK(scratch_make());
  FUZZ_CHECK(rows_info(&info) == GRAFT_OK);
  FUZZ_CHECK(graft_feature_create(scratch("good.h5"), "text", NULL, &writer) == GRAFT_OK);
  const graft_feature_sink sink = graft_feature_sink_file(writer);
  FUZZ_CHECK(graft_feature_close(writer, rows_write(&sink, &info)) == GRAFT_OK);
  graft_feature_info_fini(&info);
  fuzz_h5_init(&good, scratch("good.h5"));
  scratch_remove();
}

static void check_batch(const graft_batch *b) {
  for (size_t f = 0; f < b->info->features; f++) {
    const graft_feature *feature = &b->info->feature[f];
    const graft_batch_bag *bag = &b->bag[f];
    const size_t ids = b->info->vocabulary[feature->vocabulary].ids;
    for (int32_t i = 0; bag->offset && i < bag->offset[b->rows]; i++) {
      FUZZ_CHECK(bag->id[i] >= 0 && (size_t)bag->id[i] < ids);
    }
    for (size_t i = 0; b->sequence[f].id && i < b->rows * feature->length; i++) {
      FUZZ_CHECK(b->sequence[f].id[i] >= 0 && (size_t)b->sequence[f].id[i] < ids);
    }
  }
  for (size_t i = 0; i < b->rows * b->info->numbers; i++) FUZZ_CHECK(isfinite(b->number[i]));
}

static void use(const graft_feature_source *source) {
  enum { MOST = 8 };
  graft_batch b;
  size_t row[MOST], count = source->info.rows < MOST ? source->info.rows : MOST, words = 0;
  for (size_t f = 0; f < source->info.features; f++) words += source->info.feature[f].length;
  if (words > 1 << 16) return;
  for (size_t i = 0; i < count; i++) row[i] = source->info.rows - 1 - i;
  graft_status status = graft_batch_init(&b, &source->info, MOST);
  if (status == GRAFT_OK) status = graft_batch_fill(&b, source, row, count);
  if (status == GRAFT_OK) check_batch(&b);
  if (status != GRAFT_OK) fuzz_refused(status);
  graft_batch_fini(&b);
  status = graft_feature_check(source);
  if (status != GRAFT_OK) fuzz_refused(status);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_bytes in = {data, size};
  graft_feature_source source;
  if (!good.bytes) make();
  const char *path = fuzz_h5_file(&in, &good);
  const long open = fuzz_h5_open_objects();
  graft_status status = graft_feature_open(path, &source);
  if (status == GRAFT_OK) {
    use(&source);
    graft_feature_source_fini(&source);
  } else {
    fuzz_refused(status);
  }
  FUZZ_CHECK(fuzz_h5_open_objects() == open);
  return 0;
}
