/* SPDX-License-Identifier: BSD-2-Clause */
#include "apps/pde.h"
#include "apps/transfer.h"

#include <omp.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "io/bundle_file.h"
#include "io/dataset.h"
#include "io/xdmf.h"
#include "io/yaml.h"
#include "solvers/petsc.h"
#include "solvers/problem.h"

static const char *const examples[] = {
    "demo                                    all of it: solve, train, eval, plot in minutes",
    "solve -samples 900 -grid 48 -o data.h5  ground truth of all tasks",
    "train -data data.h5 -o runs/a           train one network on all tasks",
    "eval -model runs/a/model.h5 -data data.h5",
    "transfer -model runs/a/model.h5 -data new.h5 -samples 100 -o runs/new",
    "predict -model runs/a/model.h5 -data new.h5 -o predicted.h5",
    "plot -run runs/a                        pictures into runs/a/plots",
    NULL};

static const graft_verb *const verbs[] = {
    &graft_pde_verb_demo,     &graft_pde_verb_solve,   &graft_pde_verb_train, &graft_pde_verb_eval,
    &graft_pde_verb_transfer, &graft_pde_verb_predict, &graft_pde_verb_plot,  NULL};

static graft_status apply_preset(const graft_program *program, const char *name,
                                 const graft_option *rows, void *config) {
  const graft_preset *preset = graft_preset_find(program->problem, name);
  GRAFT_CHECK(preset, USAGE, "-preset: '%s' is not one of problem '%s'", name, program->problem);
  return graft_preset_apply(preset, rows, config);
}

/* Most sections of a verb, and its end; options of a problem's ground truth, likewise. */
enum { SECTIONS = 10, VERBS = 8, ROWS = 40 };

/* The verbs with the options of a problem's ground truth. */
struct verbs {
  graft_option input[ROWS];
  graft_section section[VERBS][SECTIONS];
  graft_verb verb[VERBS];
  const graft_verb *list[VERBS];
};

/* What the model says of inputs, or another option of the verb. */
static bool is_given(const char *name) {
  static const char *const given[] = {"samples",       "grid",        "times",    "end_time",
                                      "superposition", "inputs_only", "max_error"};
  for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
    if (strcmp(name, given[i]) == 0) return true;
  }
  return false;
}

const graft_option graft_pde_input_options[] = {{.name = NULL}};

static void fill_input(struct verbs *v, const char *problem) {
  size_t n = 0;
  for (const graft_option *row = graft_solve_rows(problem); row->name && n + 1 < ROWS; row++) {
    if (!is_given(row->name)) v->input[n++] = *row;
  }
  v->input[n] = (graft_option){.name = NULL};
}

static void fill_verbs(struct verbs *v, const char *problem) {
  size_t n = 0;
  fill_input(v, problem);
  for (; verbs[n]; n++) {
    v->verb[n] = *verbs[n];
    v->verb[n].section = v->section[n];
    v->list[n] = &v->verb[n];
    const graft_section *from = verbs[n]->section;
    for (size_t i = 0; from[i].rows; i++) {
      v->section[n][i] = from[i];
      if (from[i].rows == graft_solve_options) v->section[n][i].rows = graft_solve_rows(problem);
      if (from[i].rows == graft_pde_input_options) v->section[n][i].rows = v->input;
    }
  }
  v->list[n] = NULL;
}

graft_status graft_pde_require(const char *option, const char *value, const char *what) {
  GRAFT_CHECK(*value, USAGE, "missing option %s, expected %s", option, what);
  return GRAFT_OK;
}

graft_status graft_pde_provenance(const graft_app *app, const void *config, long long seed,
                                  graft_provenance *provenance) {
  graft_yaml yaml = {0};
  char *text = NULL;
  graft_status status;
  GRAFT_TRY(graft_provenance_init(provenance, app->argc, app->argv, app->comm.size,
                                  omp_get_max_threads()));
  provenance->seed = (uint64_t)seed;
  GRAFT_TRY_TO(done, graft_provenance_add_library(provenance, "PETSc", graft_petsc_version()));
  GRAFT_TRY_TO(done, graft_options_effective(app->verb, config, &app->petsc, &yaml));
  GRAFT_TRY_TO(done, graft_yaml_print(&yaml, &text));
  GRAFT_TRY_TO(done, graft_provenance_set_options(provenance, text));
done:
  graft_free(text);
  graft_yaml_fini(&yaml);
  if (status != GRAFT_OK) graft_provenance_fini(provenance);
  return status;
}

graft_app graft_pde_part(const graft_app *app, const graft_verb *verb) {
  graft_app part = *app;
  part.verb = verb;
  return part;
}

