/* SPDX-License-Identifier: BSD-2-Clause */
/* Verb combine: what an aggregator makes of a matrix with the gradient of one task per row.
 * K tasks, n entries. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "apps/mtl.h"
#include "base/arena.h"
#include "base/json.h"
#include "io/table.h"

#define TEXT(name_, field, choices_, help_)                                                        \
  {                                                                                                \
    .name = name_, .type = GRAFT_OPTION_STRING, .offset = offsetof(graft_mtl_combine, field),      \
    .capacity = sizeof((graft_mtl_combine *)0)->field, .value = "", .choices = choices_,           \
    .help = help_                                                                                  \
  }

static const graft_option rows[] = {
    {.name = "aggregator",
     .type = GRAFT_OPTION_STRING,
     .offset = offsetof(graft_mtl_combine, aggregator),
     .capacity = GRAFT_NAME_SIZE,
     .value = "mean",
     .choices = graft_aggregator_choices,
     .help = "the rule"},
    TEXT("gradients", gradients, NULL, "table of numbers, the gradient of one task per line"),
    TEXT("losses", losses, NULL, "table with the loss of each task; 1 each without it"),
    {.name = "seed",
     .type = GRAFT_OPTION_INT,
     .offset = offsetof(graft_mtl_combine, seed),
     .value = "1",
     .max = 9e15,
     .help = "seed of random rules"},
    {.name = "step",
     .type = GRAFT_OPTION_INT,
     .offset = offsetof(graft_mtl_combine, step),
     .value = "0",
     .max = 1e15,
     .help = "step that random rules draw for"},
    {.name = NULL}};

static const graft_section sections[] = {
    {"Combine", rows, 0, false},
    {"Aggregators", graft_aggregator_options, offsetof(graft_mtl_combine, settings), false},
    {"Common", graft_front_options, offsetof(graft_mtl_combine, front), true},
    {NULL, NULL, 0, false}};

static const char *const examples[] = {
    "combine -aggregator pcgrad -gradients J.csv",
    "combine -aggregator cagrad -cagrad_c 0.5 -gradients J.csv -json", NULL};

/* What a matrix was made of. */
struct result {
  size_t K, n;
  double *weight;    /* [K]; NaN: the rule has none */
  double *direction; /* [n] */
  double *gramian;   /* [K x K] */
  double *product;   /* [K] row · direction */
};

static void print_list(graft_json *json, const char *key, const double *value, size_t count) {
  graft_json_array(json, key);
  for (size_t i = 0; i < count; i++) graft_json_exact(json, NULL, value[i]);
  graft_json_end_array(json);
}

static graft_status write_json(const graft_mtl_combine *config, const struct result *r) {
  graft_json json;
  graft_json_init(&json, stdout);
  graft_json_object(&json, NULL);
  graft_json_text(&json, "aggregator", config->aggregator);
  if (isnan(r->weight[0])) {
    graft_json_null(&json, "weights");
  } else {
    print_list(&json, "weights", r->weight, r->K);
  }
  print_list(&json, "direction", r->direction, r->n);
  graft_json_array(&json, "gramian");
  for (size_t k = 0; k < r->K; k++) print_list(&json, NULL, r->gramian + k * r->K, r->K);
  graft_json_end_array(&json);
  graft_json_array(&json, "conflicts");
  for (size_t i = 0; i < r->K; i++) {
    for (size_t j = i + 1; j < r->K; j++) {
      if (!(r->gramian[i * r->K + j] < 0)) continue;
      graft_json_array(&json, NULL);
      graft_json_int(&json, NULL, (long long)i);
      graft_json_int(&json, NULL, (long long)j);
      graft_json_end_array(&json);
    }
  }
  graft_json_end_array(&json);
  graft_json_end_object(&json);
  return graft_json_finish(&json);
}

static void print_conflicts(const struct result *r) {
  size_t conflicts = 0;
  const size_t pairs = r->K * (r->K - 1) / 2;
  for (size_t i = 0; i < r->K; i++) {
    for (size_t j = i + 1; j < r->K; j++) {
      const double product = r->gramian[i * r->K + j];
      const double lengths = sqrt(r->gramian[i * r->K + i]) * sqrt(r->gramian[j * r->K + j]);
      if (!(product < 0)) continue;
      printf("conflict of tasks %zu and %zu: cosine %.4f\n", i + 1, j + 1, product / lengths);
      conflicts++;
    }
  }
  printf("%zu of %zu pairs in conflict\n", conflicts, pairs);
}

static void print_text(const graft_mtl_combine *config, const struct result *r) {
  enum { SHOWN = 8 };
  const graft_aggregator_type *type = graft_aggregator_find(config->aggregator);
  double square = 0;
  for (size_t i = 0; i < r->n; i++) square += r->direction[i] * r->direction[i];
  printf("%s: %s [%s]; length: %s\n", type->name, type->summary, type->source, type->scale);
  printf("%6s%16s%16s%24s\n", "task", "weight", "|gradient|", "gradient . direction");
  for (size_t k = 0; k < r->K; k++) {
    char weight[32] = "-";
    if (!isnan(r->weight[k])) snprintf(weight, sizeof weight, "%.8g", r->weight[k]);
    printf("%6zu%16s%16.8g%24.8g\n", k + 1, weight, sqrt(r->gramian[k * r->K + k]), r->product[k]);
  }
  printf("direction, length %.8g:", sqrt(square));
  for (size_t i = 0; i < r->n && i < SHOWN; i++) printf(" %.8g", r->direction[i]);
  printf(r->n > SHOWN ? " and %zu more (-json)\n" : "\n", r->n - SHOWN);
  print_conflicts(r);
}

