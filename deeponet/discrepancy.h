/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_DEEPONET_DISCREPANCY_H
#define GRAFT_DEEPONET_DISCREPANCY_H

/** @file discrepancy.h
 *  How differently two sets of samples go from features to fields: the discrepancy of their
 *  conditional embedding operators, as a penalty of fine-tuning. n samples of the reference, m new
 *  ones, W features, P points. */

#include <stddef.h>

#include "base/status.h"

/** A reference with what a comparison needs; heap object. */
typedef struct graft_discrepancy graft_discrepancy;

/** Take a reference.
 *  @param n samples of it, at least 2
 *  @param most most samples that are compared with it
 *  @param features [n x W]
 *  @param discrepancy returned (destroy with graft_discrepancy_destroy())
 *  Cost: memory of 8 matrices [most x most] and a few of [n x most], in double */
GRAFT_MUST_USE graft_status graft_discrepancy_create(size_t n, size_t most, size_t width,
                                                     const double *features,
                                                     graft_discrepancy **discrepancy);

/** Release; NULL is allowed. */
void graft_discrepancy_destroy(graft_discrepancy *discrepancy);

/** Compare.
 *  @param m new samples, 1 … most
 *  @param features [m x W] of these
 *  @param points P
 *  @param reference_field [n x P], @param field [m x P] fields of both at the same points
 *  @param value receives the discrepancy, at least 0 but for rounding
 *  @param gradient [m x W] with respect to features, or NULL
 *  Cost: (n + m)² (P + W) for kernels, a few (n + m)³. No allocation.
 *  @return GRAFT_DIVERGED when features are not finite */
GRAFT_MUST_USE graft_status graft_discrepancy_eval(graft_discrepancy *discrepancy, size_t m,
                                                   const double *features, size_t points,
                                                   const double *reference_field,
                                                   const double *field, double *value,
                                                   double *gradient);

#endif