static const char name_characters[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

graft_status graft_pde_open(const graft_app *app, const char *path, bool solved,
                            graft_source *source) {
  graft_status status = GRAFT_OK;
  const char *problem = app->program->problem;
  GRAFT_TRY(graft_dataset_open(path, source));
  GRAFT_CHECK_TO(fail, strcmp(source->info.problem, problem) == 0, INPUT,
                 "%s: expected a data set of '%s', got one of '%s'", path, problem,
                 source->info.problem);
  for (size_t k = 0; k < source->info.tasks; k++) {
    const char *task = source->info.task_name[k]; /* becomes part of file names and CSV rows */
    GRAFT_CHECK_TO(fail, *task && strspn(task, name_characters) == strlen(task), INPUT,
                   "%s: graft/task/name[%zu]: expected letters, digits, '_', '-', got '%s'", path,
                   k, task);
  }
  GRAFT_CHECK_TO(fail, !solved || graft_dataset_has(source, "u"), INPUT,
                 "%s: expected solutions (t0_fields/u), got inputs only", path);
  return GRAFT_OK;
fail:
  graft_source_fini(source);
  return status;
}

graft_status graft_pde_check_split(const char *path, const graft_source *source,
                                   const char *split) {
  const uint8_t *part;
  if (graft_source_split_find(&source->info, split, &part) == GRAFT_OK) return GRAFT_OK;
  graft_error_prefix("-split: %s", path);
  return GRAFT_USAGE;
}

graft_status graft_pde_load(const char *path, graft_bundle *bundle, graft_deeponet **model) {
  graft_bundle own;
  GRAFT_TRY(graft_bundle_read(path, "model", &own, NULL));
  graft_status status = graft_deeponet_load(&own, model);
  if (status != GRAFT_OK) graft_error_prefix("%s", path);
  if (status == GRAFT_OK && bundle) {
    *bundle = own;
  } else {
    graft_bundle_fini(&own);
  }
  return status;
}

const char *graft_pde_directory(const char *path, char *text, size_t size) {
  const char *slash = strrchr(path, '/');
  if (!slash) {
    snprintf(text, size, ".");
  } else {
    snprintf(text, size, "%.*s", slash > path ? (int)(slash - path) : 1, path);
  }
  return text;
}

graft_status graft_pde_xdmf(const char *data) {
  graft_source source;
  char path[GRAFT_PATH_SIZE];
  GRAFT_TRY(graft_xdmf_path(data, false, path, sizeof path));
  GRAFT_TRY(graft_dataset_open(data, &source));
  graft_status status = source.info.dims - source.info.in_time >= 2
                            ? graft_xdmf_write(path, data, &source)
                            : GRAFT_OK;
  if (status == GRAFT_OK && source.info.node_start) {
    status = graft_xdmf_path(data, true, path, sizeof path);
    if (status == GRAFT_OK) status = graft_xdmf_write_nodes(path, data, &source);
  }
  graft_source_fini(&source);
  return status;
}

/* Take `-problem NAME` out of the command line; NULL when it is not there. */
static const char *take_problem(int *argc, char **argv) {
  const char *problem = NULL;
  int kept = 1;
  for (int i = 1; i < *argc; i++) {
    if (strcmp(argv[i], "-problem") == 0 && i + 1 < *argc) {
      problem = argv[++i];
    } else if (strncmp(argv[i], "-problem=", 9) == 0) {
      problem = argv[i] + 9;
    } else {
      argv[kept++] = argv[i];
    }
  }
  *argc = kept;
  return problem;
}

/* The problem must be one of the registry; a line of its own, since there is no program without it.
 */
static bool check_problem(const char *name, const char *problem) {
  const char *near = graft_problem_choices(0);
  if (problem && graft_problem_find(problem)) return true;
  for (size_t i = 1; problem && graft_problem_choices(i); i++) {
    const char *choice = graft_problem_choices(i);
    if (graft_name_distance(problem, choice) < graft_name_distance(problem, near)) near = choice;
  }
  if (problem) {
    char hint[GRAFT_HINT_SIZE];
    fprintf(stderr, "%s: unknown problem '%s'%s\n", name, problem,
            graft_name_hint(problem, near, hint));
  } else {
    fprintf(stderr, "%s: missing option -problem, e.g. '%s -problem %s --help'\n", name, name,
            near);
  }
  return false;
}

int graft_pde_main(const char *name, const char *problem, int argc, char **argv) {
  char command[256];
  struct verbs all = {.list = {NULL}};
  const char *chosen = problem ? problem : take_problem(&argc, argv);
  bool version = argc > 1 && strcmp(argv[1], "--version") == 0;
  bool help = argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "--man") == 0);
  if (!(version || (help && !chosen)) && !check_problem(name, chosen)) {
    return graft_status_exit_code(GRAFT_USAGE);
  }
  snprintf(command, sizeof command, problem ? "%s" : "%s -problem %.64s", name,
           chosen ? chosen : "NAME");
  fill_verbs(&all, chosen ? chosen : "");
  graft_program program = {.name = name,
                           .summary = "neural-operator surrogates of a PDE, several tasks at once",
                           .version = graft_version(),
                           .command = command,
                           .problem = chosen ? chosen : "",
                           .example = examples,
                           .verb = all.list,
                           .preset = apply_preset,
                           .petsc = true};
  return graft_app_main(&program, argc, argv);
}
