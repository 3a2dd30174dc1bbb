/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/comm.h"

#include <stdio.h>
#include <string.h>

static graft_status keep(void *ctx, double *value, size_t count) {
  (void)ctx, (void)value, (void)count;
  return GRAFT_OK;
}

static graft_status keep_real(void *ctx, graft_real *value, size_t count) {
  (void)ctx, (void)value, (void)count;
  return GRAFT_OK;
}

static graft_status keep_bytes(void *ctx, void *data, size_t bytes) {
  (void)ctx, (void)data, (void)bytes;
  return GRAFT_OK;
}

graft_comm graft_comm_serial(void) {
  return (graft_comm){.rank = 0,
                      .size = 1,
                      .sum = keep,
                      .sum_real = keep_real,
                      .max = keep,
                      .broadcast = keep_bytes};
}

enum { MESSAGE = 1024 };

/* The message of rank `from`, on all ranks: its bytes summed with zeros of the others. */
static graft_status share_message(const graft_comm *comm, int from, char text[MESSAGE]) {
  double byte[MESSAGE] = {0};
  if (comm->rank == from) {
    const char *message = graft_error_message();
    for (size_t i = 0; message[i] && i + 1 < MESSAGE; i++) byte[i] = (unsigned char)message[i];
  }
  GRAFT_TRY(comm->sum(comm->ctx, byte, MESSAGE));
  for (size_t i = 0; i < MESSAGE; i++) text[i] = (char)(unsigned char)byte[i];
  return GRAFT_OK;
}

graft_status graft_comm_agree(const graft_comm *comm, graft_status status) {
  if (comm->size == 1) return status;
  /* max of (failed, size − rank): the lowest failing rank; its status and message rule. */
  double first = status == GRAFT_OK ? 0 : comm->size - comm->rank;
  GRAFT_TRY(comm->max(comm->ctx, &first, 1));
  if (first < 0.5) return GRAFT_OK;
  int from = comm->size - (int)(first + 0.5);
  double code = comm->rank == from ? (double)status : 0;
  char text[MESSAGE];
  GRAFT_TRY(comm->sum(comm->ctx, &code, 1));
  GRAFT_TRY(share_message(comm, from, text));
  return graft_error_set((graft_status)(code + 0.5), __FILE__, __LINE__, "%s", text);
}
