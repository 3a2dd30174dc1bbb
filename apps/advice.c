/* SPDX-License-Identifier: BSD-2-Clause */
#include "apps/advice.h"

#include <stdio.h>

void graft_advice_init(graft_advice *advice, const graft_app *app,
                       const graft_trainer_config *config, const char *path, bool fresh) {
  advice->app = app;
  graft_diagnosis_init(&advice->diagnosis, config);
  snprintf(advice->path, sizeof advice->path, "%s", path);
  if (fresh && app->comm.rank == 0) remove(path);
}

void graft_advice_tell(const graft_advice *advice, const char *text) {
  if (!*text || advice->app->comm.rank != 0) return;
  graft_app_warn(advice->app, "%s", text);
  FILE *file = fopen(advice->path, "a"); /* a missing file is no reason to end a training */
  if (!file) return;
  fprintf(file, "%s\n", text);
  fclose(file);
}

void graft_advice_step(graft_advice *advice, const graft_progress *progress, graft_meter *meter) {
  char text[GRAFT_DIAGNOSIS_TEXT];
  if (graft_diagnosis_step(&advice->diagnosis, progress, text) == GRAFT_FINDING_COUNT) return;
  graft_meter_clear(meter);
  graft_advice_tell(advice, text);
}
