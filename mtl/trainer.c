/* SPDX-License-Identifier: BSD-2-Clause */
/* K tasks, n parameters. */
#include "mtl/trainer.h"

#include <math.h>
#include <string.h>

#include "mtl/trainer_impl.h"
#include "mtl/vector.h"

/* Steps of an interval given in steps (if > 0) or else in epochs. */
static graft_status count_steps(const graft_objective *f, long long in_steps, long long in_epochs,
                                const char *name, uint64_t *steps) {
  size_t product;
  GRAFT_CHECK(f->steps_per_epoch > 0, INTERNAL, "objective: expected at least 1 step per epoch");
  *steps = (uint64_t)in_steps;
  if (in_steps > 0) return GRAFT_OK;
  GRAFT_TRY(graft_size_multiply((size_t)in_epochs, f->steps_per_epoch, name, &product));
  *steps = product;
  return GRAFT_OK;
}

static graft_status set_times(graft_trainer *t) {
  const graft_objective *f = t->objective;
  const graft_trainer_config *c = &t->config;
  uint64_t stretch;
  GRAFT_TRY(count_steps(f, c->steps, c->epochs, "epochs", &t->progress.steps));
  GRAFT_TRY(count_steps(f, c->validate_steps, c->validate_every, "validate_every",
                        &t->validate_interval));
  stretch = t->progress.steps;
  if (c->lr_epochs > 0) GRAFT_TRY(count_steps(f, 0, c->lr_epochs, "lr_epochs", &stretch));
  return graft_trainer_config_schedule(c, stretch, &t->schedule);
}

/* Take everything from the arena; called once to measure and once to allocate. */
static graft_status plan(graft_trainer *t, graft_arena *arena) {
  const graft_trainer_config *c = &t->config;
  const size_t K = t->objective->tasks, n = t->objective->n;
  const graft_optimizer_config rule = {.weight_decay = c->weight_decay,
                                       .momentum = c->momentum,
                                       .nesterov = c->nesterov,
                                       .beta1 = c->beta1,
                                       .beta2 = c->beta2,
                                       .epsilon = c->epsilon};
  double weight[GRAFT_MAX_TASKS];
  double **const vector[] = {&t->loss_sum,       &t->count,           &t->train_loss,
                             &t->scratch_loss,   &t->scratch_count,   &t->validation_loss,
                             &t->validation_sum, &t->validation_count};
  GRAFT_TRY(graft_trainer_config_weights(c, K, weight));
  const graft_direction_rule how = {.aggregator = graft_aggregator_find(c->aggregator),
                                    .aggregator_config = &c->aggregator_config,
                                    .balancer = graft_balancer_find(c->balancer),
                                    .balancer_config = &c->balancer_config,
                                    .task_weight = weight,
                                    .seed = (uint64_t)c->seed};
  const graft_direction_plan steps = graft_sam_plan(&c->sam, K);
  GRAFT_TRY(graft_direction_init(&t->direction, t->objective, &how, &steps, arena));
  GRAFT_TRY(graft_sam_init(&t->sam, &c->sam, &t->direction, (uint64_t)c->seed, arena));
  if (c->diagnostics) {
    GRAFT_TRY(graft_probe_init(&t->probe, &t->direction, c->probe_rho, arena));
  }
  GRAFT_TRY(graft_optimizer_init(&t->optimizer, graft_optimizer_find(c->optimizer), &rule,
                                 t->objective->layout, arena));
  GRAFT_TRY(graft_arena_take(arena, n, sizeof *t->best, &t->best));
  if (c->ema > 0) GRAFT_TRY(graft_arena_take(arena, n, sizeof *t->ema, &t->ema));
  for (size_t i = 0; i < sizeof vector / sizeof *vector; i++) {
    GRAFT_TRY(graft_arena_take(arena, K, sizeof(double), vector[i]));
  }
  t->columns = graft_trainer_log_columns(c, K);
  GRAFT_TRY(graft_arena_take(arena, t->columns, sizeof *t->column_text, &t->column_text));
  GRAFT_TRY(graft_arena_take(arena, t->columns, sizeof *t->column, &t->column));
  return graft_arena_take(arena, t->columns, sizeof *t->value, &t->value);
}

static void start(graft_trainer *t) {
  const size_t K = t->objective->tasks, n = t->objective->n;
  memcpy(t->best, t->theta, n * sizeof *t->best);
  if (t->ema) memcpy(t->ema, t->theta, n * sizeof *t->ema);
  for (size_t k = 0; k < K; k++) {
    t->loss_sum[k] = t->count[k] = 0;
    t->train_loss[k] = t->validation_loss[k] = NAN;
  }
  t->progress.tasks = K;
  t->progress.train_loss = t->train_loss;
  t->progress.validation_loss = t->validation_loss;
  t->progress.validation_mean = NAN;
  t->progress.best_mean = INFINITY;
  t->progress.epochs = (double)t->progress.steps / (double)t->objective->steps_per_epoch;
  graft_trainer_log_names(t);
}

