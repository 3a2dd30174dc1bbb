/* SPDX-License-Identifier: BSD-2-Clause */
/* Verb train: a multi-task DeepONet into a run directory. */
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>

#include "apps/advice.h"
#include "apps/members.h"
#include "apps/pde.h"
#include "apps/summary.h"
#include "apps/training.h"
#include "base/arena.h"
#include "base/json.h"
#include "deeponet/ensemble.h"
#include "io/atomic.h"
#include "io/bundle_file.h"
#include "io/prefetch.h"
#include "io/run_dir.h"
#include "mtl/objective_ranks.h"

static const char *resume_choices(size_t i) {
  static const char *const name[] = {"auto", "never", NULL};
  return name[i];
}

static const graft_option rows[] = {
    {"preset", GRAFT_OPTION_STRING, offsetof(graft_pde_train, preset), GRAFT_NAME_SIZE, "demo", 0,
     0, NULL, graft_preset_name, "set of values for all other options", 0},
    {"data", GRAFT_OPTION_STRING, offsetof(graft_pde_train, data), GRAFT_PATH_SIZE, "", 0, 0, NULL,
     NULL, "data set to train on", 0},
    {"o", GRAFT_OPTION_STRING, offsetof(graft_pde_train, output), GRAFT_PATH_SIZE, "", 0, 0, NULL,
     NULL, "run directory", 1},
    {.name = "split",
     .type = GRAFT_OPTION_STRING,
     .offset = offsetof(graft_pde_train, split),
     .capacity = GRAFT_NAME_SIZE,
     .value = "default",
     .help = "split of the data set into training, validation and test part"},
    {.name = "resume",
     .type = GRAFT_OPTION_STRING,
     .offset = offsetof(graft_pde_train, resume),
     .capacity = 16,
     .value = "auto",
     .choices = resume_choices,
     .may_change = 1,
     .help = "go on from the run's checkpoint if there is one, or start afresh"},
    {.name = "members",
     .type = GRAFT_OPTION_INT,
     .offset = offsetof(graft_pde_train, members),
     .value = "1",
     .min = 1,
     .max = GRAFT_MAX_MEMBERS,
     .help = "networks of an ensemble: mean as prediction, spread as uncertainty"},
    {.name = NULL}};

static const graft_section sections[] = {
    {"Run", rows, 0, false},
    {"Model", graft_deeponet_options, offsetof(graft_pde_train, model), false},
    {"Training", graft_trainer_options, offsetof(graft_pde_train, trainer), false},
    {"Aggregators", graft_aggregator_options, offsetof(graft_pde_train, trainer.aggregator_config),
     false},
    {"Balancers", graft_balancer_options, offsetof(graft_pde_train, trainer.balancer_config),
     false},
    {"Common", graft_front_options, offsetof(graft_pde_train, front), true},
    {NULL, NULL, 0, false}};

static const char *const examples[] = {
    "train -data data.h5 -o runs/a", "train -data data.h5 -o runs/b -preset paper -epochs 20",
    "train -options_file runs/a/config.yaml -o runs/c -lr 5e-4", NULL};

/* A training under way. */
struct training {
  const graft_training_job *job;
  const graft_app *app;          /* of the job */
  const graft_pde_train *config; /* likewise */
  graft_deeponet *model;
  graft_objective objective;   /* of this rank */
  graft_objective_ranks ranks; /* of all ranks */
  graft_trainer *trainer;
  graft_sink sink;
  bool stopped; /* a signal reached some rank */
  graft_meter meter;
  graft_advice advice;
  char options[16384]; /* effective options as YAML: what a finished run is recognised by */
};

/* Rank 0's clock, and whether a signal reached any rank: one exchange after every step, so that all
 * ranks decide alike. The trainer asks for the time before it asks whether to stop. */
static double now(void *ctx) {
  struct training *t = ctx;
  const graft_comm *comm = &t->app->comm;
  double value[2] = {comm->rank == 0 ? graft_meter_clock() : -HUGE_VAL, *graft_app_stop() != 0};
  if (comm->max(comm->ctx, value, 2) != GRAFT_OK) return graft_meter_clock();
  t->stopped = value[1] > 0.0;
  return value[0];
}

