/* SPDX-License-Identifier: BSD-2-Clause */
/* Schemas, and the pipeline with them: up to the first NUL byte the input is a schema, then comes
 * the table that all its files hold. What is imported is a sane data set. */
#include "apps/schema_text.h"
#include "base/arena.h"
#include "io/delimited.h"
#include "recsys/import.h"
#include "tests/fuzz/fuzz.h"

static void import(const graft_schema *schema, const char *path) {
  const char *paths[GRAFT_SCHEMA_FILES];
  graft_feature_memory memory = {0};
  graft_import_report report;
  for (size_t f = 0; f < schema->files; f++) paths[f] = path;
  const graft_import import = {.schema = schema,
                               .files = schema->files,
                               .path = paths,
                               .opener = graft_delimited_opener(),
                               .sink = graft_feature_sink_memory(&memory)};
  graft_status status = graft_import_run(&import, &report);
  if (status == GRAFT_OK) {
    FUZZ_CHECK(graft_feature_info_validate(&memory.info) == GRAFT_OK);
    for (size_t p = 0; p < graft_feature_arrays(&memory.info); p++) {
      graft_feature_array array;
      size_t list;
      graft_feature_array_at(p, &array, &list);
      FUZZ_CHECK(memory.used[p] == graft_feature_array_count(&memory.info, array, list));
    }
  } else {
    fuzz_refused(status);
  }
  graft_feature_memory_fini(&memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = fuzz_string(data, size);
  const size_t used = strlen(text) + 1;
  const char *table = size > used ? text + used : "a,b\n1,0\n";
  graft_schema *schema;
  FUZZ_CHECK(graft_alloc(&schema, 1, sizeof *schema) == GRAFT_OK);
  graft_status status = graft_schema_parse(text, "fuzz.yaml", schema);
  if (status == GRAFT_OK) {
    /* expressions of the C library may take exponential time: not ours to test */
    bool patterns = false;
    for (size_t c = 0; c < schema->columns; c++) patterns |= schema->column[c].pattern[0] != '\0';
    if (!patterns) import(schema, fuzz_file(table, size > used ? size - used : strlen(table)));
    graft_schema_fini(schema);
  } else {
    fuzz_refused(status);
  }
  graft_free(schema);
  free(text);
  return 0;
}
