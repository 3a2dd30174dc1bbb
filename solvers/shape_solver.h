/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_SOLVERS_SHAPE_SOLVER_H
#define GRAFT_SOLVERS_SHAPE_SOLVER_H

/** @file shape_solver.h
 *  One shape, many samples: mesh, discretisation, interpolation of the field to quadrature points
 * and of the solution to the grid, all prepared once. */

#include "solvers/estimate.h"
#include "solvers/fe.h"
#include "solvers/field.h"
#include "solvers/problem.h"
#include "solvers/sampler.h"

/** A prepared shape; caller's struct. */
typedef struct graft_shape_solver {
  const graft_problem_type *problem; /**< the equation */
  graft_mesh mesh;                   /**< body-fitted triangles */
  graft_fe *fe;                      /**< elements, matrix, factor */
  graft_sampler sampler;             /**< from nodes to the grid */
  graft_estimator estimator;         /**< of the error; graft_shape_solver_calibrate() first */
  graft_field_points *at;            /**< the field at the quadrature points */
  double *g;                         /**< [Q] field of the current sample */
  double *k;                         /**< [Q] diffusion of the current sample */
  double *c;                         /**< [Q] reaction of the current sample; NULL: none */
  double *u;                         /**< [nodes] last solution */
} graft_shape_solver;

/** Prepare a shape: mesh, symbolic factor, point location.
 *  @param region validated; not kept
 *  @param mesh_size edge length, @param order 1 or 2
 *  @param grid output grid, @param distance [P] signed distances of its points; not kept
 *  @param solver uninitialised; on success release with graft_shape_solver_fini() */
GRAFT_MUST_USE graft_status graft_shape_solver_init(graft_shape_solver *solver,
                                                    const graft_problem_type *problem,
                                                    const graft_region *region, double mesh_size,
                                                    int order, const graft_grid *grid,
                                                    const double *distance,
                                                    const graft_field *field);

/** Release. */
void graft_shape_solver_fini(graft_shape_solver *solver);

/** Torsion function u0 (−Δu0 = 1, u0 = 0 on the boundary) on the grid: @p out [P]. */
GRAFT_MUST_USE graft_status graft_shape_solver_torsion(graft_shape_solver *solver, float *out);

/** Coefficients of the field's current realisation, matrix. */
GRAFT_MUST_USE graft_status graft_shape_solver_assemble(graft_shape_solver *solver,
                                                        const graft_field *field);

/** Solution of the assembled sample, nodal values in solver->u and on the grid: @p out [P]. */
GRAFT_MUST_USE graft_status graft_shape_solver_solve(graft_shape_solver *solver, float *out);

/** Find the factor of the error estimate: the largest ratio of error to indicator over three
 * samples that no data set contains, solved again with triangles of half the size.
 *  @param region, mesh_size, grid, distance as at graft_shape_solver_init()
 *  @param field draws the samples of (@p seed, @p stream); its current realisation changes
 *  Cost: a solver on the finer mesh, three solves each. */
GRAFT_MUST_USE graft_status graft_shape_solver_calibrate(graft_shape_solver *solver,
                                                         const graft_region *region,
                                                         double mesh_size, const graft_grid *grid,
                                                         const double *distance, graft_field *field,
                                                         uint64_t seed, uint32_t stream);

/** Estimated relative error of the last solution. */
double graft_shape_solver_error(graft_shape_solver *solver);

#endif
