/* SPDX-License-Identifier: BSD-2-Clause */
#include "apps/judge.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "deeponet/ensemble.h"

/* Names of the tasks that at least one sample of the given kind belongs to. */
static size_t list_tasks(const graft_source *source, const size_t *sample, size_t count,
                         const graft_knowledge *known, graft_knowledge kind, char *text,
                         size_t size) {
  size_t tasks = 0;
  text[0] = '\0';
  for (size_t k = 0; k < source->info.tasks; k++) {
    bool any = false;
    for (size_t i = 0; i < count; i++) {
      any |= known[i] == kind && (size_t)source->info.task[sample[i]] == k;
    }
    if (!any) continue;
    size_t used = strlen(text);
    snprintf(text + used, size - used, tasks++ ? ", %s" : "%s", source->info.task_name[k]);
  }
  return tasks;
}

static void warn(const graft_app *app, const graft_deeponet *model, const graft_source *source,
                 const size_t *sample, size_t count, const graft_knowledge *known) {
  char names[1024];
  if (list_tasks(source, sample, count, known, GRAFT_KNOWS_NOT, names, sizeof names)) {
    graft_app_warn(
        app,
        "%s: not evaluated: the model has a skip path for each task of its training, and "
        "none for this",
        names);
  }
  if (list_tasks(source, sample, count, known, GRAFT_KNOWS_INPUTS, names, sizeof names)) {
    const bool looks = *graft_deeponet_get_config(model)->features != '\0'; /* at each region */
    graft_app_warn(app, "%s: the model was not trained on this: %s", names,
                   looks ? "it goes by the region alone" : "expect large errors");
  }
}

graft_status graft_judge_predict(const graft_app *app, graft_deeponet *model,
                                 const graft_source *source, const size_t *sample, size_t count,
                                 float *u, float *spread) {
  const size_t P = source->info.points;
  graft_knowledge *known = NULL;
  size_t *kept = NULL, able = 0;
  graft_status status;
  GRAFT_TRY_TO(done, graft_alloc(&known, count, sizeof *known));
  GRAFT_TRY_TO(done, graft_alloc(&kept, count, sizeof *kept));
  GRAFT_TRY_TO(done, graft_deeponet_check_tasks(model, source, sample, count, known));
  for (size_t i = 0; i < count; i++) {
    if (known[i] != GRAFT_KNOWS_NOT) kept[able++] = sample[i];
  }
  GRAFT_CHECK_TO(done, able > 0, INPUT,
                 "%s: expected a task and geometry that the model was trained on, got none",
                 graft_source_name(&source->info));
  if (app) warn(app, model, source, sample, count, known);
  GRAFT_TRY_TO(done, graft_deeponet_predict_spread(model, source, kept, able, u, spread));
  for (size_t i = count; i-- > 0 && able < count;) { /* from the dense rows to their places */
    const bool can = known[i] != GRAFT_KNOWS_NOT;
    if (can) able--;
    for (size_t p = 0; p < P; p++) {
      u[i * P + p] = can ? u[able * P + p] : NAN;
      if (spread) spread[i * P + p] = can ? spread[able * P + p] : NAN;
    }
    if (able == i) break; /* all rows before are in place */
  }
done:
  graft_free(known);
  graft_free(kept);
  return status;
}

graft_status graft_judge_build(const graft_deeponet *model, const graft_source *source,
                               const size_t *sample, size_t count, const float *u,
                               const float *spread, graft_judge *judge) {
  const graft_source_info *info = &source->info;
  const size_t P = info->points;
  float *truth;
  graft_status status = GRAFT_OK;
  *judge = (graft_judge){.members = graft_deeponet_members(model), .tasks = info->tasks};
  GRAFT_TRY(graft_alloc(&truth, count * P, sizeof *truth));
  GRAFT_TRY_TO(done, source->fill(source->ctx, "u", sample, count, truth));
  for (size_t k = 0; k < info->tasks; k++) {
    size_t first = 0, end;
    while (first < count && (size_t)info->task[sample[first]] != k) first++;
    for (end = first; end < count && (size_t)info->task[sample[end]] == k;) end++;
    snprintf(judge->name[k], sizeof judge->name[k], "%s", info->task_name[k]);
    GRAFT_TRY_TO(done, graft_calibration_build(end - first, P, u + first * P, truth + first * P,
                                               spread + first * P, &judge->task[k]));
  }
done:
  graft_free(truth);
  return status;
}

/* Levels that tables show. */
static bool is_shown(size_t level) {
  const double value = graft_calibration_level(level);
  return fabs(value - 0.5) < 1e-9 || fabs(value - 0.8) < 1e-9 || fabs(value - 0.95) < 1e-9;
}

static void print_number(FILE *file, double value, double factor) {
  if (isfinite(value)) {
    fprintf(file, "%12.2f", factor * value);
  } else {
    fprintf(file, "%12s", "-");
  }
}

void graft_judge_print(FILE *file, const graft_judge *j) {
  fprintf(file, "\nSpread of %zu members: share of points (%%) within its intervals\n\n%-14s",
          j->members, "spread");
  for (size_t l = 0; l < GRAFT_CALIBRATION_LEVELS; l++) {
    if (is_shown(l)) fprintf(file, "%10.0f %%", 100.0 * graft_calibration_level(l));
  }
  fprintf(file, "%15s%18s\n", "error / spread", "rank correlation");
  for (size_t k = 0; k < j->tasks; k++) {
    const graft_calibration *c = &j->task[k];
    fprintf(file, "%-14s", j->name[k]);
    for (size_t l = 0; l < GRAFT_CALIBRATION_LEVELS; l++) {
      if (is_shown(l)) print_number(file, c->covered[l], 100.0);
    }
    fprintf(file, "   ");
    print_number(file, c->ratio, 1.0);
    fprintf(file, "      ");
    print_number(file, c->correlation, 1.0);
    fprintf(file, "\n");
  }
}

void graft_judge_write(const graft_judge *j, graft_json *json) {
  char name[32];
  graft_json_object(json, "ensemble");
  graft_json_int(json, "members", (long long)j->members);
  graft_json_array(json, "tasks");
  for (size_t k = 0; k < j->tasks; k++) {
    const graft_calibration *c = &j->task[k];
    graft_json_object(json, NULL);
    graft_json_text(json, "name", j->name[k]);
    graft_json_real(json, "error_over_spread", c->ratio);
    graft_json_real(json, "rank_correlation", c->correlation);
    graft_json_object(json, "coverage");
    for (size_t l = 0; l < GRAFT_CALIBRATION_LEVELS; l++) {
      snprintf(name, sizeof name, "%g", graft_calibration_level(l));
      graft_json_real(json, name, c->covered[l]);
    }
    graft_json_end_object(json);
    graft_json_end_object(json);
  }
  graft_json_end_array(json);
  graft_json_end_object(json);
}

void graft_judge_csv(const graft_judge *j, FILE *file) {
  fprintf(file, "level");
  for (size_t k = 0; k < j->tasks; k++) fprintf(file, ",%s", j->name[k]);
  fprintf(file, "\n");
  for (size_t l = 0; l < GRAFT_CALIBRATION_LEVELS; l++) {
    fprintf(file, "%g", graft_calibration_level(l));
    for (size_t k = 0; k < j->tasks; k++) fprintf(file, ",%.9g", j->task[k].covered[l]);
    fprintf(file, "\n");
  }
}
