/* SPDX-License-Identifier: BSD-2-Clause */
/* What a training set puts into checkpoints, and its place among the ranks. */
#include <string.h>

#include "base/hash.h"
#include "deeponet/training_impl.h"

/* A run goes on with the samples that it began with. */
static int64_t fingerprint(const struct training *t) {
  const graft_deeponet *model = t->model;
  return (int64_t)graft_hash(GRAFT_HASH_START, model->seen, model->seen_count * sizeof(int64_t));
}

/* Running statistics now, and those of the best parameters. */
static const char *const running_name[] = {"data/running", "data/running_best"};

graft_status graft_training_save(void *ctx, graft_bundle *bundle) {
  struct training *t = ctx;
  size_t S;
  const double *running = graft_graph_state(t->network.graph, &S);
  GRAFT_TRY(graft_bundle_put_int(bundle, "data/fingerprint", fingerprint(t)));
  if (S == 0) return GRAFT_OK;
  GRAFT_TRY(graft_bundle_put(bundle, running_name[0], GRAFT_FLOAT64, GRAFT_SHAPE(1, S), running));
  return graft_bundle_put(bundle, running_name[1], GRAFT_FLOAT64, GRAFT_SHAPE(1, S), t->kept);
}

graft_status graft_training_load_state(void *ctx, const graft_bundle *bundle) {
  struct training *t = ctx;
  int64_t before;
  size_t S;
  const double *now, *best;
  double *running = graft_graph_state(t->network.graph, &S);
  GRAFT_TRY(graft_bundle_get_int(bundle, "data/fingerprint", &before));
  GRAFT_CHECK(before == fingerprint(t), INPUT,
              "data/fingerprint: expected the samples that the run began with, got others (was the "
              "data set made anew?)");
  if (S == 0) return GRAFT_OK;
  GRAFT_TRY(graft_bundle_get(bundle, running_name[0], GRAFT_FLOAT64, GRAFT_SHAPE(1, S), &now));
  GRAFT_TRY(graft_bundle_get(bundle, running_name[1], GRAFT_FLOAT64, GRAFT_SHAPE(1, S), &best));
  memcpy(running, now, S * sizeof *running);
  memcpy(t->kept, best, S * sizeof *running);
  return GRAFT_OK;
}

const double *graft_model_state(const graft_deeponet *model, size_t *count) {
  const double *own = graft_graph_state(model->network.graph, count);
  return model->training ? model->training->kept : own;
}

void graft_training_state(struct training *t, const double *state) {
  size_t S;
  double *running = graft_graph_state(t->network.graph, &S);
  memcpy(running, state, S * sizeof *running);
  memcpy(t->kept, state, S * sizeof *running);
}

void graft_training_keep(void *ctx) {
  struct training *t = ctx;
  size_t S;
  const double *running = graft_graph_state(t->network.graph, &S);
  if (S) memcpy(t->kept, running, S * sizeof *running);
}

static graft_status sum_ranks(void *ctx, double *value, size_t count) {
  const struct training *t = ctx;
  return t->comm->sum(t->comm->ctx, value, count);
}

void graft_training_couple(struct training *t, const graft_comm *comm) {
  if (!t->coupled || comm->size == 1) return;
  t->comm = comm;
  graft_graph_share(t->network.graph, sum_ranks, t);
}

void graft_training_share(struct training *t, size_t rank, size_t size) {
  t->rank = rank;
  t->size = size;
}
