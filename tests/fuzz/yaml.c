/* SPDX-License-Identifier: BSD-2-Clause */
/* YAML: the tree, the flat form, and that what we print reads back as it was. */
#include "io/yaml.h"

#include "base/arena.h"
#include "tests/fuzz/fuzz.h"

static void check_round_trip(const graft_yaml *yaml) {
  char *text;
  graft_yaml again;
  FUZZ_CHECK(graft_yaml_print(yaml, &text) == GRAFT_OK);
  FUZZ_CHECK(graft_yaml_parse(text, "printed", &again) == GRAFT_OK);
  FUZZ_CHECK(again.entries == yaml->entries);
  for (size_t i = 0; i < yaml->entries; i++) {
    FUZZ_CHECK(strcmp(again.entry[i].key, yaml->entry[i].key) == 0);
    FUZZ_CHECK(strcmp(again.entry[i].value, yaml->entry[i].value) == 0);
  }
  graft_yaml_fini(&again);
  graft_free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = fuzz_string(data, size);
  graft_yaml yaml;
  graft_status status = graft_yaml_parse(text, "fuzz.yaml", &yaml);
  if (status == GRAFT_OK) {
    check_round_trip(&yaml);
    graft_yaml_fini(&yaml);
  } else {
    fuzz_refused(status);
  }
  status = graft_yaml_read(fuzz_file(data, size), &yaml); /* NUL bytes are seen only here */
  if (status == GRAFT_OK) {
    graft_yaml_fini(&yaml);
  } else {
    fuzz_refused(status);
  }
  free(text);
  return 0;
}
