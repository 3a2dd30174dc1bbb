/* SPDX-License-Identifier: BSD-2-Clause */
/* Sharpness-aware methods on quadratics: closed forms, and what each adds to the plain step. */
#include "mtl/sam.h"

#include "base/arena.h"
#include "mtl/trainer.h"
#include "mtl/vector.h"
#include "tests/graft_test.h"
#include "tests/mtl/objective_test.h"
#include "tests/mtl/rule_test.h"

#ifdef GRAFT_DOUBLE
static const double tolerance = 1e-12;
#else
static const double tolerance = 5e-5;
#endif

enum { N_MAX = 32, D = QUADRATIC_D, H = QUADRATIC_H, K = QUADRATIC_TASKS };

static const double weights[K] = {1, 2.5, 0.5};

/* A method on quadratics, at one point. */
struct setting {
  quadratic q;
  graft_direction direction;
  graft_sam sam;
  void *memory;
  size_t n;
  graft_real theta[N_MAX];
};

static graft_sam_config make(const char *name, double rho) {
  graft_trainer_config c;
  T_OK(graft_trainer_config_default(&c));
  snprintf(c.sam.sam, sizeof c.sam.sam, "%s", name);
  c.sam.sam_rho = rho;
  return c.sam;
}

static graft_status plan(struct setting *s, const graft_sam_config *c, const char *aggregator,
                         const double *weight, graft_arena *arena) {
  const graft_direction_plan steps = graft_sam_plan(c, s->q.tasks);
  const graft_direction_rule rule = rule_with(graft_aggregator_find(aggregator), weight);
  GRAFT_TRY(graft_direction_init(&s->direction, &s->q.objective, &rule, &steps, arena));
  return graft_sam_init(&s->sam, c, &s->direction, 7, arena);
}

static void begin(struct setting *s, const graft_sam_config *c, const char *aggregator,
                  size_t tasks, const double *weight) {
  graft_arena arena;
  *s = (struct setting){0};
  T_OK(graft_sam_validate(c));
  T_OK(quadratic_init(&s->q, tasks));
  s->n = s->q.objective.n;
  for (size_t i = 0; i < s->n; i++) s->theta[i] = (graft_real)sin(1 + 2.3 * (double)i);
  graft_arena_init(&arena, NULL, 0);
  T_OK(plan(s, c, aggregator, weight, &arena));
  T_OK(graft_alloc(&s->memory, arena.used, 1));
  graft_arena_init(&arena, s->memory, arena.used);
  T_OK(plan(s, c, aggregator, weight, &arena));
}

static void end(struct setting *s) {
  graft_free(s->memory);
  quadratic_fini(&s->q);
}

static void step(struct setting *s, uint64_t number) {
  T_OK(graft_sam_eval(&s->sam, number, 1, s->theta));
}

/* The direction of a method in its `number`-th step, all steps taken at one point. */
static void direction_of(const graft_sam_config *c, const char *aggregator, size_t tasks,
                         uint64_t number, graft_real *out) {
  struct setting s;
  begin(&s, c, aggregator, tasks, weights);
  for (uint64_t i = 0; i <= number; i++) step(&s, i);
  memcpy(out, s.direction.gradient, s.n * sizeof *out);
  end(&s);
}

static void compare(const graft_real *got, const graft_real *want, size_t n, double factor) {
  for (size_t i = 0; i < n; i++) {
    T_NEAR(got[i], want[i], factor * tolerance * (1 + fabs((double)want[i])));
  }
}

static size_t length(size_t tasks) { return 2 * (size_t)D + tasks * H; }

/* out [n] = Hessian of task k times v [n]. */
static void hessian(const quadratic *q, size_t k, const double *v, double *out) {
  const size_t head = 2 * (size_t)D + k * H;
  memset(out, 0, N_MAX * sizeof *out);
  for (size_t i = 0; i < D; i++) {
    out[i] = out[D + i] = quadratic_curvature(q, k, i) * (v[i] + v[D + i]);
  }
  for (size_t j = 0; j < H; j++) {
    out[head + j] = v[head + j] - v[j];
    out[j] += v[j] - v[head + j];
  }
}

