/* SPDX-License-Identifier: BSD-2-Clause */
/* Steps by hand, and rules against scalar references written from the papers. */
#include "mtl/optimizer.h"

#include "base/rng.h"
#include "tests/graft_test.h"

#ifdef GRAFT_DOUBLE
static const double tolerance = 1e-12;
#else
static const double tolerance = 2e-5;
#endif

enum { BLOCKS = 5, WIDTH = 211, N = BLOCKS * WIDTH, STEPS = 100 };

static graft_real memory[20 * N + 4096] __attribute__((aligned(64)));

/* Blocks 1 and 4 decay not, block 2 is frozen. */
static void make_layout(graft_layout *layout, size_t width) {
  graft_layout_init(layout);
  for (size_t b = 0; b < BLOCKS; b++) {
    char name[] = {(char)('a' + b), '\0'};
    T_OK(graft_layout_add(layout, name, GRAFT_SHAPE(1, width), ~0ull, b % 3 != 1, NULL));
  }
  layout->block[2].frozen = 1;
}

static bool decays(size_t i) { return i / WIDTH % 3 != 1; }
static bool is_frozen(size_t i) { return i / WIDTH == 2; }

static graft_optimizer make(const char *name, const graft_optimizer_config *c,
                            const graft_layout *layout) {
  graft_optimizer o;
  graft_arena arena;
  graft_arena_init(&arena, memory, sizeof memory);
  T_OK(graft_optimizer_init(&o, graft_optimizer_find(name), c, layout, &arena));
  return o;
}

static graft_optimizer_config plain(void) { return (graft_optimizer_config){0}; }

/* beta = 0, epsilon = 0, lr = 1: steps that need no arithmetic. */
static void steps_by_hand(void) {
  graft_layout layout;
  const graft_real gradient[BLOCKS] = {2, -0.5, 7, 0, 3};
  const double sign_step[BLOCKS] = {9, 11, 10, 10, 9}, sgd_step[BLOCKS] = {8, 10.5, 10, 10, 7};
  make_layout(&layout, 1);
  for (size_t k = 0; graft_optimizer_types(k); k++) {
    const char *name = graft_optimizer_types(k)->name;
    const double *want = strcmp(name, "sgd") == 0 ? sgd_step : sign_step;
    if (graft_optimizer_types(k)->whole) continue; /* lbfgs_test.c */
    graft_real theta[BLOCKS] = {10, 10, 10, 10, 10};
    graft_optimizer_config c = plain();
    graft_optimizer o = make(name, &c, &layout);
    graft_optimizer_step(&o, 1, gradient, 1, theta);
    for (size_t i = 0; i < BLOCKS; i++) T_EQUAL(theta[i], want[i]);
    T_EQUAL(o.steps, 1);
  }
  graft_layout_fini(&layout);
}

static void momentum_by_hand(void) {
  graft_layout layout;
  const graft_real gradient[BLOCKS] = {1, 1, 1, 1, 1};
  make_layout(&layout, 1);
  for (int nesterov = 0; nesterov < 2; nesterov++) {
    graft_real theta[BLOCKS] = {0};
    graft_optimizer_config c = {.momentum = 0.5, .nesterov = nesterov != 0};
    graft_optimizer o = make("sgd", &c, &layout);
    for (int s = 0; s < 3; s++) graft_optimizer_step(&o, 1, gradient, 1, theta);
    /* m: 1, 1.5, 1.75; nesterov adds 1 + m / 2: 1.5, 1.75, 1.875 */
    T_EQUAL(theta[0], nesterov ? -5.125 : -4.25);
  }
  graft_layout_fini(&layout);
}

