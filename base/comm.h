/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_BASE_COMM_H
#define GRAFT_BASE_COMM_H

/** @file comm.h
 *  Ranks, as libraries that do not link MPI see them. `io/` supplies the MPI version. All calls are
 *  collective over the ranks of the struct, in the same order with the same counts. */

#include <stddef.h>

#include "base/real.h"
#include "base/status.h"

/** A group of ranks: values and a table of operations. */
typedef struct graft_comm {
  int rank;  /**< of this process, 0 … size − 1 */
  int size;  /**< number of ranks, ≥ 1 */
  void *ctx; /**< private to the implementation */
  /** value [count] = sum over ranks, the same bits on every rank. */
  graft_status (*sum)(void *ctx, double *value, size_t count);
  /** The same for parameters and gradients. */
  graft_status (*sum_real)(void *ctx, graft_real *value, size_t count);
  /** value [count] = maximum over ranks. */
  graft_status (*max)(void *ctx, double *value, size_t count);
  /** Copy @p bytes of rank 0's @p data to all. */
  graft_status (*broadcast)(void *ctx, void *data, size_t bytes);
} graft_comm;

/** The comm of one rank: sums and broadcasts do nothing. */
graft_comm graft_comm_serial(void);

/** Agree on a status: if it failed on any rank, all ranks get the worst one, and rank 0 the message
 *  of the lowest failing rank. Collective. Call before every collective that a failed rank would
 *  not reach. */
GRAFT_MUST_USE graft_status graft_comm_agree(const graft_comm *comm, graft_status status);

#endif
