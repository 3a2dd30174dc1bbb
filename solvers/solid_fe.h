/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_SOLVERS_SOLID_FE_H
#define GRAFT_SOLVERS_SOLID_FE_H

/** @file solid_fe.h
 *  Finite elements on tetrahedra for −∇·(k∇u) = f with k ∂u/∂n = q − β u on the surface. */

#include "geometry/solid.h"

/** Coefficients, pointwise; plain data. */
typedef struct graft_solid_law {
  void *ctx; /**< of the functions, the caller's */
  /** Diffusion k > 0 and source f at @p xyz [3]; NULL: k = 1, f = 0. */
  void (*volume)(void *ctx, const double *xyz, double *k, double *f);
  /** Flux q into the body and transfer coefficient β ≥ 0 at @p xyz [3] on a face with this tag and
   *  unit normal @p normal [3]. β > 0 somewhere. */
  void (*surface)(void *ctx, int tag, const double *xyz, const double *normal, double *q,
                  double *beta);
} graft_solid_law;

/** A discretised law on a mesh; create/destroy. Not shared between threads. */
typedef struct graft_solid_fe graft_solid_fe;

/** Assemble. The linear solver is CG with algebraic multigrid (GAMG) to 1e-9 unless PETSc's
 *  options say otherwise.
 *  @param solid, law borrowed until graft_solid_fe_destroy()
 *  @param fe returned, destroy with graft_solid_fe_destroy()
 *  @return GRAFT_INTERNAL naming the element if one has no volume
 *  Cost: order 2: about 3 µs per element. */
GRAFT_MUST_USE graft_status graft_solid_fe_create(const graft_solid *solid,
                                                  const graft_solid_law *law, graft_solid_fe **fe);

/** Release; NULL is allowed. */
void graft_solid_fe_destroy(graft_solid_fe *fe);

/** Solve.
 *  @param u [nodes] receives the solution
 *  @return GRAFT_DIVERGED with PETSc's reason and the number of iterations */
GRAFT_MUST_USE graft_status graft_solid_fe_solve(graft_solid_fe *fe, double *u);

/** Iterations of the last solve. */
int graft_solid_fe_iterations(const graft_solid_fe *fe);

/** What flows in through faces with this tag: ∫ q − β u.
 *  @param u [nodes] */
double graft_solid_fe_flow(const graft_solid_fe *fe, int tag, const double *u);

/** ∫ (u − want)² and ∫ want² over the body.
 *  @param u [nodes]
 *  @param want function of @p ctx and xyz [3]; NULL: 0, so that @p error becomes ∫ u²
 *  @param error, size receive the integrals; @p size may be NULL */
void graft_solid_fe_compare(const graft_solid_fe *fe, const double *u,
                            double (*want)(void *ctx, const double *xyz), void *ctx, double *error,
                            double *size);

/** Volume of the mesh. */
double graft_solid_fe_volume(const graft_solid_fe *fe);

/** Area of the faces with this tag. */
double graft_solid_fe_area(const graft_solid_fe *fe, int tag);

#endif
