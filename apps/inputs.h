/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_APPS_INPUTS_H
#define GRAFT_APPS_INPUTS_H

/** @file inputs.h
 *  Inputs that `predict` makes itself: regions, random fields or those of files, their reference
 *  solutions, and their solutions where they are asked for. */

#include "apps/pde.h"
#include "solvers/samples.h"

/** Are inputs made? Otherwise they come from `-data`.
 *  @return GRAFT_USAGE for options that exclude each other, or if none says what to predict */
GRAFT_MUST_USE graft_status graft_inputs_wanted(const graft_pde_predict *config, bool *made);

/** Make them on the grid of the model. PETSc is initialised.
 *  @param config its member solve is completed
 *  @param samples release with graft_samples_fini()
 *  @return as graft_samples_init() */
GRAFT_MUST_USE graft_status graft_inputs_make(const graft_app *app, graft_pde_predict *config,
                                              const graft_deeponet *model, graft_samples *samples);

/** Say which regions are new to the model, in one line; refuse those that it can't know.
 *  @param unknown receives how many are new
 *  @return GRAFT_INPUT unless config->untold */
GRAFT_MUST_USE graft_status graft_inputs_check_regions(const graft_app *app,
                                                       const graft_pde_predict *config,
                                                       graft_deeponet *model,
                                                       const graft_source *source, size_t *unknown);

#endif
