/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_SOLVERS_QUADRATURE_H
#define GRAFT_SOLVERS_QUADRATURE_H

/** @file quadrature.h
 *  Rules on the reference triangle (0,0), (1,0), (0,1).
 *  Reference: dunavant1985, tables for degrees 2, 4, 6 and 8: fully symmetric, weights positive,
 * points inside. */

#include <stddef.h>

#include "base/status.h"

enum { GRAFT_QUADRATURE_MAX = 16 /**< most points of a rule */ };

/** A rule; plain data. The weights sum to the triangle's area 1/2. */
typedef struct graft_quadrature {
  int degree;                          /**< polynomials up to this degree are exact */
  int points;                          /**< Q */
  double weight[GRAFT_QUADRATURE_MAX]; /**< [Q] */
  double rs[GRAFT_QUADRATURE_MAX][2];  /**< [Q x 2] reference coordinates */
} graft_quadrature;

/** The smallest rule that is exact for polynomials of degree @p degree ≤ 8: 3 points for 2, 6 for
 * 4, 12 for 6, 16 for 8.
 *  @return GRAFT_INTERNAL for a degree without a rule */
GRAFT_MUST_USE graft_status graft_quadrature_get(int degree, graft_quadrature *rule);

enum { GRAFT_QUADRATURE_SOLID_MAX = 14 /**< most points of a rule on the tetrahedron */ };

/** A rule on the reference tetrahedron; plain data. The weights sum to its volume 1/6. */
typedef struct graft_quadrature_solid {
  int points;                                /**< Q */
  double weight[GRAFT_QUADRATURE_SOLID_MAX]; /**< [Q] */
  double rst[GRAFT_QUADRATURE_SOLID_MAX][3]; /**< [Q x 3] reference coordinates */
} graft_quadrature_solid;

/** The rule of degree 2 (4 points), or of degree 5 (14 points) for @p degree > 2: fully symmetric,
 *  weights positive, points inside.
 *  Reference: walkington2000 for degree 5. */
void graft_quadrature_solid_get(int degree, graft_quadrature_solid *rule);

#endif
