/* SPDX-License-Identifier: BSD-2-Clause */
/* Findings: each provoked by a training that goes wrong that way, none by trainings that go well.
 */
#include "mtl/diagnosis.h"

#include "tests/graft_test.h"
#include "tests/mtl/objective_test.h"

enum { N_MAX = 32 };

/* Steps of the quadratics (all samples a step), watched; bit i of the result: finding i, and the
 * text of the last one. */
static unsigned watch(graft_trainer_config *c, char *text) {
  quadratic q;
  graft_trainer *t;
  graft_diagnosis d;
  graft_real theta[N_MAX] = {0};
  unsigned found = 0;
  T_OK(quadratic_init(&q, QUADRATIC_TASKS));
  q.batch = QUADRATIC_SAMPLES;
  T_OK(graft_trainer_create(&q.objective, c, theta, NULL, &t));
  graft_diagnosis_init(&d, c);
  for (long long i = 0; i < c->steps; i++) {
    char line[GRAFT_DIAGNOSIS_TEXT];
    if (graft_trainer_step(t) != GRAFT_OK) break;
    graft_finding finding = graft_diagnosis_step(&d, graft_trainer_progress(t), line);
    if (finding == GRAFT_FINDING_COUNT) continue;
    T_CHECK(!(found >> finding & 1)); /* once each */
    found |= 1U << finding;
    snprintf(text, GRAFT_DIAGNOSIS_TEXT, "%s", line);
    T_CHECK(strchr(line, '\n') == NULL && strlen(line) < GRAFT_DIAGNOSIS_TEXT - 1);
  }
  graft_trainer_destroy(t);
  quadratic_fini(&q);
  return found;
}

static graft_trainer_config config(const char *optimizer, double lr) {
  graft_trainer_config c;
  T_OK(graft_trainer_config_default(&c));
  snprintf(c.optimizer, sizeof c.optimizer, "%s", optimizer);
  snprintf(c.schedule, sizeof c.schedule, "constant");
  c.momentum = 0;
  c.lr = lr;
  c.steps = 400;
  return c;
}

static void good_trainings_are_left_in_peace(void) {
  const struct {
    const char *optimizer;
    double lr;
  } run[] = {{"sgd", 0.1}, {"sgd", 1e-3}, {"adam", 0.01}, {"adamw", 1e-3}, {"lion", 1e-3}};
  for (size_t i = 0; i < sizeof run / sizeof *run; i++) {
    char text[GRAFT_DIAGNOSIS_TEXT] = "";
    graft_trainer_config c = config(run[i].optimizer, run[i].lr);
    T_EQUAL(watch(&c, text), 0);
    if (*text) printf("# %s, lr %g: %s\n", run[i].optimizer, run[i].lr, text);
  }
}

/* Steepest descent with a rate above 2 over the curvature: the steps grow. */
static void a_rate_too_high_is_found(void) {
  char text[GRAFT_DIAGNOSIS_TEXT] = "";
  unsigned rate = 0, exploding = 0;
  for (double lr = 0.3; lr < 5; lr *= 1.1) {
    graft_trainer_config c = config("sgd", lr);
    const unsigned found = watch(&c, text);
    rate |= found & 1U << GRAFT_FINDING_RATE;
    exploding |= found & 1U << GRAFT_FINDING_EXPLODING;
    T_EQUAL(found & ~(1U << GRAFT_FINDING_RATE | 1U << GRAFT_FINDING_EXPLODING), 0);
  }
  T_CHECK(rate != 0);
  T_CHECK(exploding != 0);
  T_CHECK(strstr(text, "-lr ") != NULL);
}

/* Rows of a training that is made up: losses, norm, validation. */
struct made_up {
  double loss, norm, validation;
  bool best;
};

static graft_finding feed(struct made_up (*row)(uint64_t step), uint64_t steps, char *text) {
  graft_trainer_config c = config("adam", 1e-3);
  graft_diagnosis d;
  uint64_t best = 0;
  graft_diagnosis_init(&d, &c);
  for (uint64_t step = 1; step <= steps; step++) {
    const struct made_up r = row(step);
    const double loss[2] = {r.loss, NAN}; /* the second task had no sample */
    if (r.best) best = step;
    const graft_progress p = {.step = step,
                              .gradient_norm = r.norm,
                              .tasks = 2,
                              .train_loss = loss,
                              .validation_mean = r.validation,
                              .validated = step % 10 == 0,
                              .best_step = best};
    const graft_finding finding = graft_diagnosis_step(&d, &p, text);
    if (finding != GRAFT_FINDING_COUNT) return finding;
  }
  return GRAFT_FINDING_COUNT;
}

static struct made_up dead(uint64_t step) {
  return (struct made_up){1, step < 5 ? 0.3 : 1e-9, 1, step == 10};
}
static struct made_up converged(uint64_t step) { /* no gradient because there is nothing to learn */
  const double loss = exp(-0.2 * (double)step);
  return (struct made_up){loss, loss, loss, step % 10 == 0};
}
static struct made_up by_heart(uint64_t step) {
  const double loss = exp(-0.02 * (double)step);
  return (struct made_up){loss, loss, 0.5 + 1e-3 * (double)step, step == 10};
}
static struct made_up one_bad_batch(uint64_t step) {
  return (struct made_up){1, step == 60 ? 1e4 : 1, 1, step % 10 == 0};
}

static void dead_networks_and_memories_are_found(void) {
  char text[GRAFT_DIAGNOSIS_TEXT];
  T_EQUAL(feed(dead, 200, text), GRAFT_FINDING_VANISHING);
  T_CHECK(strstr(text, "vanishing gradients") != NULL);
  T_EQUAL(feed(by_heart, 400, text), GRAFT_FINDING_GAP);
  T_CHECK(strstr(text, "lowest in step 10") && strstr(text, "-patience"));
  T_EQUAL(feed(converged, 300, text), GRAFT_FINDING_COUNT);
  T_EQUAL(feed(one_bad_batch, 300, text), GRAFT_FINDING_COUNT);
}

int main(void) {
  T_RUN(good_trainings_are_left_in_peace);
  T_RUN(a_rate_too_high_is_found);
  T_RUN(dead_networks_and_memories_are_found);
  return graft_test_done();
}
