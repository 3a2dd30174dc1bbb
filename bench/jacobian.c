/* SPDX-License-Identifier: BSD-2-Clause */
/* Cost of the Jacobian and of task-based flat regions in units of a plain step: the network of
 * preset paper on random data, three tasks that own their samples, batch 99, 100 x 100 points.
 * Usage: jacobian [rounds] [threads] [side] [option value]…   (options of the model, e.g. branch)
 * The measured things take turns, so that what else the machine does hits all of them alike. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/rng.h"
#include "deeponet/model.h"
#include "mtl/trainer.h"

enum { K = 3, PER_TASK = 50 /* 33 for training */, BATCH = 99, ROUNDS = 1000 };

/* Time by the wall, and of all threads together: less touched by what else the machine does. */
enum { WALL, CPU, CLOCKS };
static const clockid_t clock_id[CLOCKS] = {CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID};

/* What is measured. */
enum { PLAIN, SUM, ROWS, PERTURBED, SAM, FSMTL, KINDS };
static const char *const kind_name[KINDS] = {"plain_step", "sum",      "rows",
                                             "own_rows",   "sam_step", "fsmtl_step"};
static const char *const trainer_sam[KINDS] = {"none", NULL, NULL, NULL, "sam", "fsmtl"};

struct bench {
  size_t points;
  graft_source source;
  float *u, *log_k;
  const float *data[2]; /* them, as the source wants it */
  graft_deeponet *model;
  graft_objective objective;
  graft_trainer *trainer[KINDS]; /* of steps; all on the same parameters */
  graft_real *sum, *rows;
  const graft_real *row_theta[K];
  double seconds[CLOCKS][KINDS][ROUNDS];
};

