/* SPDX-License-Identifier: BSD-2-Clause */
/* The trainer: convergence, validation and best parameters, log rows, clip, ema, hooks, divergence,
 * checkpoints, configuration. */
#include "mtl/trainer.h"

#include "base/arena.h"
#include "tests/graft_test.h"
#include "tests/mtl/objective_test.h"

#ifdef GRAFT_DOUBLE
static const double fine = 1e-6;
#else
static const double fine = 2e-3;
#endif

enum { N_MAX = 32, COLUMNS = 6 + 2 * QUADRATIC_TASKS };

/* One training of the quadratics with everything around it. */
struct setup {
  quadratic q;
  graft_trainer_config config;
  graft_trainer *trainer;
  graft_real theta[N_MAX];
  graft_sink_memory memory;
  graft_sink sink;
  const graft_progress *progress;
};

static void begin(struct setup *s, size_t tasks) {
  *s = (struct setup){0};
  T_OK(quadratic_init(&s->q, tasks));
  T_OK(graft_trainer_config_default(&s->config));
  s->config.lr = 0.05;
  s->config.epochs = 10;
  s->sink = graft_sink_to_memory(&s->memory);
}

static void create(struct setup *s) {
  T_OK(graft_trainer_create(&s->q.objective, &s->config, s->theta, &s->sink, &s->trainer));
  s->progress = graft_trainer_progress(s->trainer);
}

static void end(struct setup *s) {
  graft_trainer_destroy(s->trainer);
  graft_sink_memory_fini(&s->memory);
  quadratic_fini(&s->q);
}

static void set_text(char *field, const char *text) {
  snprintf(field, GRAFT_NAME_SIZE, "%s", text);
}

/* Full batches of one task: a deterministic quadratic of condition 1000. */
static void converges_on_ill_conditioned_quadratics(void) {
  const struct {
    const char *optimizer, *schedule;
    double lr;
  } run[] = {{"sgd", "constant", 2e-4}, {"adam", "cosine", 0.03}, {"adamw", "cosine", 0.03}};
  for (size_t i = 0; i < sizeof run / sizeof *run; i++) {
    struct setup s;
    begin(&s, 1);
    s.q.batch = QUADRATIC_SAMPLES;
    s.q.condition = 1000;
    set_text(s.config.optimizer, run[i].optimizer);
    set_text(s.config.schedule, run[i].schedule);
    s.config.lr = run[i].lr;
    s.config.momentum = 0.98;
    s.config.weight_decay = 0;
    s.config.lr_final = 0;
    s.config.steps = 10000;
    s.config.validate_steps = 10000;
    create(&s);
    T_OK(graft_trainer_run(s.trainer, NULL));
    printf("# %s: gradient norm %.3g\n", run[i].optimizer, s.progress->gradient_norm);
    T_CHECK(s.progress->gradient_norm < fine);
    end(&s);
  }
}

static void converges_on_rosenbrock(void) {
  const struct {
    const char *optimizer;
    double lr, near; /* lion creeps along the valley in steps of lr */
  } run[] = {
      {"sgd", 3e-4, 1e-3}, {"adam", 0.02, 1e-3}, {"adamw", 0.02, 1e-3}, {"lion", 0.002, 1e-2}};
  for (size_t i = 0; i < sizeof run / sizeof *run; i++) {
    rosenbrock f;
    graft_trainer_config c;
    graft_trainer *t;
    graft_real theta[2] = {(graft_real)-1.2, 1};
    T_OK(rosenbrock_init(&f));
    T_OK(graft_trainer_config_default(&c));
    set_text(c.optimizer, run[i].optimizer);
    c.momentum = 0.99;
    c.lr = run[i].lr;
    c.steps = 8000;
    c.validate_steps = 1000;
    T_OK(graft_trainer_create(&f.objective, &c, theta, NULL, &t));
    T_OK(graft_trainer_run(t, NULL));
    printf("# %s: f = %.3g at (%g, %g)\n", run[i].optimizer, graft_trainer_progress(t)->best_mean,
           (double)theta[0], (double)theta[1]);
    T_NEAR(theta[0], 1, run[i].near);
    T_NEAR(theta[1], 1, 2 * run[i].near);
    graft_trainer_destroy(t);
    rosenbrock_fini(&f);
  }
}

