/* SPDX-License-Identifier: BSD-2-Clause */
/* The limits below are rules of thumb: wide enough that trainings that end well are left in peace
 * (tests/mtl/diagnosis_test.c), narrow enough that broken ones are told within tens of steps. */
#include "mtl/diagnosis.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
  START = 20,       /* steps that say what is normal */
  LARGE_STEPS = 3,  /* consecutive large gradients: one alone is a bad batch */
  SMALL_STEPS = 50, /* consecutive steps without gradient */
  STALE = 5,        /* validations without a new best */
};

static const double memory = 0.95;       /* of averages: about 20 steps */
static const double rise = 1.5;          /* training loss over its least value */
static const double growth = 30;         /* norm of the gradient over its average */
static const double vanished = 1e-5;     /* norm of the gradient over that of the first steps */
static const double no_gradient = 1e-12; /* and nothing at all */
static const double not_learnt = 0.5;    /* loss over that of the first steps */
static const double gap = 3;             /* validation loss over training loss */

void graft_diagnosis_init(graft_diagnosis *d, const graft_trainer_config *config) {
  *d = (graft_diagnosis){.config = *config, .lowest = INFINITY};
}

/* Mean over the tasks that the step had samples of; NaN: none. */
static double mean_loss(const graft_progress *p) {
  double sum = 0, tasks = 0;
  for (size_t k = 0; k < p->tasks; k++) {
    if (isfinite(p->train_loss[k])) sum += p->train_loss[k], tasks++;
  }
  return sum / tasks;
}

static void watch(graft_diagnosis *d, const graft_progress *p) {
  const double loss = mean_loss(p), norm = p->gradient_norm;
  const bool start = d->steps < START;
  d->steps++;
  if (isfinite(loss)) d->loss = d->steps == 1 ? loss : memory * d->loss + (1 - memory) * loss;
  if (start) {
    d->first_loss = d->loss;
    d->first_norm = fmax(d->first_norm, norm);
  }
  const bool large = !start && log(norm) > d->norm + log(growth);
  d->large = large ? d->large + 1 : 0;
  d->small = norm <= fmax(vanished * d->first_norm, no_gradient) ? d->small + 1 : 0;
  if (norm > 0 && !large) {
    d->norm = d->steps == 1 ? log(norm) : memory * d->norm + (1 - memory) * log(norm);
  }
  if (!start && d->loss < d->lowest) {
    d->lowest = d->loss;
    d->lowest_step = p->step;
  }
  if (p->validated) d->stale = p->best_step == p->step ? 0 : d->stale + 1;
}

static graft_finding find(const graft_diagnosis *d, const graft_progress *p) {
  const bool seen[GRAFT_FINDING_COUNT] = {
      [GRAFT_FINDING_EXPLODING] = d->large >= LARGE_STEPS,
      [GRAFT_FINDING_RATE] = d->steps > 2 * START && d->loss > rise * d->lowest,
      [GRAFT_FINDING_VANISHING] = d->small >= SMALL_STEPS && d->loss > not_learnt * d->first_loss,
      [GRAFT_FINDING_GAP] =
          p->validated && d->stale >= STALE && d->loss > 0 && p->validation_mean > gap * d->loss,
  };
  for (size_t i = 0; i < GRAFT_FINDING_COUNT; i++) {
    if (seen[i] && !d->told[i]) return (graft_finding)i;
  }
  return GRAFT_FINDING_COUNT;
}

static void print(const graft_diagnosis *d, const graft_progress *p, graft_finding finding,
                  char *text) {
  const graft_trainer_config *c = &d->config;
  const unsigned long long step = (unsigned long long)p->step;
  switch (finding) {
  case GRAFT_FINDING_RATE:
    snprintf(
        text, GRAFT_DIAGNOSIS_TEXT,
        "step %llu: the training loss rose from %.3g (step %llu) to %.3g: the learning rate is "
        "too high; try -lr %.2g%s%s",
        step, d->lowest, (unsigned long long)d->lowest_step, d->loss, c->lr / 5,
        c->warmup > 0 ? "" : " or -warmup 200", c->clip > 0 ? "" : " or -clip 1");
    break;
  case GRAFT_FINDING_EXPLODING:
    snprintf(text, GRAFT_DIAGNOSIS_TEXT,
             "step %llu: the gradient's norm grew from about %.2g to %.2g (exploding gradients); "
             "try %s or -lr %.2g",
             step, exp(d->norm), p->gradient_norm, c->clip > 0 ? "a smaller -clip" : "-clip 1",
             c->lr / 5);
    break;
  case GRAFT_FINDING_VANISHING:
    snprintf(text, GRAFT_DIAGNOSIS_TEXT,
             "step %llu: the gradient's norm is %.2g (%.2g at the start) and the loss still %.3g "
             "(vanishing gradients); try another activation, another -init, or fewer layers",
             step, p->gradient_norm, d->first_norm, d->loss);
    break;
  case GRAFT_FINDING_GAP:
    snprintf(
        text, GRAFT_DIAGNOSIS_TEXT,
        "step %llu: the validation loss %.3g is %.2g times the training loss and was lowest in "
        "step %llu: the network learns its samples by heart; try more samples, "
        "-weight_decay %.2g, a smaller network%s",
        step, p->validation_mean, p->validation_mean / d->loss, (unsigned long long)p->best_step,
        c->weight_decay > 0 ? 10 * c->weight_decay : 1e-3,
        c->patience > 0 ? "" : ", or end with -patience 10");
    break;
  case GRAFT_FINDING_COUNT: text[0] = '\0'; break;
  }
}

graft_finding graft_diagnosis_step(graft_diagnosis *d, const graft_progress *p, char *text) {
  watch(d, p);
  const graft_finding finding = find(d, p);
  print(d, p, finding, text);
  if (finding != GRAFT_FINDING_COUNT) d->told[finding] = true;
  return finding;
}
