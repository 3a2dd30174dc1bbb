/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_TESTS_FUZZ_BUNDLE_EDIT_H
#define GRAFT_TESTS_FUZZ_BUNDLE_EDIT_H

/** @file bundle_edit.h
 *  A bundle that differs from a good one as the bytes of the input say: array after array removed,
 *  given another type, shape or content. */

#include "base/arena.h"
#include "base/bundle.h"
#include "tests/fuzz/fuzz.h"

enum { FUZZ_MOST_BYTES = 1 << 16 /* of an array that replaces another one */, FUZZ_NAME = 192 };

/** A copy of @p from in @p to. */
static inline void fuzz_bundle_copy(const graft_bundle *from, graft_bundle *to) {
  graft_bundle_init(to);
  for (size_t i = 0; i < from->arrays; i++) {
    const graft_array *a = &from->array[i];
    FUZZ_CHECK(graft_bundle_put(to, a->name, a->type, a->shape, a->data) == GRAFT_OK);
  }
}

static inline void fuzz_bundle_remove(graft_bundle *bundle, size_t i) {
  graft_array last = bundle->array[--bundle->arrays];
  graft_free(bundle->array[i].name);
  graft_free(bundle->array[i].data);
  if (i < bundle->arrays) bundle->array[i] = last;
}

/* An element set to a number from a list of edge cases, or to bytes of the input. */
static inline void fuzz_set_element(fuzz_bytes *in, graft_array *a) {
  static const int64_t edge[] = {0,   1,     -1,        2,         100,       INT32_MAX, INT32_MIN,
                                 256, 65536, INT64_MAX, INT64_MIN, 1LL << 32, 1LL << 31, 3};
  size_t count = graft_shape_count(a->shape), size = graft_type_size(a->type);
  if (count == 0) return;
  size_t at = (size_t)fuzz_number(in, 2) % count;
  unsigned kind = fuzz_byte(in);
  uint64_t bits = kind < 14 ? (uint64_t)edge[kind] : fuzz_number(in, (int)size);
  float f4 = (float)(int64_t)bits;
  double f8 = (double)(int64_t)bits;
  char *to = (char *)a->data + at * size;
  if (kind < 14 && a->type == GRAFT_FLOAT32) {
    memcpy(to, &f4, size);
  } else if (kind < 14 && a->type == GRAFT_FLOAT64) {
    memcpy(to, &f8, size);
  } else {
    memcpy(to, &bits, size);
  }
}

/* Another array under this name: type, shape, a content that repeats a few bytes. */
static inline void fuzz_replace(fuzz_bytes *in, graft_bundle *bundle, const char *name) {
  static char data[FUZZ_MOST_BYTES];
  graft_type type = (graft_type)(fuzz_byte(in) % 5);
  graft_shape shape = {.rank = (int)(fuzz_byte(in) % (GRAFT_MAX_RANK + 1))};
  size_t bytes = graft_type_size(type), unit = 1 + fuzz_byte(in) % 8;
  for (int a = 0; a < shape.rank; a++) {
    shape.dim[a] = fuzz_byte(in);
    if (shape.dim[a] * bytes > FUZZ_MOST_BYTES) return;
    bytes *= shape.dim[a];
  }
  for (size_t i = 0; i < unit && i < bytes; i++) data[i] = (char)fuzz_byte(in);
  for (size_t i = unit; i < bytes; i++) data[i] = data[i - unit];
  if (bundle->arrays < 1000) {
    FUZZ_CHECK(graft_bundle_put(bundle, name, type, shape, data) == GRAFT_OK);
  }
}

/** Edit until the input ends. */
static inline void fuzz_bundle_edit(fuzz_bytes *in, graft_bundle *bundle) {
  char name[FUZZ_NAME], text[FUZZ_NAME];
  while (in->left > 0 && bundle->arrays > 0) {
    unsigned kind = fuzz_byte(in);
    size_t i = (size_t)fuzz_number(in, 2) % bundle->arrays;
    graft_array *a = &bundle->array[i];
    snprintf(name, sizeof name, "%s", a->name);
    switch (kind % 5) {
    case 0: fuzz_bundle_remove(bundle, i); break;
    case 1: fuzz_set_element(in, a); break;
    case 2: fuzz_replace(in, bundle, name); break;
    case 3:
      fuzz_text(in, text, sizeof text);
      FUZZ_CHECK(graft_bundle_put_text(bundle, name, text) == GRAFT_OK);
      break;
    default: fuzz_replace(in, bundle, fuzz_text(in, text, sizeof text)); break;
    }
  }
}

#endif