static void rows_tell_the_losses(void) {
  struct setup s;
  begin(&s, QUADRATIC_TASKS);
  s.config.lr = 0.01;
  set_text(s.config.schedule, "constant");
  s.config.epochs = 2;
  s.config.log_every = 2;
  create(&s);
  T_OK(graft_trainer_run(s.trainer, NULL));
  /* 3 steps per epoch: rows after steps 2, 3 (validation), 4, 6 (validation) */
  const double want_step[] = {2, 3, 4, 6};
  T_EQUAL(s.memory.rows, 4);
  T_EQUAL(s.memory.columns, COLUMNS);
  for (size_t r = 0; r < s.memory.rows; r++) {
    const double *row = s.memory.value + r * s.memory.columns;
    const bool validated = r % 2 == 1;
    T_EQUAL(row[0], want_step[r]);
    T_NEAR(row[1], want_step[r] / 3, 1e-15);
    T_EQUAL(row[3], 0.01);
    T_CHECK(row[4] > 0);
    T_CHECK(isnan(row[5]) == !validated);
    for (size_t k = 0; k < QUADRATIC_TASKS; k++) {
      T_CHECK(row[6 + 2 * k] > 0);
      T_CHECK(isnan(row[7 + 2 * k]) == !validated);
    }
  }
  const double *last = s.memory.value + 3 * s.memory.columns;
  T_NEAR(last[5], (last[7] + last[9] + last[11]) / 3, 1e-14);
  T_EQUAL(last[5], s.progress->validation_mean);
  end(&s);
}

/* A rate that is too large: the validation loss falls and then rises, the best is kept. */
static void keeps_the_best(void) {
  struct setup s;
  begin(&s, 1);
  set_text(s.config.optimizer, "sgd");
  set_text(s.config.schedule, "step");
  set_text(s.config.lr_boundaries, "10");
  set_text(s.config.lr_values, "0.12"); /* beyond 2 / largest curvature */
  s.config.lr = 0.02;
  s.config.momentum = 0;
  s.config.steps = 30;
  s.config.validate_steps = 1;
  create(&s);
  double best = INFINITY;
  graft_real kept[N_MAX] = {0};
  uint64_t step = 0;
  for (int i = 0; i < 30; i++) {
    T_OK(graft_trainer_step(s.trainer));
    T_OK(graft_trainer_validate(s.trainer));
    if (s.progress->validation_mean < best) {
      best = s.progress->validation_mean;
      step = s.progress->step;
      memcpy(kept, s.theta, sizeof kept);
    }
  }
  T_CHECK(step > 5 && step < 25 && s.progress->validation_mean > 2 * best);
  T_EQUAL(s.progress->best_mean, best);
  T_EQUAL(s.progress->best_step, step);
  T_CHECK(memcmp(graft_trainer_best(s.trainer), kept, s.q.objective.n * sizeof *kept) == 0);
  end(&s);
}

static void clip_limits_the_step(void) {
  struct setup s;
  graft_real before[N_MAX];
  begin(&s, QUADRATIC_TASKS);
  set_text(s.config.optimizer, "sgd");
  s.config.momentum = 0;
  s.config.weight_decay = 0;
  s.config.lr = 1;
  s.config.clip = 0.25;
  create(&s);
  memcpy(before, s.theta, sizeof before);
  T_OK(graft_trainer_step(s.trainer));
  double sum = 0;
  for (size_t i = 0; i < s.q.objective.n; i++) {
    sum += pow((double)s.theta[i] - (double)before[i], 2);
  }
  T_CHECK(s.progress->gradient_norm > 1);
  T_NEAR(sqrt(sum), 0.25, 1e-6);
  end(&s);
}

static void ema_averages_and_is_validated(void) {
  struct setup s;
  double ema[N_MAX] = {0};
  begin(&s, QUADRATIC_TASKS);
  s.config.ema = 0.6;
  s.config.steps = 40;
  create(&s);
  for (int i = 1; i <= 40; i++) {
    T_OK(graft_trainer_step(s.trainer));
    double decay = fmin(0.6, i / (i + 9.0));
    for (size_t j = 0; j < s.q.objective.n; j++) {
      ema[j] = decay * ema[j] + (1 - decay) * (double)s.theta[j];
    }
  }
  T_OK(graft_trainer_validate(s.trainer));
  for (size_t j = 0; j < s.q.objective.n; j++) {
    T_NEAR(graft_trainer_best(s.trainer)[j], ema[j], 1e-5);
    T_CHECK(graft_trainer_best(s.trainer)[j] != s.theta[j]);
  }
  end(&s);
}

