/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_BASE_LAYOUT_H
#define GRAFT_BASE_LAYOUT_H

/** @file layout.h
 *  The layout of a flat parameter vector. Parameters, gradients and optimiser moments of a model
 * are vectors of the same length; this table says which part is what, and which tasks reach it. */

#include <stddef.h>
#include <stdint.h>

#include "base/shape.h"

enum { GRAFT_NAME_SIZE = 64, GRAFT_MAX_TASKS = 64 };

/** How the gradient of a block is stored and treated. */
typedef enum graft_block_kind {
  GRAFT_BLOCK_DENSE,      /**< every element gets a gradient in every step */
  GRAFT_BLOCK_ROW_SPARSE, /**< embedding table: only the rows of the batch are touched */
} graft_block_kind;

/** One named part of the vector. */
typedef struct graft_block {
  char name[GRAFT_NAME_SIZE]; /**< e.g. "branch/conv1/weight" */
  size_t offset;              /**< first element; blocks are contiguous and in order */
  size_t count;               /**< elements = graft_shape_count(shape) */
  graft_shape shape;          /**< row-major */
  uint64_t tasks;             /**< bit k: the loss of task k reaches it; two bits or more: shared */
  graft_block_kind kind;      /**< how its gradient is stored */
  unsigned char decay;        /**< 1: weight decay applies (kernels), 0: biases and norms */
  unsigned char frozen;       /**< 1: optimisers leave it alone */
} graft_block;

/** The table; caller's struct, the rows are owned by it. */
typedef struct graft_layout {
  size_t n;           /**< elements of the whole vector */
  size_t blocks;      /**< rows in use */
  size_t capacity;    /**< rows allocated */
  graft_block *block; /**< [blocks], owned */
} graft_layout;

/** An empty table. */
void graft_layout_init(graft_layout *layout);

/** Release the rows. */
void graft_layout_fini(graft_layout *layout);

/** Append a dense block and return its row in @p index (NULL: not wanted).
 *  @param name unique within the table, shorter than GRAFT_NAME_SIZE
 *  @param tasks bitmask of the tasks whose losses reach the block; ~0 for all
 *  @param decay whether weight decay applies */
GRAFT_MUST_USE graft_status graft_layout_add(graft_layout *layout, const char *name,
                                             graft_shape shape, uint64_t tasks, int decay,
                                             size_t *index);

/** Row of that name, or NULL. Borrowed until the next graft_layout_add(). */
const graft_block *graft_layout_get(const graft_layout *layout, const char *name);

#endif
