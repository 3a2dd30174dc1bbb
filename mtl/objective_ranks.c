/* SPDX-License-Identifier: BSD-2-Clause */
#include "mtl/objective_ranks.h"

static graft_status count(void *ctx, const graft_request *request, double *samples) {
  graft_objective_ranks *r = ctx;
  graft_status status = r->inner->count(r->inner->ctx, request, samples);
  GRAFT_TRY(graft_comm_agree(r->comm, status));
  return r->comm->sum(r->comm->ctx, samples, r->inner->tasks);
}

static graft_status eval(void *ctx, const graft_request *request, const graft_real *theta,
                         graft_reply *reply) {
  graft_objective_ranks *r = ctx;
  const graft_objective *f = r->inner;
  const graft_comm *comm = r->comm;
  graft_status status = f->eval(f->ctx, request, theta, reply);
  GRAFT_TRY(graft_comm_agree(comm, status));
  GRAFT_TRY(comm->sum(comm->ctx, reply->loss, f->tasks));
  GRAFT_TRY(comm->sum(comm->ctx, reply->count, f->tasks));
  if (request->want & GRAFT_WANT_SUM) GRAFT_TRY(comm->sum_real(comm->ctx, reply->sum, f->n));
  for (size_t k = 0; request->want & GRAFT_WANT_ROWS && k < f->tasks; k++) {
    if (!(request->tasks >> k & 1)) continue;
    GRAFT_TRY(comm->sum_real(comm->ctx, reply->rows + k * f->n, f->n));
  }
  return GRAFT_OK;
}

static graft_status save(void *ctx, graft_bundle *bundle) {
  graft_objective_ranks *r = ctx;
  return r->inner->save(r->inner->ctx, bundle);
}

static graft_status load(void *ctx, const graft_bundle *bundle) {
  graft_objective_ranks *r = ctx;
  return r->inner->load(r->inner->ctx, bundle);
}

static void keep(void *ctx) {
  graft_objective_ranks *r = ctx;
  r->inner->keep(r->inner->ctx);
}

graft_status graft_objective_ranks_init(graft_objective_ranks *ranks, const graft_objective *inner,
                                        const graft_comm *comm) {
  const char *const name[] = {"parameters", "tasks", "steps per epoch", "validation batches"};
  const double own[] = {(double)inner->n, (double)inner->tasks, (double)inner->steps_per_epoch,
                        (double)inner->validation_batches};
  for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
    double range[] = {own[i], -own[i]}; /* maximum and minus minimum over ranks */
    GRAFT_TRY(comm->max(comm->ctx, range, 2));
    GRAFT_CHECK(range[0] == -range[1], INTERNAL, "ranks: expected one number of %s, got %g to %g",
                name[i], -range[1], range[0]);
  }
  *ranks = (graft_objective_ranks){.objective = *inner, .inner = inner, .comm = comm};
  ranks->objective.ctx = ranks;
  ranks->objective.count = count;
  ranks->objective.eval = eval;
  ranks->objective.save = inner->save ? save : NULL;
  ranks->objective.load = inner->load ? load : NULL;
  ranks->objective.keep = inner->keep ? keep : NULL;
  return GRAFT_OK;
}
