/* SPDX-License-Identifier: BSD-2-Clause */
/* Verb demo: solve, train, eval and plot on a preset. What an earlier call finished is reused. */
#include <stdio.h>
#include <string.h>

#include "apps/pde.h"
#include "base/arena.h"
#include "io/atomic.h"
#include "solvers/generator.h"
#include "solvers/problem.h"

enum { PATH = GRAFT_PATH_SIZE };

static const graft_option rows[] = {
    {"preset", GRAFT_OPTION_STRING, offsetof(graft_pde_demo, preset), GRAFT_NAME_SIZE, "demo", 0, 0,
     NULL, graft_preset_name, "set of values for all other options", 0},
    {"o", GRAFT_OPTION_STRING, offsetof(graft_pde_demo, output), GRAFT_PATH_SIZE, "", 0, 0, NULL,
     NULL, "run directory; runs/PROBLEM-demo if empty", 1},
    {.name = NULL}};

static const graft_section sections[] = {
    {"Run", rows, 0, false},
    {"Ground truth", graft_solve_options, offsetof(graft_pde_demo, solve), false},
    {"Model", graft_deeponet_options, offsetof(graft_pde_demo, model), false},
    {"Training", graft_trainer_options, offsetof(graft_pde_demo, trainer), false},
    {"Aggregators", graft_aggregator_options, offsetof(graft_pde_demo, trainer.aggregator_config),
     false},
    {"Balancers", graft_balancer_options, offsetof(graft_pde_demo, trainer.balancer_config), false},
    {"Common", graft_front_options, offsetof(graft_pde_demo, front), true},
    {NULL, NULL, 0, false}};

static const char *const examples[] = {"demo", "demo -o runs/quick -samples 90 -epochs 20", NULL};

/* Run a verb with its configuration. Its own result is not printed where JSON is wanted. */
static graft_status part(const graft_app *app, const graft_verb *verb, void *config) {
  graft_app own = graft_pde_part(app, verb);
  own.silent = app->json;
  return verb->run(&own, config);
}

static graft_status demo_solve(const graft_app *app, const graft_pde_demo *demo, const char *data) {
  graft_pde_solve *config = NULL;
  graft_status status = graft_alloc(&config, 1, sizeof *config);
  GRAFT_TRY_TO(freed, graft_comm_agree(&app->comm, status));
  config->front = demo->front;
  config->solve = demo->solve;
  snprintf(config->preset, sizeof config->preset, "%s", demo->preset);
  snprintf(config->output, sizeof config->output, "%s", data);
  status = part(app, graft_verb_find(app->program, "solve"), config);
freed:
  graft_free(config);
  return status;
}

/* Is a task of one configuration one of the other too? */
static bool share_tasks(const graft_generator_type *generator, const graft_solve_config *a,
                        const graft_solve_config *b) {
  char name[GRAFT_NAME_SIZE], other[GRAFT_NAME_SIZE];
  size_t samples, count = generator->task(a, 0, name, &samples);
  size_t others = generator->task(b, 0, other, &samples);
  for (size_t i = 0; i < count; i++) {
    generator->task(a, i, name, &samples);
    for (size_t j = 0; j < others; j++) {
      generator->task(b, j, other, &samples);
      if (strcmp(name, other) == 0) return true;
    }
  }
  return false;
}

/* The tasks that the problem has for judging a model that is new to them, into @p path; "" where
 * there are none, or the user trains on one of them. */
static graft_status demo_unseen(const graft_app *app, const graft_pde_demo *demo, char *path,
                                size_t size) {
  const graft_problem_type *problem = graft_problem_find(app->program->problem);
  const graft_option *options = graft_solve_rows(problem->name);
  graft_pde_demo *own = NULL;
  graft_status status = GRAFT_OK;
  path[0] = '\0';
  if (!problem->unseen) return GRAFT_OK;
  GRAFT_TRY_TO(done, graft_comm_agree(&app->comm, graft_alloc(&own, 1, sizeof *own)));
  *own = *demo;
  for (const graft_problem_setting *s = problem->unseen; s->option; s++) {
    const graft_option *row = graft_option_find(options, s->option);
    GRAFT_CHECK_TO(done, row, INTERNAL, "%s: no option %s", problem->name, s->option);
    GRAFT_TRY_TO(done, graft_option_set(row, &own->solve, s->option, s->value));
  }
  if (share_tasks(graft_problem_generator(problem), &demo->solve, &own->solve)) goto done;
  snprintf(path, size, "%.1000s/unseen.h5", demo->output);
  status = demo_solve(app, own, path);
done:
  graft_free(own);
  return status;
}