graft_status graft_trainer_create(const graft_objective *objective,
                                  const graft_trainer_config *config, graft_real *theta,
                                  const graft_sink *sink, graft_trainer **trainer) {
  graft_trainer *t = NULL;
  graft_arena arena;
  graft_status status;
  *trainer = NULL;
  GRAFT_TRY(graft_trainer_config_validate(config, objective->tasks));
  GRAFT_TRY(graft_alloc(&t, 1, sizeof *t));
  t->objective = objective;
  t->sink = sink;
  t->config = *config;
  t->theta = theta;
  GRAFT_TRY_TO(fail, set_times(t));
  graft_arena_init(&arena, NULL, 0);
  GRAFT_TRY_TO(fail, plan(t, &arena));
  t->memory_size = arena.used;
  GRAFT_TRY_TO(fail, graft_alloc(&t->memory, arena.used, 1));
  graft_arena_init(&arena, t->memory, arena.used);
  GRAFT_TRY_TO(fail, plan(t, &arena));
  start(t);
  *trainer = t;
  return GRAFT_OK;
fail:
  graft_trainer_destroy(t);
  return status;
}

void graft_trainer_destroy(graft_trainer *trainer) {
  if (!trainer) return;
  graft_free(trainer->memory);
  graft_free(trainer);
}

const graft_progress *graft_trainer_progress(const graft_trainer *t) { return &t->progress; }

size_t graft_trainer_memory(const graft_trainer *t) { return t->memory_size; }

const graft_real *graft_trainer_best(const graft_trainer *t) { return t->best; }

graft_status graft_trainer_step(graft_trainer *t) {
  graft_direction *d = &t->direction;
  graft_progress *p = &t->progress;
  const graft_trainer_config *c = &t->config;
  const size_t K = t->objective->tasks, n = t->objective->n;
  const double lr = graft_schedule_rate(&t->schedule, p->step);
  GRAFT_TRY(graft_sam_eval(&t->sam, p->step, fmin(lr / c->lr, 1), t->theta));
  const double norm = graft_vector_norm(d->gradient, n);
  GRAFT_CHECK(isfinite(norm), DIVERGED, "the gradient is not finite in step %llu",
              (unsigned long long)p->step + 1);
  p->gradient_norm = norm;
  p->lr = lr;
  t->optimizer.value = graft_direction_value(d);
  graft_optimizer_step(&t->optimizer, p->lr, d->gradient,
                       c->clip > 0 && norm > c->clip ? c->clip / norm : 1, t->theta);
  p->step++;
  GRAFT_TRY(graft_direction_follow(d, t->theta));
  if (t->ema) { /* a young average forgets its start sooner */
    const double young = (double)(p->step) / (double)(p->step + 9);
    graft_vector_average(t->ema, c->ema < young ? c->ema : young, t->theta, n);
  }
  for (size_t k = 0; k < K; k++) {
    t->train_loss[k] = d->loss[k];
    t->loss_sum[k] += d->loss_sum[k];
    t->count[k] += d->count[k];
  }
  p->epoch = (double)p->step / (double)t->objective->steps_per_epoch;
  p->validated = false;
  return GRAFT_OK;
}

/* Sums and counts of all validation batches. */
static graft_status validate_batches(graft_trainer *t, const graft_real *theta) {
  const graft_objective *f = t->objective;
  const size_t K = f->tasks;
  graft_request request = {.step = t->progress.step,
                           .tasks = K == 64 ? ~UINT64_C(0) : (UINT64_C(1) << K) - 1,
                           .pass = GRAFT_PASS_VALIDATE,
                           .want = GRAFT_WANT_LOSS};
  graft_reply reply = {.loss = t->scratch_loss, .count = t->scratch_count};
  memset(t->validation_sum, 0, K * sizeof *t->validation_sum);
  memset(t->validation_count, 0, K * sizeof *t->validation_count);
  for (request.batch = 0; request.batch < f->validation_batches; request.batch++) {
    GRAFT_TRY(f->eval(f->ctx, &request, theta, &reply));
    for (size_t k = 0; k < K; k++) {
      t->validation_sum[k] += reply.loss[k];
      t->validation_count[k] += reply.count[k];
    }
  }
  return GRAFT_OK;
}

graft_status graft_trainer_validate(graft_trainer *t) {
  graft_progress *p = &t->progress;
  const graft_real *theta = t->ema ? t->ema : t->theta;
  double sum = 0, tasks = 0;
  GRAFT_TRY(validate_batches(t, theta));
  for (size_t k = 0; k < t->objective->tasks; k++) {
    GRAFT_CHECK(isfinite(t->validation_sum[k]), DIVERGED,
                "validation loss of task '%s' is %g after step %llu", t->objective->task_name[k],
                t->validation_sum[k], (unsigned long long)p->step);
    const bool any = t->validation_count[k] > 0;
    t->validation_loss[k] = any ? t->validation_sum[k] / t->validation_count[k] : NAN;
    if (any) sum += t->validation_loss[k], tasks++;
  }
  p->validation_mean = tasks > 0 ? sum / tasks : NAN;
  p->validated = true;
  graft_schedule_observe(&t->schedule, p->validation_mean);
  if (tasks > 0 && !(p->validation_mean < p->best_mean)) return GRAFT_OK;
  if (tasks > 0) p->best_mean = p->validation_mean;
  p->best_step = p->step;
  memcpy(t->best, theta, t->objective->n * sizeof *t->best);
  if (t->objective->keep) t->objective->keep(t->objective->ctx);
  return GRAFT_OK;
}
