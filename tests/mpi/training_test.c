/* SPDX-License-Identifier: BSD-2-Clause */
/* Training on several ranks is that of one rank to rounding, and no rank waits for one that failed.
 */
#include "base/arena.h"
#include "io/comm_mpi.h"
#include "mtl/objective_ranks.h"
#include "mtl/trainer.h"
#include "tests/deeponet/toy_model.h"

enum { K = 3, STEPS = 20 };

static graft_comm comm;

/* Models that between them use all that depends on samples or is fitted beforehand; batches that
 * ranks don't divide, and smaller than their number. */
static const struct {
  const char *preset, *settings;
} variant[] = {
    {"demo", "layer_norm true dropout 0.2 batch 7 rotations 3"},
    {"demo", "batch 2 dropout 0.1 skip kernel_ridge"},
    {"demo", "batch 1 points 0 skip affine code false"},
    {"paper", "batch 8 conv_activation silu trunk_activation tanh dropout 0.3 augmentation true"},
};
enum { VARIANTS = sizeof variant / sizeof *variant };

/* How tasks are combined; rules with a state, rules that see rows or further batches, and
 * sharpness-aware methods between them. */
struct method {
  const char *aggregator, *balancer, *sam, *variant;
};
static const struct method plain = {"mean", "equal", "none", "split"};
static const struct method methods[] = {
    {"upgrad", "uw", "none", "split"},      {"graddrop", "si", "none", "split"},
    {"sdmgrad", "famo", "none", "split"},   {"pcgrad", "equal", "samo", "split"},
    {"moco", "gradnorm", "fsmtl", "split"}, {"cagrad", "equal", "fsmtl", "each"},
    {"mean", "equal", "esam", "split"},
};

/* A run and what is compared of it. */
struct run {
  graft_deeponet *model;
  graft_objective own;
  graft_objective_ranks ranks;
  graft_trainer *trainer;
  double loss[STEPS][K], validation;
};

static bool begin_method(struct run *r, const toy *t, size_t v, const struct method *how,
                         const char *more, const graft_comm *on) {
  graft_deeponet_config config;
  graft_trainer_config training;
  *r = (struct run){0};
  if (!toy_config(&config, variant[v].preset, variant[v].settings)) return false;
  if (!toy_set(&config, more)) return false;
  if (!T_OK(graft_deeponet_create_ranks(&config, &t->source, "default", on, &r->model)))
    return false;
  if (!T_OK(graft_deeponet_objective(r->model, &r->own))) return false;
  if (!T_OK(graft_objective_ranks_init(&r->ranks, &r->own, on))) return false;
  if (!T_OK(graft_trainer_config_default(&training))) return false;
  training.steps = STEPS;
  training.clip = 1;
  training.ema = 0.9;
  snprintf(training.aggregator, sizeof training.aggregator, "%s", how->aggregator);
  snprintf(training.balancer, sizeof training.balancer, "%s", how->balancer);
  snprintf(training.sam.sam, sizeof training.sam.sam, "%s", how->sam);
  snprintf(training.sam.fsmtl_variant, sizeof training.sam.fsmtl_variant, "%s", how->variant);
  return T_OK(graft_trainer_create(&r->ranks.objective, &training,
                                   graft_deeponet_parameters(r->model), NULL, &r->trainer));
}

static bool begin(struct run *r, const toy *t, size_t v, const char *more, const graft_comm *on) {
  return begin_method(r, t, v, &plain, more, on);
}

static void train(struct run *r) {
  const graft_progress *p = graft_trainer_progress(r->trainer);
  for (size_t s = 0; s < STEPS; s++) {
    if (!T_OK(graft_trainer_step(r->trainer))) return;
    memcpy(r->loss[s], p->train_loss, sizeof r->loss[s]);
  }
  T_OK(graft_trainer_validate(r->trainer));
  r->validation = p->validation_mean;
}

static void end(struct run *r) {
  graft_trainer_destroy(r->trainer);
  graft_deeponet_destroy(r->model);
}

