/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_SOLVERS_ENSEMBLE_IMPL_H
#define GRAFT_SOLVERS_ENSEMBLE_IMPL_H

/** @file ensemble_impl.h
 *  Parts of the ensemble driver. */

#include "base/source.h"
#include "solvers/ensemble.h"
#include "solvers/shape_solver.h"

/** Copy the i-th name of config->shapes to @p name [size]; returns the number of names. */
size_t graft_solve_shape(const graft_solve_config *config, size_t i, char *name, size_t size);

/** Edge length in use: the option's, or the law's. */
double graft_solve_mesh_size(const graft_solve_config *config);

/** Everything that a rank prepares before the first sample. */
typedef struct graft_ensemble {
  const graft_solve_config *config;
  const graft_problem_type *problem;
  const graft_field_type *law;
  size_t tasks, points; /**< K shapes, P grid points */
  graft_grid grid;
  graft_field *field;
  graft_field_points *on_grid; /**< the field at the grid points */
  graft_shape_solver *shape;   /**< [K] */
  graft_source_info info;
  double *g;             /**< [P] */
  float *input, *output; /**< [P] each */
} graft_ensemble;

/** Prepare; on failure nothing is left. Not collective: each rank does the same. */
GRAFT_MUST_USE graft_status graft_ensemble_init(graft_ensemble *ensemble,
                                                const graft_solve_config *config);

/** Release. */
void graft_ensemble_fini(graft_ensemble *ensemble);

#endif
