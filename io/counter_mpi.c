/* SPDX-License-Identifier: BSD-2-Clause */
/* Method:    one integer in a window of rank 0, MPI_Fetch_and_op under a shared lock that is held
 *            throughout.
 * Reference: mpi2015, section 11.3.4 (MPI_Fetch_and_op). */
#include "io/counter_mpi.h"

#include "base/arena.h"
#include "io/comm_mpi.h"

struct graft_counter {
  MPI_Win window;  /* MPI_WIN_NULL: one rank */
  long long value; /* of one rank */
};

static graft_status open_window(graft_counter *counter, const graft_comm *comm) {
  MPI_Aint size = comm->rank == 0 ? sizeof(long long) : 0;
  MPI_Comm mpi = graft_comm_mpi_get(comm);
  long long *cell;
  GRAFT_TRY(graft_mpi_check(
      MPI_Win_allocate(size, sizeof *cell, MPI_INFO_NULL, mpi, (void *)&cell, &counter->window)));
  MPI_Win_set_errhandler(counter->window, MPI_ERRORS_RETURN);
  if (comm->rank == 0) {
    GRAFT_TRY(graft_mpi_check(MPI_Win_lock(MPI_LOCK_EXCLUSIVE, 0, 0, counter->window)));
    *cell = 0;
    GRAFT_TRY(graft_mpi_check(MPI_Win_unlock(0, counter->window)));
  }
  GRAFT_TRY(graft_mpi_check(MPI_Barrier(mpi)));
  return graft_mpi_check(MPI_Win_lock_all(0, counter->window));
}

graft_status graft_counter_create(const graft_comm *comm, graft_counter **out) {
  graft_counter *counter = NULL;
  *out = NULL;
  graft_status status = graft_comm_agree(comm, graft_alloc(&counter, 1, sizeof *counter));
  if (status == GRAFT_OK) {
    counter->window = MPI_WIN_NULL;
    if (graft_comm_mpi_get(comm) != MPI_COMM_NULL) status = open_window(counter, comm);
    status = graft_comm_agree(comm, status);
  }
  if (status != GRAFT_OK) {
    graft_free(counter); /* a half-open window can't be freed by all ranks together */
    return status;
  }
  *out = counter;
  return GRAFT_OK;
}

void graft_counter_destroy(graft_counter *counter) {
  if (!counter) return;
  if (counter->window != MPI_WIN_NULL) {
    MPI_Win_unlock_all(counter->window);
    MPI_Win_free(&counter->window);
  }
  graft_free(counter);
}

graft_status graft_counter_add(graft_counter *counter, long long step, long long *value) {
  if (counter->window == MPI_WIN_NULL) {
    *value = counter->value;
    counter->value += step;
    return GRAFT_OK;
  }
  GRAFT_TRY(graft_mpi_check(
      MPI_Fetch_and_op(&step, value, MPI_LONG_LONG, 0, 0, MPI_SUM, counter->window)));
  return graft_mpi_check(MPI_Win_flush(0, counter->window));
}