static bool close_to(double a, double b, double tolerance) {
  return (isnan(a) && isnan(b)) || fabs(a - b) <= tolerance * (fabs(a) + 1e-3);
}

static void compare_runs(const struct run *one, const struct run *all, const char *what) {
  size_t wrong = 0, n = graft_deeponet_layout(all->model)->n;
  double furthest = 0, largest = 0;
  for (size_t s = 0; s < STEPS; s++) {
    for (size_t k = 0; k < K; k++) wrong += !close_to(all->loss[s][k], one->loss[s][k], 2e-4);
  }
  T_EQUAL(wrong, 0);
  T_CHECK(close_to(all->validation, one->validation, 2e-4));
  const graft_real *a = graft_deeponet_parameters(all->model);
  const graft_real *b = graft_deeponet_parameters(one->model);
  for (size_t i = 0; i < n; i++) {
    furthest = fmax(furthest, fabs((double)a[i] - (double)b[i]));
    largest = fmax(largest, fabs((double)b[i]));
  }
  if (comm.rank == 0) {
    printf("# %s: loss %.9g and %.9g, parameters differ by up to %.2g of %.2g\n", what,
           one->loss[STEPS - 1][0], all->loss[STEPS - 1][0], furthest, largest);
  }
  T_CHECK(furthest < 1e-3 * largest);
  if (comm.size == 1) T_CHECK(memcmp(a, b, n * sizeof *a) == 0);
  /* every rank has the same bits */
  double range[2] = {all->validation, -all->validation};
  T_OK(comm.max(comm.ctx, range, 2));
  T_CHECK(range[0] == -range[1]);
}

/* @param samples of each task, @param v which model, @param more options */
static void compare(size_t samples, size_t v, const struct method *how, const char *more) {
  const graft_comm serial = graft_comm_serial();
  char what[96];
  struct run one = {0}, all = {0};
  toy t;
  if (!T_OK(toy_init(&t, K, samples))) return;
  snprintf(what, sizeof what, "variant %zu, %s, %s, %s", v, how->aggregator, how->balancer,
           how->sam);
  if (begin_method(&one, &t, v, how, more, &serial) &&
      begin_method(&all, &t, v, how, more, &comm)) {
    train(&one);
    train(&all);
    compare_runs(&one, &all, what);
  }
  end(&one);
  end(&all);
  toy_fini(&t);
}

static void ranks_are_one_rank(void) {
  for (size_t v = 0; v < VARIANTS; v++) compare(24, v, &plain, "");
}

static void whatever_the_method(void) {
  for (size_t m = 0; m < sizeof methods / sizeof *methods; m++) compare(24, 0, &methods[m], "");
}

/* Every rank reads its own samples only. */
static void ranks_read_by_batches(void) {
  for (size_t v = 0; v < VARIANTS; v++) compare(220, v, &plain, "memory 0.4");
  compare(220, 0, &methods[0], "memory 0.4");
}

/* A checkpoint does not depend on the ranks: 10 steps on all of them, 10 more on one. */
static void another_number_of_ranks_goes_on(void) {
  const graft_comm serial = graft_comm_serial();
  struct run whole, part, rest;
  graft_bundle checkpoint;
  toy t;
  if (!T_OK(toy_init(&t, K, 24))) return;
  graft_bundle_init(&checkpoint);
  if (begin(&whole, &t, 0, "", &serial) && begin(&part, &t, 0, "", &comm) &&
      begin(&rest, &t, 0, "", &serial)) {
    train(&whole);
    for (int s = 0; s < 10; s++) T_OK(graft_trainer_step(part.trainer));
    T_OK(graft_trainer_put(part.trainer, &checkpoint));
    T_OK(graft_trainer_get(rest.trainer, &checkpoint));
    for (int s = 10; s < STEPS; s++) T_OK(graft_trainer_step(rest.trainer));
    const double *loss = graft_trainer_progress(rest.trainer)->train_loss;
    for (size_t k = 0; k < K; k++) T_CHECK(close_to(loss[k], whole.loss[STEPS - 1][k], 2e-4));
  }
  graft_bundle_fini(&checkpoint);
  end(&whole);
  end(&part);
  end(&rest);
  toy_fini(&t);
}

