/* SPDX-License-Identifier: BSD-2-Clause */
/* The objective of whole small models: sums, rows, counts, batches, gradients, no allocation. */
#include <omp.h>

#include "tests/deeponet/toy_model.h"
#include "tests/mtl/count_alloc.h"

enum { K = 3 };

#ifdef GRAFT_DOUBLE
static const double rounding = 1e-12;
#else
static const double rounding = 2e-5;
#endif

/* Models that between them use all parts. */
static const struct {
  const char *preset, *settings;
} variant[] = {
    {"paper", "points 0 conv_activation silu trunk_activation tanh dropout 0.3"},
    {"paper", "normalisation global masked true input log_k,mask,inverse_k,sdf dropout 0 loss "
              "relative_l2 pool 1 channels 3 augmentation true conv_activation tanh "
              "trunk_activation gelu"},
    {"demo", "branch dense layer_norm true product true fourier 2 dropout 0.2 skip kernel_ridge"},
    {"demo", "dropout 0.1 points 30"},
    {"demo", "batch_norm branch,trunk points 30 trunk_activation tanh"},
    {"demo", "trunk_activation sine frequency 5 random_fourier 4 trunk_residual true points 30 "
             "batch 5 dense_activation sine"},
    {"demo", "skip affine code false loss mse input log_k,k,torsion trunk_activation tanh pool 1 "
             "augmentation false"},
};
enum { VARIANTS = sizeof variant / sizeof *variant };

struct setting {
  toy t;
  graft_deeponet *model;
  graft_objective objective;
  graft_real *theta, *sum, *rows;
  double loss[K], count[K];
};

static bool init(struct setting *s, size_t v, size_t samples) {
  graft_deeponet_config config;
  *s = (struct setting){0};
  if (!T_OK(toy_init(&s->t, K, samples))) return false;
  if (!toy_config(&config, variant[v].preset, variant[v].settings)) return false;
  if (!T_OK(graft_deeponet_create(&config, &s->t.source, "default", &s->model))) return false;
  if (!T_OK(graft_deeponet_objective(s->model, &s->objective))) return false;
  s->theta = graft_deeponet_parameters(s->model);
  return T_OK(graft_alloc(&s->sum, s->objective.n, sizeof(graft_real))) &&
         T_OK(graft_alloc(&s->rows, K * s->objective.n, sizeof(graft_real)));
}

static void fini(struct setting *s) {
  graft_deeponet_destroy(s->model);
  graft_free(s->sum);
  graft_free(s->rows);
  toy_fini(&s->t);
}

static graft_status eval(struct setting *s, const graft_request *request) {
  graft_reply reply = {s->loss, s->count, s->sum, s->rows};
  return s->objective.eval(s->objective.ctx, request, s->theta, &reply);
}

static double total(struct setting *s, const graft_request *request) {
  double sum = 0;
  T_OK(eval(s, request));
  for (size_t k = 0; k < K; k++) sum += request->weight[k] * s->loss[k];
  return sum;
}

static void sums_are_weighted_rows(void) {
  static const double weight[K] = {.5, 2, .1};
  for (size_t v = 0; v < VARIANTS; v++) {
    struct setting s;
    if (!init(&s, v, 18)) continue;
    size_t n = s.objective.n;
    graft_request request = {
        .step = 4, .tasks = 7, .want = GRAFT_WANT_SUM | GRAFT_WANT_ROWS, .weight = weight};
    T_OK(eval(&s, &request));
    double worst = 0, largest = 0, loss[K];
    for (size_t i = 0; i < n; i++) {
      double sum = 0;
      for (size_t k = 0; k < K; k++) sum += (double)s.rows[k * n + i];
      worst = fmax(worst, fabs(sum - (double)s.sum[i]));
      largest = fmax(largest, fabs(sum));
    }
    T_CHECK(largest > 0);
    T_NEAR(worst, 0, rounding * largest);
    memcpy(loss, s.loss, sizeof loss);
    /* Rows alone give the same losses; tasks that aren't asked give nothing. */
    request.want = GRAFT_WANT_ROWS;
    request.tasks = 5;
    T_OK(eval(&s, &request));
    T_NEAR(s.loss[2], loss[2], rounding * loss[2]);
    T_EQUAL(s.loss[1], 0);
    T_EQUAL(s.count[1], 0);
    double row = 0;
    for (size_t i = 0; i < n; i++) row += fabs((double)s.rows[n + i]);
    T_EQUAL(row, 0);
    fini(&s);
  }
}

