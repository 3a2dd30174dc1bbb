/* SPDX-License-Identifier: BSD-2-Clause */
/* Verb solve: finite-element ground truth into a data set. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "apps/pde.h"
#include "base/arena.h"
#include "base/json.h"
#include "io/atomic.h"
#include "io/dataset.h"
#include "solvers/petsc.h"

static const graft_option rows[] = {
    {"preset", GRAFT_OPTION_STRING, offsetof(graft_pde_solve, preset), GRAFT_NAME_SIZE, "demo", 0,
     0, NULL, graft_preset_name, "set of values for all other options", 0},
    {"o", GRAFT_OPTION_STRING, offsetof(graft_pde_solve, output), GRAFT_PATH_SIZE, "data.h5", 0, 0,
     NULL, NULL, "HDF5 file to write", 1},
    {.name = NULL}};

static const graft_section sections[] = {
    {"Run", rows, 0, false},
    {"Ground truth", graft_solve_options, offsetof(graft_pde_solve, solve), false},
    {"Common", graft_front_options, offsetof(graft_pde_solve, front), true},
    {NULL, NULL, 0, false}};

static const char *const examples[] = {"solve -samples 900 -grid 48 -o data.h5",
                                       "solve -preset paper -o paper.h5",
                                       "solve -inputs_only -seed 2 -o new.h5", NULL};

/* A finished file of the same options is taken as it is; one of other options is not overwritten.
 */
static graft_status compare_existing(const graft_app *app, const graft_pde_solve *config,
                                     bool *done) {
  graft_source source;
  const graft_verb *verb = app->verb;
  graft_yaml there = {0}, here = {0};
  graft_status status;
  *done = false;
  if (!graft_file_exists(config->output)) return GRAFT_OK;
  GRAFT_CHECK(graft_dataset_open(config->output, &source) == GRAFT_OK, USAGE,
              "-o: expected a new file or a data set of the same options, got %s %s",
              graft_directory_exists(config->output) ? "the directory" : "another file",
              config->output);
  const graft_provenance *provenance = graft_dataset_provenance(&source);
  GRAFT_TRY_TO(done, graft_yaml_parse(provenance->options, config->output, &there));
  GRAFT_TRY_TO(done, graft_options_effective(app->verb, config, &app->petsc, &here));
  for (size_t i = 0; i < here.entries; i++) {
    const char *key = here.entry[i].key, *value = here.entry[i].value;
    const graft_yaml_entry *old = graft_yaml_find(&there, key);
    bool free = graft_options_may_change(&verb, key);
    if (free || strcmp(key, "preset") == 0) continue;
    GRAFT_CHECK_TO(done, old && strcmp(old->value, value) == 0, USAGE,
                   "%s was made with -%s %s, asked for is -%s %s: choose another -o or remove it",
                   config->output, key, old ? old->value : "(none)", key, value);
  }
  *done = true;
done:
  graft_yaml_fini(&here);
  graft_yaml_fini(&there);
  graft_source_fini(&source);
  return status;
}

struct watch {
  graft_meter meter;
  const graft_app *app;
  bool begun; /* a sample was finished */
};

static graft_status update(void *ctx, size_t done, size_t total) {
  struct watch *watch = ctx;
  if (!watch->begun) graft_meter_begin(&watch->meter, (double)done);
  watch->begun = true;
  graft_meter_step(&watch->meter, (double)done, "");
  GRAFT_CHECK(!*graft_app_stop(), INTERRUPTED,
              "stopped by a signal at about %zu of %zu samples, run again to go on", done, total);
  return GRAFT_OK;
}

/* Say what the run will need; refuse it if the disk is too small. */
static graft_status check_estimate(const graft_app *app, const graft_pde_solve *config) {
  graft_solve_estimate e = graft_solve_estimate_get(&config->solve, app->comm.size);
  struct statvfs disk;
  double available = INFINITY;
  char time[64], directory[GRAFT_PATH_SIZE], names[256], grid[64];
  graft_app_log(
      app, "solve: %zu samples of %s, grid %s; estimated %.0f MB disk, %.0f MB memory, %s",
      graft_solve_samples(&config->solve), graft_solve_names(&config->solve, names, sizeof names),
      graft_solve_grid(&config->solve, grid, sizeof grid), ceil(1e-6 * e.disk_bytes),
      ceil(1e-6 * e.memory_bytes), graft_meter_time(e.seconds, time, sizeof time));
  graft_pde_directory(config->output, directory, sizeof directory);
  if (statvfs(directory, &disk) == 0 && disk.f_blocks > 0) { /* 0: no disk behind it */
    available = (double)disk.f_bavail * (double)disk.f_frsize;
  }
  GRAFT_CHECK(e.disk_bytes <= available, OUTPUT,
              "%s: No space left on device: expected %.3g MB, got %.3g MB", config->output,
              1e-6 * e.disk_bytes, 1e-6 * available);
  return GRAFT_OK;
}

