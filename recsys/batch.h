/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_RECSYS_BATCH_H
#define GRAFT_RECSYS_BATCH_H

/** @file batch.h
 *  What a model gets of a batch of rows: ids per feature, sequences with their lengths, numbers,
 *  labels with masks. Filled from any ::graft_feature_source, so that an HDF5 file, memory, and a
 *  thread that reads ahead (io/prefetch.h) look alike.
 *
 *  Letters: B rows, L most ids of a list, Q numbers, K labels. Features of kind categorical and
 *  multi_hot are *bags* (ids with offsets, to be summed or averaged), those of kind sequence are
 *  padded rows with lengths (to be attended to). */

#include <stdbool.h>

#include "base/feature.h"

/** Ids of a categorical or multi_hot feature. */
typedef struct graft_batch_bag {
  int32_t *offset; /**< [B + 1] row b has ids offset[b] … offset[b + 1] − 1 */
  int32_t *id;     /**< [offset[B]] never GRAFT_ID_PADDING */
} graft_batch_bag;

/** Ids of a sequence. */
typedef struct graft_batch_sequence {
  int32_t *length; /**< [B] 0 … L; 0: no history */
  int32_t *id;     /**< [B x L] oldest first; GRAFT_ID_PADDING behind the length */
} graft_batch_sequence;

/** A batch; caller's struct. All arrays are owned by it, of a fixed capacity: filling allocates
 *  nothing. */
typedef struct graft_batch {
  const graft_feature_info *info; /**< what the rows are; borrowed from the source */
  size_t capacity;                /**< most rows */
  size_t rows;                    /**< B of the batch at hand */
  graft_batch_bag *bag;           /**< [features]; NULL arrays for other kinds */
  graft_batch_sequence *sequence; /**< [features]; NULL arrays for other kinds */
  float *number;                  /**< [B x Q], Q = info->numbers; feature f is column slot */
  float *label;                   /**< [K x B] 0 where the mask is 0 */
  uint8_t *mask;                  /**< [K x B] 1: the label is known and inside its space */
  float *truth;                   /**< [K x B] probabilities of a generator, or NULL */
  int64_t *user;                  /**< [B], or NULL */
  uint32_t *word;                 /**< scratch: one field of the batch as the source gives it */
} graft_batch;

/** Allocate for batches of at most @p capacity rows of a source with @p info (borrowed until
 *  graft_batch_fini()). Cost: about 8 bytes per id of a row, times capacity. */
GRAFT_MUST_USE graft_status graft_batch_init(graft_batch *batch, const graft_feature_info *info,
                                             size_t capacity);

/** Fill with rows @p row [count], in this order, count ≤ capacity.
 *  @return what the source's fill() returns: GRAFT_INPUT naming the first bad value */
GRAFT_MUST_USE graft_status graft_batch_fill(graft_batch *batch, const graft_feature_source *source,
                                             const size_t *row, size_t count);

/** Tell the source which rows will be asked for next; it may read them while its caller computes.
 *  @param row [count], the same array content and count as the later graft_batch_fill() */
void graft_batch_expect(const graft_feature_source *source, const size_t *row, size_t count);

/** i-th field that graft_batch_fill() asks for: its name in @p name [2 x GRAFT_NAME_SIZE] and its
 *  words per row; false past the end. What a thread that reads ahead must read. */
bool graft_batch_field(const graft_feature_info *info, size_t i, char *name, size_t *words);

/** Release. */
void graft_batch_fini(graft_batch *batch);

/** Rows of a part in an order for training: blocks of @p block neighbours are shuffled, then the
 * rows inside windows of 8 blocks, so that a file is read in runs and batches are still mixed.
 *  @param part whose rows
 *  @param block 1: a plain shuffle; 0: no shuffle, the rows' own order
 *  @param seed, epoch decide the order
 *  @param row receives the rows [returned in @p count], room for info->rows; caller-owned */
void graft_batch_order(const graft_feature_info *info, graft_part part, size_t block, uint64_t seed,
                       uint64_t epoch, size_t *row, size_t *count);

#endif
