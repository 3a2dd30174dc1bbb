/* SPDX-License-Identifier: BSD-2-Clause */
/* Users' fields as NumPy arrays: the magic bytes are put before the input. */
#include "tests/fuzz/field.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const char magic[] = "\x93NUMPY";
  char *whole = malloc(size + 6);
  FUZZ_CHECK(whole);
  memcpy(whole, magic, 6);
  if (size) memcpy(whole + 6, data, size);
  fuzz_field(fuzz_file(whole, size + 6));
  free(whole);
  return 0;
}