static void task_weights_count(void) {
  struct setup s;
  begin(&s, QUADRATIC_TASKS);
  set_text(s.config.task_weights, "0,1,0"); /* only task 1 is trained, the others are watched */
  create(&s);
  T_OK(graft_trainer_step(s.trainer));
  for (size_t i = 0; i < QUADRATIC_H; i++) {
    T_EQUAL(s.theta[2 * QUADRATIC_D + i], 0);
    T_CHECK(s.theta[2 * QUADRATIC_D + QUADRATIC_H + i] != 0);
  }
  T_CHECK(s.progress->train_loss[0] > 0);
  end(&s);
}

/* ---- hooks ---- */

struct hooks_seen {
  double clock;
  int told, improved, asked, stop_after;
};

static double tick(void *ctx) { return ((struct hooks_seen *)ctx)->clock += 0.5; }
static bool stop(void *ctx) {
  struct hooks_seen *h = ctx;
  return ++h->asked == h->stop_after;
}
static void told(void *ctx, const graft_progress *p) {
  (void)p;
  ((struct hooks_seen *)ctx)->told++;
}
static graft_status improved(void *ctx, const graft_progress *p, const graft_real *theta) {
  (void)theta;
  T_CHECK(p->best_step == p->step && p->validated);
  ((struct hooks_seen *)ctx)->improved++;
  return GRAFT_OK;
}

static void hooks_are_called(void) {
  struct setup s;
  struct hooks_seen seen = {.stop_after = 7};
  graft_trainer_hooks hooks = {
      .ctx = &seen, .now = tick, .stop = stop, .progress = told, .improved = improved};
  begin(&s, QUADRATIC_TASKS);
  create(&s);
  T_FAILS(graft_trainer_run(s.trainer, &hooks), GRAFT_INTERRUPTED,
          "stopped after step 7 of 30; run again to go on");
  T_EQUAL(s.progress->step, 7);
  T_EQUAL(seen.told, 7);
  T_CHECK(seen.improved >= 1);
  T_CHECK(graft_bundle_find(&s.memory.checkpoint, "trainer/theta") != NULL);
  T_NEAR(s.progress->seconds, 3.5, 1e-12);
  T_OK(graft_trainer_run(s.trainer, &hooks)); /* goes on where it stopped */
  T_EQUAL(s.progress->step, 30);
  T_NEAR(s.progress->seconds, 15, 1e-12);
  T_OK(graft_trainer_run(s.trainer, &hooks)); /* nothing left to do */
  T_EQUAL(seen.told, 30);
  end(&s);
}

static void time_limit_ends_a_run(void) {
  struct setup s;
  struct hooks_seen seen = {0};
  graft_trainer_hooks hooks = {.ctx = &seen, .now = tick};
  begin(&s, QUADRATIC_TASKS);
  s.config.time_limit = 2;
  create(&s);
  T_OK(graft_trainer_run(s.trainer, &hooks));
  T_EQUAL(s.progress->step, 4);
  T_CHECK(s.progress->validated); /* so the last parameters had their chance */
  end(&s);
}

/* A rate so small that nothing changes after the first validation: the last ones are no better. */
static void patience_ends_a_run(void) {
  struct setup s;
  graft_bundle bundle;
  begin(&s, 1);
  s.config.epochs = 50;
  s.config.patience = 3;
  set_text(s.config.schedule, "step");
  set_text(s.config.lr_boundaries, "3");
  set_text(s.config.lr_values, "1e-300");
  s.config.weight_decay = 0;
  create(&s);
  T_OK(graft_trainer_run(s.trainer, NULL));
  T_CHECK(s.progress->exhausted);
  T_EQUAL(s.progress->step, s.progress->best_step + 3 * s.q.objective.steps_per_epoch);
  T_CHECK(s.progress->step < s.progress->steps);
  const uint64_t ended = s.progress->step;
  graft_bundle_init(&bundle);
  T_OK(graft_trainer_put(s.trainer, &bundle));
  T_OK(graft_trainer_get(s.trainer, &bundle));
  T_OK(graft_trainer_run(s.trainer, NULL)); /* taken back: still over */
  T_EQUAL(s.progress->step, ended);
  graft_bundle_fini(&bundle);
  end(&s);
}