static void rows_at_their_own_parameters(void) {
  struct setting s;
  if (!init(&s, 2, 18)) return;
  size_t n = s.objective.n;
  graft_real *other, *want;
  if (!T_OK(graft_alloc(&other, n, sizeof *other)) || !T_OK(graft_alloc(&want, n, sizeof *want)))
    return;
  for (size_t i = 0; i < n; i++) other[i] = s.theta[i] + (graft_real)1e-2;
  const graft_real *at[K] = {s.theta, other, s.theta};
  graft_request request = {.step = 1, .tasks = 7, .want = GRAFT_WANT_ROWS, .row_theta = at};
  T_OK(eval(&s, &request));
  memcpy(want, s.rows + n, n * sizeof *want);
  memcpy(s.theta, other, n * sizeof *other);
  request.row_theta = NULL;
  T_OK(eval(&s, &request));
  T_CHECK(memcmp(want, s.rows + n, n * sizeof *want) == 0);
  graft_free(other);
  graft_free(want);
  fini(&s);
}

#ifdef GRAFT_DOUBLE
static void gradients_agree_with_finite_differences(void) {
  static const double weight[K] = {1, .3, 2};
  for (size_t v = 0; v < VARIANTS; v++) {
    struct setting s;
    if (!init(&s, v, 18)) continue;
    size_t n = s.objective.n, bad = 0, tested = 0;
    graft_request request = {.step = 2, .tasks = 7, .want = GRAFT_WANT_SUM, .weight = weight};
    T_OK(eval(&s, &request));
    graft_real *gradient;
    if (!T_OK(graft_alloc(&gradient, n, sizeof *gradient))) return;
    memcpy(gradient, s.sum, n * sizeof *gradient);
    double largest = 0;
    for (size_t i = 0; i < n; i++) largest = fmax(largest, fabs(gradient[i]));
    request.want = GRAFT_WANT_LOSS;
    for (size_t i = 0; i < n; i += 3) {
      double old = s.theta[i], step = 1e-5;
      s.theta[i] = old + step;
      double above = total(&s, &request);
      s.theta[i] = old - step;
      double below = total(&s, &request), slope = (above - below) / (2 * step);
      s.theta[i] = old;
      bad += fabs(slope - gradient[i]) > 1e-6 * largest + 1e-5 * fabs(gradient[i]);
      tested++;
    }
    if (!T_EQUAL(bad, 0)) printf("# variant %zu: %zu of %zu differ\n", v, bad, tested);
    graft_free(gradient);
    fini(&s);
  }
}
#endif

static void an_epoch_shows_every_sample_once_and_evenly(void) {
  struct setting s;
  if (!init(&s, 0, 27)) return; /* 18 training samples a task, batches of 7 */
  double seen[K] = {0}, count[K];
  T_EQUAL(s.objective.steps_per_epoch, 8);
  for (uint64_t step = 16; step < 24; step++) {
    graft_request request = {.step = step, .tasks = 7, .want = GRAFT_WANT_LOSS};
    T_OK(s.objective.count(s.objective.ctx, &request, count));
    T_OK(eval(&s, &request));
    for (size_t k = 0; k < K; k++) {
      seen[k] += count[k];
      T_EQUAL(count[k], s.count[k]);
      T_CHECK(count[k] >= 1 && count[k] <= 3);
    }
  }
  for (size_t k = 0; k < K; k++) T_EQUAL(seen[k], 18);
  fini(&s);
}

