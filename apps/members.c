/* SPDX-License-Identifier: BSD-2-Clause */
#include "apps/members.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "deeponet/ensemble.h"
#include "io/atomic.h"
#include "io/bundle_file.h"
#include "io/run_dir.h"

enum { PATH = GRAFT_PATH_SIZE + 64 };

/* An ensemble under way. */
struct ensemble {
  graft_app *app;
  const graft_pde_train *config;
  graft_deeponet *model; /* of all members so far */
  double seconds;        /* of all trainings */
  double validation;     /* mean over the members' lowest losses */
  long long steps;       /* of all trainings */
  char options[16384];   /* effective options: what a finished ensemble is recognised by */
};

static void member_path(const struct ensemble *e, long long m, char *path, size_t size) {
  snprintf(path, size, "%.*s/member-%lld", GRAFT_PATH_SIZE - 32, e->config->output, m);
}

/* Train member m (from 1) as a run of its own. */
static graft_status train_member(const struct ensemble *e, long long m) {
  graft_app part = graft_pde_part(e->app, e->app->verb);
  graft_pde_train *own = NULL;
  graft_status status = graft_alloc(&own, 1, sizeof *own);
  GRAFT_TRY_TO(freed, graft_comm_agree(&e->app->comm, status));
  *own = *e->config;
  own->members = 1;
  own->model.seed += m - 1;
  own->trainer.seed += m - 1;
  member_path(e, m, own->output, sizeof own->output);
  part.silent = e->app->json;
  graft_app_log(e->app, "train: member %lld of %lld, seed %lld", m, e->config->members,
                own->model.seed);
  status = e->app->verb->run(&part, own);
freed:
  graft_free(own);
  return status;
}

/* Take member m's network and the record of its training. Rank 0. */
static graft_status collect_member(struct ensemble *e, long long m) {
  char path[PATH], directory[GRAFT_PATH_SIZE];
  graft_deeponet *member = NULL;
  graft_bundle bundle;
  double seconds = 0.0, validation = 0.0;
  int64_t steps = 0;
  graft_status status;
  member_path(e, m, directory, sizeof directory);
  snprintf(path, sizeof path, "%s/model.h5", directory);
  GRAFT_TRY(graft_pde_load(path, &bundle, &member));
  GRAFT_TRY_TO(done, graft_bundle_get_real(&bundle, "training/seconds", &seconds));
  GRAFT_TRY_TO(done, graft_bundle_get_real(&bundle, "training/validation", &validation));
  GRAFT_TRY_TO(done, graft_bundle_get_int(&bundle, "training/step", &steps));
  e->seconds += seconds;
  e->validation += validation / (double)e->config->members;
  e->steps += steps;
  if (e->model) {
    GRAFT_TRY_TO(done, graft_deeponet_join(e->model, member));
  } else {
    e->model = member;
    member = NULL;
  }
done:
  graft_bundle_fini(&bundle);
  graft_deeponet_destroy(member);
  return status;
}

static graft_status put(const struct ensemble *e, graft_bundle *bundle) {
  GRAFT_TRY(graft_deeponet_save(e->model, bundle));
  GRAFT_TRY(graft_bundle_put_int(bundle, "training/step", e->steps));
  GRAFT_TRY(graft_bundle_put_int(bundle, "training/best_step", e->steps));
  GRAFT_TRY(graft_bundle_put_real(bundle, "training/seconds", e->seconds));
  GRAFT_TRY(graft_bundle_put_real(bundle, "training/validation", e->validation));
  GRAFT_TRY(graft_bundle_put_text(bundle, "training/data", e->config->data));
  GRAFT_TRY(graft_bundle_put_text(bundle, "training/split", e->config->split));
  return graft_bundle_put_text(bundle, "training/finished", e->options);
}

static graft_status print_result(const struct ensemble *e) {
  char time[64];
  graft_json json;
  if (e->app->silent) return GRAFT_OK;
  if (!e->app->json) {
    printf("%s: %lld networks in %s, mean of their lowest validation losses %.4g\n",
           e->config->output, e->config->members, graft_meter_time(e->seconds, time, sizeof time),
           e->validation);
    return GRAFT_OK;
  }
  graft_json_init(&json, stdout);
  graft_json_object(&json, NULL);
  graft_json_text(&json, "run", e->config->output);
  graft_json_int(&json, "members", e->config->members);
  graft_json_int(&json, "steps", e->steps);
  graft_json_real(&json, "validation", e->validation);
  graft_json_real(&json, "seconds", e->seconds);
  graft_json_end_object(&json);
  return graft_json_finish(&json);
}

