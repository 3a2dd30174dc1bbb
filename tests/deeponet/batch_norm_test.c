/* SPDX-License-Identifier: BSD-2-Clause */
/* Networks whose samples depend on each other: statistics, gradients and rows of two ranks are
 * those of one, also where a rank has no samples; running statistics belong to the best parameters.
 */
#include <pthread.h>

#include "deeponet/ensemble.h"
#include "deeponet/model_impl.h"
#include "mtl/trainer.h"
#include "tests/deeponet/toy_model.h"

enum { RANKS = 2, TASKS = 3, SHARED_MAX = 4096 };

#define SETTINGS "batch_norm branch,trunk points 0 threads 1 batch 7"

/* ---- ranks: two threads that meet at a barrier ---- */

static struct {
  pthread_barrier_t barrier;
  double slot[RANKS][SHARED_MAX];
} meeting;

static graft_status meet(void *ctx, double *value, size_t count, bool maximum) {
  const int rank = *(const int *)ctx;
  memcpy(meeting.slot[rank], value, count * sizeof *value);
  pthread_barrier_wait(&meeting.barrier);
  for (size_t i = 0; i < count; i++) {
    const double a = meeting.slot[0][i], b = meeting.slot[1][i];
    value[i] = maximum ? fmax(a, b) : a + b;
  }
  pthread_barrier_wait(&meeting.barrier);
  return GRAFT_OK;
}

static graft_status meet_sum(void *ctx, double *value, size_t count) {
  return meet(ctx, value, count, false);
}

static graft_status meet_max(void *ctx, double *value, size_t count) {
  return meet(ctx, value, count, true);
}

/* What one rank finds in a step. */
struct rank {
  int rank, size;
  uint64_t step;
  const toy *t;
  size_t n, states;
  double loss[TASKS], samples;
  graft_real *sum, *rows; /* [n], [TASKS x n] */
  double *state;          /* [states] */
};

static void *run_rank(void *argument) {
  static const double weight[TASKS] = {.5, 2, .1};
  struct rank *me = argument;
  const graft_comm comm = {
      .rank = me->rank, .size = me->size, .ctx = &me->rank, .sum = meet_sum, .max = meet_max};
  graft_deeponet_config config;
  graft_deeponet *model = NULL;
  graft_objective f;
  double count[TASKS];
  toy_config(&config, "demo", SETTINGS);
  if (!T_OK(graft_deeponet_create(&config, &me->t->source, "default", &model))) return NULL;
  graft_training_couple(model->training, &comm);
  T_OK(graft_deeponet_share(model, me->rank, me->size));
  T_OK(graft_deeponet_objective(model, &f));
  me->n = f.n;
  T_OK(graft_alloc(&me->sum, f.n, sizeof *me->sum));
  T_OK(graft_alloc(&me->rows, TASKS * f.n, sizeof *me->rows));
  graft_reply reply = {me->loss, count, me->sum, me->rows};
  const graft_request request = {
      .step = me->step, .tasks = 7, .want = GRAFT_WANT_SUM | GRAFT_WANT_ROWS, .weight = weight};
  T_OK(f.eval(f.ctx, &request, graft_deeponet_parameters(model), &reply));
  me->samples = count[0] + count[1] + count[2];
  f.keep(f.ctx);
  const double *state = graft_model_state(model, &me->states);
  T_OK(graft_alloc(&me->state, me->states, sizeof *state));
  memcpy(me->state, state, me->states * sizeof *state);
  graft_deeponet_destroy(model);
  return NULL;
}

static void release(struct rank *r) {
  graft_free(r->sum);
  graft_free(r->rows);
  graft_free(r->state);
}

static void compare(const graft_real *want, const graft_real *a, const graft_real *b, size_t n) {
  double worst = 0, largest = 0;
  for (size_t i = 0; i < n; i++) {
    worst = fmax(worst, fabs((double)(a[i] + b[i] - want[i])));
    largest = fmax(largest, fabs((double)want[i]));
  }
  T_CHECK(largest > 0);
  T_NEAR(worst, 0, 1e-4 * largest);
}

