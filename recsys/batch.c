/* SPDX-License-Identifier: BSD-2-Clause */
#include "recsys/batch.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/rng.h"

bool graft_batch_field(const graft_feature_info *info, size_t i, char *name, size_t *words) {
  for (size_t p = 0, seen = 0; p < graft_feature_arrays(info); p++) {
    graft_feature_array array;
    size_t list;
    graft_feature_array_at(p, &array, &list);
    if (array == GRAFT_ARRAY_RANGE || array == GRAFT_ARRAY_TIME) continue;
    if (graft_feature_array_width(info, array) == 0 || seen++ < i) continue;
    graft_feature_field_name(info, array, list, name);
    *words = graft_feature_field_words(info, array, list);
    return true;
  }
  return false;
}

static graft_status allocate_feature(graft_batch *b, size_t f) {
  const graft_feature *feature = &b->info->feature[f];
  const size_t B = b->capacity, L = feature->length;
  if (feature->kind == GRAFT_FEATURE_NUMERIC) return GRAFT_OK;
  GRAFT_CHECK(B <= INT32_MAX / L, USAGE,
              "feature '%s': expected batches of at most %zu rows, got %zu", feature->name,
              (size_t)INT32_MAX / L, B);
  if (feature->kind == GRAFT_FEATURE_SEQUENCE) {
    GRAFT_TRY(graft_alloc(&b->sequence[f].length, B, sizeof *b->sequence[f].length));
    return graft_alloc(&b->sequence[f].id, B * L, sizeof *b->sequence[f].id);
  }
  GRAFT_TRY(graft_alloc(&b->bag[f].offset, B + 1, sizeof *b->bag[f].offset));
  return graft_alloc(&b->bag[f].id, B * L, sizeof *b->bag[f].id);
}

static graft_status allocate(graft_batch *b) {
  const graft_feature_info *info = b->info;
  const size_t B = b->capacity, K = info->labels;
  char name[2 * GRAFT_NAME_SIZE];
  size_t most = 1, words;
  for (size_t i = 0; graft_batch_field(info, i, name, &words); i++)
    most = words > most ? words : most;
  GRAFT_TRY(graft_alloc(&b->bag, info->features, sizeof *b->bag));
  GRAFT_TRY(graft_alloc(&b->sequence, info->features, sizeof *b->sequence));
  for (size_t f = 0; f < info->features; f++) GRAFT_TRY(allocate_feature(b, f));
  GRAFT_TRY(graft_alloc(&b->number, B * info->numbers, sizeof *b->number));
  GRAFT_TRY(graft_alloc(&b->label, K * B, sizeof *b->label));
  GRAFT_TRY(graft_alloc(&b->mask, K * B, sizeof *b->mask));
  if (info->truth) GRAFT_TRY(graft_alloc(&b->truth, K * B, sizeof *b->truth));
  if (info->user) GRAFT_TRY(graft_alloc(&b->user, B, sizeof *b->user));
  return graft_alloc(&b->word, B * most, sizeof *b->word);
}

graft_status graft_batch_init(graft_batch *batch, const graft_feature_info *info, size_t capacity) {
  *batch = (graft_batch){.info = info, .capacity = capacity};
  GRAFT_CHECK(capacity >= 1, USAGE, "expected batches of at least 1 row, got 0");
  graft_status status = allocate(batch);
  if (status != GRAFT_OK) graft_batch_fini(batch);
  return status;
}

void graft_batch_fini(graft_batch *batch) {
  for (size_t f = 0; f < (batch->info ? batch->info->features : 0); f++) {
    if (batch->bag) {
      graft_free(batch->bag[f].offset);
      graft_free(batch->bag[f].id);
    }
    if (batch->sequence) {
      graft_free(batch->sequence[f].length);
      graft_free(batch->sequence[f].id);
    }
  }
  graft_free(batch->bag);
  graft_free(batch->sequence);
  graft_free(batch->number);
  graft_free(batch->label);
  graft_free(batch->mask);
  graft_free(batch->truth);
  graft_free(batch->user);
  graft_free(batch->word);
  *batch = (graft_batch){0};
}

/* Ids of one per row. */
static void take_ids(graft_batch *b) {
  const graft_feature_info *info = b->info;
  for (size_t f = 0; f < info->features; f++) {
    const graft_feature *feature = &info->feature[f];
    graft_batch_bag *bag = &b->bag[f];
    int32_t used = 0;
    if (feature->kind != GRAFT_FEATURE_CATEGORICAL) continue;
    for (size_t i = 0; i < b->rows; i++) {
      const int32_t id = (int32_t)b->word[i * info->ids + feature->slot];
      bag->offset[i] = used;
      if (id != GRAFT_ID_PADDING) bag->id[used++] = id;
    }
    bag->offset[b->rows] = used;
  }
}