static double read_clock(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static graft_status make_source(struct bench *b, size_t side) {
  static const char *const name[K] = {"square", "disc", "triangle"};
  static const char *const field[] = {"u", "log_k", NULL};
  const size_t grid[2] = {side, side}, P = side * side, all = (size_t)K * PER_TASK;
  graft_source_info info = {0};
  graft_rng rng;
  b->points = P;
  graft_rng_init(&rng, 1, GRAFT_STREAM_TEST, 0);
  GRAFT_TRY(graft_source_info_init(&info, all, K, K, 1, 2, grid));
  GRAFT_TRY(graft_source_info_inputs(&info, 1, &(graft_source_input){"log_k", 3}));
  GRAFT_TRY(graft_alloc(&b->u, all * P, sizeof *b->u));
  GRAFT_TRY(graft_alloc(&b->log_k, all * P, sizeof *b->log_k));
  info.hi[0] = info.hi[1] = 1;
  snprintf(info.problem, sizeof info.problem, "darcy");
  for (size_t k = 0; k < K; k++) {
    snprintf(info.task_name[k], sizeof info.task_name[k], "%s", name[k]);
    snprintf(info.geometry[k].name, sizeof info.geometry[k].name, "%s", name[k]);
    for (size_t p = 0; p < P; p++) {
      info.geometry[k].mask[p] = graft_rng_uniform(&rng) > 0.3;
      info.geometry[k].sdf[p] = info.geometry[k].mask[p] ? -1 : 1;
      info.geometry[k].torsion[p] = info.geometry[k].mask[p];
    }
  }
  for (size_t s = 0; s < all; s++) {
    info.task[s] = info.sample_geometry[s] = (int32_t)(s / PER_TASK);
    info.index[s] = (int64_t)(s % PER_TASK);
  }
  for (size_t i = 0; i < all * P; i++) {
    b->u[i] = (float)graft_rng_uniform(&rng);
    b->log_k[i] = (float)graft_rng_normal(&rng);
  }
  graft_source_split_default(&info, PER_TASK, &info.split[0]);
  b->data[0] = b->u;
  b->data[1] = b->log_k;
  return graft_source_memory(&b->source, info, field, b->data);
}

static graft_status make_model(struct bench *b, int threads, int settings, char **setting) {
  graft_deeponet_config config;
  char text[32];
  GRAFT_TRY(graft_option_defaults(graft_deeponet_options, &config));
  GRAFT_TRY(
      graft_preset_apply(graft_preset_find("darcy", "paper"), graft_deeponet_options, &config));
  config.batch = BATCH;
  config.points = 0;
  for (int i = 0; i + 1 < settings; i += 2) {
    const graft_option *row = graft_option_find(graft_deeponet_options, setting[i]);
    GRAFT_CHECK(row, USAGE, "no option of the model is named '%s'", setting[i]);
    GRAFT_TRY(graft_option_set(row, &config, setting[i], setting[i + 1]));
  }
  snprintf(text, sizeof text, "%d", threads);
  GRAFT_TRY(graft_option_set(graft_option_find(graft_deeponet_options, "threads"), &config,
                             "threads", text));
  GRAFT_TRY(graft_deeponet_create(&config, &b->source, "default", &b->model));
  return graft_deeponet_objective(b->model, &b->objective);
}

static graft_status make_trainers(struct bench *b) {
  graft_trainer_config config;
  const size_t n = b->objective.n;
  GRAFT_TRY(graft_trainer_config_default(&config));
  snprintf(config.optimizer, sizeof config.optimizer, "adam");
  for (size_t i = 0; i < KINDS; i++) {
    if (!trainer_sam[i]) continue;
    snprintf(config.sam.sam, sizeof config.sam.sam, "%s", trainer_sam[i]);
    GRAFT_TRY(graft_trainer_create(&b->objective, &config, graft_deeponet_parameters(b->model),
                                   NULL, &b->trainer[i]));
  }
  GRAFT_TRY(graft_alloc(&b->sum, n, sizeof *b->sum));
  return graft_alloc(&b->rows, K * n, sizeof *b->rows);
}

static graft_status run(struct bench *b, size_t kind, size_t round) {
  static const double weight[K] = {1, 1, 1};
  const graft_objective *f = &b->objective;
  double loss[K], count[K];
  graft_reply reply = {loss, count, b->sum, b->rows};
  graft_request request = {.step = round, .tasks = 7, .weight = weight};
  if (b->trainer[kind]) return graft_trainer_step(b->trainer[kind]);
  request.want = kind == SUM ? GRAFT_WANT_SUM : GRAFT_WANT_ROWS;
  if (kind == PERTURBED) {
    for (size_t k = 0; k < K; k++) b->row_theta[k] = graft_deeponet_parameters(b->model);
    request.row_theta = b->row_theta;
  }
  return f->eval(f->ctx, &request, graft_deeponet_parameters(b->model), &reply);
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Median of the rounds' seconds, or of their ratios to another kind's. */
static double median(const double *seconds, const double *unit, size_t rounds) {
  double value[ROUNDS];
  for (size_t r = 0; r < rounds; r++) value[r] = seconds[r] / (unit ? unit[r] : 1);
  qsort(value, rounds, sizeof *value, by_value);
  return value[rounds / 2];
}

static graft_status measure(struct bench *b, size_t rounds) {
  for (size_t r = 0; r < rounds + 1; r++) { /* the first round warms up */
    for (size_t kind = 0; kind < KINDS; kind++) {
      double start[CLOCKS];
      for (size_t c = 0; c < CLOCKS; c++) start[c] = read_clock(clock_id[c]);
      GRAFT_TRY(run(b, kind, r));
      for (size_t c = 0; c < CLOCKS && r; c++) {
        b->seconds[c][kind][r - 1] = read_clock(clock_id[c]) - start[c];
      }
    }
  }
  for (size_t kind = 0; kind < KINDS; kind++) {
    const size_t unit = kind >= SUM && kind <= PERTURBED ? SUM : PLAIN;
    const double *wall = b->seconds[WALL][kind], *cpu = b->seconds[CPU][kind];
    printf("%-11s %8.4f s, %5.2f x %-10s  processors %8.4f s, %5.2f x\n", kind_name[kind],
           median(wall, NULL, rounds), median(wall, b->seconds[WALL][unit], rounds),
           kind_name[unit], median(cpu, NULL, rounds), median(cpu, b->seconds[CPU][unit], rounds));
  }
  return GRAFT_OK;
}

int main(int argc, char **argv) {
  static struct bench b;
  long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 5;
  long threads = argc > 2 ? strtol(argv[2], NULL, 10) : 2;
  long side = argc > 3 ? strtol(argv[3], NULL, 10) : 100;
  graft_status status;
  if (rounds < 1 || rounds > ROUNDS || threads < 1 || side < 16 || (argc > 4 && argc % 2 == 1)) {
    fprintf(stderr, "usage: jacobian [rounds] [threads] [side] [option value]...\n");
    return 2;
  }
  GRAFT_TRY_TO(done, make_source(&b, (size_t)side));
  GRAFT_TRY_TO(done, make_model(&b, (int)threads, argc - 4, argv + 4));
  GRAFT_TRY_TO(done, make_trainers(&b));
  printf("%zu parameters, %d tasks, batch %d, %zu points, %ld threads\n", b.objective.n, K, BATCH,
         b.points, threads);
  status = measure(&b, (size_t)rounds);
done:
  if (status != GRAFT_OK) fprintf(stderr, "jacobian: %s\n", graft_error_message());
  for (size_t i = 0; i < KINDS; i++) graft_trainer_destroy(b.trainer[i]);
  graft_deeponet_destroy(b.model);
  graft_source_fini(&b.source);
  graft_free(b.u);
  graft_free(b.log_k);
  graft_free(b.sum);
  graft_free(b.rows);
  return graft_status_exit_code(status);
}
