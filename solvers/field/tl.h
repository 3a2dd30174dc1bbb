/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_SOLVERS_FIELD_TL_H
#define GRAFT_SOLVERS_FIELD_TL_H

/** @file tl.h
 *  TL-DeepONet's law, opened for tests. The functions are those of ::graft_field_type. */

#include "solvers/field.h"

enum {
  GRAFT_TL_NODES = 50, /**< points per axis */
  GRAFT_TL_MODES = 100 /**< eigenpairs */
};

/** The expansion. */
typedef struct graft_tl {
  double *basis; /**< [MODES x NODES²] σ √λ v, by falling λ */
} graft_tl;

/** Entry of the kernel matrix for points i and j steps of 1/49 apart. */
double graft_tl_kernel(double length, int i, int j);

/** Eigenpairs of the kernel matrix. Cost: 0.5 s. */
GRAFT_MUST_USE graft_status graft_tl_init(void *state, double length, double sigma, size_t *nodes);

/** Release. */
void graft_tl_fini(void *state);

#endif
