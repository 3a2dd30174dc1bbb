/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_IO_COUNTER_MPI_H
#define GRAFT_IO_COUNTER_MPI_H

/** @file counter_mpi.h
 *  A counter that ranks share without a partner: work is handed out by adding one to it. */

#include "base/comm.h"

/** The counter; create/destroy. */
typedef struct graft_counter graft_counter;

/** A counter at 0. Collective.
 *  @param comm of graft_comm_mpi_create(), or serial; borrowed until graft_counter_destroy()
 *  @param counter returned, destroy with graft_counter_destroy() */
GRAFT_MUST_USE graft_status graft_counter_create(const graft_comm *comm, graft_counter **counter);

/** Release; NULL is allowed. Collective. */
void graft_counter_destroy(graft_counter *counter);

/** Add @p step and give the value from before. Not collective: no other rank has to listen.
 *  Cost: about 1 µs within a node, one round trip between nodes. */
GRAFT_MUST_USE graft_status graft_counter_add(graft_counter *counter, long long step,
                                              long long *value);

#endif