/* On a quadratic the flatness row is rho A g / |g| times the task's weight, for any rho. */
static void flatness_rows_are_exact(void) {
  static const double radius[] = {1e-2, 0.3, 4};
  for (size_t r = 0; r < 3; r++) {
    struct setting s;
    graft_sam_config c = make("fsmtl", radius[r]);
    begin(&s, &c, "mean", K, weights);
    step(&s, 1);
    for (size_t k = 0; k < K; k++) {
      const graft_real *row = s.sam.rows + k * s.n, *flat = s.direction.rows + k * s.n;
      double e[N_MAX], want[N_MAX], norm = graft_vector_norm(row, s.n);
      for (size_t i = 0; i < s.n; i++) e[i] = radius[r] * (double)row[i] / norm;
      hessian(&s.q, k, e, want);
      for (size_t i = 0; i < s.n; i++) {
        T_NEAR(flat[i], weights[k] * want[i], tolerance * (1 + 10 * radius[r]));
      }
    }
    end(&s);
  }
}

static void adaptive_perturbations_have_their_length(void) {
  const graft_sam_measure measure[] = {GRAFT_SAM_PLAIN, GRAFT_SAM_MAGNITUDE, GRAFT_SAM_KERNELS};
  for (size_t m = 0; m < 3; m++) {
    struct setting s;
    graft_real g[N_MAX], point[N_MAX];
    double length = 0, along = 0, norm = 0;
    graft_sam_config c = make("sam", 1);
    begin(&s, &c, "mean", K, weights);
    for (size_t i = 0; i < s.n; i++) g[i] = (graft_real)cos(3 * (double)i);
    graft_sam_perturb(&s.direction, measure[m], 0.3, false, 0.7, s.theta, g, point);
    for (size_t b = 0, i = 0; b < s.q.layout.blocks; b++) {
      for (const size_t to = i + s.q.layout.block[b].count; i < to; i++) {
        const double size = fabs((double)s.theta[i]), e = (double)(point[i] - s.theta[i]);
        const bool kernel = s.q.layout.block[b].decay;
        const double T = m == 0 ? 1 : m == 1 ? size : kernel ? size + 0.3 : 1;
        length += e * e / (T * T);
        along += e * (double)g[i];
        norm += T * T * (double)g[i] * (double)g[i];
      }
    }
    T_NEAR(sqrt(length), 0.7, 10 * tolerance);
    T_NEAR(along, 0.7 * sqrt(norm), 100 * tolerance);
    end(&s);
  }
}

static void norms_may_be_separate(void) {
  struct setting s;
  graft_real g[N_MAX], point[N_MAX], difference[N_MAX];
  graft_sam_config c = make("sam", 1);
  begin(&s, &c, "mean", K, weights);
  for (size_t i = 0; i < s.n; i++) g[i] = (graft_real)(i < 2 * D ? 1 : 1e-3 * (double)i);
  memset(g + 2 * D, 0, H * sizeof *g); /* task 0's private part is flat */
  T_CHECK(graft_sam_perturb(&s.direction, GRAFT_SAM_PLAIN, 0, true, 0.5, s.theta, g, point));
  for (size_t i = 0; i < s.n; i++) difference[i] = point[i] - s.theta[i];
  T_NEAR(graft_vector_norm(difference, 2 * D), 0.5, tolerance);
  T_EQUAL(graft_vector_norm(difference + 2 * D, H), 0);
  for (size_t k = 1; k < K; k++) {
    T_NEAR(graft_vector_norm(difference + 2 * D + k * H, H), 0.5, tolerance);
  }
  g[3] = (graft_real)NAN;
  T_CHECK(!graft_sam_perturb(&s.direction, GRAFT_SAM_PLAIN, 0, false, 0.5, s.theta, g, point));
  T_CHECK(memcmp(point, s.theta, s.n * sizeof *point) == 0);
  end(&s);
}

