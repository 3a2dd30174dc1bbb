/* SPDX-License-Identifier: BSD-2-Clause */
/* From objectives to directions: SUM against ROWS, private and frozen blocks, rules that see rows
 * or the Gramian, ranks. */
#include "mtl/direction.h"

#include <pthread.h>

#include "mtl/objective_ranks.h"
#include "mtl/vector.h"
#include "tests/graft_test.h"
#include "tests/mtl/objective_test.h"
#include "tests/mtl/rule_test.h"

#ifdef GRAFT_DOUBLE
static const double tolerance = 1e-12;
#else
static const double tolerance = 2e-5;
#endif

enum { N_MAX = 32 };

static const double weights[QUADRATIC_TASKS] = {1, 2.5, 0.5};

/* A direction in its own memory. */
struct made {
  graft_direction direction;
  void *memory;
};

static struct made make(const graft_objective *f, const graft_aggregator_type *type) {
  struct made m = {.memory = NULL};
  const graft_direction_rule rule = rule_with(type, weights);
  graft_arena arena;
  graft_arena_init(&arena, NULL, 0);
  T_OK(graft_direction_init(&m.direction, f, &rule, NULL, &arena));
  T_OK(graft_alloc(&m.memory, arena.used, 1));
  graft_arena_init(&arena, m.memory, arena.used);
  T_OK(graft_direction_init(&m.direction, f, &rule, NULL, &arena));
  return m;
}

static void set_theta(graft_real *theta, size_t n) {
  for (size_t i = 0; i < n; i++) theta[i] = (graft_real)sin(1 + 2.3 * (double)i);
}

/* ---- rules of this test: mean and sum again, seen through rows, Gramian or coordinates ---- */

static graft_status mean_by_rows(void *state, const graft_aggregation *call, double *weight) {
  (void)state;
  for (size_t k = 0; k < call->tasks; k++) weight[k] = 1 / (double)call->tasks;
  return GRAFT_OK;
}

static graft_status count_calls(void *state, const graft_aggregation *call, double *weight) {
  (void)call, (void)weight;
  ++*(int64_t *)state;
  return GRAFT_OK;
}

static void mean_by_coordinates(const void *state, const graft_aggregation *call,
                                const graft_rows_block *block, const double *weight,
                                double *direction) {
  (void)state, (void)weight;
  for (size_t i = 0; i < block->count; i++) {
    direction[i] = 0;
    for (size_t k = 0; k < call->tasks; k++) {
      direction[i] += block->row[k * block->stride + i] / (double)call->tasks;
    }
  }
}

static size_t state_of_one(const graft_aggregator_settings *config, size_t tasks, size_t n) {
  (void)config, (void)tasks, (void)n;
  return sizeof(int64_t);
}

static graft_status unit_rows(void *state, const graft_aggregation *call, double *weight) {
  (void)state;
  for (size_t k = 0; k < call->tasks; k++) {
    weight[k] = 1 / sqrt(call->gramian[k * call->tasks + k]);
  }
  return GRAFT_OK;
}

static graft_status zero_weights(void *state, const graft_aggregation *call, double *weight) {
  (void)state;
  for (size_t k = 0; k < call->tasks; k++) weight[k] = 0;
  return GRAFT_OK;
}

static const graft_aggregator_type by_rows = {
    .name = "by_rows", .needs = GRAFT_NEEDS_ROWS, .weigh = mean_by_rows};
static const graft_aggregator_type by_coordinates = {.name = "by_coordinates",
                                                     .needs = GRAFT_NEEDS_ROWS,
                                                     .state_size = state_of_one,
                                                     .weigh = count_calls,
                                                     .mix = mean_by_coordinates};
static const graft_aggregator_type by_gramian = {
    .name = "by_gramian", .needs = GRAFT_NEEDS_GRAMIAN, .weigh = unit_rows};
static const graft_aggregator_type by_nothing = {.name = "by_nothing", .weigh = zero_weights};

/* ---- */

