/* SPDX-License-Identifier: BSD-2-Clause */
/* What every optimiser, schedule and aggregator must do, and every pair of them inside the trainer.
 */
#include <omp.h>

#include "mtl/aggregator.h"
#include "mtl/optimizer.h"
#include "mtl/schedule.h"
#include "mtl/trainer.h"
#include "mtl/vector.h"
#include "tests/graft_test.h"
#include "tests/mtl/count_alloc.h"
#include "tests/mtl/objective_test.h"

enum { N_MAX = 32, LARGE = 200003, PADDED = 200016 /* rows start at multiples of 64 bytes */ };

static void check_text(const char *name, const char *summary, const char *source,
                       const char *const *options) {
  T_CHECK(name && strlen(name) > 0 && strlen(name) < GRAFT_NAME_SIZE);
  for (const char *c = name; *c; c++) T_CHECK((*c >= 'a' && *c <= 'z') || *c == '_');
  T_CHECK(summary && strlen(summary) > 10 && strlen(summary) < 80 && !strchr(summary, '\n'));
  T_CHECK(source && strlen(source) > 4);
  T_CHECK(options != NULL);
  for (size_t i = 0; options[i]; i++) {
    T_CHECK(graft_option_find(graft_trainer_options, options[i]) != NULL);
  }
}

static void option_rows_have_defaults(void) {
  graft_trainer_config c;
  T_OK(graft_trainer_config_default(&c));
  T_OK(graft_trainer_config_validate(&c, 3));
  for (const graft_option *row = graft_trainer_options; row->name; row++) {
    T_CHECK(row->help && strlen(row->help) < 64);
    for (const graft_option *other = graft_trainer_options; other != row; other++) {
      T_CHECK(strcmp(row->name, other->name) != 0);
    }
  }
}

static graft_real large[24][PADDED] __attribute__((aligned(64)));

/* Sums in double, the same bits for any number of threads. */
static void vector_sums_are_exact_and_repeatable(void) {
  double dot[3], want = 0;
  for (size_t i = 0; i < LARGE; i++) {
    large[0][i] = (graft_real)(1e-3 + sin((double)i));
    large[1][i] = (graft_real)(1e3 * cos(0.1 * (double)i));
    want += (double)large[0][i] * (double)large[1][i];
  }
  for (int threads = 1; threads <= 3; threads++) {
    omp_set_num_threads(threads);
    dot[threads - 1] = graft_vector_dot(large[0], large[1], LARGE);
  }
  T_NEAR(dot[0], want, 1e-13 * 1e3 * LARGE);
  T_CHECK(dot[0] == dot[1] && dot[0] == dot[2]);
  large[0][LARGE / 2] = (graft_real)NAN;
  T_CHECK(!isfinite(graft_vector_norm(large[0], LARGE)));
  large[0][LARGE / 2] = (graft_real)1e30; /* its square is beyond float */
  T_NEAR(graft_vector_norm(large[0], LARGE), 1e30, 1e24);
}

/* ---- optimisers ---- */

/* Three steps on a long vector with `threads` threads; theta in large[0], state in large[2 …]. */
static void run_large(const graft_optimizer_type *type, const graft_layout *layout, int threads) {
  graft_optimizer_config c = {
      .weight_decay = 0.01, .momentum = 0.9, .beta1 = 0.9, .beta2 = 0.99, .epsilon = 1e-8};
  graft_arena arena;
  graft_optimizer o;
  graft_arena_init(&arena, large[3], 21 * sizeof large[0]);
  T_OK(graft_optimizer_init(&o, type, &c, layout, &arena));
  omp_set_num_threads(threads);
  for (size_t i = 0; i < LARGE; i++) {
    large[0][i] = (graft_real)sin((double)i);
    large[1][i] = (graft_real)cos(0.7 * (double)i);
  }
  const long before = allocations;
  for (int s = 0; s < 3; s++) graft_optimizer_step(&o, 0.01, large[1], 0.5, large[0]);
  T_EQUAL(allocations - before, 0);
}

