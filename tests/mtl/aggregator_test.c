/* SPDX-License-Identifier: BSD-2-Clause */
/* Aggregators as functions of a matrix: what every rule must do, and the properties, conditions of
 * optimality and closed forms that docs/theory_mtl.md states. K rows of n entries. */
#include "mtl/aggregator.h"

#include "base/rng.h"
#include "tests/graft_test.h"
#include "tests/mtl/count_alloc.h"
#include "tests/mtl/matrix_test.h"

static void registry_is_described(const graft_aggregator_type *type) {
  T_CHECK(graft_aggregator_find(type->name) == type);
  T_CHECK(strlen(type->name) > 2 && strlen(type->name) < GRAFT_NAME_SIZE);
  T_CHECK(strlen(type->summary) > 8 && strlen(type->summary) < 64);
  T_CHECK(strlen(type->scale) > 2 && strlen(type->source) > 4 && type->options);
  for (size_t i = 0; type->options[i]; i++) {
    T_CHECK(graft_option_find(graft_aggregator_options, type->options[i]) != NULL);
  }
  T_CHECK(type->weigh || type->mix);
  T_CHECK(!type->mix == !!(type->properties & GRAFT_RULE_WEIGHTED));
  T_CHECK(!type->state_size == !(type->properties & GRAFT_RULE_STATEFUL));
  T_CHECK(!(type->gather || type->mix) || type->needs & GRAFT_NEEDS_ROWS);
}

/* What the literature says of each rule (quinton2024 and our derivations, docs/theory_mtl.md): most
 * tasks without conflict, linear under scaling, weighted rows, and what it looks at: nothing, the
 * Gramian, Rows, or Batches. The checks below hold the code to it. */
static void table_is_that_of_the_papers(void) {
  enum { ALL = GRAFT_MAX_TASKS };
  static const struct {
    const char *name;
    size_t non_conflicting;
    bool scaling, weighted;
    char sees;
  } table[] = {
      {"upgrad", ALL, true, true, 'G'},     {"dualproj", ALL, false, true, 'G'},
      {"mgda", ALL, false, true, 'G'},      {"nash", ALL, false, true, 'G'},
      {"mean", 0, true, true, '-'},         {"sum", 0, true, true, '-'},
      {"constant", 0, true, true, '-'},     {"rlw", 0, true, true, '-'},
      {"pcgrad", 2, true, true, 'G'},       {"config", 0, true, true, 'G'},
      {"aligned_mtl", 0, false, true, 'G'}, {"cagrad", 0, false, true, 'G'},
      {"imtl_g", 0, false, true, 'G'},      {"krum", 0, false, true, 'G'},
      {"graddrop", 0, false, false, 'R'},   {"trimmed_mean", 0, false, false, 'R'},
      {"fairgrad", ALL, false, true, 'G'},  {"gradvac", 0, true, true, 'G'},
      {"moco", 0, false, false, 'R'},       {"db_mtl", 0, false, false, 'R'},
      {"excess_mtl", 0, false, true, 'R'},  {"modo", 0, false, true, 'B'},
      {"sdmgrad", 0, false, true, 'B'},     {"cr_mogm", 0, false, true, 'G'},
  };
  const size_t rows = sizeof table / sizeof *table;
  for (size_t r = 0; r < rows; r++) {
    const graft_aggregator_type *type = graft_aggregator_find(table[r].name);
    if (!T_CHECK(type != NULL)) continue;
    const char sees = type->needs & GRAFT_NEEDS_BATCHES   ? 'B'
                      : type->needs & GRAFT_NEEDS_ROWS    ? 'R'
                      : type->needs & GRAFT_NEEDS_GRAMIAN ? 'G'
                                                          : '-';
    T_EQUAL(type->non_conflicting, table[r].non_conflicting);
    T_EQUAL(!!(type->properties & GRAFT_RULE_SCALING), table[r].scaling);
    T_EQUAL(!!(type->properties & GRAFT_RULE_WEIGHTED), table[r].weighted);
    if (!T_EQUAL(sees, table[r].sees)) printf("# %s\n", table[r].name);
  }
  T_CHECK(graft_aggregator_types(rows) == NULL && graft_aggregator_types(rows - 1) != NULL);
}

