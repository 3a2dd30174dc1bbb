/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_SOLVERS_SAMPLES_H
#define GRAFT_SOLVERS_SAMPLES_H

/** @file samples.h
 *  A few samples in memory instead of a file: inputs for a model, and their solutions to compare it
 *  with. */

#include "solvers/generator.h"

/** Samples and what their fields are; caller's struct, not to be moved. */
typedef struct graft_samples {
  graft_source source;                                   /**< gives them out */
  size_t fields;                                         /**< number of fields */
  graft_dataset_field field[GRAFT_GENERATOR_FIELDS + 1]; /**< their texts, an end row */
  const char *name[GRAFT_GENERATOR_FIELDS + 1];          /**< [fields] their names, then NULL */
  graft_source_nodes nodes;            /**< of all samples, if the options want them */
  float *data[GRAFT_GENERATOR_FIELDS]; /**< [fields][S x points of the field] */
} graft_samples;

/** Make the samples of a configuration: the same ones, bit by bit, that graft_ensemble_run()
 * writes. Not collective, on this rank alone. PETSc must be initialised.
 *  @param samples uninitialised; on success release with graft_samples_fini()
 *  @param progress or NULL
 *  @param report receives times and error estimates; or NULL
 *  Cost: that of graft_ensemble_run() on one rank; memory for all fields of all samples.
 *  @return as graft_ensemble_run() */
GRAFT_MUST_USE graft_status graft_samples_init(graft_samples *samples,
                                               const graft_solve_config *config,
                                               const graft_solve_progress *progress,
                                               graft_solve_report *report);

/** Release. */
void graft_samples_fini(graft_samples *samples);

#endif
