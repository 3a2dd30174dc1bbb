/* SPDX-License-Identifier: BSD-2-Clause */
/* A trained model on new tasks with few samples: one training for each mode and count, all of them
 * judged on the same samples. */
#include "apps/transfer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/training.h"
#include "base/arena.h"
#include "base/view.h"
#include "deeponet/ensemble.h"
#include "deeponet/freeze.h"
#include "io/run_dir.h"

/* Samples of a data set, with the part that each one plays. */
struct chosen {
  size_t count;
  size_t *sample; /* [count] */
  uint8_t *part;  /* [count] */
};

/* A transfer under way. */
struct transferring {
  graft_app *app;
  const graft_pde_transfer *config;
  graft_deeponet *old;
  graft_source target, source; /* source: only with -rehearse */
  graft_part part;             /* that errors are reported on */
  size_t counts, count[GRAFT_TRANSFER_COUNTS];
  bool wanted[GRAFT_TRANSFER_MODES];
  size_t runs; /* trainings */
  graft_transfer_table table;
};

/* One training of it. */
struct attempt {
  struct transferring *t;
  graft_transfer_mode mode;
  size_t count;              /* samples of each task */
  graft_pde_transfer *own;   /* options of this run alone */
  graft_pde_train *train;    /* the same, as a training sees them */
  graft_source names, given; /* what the old model knows, and what is trained on */
  graft_source reference;    /* old samples that new ones are compared with */
};

static graft_status parse_counts(struct transferring *t) {
  const char *text = t->config->samples;
  GRAFT_CHECK(*text, USAGE, "-samples: expected counts with commas, e.g. 10,100, got none");
  while (*text) {
    char *end;
    const long number = strtol(text, &end, 10);
    GRAFT_CHECK(end != text && (*end == ',' || *end == '\0') && number > 0, USAGE,
                "-samples: expected counts from 1 on with commas, e.g. 10,100, got '%s'",
                t->config->samples);
    GRAFT_CHECK(t->counts < GRAFT_TRANSFER_COUNTS, USAGE,
                "-samples: expected at most %d counts, got '%s'", GRAFT_TRANSFER_COUNTS,
                t->config->samples);
    GRAFT_CHECK(t->counts == 0 || (size_t)number > t->count[t->counts - 1], USAGE,
                "-samples: expected increasing counts, got '%s'", t->config->samples);
    t->count[t->counts++] = (size_t)number;
    text = *end == ',' ? end + 1 : end;
  }
  return GRAFT_OK;
}

/* Is the word in a list parted by commas? */
static bool is_listed(const char *list, const char *word) {
  const size_t length = strlen(word);
  for (const char *at = list; *at; at += strcspn(at, ","), at += *at == ',') {
    if (strcspn(at, ",") == length && strncmp(at, word, length) == 0) return true;
  }
  return false;
}

static graft_status parse_modes(struct transferring *t) {
  size_t trained = 0;
  for (size_t m = 0; m < GRAFT_TRANSFER_MODES; m++) {
    t->wanted[m] = is_listed(t->config->mode, graft_transfer_mode_name(m));
    if (m != GRAFT_TRANSFER_ZERO_SHOT) trained += t->wanted[m];
  }
  GRAFT_CHECK(*t->config->mode, USAGE, "-mode: expected one at least, got none");
  t->runs = trained * t->counts;
  return graft_part_parse(t->config->part, &t->part);
}

/* The list of a mode. */
static const char *freeze_of(const struct transferring *t, graft_transfer_mode mode) {
  if (mode == GRAFT_TRANSFER_SCRATCH) return "";
  if (strcmp(t->config->freeze, "auto") != 0) return t->config->freeze;
  return mode == GRAFT_TRANSFER_GRAFT ? "trunk" : "";
}

