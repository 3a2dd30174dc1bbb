/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_MTL_OBJECTIVE_RANKS_H
#define GRAFT_MTL_OBJECTIVE_RANKS_H

/** @file objective_ranks.h
 *  An objective whose samples are spread over ranks: each rank evaluates its own part of the batch,
 *  and losses, counts and gradients are summed. Optimisers then do the same on every rank. */

#include "base/comm.h"
#include "mtl/objective.h"

/** The wrapper; caller's struct, must stay where it is while `objective` is in use. */
typedef struct graft_objective_ranks {
  graft_objective objective;    /**< what to hand to the trainer */
  const graft_objective *inner; /**< borrowed */
  const graft_comm *comm;       /**< borrowed */
} graft_objective_ranks;

/** Collective. Wrap @p inner, whose count and eval tell of this rank's part of each batch.
 *  n, tasks, steps_per_epoch and validation_batches must agree over ranks.
 *  Cost of an evaluation: one sum over ranks for each array of the reply.
 *  @return GRAFT_INTERNAL on every rank when they do not agree */
GRAFT_MUST_USE graft_status graft_objective_ranks_init(graft_objective_ranks *ranks,
                                                       const graft_objective *inner,
                                                       const graft_comm *comm);

#endif
