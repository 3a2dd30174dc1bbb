/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_SOLVERS_FIELD_H
#define GRAFT_SOLVERS_FIELD_H

/** @file field.h
 *  Random fields g = log K on the unit square, and the registry of their laws. A law is one file in
 *  `solvers/field/`, one line in `field.def` and one in `meson.build`.
 *
 *  A realisation is a function on the unit square: values on a fine tensor grid that depends on the
 *  law alone, and tensor Lagrange interpolation between them. It does not depend on shape, mesh or
 *  output grid. A user's own realisations are fields as well (graft_field_create_table()). */

#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"
#include "base/status.h"

/** A law with its parameters and the current realisation; create/destroy. */
typedef struct graft_field graft_field;

/** What a law supplies. */
typedef struct graft_field_type {
  const char *name;    /**< option value, lower snake case */
  const char *summary; /**< one line for help */
  const char *source;  /**< key of docs/references.md, or "" */
  double length;       /**< default correlation length, in (0, 1]; 0: the law has none */
  double sigma;        /**< default standard deviation of g; 0: the law has none */
  double mesh_size[2]; /**< edge length of triangles of order 1 and 2 for a relative error of u on
                          the grid of at most 0.2 %, at the default length (measured) */
  int degree;          /**< of the interpolation per axis: 1, or 0 for the usual 5 */
  size_t state_size;   /**< bytes of the state */
  /** Choose the number of nodes per axis and prepare; state is zeroed. */
  graft_status (*init)(void *state, double length, double sigma, size_t *nodes);
  /** Values of one realisation: @p g [nodes x nodes], x slow. */
  graft_status (*draw)(void *state, graft_rng *rng, double *g);
  /** Applied to interpolated values in place: a law with jumps is a function of a smooth field.
   *  NULL: nothing. */
  void (*map)(size_t n, double *g);
  void (*fini)(void *state); /**< or NULL */
} graft_field_type;

/** The i-th law in the order of field.def, NULL past the end. */
const graft_field_type *graft_field_get(size_t i);

/** Its name: the choices of an option row. */
const char *graft_field_choices(size_t i);

/** The law of that name, or NULL. */
const graft_field_type *graft_field_find(const char *name);

/** Edge length of the triangles that a law needs: the type's, in proportion to the length in use.
 *  @param order 1 or 2 */
double graft_field_mesh_size(const graft_field_type *type, double length, int order);

/** Prepare a law.
 *  @param length correlation length, 0: the law's own
 *  @param sigma standard deviation, 0: the law's own
 *  @param field returned, destroy with graft_field_destroy()
 *  @return GRAFT_USAGE if the law has no such parameter */
GRAFT_MUST_USE graft_status graft_field_create(const graft_field_type *type, double length,
                                               double sigma, graft_field **field);

/** A field from a table of realisations on node-centred grids of the unit square, interpolated
 *  bilinearly. Drawing number i gives row i, whatever seed and stream are; of one row, always that.
 *  @param samples rows
 *  @param nodes points per axis, ≥ 2
 *  @param value [samples x nodes x nodes], x slow; borrowed until graft_field_destroy()
 *  @param field returned, destroy with graft_field_destroy() */
GRAFT_MUST_USE graft_status graft_field_create_table(size_t samples, size_t nodes,
                                                     const double *value, graft_field **field);

/** Rows of a table; 0 for a law. */
size_t graft_field_rows(const graft_field *field);

/** Release; NULL is allowed. */
void graft_field_destroy(graft_field *field);

/** Draw the realisation of (seed, stream, index). It becomes the current one.
 *  Cost: 0.2 ms for the RBF laws at length 0.1.
 *  @return GRAFT_USAGE if a table has no such row; what a law's own solver may return */
GRAFT_MUST_USE graft_status graft_field_draw(graft_field *field, uint64_t seed, uint32_t stream,
                                             uint64_t index);

/** Interpolation at points that stay the same for many realisations. */
typedef struct graft_field_points graft_field_points;

/** Prepare evaluation at @p xy [points x 2] (points outside the unit square: extrapolated from its
 *  edge, meant for rounding only).
 *  @param at returned, destroy with graft_field_points_destroy()
 *  Cost: 112 bytes per point. */
GRAFT_MUST_USE graft_status graft_field_points_create(const graft_field *field, size_t points,
                                                      const double *xy, graft_field_points **at);

/** Release; NULL is allowed. */
void graft_field_points_destroy(graft_field_points *at);

/** Values of the current realisation: @p g [points]. About 20 ns per point. */
void graft_field_evaluate(const graft_field *field, const graft_field_points *at, double *g);

#endif
