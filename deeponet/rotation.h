/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_DEEPONET_ROTATION_H
#define GRAFT_DEEPONET_ROTATION_H

/** @file rotation.h
 *  Rotations that leave a region alone but not the grid (an equilateral triangle's by 120 degrees):
 *  fields are interpolated at the rotated points, from points of the region only. Together with the
 *  grid's own symmetries they make the whole group: element (j, h) is turn j, then symmetry h.
 *
 *  Method:    Gaussian process interpolation from the nearest GRAFT_STENCIL points of the region,
 *             length five grid steps, weights that sum to 1.
 *  Cost:      one dense system of GRAFT_STENCIL equations per point, turn and stencil, once;
 *             GRAFT_STENCIL products per value afterwards.
 *  Reference: rasmussen2006, section 2.2. */

#include "base/real.h"
#include "base/source.h"
#include "deeponet/symmetry.h"

enum { GRAFT_STENCIL = 36 /**< points that a value is interpolated from */ };

/** Weights of a linear map from a field to a field; rows of points outside the region are 0. */
typedef struct graft_stencils {
  uint32_t *point; /**< [P x GRAFT_STENCIL], owned */
  float *weight;   /**< [P x GRAFT_STENCIL], owned */
} graft_stencils;

/** One turn: f ↦ f(rotated x), and back. */
typedef struct graft_turn {
  graft_stencils input;       /**< for fields known on the closed region (log_k) */
  graft_stencils input_back;  /**< the same, back */
  graft_stencils output;      /**< for fields known well inside only (u / torsion, z) */
  graft_stencils output_back; /**< the same, back */
} graft_turn;

/** The turns of a region; caller's struct. */
typedef struct graft_rotation {
  size_t count;     /**< turns, the one by 0 included: ≥ 1 */
  size_t points;    /**< P */
  graft_turn *turn; /**< [count], the first one empty, owned */
  float *torsion;   /**< [P] owned; NULL for count 1 */
  float *scale;     /**< [P] 1 / torsion at points well inside, else 0, owned; NULL for count 1 */
} graft_rotation;

/** The turns of a region: the largest rotation order n ≤ @p most, a multiple of the order of the
 *  rotations in @p symmetry, that keeps signed distance (to 0.75 grid steps) and torsion (to 0.3 %
 *  of its maximum). Only the turn by 0 for grids other than 2D ones and regions without torsion.
 *  Release with graft_rotation_fini(), also after a failure. */
GRAFT_MUST_USE graft_status graft_rotation_init(graft_rotation *rotation,
                                                const graft_source_info *info,
                                                const graft_source_geometry *geometry,
                                                const graft_symmetry *symmetry, size_t most);

/** Value at point @p p of a field [P] moved by @p stencils. */
static inline double graft_stencils_float(const graft_stencils *stencils, size_t p,
                                          const float *field) {
  double sum = 0;
  for (size_t s = p * GRAFT_STENCIL; s < (p + 1) * GRAFT_STENCIL; s++) {
    sum += (double)stencils->weight[s] * (double)field[stencils->point[s]];
  }
  return sum;
}

/** The same for a field of graft_real. */
static inline double graft_stencils_real(const graft_stencils *stencils, size_t p,
                                         const graft_real *field) {
  double sum = 0;
  for (size_t s = p * GRAFT_STENCIL; s < (p + 1) * GRAFT_STENCIL; s++) {
    sum += (double)stencils->weight[s] * (double)field[stencils->point[s]];
  }
  return sum;
}

/** out [P] = @p log_k [P] moved by turn @p j, 0 outside the region; j = 0 copies. */
void graft_rotation_input(const graft_rotation *rotation, size_t j, const float *log_k, float *out);

/** Value at point @p p of u [P] moved by turn @p j: u / torsion is interpolated. */
double graft_rotation_u(const graft_rotation *rotation, size_t j, size_t p, const float *u);

/** What a turn and the same turn back do to a field: ‖back(turn f) − f‖ / ‖f − mean f‖ of log_k
 *  [P] over the points well inside, the largest over the turns. */
GRAFT_MUST_USE graft_status graft_rotation_error(const graft_rotation *rotation, const float *log_k,
                                                 double *error);

/** Keep the turn by 0 only. */
void graft_rotation_drop(graft_rotation *rotation);

/** Release. */
void graft_rotation_fini(graft_rotation *rotation);

#endif