/* Processor seconds of all ranks. */
static double work(void *ctx) {
  const struct training *t = ctx;
  const graft_comm *comm = &t->app->comm;
  double value = graft_meter_work();
  return comm->sum(comm->ctx, &value, 1) == GRAFT_OK ? value : 0;
}

static bool stop(void *ctx) {
  const struct training *t = ctx;
  return t->stopped;
}

/* A few losses as text: "0.031 0.030 0.028". */
static void print_losses(const double *loss, size_t tasks, char *text, size_t size) {
  size_t used = 0;
  text[0] = '\0';
  for (size_t k = 0; k < tasks && used < size; k++) {
    int n = snprintf(text + used, size - used, k ? " %.3g" : "%.3g", loss[k]);
    used += n > 0 ? (size_t)n : 0;
  }
}

static void progress(void *ctx, const graft_progress *p) {
  struct training *t = ctx;
  char note[512], train[128], validation[128];
  graft_advice_step(&t->advice, p, &t->meter);
  print_losses(p->train_loss, p->tasks, train, sizeof train);
  if (isfinite(p->validation_mean)) {
    print_losses(p->validation_loss, p->tasks, validation, sizeof validation);
    snprintf(note, sizeof note, "epoch %.0f, validation %s, loss %s", p->epoch, validation, train);
  } else {
    snprintf(note, sizeof note, "epoch %.0f, loss %s", p->epoch, train);
  }
  graft_meter_step(&t->meter, (double)p->step, note);
}

/* The model with the given parameters and the record of its training. */
static graft_status put_model(const struct training *t, const graft_progress *p,
                              const graft_real *theta, bool finished, graft_bundle *bundle) {
  size_t n = graft_deeponet_layout(t->model)->n;
  graft_real *own = graft_deeponet_parameters(t->model), *kept;
  graft_status status;
  GRAFT_TRY(graft_alloc(&kept, n, sizeof *kept));
  memcpy(kept, own, n * sizeof *own);
  memmove(own, theta, n * sizeof *own);
  status = graft_deeponet_save(t->model, bundle);
  memcpy(own, kept, n * sizeof *own);
  graft_free(kept);
  GRAFT_TRY(status);
  GRAFT_TRY(graft_bundle_put_int(bundle, "training/step", (int64_t)p->step));
  GRAFT_TRY(graft_bundle_put_int(bundle, "training/best_step", (int64_t)p->best_step));
  GRAFT_TRY(graft_bundle_put_real(bundle, "training/seconds", p->seconds));
  GRAFT_TRY(graft_bundle_put_real(bundle, "training/validation", p->best_mean));
  GRAFT_TRY(graft_bundle_put_text(bundle, "training/data", t->config->data));
  GRAFT_TRY(graft_bundle_put_text(bundle, "training/split", t->config->split));
  return graft_bundle_put_text(bundle, "training/finished", finished ? t->options : "");
}

/* Store it. Rank 0 has it, all go on together. */
static graft_status store(const struct training *t, const graft_progress *p,
                          const graft_real *theta, bool finished) {
  const graft_comm *comm = &t->app->comm;
  graft_status status = GRAFT_OK;
  graft_bundle bundle;
  graft_bundle_init(&bundle);
  if (comm->rank == 0) status = put_model(t, p, theta, finished, &bundle);
  status = graft_comm_agree(comm, status);
  if (status == GRAFT_OK) status = t->sink.store(t->sink.ctx, "model", &bundle);
  graft_bundle_fini(&bundle);
  return status;
}

static graft_status improved(void *ctx, const graft_progress *p, const graft_real *theta) {
  return store(ctx, p, theta, false);
}

static void print_summary(const struct training *t, const graft_source *source,
                          const graft_objective *objective) {
  const graft_deeponet_config *m = &t->config->model;
  graft_app_log(t->app,
                "train: %zu parameters, branch %s, trunk %s, %lld basis functions, skip %s, "
                "transform %s; %zu tasks on %zu points, %llu steps an epoch",
                objective->n, m->branch, m->trunk, m->width, m->skip, m->transform,
                source->info.tasks, source->info.points,
                (unsigned long long)objective->steps_per_epoch);
  const graft_deeponet_cost cost = graft_deeponet_cost_get(t->model);
  if (cost.skip_samples) {
    graft_app_log(t->app, "train: skip path fitted to %zu of %zu training samples (-memory)",
                  cost.skip_samples, cost.training_samples);
  }
  if (!t->app->quiet) graft_summary_print(stderr, t->model, graft_trainer_memory(t->trainer));
}

