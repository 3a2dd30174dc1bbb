/* SPDX-License-Identifier: BSD-2-Clause */
/* Balancers: what every rule must do, factors by hand, and where learned factors end. K tasks. */
#include "mtl/balancer.h"

#include "base/arena.h"
#include "tests/graft_test.h"

enum { K = 3, EPOCH = 4 };

/* A rule at work. */
struct worker {
  const graft_balancer_type *type;
  graft_balancer_config config;
  void *state;
  uint64_t step;
};

static struct worker begin(const char *name) {
  struct worker w = {.type = graft_balancer_find(name)};
  const size_t size = w.type && w.type->state_size ? w.type->state_size(K) : 0;
  T_CHECK(w.type != NULL);
  T_OK(graft_balancer_config_default(&w.config));
  T_OK(graft_alloc(&w.state, size, 1));
  return w;
}

static void start(struct worker *w) {
  if (w->type->init) w->type->init(w->state, &w->config, K);
}

/* One step: factors, then what the rule learns. */
static graft_status step(struct worker *w, uint64_t active, const double *loss, const double *norm,
                         const double *after, double *weight) {
  graft_balance call = {.config = &w->config,
                        .tasks = K,
                        .active = active,
                        .step = w->step++,
                        .steps_per_epoch = EPOCH,
                        .seed = 5,
                        .loss = w->type->needs & GRAFT_BALANCER_LOSSES ? loss : NULL};
  GRAFT_TRY(w->type->weigh(w->state, &call, weight));
  call.loss = loss;
  call.norm = w->type->needs & GRAFT_BALANCER_NORMS ? norm : NULL;
  if (w->type->learn) w->type->learn(w->state, &call);
  call.loss = after;
  call.norm = NULL;
  if (w->type->follow) w->type->follow(w->state, &call);
  return GRAFT_OK;
}

static void end(struct worker *w) { graft_free(w->state); }

static const double even[K] = {1, 1, 1};

/* Texts, finite positive factors for losses over 20 orders of magnitude, tasks without samples, the
 * same again from the start. */
static void contract(const graft_balancer_type *type) {
  double first[40][K], weight[K];
  T_CHECK(strlen(type->summary) > 8 && strlen(type->summary) < 64 && strlen(type->scale) > 0);
  T_CHECK(strlen(type->source) > 4 && type->options && type->weigh);
  T_CHECK(!type->learn == !type->state_size);
  T_CHECK(!type->follow == !(type->needs & GRAFT_BALANCER_AFTER));
  for (size_t i = 0; type->options[i]; i++) {
    T_CHECK(graft_option_find(graft_balancer_options, type->options[i]) != NULL);
  }
  for (int pass = 0; pass < 2; pass++) {
    struct worker w = begin(type->name);
    start(&w);
    for (int i = 0; i < 40; i++) {
      const double fall = pow(0.9, i);
      const double loss[K] = {fall, i % 3 == 2 ? NAN : 1e-10 * fall, 1e10 * (1 + 0.1 * (i % 5))};
      const double norm[K] = {1, 0, 1e8}, after[K] = {0.9 * fall, 1e-10, 1e10};
      T_OK(step(&w, i % 3 == 2 ? 5 : 7, loss, norm, after, weight));
      for (size_t k = 0; k < K; k++) T_CHECK(isfinite(weight[k]) && weight[k] >= 0);
      if (pass) T_CHECK(memcmp(first[i], weight, sizeof weight) == 0);
      memcpy(first[i], weight, sizeof weight);
    }
    end(&w);
  }
}

/* Factors K times the derivatives of a mean-like scalar of the losses. */
static void scalars_by_differences(void) {
  static const char *const names[] = {"gls", "si", "stch"};
  for (size_t r = 0; r < 3; r++) {
    const double loss[K] = {0.5, 2, 3};
    double weight[K];
    struct worker w = begin(names[r]);
    w.config.stch_warmup = 1;
    w.config.stch_mu = 0.5;
    start(&w);
    if (r == 2) { /* an epoch with losses 1, 2, 4: the sizes */
      for (int i = 0; i < EPOCH; i++) T_OK(step(&w, 7, (double[]){1, 2, 4}, even, even, weight));
      T_NEAR(weight[2], 0.25, 1e-15);
    }
    T_OK(step(&w, 7, loss, even, even, weight));
    for (size_t k = 0; k < K; k++) {
      double value[2];
      for (int side = 0; side < 2; side++) {
        double x[K] = {loss[0], loss[1], loss[2]};
        x[k] += side ? 1e-6 : -1e-6;
        const double terms = pow(x[0] / 1, 2) + pow(x[1] / 2, 2) + pow(x[2] / 4, 2);
        value[side] = r == 0   ? cbrt(x[0] * x[1] * x[2])
                      : r == 1 ? (log(x[0]) + log(x[1]) + log(x[2])) / 3
                               : 0.5 * log(terms);
      }
      T_NEAR(weight[k], K * (value[1] - value[0]) / 2e-6, 1e-7);
    }
    end(&w);
  }
}

static void dwa_by_hand(void) {
  double weight[K];
  struct worker w = begin("dwa");
  start(&w);
  for (int i = 0; i < EPOCH; i++) T_OK(step(&w, 7, (double[]){4, 4, 4}, even, even, weight));
  for (int i = 0; i < EPOCH; i++) {
    T_OK(step(&w, 7, (double[]){4, 2, 1}, even, even, weight));
    T_NEAR(weight[0], 1, 1e-15);
  }
  T_OK(step(&w, 7, (double[]){1, 1, 1}, even, even, weight));
  const double sum = exp(0.5) + exp(0.25) + exp(0.125);
  T_NEAR(weight[0], 3 * exp(0.5) / sum, 1e-14);
  T_NEAR(weight[2], 3 * exp(0.125) / sum, 1e-14);
  end(&w);
}

