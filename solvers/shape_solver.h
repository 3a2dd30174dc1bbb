/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_SOLVERS_SHAPE_SOLVER_H
#define GRAFT_SOLVERS_SHAPE_SOLVER_H

/** @file shape_solver.h
 *  One shape, many samples: mesh, discretisation, interpolation of the field to quadrature points
 * and of the solution to the grid, all prepared once. */

#include "base/source.h"
#include "geometry/mesh_cache.h"
#include "solvers/estimate.h"
#include "solvers/fe.h"
#include "solvers/field.h"
#include "solvers/problem.h"
#include "solvers/sampler.h"

/** What to prepare a shape for. All pointers are borrowed during graft_shape_solver_init(), the
 *  fields until graft_shape_solver_fini(). */
typedef struct graft_shape_setting {
  const graft_problem_type *problem; /**< the equation */
  const graft_region *region;        /**< validated */
  const graft_mesh_cache *cache;     /**< where its mesh may be; NULL: none */
  double mesh_size;                  /**< edge length of the triangles */
  int order;                         /**< 1 or 2 */
  const graft_grid *grid;            /**< output grid */
  const double *distance;            /**< [P] signed distances of its points */
  const graft_field *field;          /**< the random field; its current realisation is used */
  const graft_field *source;         /**< f as a field, or NULL: as below */
  const double *f;                   /**< f [1] as a constant, or NULL: the problem's */
  double boundary[3];                /**< u = b0 + b1 x + b2 y, where the problem leaves it open */
} graft_shape_setting;

/** A prepared shape; caller's struct. */
typedef struct graft_shape_solver {
  const graft_problem_type *problem; /**< the equation */
  graft_mesh mesh;                   /**< body-fitted triangles */
  graft_fe *fe;                      /**< elements, matrix, factor */
  graft_sampler sampler;             /**< from nodes to the grid */
  graft_estimator estimator;         /**< of the error; graft_shape_solver_calibrate() first */
  const graft_field *field;          /**< the random field */
  const graft_field *source;         /**< f as a field, or NULL */
  double f;                          /**< f as a constant, if has_f */
  int has_f;                         /**< 1: f replaces the problem's source */
  double linear[3];                  /**< coefficients of linear boundary values */
  graft_field_points *at;            /**< the field at the quadrature points */
  graft_field_points *source_at;     /**< f as a field there; NULL: not one */
  graft_field_points *nodes_at;      /**< the field at the nodes, if boundary values need it */
  double *g;                         /**< [Q, or nodes if more] field of the current sample */
  double *k;                         /**< [Q] diffusion of the current sample */
  double *c;                         /**< [Q] reaction of the current sample; NULL: none */
  double *u;                         /**< [nodes] last solution */
} graft_shape_solver;

/** Prepare a shape: mesh, symbolic factor, point location.
 *  @param solver uninitialised; on success release with graft_shape_solver_fini() */
GRAFT_MUST_USE graft_status graft_shape_solver_init(graft_shape_solver *solver,
                                                    const graft_shape_setting *setting);

/** Release. */
void graft_shape_solver_fini(graft_shape_solver *solver);

/** Torsion function u0 (−Δu0 = 1, u0 = 0 on the boundary) on the grid: @p out [P].
 *  @param nodal [nodes] receives its values at the nodes; or NULL */
GRAFT_MUST_USE graft_status graft_shape_solver_torsion(graft_shape_solver *solver, float *out,
                                                       float *nodal);

/** Linear triangles between the nodes of a mesh: its elements, or a quarter of one each. */
size_t graft_shape_triangles(const graft_mesh *mesh);

/** The nodes of a solver's mesh: places, areas, distances from the boundary, triangles into the
 *  arrays of @p nodes; values and torsion function are left alone. */
void graft_shape_nodes(const graft_mesh *mesh, const graft_region *region,
                       const graft_source_nodes *nodes);

/** Coefficients and boundary values of the current realisation of the fields, matrix. */
GRAFT_MUST_USE graft_status graft_shape_solver_assemble(graft_shape_solver *solver);

/** Solution of the assembled sample, nodal values in solver->u and on the grid: @p out [P]. */
GRAFT_MUST_USE graft_status graft_shape_solver_solve(graft_shape_solver *solver, float *out);

/** Find the factor of the error estimate: the largest ratio of error to indicator over three
 * samples that no data set contains, solved again with triangles of half the size.
 *  @param setting as at graft_shape_solver_init()
 *  @param field that of the setting: draws the samples of (@p seed, @p stream); its current
 *         realisation changes
 *  Cost: a solver on the finer mesh, three solves each. */
GRAFT_MUST_USE graft_status graft_shape_solver_calibrate(graft_shape_solver *solver,
                                                         const graft_shape_setting *setting,
                                                         graft_field *field, uint64_t seed,
                                                         uint32_t stream);

/** Estimated relative error of the last solution. */
double graft_shape_solver_error(graft_shape_solver *solver);

#endif