/* Take up the run's last checkpoint, if there is one and it is wanted. */
static graft_status resume(struct training *t, graft_run_dir *run) {
  char note[GRAFT_RUN_DIR_NOTE];
  graft_bundle bundle;
  bool found;
  if (strcmp(t->config->resume, "never") == 0) return graft_run_dir_clear(run);
  GRAFT_TRY(graft_run_dir_read(run, &bundle, note, &found));
  if (!found) return graft_run_dir_log_truncate(run, "step", -1.0);
  if (note[0]) graft_app_warn(t->app, "%s", note);
  graft_status status = graft_trainer_get(t->trainer, &bundle);
  if (status != GRAFT_OK) graft_error_prefix("%s: checkpoint", graft_run_dir_name(run));
  graft_bundle_fini(&bundle);
  GRAFT_TRY(graft_comm_agree(&t->app->comm, status));
  const graft_progress *p = graft_trainer_progress(t->trainer);
  graft_app_log(t->app, "train: going on from step %llu of %llu%s", (unsigned long long)p->step,
                (unsigned long long)p->steps,
                p->step > p->steps ? ": more than asked for were taken already" : "");
  return graft_run_dir_log_truncate(run, "step", (double)p->step);
}

static graft_status print_result(const struct training *t) {
  const graft_progress *p = graft_trainer_progress(t->trainer);
  char time[64];
  if (t->app->silent || t->app->comm.rank != 0) return GRAFT_OK;
  if (t->app->json) {
    graft_json json;
    graft_json_init(&json, stdout);
    graft_json_object(&json, NULL);
    graft_json_text(&json, "run", t->config->output);
    graft_json_int(&json, "steps", (long long)p->step);
    graft_json_int(&json, "best_step", (long long)p->best_step);
    graft_json_real(&json, "validation", p->best_mean);
    graft_json_real(&json, "seconds", p->seconds);
    graft_json_int(&json, "parameters", (long long)graft_deeponet_layout(t->model)->n);
    graft_json_end_object(&json);
    return graft_json_finish(&json);
  }
  printf("%s: %llu steps in %s%s, ", t->config->output, (unsigned long long)p->step,
         graft_meter_time(p->seconds, time, sizeof time),
         p->exhausted ? " (ended by -patience)" : "");
  if (isfinite(p->best_mean)) {
    printf("lowest validation loss %.4g at step %llu\n", p->best_mean,
           (unsigned long long)p->best_step);
  } else {
    printf("no validation samples: the last parameters were kept\n");
  }
  return GRAFT_OK;
}

/* The trainer on the objective of all ranks. */
static graft_status create_trainer(struct training *t, const graft_source *source) {
  graft_status status = graft_deeponet_objective(t->model, &t->objective);
  if (t->config->model.threads > 0) omp_set_num_threads((int)t->config->model.threads);
  if (status == GRAFT_OK) {
    status = graft_trainer_config_validate(&t->config->trainer, t->objective.tasks);
  }
  GRAFT_TRY(graft_comm_agree(&t->app->comm, status));
  GRAFT_TRY(graft_objective_ranks_init(&t->ranks, &t->objective, &t->app->comm));
  status = graft_trainer_create(&t->ranks.objective, &t->config->trainer,
                                graft_deeponet_parameters(t->model), &t->sink, &t->trainer);
  GRAFT_TRY(graft_comm_agree(&t->app->comm, status));
  print_summary(t, source, &t->objective);
  return GRAFT_OK;
}

