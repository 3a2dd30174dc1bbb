/* SPDX-License-Identifier: BSD-2-Clause */
/* Cost of the Jacobian, of aggregators and of task-based flat regions in units of a plain step: the
 * network of a preset on random data, three tasks that own their samples.
 * Usage: jacobian [darcy|fisher] [rounds] [threads] [preset] [option value]…   (of the model)
 * Darcy: batch 99, 100 x 100 points; Fisher: batch 201, 20 x 64 points; or those of preset demo.
 * The measured things take turns, so that what else the machine does hits all of them alike. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/rng.h"
#include "deeponet/model.h"
#include "mtl/trainer.h"

enum { K = 3, ROUNDS = 1000 };

/* Time by the wall, and of all threads together: less touched by what else the machine does. */
enum { WALL, CPU, CLOCKS };
static const clockid_t clock_id[CLOCKS] = {CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID};

/* What is measured. */
enum { PLAIN, SUM, ROWS, PERTURBED, PCGRAD, UPGRAD, SAM, FSMTL, FSMTL_UPGRAD, KINDS };
static const struct {
  const char *name, *sam, *aggregator; /* of steps; NULL: an evaluation */
} kinds[KINDS] = {{"plain_step", "none", "mean"},
                  {"sum", NULL, NULL},
                  {"rows", NULL, NULL},
                  {"own_rows", NULL, NULL},
                  {"pcgrad_step", "none", "pcgrad"},
                  {"upgrad_step", "none", "upgrad"},
                  {"sam_step", "sam", "mean"},
                  {"fsmtl_step", "fsmtl", "mean"},
                  {"fsmtl_upgrad", "fsmtl", "upgrad"}};

