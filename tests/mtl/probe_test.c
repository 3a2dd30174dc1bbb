/* SPDX-License-Identifier: BSD-2-Clause */
/* The probe on quadratics, and its columns in the log. */
#include "mtl/probe.h"

#include "base/arena.h"
#include "base/sink.h"
#include "mtl/trainer.h"
#include "mtl/vector.h"
#include "tests/graft_test.h"
#include "tests/mtl/objective_test.h"

#ifdef GRAFT_DOUBLE
static const double tolerance = 1e-11;
#else
static const double tolerance = 1e-4;
#endif

enum { N_MAX = 32, K = QUADRATIC_TASKS, SHARED = 2 * QUADRATIC_D };

/* Mean gradient [n] and mean loss of a task, by single samples. */
static double gradient_of(quadratic *q, size_t k, uint64_t step, const graft_real *theta,
                          graft_real *g) {
  const graft_request request = {.step = step, .tasks = 7};
  const int samples = quadratic_present(q, &request, k);
  double loss = 0;
  memset(g, 0, N_MAX * sizeof *g);
  for (int j = 0; j < samples; j++) {
    loss += quadratic_sample_loss(q, k, quadratic_sample(q, &request, j), theta, 1.0 / samples, g);
  }
  return loss / samples;
}

static void numbers_are_those_of_the_gradients(void) {
  quadratic q;
  graft_direction direction;
  graft_probe probe;
  graft_real theta[N_MAX], g[K][N_MAX], point[N_MAX];
  static _Alignas(64) unsigned char memory[1 << 20];
  graft_aggregator_settings config;
  const graft_direction_rule rule = {.aggregator = graft_aggregator_find("mean"),
                                     .aggregator_config = &config};
  graft_arena arena;
  double loss[K], against = 0;
  T_OK(graft_aggregator_settings_default(&config));
  T_OK(quadratic_init(&q, K));
  const size_t n = q.objective.n;
  graft_arena_init(&arena, memory, sizeof memory);
  T_OK(graft_direction_init(&direction, &q.objective, &rule, NULL, &arena));
  T_OK(graft_probe_init(&probe, &direction, 0.3, &arena));
  for (size_t i = 0; i < n; i++) theta[i] = (graft_real)(2 * sin(1 + 2.3 * (double)i));
  T_OK(graft_probe_eval(&probe, 4, theta));
  T_EQUAL(q.seen, 0); /* no clean pass */
  for (size_t k = 0; k < K; k++) {
    loss[k] = gradient_of(&q, k, 4, theta, g[k]);
    T_NEAR(probe.norm[k], graft_vector_norm(g[k], SHARED), tolerance * (1 + probe.norm[k]));
    const double length = graft_vector_norm(g[k], n);
    graft_real unused[N_MAX];
    for (size_t i = 0; i < n; i++) {
      point[i] = (graft_real)((double)theta[i] + 0.3 * (double)g[k][i] / length);
    }
    T_NEAR(probe.sharpness[k], gradient_of(&q, k, 4, point, unused) - loss[k],
           tolerance * (1 + loss[k]));
    T_CHECK(probe.sharpness[k] > 0);
  }
  for (size_t i = 0, pair = 0; i < K; i++) {
    for (size_t j = i + 1; j < K; j++, pair++) {
      const double size = probe.norm[i] * probe.norm[j];
      T_NEAR(probe.cosine[pair], graft_vector_dot(g[i], g[j], SHARED) / size, tolerance);
      against += probe.cosine[pair] < 0;
    }
  }
  T_NEAR(probe.conflicts, against / 3, 1e-15);
  q.absent = 1; /* no sample of the second task: two of the three pairs are gone */
  T_OK(graft_probe_eval(&probe, 2, theta));
  T_CHECK(isnan(probe.norm[1]) && isnan(probe.sharpness[1]) && isnan(probe.cosine[0]));
  T_CHECK(isfinite(probe.cosine[1]) && isnan(probe.cosine[2]));
  T_CHECK(probe.conflicts == 0 || probe.conflicts == 1);
  quadratic_fini(&q);
}

enum { COLUMNS = 40, ROWS = 8 };

/* A log in memory. */
struct log {
  size_t rows, columns;
  char name[COLUMNS][160];
  double value[ROWS][COLUMNS];
};

static graft_status keep_row(void *ctx, const char *const *name, const double *value,
                             size_t columns) {
  struct log *log = ctx;
  if (!T_CHECK(columns <= COLUMNS && log->rows < ROWS)) return GRAFT_OK;
  log->columns = columns;
  for (size_t c = 0; c < columns; c++) {
    snprintf(log->name[c], sizeof log->name[c], "%s", name[c]);
    log->value[log->rows][c] = value[c];
  }
  log->rows++;
  return GRAFT_OK;
}

static double clock_of(void *ctx) { return *(double *)ctx += 0.5; }

static void train(bool diagnostics, size_t tasks, struct log *left, graft_real *theta) {
  quadratic q;
  graft_trainer *t;
  graft_trainer_config c;
  double now = 0;
  const graft_sink sink = {.ctx = left, .row = keep_row};
  const graft_trainer_hooks hooks = {.ctx = &now, .work = clock_of};
  T_OK(graft_trainer_config_default(&c));
  c.diagnostics = diagnostics;
  c.epochs = 3;
  snprintf(c.sam.sam, sizeof c.sam.sam, "fsmtl");
  T_OK(quadratic_init(&q, tasks));
  for (size_t i = 0; i < N_MAX; i++) theta[i] = (graft_real)cos((double)i);
  T_OK(graft_trainer_create(&q.objective, &c, theta, &sink, &t));
  T_OK(graft_trainer_run(t, &hooks));
  graft_trainer_destroy(t);
  quadratic_fini(&q);
}

static double value_of(const struct log *log, size_t row, const char *column) {
  for (size_t c = 0; c < log->columns; c++) {
    if (strcmp(log->name[c], column) == 0) return log->value[row][c];
  }
  T_CHECK(false);
  return NAN;
}

/* Looking does not change the training; every row has its numbers. */
static void rows_of_the_log_have_them(void) {
  static const char *const column[] = {"norm_square",          "weight_disc",
                                       "sharpness_triangle",   "cosine_square_disc",
                                       "cosine_disc_triangle", "conflicts"};
  static struct log with, without, alone;
  graft_real theta[2][N_MAX];
  train(true, K, &with, theta[0]);
  train(false, K, &without, theta[1]);
  T_CHECK(memcmp(theta[0], theta[1], sizeof theta[0]) == 0);
  T_EQUAL(with.columns, without.columns + 3 * K + 3 + 2);
  T_EQUAL(with.rows, 3);
  for (size_t row = 0; row < with.rows; row++) {
    for (size_t i = 0; i < sizeof column / sizeof *column; i++) {
      T_CHECK(isfinite(value_of(&with, row, column[i])));
    }
    T_NEAR(value_of(&with, row, "weight_square"), 1.0 / 3, 1e-15);
    T_NEAR(value_of(&with, row, "cost"), 1, 1e-12); /* of this clock */
  }
  train(true, 1, &alone, theta[0]);
  T_EQUAL(alone.columns, 6 + 2 + 3 + 2);
  T_CHECK(isnan(value_of(&alone, 0, "conflicts")));
}

int main(void) {
  T_RUN(numbers_are_those_of_the_gradients);
  T_RUN(rows_of_the_log_have_them);
  return graft_test_done();
}