static void batches_and_passes(void) {
  struct setting s;
  if (!init(&s, 2, 18)) return;
  static const double weight[K] = {1, 1, 1};
  graft_request request = {.step = 3, .tasks = 7, .want = GRAFT_WANT_LOSS, .weight = weight};
  double first = total(&s, &request);
  request.step = 4;
  T_CHECK(fabs(total(&s, &request) - first) > 0);
  request.step = 3;
  request.batch = 1;
  T_CHECK(fabs(total(&s, &request) - first) > 0); /* an independent draw */
  request.batch = 0;
  request.pass = GRAFT_PASS_PERTURBED;
  T_EQUAL(total(&s, &request), first); /* same batch, same dropout masks, same symmetries */
  double validation[K] = {0};
  request.pass = GRAFT_PASS_VALIDATE;
  for (uint64_t b = 0; b < s.objective.validation_batches; b++) {
    request.batch = b;
    T_OK(eval(&s, &request));
    for (size_t k = 0; k < K; k++) validation[k] += s.count[k];
  }
  for (size_t k = 0; k < K; k++) T_EQUAL(validation[k], 2);
  fini(&s);
}

static void steps_allocate_nothing_and_repeat(void) {
  static const double weight[K] = {1, 1, 1};
  for (size_t v = 0; v < VARIANTS; v++) {
    struct setting s;
    if (!init(&s, v, 18)) continue;
    size_t n = s.objective.n;
    graft_request request = {
        .step = 0, .tasks = 7, .want = GRAFT_WANT_SUM | GRAFT_WANT_ROWS, .weight = weight};
    graft_real *copy;
    T_OK(eval(&s, &request)); /* OpenMP starts its threads */
    if (!T_OK(graft_alloc(&copy, n, sizeof *copy))) return;
    memcpy(copy, s.sum, n * sizeof *copy);
    long before = atomic_load(&allocations);
    for (request.step = 1; request.step < 6; request.step++) T_OK(eval(&s, &request));
    request.pass = GRAFT_PASS_VALIDATE;
    T_OK(eval(&s, &request));
    T_EQUAL(atomic_load(&allocations), before);
    request.pass = GRAFT_PASS_CLEAN;
    request.step = 0;
    T_OK(eval(&s, &request));
    T_CHECK(memcmp(copy, s.sum, n * sizeof *copy) == 0);
    graft_free(copy);
    fini(&s);
  }
}

static void parts_of_batches_sum_to_the_whole(void) {
  static const double weight[K] = {1, 2, .5};
  struct setting s;
  if (!init(&s, 2, 18)) return;
  size_t n = s.objective.n;
  graft_request request = {.step = 4, .tasks = 7, .want = GRAFT_WANT_SUM, .weight = weight};
  graft_real *whole, *parts;
  if (!T_OK(graft_alloc(&whole, n, sizeof *whole)) ||
      !T_OK(graft_alloc(&parts, n, sizeof *parts))) {
    return;
  }
  double loss = total(&s, &request), sum = 0, count = 0, worst = 0, largest = 0;
  memcpy(whole, s.sum, n * sizeof *whole);
  for (int rank = 0; rank < 3; rank++) {
    T_OK(graft_deeponet_share(s.model, rank, 3));
    sum += total(&s, &request);
    for (size_t k = 0; k < K; k++) count += s.count[k];
    for (size_t i = 0; i < n; i++) parts[i] += s.sum[i];
  }
  for (size_t i = 0; i < n; i++) {
    worst = fmax(worst, fabs((double)(parts[i] - whole[i])));
    largest = fmax(largest, fabs((double)whole[i]));
  }
  T_NEAR(sum, loss, rounding * loss);
  T_EQUAL(count, 7);
  T_NEAR(worst, 0, rounding * largest);
  T_FAILS(graft_deeponet_share(s.model, 3, 3), GRAFT_INTERNAL, "below 3");
  graft_free(whole);
  graft_free(parts);
  fini(&s);
}

/* A step on some of the points must leave nothing behind in the trunk. */
static void validation_does_not_depend_on_the_steps_before(void) {
  static const double weight[K] = {1, 1, 1};
  for (size_t v = 0; v < VARIANTS; v++) {
    struct setting s;
    if (!init(&s, v, 18)) continue;
    graft_request request = {.step = 2, .tasks = 7, .want = GRAFT_WANT_LOSS, .weight = weight};
    request.pass = GRAFT_PASS_VALIDATE;
    double fresh = total(&s, &request);
    /* running statistics take in clean passes, and leave alone perturbed ones */
    bool running = strstr(variant[v].settings, "batch_norm") != NULL;
    request.pass = running ? GRAFT_PASS_PERTURBED : GRAFT_PASS_CLEAN;
    total(&s, &request);
    request.pass = GRAFT_PASS_VALIDATE;
    T_EQUAL(total(&s, &request), fresh);
    fini(&s);
  }
}

