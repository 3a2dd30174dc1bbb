/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows of the log: losses, and with `diagnostics` what a probe sees. K tasks. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "mtl/trainer_impl.h"

enum { COMMON = 6 /* step, epoch, seconds, lr, gradient_norm, validation_mean */ };

static size_t pairs(size_t K) { return K * (K - 1) / 2; }

size_t graft_trainer_log_columns(const graft_trainer_config *config, size_t K) {
  /* norm, weight and sharpness of each task, cosine of each pair, conflicts, cost */
  return COMMON + 2 * K + (config->diagnostics ? 3 * K + pairs(K) + 2 : 0);
}

__attribute__((format(printf, 3, 4))) static void name(graft_trainer *t, size_t *column,
                                                       const char *format, ...) {
  va_list list;
  va_start(list, format);
  vsnprintf(t->column_text[*column], sizeof *t->column_text, format, list);
  va_end(list);
  t->column[*column] = t->column_text[*column];
  ++*column;
}

void graft_trainer_log_names(graft_trainer *t) {
  static const char *const common[COMMON] = {"step", "epoch",         "seconds",
                                             "lr",   "gradient_norm", "validation_mean"};
  static const char *const of_task[] = {"norm", "weight", "sharpness"};
  const char *const *task = t->objective->task_name;
  const size_t K = t->objective->tasks;
  size_t c = 0;
  for (size_t i = 0; i < COMMON; i++) name(t, &c, "%s", common[i]);
  for (size_t k = 0; k < K; k++) {
    name(t, &c, "train_%s", task[k]);
    name(t, &c, "validation_%s", task[k]);
  }
  if (!t->config.diagnostics) return;
  for (size_t q = 0; q < 3; q++) {
    for (size_t k = 0; k < K; k++) name(t, &c, "%s_%s", of_task[q], task[k]);
  }
  for (size_t i = 0; i < K; i++) {
    for (size_t j = i + 1; j < K; j++) name(t, &c, "cosine_%s_%s", task[i], task[j]);
  }
  name(t, &c, "conflicts");
  name(t, &c, "cost");
}

/* Mean time of the steps since the last row in units of one evaluation of the plain gradient. */
static graft_status take_cost(graft_trainer *t, const graft_trainer_hooks *hooks, uint64_t step,
                              double *cost) {
  const bool clock = hooks && hooks->work;
  *cost = NAN;
  if (clock && t->timed_steps > 0) {
    const double start = hooks->work(hooks->ctx);
    GRAFT_TRY(graft_probe_plain(&t->probe, step, t->theta));
    const double plain = hooks->work(hooks->ctx) - start;
    if (plain > 0) *cost = t->step_seconds / (double)t->timed_steps / plain;
  }
  t->step_seconds = 0;
  t->timed_steps = 0;
  return GRAFT_OK;
}

/* The probe looks at the batch of the last step. */
static graft_status take_diagnostics(graft_trainer *t, const graft_trainer_hooks *hooks,
                                     double *value) {
  const graft_direction *d = &t->direction;
  const size_t K = t->objective->tasks;
  const uint64_t step = t->progress.step > 0 ? t->progress.step - 1 : 0;
  GRAFT_TRY(graft_probe_eval(&t->probe, step, t->theta));
  for (size_t k = 0; k < K; k++) {
    value[k] = t->probe.norm[k];
    value[K + k] = d->weight[k] * d->balance[k] * d->task_weight[k];
    value[2 * K + k] = t->probe.sharpness[k];
  }
  memcpy(value + 3 * K, t->probe.cosine, pairs(K) * sizeof *value);
  value[3 * K + pairs(K)] = t->probe.conflicts;
  return take_cost(t, hooks, step, &value[3 * K + pairs(K) + 1]);
}

graft_status graft_trainer_log_row(graft_trainer *t, const graft_trainer_hooks *hooks) {
  const graft_progress *p = &t->progress;
  const double common[COMMON] = {(double)p->step,  p->epoch,
                                 p->seconds,       p->lr,
                                 p->gradient_norm, p->validated ? p->validation_mean : NAN};
  memcpy(t->value, common, sizeof common);
  for (size_t k = 0; k < p->tasks; k++) {
    t->value[COMMON + 2 * k] = t->count[k] > 0 ? t->loss_sum[k] / t->count[k] : NAN;
    t->value[COMMON + 2 * k + 1] = p->validated ? t->validation_loss[k] : NAN;
    t->loss_sum[k] = t->count[k] = 0;
  }
  if (t->config.diagnostics) {
    GRAFT_TRY(take_diagnostics(t, hooks, t->value + COMMON + 2 * p->tasks));
  }
  if (!t->sink || !t->sink->row) return GRAFT_OK;
  return t->sink->row(t->sink->ctx, t->column, t->value, t->columns);
}