static graft_status apply(const graft_mtl_combine *config, const graft_aggregator_input *in,
                          graft_arena *arena, struct result *r) {
  const graft_aggregator_type *type = graft_aggregator_find(config->aggregator);
  const graft_span whole = {0, r->n};
  graft_aggregator a;
  GRAFT_TRY(graft_arena_take(arena, r->K, sizeof(double), &r->weight));
  GRAFT_TRY(graft_arena_take(arena, r->n, sizeof(double), &r->direction));
  GRAFT_TRY(graft_arena_take(arena, r->K * r->K, sizeof(double), &r->gramian));
  GRAFT_TRY(graft_arena_take(arena, r->K, sizeof(double), &r->product));
  GRAFT_TRY(graft_aggregator_init(&a, type, &config->settings, r->K, r->n,
                                  arena->base ? &whole : NULL, 1, (uint64_t)config->seed, arena));
  GRAFT_TRY(graft_arena_take(arena, a.state_size, 1, &a.state));
  if (!arena->base) return GRAFT_OK;
  graft_aggregator_reset(&a);
  const graft_aggregator_output out = {.weight = r->weight, .wide_direction = r->direction};
  GRAFT_TRY(graft_aggregator_combine(&a, in, &out));
  graft_aggregator_gramian(&a, in, r->gramian);
  for (size_t k = 0; k < r->K; k++) {
    r->product[k] = 0;
    for (size_t i = 0; i < r->n; i++) {
      r->product[k] += in->wide_rows[k * r->n + i] * r->direction[i];
    }
  }
  return GRAFT_OK;
}

static graft_status combine(const graft_app *app, const graft_mtl_combine *config,
                            const graft_table *gradients, const graft_table *losses) {
  const size_t K = gradients->lines;
  struct result r = {.K = K, .n = gradients->columns};
  graft_arena arena;
  void *memory = NULL;
  const graft_aggregator_input in = {.active = K == 64 ? ~UINT64_C(0) : (UINT64_C(1) << K) - 1,
                                     .step = (uint64_t)config->step,
                                     .loss = losses->value,
                                     .wide_rows = gradients->value};
  graft_arena_init(&arena, NULL, 0);
  GRAFT_TRY(apply(config, &in, &arena, &r));
  GRAFT_TRY(graft_alloc(&memory, arena.used, 1));
  graft_arena_init(&arena, memory, arena.used);
  graft_status status = apply(config, &in, &arena, &r);
  if (status == GRAFT_OK && app->json) status = write_json(config, &r);
  if (status == GRAFT_OK && !app->json) print_text(config, &r);
  graft_free(memory);
  return status;
}

static graft_status read_tables(const graft_mtl_combine *config, graft_table *gradients,
                                graft_table *losses) {
  GRAFT_TRY(graft_table_read(config->gradients, false, gradients));
  GRAFT_CHECK(gradients->lines <= GRAFT_MAX_TASKS, INPUT,
              "%s: expected at most %d lines, one for each task, got %zu", config->gradients,
              GRAFT_MAX_TASKS, gradients->lines);
  for (size_t i = 0; i < gradients->count; i++) {
    GRAFT_CHECK(fabs(gradients->value[i]) < 1e140, INPUT,
                "%s: the gradient of task %zu is too large: expected numbers below 1e140, got %g",
                config->gradients, i / gradients->columns + 1, gradients->value[i]);
  }
  if (!*config->losses) return GRAFT_OK;
  GRAFT_TRY(graft_table_read(config->losses, false, losses));
  GRAFT_CHECK(losses->count == gradients->lines, INPUT,
              "%s: expected a loss for each of the %zu gradients of %s, got %zu", config->losses,
              gradients->lines, config->gradients, losses->count);
  return GRAFT_OK;
}

static graft_status run(graft_app *app, void *verb_config) {
  const graft_mtl_combine *config = verb_config;
  graft_table gradients = {0}, losses = {0};
  GRAFT_CHECK(*config->gradients, USAGE, "missing option -gradients, expected a table of numbers");
  graft_status status = read_tables(config, &gradients, &losses);
  if (status == GRAFT_OK) status = combine(app, config, &gradients, &losses);
  graft_table_fini(&gradients);
  graft_table_fini(&losses);
  return status;
}

const graft_verb graft_mtl_verb_combine = {
    .name = "combine",
    .summary = "weights and direction that an aggregator makes of a matrix",
    .example = examples,
    .section = sections,
    .main = "aggregator gradients losses seed aggregator_scale aggregator_weights json",
    .config_size = sizeof(graft_mtl_combine),
    .run = run};
