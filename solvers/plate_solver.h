/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_SOLVERS_PLATE_SOLVER_H
#define GRAFT_SOLVERS_PLATE_SOLVER_H

/** @file plate_solver.h
 *  Steady heat conduction in the perforated plate: Δu = 0; at hole walls ∂u/∂n = q = 1 into the
 *  plate, at the rim ∂u/∂n = −u, at the bottom of the boss ∂u/∂n = −4 u, all else insulated. */

#include "geometry/plate.h"

#define GRAFT_PLATE_BETA_RIM 1.0  /**< transfer coefficient β at the rim */
#define GRAFT_PLATE_BETA_BOSS 4.0 /**< at the bottom of the boss */

/** A solved design; caller's struct. */
typedef struct graft_plate_solver {
  graft_plate plate;     /**< the design */
  graft_plate_mesh mesh; /**< of its sector */
  double *u;             /**< [nodes] temperature */
  double flow[4];        /**< what flows in through the faces of each ::graft_plate_face */
  int iterations;        /**< of the linear solver */
} graft_plate_solver;

/** Mesh and solve.
 *  @param plate validated
 *  @param size, order see graft_plate_mesh_create()
 *  @param solver uninitialised; on success release with graft_plate_solver_fini()
 *  Cost: about 20 µs per node. */
GRAFT_MUST_USE graft_status graft_plate_solver_init(graft_plate_solver *solver,
                                                    const graft_plate *plate, double size,
                                                    int order);

/** Release. */
void graft_plate_solver_fini(graft_plate_solver *solver);

/** Add the temperature at points to @p out: each column is located once.
 *  @param turn angle by which the body is turned before
 *  @param columns, xy [columns x 2] places in the plane, in the plate
 *  @param heights, z [heights]; below the disc and outside the boss: the value at its lower face
 *  @param out [columns x heights] */
GRAFT_MUST_USE graft_status graft_plate_solver_add(const graft_plate_solver *solver, double turn,
                                                   size_t columns, const double *xy, size_t heights,
                                                   const double *z, double *out);

/** Closed form of the same plate without boss and with line sources of the same power in the
 *  holes' axes: the first guess of networks.
 *
 *  u = q r_h [ −Σ_k ln |x − x_k| + n (ln R + 1/(βR)) + n Σ_m c_m (r/R)^m cos mθ ], m = n, 2n, …,
 *  c_m = (h/R)^m (m − βR) / (m (m + βR)), θ from the axis of a hole.
 *  @param points, xy [points x 2] in the disc
 *  @param u [points]
 *  Cost: n logarithms and up to 200/n terms per point. */
void graft_plate_line_sources(const graft_plate *plate, size_t points, const double *xy, double *u);

#endif