static void two_ranks_are_one(uint64_t step, double first, double second) {
  toy t;
  pthread_t thread;
  T_OK(toy_init(&t, TASKS, 18));
  struct rank whole = {.size = 1, .step = step, .t = &t};
  struct rank part[RANKS] = {{.rank = 0, .size = RANKS, .step = step, .t = &t},
                             {.rank = 1, .size = RANKS, .step = step, .t = &t}};
  run_rank(&whole);
  T_CHECK(pthread_barrier_init(&meeting.barrier, NULL, RANKS) == 0);
  T_CHECK(pthread_create(&thread, NULL, run_rank, &part[1]) == 0);
  run_rank(&part[0]);
  pthread_join(thread, NULL);
  pthread_barrier_destroy(&meeting.barrier);
  T_NEAR(part[0].samples, first, 0);
  T_NEAR(part[1].samples, second, 0);
  for (size_t k = 0; k < TASKS; k++) {
    T_NEAR(part[0].loss[k] + part[1].loss[k], whole.loss[k], 1e-5 * (1 + whole.loss[k]));
  }
  compare(whole.sum, part[0].sum, part[1].sum, whole.n);
  compare(whole.rows, part[0].rows, part[1].rows, TASKS * whole.n);
  T_CHECK(whole.states > 0);
  for (size_t i = 0; i < whole.states; i++) {
    T_NEAR(part[0].state[i], whole.state[i], 1e-6);
    T_NEAR(part[1].state[i], part[0].state[i], 0); /* bitwise: all ranks predict alike */
  }
  release(&whole);
  release(&part[0]);
  release(&part[1]);
  toy_fini(&t);
}

/* 36 training samples in batches of 7: the last batch of an epoch has one sample. */
static void ranks_add_up(void) { two_ranks_are_one(1, 4, 3); }
static void a_rank_without_samples_takes_part(void) { two_ranks_are_one(5, 1, 0); }

/* Running statistics are those of the step of the best parameters, and go through files. */
static void running_statistics_belong_to_the_best(void) {
  graft_deeponet_config config;
  graft_trainer_config training;
  graft_deeponet *model = NULL, *loaded = NULL;
  graft_objective f;
  graft_trainer *trainer;
  graft_bundle bundle;
  toy t;
  size_t S;
  float u[TOY_POINTS], again[TOY_POINTS];
  const size_t sample[1] = {3};
  double start[64];
  T_OK(toy_init(&t, TASKS, 18));
  toy_config(&config, "demo", SETTINGS);
  if (!T_OK(graft_deeponet_create(&config, &t.source, "default", &model))) return;
  const double *state = graft_model_state(model, &S);
  if (!T_CHECK(S > 0 && S <= 64)) return;
  for (size_t i = 0; i < S / 2 && i < 7; i++) T_NEAR(state[i], 0, 0); /* mean 0 at the start */
  T_OK(graft_trainer_config_default(&training));
  training.steps = 30;
  training.validate_steps = 10;
  T_OK(graft_deeponet_objective(model, &f));
  T_OK(graft_trainer_create(&f, &training, graft_deeponet_parameters(model), NULL, &trainer));
  T_OK(graft_trainer_run(trainer, NULL));
  T_CHECK(graft_trainer_progress(trainer)->best_step > 0);
  memcpy(start, graft_model_state(model, &S), S * sizeof *start);
  for (int i = 0; i < 3; i++) T_OK(graft_trainer_step(trainer)); /* nobody validates these */
  T_EQUAL(memcmp(start, graft_model_state(model, &S), S * sizeof *start), 0);
  graft_bundle_init(&bundle);
  T_OK(graft_deeponet_save(model, &bundle));
  T_OK(graft_deeponet_predict(model, &t.source, sample, 1, u));
  if (T_OK(graft_deeponet_load(&bundle, &loaded))) {
    T_OK(graft_deeponet_predict(loaded, &t.source, sample, 1, again));
    T_EQUAL(memcmp(u, again, sizeof u), 0);
    /* An ensemble of the network and itself has no spread, and each member its own statistics. */
    T_OK(graft_deeponet_join(loaded, model));
    float spread[TOY_POINTS], top = 0;
    T_OK(graft_deeponet_predict_spread(loaded, &t.source, sample, 1, again, spread));
    for (size_t p = 0; p < TOY_POINTS; p++) top = fmaxf(top, spread[p]);
    T_NEAR(top, 0, 0);
  }
  graft_bundle_fini(&bundle);
  graft_trainer_destroy(trainer);
  graft_deeponet_destroy(loaded);
  graft_deeponet_destroy(model);
  toy_fini(&t);
}

int main(void) {
  T_RUN(ranks_add_up);
  T_RUN(a_rank_without_samples_takes_part);
  T_RUN(running_statistics_belong_to_the_best);
  return graft_test_done();
}