static void sum_equals_rows(void) {
  const graft_aggregator_type *const rows[] = {&by_rows, &by_coordinates};
  for (int absent = -1; absent < 2; absent++) {
    for (size_t r = 0; r < 2; r++) {
      quadratic q;
      graft_real theta[N_MAX];
      T_OK(quadratic_init(&q, QUADRATIC_TASKS));
      q.absent = absent;
      const size_t n = q.objective.n;
      set_theta(theta, n);
      q.layout.block[1].frozen = 1;
      struct made a = make(&q.objective, graft_aggregator_find("mean"));
      struct made b = make(&q.objective, rows[r]);
      for (uint64_t step = 0; step < 3; step++) {
        T_OK(graft_direction_eval(&a.direction, step, theta));
        T_OK(graft_direction_eval(&b.direction, step, theta));
        for (size_t i = 0; i < n; i++) {
          T_NEAR(a.direction.gradient[i], b.direction.gradient[i], 20 * tolerance);
        }
        for (size_t k = 0; k < q.tasks; k++) {
          T_CHECK(a.direction.loss[k] == b.direction.loss[k] || isnan(a.direction.loss[k]));
          T_CHECK(isnan(a.direction.loss[k]) == ((int)k == absent && step == 2));
        }
        for (size_t i = 0; i < QUADRATIC_D; i++) T_EQUAL(a.direction.gradient[QUADRATIC_D + i], 0);
      }
      T_EQUAL(q.evals[GRAFT_WANT_LOSS | GRAFT_WANT_SUM], 3);  /* one pass for mean */
      T_EQUAL(q.evals[GRAFT_WANT_LOSS | GRAFT_WANT_ROWS], 3); /* rows for the others */
      if (r == 1) T_EQUAL(*(int64_t *)(void *)b.direction.state, 3);
      graft_free(a.memory);
      graft_free(b.memory);
      quadratic_fini(&q);
    }
  }
}

/* Against central differences of the scalar that mean and sum descend on the shared part. */
static void sum_matches_differences(void) {
  static const char *const names[] = {"mean", "sum"};
  for (size_t a = 0; a < 2; a++) {
    quadratic q;
    graft_real theta[N_MAX];
    T_OK(quadratic_init(&q, QUADRATIC_TASKS));
    set_theta(theta, q.objective.n);
    struct made m = make(&q.objective, graft_aggregator_find(names[a]));
    struct made other = make(&q.objective, graft_aggregator_find(names[a]));
    T_OK(graft_direction_eval(&m.direction, 1, theta));
    for (size_t i = 0; i < q.objective.n; i++) {
      const bool is_private = i >= 2 * QUADRATIC_D;
      const graft_real h = (graft_real)0.125, at = theta[i]; /* exact on a quadratic */
      double difference = 0;
      for (int side = -1; side <= 1; side += 2) {
        theta[i] = at + (graft_real)side * h;
        T_OK(graft_direction_eval(&other.direction, 1, theta));
        for (size_t k = 0; k < q.tasks; k++) {
          difference += side * weights[k] * other.direction.loss[k] / (2 * (double)h);
        }
      }
      theta[i] = at;
      if (a == 0 && !is_private) difference /= (double)q.tasks;
      T_NEAR(m.direction.gradient[i], difference, 100 * tolerance);
    }
    graft_free(m.memory);
    graft_free(other.memory);
    quadratic_fini(&q);
  }
}

static void private_blocks_get_their_own(void) {
  quadratic q;
  graft_real theta[N_MAX];
  T_OK(quadratic_init(&q, QUADRATIC_TASKS));
  set_theta(theta, q.objective.n);
  struct made m = make(&q.objective, &by_gramian);
  struct made plain = make(&q.objective, graft_aggregator_find("sum"));
  T_OK(graft_direction_eval(&m.direction, 0, theta));
  T_OK(graft_direction_eval(&plain.direction, 0, theta));
  for (size_t i = 2 * QUADRATIC_D; i < q.objective.n; i++) {
    T_NEAR(m.direction.gradient[i], plain.direction.gradient[i], 20 * tolerance);
  }
  /* unit rows: |direction|² = Σ_kl cos_kl over the shared part */
  double want = 0, got = graft_vector_norm(m.direction.gradient, 2 * QUADRATIC_D);
  double G[9];
  const graft_aggregator_input in = {.active = 7, .rows = m.direction.rows};
  graft_aggregator_gramian(&m.direction.call[0], &in, G);
  for (size_t k = 0; k < 3; k++) {
    for (size_t l = 0; l < 3; l++) want += G[k * 3 + l] / sqrt(G[k * 3 + k] * G[l * 3 + l]);
  }
  T_NEAR(got * got, want, 100 * tolerance);
  struct made bad = make(&q.objective, &by_nothing);
  T_FAILS(graft_direction_eval(&bad.direction, 0, theta), GRAFT_INTERNAL, "must ask for rows");
  graft_free(m.memory);
  graft_free(plain.memory);
  graft_free(bad.memory);
  quadratic_fini(&q);
}

