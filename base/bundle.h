/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_BASE_BUNDLE_H
#define GRAFT_BASE_BUNDLE_H

/** @file bundle.h
 *  A bundle of named arrays: what a model file or a checkpoint holds, without saying how it is
 * stored. Models and optimisers put themselves into bundles; `io/` writes bundles to HDF5 and back.
 */

#include <stdint.h>

#include "base/comm.h"
#include "base/shape.h"

/** Element type of a named array. */
typedef enum graft_type {
  GRAFT_FLOAT32,
  GRAFT_FLOAT64,
  GRAFT_INT64,
  GRAFT_UINT8,
  GRAFT_TEXT, /**< char [dim 0], NUL-terminated within it */
} graft_type;

/** One array; @p data is row-major and owned by the bundle. */
typedef struct graft_array {
  char *name;        /**< path with '/' between groups, e.g. "parameters/branch/conv1/weight" */
  graft_type type;   /**< of the elements */
  graft_shape shape; /**< row-major */
  void *data;        /**< the elements, owned by the bundle */
} graft_array;

/** The collection; caller's struct. */
typedef struct graft_bundle {
  size_t arrays;      /**< in use */
  size_t capacity;    /**< allocated */
  graft_array *array; /**< [arrays], owned */
} graft_bundle;

/** Bytes of one element. */
size_t graft_type_size(graft_type type);

/** An empty bundle. */
void graft_bundle_init(graft_bundle *bundle);

/** Release all arrays. */
void graft_bundle_fini(graft_bundle *bundle);

/** Copy an array into the bundle; an array of that name is replaced. */
GRAFT_MUST_USE graft_status graft_bundle_put(graft_bundle *bundle, const char *name,
                                             graft_type type, graft_shape shape, const void *data);

/** graft_bundle_put() of one integer, type GRAFT_INT64, rank 0. */
GRAFT_MUST_USE graft_status graft_bundle_put_int(graft_bundle *bundle, const char *name,
                                                 int64_t value);
/** graft_bundle_put() of one number, type GRAFT_FLOAT64, rank 0. */
GRAFT_MUST_USE graft_status graft_bundle_put_real(graft_bundle *bundle, const char *name,
                                                  double value);
/** graft_bundle_put() of a NUL-terminated text. */
GRAFT_MUST_USE graft_status graft_bundle_put_text(graft_bundle *bundle, const char *name,
                                                  const char *value);

/** The array of that name, or NULL. Borrowed until the bundle changes. */
const graft_array *graft_bundle_find(const graft_bundle *bundle, const char *name);

/** Data of the array with that name, type and shape. Borrowed until the bundle changes.
 *  @param out receives the pointer
 *  @return GRAFT_INPUT naming the array, what was expected and what is there */
GRAFT_MUST_USE graft_status graft_bundle_get(const graft_bundle *bundle, const char *name,
                                             graft_type type, graft_shape shape, void *out);

/** The integer that graft_bundle_put_int() stored; fails like graft_bundle_get(). */
GRAFT_MUST_USE graft_status graft_bundle_get_int(const graft_bundle *bundle, const char *name,
                                                 int64_t *value);
/** The number that graft_bundle_put_real() stored; fails like graft_bundle_get(). */
GRAFT_MUST_USE graft_status graft_bundle_get_real(const graft_bundle *bundle, const char *name,
                                                  double *value);
/** The text of that name, borrowed until the bundle changes; fails like graft_bundle_get(). */
GRAFT_MUST_USE graft_status graft_bundle_get_text(const graft_bundle *bundle, const char *name,
                                                  const char **value);

/** Give rank 0's bundle to all ranks. Collective.
 *  @param bundle filled on rank 0; on the others initialised by the call (release with
 *  graft_bundle_fini())
 *  Cost: one broadcast per array and three small ones. @return GRAFT_MEMORY on every rank if one of
 *  them has none left */
GRAFT_MUST_USE graft_status graft_bundle_broadcast(graft_bundle *bundle, const graft_comm *comm);

#endif