static void divergence_keeps_the_best(void) {
  struct setup s;
  begin(&s, QUADRATIC_TASKS);
  s.q.poison = 20;
  create(&s);
  T_FAILS(
      graft_trainer_run(s.trainer, NULL), GRAFT_DIVERGED,
      "training diverged: loss of task 'square' is nan in step 21; kept the parameters of step ");
  T_CHECK(strstr(graft_error_message(), "try lr below 0.05, clip 1, warmup 200") != NULL);
  T_EQUAL(s.progress->step, 20);
  T_CHECK(memcmp(s.theta, graft_trainer_best(s.trainer), s.q.objective.n * sizeof *s.theta) == 0);
  for (size_t i = 0; i < s.q.objective.n; i++) T_CHECK(isfinite(s.theta[i]));
  int64_t step = 0;
  T_OK(graft_bundle_get_int(&s.memory.checkpoint, "trainer/step", &step));
  T_EQUAL(step, 18); /* the last checkpoint stays */
  end(&s);
}

/* The quadratics, but for a gradient that overflows in step 8 while losses stay finite. */
static graft_status (*quadratic_of_test)(void *ctx, const graft_request *request,
                                         const graft_real *theta, graft_reply *reply);

static graft_status overflow(void *ctx, const graft_request *request, const graft_real *theta,
                             graft_reply *reply) {
  GRAFT_TRY(quadratic_of_test(ctx, request, theta, reply));
  if (request->want & GRAFT_WANT_SUM && request->step == 7) reply->sum[0] = (graft_real)INFINITY;
  return GRAFT_OK;
}

static void a_gradient_that_is_not_finite_is_divergence(void) {
  struct setup s;
  begin(&s, QUADRATIC_TASKS);
  quadratic_of_test = s.q.objective.eval;
  s.q.objective.eval = overflow;
  create(&s);
  T_FAILS(graft_trainer_run(s.trainer, NULL), GRAFT_DIVERGED,
          "the gradient is not finite in step 8");
  T_EQUAL(s.progress->step, 7);
  for (size_t i = 0; i < s.q.objective.n; i++) T_CHECK(isfinite(s.theta[i]));
  end(&s);
}

/* A rate at which sgd explodes in earnest. */
static void explosion_is_divergence(void) {
  struct setup s;
  begin(&s, 1);
  set_text(s.config.optimizer, "sgd");
  set_text(s.config.schedule, "constant");
  s.config.lr = 1e6;
  s.config.epochs = 1000;
  create(&s);
  T_FAILS(graft_trainer_run(s.trainer, NULL), GRAFT_DIVERGED, "training diverged");
  for (size_t i = 0; i < s.q.objective.n; i++) T_CHECK(isfinite(s.theta[i]));
  end(&s);
}

static void without_validation_the_latest_counts(void) {
  struct setup s;
  begin(&s, QUADRATIC_TASKS);
  s.q.objective.validation_batches = 0;
  create(&s);
  T_OK(graft_trainer_run(s.trainer, NULL));
  T_CHECK(isnan(s.progress->validation_mean));
  T_EQUAL(s.progress->best_step, 30);
  T_CHECK(memcmp(s.theta, graft_trainer_best(s.trainer), s.q.objective.n * sizeof *s.theta) == 0);
  end(&s);
}

/* ---- checkpoints ---- */

static void checkpoints_are_checked(void) {
  struct setup s, other;
  begin(&s, QUADRATIC_TASKS);
  create(&s);
  T_OK(graft_trainer_run(s.trainer, NULL));
  begin(&other, QUADRATIC_TASKS);
  other.config.lr = 0.02;
  create(&other);
  T_FAILS(graft_trainer_get(other.trainer, &s.memory.checkpoint), GRAFT_USAGE,
          "lr: the run was started with '0.05', got '0.02'");
  end(&other);
  begin(&other, 2); /* fewer parameters */
  create(&other);
  T_FAILS(graft_trainer_get(other.trainer, &s.memory.checkpoint), GRAFT_INPUT, "trainer/theta");
  T_EQUAL(other.progress->step, 0);
  graft_bundle empty;
  graft_bundle_init(&empty);
  T_FAILS(graft_trainer_get(other.trainer, &empty), GRAFT_INPUT, "trainer/config");
  end(&other);
  end(&s);
}