/* Shared embedding tables: rules on the Gramian take them, rules on coordinates do not. */
static void coordinate_rules_refuse_tables(void) {
  static const char *const refused[] = {"graddrop", "trimmed_mean", "moco", "db_mtl", "excess_mtl"};
  quadratic q;
  graft_direction d;
  graft_arena arena;
  T_OK(quadratic_init(&q, QUADRATIC_TASKS));
  q.layout.block[1].kind = GRAFT_BLOCK_ROW_SPARSE;
  for (size_t i = 0; graft_aggregator_types(i); i++) {
    const graft_aggregator_type *type = graft_aggregator_types(i);
    const graft_direction_rule rule = rule_with(type, weights);
    bool refuses = false;
    for (size_t r = 0; r < 5; r++) refuses |= strcmp(type->name, refused[r]) == 0;
    graft_arena_init(&arena, NULL, 0);
    const graft_status status = graft_direction_init(&d, &q.objective, &rule, NULL, &arena);
    T_CHECK(status == (refuses ? GRAFT_USAGE : GRAFT_OK));
  }
  q.layout.block[1].kind = GRAFT_BLOCK_DENSE;
  q.layout.block[2].kind = GRAFT_BLOCK_ROW_SPARSE; /* private: nobody minds */
  const graft_direction_rule rule = rule_with(graft_aggregator_find("graddrop"), weights);
  graft_arena_init(&arena, NULL, 0);
  T_OK(graft_direction_init(&d, &q.objective, &rule, NULL, &arena));
  quadratic_fini(&q);
}

/* Balancers scale rows and private parts alike; what needs losses first costs a forward pass only
 * without rows; famo looks once more after the step. */
static void balancers_scale_losses(void) {
  static const struct {
    const char *aggregator, *balancer;
    unsigned sums, rows, losses;
  } cost[] = {{"sum", "uw", 1, 0, 0},       {"sum", "si", 1, 0, 1},   {"upgrad", "si", 0, 1, 0},
              {"sum", "gradnorm", 0, 1, 0}, {"sum", "famo", 1, 0, 2}, {"mgda", "famo", 0, 1, 1}};
  for (size_t c = 0; c < sizeof cost / sizeof *cost; c++) {
    quadratic q;
    graft_direction d;
    graft_arena arena;
    graft_balancer_config config;
    graft_real theta[N_MAX];
    void *memory;
    T_OK(quadratic_init(&q, QUADRATIC_TASKS));
    T_OK(graft_balancer_config_default(&config));
    set_theta(theta, q.objective.n);
    graft_direction_rule rule = rule_with(graft_aggregator_find(cost[c].aggregator), NULL);
    rule.balancer = graft_balancer_find(cost[c].balancer);
    rule.balancer_config = &config;
    graft_arena_init(&arena, NULL, 0);
    T_OK(graft_direction_init(&d, &q.objective, &rule, NULL, &arena));
    T_OK(graft_alloc(&memory, arena.used, 1));
    graft_arena_init(&arena, memory, arena.used);
    T_OK(graft_direction_init(&d, &q.objective, &rule, NULL, &arena));
    T_OK(graft_direction_eval(&d, 0, theta));
    T_OK(graft_direction_follow(&d, theta));
    T_EQUAL(q.evals[GRAFT_WANT_LOSS | GRAFT_WANT_SUM], cost[c].sums);
    T_EQUAL(q.evals[GRAFT_WANT_LOSS | GRAFT_WANT_ROWS], cost[c].rows);
    T_EQUAL(q.evals[GRAFT_WANT_LOSS], cost[c].losses);
    T_EQUAL(q.seen, 1); /* clean passes */
    struct made plain = make(&q.objective, graft_aggregator_find("sum"));
    T_OK(graft_direction_eval(&plain.direction, 0, theta));
    for (size_t k = 0; k < QUADRATIC_TASKS; k++) {
      const size_t head = 2 * QUADRATIC_D + k * QUADRATIC_H;
      const bool si = strcmp(cost[c].balancer, "si") == 0;
      if (si) T_NEAR(d.balance[k], 1 / d.loss[k], 1e-5 / d.loss[k]);
      for (size_t i = head; i < head + QUADRATIC_H; i++) {
        const double want = d.balance[k] / weights[k] * (double)plain.direction.gradient[i];
        T_NEAR(d.gradient[i], want, 20 * tolerance);
      }
    }
    graft_free(plain.memory);
    graft_free(memory);
    quadratic_fini(&q);
  }
}

