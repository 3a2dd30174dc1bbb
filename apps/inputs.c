/* SPDX-License-Identifier: BSD-2-Clause */
#include "apps/inputs.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "solvers/petsc.h"

enum { FEW = 16 /* regions whose names fit into a line */ };

graft_status graft_inputs_wanted(const graft_pde_predict *config, bool *made) {
  const graft_solve_config *solve = &config->solve;
  const bool elliptic = graft_option_find(graft_solve_rows(solve->problem), "region") != NULL;
  const bool named = *solve->region || *solve->shapes || *solve->field;
  *made = !*config->data;
  GRAFT_CHECK(*made || !named, USAGE,
              "-data holds its own inputs: expected it, or -region, -shapes and -field");
  GRAFT_CHECK(*made || !config->truth, USAGE,
              "-truth: expected inputs of -region or the like, got "
              "-data; use eval for data sets with solutions");
  GRAFT_CHECK(!*made || !elliptic || named, USAGE,
              "missing option -region or -data, expected a region file or a data set");
  return GRAFT_OK;
}

static graft_status update(void *meter, size_t done, size_t total) {
  (void)total;
  graft_meter_step(meter, (double)done, "");
  GRAFT_CHECK(!*graft_app_stop(), INTERRUPTED, "stopped by a signal, nothing was written");
  return GRAFT_OK;
}

graft_status graft_inputs_make(const graft_app *app, graft_pde_predict *config,
                               const graft_deeponet *model, graft_samples *samples) {
  graft_solve_config *solve = &config->solve;
  const graft_source_info *info = graft_deeponet_get_info(model);
  graft_meter meter;
  const graft_solve_progress progress = {&meter, update};
  GRAFT_CHECK(strcmp(info->problem, solve->problem) == 0, INPUT,
              "%s: expected a model of '%s', got one of '%s'", config->model, solve->problem,
              info->problem);
  solve->samples = config->samples;
  solve->inputs_only = !config->truth;
  graft_status status = graft_solve_adopt(solve, info);
  if (status != GRAFT_OK) {
    graft_error_prefix("%s", config->model);
    return status;
  }
  GRAFT_TRY(graft_solve_validate(solve));
  GRAFT_TRY(graft_solve_check_files(solve));
  GRAFT_TRY(graft_petsc_init(app->petsc.count, (const char *const *)app->petsc.word));
  double total = (double)graft_solve_samples(solve);
  graft_meter_init(&meter, config->truth ? "solve" : "inputs", "samples", total, 0.0, app->quiet);
  status = graft_samples_init(samples, solve, &progress, NULL);
  graft_meter_fini(&meter, total, status == GRAFT_OK);
  return status;
}

/* "square, disc", or how many they are. */
static const char *names_of(const graft_source_info *info, char *text, size_t size) {
  size_t used = 0;
  text[0] = '\0';
  if (info->geometries > FEW) {
    snprintf(text, size, "%zu others", info->geometries);
    return text;
  }
  for (size_t g = 0; g < info->geometries && used < size; g++) {
    int n = snprintf(text + used, size - used, "%s%s", g ? ", " : "", info->geometry[g].name);
    used += n > 0 ? (size_t)n : 0;
  }
  return text;
}

graft_status graft_inputs_check_regions(const graft_app *app, const graft_pde_predict *config,
                                        graft_deeponet *model, const graft_source *source,
                                        size_t *unknown) {
  const graft_source_info *info = &source->info;
  graft_region_knowledge *known;
  size_t first = info->geometries, untold = info->geometries;
  char names[512];
  *unknown = 0;
  GRAFT_TRY(graft_alloc(&known, info->geometries, sizeof *known));
  graft_status status = graft_deeponet_check_regions(model, source, known);
  for (size_t g = info->geometries; g-- > 0 && status == GRAFT_OK;) {
    if (known[g] == GRAFT_REGION_KNOWN) continue;
    (*unknown)++;
    first = g;
    if (known[g] == GRAFT_REGION_UNTOLD) untold = g;
  }
  graft_free(known);
  GRAFT_TRY(status);
  if (*unknown == 0) return GRAFT_OK;
  names_of(graft_deeponet_get_info(model), names, sizeof names);
  GRAFT_CHECK(untold == info->geometries || config->untold, INPUT,
              "%s: expected a region that the model was trained on (%s): none of its inputs says "
              "what a new one looks like; -untold predicts all the same",
              info->geometry[untold].name, names);
  graft_app_warn(app, "%s%s: the model was not trained on this region but on %s",
                 info->geometry[first].name, *unknown > 1 ? " and others" : "", names);
  return GRAFT_OK;
}