static graft_status demo_train(const graft_app *app, const graft_pde_demo *demo, const char *data) {
  graft_pde_train *config = NULL;
  graft_status status = graft_alloc(&config, 1, sizeof *config);
  GRAFT_TRY_TO(freed, graft_comm_agree(&app->comm, status));
  config->front = demo->front;
  config->model = demo->model;
  config->trainer = demo->trainer;
  config->members = 1;
  snprintf(config->preset, sizeof config->preset, "%s", demo->preset);
  snprintf(config->data, sizeof config->data, "%s", data);
  snprintf(config->output, sizeof config->output, "%s", demo->output);
  snprintf(config->split, sizeof config->split, "default");
  snprintf(config->resume, sizeof config->resume, "auto");
  status = part(app, graft_verb_find(app->program, "train"), config);
freed:
  graft_free(config);
  return status;
}

static graft_status demo_eval(const graft_app *app, const graft_pde_demo *demo, const char *data,
                              const char *unseen) {
  graft_pde_eval *config;
  GRAFT_TRY(graft_alloc(&config, 1, sizeof *config));
  config->front = demo->front;
  config->baselines = true;
  snprintf(config->model, sizeof config->model, "%.1000s/model.h5", demo->output);
  snprintf(config->data, sizeof config->data, "%s", data);
  snprintf(config->unseen, sizeof config->unseen, "%s", unseen);
  snprintf(config->output, sizeof config->output, "%s", demo->output);
  snprintf(config->split, sizeof config->split, "default:test");
  graft_app own = graft_pde_part(app, graft_verb_find(app->program, "eval"));
  graft_status status = own.verb->run(&own, config);
  graft_free(config);
  return status;
}

/* Pictures of what was evaluated into DIRECTORY of the run; their names are added to @p made. */
static graft_status demo_plot(const graft_app *app, const graft_pde_demo *demo,
                              const char *directory, graft_words *made) {
  graft_pde_plot config = {.front = demo->front, .samples = 3, .worst = 1};
  graft_words own = {0};
  snprintf(config.run, sizeof config.run, "%.1000s%s", demo->output, directory);
  graft_status status = graft_pde_draw(app, &config, &own);
  for (size_t i = 0; i < own.count && status == GRAFT_OK; i++) {
    status = graft_words_add(made, own.word[i]);
  }
  graft_words_fini(&own);
  return status;
}

/* What rank 0 does alone. */
static graft_status demo_look(const graft_app *app, const graft_pde_demo *demo, const char *data,
                              const char *unseen) {
  graft_words made = {0};
  graft_app own = *app;
  own.comm = graft_comm_serial();
  GRAFT_TRY(demo_eval(&own, demo, data, unseen));
  graft_app_log(app, "plot: drawing the pictures");
  graft_status status = demo_plot(&own, demo, "", &made);
  if (status == GRAFT_OK && *unseen) status = demo_plot(&own, demo, "/unseen", &made);
  if (status == GRAFT_OK && made.count && !app->json) {
    printf("\nPictures\n");
    for (size_t i = 0; i < made.count; i++) printf("  %s\n", made.word[i]);
  }
  graft_words_fini(&made);
  return status;
}

static graft_status run(graft_app *app, void *verb_config) {
  graft_pde_demo *demo = verb_config;
  char data[PATH], unseen[PATH], time[64];
  double start = graft_meter_clock();
  graft_status status = GRAFT_OK;
  if (!*demo->output) {
    snprintf(demo->output, sizeof demo->output, "runs/%.50s-demo", app->program->problem);
  }
  GRAFT_CHECK(strlen(demo->output) < PATH - 64, USAGE, "-o: the name is too long");
  snprintf(data, sizeof data, "%.1000s/data.h5", demo->output);
  bool there = graft_file_exists(demo->output);
  GRAFT_TRY(graft_comm_agree(&app->comm, graft_directory_create(demo->output)));
  status = demo_solve(app, demo, data);
  if (status != GRAFT_OK && !there) graft_directory_remove_empty(demo->output);
  GRAFT_TRY(status);
  GRAFT_TRY(demo_unseen(app, demo, unseen, sizeof unseen));
  GRAFT_TRY(demo_train(app, demo, data));
  if (app->comm.rank == 0) status = demo_look(app, demo, data, unseen);
  GRAFT_TRY(graft_comm_agree(&app->comm, status));
  if (!app->json && app->comm.rank == 0) {
    printf("\nEverything is in %s; %s in all\n", demo->output,
           graft_meter_time(graft_meter_clock() - start, time, sizeof time));
  }
  return GRAFT_OK;
}

const graft_verb graft_pde_verb_demo = {
    .name = "demo",
    .summary = "all of it: solve, train, eval, plot",
    .example = examples,
    .section = sections,
    .main = "preset o samples grid shapes field branch trunk width batch seed epochs optimizer lr "
            "aggregator time_limit options_file quiet json",
    .config_size = sizeof(graft_pde_demo),
    .parallel = true,
    .run = run};