/* With radius 0 nothing but the plain step is left, bit for bit. */
static void radius_zero_is_the_plain_step(const graft_sam_type *type) {
  for (size_t a = 0; graft_aggregator_types(a); a++) {
    graft_real plain[N_MAX], got[N_MAX];
    const graft_sam_config none = make("none", 0), c = make(type->name, 0);
    direction_of(&none, graft_aggregator_choices(a), K, 2, plain);
    direction_of(&c, graft_aggregator_choices(a), K, 2, got);
    T_CHECK(memcmp(plain, got, length(K) * sizeof *got) == 0);
  }
}

/* One clean pass in a step, losses of the clean pass, frozen parts left alone, tasks without
 * samples or weight, the radius by the rate: whatever the method. */
static void method_contract(const graft_sam_type *type) {
  static const double some[K] = {1, 0, 2};
  struct setting s;
  graft_sam_config c = make(type->name, 0.1);
  T_CHECK(graft_sam_find(type->name) == type);
  T_CHECK(strlen(type->summary) > 10 && strlen(type->summary) < 80 && strlen(type->source) > 4);
  for (size_t i = 0; type->options[i]; i++) {
    T_CHECK(graft_option_find(graft_trainer_options, type->options[i]) != NULL);
  }
  for (size_t a = 0; graft_aggregator_types(a); a++) {
    begin(&s, &c, graft_aggregator_choices(a), K, some);
    s.q.absent = 2;
    for (uint64_t i = 0; i < 6; i++) {
      step(&s, i);
      T_EQUAL(s.q.seen, i + 1);
      for (size_t j = 0; j < s.n; j++) T_CHECK(isfinite(s.direction.gradient[j]));
      T_CHECK(isnan(s.direction.loss[2]) == (i % 3 == 2));
    }
    end(&s);
  }
  begin(&s, &c, "mean", K, weights);
  c.sam_rho_final = 0.02;
  s.sam.config = c;
  T_OK(graft_sam_eval(&s.sam, 0, 0.25, s.theta));
  T_NEAR(s.sam.rho, 0.04, 1e-15);
  end(&s);
}

static void fixed_weights_make_split_direct(void) {
  static const char *const variants[] = {"direct", "second", "each"};
  static const char *const aggregators[] = {"mean", "sum", "constant", "rlw"};
  for (size_t a = 0; a < 4; a++) { /* rlw: one draw in a step */
    const char *aggregator = aggregators[a];
    graft_real split[N_MAX], other[N_MAX];
    graft_sam_config c = make("fsmtl", 0.4);
    direction_of(&c, aggregator, K, 0, split);
    for (size_t v = 0; v < (a < 2 ? 3 : 1); v++) {
      snprintf(c.fsmtl_variant, sizeof c.fsmtl_variant, "%s", variants[v]);
      direction_of(&c, aggregator, K, 0, other);
      if (v > 0 && a == 0) { /* the mean of two rows is half of their sum */
        for (size_t i = 0; i < 2 * D; i++) other[i] *= 2;
      }
      compare(other, split, length(K), 30);
    }
  }
}

static void one_task_is_sam(void) {
  static const char *const names[] = {"fsmtl", "gsam", "fsam", "looksam", "esam", "samo"};
  graft_real want[N_MAX], got[N_MAX];
  graft_sam_config c = make("sam", 0.4);
  direction_of(&c, "mean", 1, 0, want);
  for (size_t i = 0; i < 6; i++) {
    c = make(names[i], 0.4);
    c.gsam_alpha = 0;
    c.esam_beta = 1;
    c.samo_alpha = 1;
    direction_of(&c, "mean", 1, 0, got);
    compare(got, want, length(1), 30);
  }
}

