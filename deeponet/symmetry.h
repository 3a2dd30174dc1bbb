/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_DEEPONET_SYMMETRY_H
#define GRAFT_DEEPONET_SYMMETRY_H

/** @file symmetry.h
 *  The symmetries of a grid (swaps of equal axes and flips: the group D4 for a square grid) that
 * leave a region alone. An isotropic equation with constant data commutes with them, so that they
 * turn one sample into several. */

#include "base/source.h"

enum { GRAFT_MAX_SYMMETRIES = 48 /**< of a cube */ };

/** A group of symmetries; caller's struct. Applying element h to a field f gives
 *  (h f)[p] = f[point[h][p]]. */
typedef struct graft_symmetry {
  size_t count;    /**< g ≥ 1 elements; element 0 is the identity */
  size_t points;   /**< P */
  uint32_t *point; /**< [g x P], owned */
  size_t *product; /**< [g x g] number of the element "first row's, then column's": h₂(h₁ f) is
                      element product[h₁ g + h₂], owned */
  size_t *inverse; /**< [g], owned */
  size_t bits; /**< the elements pair[0 … 2^bits − 1] form a subgroup that is a product of bits
                    groups of two elements: pair[a] then pair[b] is pair[a ^ b] */
  size_t pair[8]; /**< see @p bits */
} graft_symmetry;

/** The symmetries of the grid of @p info that leave mask, signed distance and torsion of @p
 * geometry alone (distance to 1e-6, torsion to 1e-3 of its maximum).
 *  @param geometry or NULL: only the identity
 *  Release with graft_symmetry_fini(), also after a failure. */
GRAFT_MUST_USE graft_status graft_symmetry_init(graft_symmetry *symmetry,
                                                const graft_source_info *info,
                                                const graft_source_geometry *geometry);

/** Release. */
void graft_symmetry_fini(graft_symmetry *symmetry);

#endif