static void decay_by_hand(void) {
  graft_layout layout;
  const graft_real none[BLOCKS] = {0}, some[BLOCKS] = {-8, -8, -8, -8, -8};
  graft_optimizer_config c = {.weight_decay = 0.5};
  make_layout(&layout, 1);
  for (size_t k = 0; graft_optimizer_types(k); k++) {
    const char *name = graft_optimizer_types(k)->name;
    const bool decoupled = strcmp(name, "adamw") == 0 || strcmp(name, "lion") == 0;
    graft_real theta[BLOCKS] = {8, 8, 8, 8, 8};
    graft_optimizer o = make(name, &c, &layout);
    graft_optimizer_step(&o, 0.25, none, 1, theta);
    T_EQUAL(theta[1], 8);
    T_EQUAL(theta[2], 8);
    if (decoupled) T_EQUAL(theta[0], 7);                    /* 8 (1 − 0.25 · 0.5) */
    if (strcmp(name, "sgd") == 0) T_EQUAL(theta[0], 7);     /* 8 − 0.25 · 0.5 · 8 */
    if (strcmp(name, "adam") == 0) T_EQUAL(theta[0], 7.75); /* sign of the decay term */
    theta[0] = theta[1] = 8;
    o = make(name, &c, &layout);
    graft_optimizer_step(&o, 0.25, some, 1, theta);
    if (decoupled) T_EQUAL(theta[0], 7.25); /* + 0.25 sign */
  }
  graft_layout_fini(&layout);
}

/* ---- references: scalar, double, one element at a time, as the papers print them ---- */

struct reference {
  double theta, m, v;
};

static void adam_reference(struct reference *r, double g, double lr, double t,
                           const graft_optimizer_config *c, bool decay) {
  g += decay ? c->weight_decay * r->theta : 0;
  r->m = c->beta1 * r->m + (1 - c->beta1) * g;
  r->v = c->beta2 * r->v + (1 - c->beta2) * g * g;
  double m_hat = r->m / (1 - pow(c->beta1, t)), v_hat = r->v / (1 - pow(c->beta2, t));
  r->theta -= lr * m_hat / (sqrt(v_hat) + c->epsilon);
}

static void adamw_reference(struct reference *r, double g, double lr, double t,
                            const graft_optimizer_config *c, bool decay) {
  graft_optimizer_config bare = *c;
  double before = r->theta;
  bare.weight_decay = 0;
  adam_reference(r, g, lr, t, &bare, false);
  r->theta -= decay ? lr * c->weight_decay * before : 0;
}

static void sgd_reference(struct reference *r, double g, double lr, double t,
                          const graft_optimizer_config *c, bool decay) {
  (void)t;
  g += decay ? c->weight_decay * r->theta : 0;
  r->m = c->momentum * r->m + g;
  r->theta -= lr * (c->nesterov ? g + c->momentum * r->m : r->m);
}

static void lion_reference(struct reference *r, double g, double lr, double t,
                           const graft_optimizer_config *c, bool decay) {
  (void)t;
  double u = c->beta1 * r->m + (1 - c->beta1) * g;
  r->theta -= lr * ((u > 0) - (u < 0) + (decay ? c->weight_decay * r->theta : 0));
  r->m = c->beta2 * r->m + (1 - c->beta2) * g;
}

static void rmsprop_reference(struct reference *r, double g, double lr, double t,
                              const graft_optimizer_config *c, bool decay) {
  (void)t;
  g += decay ? c->weight_decay * r->theta : 0;
  r->v = c->beta2 * r->v + (1 - c->beta2) * g * g;
  r->theta -= lr * g / (sqrt(r->v) + c->epsilon);
}

