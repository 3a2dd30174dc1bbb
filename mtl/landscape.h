/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_MTL_LANDSCAPE_H
#define GRAFT_MTL_LANDSCAPE_H

/** @file landscape.h
 *  A plane through a model's parameters on which losses can be drawn: two random directions whose
 *  filters are as long as those of the parameters, so that landscapes of different networks can be
 *  compared.
 *
 *  Method:    normal random numbers; in kernels (blocks that decay, two axes or more) the elements
 * of each output unit are scaled to the length of the same elements of theta; other blocks (biases,
 * norms) and frozen ones stay where they are. Cost:      n normal random numbers, two passes over
 * theta. Reference: li2018, section 4. */

#include "base/layout.h"
#include "base/real.h"

/** Direction number @p index of @p seed.
 *  @param layout of the parameters
 *  @param theta [n]
 *  @param direction [n] overwritten */
void graft_landscape_direction(const graft_layout *layout, const graft_real *theta, uint64_t seed,
                               uint64_t index, graft_real *direction);

/** @p point [n] = theta + a first + b second. */
void graft_landscape_point(size_t n, const graft_real *theta, const graft_real *first, double a,
                           const graft_real *second, double b, graft_real *point);

#endif
