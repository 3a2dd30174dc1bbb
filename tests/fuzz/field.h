/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_TESTS_FUZZ_FIELD_H
#define GRAFT_TESTS_FUZZ_FIELD_H

/** @file field.h
 *  Read a file of users' fields: refused, or finite values on a grid. */

#include <math.h>

#include "io/field_file.h"
#include "tests/fuzz/fuzz.h"

static inline void fuzz_field(const char *path) {
  graft_field_file file;
  graft_status status = graft_field_file_read(path, &file);
  if (status != GRAFT_OK) {
    fuzz_refused(status);
    return;
  }
  FUZZ_CHECK(file.samples >= 1 && file.nodes >= 2);
  for (size_t i = 0; i < file.samples * file.nodes * file.nodes; i++) {
    FUZZ_CHECK(isfinite(file.value[i]));
  }
  graft_field_file_fini(&file);
}

#endif
