/* SPDX-License-Identifier: BSD-2-Clause */
/* Data sets of rows in memory: sink and source. */
#include <string.h>

#include "base/arena.h"
#include "base/feature.h"

static graft_status begin(void *ctx, const graft_feature_info *info) {
  graft_feature_memory *m = ctx;
  const size_t arrays = graft_feature_arrays(info);
  GRAFT_TRY(graft_feature_info_copy(&m->info, info));
  GRAFT_TRY(graft_alloc(&m->data, arrays, sizeof *m->data));
  GRAFT_TRY(graft_alloc(&m->used, arrays, sizeof *m->used));
  for (size_t p = 0; p < arrays; p++) {
    graft_feature_array array;
    size_t list;
    graft_feature_array_at(p, &array, &list);
    GRAFT_TRY(graft_alloc(&m->data[p], graft_feature_array_count(info, array, list),
                          graft_feature_array_size(array)));
  }
  return GRAFT_OK;
}

static graft_status append(void *ctx, graft_feature_array array, size_t list, const void *data,
                           size_t count) {
  graft_feature_memory *m = ctx;
  const size_t p = graft_feature_array_place(array, list), size = graft_feature_array_size(array);
  const size_t whole = graft_feature_array_count(&m->info, array, list);
  GRAFT_CHECK(count <= whole - m->used[p], INTERNAL, "array %zu: more than %zu elements", p, whole);
  if (count) memcpy(m->data[p] + m->used[p] * size, data, count * size);
  m->used[p] += count;
  return GRAFT_OK;
}

graft_feature_sink graft_feature_sink_memory(graft_feature_memory *memory) {
  return (graft_feature_sink){.ctx = memory, .begin = begin, .append = append};
}

/* The list of a row: its number of ids, then the ids, padded. */
static void fill_list(const graft_feature_memory *m, size_t list, size_t row, size_t words,
                      unsigned char *out) {
  int64_t range[2];
  const size_t p = graft_feature_array_place(GRAFT_ARRAY_RANGE, list);
  memcpy(range, m->data[p] + row * sizeof range, sizeof range);
  int32_t count = (int32_t)(range[1] - range[0]);
  memset(out, 0, 4 * words);
  memcpy(out, &count, 4);
  memcpy(out + 4, m->data[p + 1] + 4 * (size_t)range[0], 4 * (size_t)count);
}

static graft_status fill(void *ctx, const char *field, const size_t *sample, size_t count,
                         float *out) {
  const graft_feature_memory *m = ctx;
  graft_feature_array array;
  size_t list;
  GRAFT_TRY(graft_feature_field_find(&m->info, field, &array, &list));
  const size_t words = graft_feature_field_words(&m->info, array, list);
  unsigned char *to = (unsigned char *)out;
  for (size_t i = 0; i < count; i++, to += 4 * words) {
    GRAFT_CHECK(sample[i] < m->info.rows, INTERNAL, "row %zu of %zu", sample[i], m->info.rows);
    if (array == GRAFT_ARRAY_VALUE) {
      fill_list(m, list, sample[i], words, to);
    } else {
      memcpy(to, m->data[array] + sample[i] * 4 * words, 4 * words);
    }
  }
  return GRAFT_OK;
}

graft_status graft_feature_source_memory(graft_feature_source *source,
                                         const graft_feature_memory *memory) {
  *source = (graft_feature_source){0};
  GRAFT_TRY(graft_feature_info_copy(&source->info, &memory->info));
  source->source = (graft_source){.ctx = (void *)memory, .fill = fill};
  return GRAFT_OK;
}

void graft_feature_memory_fini(graft_feature_memory *memory) {
  for (size_t p = 0; memory->data && p < graft_feature_arrays(&memory->info); p++) {
    graft_free(memory->data[p]);
  }
  graft_free(memory->data);
  graft_free(memory->used);
  graft_feature_info_fini(&memory->info);
  *memory = (graft_feature_memory){0};
}