struct bench {
  bool fisher, demo;
  size_t points;
  size_t per_task; /* samples, 2/3 of them for training: together one batch */
  graft_source source;
  float *u, *input;
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

/* Names and geometries: shapes on a square, or laws on one strip of time and space. */
static void describe(struct bench *b, graft_source_info *info) {
  static const char *const shape[K] = {"square", "disc", "triangle"};
  static const char *const law[K] = {"kpp", "nws", "zfk"};
  graft_rng rng;
  graft_rng_init(&rng, 1, GRAFT_STREAM_TEST, 1);
  info->hi[0] = info->hi[1] = 1;
  info->in_time = b->fisher;
  snprintf(info->problem, sizeof info->problem, "%s", b->fisher ? "fisher" : "darcy");
  for (size_t k = 0; k < K; k++) {
    snprintf(info->task_name[k], sizeof info->task_name[k], "%s", b->fisher ? law[k] : shape[k]);
  }
  for (size_t g = 0; g < info->geometries; g++) {
    snprintf(info->geometry[g].name, sizeof info->geometry[g].name, "%s", shape[g]);
    for (size_t p = 0; p < b->points; p++) {
      const bool inside = b->fisher || graft_rng_uniform(&rng) > 0.3;
      info->geometry[g].mask[p] = inside;
      info->geometry[g].sdf[p] = inside ? -1 : 1;
      info->geometry[g].torsion[p] = inside;
    }
  }
}

static graft_status make_source(struct bench *b, size_t rows, size_t columns) {
  static const char *const field[2][3] = {{"u", "log_k", NULL}, {"u", "u0", NULL}};
  const size_t grid[2] = {rows, columns}, P = rows * columns, all = K * b->per_task;
  const graft_source_input input = {.axes = b->fisher ? 2 : 3};
  graft_source_input inputs[1] = {input};
  graft_source_info info = {0};
  graft_rng rng;
  b->points = P;
  graft_rng_init(&rng, 1, GRAFT_STREAM_TEST, 0);
  GRAFT_TRY(graft_source_info_init(&info, all, K, b->fisher ? 1 : K, 1, 2, grid));
  snprintf(inputs[0].name, sizeof inputs[0].name, "%s", field[b->fisher][1]);
  GRAFT_TRY(graft_source_info_inputs(&info, 1, inputs));
  if (b->fisher) GRAFT_TRY(graft_source_info_codes(&info, 4));
  GRAFT_TRY(graft_alloc(&b->u, all * P, sizeof *b->u));
  GRAFT_TRY(graft_alloc(&b->input, all * P, sizeof *b->input));
  describe(b, &info);
  for (size_t s = 0; s < all; s++) {
    info.task[s] = (int32_t)(s / b->per_task);
    info.sample_geometry[s] = b->fisher ? 0 : info.task[s];
    info.index[s] = (int64_t)(s % b->per_task);
    for (size_t q = 0; q < info.codes; q++) {
      snprintf(info.code_name[q], sizeof info.code_name[q], "c%zu", q);
      info.code[s * info.codes + q] = graft_rng_normal(&rng);
    }
  }
  for (size_t i = 0; i < all * P; i++) {
    b->u[i] = (float)graft_rng_uniform(&rng);
    b->input[i] = b->fisher ? (float)graft_rng_uniform(&rng) : (float)graft_rng_normal(&rng);
  }
  graft_source_split_default(&info, b->per_task, &info.split[0]);
  b->data[0] = b->u;
  b->data[1] = b->input;
  return graft_source_memory(&b->source, info, field[b->fisher], b->data);
}

static graft_status set(graft_deeponet_config *config, const char *name, const char *value) {
  const graft_option *row = graft_option_find(graft_deeponet_options, name);
  GRAFT_CHECK(row, USAGE, "no option of the model is named '%s'", name);
  return graft_option_set(row, config, name, value);
}

/* @p word: threads, preset, and pairs of option and value. */
static graft_status make_model(struct bench *b, int words, char **word) {
  graft_deeponet_config config;
  const char *problem = b->source.info.problem;
  const graft_preset *preset = graft_preset_find(problem, words > 1 ? word[1] : "paper");
  GRAFT_CHECK(preset, USAGE, "no preset of %s is named '%s'", problem, word[1]);
  GRAFT_TRY(graft_option_defaults(graft_deeponet_options, &config));
  GRAFT_TRY(graft_preset_apply(preset, graft_deeponet_options, &config));
  config.batch = (long long)(b->per_task * 2 / 3 * K);
  if (!b->demo) config.points = 0;
  for (int i = 2; i + 1 < words; i += 2) GRAFT_TRY(set(&config, word[i], word[i + 1]));
  GRAFT_TRY(set(&config, "threads", words > 0 ? word[0] : "2"));
  GRAFT_TRY(graft_deeponet_create(&config, &b->source, "default", &b->model));
  return graft_deeponet_objective(b->model, &b->objective);
}

static graft_status make_trainers(struct bench *b) {
  graft_trainer_config config;
  const size_t n = b->objective.n;
  GRAFT_TRY(graft_trainer_config_default(&config));
  snprintf(config.optimizer, sizeof config.optimizer, "adam");
  for (size_t i = 0; i < KINDS; i++) {
    if (!kinds[i].sam) continue;
    snprintf(config.sam.sam, sizeof config.sam.sam, "%s", kinds[i].sam);
    snprintf(config.aggregator, sizeof config.aggregator, "%s", kinds[i].aggregator);
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
    printf("%-12s %8.4f s, %5.2f x %-10s  processors %8.4f s, %5.2f x\n", kinds[kind].name,
           median(wall, NULL, rounds), median(wall, b->seconds[WALL][unit], rounds),
           kinds[unit].name, median(cpu, NULL, rounds), median(cpu, b->seconds[CPU][unit], rounds));
  }
  return GRAFT_OK;
}

int main(int argc, char **argv) {
  static struct bench b;
  const char *problem = argc > 1 ? argv[1] : "darcy";
  long rounds = argc > 2 ? strtol(argv[2], NULL, 10) : 5;
  graft_status status;
  b.fisher = strcmp(problem, "fisher") == 0;
  if ((!b.fisher && strcmp(problem, "darcy") != 0) || rounds < 1 || rounds > ROUNDS ||
      (argc > 5 && argc % 2 == 0)) {
    fprintf(stderr,
            "usage: jacobian [darcy|fisher] [rounds] [threads] [preset] [option value]...\n");
    return 2;
  }
  b.demo = argc > 4 && strcmp(argv[4], "paper") != 0;
  b.per_task = b.fisher ? (b.demo ? 32 : 101) : (b.demo ? 30 : 50);
  const size_t side = b.fisher ? 64 : b.demo ? 48 : 100;
  GRAFT_TRY_TO(done, make_source(&b, b.fisher ? 20 : side, side));
  GRAFT_TRY_TO(done, make_model(&b, argc - 3, argv + 3));
  GRAFT_TRY_TO(done, make_trainers(&b));
  printf("%s: %zu parameters, %d tasks, batch %zu, %zu points\n", problem, b.objective.n, K,
         b.per_task * 2 / 3 * K, b.points);
  status = measure(&b, (size_t)rounds);
done:
  if (status != GRAFT_OK) fprintf(stderr, "jacobian: %s\n", graft_error_message());
  for (size_t i = 0; i < KINDS; i++) graft_trainer_destroy(b.trainer[i]);
  graft_deeponet_destroy(b.model);
  graft_source_fini(&b.source);
  graft_free(b.u);
  graft_free(b.input);
  graft_free(b.sum);
  graft_free(b.rows);
  return graft_status_exit_code(status);
}