/* An objective that fails on one rank, in step 5. */
static graft_status (*eval_of_model)(void *ctx, const graft_request *request,
                                     const graft_real *theta, graft_reply *reply);
static bool with_nan;

static graft_status failing(void *ctx, const graft_request *request, const graft_real *theta,
                            graft_reply *reply) {
  GRAFT_TRY(eval_of_model(ctx, request, theta, reply));
  if (request->step != 4 || comm.rank != comm.size - 1) return GRAFT_OK;
  if (with_nan) {
    reply->loss[1] = NAN;
    return GRAFT_OK;
  }
  return graft_error_set(GRAFT_INPUT, __FILE__, __LINE__, "rank %d lost its disk", comm.rank);
}

static void no_rank_waits_for_a_failed_one(void) {
  for (int i = 0; i < 2; i++) {
    struct run r;
    toy t;
    with_nan = i == 1;
    if (!T_OK(toy_init(&t, K, 24))) return;
    if (begin(&r, &t, 0, "", &comm)) {
      eval_of_model = r.own.eval;
      r.own.eval = failing;
      graft_status status = graft_trainer_run(r.trainer, NULL);
      if (with_nan) {
        T_FAILS(status, GRAFT_DIVERGED, "is nan in step 5");
      } else {
        T_FAILS(status, GRAFT_INPUT, "lost its disk");
      }
      T_EQUAL(graft_trainer_progress(r.trainer)->step, 4);
    }
    end(&r);
    toy_fini(&t);
  }
}

/* A data set that one rank can't read, and settings that rank 0 refuses. */
static graft_status no_fill(void *ctx, const char *field, const size_t *sample, size_t count,
                            float *out) {
  (void)ctx, (void)sample, (void)count, (void)out;
  return graft_error_set(GRAFT_INPUT, __FILE__, __LINE__, "%s can't be read here", field);
}

static void models_fail_together(void) {
  graft_deeponet_config config;
  graft_deeponet *model;
  toy t;
  if (!T_OK(toy_init(&t, K, 24))) return;
  if (!toy_config(&config, "demo", "")) return;
  T_FAILS(graft_deeponet_create_ranks(&config, &t.source, "nothing", &comm, &model), GRAFT_INPUT,
          "'nothing'");
  T_CHECK(model == NULL);
  if (comm.rank == comm.size - 1) t.source.fill = no_fill;
  T_FAILS(graft_deeponet_create_ranks(&config, &t.source, "default", &comm, &model), GRAFT_INPUT,
          "can't be read here");
  T_CHECK(model == NULL);
  toy_fini(&t);
}

/* Ranks meet within the passes of a network with BatchNorm: one of them can't read its samples. */
static void coupled_ranks_fail_together(void) {
  struct run r;
  toy t;
  if (!T_OK(toy_init(&t, K, 500))) return;
  if (begin(&r, &t, 3, "batch_norm branch points 0 memory 0.2 dropout 0", &comm)) {
    T_OK(graft_trainer_step(r.trainer));
    if (comm.rank == comm.size - 1) t.source.fill = no_fill;
    T_FAILS(graft_trainer_step(r.trainer), GRAFT_INPUT, "can't be read here");
    T_EQUAL(graft_trainer_progress(r.trainer)->step, 1);
  }
  end(&r);
  toy_fini(&t);
}

/* A checkpoint that can't be put together: rank 0's decides for all, the others make none. */
static size_t stored;

static graft_status count_stored(void *ctx, const char *name, const graft_bundle *bundle) {
  double ranks = 1;
  (void)ctx, (void)name;
  stored++;
  T_CHECK(comm.rank == 0 ? bundle->arrays > 0 : bundle->arrays == 0);
  GRAFT_TRY(comm.sum(comm.ctx, &ranks, 1));
  T_EQUAL((size_t)ranks, (size_t)comm.size);
  return GRAFT_OK;
}

