/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_TESTS_RUN_FIELDS_H
#define GRAFT_TESTS_RUN_FIELDS_H

/** @file fields.h
 *  Fields of data sets, whole. Include after graft_test.h. */

#include "base/arena.h"
#include "io/dataset.h"

/* All values of a field [samples x points]; release with graft_free(). */
static inline float *read_field(const char *path, const char *field, size_t *count) {
  graft_source source;
  float *data = NULL;
  size_t *sample = NULL;
  *count = 0;
  if (!T_OK(graft_dataset_open(path, &source))) return NULL;
  size_t S = source.info.samples;
  if (T_OK(graft_alloc(&data, S * source.info.points, sizeof *data)) &&
      T_OK(graft_alloc(&sample, S, sizeof *sample))) {
    for (size_t i = 0; i < S; i++) sample[i] = i;
    if (T_OK(source.fill(source.ctx, field, sample, S, data))) *count = S * source.info.points;
  }
  graft_free(sample);
  graft_source_fini(&source);
  return data;
}

/* The same bits in both files. */
static inline void check_same_field(const char *a, const char *b, const char *field) {
  size_t n, m;
  float *x = read_field(a, field, &n), *y = read_field(b, field, &m);
  if (T_EQUAL(n, m) && T_CHECK(n > 0)) T_EQUAL(memcmp(x, y, n * sizeof *x), 0);
  graft_free(x);
  graft_free(y);
}

#endif
