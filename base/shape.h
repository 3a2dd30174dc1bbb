/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_BASE_SHAPE_H
#define GRAFT_BASE_SHAPE_H

/** @file shape.h
 *  Shapes of row-major arrays. */

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

enum { GRAFT_MAX_RANK = 5 /**< most axes an array can have */ };

/** Extents of a row-major array; rank 0 is a scalar. Plain data, passed by value. */
typedef struct graft_shape {
  int rank;                   /**< number of axes, 0 … GRAFT_MAX_RANK */
  size_t dim[GRAFT_MAX_RANK]; /**< extents, slowest axis first; unused ones 0 */
} graft_shape;

/** A shape literal: GRAFT_SHAPE(2, B, P). */
#define GRAFT_SHAPE(rank_, ...) ((graft_shape){.rank = (rank_), .dim = {__VA_ARGS__}})

/** Number of elements (1 for rank 0). The shape must have passed graft_shape_validate(). */
size_t graft_shape_count(graft_shape shape);

/** Check rank and that the number of elements fits size_t; @p what names the array in the message.
 */
GRAFT_MUST_USE graft_status graft_shape_validate(graft_shape shape, const char *what);

/** Same rank and extents? */
bool graft_shape_equal(graft_shape a, graft_shape b);

/** Write "[100 x 2]" into @p text [size]; cut if too small. Returns @p text. */
const char *graft_shape_print(graft_shape shape, char *text, size_t size);

#endif
