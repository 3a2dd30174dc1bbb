/* SPDX-License-Identifier: BSD-2-Clause */
#include "mtl/list.h"

#include <math.h>
#include <stdlib.h>

graft_status graft_list_read(const char *name, const char *text, double *value, size_t capacity,
                             size_t *count) {
  *count = 0;
  for (const char *at = text; *at; (*count)++) {
    char *end;
    GRAFT_CHECK(*count < capacity, USAGE, "%s: expected at most %zu numbers, got '%s'", name,
                capacity, text);
    value[*count] = strtod(at, &end);
    GRAFT_CHECK(end != at && (*end == ',' || *end == '\0') && isfinite(value[*count]), USAGE,
                "%s: expected numbers with commas between them, got '%s'", name, text);
    GRAFT_CHECK(*end == '\0' || end[1] != '\0', USAGE, "%s: expected a number after ',', got '%s'",
                name, text);
    at = *end == ',' ? end + 1 : end;
  }
  return GRAFT_OK;
}