/* Private parts get their own task's gradient at its own perturbed parameters. */
static void private_parts_get_their_own(void) {
  struct setting s;
  graft_sam_config c = make("fsmtl", 0.4);
  begin(&s, &c, "sum", K, weights);
  step(&s, 1);
  for (size_t k = 0; k < K; k++) {
    const size_t head = 2 * (size_t)D + k * H;
    const graft_real *point = s.sam.point + k * s.n;
    for (size_t j = 0; j < H; j++) {
      T_NEAR(s.direction.gradient[head + j],
             weights[k] * ((double)point[head + j] - (double)point[j] - 0.3 * (double)k),
             10 * tolerance);
      for (size_t other = 0; other < K; other++) { /* others' are not moved */
        const size_t at = 2 * (size_t)D + other * H + j;
        T_CHECK((point[at] == s.theta[at]) == (other != k));
      }
    }
  }
  end(&s);
}

static void gsam_takes_off_what_lies_across(void) {
  graft_real p[N_MAX], g[N_MAX], got[N_MAX];
  const size_t n = length(K);
  graft_sam_config c = make("none", 0);
  direction_of(&c, "mean", K, 0, g);
  c = make("sam", 0.4);
  direction_of(&c, "mean", K, 0, p);
  c = make("gsam", 0.4);
  c.gsam_alpha = 0.6;
  direction_of(&c, "mean", K, 0, got);
  const double square = graft_vector_dot(p, p, n), along = graft_vector_dot(g, p, n) / square;
  T_NEAR(graft_vector_dot(got, p, n), square, 100 * tolerance * square);
  for (size_t i = 0; i < n; i++) {
    T_NEAR(got[i], (double)p[i] - 0.6 * ((double)g[i] - along * (double)p[i]), 20 * tolerance);
  }
}

static void looksam_keeps_what_it_saw(void) {
  graft_real s[N_MAX], g[N_MAX], plain[N_MAX], got[N_MAX];
  const size_t n = length(K);
  graft_sam_config c = make("none", 0);
  direction_of(&c, "mean", K, 0, g);
  direction_of(&c, "mean", K, 1, plain);
  c = make("sam", 0.4);
  direction_of(&c, "mean", K, 0, s);
  c = make("looksam", 0.4);
  direction_of(&c, "mean", K, 0, got);
  compare(got, s, n, 1);
  direction_of(&c, "mean", K, 1, got);
  const double along = graft_vector_dot(s, g, n) / graft_vector_dot(g, g, n);
  double v[N_MAX], norm = 0, size = graft_vector_norm(plain, n);
  for (size_t i = 0; i < n; i++) v[i] = (double)s[i] - along * (double)g[i];
  for (size_t i = 0; i < n; i++) norm += v[i] * v[i];
  for (size_t i = 0; i < n; i++) {
    T_NEAR(got[i], (double)plain[i] + 0.7 * size / sqrt(norm) * v[i], 2000 * tolerance);
  }
  c.looksam_period = 1;
  direction_of(&c, "mean", K, 1, got);
  c = make("sam", 0.4);
  direction_of(&c, "mean", K, 1, s);
  compare(got, s, n, 1);
}

static void fsam_goes_along_the_rest(void) {
  struct setting s;
  graft_real first[N_MAX], second[N_MAX];
  graft_sam_config c = make("fsam", 0.4);
  begin(&s, &c, "sum", K, weights);
  c.fsam_sigma = s.sam.config.fsam_sigma = 0.8;
  step(&s, 0);
  memcpy(first, s.sam.vector[0], s.n * sizeof *first);
  step(&s, 1);
  double norm = 0;
  for (size_t i = 0; i < s.n; i++) { /* mean = 0.9 mean + 0.1 g */
    second[i] = (graft_real)(((double)s.sam.vector[0][i] - 0.9 * (double)first[i]) / 0.1);
    const double rest = (double)second[i] - 0.8 * (double)first[i];
    norm += rest * rest;
  }
  for (size_t i = 0; i < s.n; i++) {
    T_NEAR(s.sam.point[i] - s.theta[i],
           0.4 * ((double)second[i] - 0.8 * (double)first[i]) / sqrt(norm), 100 * tolerance);
  }
  end(&s);
}