/* ---- every rule ---- */

static void finite_on(const graft_aggregator_type *type, const struct matrix *J) {
  double out[N_MAX], again[N_MAX], weight[K_MAX];
  struct worker a = begin(type, J);
  const long before = allocations;
  combine(&a, J, 0, out, weight);
  T_EQUAL(allocations - before, 0);
  for (size_t i = 0; i < J->n; i++) T_CHECK(isfinite(out[i]));
  combine(&a, J, 1, again, weight); /* a second step, then from the start */
  for (size_t i = 0; i < J->n; i++) T_CHECK(isfinite(again[i]));
  graft_aggregator_reset(&a.aggregator);
  combine(&a, J, 0, again, weight);
  T_CHECK(memcmp(out, again, J->n * sizeof *out) == 0);
  if (norm_of(J) == 0) {
    for (size_t i = 0; i < J->n; i++) T_EQUAL(out[i], 0);
  }
  if (J->K == 1) {
    T_EQUAL(weight[0], type->mix ? weight[0] : 1);
    for (size_t i = 0; i < J->n; i++) T_EQUAL(out[i], J->row[0][i]);
  }
  end(&a);
}

static const double scales[] = {0, 1e-10, 1, 1e3, 1e5, 1e10, 1e15};

static void finite_everywhere(const graft_aggregator_type *type) {
  enum { SHAPES = 7 };
  const size_t K[SHAPES] = {1, 1, 3, 4, 5, 9, 7}, n[SHAPES] = {1, 20, 3, 12, 2, 11, 1};
  for (size_t s = 0; s < sizeof scales / sizeof *scales; s++) {
    for (size_t i = 0; i < SHAPES; i++) {
      struct matrix J = random_matrix(K[i], n[i], scales[s], s * 100 + i);
      finite_on(type, &J);
      memset(J.row[K[i] - 1], 0, sizeof J.row[0]); /* a task that has converged */
      if (K[i] > 1) finite_on(type, &J);
      for (size_t c = 0; c < J.n; c++) J.row[K[i] - 1][c] = -J.row[0][c]; /* opposite */
      if (K[i] > 1) finite_on(type, &J);
      for (size_t k = 0; k < J.K; k++) { /* rank 1, lengths over 20 orders of magnitude */
        for (size_t c = 0; c < J.n; c++) {
          J.row[k][c] = J.row[0][c] * pow(10, 20.0 * ((double)k / (double)J.K - 0.5));
        }
      }
      finite_on(type, &J);
    }
  }
}

/* A(P J) = A(J). Rules that draw per task are equivariant for two tasks only, or not at all. */
static void permutation_changes_nothing(const graft_aggregator_type *type) {
  const bool drawn = type->properties & GRAFT_RULE_RANDOM && type->needs != GRAFT_NEEDS_ROWS;
  if (!type->needs && drawn) return; /* weights are drawn by task */
  for (uint64_t run = 0; run < 20; run++) {
    const size_t K = drawn ? 2 : 3 + run % 5;
    struct matrix J = random_matrix(K, 8, 1, run), P = J;
    double out[N_MAX], want[N_MAX];
    for (size_t k = 0; k < K; k++) {
      const size_t from = (k + 1 + run) % K;
      memcpy(P.row[k], J.row[from], sizeof P.row[k]);
      P.loss[k] = J.loss[from];
    }
    direction_of(type, &J, want);
    direction_of(type, &P, out);
    for (size_t i = 0; i < J.n; i++) T_NEAR(out[i], want[i], 1e-9);
  }
}

