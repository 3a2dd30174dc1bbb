/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_RECSYS_DESIGN_H
#define GRAFT_RECSYS_DESIGN_H

/** @file design.h
 *  Rows of a data set as a sparse matrix, for linear models: a column for each id of each
 * categorical and multi_hot feature (value 1), one for each number, and one that is always 1.
 * Sequences are left out. */

#include "base/feature.h"

/** The matrix by rows, and what belongs to them; caller's struct. */
typedef struct graft_design {
  size_t rows;      /**< n */
  size_t columns;   /**< m; the last one is always 1 */
  size_t labels;    /**< K */
  size_t *offset;   /**< [n + 1] owned */
  uint32_t *column; /**< [offset[n]] owned */
  float *value;     /**< [offset[n]] owned */
  float *label;     /**< [K x n] NaN: does not count; owned */
  float *truth;     /**< [K x n] or NULL; owned */
  int64_t *user;    /**< [n] or NULL; owned */
  uint8_t *part;    /**< [n] owned */
} graft_design;

/** Read all rows but the unused ones.
 *  Cost: one reading of the source; 8 bytes per value and 4 K + 25 per row. */
GRAFT_MUST_USE graft_status graft_design_init(graft_design *design,
                                              const graft_feature_source *source);

/** Release. */
void graft_design_fini(graft_design *design);

#endif