static graft_status print_report(const graft_app *app, const graft_pde_solve *config,
                                 const graft_solve_report *r) {
  if (app->comm.rank != 0 || app->silent) return GRAFT_OK;
  double rate = r->seconds > 0.0 ? (double)(r->samples - r->resumed) / r->seconds : 0.0;
  if (app->json) {
    graft_json json;
    graft_json_init(&json, stdout);
    graft_json_object(&json, NULL);
    graft_json_text(&json, "file", config->output);
    graft_json_int(&json, "samples", (long long)r->samples);
    graft_json_int(&json, "resumed", (long long)r->resumed);
    graft_json_int(&json, "nodes", (long long)r->nodes);
    graft_json_int(&json, "elements", (long long)r->elements);
    if (r->least_nodes > 0) {
      graft_json_real(&json, "least_nodes", r->least_nodes);
      graft_json_real(&json, "least_nodes_whole", r->whole_nodes);
    }
    graft_json_real(&json, "seconds", r->seconds);
    graft_json_real(&json, "samples_per_second", rate);
    if (r->error_max >= 0) {
      graft_json_real(&json, "error_mean", r->error_mean);
      graft_json_real(&json, "error_median", r->error_median);
      graft_json_real(&json, "error_max", r->error_max);
    }
    graft_json_object(&json, "stages");
    graft_json_real(&json, "setup", r->setup);
    graft_json_real(&json, "regions", r->regions);
    graft_json_real(&json, "draw", r->draw);
    graft_json_real(&json, "assemble", r->assemble);
    graft_json_real(&json, "solve", r->solve);
    graft_json_real(&json, "estimate", r->estimate);
    graft_json_real(&json, "output", r->output);
    graft_json_end_object(&json);
    graft_json_end_object(&json);
    return graft_json_finish(&json);
  }
  char triangles[48] = "";
  if (r->elements) snprintf(triangles, sizeof triangles, ", %zu elements", r->elements);
  printf("%s: %zu samples%s, %.1f s, %.1f samples/s (set-up %.1f s, regions %.1f s, "
         "fields %.1f s, assembly %.1f s, solver %.1f s, estimates %.1f s, output %.1f s)\n",
         config->output, r->samples, triangles, r->seconds, rate, r->setup, r->regions, r->draw,
         r->assemble, r->solve, r->estimate, r->output);
  if (r->resumed > 0) printf("%zu samples were there from an interrupted run\n", r->resumed);
  if (r->least_nodes > 0) {
    printf(
        "nodes of a mesh: at least %.0f; of the whole body, if it is one part of it by symmetry: "
        "at least %.0f\n",
        r->least_nodes, r->whole_nodes);
  }
  if (r->error_max >= 0) {
    printf("estimated relative error of u: median %.2g %%, largest %.2g %% (%s, sample %lld)\n",
           100 * r->error_median, 100 * r->error_max, r->worst_task, r->worst_index);
  }
  return GRAFT_OK;
}

static graft_status solve(const graft_app *app, const graft_pde_solve *config) {
  struct watch watch = {.app = app};
  graft_provenance provenance = {0};
  graft_solve_report report;
  double total = 0.0;
  graft_status status = app->comm.rank == 0 ? graft_solve_check_files(&config->solve) : GRAFT_OK;
  GRAFT_TRY(graft_comm_agree(&app->comm, status));
  status = check_estimate(app, config);
  if (status == GRAFT_OK) {
    status = graft_pde_provenance(app, config, config->solve.seed, &provenance);
  }
  GRAFT_TRY_TO(done, graft_comm_agree(&app->comm, status));
  total = (double)graft_solve_samples(&config->solve);
  graft_meter_init(&watch.meter, "solve", "samples", total, 0.0, app->quiet);
  graft_solve_progress progress = {&watch, update};
  status = graft_ensemble_run(&config->solve, &app->comm, config->output, &provenance, &progress,
                              &report);
  watch.meter.done0 = (double)report.resumed;
  graft_meter_fini(&watch.meter, status == GRAFT_OK ? total : 0.0, status == GRAFT_OK);
done:
  graft_provenance_fini(&provenance);
  GRAFT_TRY(status);
  GRAFT_TRY(graft_comm_agree(&app->comm,
                             app->comm.rank == 0 ? graft_pde_xdmf(config->output) : GRAFT_OK));
  return print_report(app, config, &report);
}

static graft_status run(graft_app *app, void *verb_config) {
  graft_pde_solve *config = verb_config;
  bool done = false;
  snprintf(config->solve.problem, sizeof config->solve.problem, "%s", app->program->problem);
  GRAFT_TRY(graft_pde_require("-o", config->output, "a file to write"));
  GRAFT_TRY(graft_solve_validate(&config->solve));
  GRAFT_CHECK(!config->solve.nodes || !config->solve.inputs_only, USAGE,
              "-nodes: expected solutions, got -inputs_only");
  GRAFT_TRY(graft_comm_agree(&app->comm, compare_existing(app, config, &done)));
  if (done) {
    graft_app_log(app, "%s is there already, made with the same options", config->output);
    return GRAFT_OK;
  }
  if (!graft_petsc_begun()) { /* the demo solves twice */
    GRAFT_TRY(graft_petsc_init(app->petsc.count, (const char *const *)app->petsc.word));
  }
  return solve(app, config);
}

const graft_verb graft_pde_verb_solve = {.name = "solve",
                                         .summary = "generate ground truth with finite elements",
                                         .example = examples,
                                         .section = sections,
                                         .main = "preset o samples grid shapes region field seed "
                                                 "first mesh_size inputs_only options_file quiet "
                                                 "json",
                                         .config_size = sizeof(graft_pde_solve),
                                         .parallel = true,
                                         .run = run};
