/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mtl/trainer_impl.h"

/** What graft_trainer_run() knows beside the trainer. */
struct run {
  const graft_trainer_hooks *hooks; /**< or NULL */
  double started;                   /**< clock at the start */
  double before;                    /**< seconds of training before that */
  double stored;                    /**< seconds at the last checkpoint */
};

static void read_clock(graft_trainer *t, const struct run *run) {
  const graft_trainer_hooks *h = run->hooks;
  if (h && h->now) t->progress.seconds = run->before + h->now(h->ctx) - run->started;
}

/* Rank 0 has the state, which is the same on all; they go on together even when it fails. */
static graft_status store(graft_trainer *t, struct run *run) {
  const graft_sink *sink = t->sink;
  graft_status status = GRAFT_OK;
  graft_bundle bundle;
  run->stored = t->progress.seconds;
  if (!sink || !sink->store) return GRAFT_OK;
  graft_bundle_init(&bundle);
  if (!sink->comm || sink->comm->rank == 0) status = graft_trainer_put(t, &bundle);
  if (sink->comm) status = graft_comm_agree(sink->comm, status);
  if (status == GRAFT_OK) status = sink->store(sink->ctx, "checkpoint", &bundle);
  graft_bundle_fini(&bundle);
  return status;
}

/* Back to the best parameters, and advice to the message. */
static graft_status diverged(graft_trainer *t) {
  const graft_trainer_config *c = &t->config;
  char reason[512];
  snprintf(reason, sizeof reason, "%s", graft_error_message());
  memcpy(t->theta, t->best, t->objective->n * sizeof *t->theta);
  return graft_error_set(
      GRAFT_DIVERGED, __FILE__, __LINE__,
      "training diverged: %s; kept the parameters of step %llu; try lr below %g%s%s", reason,
      (unsigned long long)t->progress.best_step, c->lr, c->clip > 0 ? "" : ", clip 1",
      c->warmup > 0 ? "" : ", warmup 200");
}

/* Validation and log row, where they are due. */
static graft_status after_step(graft_trainer *t, const graft_trainer_hooks *h) {
  const graft_progress *p = &t->progress;
  const uint64_t log = (uint64_t)t->config.log_every;
  if (p->step % t->validate_interval == 0 || p->step == p->steps) {
    GRAFT_TRY(graft_trainer_validate(t));
    if (p->best_step == p->step && h && h->improved) GRAFT_TRY(h->improved(h->ctx, p, t->best));
  }
  if (p->validated || (log > 0 && p->step % log == 0)) GRAFT_TRY(graft_trainer_log_row(t, h));
  return GRAFT_OK;
}

static bool checkpoint_due(const graft_trainer *t, const struct run *run) {
  const bool clock = run->hooks && run->hooks->now;
  const uint64_t steps = (uint64_t)t->config.checkpoint_steps;
  if (steps > 0) return t->progress.step % steps == 0;
  if (!clock || t->config.checkpoint_every <= 0) return t->progress.validated;
  return t->progress.seconds - run->stored >= t->config.checkpoint_every;
}

/* Have the last `patience` validations brought no new best? Known from step numbers alone, so that
 * a resumed run ends where it would have ended. */
static bool exhausted(const graft_trainer *t) {
  const graft_progress *p = &t->progress;
  const uint64_t patience = (uint64_t)t->config.patience;
  if (patience == 0 || !isfinite(p->best_mean)) return false;
  return (p->step - p->best_step) / t->validate_interval >= patience;
}

static bool over(graft_trainer *t) {
  const double limit = t->config.time_limit;
  t->progress.exhausted = exhausted(t);
  if (t->progress.exhausted) return true;
  return t->progress.step >= t->progress.steps || (limit > 0 && t->progress.seconds >= limit);
}

/* The last validation of a run that ended early. */
static graft_status finish(graft_trainer *t, struct run *run) {
  const graft_trainer_hooks *h = run->hooks;
  graft_progress *p = &t->progress;
  if (!p->validated) {
    GRAFT_TRY(graft_trainer_validate(t));
    if (p->best_step == p->step && h && h->improved) GRAFT_TRY(h->improved(h->ctx, p, t->best));
    GRAFT_TRY(graft_trainer_log_row(t, h));
  }
  return store(t, run);
}

static graft_status loop(graft_trainer *t, struct run *run) {
  const graft_trainer_hooks *h = run->hooks;
  const bool clock = h && h->work && t->config.diagnostics;
  while (!over(t)) {
    const double start = clock ? h->work(h->ctx) : 0;
    GRAFT_TRY(graft_trainer_step(t));
    if (clock) t->step_seconds += h->work(h->ctx) - start;
    t->timed_steps += clock;
    read_clock(t, run);
    GRAFT_TRY(after_step(t, h));
    if (checkpoint_due(t, run)) GRAFT_TRY(store(t, run));
    if (h && h->progress) h->progress(h->ctx, &t->progress);
    if (h && h->stop && !over(t) && h->stop(h->ctx)) {
      GRAFT_TRY(store(t, run));
      return graft_error_set(GRAFT_INTERRUPTED, __FILE__, __LINE__,
                             "stopped after step %llu of %llu; run again to go on",
                             (unsigned long long)t->progress.step,
                             (unsigned long long)t->progress.steps);
    }
  }
  return finish(t, run);
}

graft_status graft_trainer_run(graft_trainer *t, const graft_trainer_hooks *hooks) {
  struct run run = {.hooks = hooks, .before = t->progress.seconds, .stored = t->progress.seconds};
  if (over(t)) return GRAFT_OK;
  if (hooks && hooks->now) run.started = hooks->now(hooks->ctx);
  graft_status status = loop(t, &run);
  return status == GRAFT_DIVERGED ? diverged(t) : status;
}