static void famo_by_hand(void) {
  double weight[K];
  struct worker w = begin("famo");
  start(&w);
  T_OK(step(&w, 7, (double[]){1, 2, 4}, even, (double[]){0.5, 2, 4}, weight));
  T_NEAR(weight[0], 3 / 1.75, 1e-6); /* z equal: 3 (1/L_i) / (1 + 1/2 + 1/4) */
  T_NEAR(weight[2], 0.75 / 1.75, 1e-6);
  T_OK(step(&w, 7, (double[]){1, 1, 1}, even, even, weight));
  /* Adam's first step has size 0.025: down for the task that fell, up for the others */
  T_NEAR(weight[0] / weight[1], exp(-0.05), 1e-6);
  T_NEAR(weight[1], weight[2], 1e-9);
  end(&w);
}

static void softadapt_by_hand(void) {
  double weight[K];
  struct worker w = begin("softadapt");
  w.config.softadapt_beta = 2;
  start(&w);
  T_OK(step(&w, 7, (double[]){1, 1, 1}, even, even, weight));
  T_OK(step(&w, 7, (double[]){2, 0, 1}, even, even, weight));
  T_EQUAL(weight[0], 1);
  T_OK(step(&w, 7, even, even, even, weight)); /* changes 1, −1, 0 of 2 in all */
  const double sum = exp(1) + exp(-1) + 1;
  T_NEAR(weight[0], 3 * exp(1) / sum, 1e-14);
  T_NEAR(weight[1], 3 * exp(-1) / sum, 1e-14);
  end(&w);
}

static void relobralo_by_hand(void) {
  double weight[K];
  struct worker w = begin("relobralo");
  w.config.relobralo_alpha = 0.5;
  w.config.relobralo_rho = 1;
  start(&w);
  T_OK(step(&w, 7, (double[]){1, 1, 2}, even, even, weight));
  T_EQUAL(weight[2], 1);
  T_OK(step(&w, 7, (double[]){2, 1, 2}, even, even, weight)); /* ratios 2, 1, 1 */
  T_NEAR(weight[0], 1, 1e-14);
  T_OK(step(&w, 7, even, even, even, weight));
  T_NEAR(weight[0], 0.5 + 0.5 * 3 * exp(2) / (exp(2) + 2 * exp(1)), 1e-14);
  end(&w);
}

/* With losses that stay, uw ends at exp(−s) L = 1, imtl_l at exp(s) L = 1, gradnorm at equal
 * lengths of weighted gradients. */
static void learned_factors_settle(void) {
  const double loss[K] = {0.5, 1, 4}, norm[K] = {1, 2, 4};
  double weight[K];
  struct worker w = begin("uw");
  start(&w);
  T_OK(step(&w, 7, loss, norm, loss, weight));
  T_EQUAL(weight[0], 0.5);
  for (int i = 0; i < 3000; i++) T_OK(step(&w, 7, loss, norm, loss, weight));
  for (size_t k = 0; k < K; k++) T_NEAR(2 * weight[k] * loss[k], 1, 1e-6);
  end(&w);
  w = begin("imtl_l");
  start(&w);
  T_OK(step(&w, 7, loss, norm, loss, weight));
  T_EQUAL(weight[0], 1);
  for (int i = 0; i < 3000; i++) T_OK(step(&w, 7, loss, norm, loss, weight));
  for (size_t k = 0; k < K; k++) T_NEAR(weight[k] * loss[k], 1, 1e-6);
  end(&w);
  w = begin("gradnorm");
  w.config.balancer_lr = 1e-3;
  start(&w);
  for (int i = 0; i < 6000; i++) T_OK(step(&w, 7, loss, norm, loss, weight));
  T_NEAR(weight[0] + weight[1] + weight[2], 3, 1e-9);
  for (size_t k = 0; k < K; k++) T_NEAR(weight[k] * norm[k], 12.0 / 7, 0.02);
  end(&w);
}

/* Losses that logarithms can't take are refused, not turned into NaN. */
static void zero_losses_are_refused(void) {
  static const char *const names[] = {"gls", "si", "stch", "famo"};
  for (size_t r = 0; r < 4; r++) {
    double weight[K];
    struct worker w = begin(names[r]);
    start(&w);
    T_FAILS(step(&w, 7, (double[]){1, 0, 1}, even, even, weight), GRAFT_DIVERGED,
            "got 0 for task 2");
    T_OK(step(&w, 5, (double[]){1, NAN, 1}, even, even, weight));
    T_EQUAL(weight[1], 1);
    end(&w);
  }
}

int main(void) {
  for (size_t b = 0; graft_balancer_types(b); b++) {
    char name[96];
    snprintf(name, sizeof name, "balancer/%s", graft_balancer_choices(b));
    T_RUN_NAMED(name, contract(graft_balancer_types(b)));
  }
  T_RUN(scalars_by_differences);
  T_RUN(dwa_by_hand);
  T_RUN(famo_by_hand);
  T_RUN(softadapt_by_hand);
  T_RUN(relobralo_by_hand);
  T_RUN(learned_factors_settle);
  T_RUN(zero_losses_are_refused);
  return graft_test_done();
}