/* Mistakes in what is to be trained, before anything is made. */
static graft_status check_training(const struct transferring *t) {
  const graft_layout *layout = graft_deeponet_layout(t->old);
  unsigned char *frozen; /* [blocks] */
  graft_status status = GRAFT_OK;
  if (t->runs == 0) return GRAFT_OK;
  GRAFT_TRY(graft_alloc(&frozen, layout->blocks, sizeof *frozen));
  for (size_t m = GRAFT_TRANSFER_FINE_TUNE; m < GRAFT_TRANSFER_MODES && status == GRAFT_OK; m++) {
    if (t->wanted[m]) {
      status = graft_freeze_find(freeze_of(t, (graft_transfer_mode)m), layout, frozen);
    }
  }
  graft_free(frozen);
  return status;
}

/* Samples of a task in a part of the split. */
static size_t samples_of(const graft_source *source, const uint8_t *split, size_t task,
                         graft_part part) {
  size_t count = 0;
  for (size_t s = 0; s < source->info.samples; s++) {
    count += (size_t)source->info.task[s] == task && split[s] == part;
  }
  return count;
}

static graft_status check_samples(const char *option, size_t wanted, const char *path,
                                  const graft_source *source, const char *name) {
  const uint8_t *split = graft_source_split_get(&source->info, name);
  for (size_t k = 0; k < source->info.tasks; k++) {
    const size_t there = samples_of(source, split, k, GRAFT_PART_TRAIN);
    GRAFT_CHECK(wanted <= there, USAGE,
                "%s: expected at most %zu, the training samples of task %s in %s, got %zu", option,
                there, source->info.task_name[k], path, wanted);
  }
  return GRAFT_OK;
}

/* Errors are reported on samples. */
static graft_status check_tested(const struct transferring *t) {
  const graft_pde_transfer *config = t->config;
  const uint8_t *split = graft_source_split_get(&t->target.info, config->split);
  size_t count = 0;
  for (size_t k = 0; k < t->target.info.tasks; k++) {
    count += samples_of(&t->target, split, k, t->part);
  }
  GRAFT_CHECK(count > 0, USAGE, "-part: expected %s samples in %s (split %s), got none",
              config->part, config->data, config->split);
  return GRAFT_OK;
}

/* The first @p count training samples of each task, the last of them held out for validation, and
 * all samples of part @p tested as test samples. */
static graft_status choose(const graft_source *source, const char *name, size_t count,
                           double holdout, const graft_part *tested, struct chosen *chosen) {
  const graft_source_info *info = &source->info;
  const uint8_t *split = graft_source_split_get(info, name);
  const size_t held = (size_t)floor(holdout * (double)count + 0.5);
  size_t taken[GRAFT_MAX_TASKS] = {0};
  GRAFT_TRY(graft_alloc(&chosen->sample, info->samples, sizeof *chosen->sample));
  GRAFT_TRY(graft_alloc(&chosen->part, info->samples, sizeof *chosen->part));
  for (size_t s = 0; s < info->samples; s++) {
    size_t *of_task = &taken[info->task[s]];
    const bool given = split[s] == GRAFT_PART_TRAIN && *of_task < count;
    if (!given && !(tested && split[s] == *tested)) continue;
    chosen->sample[chosen->count] = s;
    chosen->part[chosen->count++] = !given                    ? GRAFT_PART_TEST
                                    : *of_task + held < count ? GRAFT_PART_TRAIN
                                                              : GRAFT_PART_VALIDATION;
    *of_task += given;
  }
  return GRAFT_OK;
}

static void release(struct chosen *chosen) {
  graft_free(chosen->sample);
  graft_free(chosen->part);
}

/* What errors are measured on, and baselines fitted to. */
static graft_status view_tested(const struct transferring *t, size_t count, graft_source *view) {
  struct chosen target = {0};
  graft_status status =
      choose(&t->target, t->config->split, count, t->config->holdout, &t->part, &target);
  const graft_view_part part = {&t->target, target.count, target.sample, target.part};
  if (status == GRAFT_OK) status = graft_view_init(&part, 1, view);
  release(&target);
  return status;
}