/* `-epochs 5`, then `-epochs 10`: the schedule's own length makes it the same run. */
static void longer_runs_go_on(void) {
  struct setup whole, part, rest;
  begin(&whole, QUADRATIC_TASKS);
  whole.config.lr_epochs = 10;
  create(&whole);
  T_OK(graft_trainer_run(whole.trainer, NULL));
  begin(&part, QUADRATIC_TASKS);
  part.config.lr_epochs = 10;
  part.config.epochs = 5;
  create(&part);
  T_OK(graft_trainer_run(part.trainer, NULL));
  begin(&rest, QUADRATIC_TASKS);
  rest.config.lr_epochs = 10;
  create(&rest);
  T_OK(graft_trainer_get(rest.trainer, &part.memory.checkpoint));
  T_OK(graft_trainer_run(rest.trainer, NULL));
  T_EQUAL(rest.progress->step, 30);
  T_CHECK(memcmp(rest.theta, whole.theta, sizeof rest.theta) == 0);
  T_EQUAL(rest.q.seen, 30);
  end(&whole);
  end(&part);
  end(&rest);
}

/* ---- configuration ---- */

static void bad_configurations_are_refused(void) {
  static const struct {
    const char *name, *value, *text;
  } bad[] = {{"task_weights", "1,2", "task_weights: expected one number for each of the 3 tasks"},
             {"task_weights", "1,-2,1", "task_weights: expected numbers >= 0"},
             {"task_weights", "0,0,0", "only zeros"},
             {"task_weights", "1,x,1", "task_weights: expected numbers"},
             {"task_weights", "1,2,", "after ','"},
             {"lr_boundaries", "10", "lr_values: expected as many as lr_boundaries (1), got 0"},
             {"lr_boundaries", "1.5", "lr_values"},
             {"ema", "1", "ema: expected a number in [0, 1)"},
             {"beta1", "1", "beta1: expected a number in [0, 1)"}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct setup s;
    begin(&s, QUADRATIC_TASKS);
    const graft_option *row = graft_option_find(graft_trainer_options, bad[i].name);
    T_OK(graft_option_set(row, &s.config, bad[i].name, bad[i].value));
    T_FAILS(graft_trainer_create(&s.q.objective, &s.config, s.theta, NULL, &s.trainer), GRAFT_USAGE,
            bad[i].text);
    T_CHECK(s.trainer == NULL);
    end(&s);
  }
  struct setup s;
  begin(&s, QUADRATIC_TASKS);
  T_FAILS(graft_option_set(graft_option_find(graft_trainer_options, "optimizer"), &s.config,
                           "-optimizer", "adamm"),
          GRAFT_USAGE, "did you mean 'adamw'");
  set_text(s.config.optimizer, "nothing");
  T_FAILS(graft_trainer_config_validate(&s.config, 3), GRAFT_USAGE, "no rule is named 'nothing'");
  end(&s);
}

int main(void) {
  T_RUN(converges_on_ill_conditioned_quadratics);
  T_RUN(converges_on_rosenbrock);
  T_RUN(rows_tell_the_losses);
  T_RUN(keeps_the_best);
  T_RUN(clip_limits_the_step);
  T_RUN(ema_averages_and_is_validated);
  T_RUN(task_weights_count);
  T_RUN(hooks_are_called);
  T_RUN(time_limit_ends_a_run);
  T_RUN(patience_ends_a_run);
  T_RUN(divergence_keeps_the_best);
  T_RUN(a_gradient_that_is_not_finite_is_divergence);
  T_RUN(explosion_is_divergence);
  T_RUN(without_validation_the_latest_counts);
  T_RUN(checkpoints_are_checked);
  T_RUN(longer_runs_go_on);
  T_RUN(bad_configurations_are_refused);
  return graft_test_done();
}
