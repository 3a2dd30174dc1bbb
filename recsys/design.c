/* SPDX-License-Identifier: BSD-2-Clause */
#include "recsys/design.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "recsys/batch.h"

enum { BLOCK = 2048 };

/* Where the ids of each feature begin among the columns. */
static graft_status place_columns(graft_design *d, const graft_feature_info *info, size_t *first) {
  d->columns = 0;
  for (size_t f = 0; f < info->features; f++) {
    const graft_feature *feature = &info->feature[f];
    first[f] = d->columns;
    if (feature->kind == GRAFT_FEATURE_SEQUENCE) continue;
    const bool numeric = feature->kind == GRAFT_FEATURE_NUMERIC;
    d->columns += numeric ? 1 : info->vocabulary[feature->vocabulary].ids;
  }
  d->columns++;
  GRAFT_CHECK(d->columns < UINT32_MAX, INPUT, "expected fewer than 2^32 columns, got %zu",
              d->columns);
  return GRAFT_OK;
}

static graft_status add(graft_design *d, size_t *used, size_t *capacity, size_t column,
                        float value) {
  size_t same = *capacity;
  GRAFT_TRY(graft_grow(&d->column, &same, *used, sizeof *d->column));
  GRAFT_TRY(graft_grow(&d->value, capacity, *used, sizeof *d->value));
  d->column[*used] = (uint32_t)column;
  d->value[(*used)++] = value;
  return GRAFT_OK;
}

/* Row i of the batch. */
static graft_status add_row(graft_design *d, const graft_batch *b, const size_t *first, size_t i,
                            size_t *used, size_t *capacity) {
  const graft_feature_info *info = b->info;
  for (size_t f = 0; f < info->features; f++) {
    const graft_feature *feature = &info->feature[f];
    const graft_batch_bag *bag = &b->bag[f];
    if (feature->kind == GRAFT_FEATURE_NUMERIC) {
      GRAFT_TRY(add(d, used, capacity, first[f], b->number[i * info->numbers + feature->slot]));
    }
    for (int32_t j = bag->offset ? bag->offset[i] : 0; bag->offset && j < bag->offset[i + 1]; j++) {
      GRAFT_TRY(add(d, used, capacity, first[f] + (size_t)bag->id[j], 1));
    }
  }
  return add(d, used, capacity, d->columns - 1, 1);
}

static graft_status read_rows(graft_design *d, const graft_feature_source *source,
                              const size_t *row, graft_batch *b, const size_t *first) {
  size_t used = 0, capacity = 0;
  for (size_t n = 0; n < d->rows; n += b->rows) {
    const size_t count = d->rows - n < BLOCK ? d->rows - n : BLOCK;
    GRAFT_TRY(graft_batch_fill(b, source, row + n, count));
    for (size_t i = 0; i < count; i++) {
      GRAFT_TRY(add_row(d, b, first, i, &used, &capacity));
      d->offset[n + i + 1] = used;
      d->part[n + i] = source->info.part[row[n + i]];
      if (d->user) d->user[n + i] = b->user[i];
      for (size_t k = 0; k < d->labels; k++) {
        d->label[k * d->rows + n + i] = b->mask[k * count + i] ? b->label[k * count + i] : NAN;
        if (d->truth) d->truth[k * d->rows + n + i] = b->truth[k * count + i];
      }
    }
  }
  return GRAFT_OK;
}

static graft_status allocate(graft_design *d, const graft_feature_info *info) {
  const size_t n = d->rows, K = d->labels;
  GRAFT_TRY(graft_alloc(&d->offset, n + 1, sizeof *d->offset));
  GRAFT_TRY(graft_alloc(&d->label, K * n, sizeof *d->label));
  GRAFT_TRY(graft_alloc(&d->part, n, sizeof *d->part));
  if (info->truth) GRAFT_TRY(graft_alloc(&d->truth, K * n, sizeof *d->truth));
  return info->user ? graft_alloc(&d->user, n, sizeof *d->user) : GRAFT_OK;
}

graft_status graft_design_init(graft_design *d, const graft_feature_source *source) {
  const graft_feature_info *info = &source->info;
  graft_batch batch = {0};
  size_t *row = NULL, *first = NULL;
  graft_status status = GRAFT_OK;
  *d = (graft_design){.labels = info->labels};
  GRAFT_TRY_TO(done, graft_alloc(&row, info->rows, sizeof *row));
  GRAFT_TRY_TO(done, graft_alloc(&first, info->features, sizeof *first));
  for (size_t i = 0; i < info->rows; i++) {
    if (info->part[i] != GRAFT_PART_UNUSED) row[d->rows++] = i;
  }
  GRAFT_TRY_TO(done, place_columns(d, info, first));
  GRAFT_TRY_TO(done, allocate(d, info));
  GRAFT_TRY_TO(done, graft_batch_init(&batch, info, BLOCK));
  status = read_rows(d, source, row, &batch, first);
done:
  graft_batch_fini(&batch);
  graft_free(row);
  graft_free(first);
  if (status != GRAFT_OK) graft_design_fini(d);
  return status;
}

void graft_design_fini(graft_design *d) {
  graft_free(d->offset);
  graft_free(d->column);
  graft_free(d->value);
  graft_free(d->label);
  graft_free(d->truth);
  graft_free(d->user);
  graft_free(d->part);
  *d = (graft_design){0};
}