static void compare(const char *name,
                    void (*reference)(struct reference *, double, double, double,
                                      const graft_optimizer_config *, bool),
                    const graft_optimizer_config *c) {
  static graft_real theta[N], gradient[N];
  static struct reference r[N];
  graft_layout layout;
  graft_rng rng;
  double worst = 0;
  make_layout(&layout, WIDTH);
  graft_optimizer o = make(name, c, &layout);
  graft_rng_init(&rng, 3, GRAFT_STREAM_TEST, 0);
  for (size_t i = 0; i < N; i++) {
    theta[i] = (graft_real)graft_rng_normal(&rng);
    r[i] = (struct reference){.theta = (double)theta[i]};
  }
  for (int s = 1; s <= STEPS; s++) {
    const double lr = 0.01 / s, scale = s % 2 ? 1 : 0.25;
    for (size_t i = 0; i < N; i++) {
      gradient[i] = (graft_real)(pow(10, (double)(i % 5) - 2) * graft_rng_normal(&rng));
      if (!is_frozen(i)) {
        reference(&r[i], scale * (double)gradient[i], lr, s, c, decays(i));
      }
    }
    graft_optimizer_step(&o, lr, gradient, scale, theta);
  }
  for (size_t i = 0; i < N; i++) {
    double difference = fabs((double)theta[i] - r[i].theta) / (1 + fabs(r[i].theta));
    if (!(difference <= worst)) worst = difference;
  }
  printf("# %s: largest relative difference %.3g\n", name, worst);
  T_CHECK(worst <= tolerance);
  graft_layout_fini(&layout);
}

static void rules_match_references(void) {
  graft_optimizer_config c = {
      .weight_decay = 0.03, .momentum = 0.8, .beta1 = 0.9, .beta2 = 0.99, .epsilon = 1e-6};
  compare("adam", adam_reference, &c);
  compare("adamw", adamw_reference, &c);
  compare("lion", lion_reference, &c);
  compare("rmsprop", rmsprop_reference, &c);
  compare("sgd", sgd_reference, &c);
  c.nesterov = true;
  compare("sgd", sgd_reference, &c);
}

/* Elements without a gradient: moments reach zero, not a denormal number. */
static void moments_do_not_linger(void) {
  graft_layout layout;
  graft_real theta[BLOCKS] = {0}, gradient[BLOCKS] = {1, 1, 1, 1, 1};
  graft_optimizer_config c = {.beta1 = 0.9, .beta2 = 0.9, .momentum = 0.9, .epsilon = 1e-8};
  make_layout(&layout, 1);
  for (size_t k = 0; graft_optimizer_types(k); k++) {
    graft_optimizer o = make(graft_optimizer_types(k)->name, &c, &layout);
    if (o.type->whole) continue;
    gradient[0] = 1;
    graft_optimizer_step(&o, 0.1, gradient, 1, theta);
    gradient[0] = 0;
    for (int s = 0; s < 1000; s++) graft_optimizer_step(&o, 0.1, gradient, 1, theta);
    for (size_t v = 0; v < o.type->vectors; v++) T_EQUAL(o.vector[v][0], 0);
    T_CHECK(isfinite(theta[0]));
  }
  graft_layout_fini(&layout);
}

static void bad_values_are_refused(void) {
  graft_layout layout;
  graft_arena arena;
  graft_optimizer o;
  const graft_optimizer_type *adam = graft_optimizer_find("adam");
  const struct {
    graft_optimizer_config config;
    const char *text;
  } bad[] = {{{.beta1 = 1}, "beta1: expected"},
             {{.beta2 = 1.5}, "beta2: expected"},
             {{.epsilon = -1}, "epsilon: expected"},
             {{.momentum = NAN}, "momentum: expected"},
             {{.weight_decay = -1}, "weight_decay: expected"}};
  make_layout(&layout, 1);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    graft_arena_init(&arena, memory, sizeof memory);
    T_FAILS(graft_optimizer_init(&o, adam, &bad[i].config, &layout, &arena), GRAFT_USAGE,
            bad[i].text);
  }
  graft_arena_init(&arena, memory, 64);
  T_FAILS(graft_optimizer_init(&o, adam, &(graft_optimizer_config){0}, &layout, &arena),
          GRAFT_MEMORY, "");
  graft_layout_fini(&layout);
}

int main(void) {
  T_RUN(steps_by_hand);
  T_RUN(momentum_by_hand);
  T_RUN(decay_by_hand);
  T_RUN(rules_match_references);
  T_RUN(moments_do_not_linger);
  T_RUN(bad_values_are_refused);
  return graft_test_done();
}
