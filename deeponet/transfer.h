/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_DEEPONET_TRANSFER_H
#define GRAFT_DEEPONET_TRANSFER_H

/** @file transfer.h
 *  A trained model as the start of another one, on new tasks and geometries.
 *
 *      graft_deeponet_names(old, &names)                    // what the old model knows
 *      graft_view_init({names, chosen samples of the target}, 2, &source)
 *      graft_deeponet_transfer(old, &how, &config, &source, "default", comm, &model)
 *      graft_deeponet_objective(model, …)                   // and train as usual
 *
 *  The new model knows the tasks, geometries, boundary values and training ranges of the old one
 * beside the new ones, and remembers the samples of both (graft_deeponet_check_seen()). A new task
 * starts with the mean of the old tasks' codes.
 *  Reference: kumar2025, goswami2022. */

#include "deeponet/model.h"

/** What is taken over. */
typedef struct graft_transfer {
  bool trunk_only;     /**< parameters of the trunk alone; the branch starts afresh: a graft */
  bool own_statistics; /**< z-scores of inputs are those of the new samples, else the old model's;
                            principal components are the old model's unless trunk_only is set too */
  double discrepancy;  /**< weight of discrepancy.h in the losses of new tasks; 0: none */
  const graft_source *reference; /**< samples of old tasks that it compares with, all of them; or
                                      NULL */
} graft_transfer;

/** Tasks and geometries that a model knows, as a source without samples.
 *  @param source release with graft_source_fini() */
GRAFT_MUST_USE graft_status graft_deeponet_names(const graft_deeponet *model, graft_source *source);

/** Does a data set have the model's problem, grid, inputs and numbers of samples?
 *  @return GRAFT_INPUT saying what was expected and got */
GRAFT_MUST_USE graft_status graft_deeponet_check_source(const graft_deeponet *model,
                                                        const graft_source_info *info);

/** A model out of another one, with a training set like graft_deeponet_create_ranks(). Collective.
 *  @param from trained model, a single network without skip path; not changed; on every rank
 *  @param how what is taken over
 *  @param config of the new model; its layers must be those of @p from where parameters are taken
 *  @param source its first tasks and geometries are those of graft_deeponet_names(); borrowed like
 *         in graft_deeponet_create()
 *  @param split name of the split
 *  @param comm used during the call only; with batch_norm borrowed until the model is destroyed
 *  @param model returned (destroy with graft_deeponet_destroy())
 *  Cost: as graft_deeponet_create(), without the fit of principal components.
 *  @return GRAFT_USAGE for ensembles, skip paths, and layers that differ */
GRAFT_MUST_USE graft_status graft_deeponet_transfer(const graft_deeponet *from,
                                                    const graft_transfer *how,
                                                    const graft_deeponet_config *config,
                                                    const graft_source *source, const char *split,
                                                    const graft_comm *comm, graft_deeponet **model);

#endif