static void optimizer_contract(const graft_optimizer_type *type) {
  graft_layout layout;
  const size_t part = LARGE / 3;
  check_text(type->name, type->summary, type->source, type->options);
  T_CHECK(graft_optimizer_find(type->name) == type);
  T_CHECK(type->vectors <= GRAFT_OPTIMIZER_VECTORS);
  for (size_t v = 0; v < type->vectors; v++) T_CHECK(type->vector_name[v] != NULL);
  graft_layout_init(&layout);
  T_OK(graft_layout_add(&layout, "a", GRAFT_SHAPE(1, part), 1, 1, NULL));
  T_OK(graft_layout_add(&layout, "b", GRAFT_SHAPE(1, part), 1, 1, NULL));
  T_OK(graft_layout_add(&layout, "c", GRAFT_SHAPE(1, LARGE - 2 * part), 1, 0, NULL));
  layout.block[1].frozen = 1;
  run_large(type, &layout, 1);
  memcpy(large[2], large[0], sizeof large[0]);
  run_large(type, &layout, 2);
  T_CHECK(memcmp(large[2], large[0], sizeof large[0]) == 0); /* bitwise for any threads */
  run_large(type, &layout, 2);
  T_CHECK(memcmp(large[2], large[0], sizeof large[0]) == 0); /* and repeatable */
  size_t same = 0, moved = 0;
  for (size_t i = 0; i < LARGE; i++) {
    const bool frozen = i >= part && i < 2 * part;
    same += frozen && large[0][i] == (graft_real)sin((double)i);
    moved += !frozen && large[0][i] != (graft_real)sin((double)i);
  }
  T_EQUAL(same, part);
  T_CHECK(moved > LARGE - part - 100);
  graft_layout_fini(&layout);
}

/* ---- schedules ---- */

static void schedule_contract(const graft_schedule_type *type) {
  check_text(type->name, type->summary, type->source, type->options);
  T_CHECK(graft_schedule_find(type->name) == type);
  const uint64_t lengths[] = {1, 2, 7, 1000}, warmups[] = {0, 1, 5, 2000};
  for (size_t l = 0; l < 4; l++) {
    for (size_t w = 0; w < 4; w++) {
      graft_schedule s = {.type = type,
                          .lr = 0.3,
                          .steps = lengths[l],
                          .warmup = warmups[w],
                          .factor = 0.9,
                          .period = 3};
      T_OK(graft_schedule_validate(&s));
      for (uint64_t step = 0; step < 1100; step++) {
        double rate = graft_schedule_rate(&s, step);
        T_CHECK(rate >= 0 && rate <= 0.3 * (1 + 1e-15));
        T_CHECK(rate == graft_schedule_rate(&s, step));
      }
    }
  }
}

/* ---- inside the trainer: resume bitwise, no allocation in a step ---- */

static void make_config(graft_trainer_config *c, const char *optimizer, const char *schedule,
                        const char *aggregator, const char *balancer) {
  T_OK(graft_trainer_config_default(c));
  snprintf(c->balancer, sizeof c->balancer, "%s", balancer);
  snprintf(c->optimizer, sizeof c->optimizer, "%s", optimizer);
  snprintf(c->schedule, sizeof c->schedule, "%s", schedule);
  snprintf(c->aggregator, sizeof c->aggregator, "%s", aggregator);
  c->epochs = 10;
  c->lr = 0.01;
  c->warmup = 7;
  c->lr_period = 4;
  c->ema = 0.9;
  c->clip = 5;
}

/* What a run leaves: everything in its checkpoint, and its log. */
struct left {
  graft_sink_memory memory;
  graft_bundle state;
};

static bool stop_after_14(void *ctx) { return ++*(int *)ctx == 14; }