/* The direction is the weighted sum of the rows, where the rule says so. */
static void weighted_rows(const graft_aggregator_type *type) {
  for (uint64_t run = 0; run < 20; run++) {
    struct matrix J = random_matrix(3 + run % 6, 9, 1, 50 + run);
    double out[N_MAX], weight[K_MAX];
    struct worker a = begin(type, &J);
    combine(&a, &J, run, out, weight);
    for (size_t i = 0; i < J.n; i++) {
      double sum = 0;
      for (size_t k = 0; k < J.K; k++) sum += weight[k] * J.row[k][i];
      if (type->properties & GRAFT_RULE_WEIGHTED) T_NEAR(sum, out[i], 1e-12 * 10);
      if (!(type->properties & GRAFT_RULE_WEIGHTED)) T_CHECK(isnan(weight[0]));
    }
    end(&a);
  }
}

/* J A(J) ≥ 0 up to the number of tasks for which it is promised; a counter-example beyond. */
static void conflicts_as_promised(const graft_aggregator_type *type) {
  size_t conflicts = 0;
  for (uint64_t run = 0; run < 300; run++) {
    const size_t K = 2 + run % 7;
    struct matrix J = random_matrix(K, run % 2 ? 3 : 12, 1, 100 + run);
    double out[N_MAX];
    const double least = least_product(type, &J, out);
    const bool promised = K <= type->non_conflicting;
    if (promised) T_CHECK(least >= -1e-9);
    conflicts += !promised && least < -1e-6;
  }
  if (type->non_conflicting < GRAFT_MAX_TASKS) T_CHECK(conflicts > 0);
}

/* The direction after a call on another matrix: the state is fixed, and no longer the start's. */
static void primed(const graft_aggregator_type *type, const struct matrix *J, double *out) {
  const struct matrix before = random_matrix(J->K, J->n, 1, 4711);
  double weight[K_MAX];
  struct worker a = begin(type, J);
  combine(&a, &before, 0, out, weight);
  combine(&a, J, 1, out, weight);
  end(&a);
}

/* A(diag(α c1 + β c2) J) = α A(diag(c1) J) + β A(diag(c2) J) exactly where the rule says so. */
static void linear_under_scaling(const graft_aggregator_type *type) {
  double worst = 0;
  for (uint64_t run = 0; run < 20; run++) {
    struct matrix J = random_matrix(3 + run % 3, 6, 1, 700 + run), A = J, B = J, C = J;
    double a[N_MAX], b[N_MAX], c[N_MAX];
    graft_rng rng;
    graft_rng_init(&rng, 1, GRAFT_STREAM_TEST, run);
    const double alpha = 0.2 + graft_rng_uniform(&rng), beta = 0.2 + graft_rng_uniform(&rng);
    for (size_t k = 0; k < J.K; k++) {
      const double x = 0.1 + graft_rng_uniform(&rng), y = 0.1 + 3 * graft_rng_uniform(&rng);
      for (size_t i = 0; i < J.n; i++) {
        A.row[k][i] *= x;
        B.row[k][i] *= y;
        C.row[k][i] *= alpha * x + beta * y;
      }
    }
    primed(type, &A, a);
    primed(type, &B, b);
    primed(type, &C, c);
    for (size_t i = 0; i < J.n; i++) worst = fmax(worst, fabs(c[i] - alpha * a[i] - beta * b[i]));
  }
  const bool holds = worst < 1e-9;
  if (!T_CHECK(holds == !!(type->properties & GRAFT_RULE_SCALING))) printf("# worst %g\n", worst);
}