static void one_task_is_plain(void) {
  quadratic q;
  graft_real theta[N_MAX];
  T_OK(quadratic_init(&q, 1));
  set_theta(theta, q.objective.n);
  struct made m = make(&q.objective, graft_aggregator_find("mean"));
  struct made r = make(&q.objective, &by_rows);
  T_OK(graft_direction_eval(&m.direction, 0, theta));
  T_OK(graft_direction_eval(&r.direction, 0, theta));
  T_EQUAL(m.direction.owned, 0);
  for (size_t i = 0; i < q.objective.n; i++) {
    T_NEAR(m.direction.gradient[i], r.direction.gradient[i], 20 * tolerance);
  }
  graft_free(m.memory);
  graft_free(r.memory);
  quadratic_fini(&q);
}

static void bad_losses_are_reported(void) {
  quadratic q;
  graft_real theta[N_MAX] = {0};
  T_OK(quadratic_init(&q, QUADRATIC_TASKS));
  q.poison = 4;
  struct made m = make(&q.objective, graft_aggregator_find("mean"));
  T_OK(graft_direction_eval(&m.direction, 3, theta));
  T_FAILS(graft_direction_eval(&m.direction, 4, theta), GRAFT_DIVERGED,
          "loss of task 'square' is nan in step 5");
  graft_free(m.memory);
  quadratic_fini(&q);
}

/* ---- ranks: two threads that meet at a barrier ---- */

enum { RANKS = 2, SHARED_MAX = 4096 };

static struct {
  pthread_barrier_t barrier;
  double slot[RANKS][SHARED_MAX];
} meeting;

static graft_status fake_reduce(void *ctx, double *value, size_t count, bool maximum) {
  const int rank = *(const int *)ctx;
  memcpy(meeting.slot[rank], value, count * sizeof *value);
  pthread_barrier_wait(&meeting.barrier);
  for (size_t i = 0; i < count; i++) {
    double a = meeting.slot[0][i], b = meeting.slot[1][i];
    value[i] = maximum ? (a > b ? a : b) : a + b;
  }
  pthread_barrier_wait(&meeting.barrier);
  return GRAFT_OK;
}

static graft_status fake_sum(void *ctx, double *value, size_t count) {
  return fake_reduce(ctx, value, count, false);
}

static graft_status fake_max(void *ctx, double *value, size_t count) {
  return fake_reduce(ctx, value, count, true);
}

static graft_status fake_sum_real(void *ctx, graft_real *value, size_t count) {
  double wide[SHARED_MAX];
  for (size_t i = 0; i < count; i++) wide[i] = (double)value[i];
  GRAFT_TRY(fake_reduce(ctx, wide, count, false));
  for (size_t i = 0; i < count; i++) value[i] = (graft_real)wide[i];
  return GRAFT_OK;
}

/* What a rank does and finds. */
struct rank {
  int rank;
  bool fails;
  const graft_aggregator_type *type;
  graft_real gradient[3][N_MAX];
  double loss[3][QUADRATIC_TASKS];
  graft_status status;
  char message[128];
};

static graft_status eval_fails(void *ctx, const graft_request *r, const graft_real *theta,
                               graft_reply *reply) {
  (void)ctx, (void)r, (void)theta, (void)reply;
  return graft_error_set(GRAFT_INPUT, __FILE__, __LINE__, "sample 3 is bad");
}

