/* SPDX-License-Identifier: BSD-2-Clause */
/* A training set that is read batch by batch gives the bits of one in memory. */
#include "base/arena.h"
#include "mtl/trainer.h"
#include "tests/deeponet/toy_model.h"

enum { K = 3, SAMPLES = 220, STEPS = 60 /* more than an epoch */ };

static const char *const variant[] = {
    "batch 7 dropout 0.1 layer_norm true",
    "batch 30 branch dense points 0 augmentation false normalisation pixel",
    "batch 9 input log_k,k,mask rotations 3 pool 1",
    "batch 300 code false symmetrise false",
};
enum { VARIANTS = sizeof variant / sizeof *variant };

/* A source that notes what it is asked for. */
static struct {
  graft_source inner;
  size_t announced[4096], count; /* the last announcement */
  size_t filled, foreseen;       /* calls for u of a batch; of them announced before */
  size_t most;                   /* samples of a call */
  size_t fail_after;             /* calls; 0: never */
} spy;

static void expect(void *ctx, const size_t *sample, size_t count) {
  (void)ctx;
  memcpy(spy.announced, sample, count * sizeof *sample);
  spy.count = count;
}

static graft_status fill(void *ctx, const char *field, const size_t *sample, size_t count,
                         float *out) {
  (void)ctx;
  if (count > spy.most) spy.most = count;
  if (strcmp(field, "u") == 0) {
    spy.filled++;
    spy.foreseen +=
        count == spy.count && memcmp(sample, spy.announced, count * sizeof *sample) == 0;
    if (spy.fail_after && spy.filled > spy.fail_after) {
      return graft_error_set(GRAFT_INPUT, __FILE__, __LINE__, "data.h5: sample %zu is gone",
                             *sample);
    }
  }
  return spy.inner.fill(spy.inner.ctx, field, sample, count, out);
}

struct run {
  graft_deeponet *model;
  graft_objective objective;
  graft_trainer *trainer;
};

static bool begin(struct run *r, const graft_source *source, size_t v, double memory,
                  const char *more) {
  graft_deeponet_config config;
  graft_trainer_config training;
  *r = (struct run){0};
  if (!toy_config(&config, "demo", variant[v]) || !toy_set(&config, more)) return false;
  config.memory = memory;
  if (!T_OK(graft_deeponet_create(&config, source, "default", &r->model))) return false;
  if (!T_OK(graft_deeponet_objective(r->model, &r->objective))) return false;
  if (!T_OK(graft_trainer_config_default(&training))) return false;
  training.steps = STEPS;
  training.validate_steps = 11;
  return T_OK(graft_trainer_create(&r->objective, &training, graft_deeponet_parameters(r->model),
                                   NULL, &r->trainer));
}

static void end(struct run *r) {
  graft_trainer_destroy(r->trainer);
  graft_deeponet_destroy(r->model);
}

/* Where the window of 256 to 300 samples fits, but not the whole set. */
static double limit(const toy *t, size_t v) {
  size_t row = 2 * t->source.info.points * sizeof(float);
  return 1.01 * (double)(row * (v == 3 ? 300 : 256)) / 1048576.0;
}

static void batches_are_the_same_bits(void) {
  for (size_t v = 0; v < VARIANTS; v++) {
    struct run all, some;
    toy t;
    if (!T_OK(toy_init(&t, K, SAMPLES))) return;
    graft_source watched = t.source;
    memset(&spy, 0, sizeof spy);
    spy.inner = t.source;
    watched.fill = fill;
    watched.expect = expect;
    if (begin(&all, &t.source, v, 0, "") && begin(&some, &watched, v, limit(&t, v), "")) {
      size_t n = graft_deeponet_layout(all.model)->n;
      spy.filled = spy.foreseen = 0;
      T_OK(graft_trainer_run(all.trainer, NULL));
      T_OK(graft_trainer_run(some.trainer, NULL));
      T_CHECK(memcmp(graft_deeponet_parameters(all.model), graft_deeponet_parameters(some.model),
                     n * sizeof(graft_real)) == 0);
      T_EQUAL(graft_trainer_progress(all.trainer)->best_mean,
              graft_trainer_progress(some.trainer)->best_mean);
      T_CHECK(spy.most <= (v == 3 ? 300 : 256));
      T_CHECK(spy.filled >= STEPS);
      printf("# variant %zu: %zu of %zu batches were announced\n", v, spy.foreseen, spy.filled);
      T_CHECK(spy.foreseen + 6 * (1 + STEPS / 11) >= spy.filled); /* but after validations */
    }
    end(&all);
    end(&some);
    toy_fini(&t);
  }
}

/* Rows of the Jacobian and further draws look at the same batches. */
static void rows_are_the_same_bits(void) {
  struct run all, some;
  toy t;
  if (!T_OK(toy_init(&t, K, SAMPLES))) return;
  if (begin(&all, &t.source, 0, 0, "") && begin(&some, &t.source, 0, limit(&t, 0), "")) {
    size_t n = all.objective.n;
    graft_real *rows;
    double loss[2][K], count[2][K];
    if (!T_OK(graft_alloc(&rows, 2 * K * n, sizeof *rows))) return;
    for (uint64_t step = 0; step < 6; step++) {
      graft_request request = {.step = step * 17,
                               .batch = step % 3,
                               .tasks = 7,
                               .want = GRAFT_WANT_LOSS | GRAFT_WANT_ROWS};
      if (step == 4) request.tasks = 2;
      for (int i = 0; i < 2; i++) {
        const graft_objective *f = i ? &some.objective : &all.objective;
        graft_reply reply = {loss[i], count[i], NULL, rows + (size_t)i * K * n};
        T_OK(f->eval(f->ctx, &request, graft_deeponet_parameters(all.model), &reply));
      }
      T_CHECK(memcmp(rows, rows + K * n, K * n * sizeof *rows) == 0);
      T_CHECK(memcmp(loss[0], loss[1], sizeof loss[0]) == 0);
    }
    graft_free(rows);
  }
  end(&all);
  end(&some);
  toy_fini(&t);
}

