/* SPDX-License-Identifier: BSD-2-Clause */
/* A model on several ranks: one fits, the others get its result and their own training set. */
#include "deeponet/model_impl.h"

static graft_status put(const graft_deeponet *model, graft_bundle *bundle) {
  GRAFT_CHECK(model && model->training, INTERNAL, "rank 0: expected a model with its training set");
  GRAFT_TRY(graft_deeponet_save(model, bundle));
  return graft_training_put(model->training, bundle);
}

static graft_status take(const graft_bundle *bundle, const graft_source *source, const char *split,
                         graft_deeponet **model) {
  GRAFT_TRY(graft_deeponet_load(bundle, model));
  return graft_training_attach(*model, source, split, bundle);
}

/* Rank 0's model to the others. Every rank's part may fail, so they agree after each. */
static graft_status share(const graft_source *source, const char *split, const graft_comm *comm,
                          graft_deeponet **model) {
  graft_bundle bundle;
  graft_status status = GRAFT_OK;
  graft_bundle_init(&bundle);
  if (comm->rank == 0) status = put(*model, &bundle);
  status = graft_comm_agree(comm, status);
  if (status == GRAFT_OK) status = graft_bundle_broadcast(&bundle, comm);
  if (status == GRAFT_OK) {
    if (comm->rank != 0) status = take(&bundle, source, split, model);
    status = graft_comm_agree(comm, status);
  }
  graft_bundle_fini(&bundle);
  if (status != GRAFT_OK || !*model) return status;
  graft_training_couple((*model)->training, comm);
  return graft_deeponet_share(*model, comm->rank, comm->size);
}

graft_status graft_model_share(graft_status status, const graft_source *source, const char *split,
                               const graft_comm *comm, graft_deeponet **model) {
  status = graft_comm_agree(comm, status);
  if (status == GRAFT_OK && comm->size > 1) status = share(source, split, comm, model);
  if (status != GRAFT_OK) {
    graft_deeponet_destroy(*model);
    *model = NULL;
  }
  return status;
}

graft_status graft_deeponet_create_ranks(const graft_deeponet_config *config,
                                         const graft_source *source, const char *split,
                                         const graft_comm *comm, graft_deeponet **model) {
  graft_status status = GRAFT_OK;
  *model = NULL;
  if (comm->rank == 0) status = graft_deeponet_create(config, source, split, model);
  return graft_model_share(status, source, split, comm, model);
}