static void *run_rank(void *argument) {
  struct rank *me = argument;
  graft_comm comm = {.rank = me->rank,
                     .size = RANKS,
                     .ctx = &me->rank,
                     .sum = fake_sum,
                     .sum_real = fake_sum_real,
                     .max = fake_max};
  quadratic q;
  graft_objective_ranks ranks;
  graft_real theta[N_MAX];
  me->status = quadratic_init(&q, QUADRATIC_TASKS);
  q.rank = me->rank;
  q.size = RANKS;
  q.batch = 3;
  set_theta(theta, q.objective.n);
  if (me->fails) q.objective.eval = eval_fails;
  if (me->status == GRAFT_OK) me->status = graft_objective_ranks_init(&ranks, &q.objective, &comm);
  struct made m = make(&ranks.objective, me->type);
  for (uint64_t step = 0; step < 3 && me->status == GRAFT_OK; step++) {
    me->status = graft_direction_eval(&m.direction, step, theta);
    memcpy(me->gradient[step], m.direction.gradient, q.objective.n * sizeof(graft_real));
    memcpy(me->loss[step], m.direction.loss, sizeof me->loss[step]);
  }
  snprintf(me->message, sizeof me->message, "%s", graft_error_message());
  graft_free(m.memory);
  quadratic_fini(&q);
  return NULL;
}

static void run_ranks(struct rank rank[RANKS]) {
  pthread_t thread;
  T_CHECK(pthread_barrier_init(&meeting.barrier, NULL, RANKS) == 0);
  T_CHECK(pthread_create(&thread, NULL, run_rank, &rank[1]) == 0);
  run_rank(&rank[0]);
  pthread_join(thread, NULL);
  pthread_barrier_destroy(&meeting.barrier);
}

static void ranks_equal_serial(void) {
  const graft_aggregator_type *const types[] = {graft_aggregator_find("mean"), &by_gramian};
  for (size_t a = 0; a < 2; a++) {
    struct rank rank[RANKS] = {{.rank = 0, .type = types[a]}, {.rank = 1, .type = types[a]}};
    graft_real theta[N_MAX];
    quadratic q;
    run_ranks(rank);
    T_OK(quadratic_init(&q, QUADRATIC_TASKS));
    q.batch = 3; /* 3, 4, 5 samples: uneven parts */
    set_theta(theta, q.objective.n);
    struct made m = make(&q.objective, types[a]);
    for (uint64_t step = 0; step < 3; step++) {
      T_OK(graft_direction_eval(&m.direction, step, theta));
      for (int r = 0; r < RANKS; r++) {
        T_CHECK(rank[r].status == GRAFT_OK);
        for (size_t i = 0; i < q.objective.n; i++) {
          T_NEAR(rank[r].gradient[step][i], m.direction.gradient[i], 20 * tolerance);
          T_CHECK(rank[r].gradient[step][i] == rank[0].gradient[step][i]);
        }
        for (size_t k = 0; k < q.tasks; k++) {
          T_NEAR(rank[r].loss[step][k], m.direction.loss[k], 1e-12);
        }
      }
    }
    graft_free(m.memory);
    quadratic_fini(&q);
  }
}

static void a_failing_rank_stops_all(void) {
  const graft_aggregator_type *mean = graft_aggregator_find("mean");
  struct rank rank[RANKS] = {{.rank = 0, .type = mean}, {.rank = 1, .type = mean, .fails = true}};
  run_ranks(rank);
  T_CHECK(rank[0].status == GRAFT_INPUT && rank[1].status == GRAFT_INPUT);
  T_CHECK(strcmp(rank[0].message, "sample 3 is bad") == 0);
}

int main(void) {
  T_RUN(sum_equals_rows);
  T_RUN(sum_matches_differences);
  T_RUN(private_blocks_get_their_own);
  T_RUN(coordinate_rules_refuse_tables);
  T_RUN(balancers_scale_losses);
  T_RUN(one_task_is_plain);
  T_RUN(bad_losses_are_reported);
  T_RUN(ranks_equal_serial);
  T_RUN(a_failing_rank_stops_all);
  return graft_test_done();
}