/* Skip paths are fitted to as many samples as the memory allows, the others are predicted. */
static void skip_paths_are_fitted_to_some(void) {
  static const char *const skip[] = {"skip kernel_ridge", "skip kernel_ridge augmentation false"};
  for (size_t i = 0; i < 2; i++) {
    struct run all, some, more;
    toy t;
    if (!T_OK(toy_init(&t, K, SAMPLES))) return;
    if (begin(&all, &t.source, 0, 0, skip[i]) && begin(&some, &t.source, 0, 0.4, skip[i]) &&
        begin(&more, &t.source, 0, 0.4, skip[i])) {
      size_t n = all.objective.n;
      graft_bundle checkpoint;
      T_OK(graft_trainer_run(all.trainer, NULL));
      T_OK(graft_trainer_run(some.trainer, NULL));
      double a = graft_trainer_progress(all.trainer)->best_mean;
      double b = graft_trainer_progress(some.trainer)->best_mean;
      printf("# %s: validation %.9g with all samples, %.9g with some\n", skip[i], a, b);
      T_CHECK(fabs(b - a) < a);
      graft_bundle_init(&checkpoint); /* a resumed one has the same bits */
      for (int s = 0; s < 33; s++) T_OK(graft_trainer_step(more.trainer));
      T_OK(graft_trainer_put(more.trainer, &checkpoint));
      end(&more);
      if (begin(&more, &t.source, 0, 0.4, skip[i])) {
        T_OK(graft_trainer_get(more.trainer, &checkpoint));
        T_OK(graft_trainer_run(more.trainer, NULL));
        T_CHECK(memcmp(graft_deeponet_parameters(more.model), graft_deeponet_parameters(some.model),
                       n * sizeof(graft_real)) == 0);
      }
      graft_bundle_fini(&checkpoint);
    }
    end(&all);
    end(&some);
    end(&more);
    toy_fini(&t);
  }
}

/* The limit that the message names is enough, and counts what the source keeps ahead of us. */
static void the_least_memory_is_named(void) {
  for (size_t v = 0; v < VARIANTS; v++) {
    double least[2] = {0, 0};
    toy t;
    if (!T_OK(toy_init(&t, K, SAMPLES))) return;
    for (int i = 0; i < 2; i++) {
      const char *words = "-memory: expected at least ";
      graft_deeponet_config config;
      graft_deeponet *model = NULL;
      t.source.ahead = i ? 100 : 0; /* with the window, fewer than the set has */
      if (!toy_config(&config, "demo", variant[v])) return;
      config.memory = 1e-3;
      T_FAILS(graft_deeponet_create(&config, &t.source, "default", &model), GRAFT_USAGE, words);
      const char *at = strstr(graft_error_message(), words);
      if (!T_CHECK(at != NULL)) return;
      least[i] = strtod(at + strlen(words), NULL);
      config.memory = least[i] - 0.01;
      T_FAILS(graft_deeponet_create(&config, &t.source, "default", &model), GRAFT_USAGE, words);
      config.memory = least[i];
      if (i == 0 && T_OK(graft_deeponet_create(&config, &t.source, "default", &model))) {
        T_CHECK(strcmp(graft_deeponet_streamed(model, 0), "log_k") == 0);
        T_CHECK(strcmp(graft_deeponet_streamed(model, 1), "u") == 0);
        T_CHECK(graft_deeponet_streamed(model, 2) == NULL);
        graft_deeponet_destroy(model);
      }
    }
    double ring = 100.0 * 2 * (double)t.source.info.points * sizeof(float) / 1048576;
    T_NEAR(least[1] - least[0], ring, 0.0101);
    toy_fini(&t);
  }
}

static void mistakes_are_named(void) {
  graft_deeponet_config config;
  graft_deeponet *model;
  struct run r;
  toy t;
  if (!T_OK(toy_init(&t, K, SAMPLES)) || !toy_config(&config, "demo", variant[0])) return;
  config.memory = 1e-3;
  T_FAILS(graft_deeponet_create(&config, &t.source, "default", &model), GRAFT_USAGE,
          "-memory: expected at least");
  graft_source watched = t.source;
  memset(&spy, 0, sizeof spy);
  spy.inner = t.source;
  watched.fill = fill;
  watched.expect = expect;
  if (begin(&r, &watched, 0, limit(&t, 0), "")) {
    spy.fail_after = spy.filled + 20;
    T_FAILS(graft_trainer_run(r.trainer, NULL), GRAFT_INPUT, "is gone");
    T_CHECK(graft_trainer_progress(r.trainer)->step > 0);
  }
  end(&r);
  toy_fini(&t);
}

int main(void) {
  T_RUN(batches_are_the_same_bits);
  T_RUN(rows_are_the_same_bits);
  T_RUN(skip_paths_are_fitted_to_some);
  T_RUN(the_least_memory_is_named);
  T_RUN(mistakes_are_named);
  return graft_test_done();
}
