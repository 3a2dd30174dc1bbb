/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_DEEPONET_TRANSFORM_H
#define GRAFT_DEEPONET_TRANSFORM_H

/** @file transform.h
 *  Output transforms: from z, what network and skip path sum up to, to the field u. A transform is
 *  one file in transform/ with one exported const struct, one line in transform.def and one in
 *  meson.build. */

#include <stdbool.h>
#include <stddef.h>

#include "base/real.h"

/** A transform of the registry; all functions work on one sample of P points. */
typedef struct graft_transform_type {
  const char *name;    /**< e.g. "torsion" */
  const char *summary; /**< one line */
  const char *source;  /**< reference key */
  bool torsion;        /**< base is scale x the torsion function of the geometry */
  bool coarse;         /**< base is scale x the coarse solution of the sample (coarse.c) */
  bool initial;        /**< base is the sample's first input field, the same along the axes that it
                            lacks; scale is 1 */
  /** u [P] and its derivative du [P] with respect to z (NULL: not wanted).
   *  @param z [P], @param base [P] see above (0 outside) */
  void (*apply)(size_t points, const graft_real *z, const graft_real *base, graft_real *u,
                graft_real *du);
  /** z of u at a point where u can be inverted; @p base as above. In double, for fitting skip
   *  paths; NULL: there are none with this transform. */
  double (*invert)(double u, double base);
  /** Can it be inverted there? */
  bool (*invertible)(double u, double base);
} graft_transform_type;

/** The i-th transform, NULL past the end. */
const graft_transform_type *graft_transform_get(size_t i);

/** Name of the i-th transform, NULL past the end (usable as graft_option::choices). */
const char *graft_transform_name(size_t i);

/** The transform of that name, or NULL. */
const graft_transform_type *graft_transform_find(const char *name);

#endif