/* What is trained on: the new samples, what the old model knows, and rehearsed samples. */
static graft_status view_given(struct attempt *a) {
  const graft_pde_transfer *config = a->t->config;
  struct chosen target = {0}, old = {0};
  graft_view_part part[3];
  size_t parts = 0;
  graft_status status;
  if (a->mode != GRAFT_TRANSFER_SCRATCH) {
    GRAFT_TRY(graft_deeponet_names(a->t->old, &a->names));
    part[parts++] = (graft_view_part){.source = &a->names};
  }
  GRAFT_TRY_TO(done,
               choose(&a->t->target, config->split, a->count, config->holdout, NULL, &target));
  part[parts++] = (graft_view_part){&a->t->target, target.count, target.sample, target.part};
  if (a->mode != GRAFT_TRANSFER_SCRATCH && config->rehearse > 0) {
    GRAFT_TRY_TO(done,
                 choose(&a->t->source, config->split, (size_t)config->rehearse, 0, NULL, &old));
    part[parts++] = (graft_view_part){&a->t->source, old.count, old.sample, old.part};
  }
  status = graft_view_init(part, parts, &a->given);
done:
  release(&target);
  release(&old);
  return status;
}

/* The first samples of each old task, for -discrepancy. */
static graft_status view_reference(struct attempt *a) {
  enum { SAMPLES = 32 /* of a task */ };
  struct chosen old = {0};
  if (a->mode == GRAFT_TRANSFER_SCRATCH || !(a->t->config->discrepancy > 0)) return GRAFT_OK;
  graft_status status = choose(&a->t->source, a->t->config->split, SAMPLES, 0, NULL, &old);
  const graft_view_part part = {&a->t->source, old.count, old.sample, old.part};
  if (status == GRAFT_OK) status = graft_view_init(&part, 1, &a->reference);
  release(&old);
  return status;
}

static graft_status create(void *ctx, const graft_source *source, graft_deeponet **model) {
  const struct attempt *a = ctx;
  const graft_comm *comm = &a->t->app->comm;
  const graft_deeponet_config *config = &a->train->model;
  const graft_transfer how = {
      .trunk_only = a->mode == GRAFT_TRANSFER_GRAFT,
      .own_statistics = strcmp(a->t->config->statistics, "target") == 0,
      .discrepancy = a->t->config->discrepancy,
      .reference = &a->reference,
  };
  if (a->mode == GRAFT_TRANSFER_SCRATCH) {
    return graft_deeponet_create_ranks(config, source, "default", comm, model);
  }
  return graft_deeponet_transfer(a->t->old, &how, config, source, "default", comm, model);
}

/* The network's configuration: the old one's but for what is asked for. */
static graft_status configure(const struct attempt *a, graft_deeponet_config *model) {
  const graft_pde_transfer *config = a->t->config;
  *model = *graft_deeponet_get_config(a->t->old);
  if (config->batch > 0) model->batch = config->batch;
  if (config->points >= 0) model->points = config->points;
  if (*config->loss) snprintf(model->loss, sizeof model->loss, "%s", config->loss);
  snprintf(model->freeze, sizeof model->freeze, "%s", freeze_of(a->t, a->mode));
  model->seed = config->seed;
  model->threads = config->threads;
  model->memory = 0;
  return graft_deeponet_config_validate(model);
}

/* RUN, or RUN/MODE-COUNT where there are several. */
static void name_run(const struct transferring *t, graft_transfer_mode mode, size_t count,
                     char *path, size_t size) {
  if (t->runs == 1) {
    snprintf(path, size, "%s", t->config->output);
  } else {
    snprintf(path, size, "%.*s/%s-%zu", GRAFT_PATH_SIZE - 64, t->config->output,
             graft_transfer_mode_name(mode), count);
  }
}

/* Options of this run alone, so that its config.yaml repeats it. */
static graft_status fill_options(struct attempt *a) {
  graft_pde_transfer *own = a->own;
  graft_pde_train *train = a->train;
  *own = *a->t->config;
  if (a->t->runs > 1) {
    snprintf(own->samples, sizeof own->samples, "%zu", a->count);
    snprintf(own->mode, sizeof own->mode, "%s", graft_transfer_mode_name(a->mode));
  }
  name_run(a->t, a->mode, a->count, own->output, sizeof own->output);
  train->front = own->front;
  train->trainer = own->trainer;
  train->members = 1;
  if (a->mode == GRAFT_TRANSFER_SCRATCH && own->scratch_lr > 0) train->trainer.lr = own->scratch_lr;
  snprintf(train->data, sizeof train->data, "%s", own->data);
  snprintf(train->output, sizeof train->output, "%s", own->output);
  snprintf(train->split, sizeof train->split, "%s", own->split);
  snprintf(train->resume, sizeof train->resume, "%s", own->resume);
  return configure(a, &train->model);
}