static graft_status run_trainer(struct training *t, const graft_source *source,
                                graft_run_dir *run) {
  GRAFT_TRY(create_trainer(t, source));
  GRAFT_TRY(resume(t, run));
  const graft_progress *p = graft_trainer_progress(t->trainer);
  if (t->job->warm && p->step == 0 && t->ranks.objective.validation_batches > 0) {
    GRAFT_TRY(graft_trainer_validate(t->trainer));
  }
  char path[GRAFT_PATH_SIZE + 64], scaling[GRAFT_SCALING_TEXT];
  graft_run_dir_path(run, "advice.txt", path, sizeof path);
  graft_advice_init(&t->advice, t->app, &t->config->trainer, path, p->step == 0);
  if (p->step == 0 && graft_deeponet_check_scaling(t->model, scaling)) {
    graft_advice_tell(&t->advice, scaling);
  }
  const graft_trainer_hooks hooks = {
      .ctx = t, .now = now, .work = work, .stop = stop, .progress = progress, .improved = improved};
  graft_meter_init(&t->meter, "train", "steps", (double)p->steps, (double)p->step, t->app->quiet);
  graft_status status = graft_trainer_run(t->trainer, &hooks);
  p = graft_trainer_progress(t->trainer);
  graft_meter_fini(&t->meter, (double)p->step, status == GRAFT_OK);
  GRAFT_TRY(status);
  GRAFT_TRY(store(t, p, graft_trainer_best(t->trainer), true));
  return print_result(t);
}

static graft_status read_finished(const struct training *t, const graft_run_dir *run,
                                  bool *finished) {
  char path[GRAFT_PATH_SIZE + 64];
  const char *options;
  graft_bundle bundle;
  graft_run_dir_path(run, "model.h5", path, sizeof path);
  if (strcmp(t->config->resume, "never") == 0 || !graft_file_exists(path)) return GRAFT_OK;
  if (graft_bundle_read(path, "model", &bundle, NULL) != GRAFT_OK) { /* it will be made anew */
    graft_app_warn(t->app, "%s", graft_error_message());
    return GRAFT_OK;
  }
  if (graft_bundle_get_text(&bundle, "training/finished", &options) == GRAFT_OK) {
    *finished = strcmp(options, t->options) == 0;
  }
  graft_bundle_fini(&bundle);
  return GRAFT_OK;
}

/* Was this run, with just these options, finished before? */
static graft_status is_finished(const struct training *t, const graft_run_dir *run,
                                bool *finished) {
  const graft_comm *comm = &t->app->comm;
  graft_status status = GRAFT_OK;
  *finished = false;
  if (comm->rank == 0) status = read_finished(t, run, finished);
  GRAFT_TRY(graft_comm_agree(comm, status));
  return comm->broadcast(comm->ctx, finished, sizeof *finished);
}

/* Samples of a batch that a rank evaluates, at most. */
static size_t share_of_batch(const struct training *t) {
  size_t size = (size_t)t->app->comm.size;
  return ((size_t)t->config->model.batch + size - 1) / size;
}

/* Where samples are read batch by batch, a thread reads the next one while the network computes. */
static graft_status read_ahead(const struct training *t, graft_source *source) {
  enum { MOST = 63 };
  graft_prefetch_field field[MOST];
  const graft_source_info *info = &source->info;
  const char *name;
  size_t fields = 0;
  for (; (name = graft_deeponet_streamed(t->model, fields)) != NULL; fields++) {
    GRAFT_CHECK(fields < MOST, INTERNAL, "reading ahead: expected at most %d fields", MOST);
    field[fields].points = graft_source_points(info, graft_source_axes(info, name));
    snprintf(field[fields].name, GRAFT_NAME_SIZE, "%s", name);
  }
  return fields ? graft_prefetch_create(source, field, fields, share_of_batch(t)) : GRAFT_OK;
}

/* A directory with a configuration is compared and perhaps finished; a new one gets its config.yaml
 * only when the model could be built, so that a mistake leaves none behind. */