static void esam_perturbs_a_share(void) {
  struct setting s, whole;
  graft_sam_config c = make("esam", 0.4), all = make("sam", 0.4);
  size_t moved = 0, total = 0;
  c.esam_beta = 0.25;
  begin(&s, &c, "mean", K, weights);
  begin(&whole, &all, "mean", K, weights);
  for (uint64_t i = 0; i < 300; i++) {
    step(&s, i);
    step(&whole, i);
    for (size_t j = 0; j < s.n; j++) {
      const double e = (double)(s.sam.point[j] - s.theta[j]);
      total++;
      if (e == 0) continue;
      moved++;
      T_NEAR(e, 4 * (double)(whole.sam.point[j] - s.theta[j]), 10 * tolerance);
    }
  }
  T_NEAR((double)moved / (double)total, 0.25, 0.03); /* 4.8 standard deviations */
  end(&s);
  end(&whole);
}

/* The task's own part points to where its loss rises. */
static void samo_climbs(void) {
  struct setting s;
  graft_sam_config c = make("samo", 0.01);
  double rise = 0;
  c.samo_alpha = 0;
  c.samo_step = 0.1;
  begin(&s, &c, "mean", K, weights);
  for (uint64_t i = 0; i < 30; i++) {
    step(&s, i);
    for (size_t k = 0; k < K; k++) {
      graft_real e[N_MAX];
      for (size_t j = 0; j < s.n; j++) e[j] = s.sam.point[k * s.n + j] - s.theta[j];
      T_NEAR(graft_vector_norm(e, s.n), 0.01, 10 * tolerance);
      rise += s.direction.perturbed[k] > s.direction.loss[k];
    }
  }
  printf("# %g of %d rise\n", rise, 30 * K);
  T_CHECK(rise > 0.75 * 30 * K); /* blocks are scaled after the sign is known */
  end(&s);
}

/* Numbering the tasks in another order changes nothing. */
static void order_of_tasks_is_of_no_account(void) {
  static const size_t order[K] = {2, 0, 1};
  static const char *const variants[] = {"split", "direct", "second", "each"};
  for (size_t v = 0; v < 4; v++) {
    struct setting a, b;
    graft_sam_config c = make("fsmtl", 0.4);
    double permuted_weights[K];
    struct permuted p = {.order = order};
    snprintf(c.fsmtl_variant, sizeof c.fsmtl_variant, "%s", variants[v]);
    for (size_t i = 0; i < K; i++) permuted_weights[i] = weights[order[i]];
    begin(&a, &c, "mean", K, weights);
    begin(&b, &c, "mean", K, permuted_weights);
    graft_objective inner = b.q.objective;
    p.inner = &inner;
    b.q.objective.ctx = &p;
    b.q.objective.count = permuted_count;
    b.q.objective.eval = permuted_eval;
    for (size_t i = 0; i < K; i++) { /* the head of inner task order[i] is task i's */
      for (size_t o = 0; o < b.direction.owned; o++) {
        if (b.direction.own[o].span.offset == 2 * D + order[i] * H) b.direction.own[o].task = i;
      }
    }
    step(&a, 1);
    step(&b, 1);
    compare(b.direction.gradient, a.direction.gradient, a.n, 10);
    end(&a);
    end(&b);
  }
}

