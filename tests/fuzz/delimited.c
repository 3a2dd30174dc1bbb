/* SPDX-License-Identifier: BSD-2-Clause */
/* Delimited files: the first byte chooses the format, the rest is the file. Every record that comes
 * has fields that are UTF-8 texts and lines that grow. */
#include "io/delimited.h"
#include "tests/fuzz/fuzz.h"

static graft_record_format format_of(unsigned byte) {
  static const char *const delimiter[] = {",", "\t", "::", "|"};
  graft_record_format f = {.quote = byte & 4 ? '"' : '\0',
                           .comment = byte & 8 ? '#' : '\0',
                           .trim = byte & 16,
                           .latin1 = byte & 32};
  snprintf(f.delimiter, sizeof f.delimiter, "%s", delimiter[byte % 4]);
  return f;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  graft_records records;
  graft_record record = {.fields = 1};
  size_t line = 0, bytes = 0;
  if (size == 0) return 0;
  const graft_record_format format = format_of(data[0]);
  graft_status status =
      graft_delimited_open(NULL, fuzz_file(data + 1, size - 1), &format, &records);
  FUZZ_CHECK(status == GRAFT_OK);
  while (status == GRAFT_OK && record.fields > 0) {
    status = records.next(records.ctx, &record);
    if (status != GRAFT_OK) break;
    for (size_t f = 0; f < record.fields; f++) bytes += strlen(record.field[f]);
    if (record.fields > 0) {
      FUZZ_CHECK(record.line > line);
      line = record.line;
    }
  }
  if (status != GRAFT_OK) fuzz_refused(status);
  FUZZ_CHECK(bytes <= 2 * size);
  FUZZ_CHECK(status != GRAFT_OK || records.done(records.ctx) == (double)(size - 1));
  graft_records_fini(&records);
  return 0;
}