static graft_status no_save(void *ctx, graft_bundle *bundle) {
  (void)ctx, (void)bundle;
  return graft_error_set(GRAFT_MEMORY, __FILE__, __LINE__, "rank %d has no memory", comm.rank);
}

static void checkpoints_fail_together(void) {
  const graft_sink sink = {.comm = &comm, .store = count_stored};
  for (int failing_rank = 0; failing_rank < 2; failing_rank++) {
    graft_trainer_config training;
    struct run r;
    toy t;
    stored = 0;
    if (!T_OK(toy_init(&t, K, 24)) || !T_OK(graft_trainer_config_default(&training))) return;
    training.steps = 3;
    if (begin(&r, &t, 0, "", &comm)) {
      graft_trainer *trainer = NULL;
      if (comm.rank == failing_rank) r.own.save = no_save;
      T_OK(graft_trainer_create(&r.ranks.objective, &training, graft_deeponet_parameters(r.model),
                                &sink, &trainer));
      if (failing_rank == 0) {
        T_FAILS(graft_trainer_run(trainer, NULL), GRAFT_MEMORY, "rank 0 has no memory");
        T_EQUAL(stored, 0);
      } else {
        T_OK(graft_trainer_run(trainer, NULL));
        T_CHECK(stored > 0);
      }
      graft_trainer_destroy(trainer);
    }
    end(&r);
    toy_fini(&t);
  }
}

/* A bundle with every type comes to all ranks as it is. */
static void bundles_are_broadcast(void) {
  graft_bundle b;
  const double real[] = {1, 2, 3, 4, 5, 6};
  const char *text;
  int64_t whole = 0;
  const double *got;
  graft_bundle_init(&b);
  if (comm.rank == 0) {
    T_OK(graft_bundle_put(&b, "a/real", GRAFT_FLOAT64, GRAFT_SHAPE(2, 2, 3), real));
    T_OK(graft_bundle_put(&b, "none", GRAFT_FLOAT32, GRAFT_SHAPE(1, 0), NULL));
    T_OK(graft_bundle_put_int(&b, "whole", 7));
    T_OK(graft_bundle_put_text(&b, "text", "here"));
  }
  T_OK(graft_bundle_broadcast(&b, &comm));
  T_EQUAL(b.arrays, 4);
  if (T_OK(graft_bundle_get(&b, "a/real", GRAFT_FLOAT64, GRAFT_SHAPE(2, 2, 3), &got))) {
    T_CHECK(memcmp(got, real, sizeof real) == 0);
  }
  T_OK(graft_bundle_get_int(&b, "whole", &whole));
  T_EQUAL(whole, 7);
  if (T_OK(graft_bundle_get_text(&b, "text", &text))) T_CHECK(strcmp(text, "here") == 0);
  T_OK(graft_bundle_put_int(&b, "more", 1)); /* it can grow */
  graft_bundle_fini(&b);
  graft_bundle_init(&b);
  T_OK(graft_bundle_broadcast(&b, &comm)); /* an empty one */
  T_EQUAL(b.arrays, 0);
  graft_bundle_fini(&b);
}

int main(int argc, char **argv) {
  if (graft_mpi_init(&argc, &argv, &comm) != GRAFT_OK) return 1;
  graft_test_rank(comm.rank);
  T_RUN(bundles_are_broadcast);
  T_RUN(ranks_are_one_rank);
  T_RUN(whatever_the_method);
  T_RUN(ranks_read_by_batches);
  T_RUN(another_number_of_ranks_goes_on);
  T_RUN(no_rank_waits_for_a_failed_one);
  T_RUN(models_fail_together);
  T_RUN(coupled_ranks_fail_together);
  T_RUN(checkpoints_fail_together);
  double failed = graft_test_state.failed_points;
  if (comm.max(comm.ctx, &failed, 1) != GRAFT_OK) failed = 1;
  int code = graft_test_done();
  graft_mpi_finalize(&comm);
  return failed > 0 ? 1 : code;
}
