/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_SOLVERS_FE_H
#define GRAFT_SOLVERS_FE_H

/** @file fe.h
 *  Finite elements for −∇·(k∇u) + c u = f with u given on the boundary, on one mesh, for many k.
 *
 *  Everything that depends on the mesh alone is computed once: positions and weights of the
 *  quadrature points, the products of shape function gradients there, the matrix pattern, the
 * symbolic factor. A new k costs a weighted sum, a numeric factorisation and a solve. */

#include "geometry/mesh.h"

/** A mesh's discretisation; create/destroy. Not shared between threads. */
typedef struct graft_fe graft_fe;

/** Discretise. The linear solver is CHOLMOD unless PETSc's options say otherwise.
 *  @param mesh order 1 or 2; borrowed until graft_fe_destroy()
 *  @param degree of the quadrature rule, 0: twice the order (6 in place of 4 for order 2
 *         changes the errors of random samples by less than 1 %, measured)
 *  @param fe returned, destroy with graft_fe_destroy()
 *  Cost: memory per element 0.4 kB (order 1) or 1.7 kB (order 2) beside matrix and factor.
 *  @return GRAFT_INPUT naming the element if one is inverted or has no area, GRAFT_USAGE if all
 *  nodes are on the boundary */
GRAFT_MUST_USE graft_status graft_fe_create(const graft_mesh *mesh, int degree, graft_fe **fe);

/** Release; NULL is allowed. */
void graft_fe_destroy(graft_fe *fe);

/** Number of quadrature points Q, element after element. */
size_t graft_fe_points(const graft_fe *fe);

/** Their positions [Q x 2]; borrowed until graft_fe_destroy(). */
const double *graft_fe_xy(const graft_fe *fe);

/** Their weights [Q], summing to the mesh's area; borrowed until graft_fe_destroy(). */
const double *graft_fe_weight(const graft_fe *fe);

/** Values of u on the boundary.
 *  @param value [nodes], only boundary nodes are read; copied; NULL: zero (as after creation) */
void graft_fe_set_boundary(graft_fe *fe, const double *value);

/** Right-hand side f, kept for all later solves.
 *  @param f [Q] values at the quadrature points */
void graft_fe_set_source(graft_fe *fe, const double *f);

/** Coefficients: assemble the matrix.
 *  @param k [Q] diffusion at the quadrature points, positive
 *  @param c [Q] reaction, or NULL for none
 *  @return GRAFT_DIVERGED naming the point if k is not positive and finite */
GRAFT_MUST_USE graft_status graft_fe_assemble(graft_fe *fe, const double *k, const double *c);

/** Solve with the assembled matrix.
 *  @param u [nodes] receives the solution, boundary values included
 *  @return GRAFT_DIVERGED with PETSc's reason and the number of iterations */
GRAFT_MUST_USE graft_status graft_fe_solve(graft_fe *fe, double *u);

/** Solve again with the matrix of the last graft_fe_assemble() for the source that was set
 *  since: no assembly, no factorisation. Boundary values must be zero.
 *  @param u [nodes] receives the solution */
GRAFT_MUST_USE graft_status graft_fe_resolve(graft_fe *fe, double *u);

/** Values and gradients of a nodal function at the quadrature points.
 *  @param u [nodes]
 *  @param value [Q], or NULL
 *  @param gradient [Q x 2] d/dx, d/dy, or NULL */
void graft_fe_evaluate(const graft_fe *fe, const double *u, double *value, double *gradient);

/** K = 1 at all quadrature points: the torsion function u0 with −Δu0 = 1 and u0 = 0 on the
 * boundary. Leaves boundary values at zero and the source at one.
 *  @param u [nodes] receives u0 */
GRAFT_MUST_USE graft_status graft_fe_torsion(graft_fe *fe, double *u);

#endif