static graft_status train(struct attempt *a) {
  graft_app app = *a->t->app;
  const graft_training_job job = {.app = &app,
                                  .options = a->own,
                                  .config = a->train,
                                  .source = &a->given,
                                  .create = create,
                                  .ctx = a,
                                  .warm = a->mode == GRAFT_TRANSFER_FINE_TUNE};
  app.silent = true; /* the table has the results */
  graft_app_log(&app, "transfer: %s on %zu samples of each task, into %s",
                graft_transfer_mode_name(a->mode), a->count, a->train->output);
  return graft_training_run(&job);
}

/* The trained model's errors. Rank 0. */
static graft_status judge(struct attempt *a, const graft_source *view, bool fit) {
  struct transferring *t = a->t;
  char path[GRAFT_PATH_SIZE + 64];
  graft_deeponet *model;
  graft_bundle bundle;
  double seconds;
  snprintf(path, sizeof path, "%s/model.h5", a->train->output);
  GRAFT_TRY(graft_pde_load(path, &bundle, &model));
  if (graft_bundle_get_real(&bundle, "training/seconds", &seconds) == GRAFT_OK) {
    t->table.train_seconds += seconds;
  }
  graft_bundle_fini(&bundle);
  graft_status status = graft_transfer_judge(&t->table, model, view, a->count, a->mode, fit);
  graft_deeponet_destroy(model);
  return status;
}

static graft_status attempt(struct transferring *t, graft_transfer_mode mode, size_t count,
                            const graft_source *view, bool fit) {
  const graft_comm *comm = &t->app->comm;
  struct attempt a = {.t = t, .mode = mode, .count = count};
  graft_status status = graft_alloc(&a.own, 1, sizeof *a.own);
  if (status == GRAFT_OK) status = graft_alloc(&a.train, 1, sizeof *a.train);
  if (status == GRAFT_OK) status = fill_options(&a);
  if (status == GRAFT_OK) status = view_given(&a);
  if (status == GRAFT_OK) status = view_reference(&a);
  status = graft_comm_agree(comm, status);
  if (status == GRAFT_OK) status = train(&a);
  if (status == GRAFT_OK) {
    status = graft_comm_agree(comm, comm->rank == 0 ? judge(&a, view, fit) : GRAFT_OK);
  }
  graft_source_fini(&a.given);
  graft_source_fini(&a.names);
  graft_source_fini(&a.reference);
  graft_free(a.own);
  graft_free(a.train);
  return status;
}

/* All modes at one count of samples. */
static graft_status try_count(struct transferring *t, size_t count) {
  const graft_comm *comm = &t->app->comm;
  graft_source view = {0};
  bool fit = t->config->baselines;
  graft_status status = graft_comm_agree(comm, view_tested(t, count, &view));
  if (status == GRAFT_OK && t->wanted[GRAFT_TRANSFER_ZERO_SHOT]) {
    if (comm->rank == 0) {
      status = graft_transfer_judge(&t->table, t->old, &view, count, GRAFT_TRANSFER_ZERO_SHOT, fit);
    }
    status = graft_comm_agree(comm, status);
    fit = false;
  }
  for (size_t m = GRAFT_TRANSFER_FINE_TUNE; m < GRAFT_TRANSFER_MODES && status == GRAFT_OK; m++) {
    if (!t->wanted[m]) continue;
    status = attempt(t, (graft_transfer_mode)m, count, &view, fit);
    fit = false;
  }
  graft_source_fini(&view);
  return status;
}

