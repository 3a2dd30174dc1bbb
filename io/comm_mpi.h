/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_IO_COMM_MPI_H
#define GRAFT_IO_COMM_MPI_H

/** @file comm_mpi.h
 *  The MPI version of ::graft_comm. Sums are taken in rank order (in double for parameters), so all
 *  ranks get the same bits and a run with the same number of ranks repeats bitwise. */

#include <mpi.h>

#include "base/comm.h"

/** Start MPI if nobody has, and give the comm of all ranks. Works without mpiexec (one rank).
 *  Call once, before PetscInitialize() where both are used.
 *  @param argc, argv of main(); NULL allowed
 *  @param comm release with graft_mpi_finalize() */
GRAFT_MUST_USE graft_status graft_mpi_init(int *argc, char ***argv, graft_comm *comm);

/** Release @p comm and stop MPI if graft_mpi_init() started it and it still runs. Collective. */
void graft_mpi_finalize(graft_comm *comm);

/** A comm over the ranks of @p mpi (duplicated). Collective.
 *  Cost: a sum of n values sends 2 n per rank. Release with graft_comm_mpi_destroy(). */
GRAFT_MUST_USE graft_status graft_comm_mpi_create(MPI_Comm mpi, graft_comm *comm);

/** Release; a serial comm is left alone. Collective. */
void graft_comm_mpi_destroy(graft_comm *comm);

/** GRAFT_INTERNAL with MPI's text unless @p error is MPI_SUCCESS. */
GRAFT_MUST_USE graft_status graft_mpi_check(int error);

/** Communicator below @p comm, or MPI_COMM_NULL if it is not one of these. Borrowed. */
MPI_Comm graft_comm_mpi_get(const graft_comm *comm);

#endif