/* All members' networks and records as one model. Rank 0. */
static graft_status gather(struct ensemble *e, graft_bundle *bundle) {
  for (long long m = 1; m <= e->config->members; m++) GRAFT_TRY(collect_member(e, m));
  return put(e, bundle);
}

/* RUN/model.h5 out of the members' files. Rank 0 reads them, all store together. */
static graft_status collect(struct ensemble *e, graft_run_dir *run) {
  const graft_comm *comm = &e->app->comm;
  const graft_sink sink = graft_run_dir_sink(run);
  graft_status status = GRAFT_OK;
  graft_bundle bundle;
  graft_bundle_init(&bundle);
  if (comm->rank == 0) status = gather(e, &bundle);
  status = graft_comm_agree(comm, status);
  if (status == GRAFT_OK) status = sink.store(sink.ctx, "model", &bundle);
  graft_bundle_fini(&bundle);
  GRAFT_TRY(status);
  return graft_comm_agree(comm, comm->rank == 0 ? print_result(e) : GRAFT_OK);
}

static bool is_finished(const struct ensemble *e, const graft_run_dir *run) {
  char path[PATH];
  const char *options;
  graft_bundle bundle;
  graft_run_dir_path(run, "model.h5", path, sizeof path);
  if (strcmp(e->config->resume, "never") == 0 || !graft_file_exists(path)) return false;
  if (graft_bundle_read(path, "model", &bundle, NULL) != GRAFT_OK) return false;
  bool finished = graft_bundle_get_text(&bundle, "training/finished", &options) == GRAFT_OK &&
                  strcmp(options, e->options) == 0;
  graft_bundle_fini(&bundle);
  return finished;
}

static graft_status train_all(struct ensemble *e, graft_run_dir *run) {
  const graft_comm *comm = &e->app->comm;
  bool finished = comm->rank == 0 && is_finished(e, run);
  GRAFT_TRY(comm->broadcast(comm->ctx, &finished, sizeof finished));
  if (finished) {
    graft_app_log(e->app, "%s is finished already (-resume never starts afresh)",
                  e->config->output);
    return GRAFT_OK;
  }
  for (long long m = 1; m <= e->config->members; m++) GRAFT_TRY(train_member(e, m));
  return collect(e, run);
}

/* What the run directory is opened with. Every rank makes its own. */
static graft_status describe(graft_app *app, const graft_pde_train *config, struct ensemble **e,
                             graft_provenance *provenance, graft_yaml *yaml) {
  GRAFT_TRY(graft_alloc(e, 1, sizeof **e));
  (*e)->app = app;
  (*e)->config = config;
  GRAFT_TRY(graft_pde_provenance(app, config, config->trainer.seed, provenance));
  snprintf((*e)->options, sizeof(*e)->options, "%s", provenance->options);
  return graft_options_effective(app->verb, config, &app->petsc, yaml);
}

graft_status graft_members_train(graft_app *app, const graft_pde_train *config) {
  struct ensemble *e = NULL;
  graft_provenance provenance = {0};
  graft_run_dir *run = NULL;
  graft_yaml yaml = {0};
  const graft_verb *verb = app->verb;
  graft_status status = describe(app, config, &e, &provenance, &yaml);
  GRAFT_TRY_TO(done, graft_comm_agree(&app->comm, status));
  GRAFT_TRY_TO(done, graft_run_dir_open(config->output, &app->comm, &provenance, &run));
  GRAFT_TRY_TO(done, graft_run_dir_configure(run, &yaml, graft_options_may_change, &verb, NULL));
  status = train_all(e, run);
done:
  if (e) graft_deeponet_destroy(e->model);
  graft_run_dir_close(run);
  graft_yaml_fini(&yaml);
  graft_provenance_fini(&provenance);
  graft_free(e);
  return status;
}