static graft_status train(struct training *t, graft_source *source, graft_run_dir *run,
                          const graft_yaml *yaml) {
  char path[GRAFT_PATH_SIZE + 64];
  bool finished = false;
  const graft_verb *verb = t->app->verb;
  const graft_comm *comm = &t->app->comm;
  bool known = graft_file_exists(graft_run_dir_path(run, "config.yaml", path, sizeof path));
  GRAFT_TRY(comm->broadcast(comm->ctx, &known, sizeof known));
  if (known) {
    GRAFT_TRY(graft_run_dir_configure(run, yaml, graft_options_may_change, &verb, NULL));
    GRAFT_TRY(is_finished(t, run, &finished));
  }
  if (finished) {
    graft_app_log(t->app, "%s is finished already (-resume never starts afresh)",
                  t->config->output);
    return GRAFT_OK;
  }
  graft_app_log(t->app, "train: reading %s, building the model", t->config->data);
  if (source->info.directed && (t->config->model.augmentation || t->config->model.symmetrise)) {
    graft_app_log(t->app,
                  "train: no symmetries, as right-hand side or boundary values of %s depend "
                  "on place",
                  t->config->data);
  }
  GRAFT_TRY(t->job->create(t->job->ctx, source, &t->model));
  GRAFT_TRY(graft_comm_agree(comm, read_ahead(t, source)));
  if (!known) {
    GRAFT_TRY(graft_run_dir_configure(run, yaml, graft_options_may_change, &verb, NULL));
  }
  return run_trainer(t, source, run);
}

/* What the run directory is opened with. Every rank makes its own. */
static graft_status describe(struct training *t, graft_provenance *provenance, graft_yaml *yaml) {
  GRAFT_TRY(graft_pde_provenance(t->app, t->job->options, t->config->trainer.seed, provenance));
  snprintf(t->options, sizeof t->options, "%s", provenance->options);
  return graft_options_effective(t->app->verb, t->job->options, &t->app->petsc, yaml);
}

static graft_status open_and_train(struct training *t, graft_source *source) {
  graft_provenance provenance = {0};
  graft_run_dir *run = NULL;
  graft_yaml yaml = {0};
  graft_status status = describe(t, &provenance, &yaml);
  GRAFT_TRY_TO(done, graft_comm_agree(&t->app->comm, status));
  GRAFT_TRY_TO(done, graft_run_dir_open(t->config->output, &t->app->comm, &provenance, &run));
  t->sink = graft_run_dir_sink(run);
  status = train(t, source, run, &yaml);
done:
  graft_trainer_destroy(t->trainer);
  graft_deeponet_destroy(t->model);
  graft_run_dir_close(run);
  graft_yaml_fini(&yaml);
  graft_provenance_fini(&provenance);
  return status;
}

graft_status graft_training_run(const graft_training_job *job) {
  struct training t = {.job = job, .app = job->app, .config = job->config};
  if (t.config->model.memory > 0.0) job->source->ahead = graft_prefetch_samples(share_of_batch(&t));
  return open_and_train(&t, job->source);
}

/* A verb's data set, and the ranks. */
struct fresh {
  const graft_app *app;
  const graft_pde_train *config;
};

static graft_status create_fresh(void *ctx, const graft_source *source, graft_deeponet **model) {
  const struct fresh *f = ctx;
  GRAFT_TRY(graft_pde_check_split(f->config->data, source, f->config->split));
  return graft_deeponet_create_ranks(&f->config->model, source, f->config->split, &f->app->comm,
                                     model);
}

static graft_status run(graft_app *app, void *verb_config) {
  const graft_pde_train *config = verb_config;
  struct fresh fresh = {app, config};
  graft_source source;
  const graft_training_job job = {.app = app,
                                  .options = config,
                                  .config = config,
                                  .source = &source,
                                  .create = create_fresh,
                                  .ctx = &fresh};
  GRAFT_TRY(graft_pde_require("-data", config->data, "a data set"));
  GRAFT_TRY(graft_pde_require("-o", config->output, "a run directory"));
  GRAFT_TRY(graft_deeponet_config_validate(&config->model));
  if (config->members > 1) return graft_members_train(app, config);
  graft_status status = graft_pde_open(app, config->data, true, &source);
  status = graft_comm_agree(&app->comm, status);
  if (status == GRAFT_OK) status = graft_training_run(&job);
  graft_source_fini(&source);
  return status;
}

const graft_verb graft_pde_verb_train = {
    .name = "train",
    .summary = "train one network on all tasks of a data set",
    .example = examples,
    .section = sections,
    .main =
        "preset data o branch trunk width transform loss batch seed epochs optimizer lr schedule "
        "aggregator balancer sam clip patience members time_limit options_file quiet json",
    .config_size = sizeof(graft_pde_train),
    .run = run};