static void train(const graft_trainer_config *c, const graft_bundle *from, bool stop,
                  struct left *left) {
  quadratic q;
  graft_trainer *t;
  graft_real theta[N_MAX];
  int steps = 0;
  graft_trainer_hooks hooks = {.ctx = &steps, .stop = stop ? stop_after_14 : NULL};
  T_OK(quadratic_init(&q, QUADRATIC_TASKS));
  q.absent = 1;
  for (size_t i = 0; i < N_MAX; i++) theta[i] = from ? -1 : (graft_real)cos((double)i);
  graft_sink sink = graft_sink_to_memory(&left->memory);
  T_OK(graft_trainer_create(&q.objective, c, theta, &sink, &t));
  if (from) T_OK(graft_trainer_get(t, from));
  const graft_status want = stop ? GRAFT_INTERRUPTED : GRAFT_OK;
  T_CHECK(graft_trainer_run(t, &hooks) == want);
  graft_bundle_init(&left->state);
  T_OK(graft_trainer_put(t, &left->state));
  graft_trainer_destroy(t);
  quadratic_fini(&q);
}

static void resume_is_bitwise(const graft_trainer_config *c) {
  struct left whole = {0}, part = {0}, rest = {0};
  train(c, NULL, false, &whole);
  train(c, NULL, true, &part); /* stopped in the middle of epoch 5 */
  train(c, &part.memory.checkpoint, false, &rest);
  T_EQUAL(whole.state.arrays, rest.state.arrays);
  for (size_t i = 0; i < whole.state.arrays; i++) {
    const graft_array *a = &whole.state.array[i];
    const graft_array *b = graft_bundle_find(&rest.state, a->name);
    const size_t bytes = graft_shape_count(a->shape) * graft_type_size(a->type);
    if (!T_CHECK(b && memcmp(a->data, b->data, bytes) == 0)) printf("# array %s\n", a->name);
  }
  T_EQUAL(part.memory.rows + rest.memory.rows, whole.memory.rows); /* the log goes on as well */
  const size_t done = part.memory.rows * part.memory.columns;
  T_CHECK(memcmp(whole.memory.value + done, rest.memory.value,
                 rest.memory.rows * rest.memory.columns * sizeof(double)) == 0);
  struct left *const all[] = {&whole, &part, &rest};
  for (size_t i = 0; i < 3; i++) {
    graft_sink_memory_fini(&all[i]->memory);
    graft_bundle_fini(&all[i]->state);
  }
}

static void steps_do_not_allocate(const graft_trainer_config *c) {
  quadratic q;
  graft_trainer *t;
  graft_real theta[N_MAX] = {0};
  T_OK(quadratic_init(&q, QUADRATIC_TASKS));
  q.layout.block[1].frozen = 1;
  T_OK(graft_trainer_create(&q.objective, c, theta, NULL, &t));
  const long before = allocations;
  for (int i = 0; i < 20; i++) T_OK(graft_trainer_step(t));
  T_OK(graft_trainer_validate(t));
  T_EQUAL(allocations - before, 0);
  for (size_t i = 0; i < QUADRATIC_D; i++) T_EQUAL(theta[QUADRATIC_D + i], 0); /* frozen */
  T_CHECK(theta[0] != 0);
  graft_trainer_destroy(t);
  quadratic_fini(&q);
}

static void in_trainer(const char *optimizer, const char *schedule, const char *aggregator,
                       const char *balancer) {
  graft_trainer_config c;
  make_config(&c, optimizer, schedule, aggregator, balancer);
  resume_is_bitwise(&c);
  steps_do_not_allocate(&c);
}

static void sam_in_trainer(const char *sam, const char *aggregator) {
  graft_trainer_config c;
  make_config(&c, "adamw", "cosine", aggregator, "equal");
  snprintf(c.sam.sam, sizeof c.sam.sam, "%s", sam);
  resume_is_bitwise(&c);
  steps_do_not_allocate(&c);
}