static graft_status try_all(struct transferring *t) {
  const size_t rows_needed = t->counts * t->target.info.tasks;
  GRAFT_TRY(graft_comm_agree(&t->app->comm,
                             graft_alloc(&t->table.row, rows_needed, sizeof *t->table.row)));
  for (size_t i = 0; i < t->counts; i++) GRAFT_TRY(try_count(t, t->count[i]));
  return graft_comm_agree(&t->app->comm,
                          t->app->comm.rank == 0 ? graft_transfer_report(&t->table) : GRAFT_OK);
}

/* Several runs in one directory: it keeps their common options. */
static graft_status try_in_directory(struct transferring *t) {
  graft_app *app = t->app;
  graft_provenance provenance = {0};
  graft_run_dir *run = NULL;
  graft_yaml yaml = {0};
  const graft_verb *verb = app->verb;
  if (t->runs == 1) return try_all(t);
  graft_status status = graft_pde_provenance(app, t->config, t->config->seed, &provenance);
  if (status == GRAFT_OK) {
    status = graft_options_effective(verb, t->config, &app->petsc, &yaml);
  }
  GRAFT_TRY_TO(done, graft_comm_agree(&app->comm, status));
  GRAFT_TRY_TO(done, graft_run_dir_open(t->config->output, &app->comm, &provenance, &run));
  GRAFT_TRY_TO(done, graft_run_dir_configure(run, &yaml, graft_options_may_change, &verb, NULL));
  status = try_all(t);
done:
  graft_run_dir_close(run);
  graft_yaml_fini(&yaml);
  graft_provenance_fini(&provenance);
  return status;
}

static graft_status open_data(const graft_app *app, const char *path, const char *split,
                              const graft_deeponet *old, graft_source *source) {
  GRAFT_TRY(graft_pde_open(app, path, true, source));
  GRAFT_TRY(graft_pde_check_split(path, source, split));
  return graft_deeponet_check_source(old, &source->info);
}

/* Files and options, each rank for itself. */
static graft_status begin(struct transferring *t) {
  const graft_pde_transfer *config = t->config;
  GRAFT_TRY(parse_counts(t));
  GRAFT_TRY(parse_modes(t));
  GRAFT_CHECK(!t->wanted[GRAFT_TRANSFER_GRAFT] || !(config->discrepancy > 0), USAGE,
              "-discrepancy: expected modes that keep the branch, whose features it compares, got "
              "graft");
  const bool looks_back = config->rehearse > 0 || config->discrepancy > 0;
  GRAFT_CHECK(!looks_back || *config->source, USAGE,
              "missing option -source, expected the data set of the old tasks for -%s",
              config->rehearse > 0 ? "rehearse" : "discrepancy");
  GRAFT_TRY(graft_pde_load(config->model, NULL, &t->old));
  GRAFT_TRY(open_data(t->app, config->data, config->split, t->old, &t->target));
  t->table.solve_seconds = t->target.info.seconds;
  GRAFT_TRY(check_tested(t));
  if (looks_back) {
    GRAFT_TRY(open_data(t->app, config->source, config->split, t->old, &t->source));
    GRAFT_TRY(check_samples("-rehearse", (size_t)config->rehearse, config->source, &t->source,
                            config->split));
  }
  GRAFT_TRY(
      check_samples("-samples", t->count[t->counts - 1], config->data, &t->target, config->split));
  return check_training(t);
}

graft_status graft_transfer_run(graft_app *app, const graft_pde_transfer *config) {
  struct transferring t = {.app = app, .config = config};
  t.table.app = app;
  t.table.config = config;
  GRAFT_TRY(graft_pde_require("-model", config->model, "a model file"));
  GRAFT_TRY(graft_pde_require("-data", config->data, "a data set"));
  GRAFT_TRY(graft_pde_require("-o", config->output, "a run directory"));
  graft_status status = graft_comm_agree(&app->comm, begin(&t));
  if (status == GRAFT_OK) status = try_in_directory(&t);
  graft_transfer_table_fini(&t.table);
  graft_source_fini(&t.target);
  graft_source_fini(&t.source);
  graft_deeponet_destroy(t.old);
  return status;
}