static void a_skip_path_wants_one_geometry_per_task(void) {
  graft_deeponet_config config;
  graft_deeponet *model = NULL;
  toy t;
  if (!T_OK(toy_init(&t, 2, 18)) || !toy_config(&config, "demo", "skip affine")) return;
  t.source.info.sample_geometry[3] = 1; /* of task 0, for training */
  T_FAILS(graft_deeponet_create(&config, &t.source, "default", &model), GRAFT_INPUT,
          "expected one geometry per task, got several in task square");
  graft_deeponet_destroy(model);
  toy_fini(&t);
}

static void a_loss_that_is_not_finite_is_refused(void) {
  struct setting s;
  if (!init(&s, 0, 18)) return;
  graft_request request = {.step = 5, .tasks = 7, .want = GRAFT_WANT_LOSS};
  s.theta[0] = (graft_real)NAN;
  T_FAILS(eval(&s, &request), GRAFT_DIVERGED, "step 5");
  fini(&s);
}

/* Build, store, load, predict; any of them may fail for want of memory, and then must clean up. */
static graft_status whole_life(const graft_deeponet_config *config, const toy *t) {
  static const size_t sample[2] = {0, 8};
  graft_deeponet *model = NULL, *copy = NULL;
  graft_bundle bundle;
  float u[2 * TOY_POINTS];
  double excess[2];
  graft_status status;
  graft_bundle_init(&bundle);
  GRAFT_TRY_TO(done, graft_deeponet_create(config, &t->source, "default", &model));
  GRAFT_TRY_TO(done, graft_deeponet_save(model, &bundle));
  GRAFT_TRY_TO(done, graft_deeponet_load(&bundle, &copy));
  GRAFT_TRY_TO(done, graft_deeponet_predict(copy, &t->source, sample, 2, u));
  GRAFT_TRY_TO(done, graft_deeponet_check_inputs(copy, &t->source, sample, 2, excess));
done:
  graft_bundle_fini(&bundle);
  graft_deeponet_destroy(model);
  graft_deeponet_destroy(copy);
  return status;
}

static void every_allocation_may_fail(void) {
  graft_deeponet_config config;
  toy t;
  if (!T_OK(toy_init(&t, 1, 9))) return;
  if (!toy_config(&config, "demo", "threads 1 skip affine")) return;
  graft_status status = GRAFT_MEMORY;
  int threads = omp_get_max_threads();
  long i = 0;
  omp_set_num_threads(1); /* hundreds of models too small for more */
  for (; status != GRAFT_OK && i < 2000; i++) {
    allocation_to_fail = atomic_load(&allocations) + i;
    status = whole_life(&config, &t);
    allocation_to_fail = -1;
    if (status != GRAFT_OK && !T_EQUAL(status, GRAFT_MEMORY)) {
      printf("# allocation %ld: %s\n", i, graft_error_message());
    }
  }
  omp_set_num_threads(threads);
  T_OK(status);
  T_CHECK(i > 100);
  toy_fini(&t);
}

int main(void) {
  T_RUN(sums_are_weighted_rows);
  T_RUN(rows_at_their_own_parameters);
#ifdef GRAFT_DOUBLE
  T_RUN(gradients_agree_with_finite_differences);
#endif
  T_RUN(an_epoch_shows_every_sample_once_and_evenly);
  T_RUN(batches_and_passes);
  T_RUN(steps_allocate_nothing_and_repeat);
  T_RUN(parts_of_batches_sum_to_the_whole);
  T_RUN(validation_does_not_depend_on_the_steps_before);
  T_RUN(a_skip_path_wants_one_geometry_per_task);
  T_RUN(every_allocation_may_fail);
  T_RUN(a_loss_that_is_not_finite_is_refused);
  return graft_test_done();
}