/* Every allocation of create and put fails once: a status, and nothing is lost (leak checker). */
static void failed_allocations_are_reported(void) {
  quadratic q;
  graft_trainer_config c;
  graft_real theta[N_MAX] = {0};
  long failures = 0;
  make_config(&c, "adamw", "cosine", "mean", "equal");
  T_OK(quadratic_init(&q, QUADRATIC_TASKS));
  for (bool done = false; !done && failures < 1000;) {
    graft_trainer *t = NULL;
    graft_bundle bundle;
    graft_bundle_init(&bundle);
    allocation_to_fail = allocations + failures;
    graft_status status = graft_trainer_create(&q.objective, &c, theta, NULL, &t);
    if (status == GRAFT_OK) status = graft_trainer_put(t, &bundle);
    allocation_to_fail = -1;
    done = status == GRAFT_OK;
    if (!done) T_CHECK(status == GRAFT_MEMORY);
    failures += !done;
    graft_bundle_fini(&bundle);
    graft_trainer_destroy(t);
  }
  printf("# %ld allocations failed\n", failures);
  T_CHECK(failures > 50 && failures < 1000);
  quadratic_fini(&q);
}

static void counter_counts(void) {
  void *memory;
  const long before = allocations;
  T_OK(graft_alloc(&memory, 10, 1));
  T_EQUAL(allocations - before, 1);
  graft_free(memory);
}

int main(void) {
  char name[256];
  T_RUN(counter_counts);
  T_RUN(option_rows_have_defaults);
  T_RUN(vector_sums_are_exact_and_repeatable);
  T_RUN(failed_allocations_are_reported);
  for (size_t i = 0; graft_optimizer_types(i); i++) {
    snprintf(name, sizeof name, "optimizer/%s", graft_optimizer_choices(i));
    T_RUN_NAMED(name, optimizer_contract(graft_optimizer_types(i)));
  }
  for (size_t i = 0; graft_schedule_types(i); i++) {
    snprintf(name, sizeof name, "schedule/%s", graft_schedule_choices(i));
    T_RUN_NAMED(name, schedule_contract(graft_schedule_types(i)));
  }
  for (size_t o = 0; graft_optimizer_types(o); o++) {
    for (size_t i = 0; graft_schedule_types(i); i++) {
      const char *optimizer = graft_optimizer_choices(o), *schedule = graft_schedule_choices(i);
      snprintf(name, sizeof name, "trainer/%s/%s", optimizer, schedule);
      T_RUN_NAMED(name, in_trainer(optimizer, schedule, "sum", "equal"));
    }
  }
  for (size_t s = 0; graft_sam_types(s); s++) {
    for (size_t a = 0; graft_aggregator_types(a); a++) {
      snprintf(name, sizeof name, "trainer/%s/%s", graft_sam_choices(s),
               graft_aggregator_choices(a));
      T_RUN_NAMED(name, sam_in_trainer(graft_sam_choices(s), graft_aggregator_choices(a)));
    }
  }
  for (size_t a = 0; graft_aggregator_types(a); a++) {
    snprintf(name, sizeof name, "trainer/%s", graft_aggregator_choices(a));
    T_RUN_NAMED(name, in_trainer("adamw", "cosine", graft_aggregator_choices(a), "equal"));
  }
  for (size_t b = 0; graft_balancer_types(b); b++) {
    snprintf(name, sizeof name, "trainer/mean/%s", graft_balancer_choices(b));
    T_RUN_NAMED(name, in_trainer("adamw", "cosine", "mean", graft_balancer_choices(b)));
    snprintf(name, sizeof name, "trainer/upgrad/%s", graft_balancer_choices(b));
    T_RUN_NAMED(name, in_trainer("sgd", "plateau", "upgrad", graft_balancer_choices(b)));
  }
  return graft_test_done();
}
