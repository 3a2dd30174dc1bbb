/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_SOLVERS_FIELD_MATERN_H
#define GRAFT_SOLVERS_FIELD_MATERN_H

/** @file matern.h
 *  The Matérn law by its stochastic differential equation, with the number of elements per cell of
 *  the noise as a parameter: more elements, the same noise. Functions are those of
 *  ::graft_field_type but for that. */

#include "solvers/fe.h"
#include "solvers/field.h"

/** The equation on its padded square. */
typedef struct graft_matern {
  size_t cells;    /**< cells of the noise per axis, padding included */
  size_t padding;  /**< of these on either side outside [0, 1] */
  size_t refine;   /**< squares of the mesh per cell and axis */
  double cell;     /**< edge length of a cell */
  double scale;    /**< factor from the solution to g */
  graft_mesh mesh; /**< of the padded square */
  graft_fe *fe;    /**< its elements */
  double *f;       /**< [Q] noise at the quadrature points */
  double *u;       /**< [nodes] solution */
} graft_matern;

/** Prepare with @p refine elements per cell. Release with graft_matern_fini(), on failure too. */
GRAFT_MUST_USE graft_status graft_matern_init(graft_matern *matern, double length, double sigma,
                                              size_t refine, size_t *nodes);

/** A realisation at the cells' corners in [0, 1]²: @p g [nodes x nodes]. */
GRAFT_MUST_USE graft_status graft_matern_draw(graft_matern *matern, graft_rng *rng, double *g);

/** Release. */
void graft_matern_fini(graft_matern *matern);

#endif