/* Every rule with every variant: finite, and with K = 2 its calls on two parts are told apart. */
static void variants_go_with_every_rule(void) {
  static const char *const variants[] = {"split", "direct", "second", "each"};
  for (size_t a = 0; graft_aggregator_types(a); a++) {
    for (size_t v = 0; v < 4; v++) {
      struct setting s;
      graft_sam_config c = make("fsmtl", 0.1);
      snprintf(c.fsmtl_variant, sizeof c.fsmtl_variant, "%s", variants[v]);
      const graft_direction_plan plan = graft_sam_plan(&c, 2);
      T_EQUAL(plan.call_parts[plan.calls - 1], v == 2);
      graft_trainer_config config;
      T_OK(graft_trainer_config_default(&config));
      config.sam = c;
      snprintf(config.aggregator, sizeof config.aggregator, "%s", graft_aggregator_choices(a));
      if (graft_trainer_config_validate(&config, K) != GRAFT_OK) {
        T_CHECK(strcmp(config.aggregator, "krum") == 0 ||
                strcmp(config.aggregator, "trimmed_mean") == 0);
        T_CHECK(v >= 2 && strstr(graft_error_message(), "rows at a time") != NULL);
        continue;
      }
      begin(&s, &c, graft_aggregator_choices(a), K, weights);
      for (uint64_t i = 0; i < 4; i++) step(&s, i);
      for (size_t j = 0; j < s.n; j++) T_CHECK(isfinite(s.direction.gradient[j]));
      end(&s);
    }
  }
}

static void mistakes_are_named(void) {
  graft_sam_config c = make("sam", -1);
  T_FAILS(graft_sam_validate(&c), GRAFT_USAGE, "sam_rho");
  c = make("sharp", 1);
  T_FAILS(graft_sam_validate(&c), GRAFT_USAGE, "no method is named 'sharp'");
  c = make("fsmtl", 1);
  snprintf(c.fsmtl_variant, sizeof c.fsmtl_variant, "splt");
  T_FAILS(graft_sam_validate(&c), GRAFT_USAGE, "fsmtl_variant");
  c = make("looksam", 1);
  c.looksam_period = 0;
  T_FAILS(graft_sam_validate(&c), GRAFT_USAGE, "looksam_period");
  graft_trainer_config t;
  T_OK(graft_trainer_config_default(&t));
  t.sam = make("sam", 1);
  T_OK(graft_trainer_config_validate(&t, K));
  snprintf(t.optimizer, sizeof t.optimizer, "lbfgs");
  T_FAILS(graft_trainer_config_validate(&t, K), GRAFT_USAGE, "expected none with optimizer lbfgs");
  struct setting s;
  c = make("fsmtl", 1);
  begin(&s, &c, "mean", K, weights);
  s.q.poison = 0;
  T_FAILS(graft_sam_eval(&s.sam, 0, 1, s.theta), GRAFT_DIVERGED, "loss of task 'square'");
  end(&s);
}

int main(void) {
  char name[64];
  T_RUN(flatness_rows_are_exact);
  T_RUN(adaptive_perturbations_have_their_length);
  T_RUN(norms_may_be_separate);
  T_RUN(fixed_weights_make_split_direct);
  T_RUN(one_task_is_sam);
  T_RUN(private_parts_get_their_own);
  T_RUN(gsam_takes_off_what_lies_across);
  T_RUN(looksam_keeps_what_it_saw);
  T_RUN(fsam_goes_along_the_rest);
  T_RUN(esam_perturbs_a_share);
  T_RUN(samo_climbs);
  T_RUN(order_of_tasks_is_of_no_account);
  T_RUN(variants_go_with_every_rule);
  T_RUN(mistakes_are_named);
  for (size_t i = 0; graft_sam_types(i); i++) {
    snprintf(name, sizeof name, "sam/%s", graft_sam_choices(i));
    T_RUN_NAMED(name, method_contract(graft_sam_types(i)));
    snprintf(name, sizeof name, "sam/%s/radius_zero", graft_sam_choices(i));
    T_RUN_NAMED(name, radius_zero_is_the_plain_step(graft_sam_types(i)));
  }
  return graft_test_done();
}