static void take_list(graft_batch *b, size_t f) {
  const graft_feature *feature = &b->info->feature[f];
  const size_t L = feature->length;
  int32_t used = 0;
  for (size_t i = 0; i < b->rows; i++) {
    const uint32_t *word = b->word + i * (1 + L);
    const size_t n = word[0];
    if (feature->kind == GRAFT_FEATURE_SEQUENCE) {
      b->sequence[f].length[i] = (int32_t)n;
      memcpy(b->sequence[f].id + i * L, word + 1, L * sizeof *word);
      continue;
    }
    b->bag[f].offset[i] = used;
    for (size_t j = 1; j <= n; j++) b->bag[f].id[used++] = (int32_t)word[j];
  }
  if (feature->kind == GRAFT_FEATURE_MULTI_HOT) b->bag[f].offset[b->rows] = used;
}

/* [B x K] to [K x B]; NaN is 0 with a mask of 0. */
static void take_labels(graft_batch *b, float *to, uint8_t *mask) {
  const size_t K = b->info->labels, B = b->rows;
  for (size_t i = 0; i < B; i++) {
    for (size_t k = 0; k < K; k++) {
      float y;
      memcpy(&y, b->word + i * K + k, sizeof y);
      if (mask) mask[k * B + i] = (uint8_t)(isnan(y) ? 0 : 1);
      to[k * B + i] = isnan(y) ? 0 : y;
    }
  }
}

static graft_status read_field(graft_batch *b, const graft_feature_source *source,
                               graft_feature_array array, size_t list, const size_t *row) {
  char name[2 * GRAFT_NAME_SIZE];
  graft_feature_field_name(b->info, array, list, name);
  return source->source.fill(source->source.ctx, name, row, b->rows, (float *)(void *)b->word);
}

graft_status graft_batch_fill(graft_batch *b, const graft_feature_source *source, const size_t *row,
                              size_t count) {
  const graft_feature_info *info = b->info;
  GRAFT_CHECK(count <= b->capacity, INTERNAL, "batch: expected at most %zu rows, got %zu",
              b->capacity, count);
  b->rows = count;
  for (size_t p = 0; p < graft_feature_arrays(info); p++) {
    graft_feature_array array;
    size_t list;
    graft_feature_array_at(p, &array, &list);
    if (array == GRAFT_ARRAY_RANGE || array == GRAFT_ARRAY_TIME) continue;
    if (graft_feature_array_width(info, array) == 0) continue;
    GRAFT_TRY(read_field(b, source, array, list, row));
    const size_t words = count * graft_feature_field_words(info, array, list);
    switch (array) {
    case GRAFT_ARRAY_ID: take_ids(b); break;
    case GRAFT_ARRAY_NUMBER: memcpy(b->number, b->word, words * sizeof *b->word); break;
    case GRAFT_ARRAY_LABEL: take_labels(b, b->label, b->mask); break;
    case GRAFT_ARRAY_TRUTH: take_labels(b, b->truth, NULL); break;
    case GRAFT_ARRAY_USER: memcpy(b->user, b->word, words * sizeof *b->word); break;
    default: take_list(b, (size_t)(graft_feature_list(info, list) - info->feature)); break;
    }
  }
  return GRAFT_OK;
}

void graft_batch_expect(const graft_feature_source *source, const size_t *row, size_t count) {
  if (source->source.expect) source->source.expect(source->source.ctx, row, count);
}

void graft_batch_order(const graft_feature_info *info, graft_part part, size_t block, uint64_t seed,
                       uint64_t epoch, size_t *row, size_t *count) {
  enum { WINDOW = 8 };
  graft_rng rng;
  size_t n = 0;
  for (size_t i = 0; i < info->rows; i++) {
    if (info->part[i] == part) row[n++] = i;
  }
  *count = n;
  if (block == 0) return;
  graft_rng_init(&rng, seed, GRAFT_STREAM_SHUFFLE, epoch);
  if (block > 1) { /* whole blocks change places, in place (Fisher-Yates); the rest stays behind */
    const size_t blocks = n / block;
    for (size_t i = blocks; i > 1; i--) {
      const size_t j = graft_rng_below(&rng, (uint32_t)i);
      for (size_t k = 0; k < block && j != i - 1; k++) {
        const size_t kept = row[(i - 1) * block + k];
        row[(i - 1) * block + k] = row[j * block + k];
        row[j * block + k] = kept;
      }
    }
  }
  const size_t window = block > 1 ? WINDOW * block : n;
  for (size_t i = 0; i < n; i += window) {
    graft_rng_shuffle(&rng, row + i, n - i < window ? n - i : window);
  }
}
