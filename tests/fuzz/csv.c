/* SPDX-License-Identifier: BSD-2-Clause */
/* Users' fields as text, and any other file that is handed over as one. */
#include "tests/fuzz/field.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size >= 4 && memcmp(data, "\x89HDF", 4) == 0) return 0; /* dataset.c */
  fuzz_field(fuzz_file(data, size));
  return 0;
}
