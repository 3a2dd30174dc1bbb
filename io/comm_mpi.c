/* SPDX-License-Identifier: BSD-2-Clause */
/* Method: a sum over ranks is an all-to-all of pieces, each piece summed by one rank in rank order,
 * and an all-gather of the results: the order of additions is fixed by the rank numbers alone.
 * Cost: 2 n values sent per rank, as the bandwidth-optimal reduce-scatter + all-gather; buffers of
 *   2 x BLOCK values.
 * Reference: thakur2005 (reduce-scatter and all-gather for long vectors). */
#include "io/comm_mpi.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "base/arena.h"

enum { BLOCK = 1 << 16 /* values summed at a time, all ranks' pieces together */ };

struct context {
  MPI_Comm mpi;
  int rank, size;
  bool owns_mpi; /* we called MPI_Init */
  size_t piece;  /* most values per rank and round */
  double *in;    /* [size x piece] */
  double *out;   /* [size x piece] */
};

graft_status graft_mpi_check(int error) {
  char text[MPI_MAX_ERROR_STRING] = "";
  int length;
  if (error == MPI_SUCCESS) return GRAFT_OK;
  MPI_Error_string(error, text, &length);
  return graft_error_set(GRAFT_INTERNAL, __FILE__, __LINE__, "MPI: %s", text);
}

/* One round: `count` ≤ size × piece values already in c->in as doubles; the sums end in c->in. */
static graft_status sum_round(struct context *c, size_t count) {
  size_t size = (size_t)c->size, piece = (count + size - 1) / size;
  int n = (int)piece;
  memset(c->in + count, 0, (piece * size - count) * sizeof *c->in);
  GRAFT_TRY(graft_mpi_check(MPI_Alltoall(c->in, n, MPI_DOUBLE, c->out, n, MPI_DOUBLE, c->mpi)));
  for (size_t r = 1; r < size; r++) {
    const double *from = c->out + r * piece;
    for (size_t i = 0; i < piece; i++) c->out[i] += from[i];
  }
  return graft_mpi_check(MPI_Allgather(c->out, n, MPI_DOUBLE, c->in, n, MPI_DOUBLE, c->mpi));
}

static graft_status sum(void *ctx, double *value, size_t count) {
  struct context *c = ctx;
  size_t most = c->piece * (size_t)c->size;
  for (size_t i = 0; i < count; i += most) {
    size_t n = count - i < most ? count - i : most;
    memcpy(c->in, value + i, n * sizeof *value);
    GRAFT_TRY(sum_round(c, n));
    memcpy(value + i, c->in, n * sizeof *value);
  }
  return GRAFT_OK;
}

static graft_status sum_real(void *ctx, graft_real *value, size_t count) {
  struct context *c = ctx;
  size_t most = c->piece * (size_t)c->size;
  for (size_t i = 0; i < count; i += most) {
    size_t n = count - i < most ? count - i : most;
    for (size_t j = 0; j < n; j++) c->in[j] = (double)value[i + j];
    GRAFT_TRY(sum_round(c, n));
    for (size_t j = 0; j < n; j++) value[i + j] = (graft_real)c->in[j];
  }
  return GRAFT_OK;
}

static graft_status max(void *ctx, double *value, size_t count) {
  struct context *c = ctx;
  for (size_t i = 0; i < count; i += INT_MAX / 2) {
    size_t n = count - i < INT_MAX / 2 ? count - i : INT_MAX / 2;
    GRAFT_TRY(graft_mpi_check(
        MPI_Allreduce(MPI_IN_PLACE, value + i, (int)n, MPI_DOUBLE, MPI_MAX, c->mpi)));
  }
  return GRAFT_OK;
}

static graft_status broadcast(void *ctx, void *data, size_t bytes) {
  struct context *c = ctx;
  char *at = data;
  for (size_t i = 0; i < bytes; i += INT_MAX / 2) {
    size_t n = bytes - i < INT_MAX / 2 ? bytes - i : INT_MAX / 2;
    GRAFT_TRY(graft_mpi_check(MPI_Bcast(at + i, (int)n, MPI_BYTE, 0, c->mpi)));
  }
  return GRAFT_OK;
}

static graft_status allocate(struct context *c) {
  size_t size = (size_t)c->size;
  c->piece = size < BLOCK ? (BLOCK + size - 1) / size : 1;
  GRAFT_TRY(graft_alloc(&c->in, c->piece * size, sizeof *c->in));
  return graft_alloc(&c->out, c->piece * size, sizeof *c->out);
}

static void release(struct context *c) {
  graft_free(c->in);
  graft_free(c->out);
  graft_free(c);
}

graft_status graft_comm_mpi_create(MPI_Comm mpi, graft_comm *comm) {
  struct context *c;
  *comm = graft_comm_serial();
  GRAFT_TRY(graft_alloc(&c, 1, sizeof *c));
  graft_status status = graft_mpi_check(MPI_Comm_dup(mpi, &c->mpi));
  if (status != GRAFT_OK) {
    release(c);
    return status;
  }
  MPI_Comm_set_errhandler(c->mpi, MPI_ERRORS_RETURN);
  MPI_Comm_rank(c->mpi, &c->rank);
  MPI_Comm_size(c->mpi, &c->size);
  status = allocate(c);
  if (status != GRAFT_OK) {
    MPI_Comm_free(&c->mpi);
    release(c);
    return status;
  }
  *comm = (graft_comm){.rank = c->rank,
                       .size = c->size,
                       .ctx = c,
                       .sum = sum,
                       .sum_real = sum_real,
                       .max = max,
                       .broadcast = broadcast};
  return GRAFT_OK;
}

void graft_comm_mpi_destroy(graft_comm *comm) {
  if (comm->sum == sum) {
    struct context *c = comm->ctx;
    MPI_Comm_free(&c->mpi);
    release(c);
  }
  *comm = graft_comm_serial();
}

MPI_Comm graft_comm_mpi_get(const graft_comm *comm) {
  return comm->sum == sum ? ((const struct context *)comm->ctx)->mpi : MPI_COMM_NULL;
}

graft_status graft_mpi_init(int *argc, char ***argv, graft_comm *comm) {
  int running = 0, threads; /* the main one alone calls MPI; others compute and read */
  *comm = graft_comm_serial();
  MPI_Initialized(&running);
  if (!running)
    GRAFT_TRY(graft_mpi_check(MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &threads)));
  GRAFT_TRY(graft_comm_mpi_create(MPI_COMM_WORLD, comm));
  ((struct context *)comm->ctx)->owns_mpi = !running;
  return GRAFT_OK;
}

void graft_mpi_finalize(graft_comm *comm) {
  bool owns = comm->sum == sum && ((const struct context *)comm->ctx)->owns_mpi;
  int over = 0;
  graft_comm_mpi_destroy(comm);
  MPI_Finalized(&over);
  if (owns && !over) MPI_Finalize();
}
