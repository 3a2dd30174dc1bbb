/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_DEEPONET_COARSE_IMPL_H
#define GRAFT_DEEPONET_COARSE_IMPL_H

/** @file coarse_impl.h
 *  Coarse Galerkin solutions of −∇·(K∇u) = 1 on any region whose torsion function u₀ is known, on
 *  grids of two axes with equal steps; see coarse.c. */

#include "base/source.h"

/** Splines on N x N cells: (N + 2)². */
size_t graft_coarse_count(size_t cells);

/** Doubles of scratch for coarse solutions on N x N cells. */
size_t graft_coarse_scratch(size_t cells);

/** Are the steps along the two axes of a grid equal? */
bool graft_coarse_equal_steps(const graft_source_info *info);

/** Solve for w = u / u₀ > 0.
 *  @param torsion,log_k [P] on the grid of @p info
 *  @param w [graft_coarse_count()] receives the coefficients of its splines
 *  @param scratch see graft_coarse_scratch() */
void graft_coarse_solve(const graft_source_info *info, size_t cells, const float *torsion,
                        const float *log_k, double *w, double *scratch);

/** Value of a spline with coefficients @p w at a place in steps of the grid. */
double graft_coarse_value(const graft_source_info *info, size_t cells, const double *w, double x,
                          double y);

#endif
