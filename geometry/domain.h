/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_GEOMETRY_DOMAIN_H
#define GRAFT_GEOMETRY_DOMAIN_H

/** @file domain.h
 *  The registry of named shapes: option values such as `-shapes square,disc`. A shape is one file
 * in `geometry/domain/`, one line in `domain.def` and one in `meson.build`. */

#include "base/rng.h"
#include "geometry/region.h"

/** A named shape, or a family of random shapes. */
typedef struct graft_domain_type {
  const char *name;    /**< option value, lower snake case */
  const char *summary; /**< one line for help */
  const char *source;  /**< key of docs/references.md, or "" */
  bool random;         /**< a family: every call of `build` draws another region */
  double area;         /**< closed form; 0 for a family */
  double torsion_max; /**< max of u for −Δu = 1, u = 0 on the boundary; 0 where no closed form is
                         known */
  /** Fill an initialised, empty region. @p rng is used by families only (NULL otherwise). */
  graft_status (*build)(graft_rng *rng, graft_region *region);
} graft_domain_type;

/** The i-th type in the order of domain.def, NULL past the end. */
const graft_domain_type *graft_domain_get(size_t i);

/** Name of the i-th type, NULL past the end: the choices of an option row (a
 * ::graft_option_choices). */
const char *graft_domain_choices(size_t i);

/** The type of that name, or NULL. */
const graft_domain_type *graft_domain_find(const char *name);

/** Build and validate a named shape.
 *  @param name of the type
 *  @param rng for families; may be NULL for fixed shapes
 *  @param region uninitialised; on success release with graft_region_fini()
 *  @return GRAFT_USAGE for an unknown name, naming the nearest */
GRAFT_MUST_USE graft_status graft_domain_build(const char *name, graft_rng *rng,
                                               graft_region *region);

/** Region @p index of a family, or the shape of that name: a function of (name, seed, index) alone,
 *  whatever else was drawn, on any rank. Uses GRAFT_STREAM_REGION.
 *  @param index < 2^32
 *  @param region uninitialised; on success release with graft_region_fini()
 *  @return as graft_domain_build() */
GRAFT_MUST_USE graft_status graft_domain_draw(const char *name, uint64_t seed, uint64_t index,
                                              graft_region *region);

#endif
