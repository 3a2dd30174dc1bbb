/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_SOLVERS_LINE_H
#define GRAFT_SOLVERS_LINE_H

/** @file line.h
 *  u_t = D u_xx + a R(u) + s on a line: quadratic finite elements in x, a time stepper of PETSc
 * with error control. The flux at both ends is zero or given.
 *
 *  Method:    P2 elements of equal length, reaction by four Gauss points per element (exact for
 *             quadratic R); M u' = −D K u + a r(u) + …, by a Rosenbrock-W method of third order
 * with a step chosen from its embedded error estimate (TSROSW, ra34pw2); banded LU. Cost:      per
 * step one factorisation and four solves of 2 E + 1 unknowns, bandwidth 5. Reference: petsc2022
 * (TS), rang2005 (ra34pw2), strang2008 (P2 elements). */

#include "base/status.h"
#include "solvers/reaction.h"

/** A solver; heap object. */
typedef struct graft_line graft_line;

/** What to solve; caller's struct, its functions are called during graft_line_solve(). */
typedef struct graft_line_problem {
  double diffusion;               /**< D ≥ 0 */
  double rate;                    /**< a */
  const graft_reaction_type *law; /**< R; NULL: none */
  double parameter;               /**< of the law */
  void *ctx;                      /**< of the functions */
  /** s at time t and points x [n]; NULL: 0. */
  void (*source)(void *ctx, double t, size_t n, const double *x, double *s);
  /** Outward fluxes D ∂u/∂n at the two ends at time t; NULL: 0. */
  void (*flux)(void *ctx, double t, double flux[2]);
} graft_line_problem;

/** A solver on [lo, hi] with @p elements elements: nodes x_i = lo + i h / 2, 2 E + 1 of them.
 *  @param tolerance of a step, relative and absolute; 0: steps of a fixed size, see
 *  graft_line_solve()
 *  Ownership: returned in @p line, destroy with graft_line_destroy(). PETSc must be initialised. */
GRAFT_MUST_USE graft_status graft_line_create(size_t elements, double lo, double hi,
                                              double tolerance, graft_line **line);

/** Release; NULL is allowed. */
void graft_line_destroy(graft_line *line);

/** Number of nodes. */
size_t graft_line_nodes(const graft_line *line);

/** Coordinate of node i. */
double graft_line_x(const graft_line *line, size_t i);

/** Solve from u0 [nodes] at time[0].
 *  @param times T ≥ 2 growing times
 *  @param step first step; all steps, shortened to meet the times, where the tolerance is 0
 *  @param u [T x nodes] receives u at the times
 *  @param steps receives the number of steps; or NULL
 *  @return GRAFT_DIVERGED when the stepper gives up */
GRAFT_MUST_USE graft_status graft_line_solve(graft_line *line, const graft_line_problem *problem,
                                             const double *u0, size_t times, const double *time,
                                             double step, double *u, size_t *steps);

#endif