/* Only tasks with samples count: a task left out is as if it were not there. */
static void absent_tasks_do_not_matter(const graft_aggregator_type *type) {
  struct matrix J = random_matrix(5, 7, 1, 3), sub = J;
  double out[N_MAX], want[N_MAX], weight[K_MAX];
  if (type->properties & (GRAFT_RULE_RANDOM | GRAFT_RULE_STATEFUL)) return;
  struct worker a = begin(type, &J);
  a.active = 0x1d; /* not task 1 */
  combine(&a, &J, 0, out, weight);
  if (!type->mix) T_EQUAL(weight[1], 0);
  end(&a);
  sub.K = 4;
  for (size_t k = 1; k < 4; k++) {
    memcpy(sub.row[k], J.row[k + 1], sizeof sub.row[k]);
    sub.loss[k] = J.loss[k + 1];
  }
  direction_of(type, &sub, want);
  for (size_t i = 0; i < J.n; i++) T_NEAR(out[i], want[i], 1e-12);
}

static void stateful_rules_remember(const graft_aggregator_type *type) {
  struct matrix J = random_matrix(3, 6, 1, 9), other = random_matrix(3, 6, 2, 10);
  double first[N_MAX], later[N_MAX], weight[K_MAX];
  if (type->properties & GRAFT_RULE_RANDOM) return;
  struct worker a = begin(type, &J);
  combine(&a, &J, 0, first, weight);
  for (uint64_t s = 1; s < 4; s++) combine(&a, &other, s, later, weight);
  combine(&a, &J, 0, later, weight);
  const bool same = memcmp(first, later, J.n * sizeof *first) == 0;
  T_CHECK(same == !(type->properties & GRAFT_RULE_STATEFUL));
  end(&a);
}

/* Long rows in several spans: the Gramian in blocks, the same bits for any number of threads. */
static void long_rows(const graft_aggregator_type *type) {
  enum { K = 3, LONG = 70001 };
  static double rows[K][LONG], out[2][LONG];
  const graft_span spans[] = {{5, 100}, {200, 50000}, {60000, 10000}};
  for (size_t k = 0; k < K; k++) {
    for (size_t i = 0; i < LONG; i++) {
      rows[k][i] = sin((double)(k + 1) * (double)i) + 0.2 * cos((double)(i % 7) + (double)k);
    }
  }
  for (int threads = 1; threads <= 2; threads++) {
    struct worker a = begin_spans(type, K, LONG, spans, 3);
    const double loss[K] = {1, 2, 0.5};
    const graft_aggregator_input in = {.active = 7, .loss = loss, .wide_rows = rows[0]};
    const graft_aggregator_output answer = {.wide_direction = out[threads - 1]};
    set_threads(threads);
    for (size_t i = 0; i < LONG; i++) out[threads - 1][i] = 42;
    T_OK(graft_aggregator_combine(&a.aggregator, &in, &answer));
    end(&a);
  }
  T_CHECK(memcmp(out[0], out[1], sizeof out[0]) == 0);
  T_EQUAL(out[0][4], 42); /* beyond the spans */
  T_EQUAL(out[0][105], 42);
  T_EQUAL(out[0][LONG - 1], 42);
  T_CHECK(out[0][5] != 42 && out[0][69999] != 42);
}

int main(void) {
  static const struct {
    const char *name;
    void (*check)(const graft_aggregator_type *type);
  } contract[] = {{"described", registry_is_described},
                  {"finite", finite_everywhere},
                  {"permutation", permutation_changes_nothing},
                  {"weighted", weighted_rows},
                  {"conflicts", conflicts_as_promised},
                  {"scaling", linear_under_scaling},
                  {"absent", absent_tasks_do_not_matter},
                  {"state", stateful_rules_remember},
                  {"long", long_rows}};
  T_RUN(table_is_that_of_the_papers);
  for (size_t a = 0; graft_aggregator_types(a); a++) {
    for (size_t c = 0; c < sizeof contract / sizeof *contract; c++) {
      char name[128];
      snprintf(name, sizeof name, "aggregator/%s/%s", graft_aggregator_choices(a),
               contract[c].name);
      T_RUN_NAMED(name, contract[c].check(graft_aggregator_types(a)));
    }
  }
  return graft_test_done();
}
