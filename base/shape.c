/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/shape.h"

#include <stdint.h>
#include <stdio.h>

size_t graft_shape_count(graft_shape shape) {
  size_t count = 1;
  for (int a = 0; a < shape.rank; a++) count *= shape.dim[a];
  return count;
}

graft_status graft_shape_validate(graft_shape shape, const char *what) {
  GRAFT_CHECK(shape.rank >= 0 && shape.rank <= GRAFT_MAX_RANK, INPUT,
              "%s: expected 0 to %d axes, got %d", what, GRAFT_MAX_RANK, shape.rank);
  size_t count = 1;
  for (int a = 0; a < shape.rank; a++) {
    GRAFT_CHECK(shape.dim[a] == 0 || count <= SIZE_MAX / 16 / shape.dim[a], INPUT,
                "%s: axis %d of %zu elements makes the array larger than memory", what, a,
                shape.dim[a]);
    if (shape.dim[a] > 0) count *= shape.dim[a];
  }
  return GRAFT_OK;
}

bool graft_shape_equal(graft_shape a, graft_shape b) {
  if (a.rank != b.rank) return false;
  for (int i = 0; i < a.rank; i++) {
    if (a.dim[i] != b.dim[i]) return false;
  }
  return true;
}

const char *graft_shape_print(graft_shape shape, char *text, size_t size) {
  size_t used = 0;
  for (int a = 0; a < shape.rank && used < size; a++) {
    int n = snprintf(text + used, size - used, "%s%zu", a ? " x " : "[", shape.dim[a]);
    used += n > 0 ? (size_t)n : 0;
  }
  if (used < size) snprintf(text + used, size - used, shape.rank ? "]" : "[]");
  return text;
}
