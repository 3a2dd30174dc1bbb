/* SPDX-License-Identifier: BSD-2-Clause */
/* What every baseline, transform, skip path and preset must do. */
#include "deeponet/baseline.h"
#include "deeponet/skip.h"
#include "deeponet/transform.h"
#include "mtl/trainer.h"
#include "tests/deeponet/toy_model.h"

static void check_text(const char *name, const char *summary, const char *source) {
  T_CHECK(name && strlen(name) > 2 && strlen(name) < 32);
  for (const char *c = name; *c; c++) T_CHECK((*c >= 'a' && *c <= 'z') || *c == '_');
  T_CHECK(summary && strlen(summary) > 2 && strlen(summary) < 90 && !strchr(summary, '\n'));
  T_CHECK(source != NULL);
}

static void baselines(void) {
  toy t;
  double error[3 * GRAFT_MAX_BASELINES], again[3 * GRAFT_MAX_BASELINES];
  if (!T_OK(toy_init(&t, 3, 45))) return;
  T_OK(graft_baseline_run(&t.source, "default", GRAFT_PART_TEST, 8, error, NULL));
  T_OK(graft_baseline_run(&t.source, "default", GRAFT_PART_TEST, 8, again, NULL));
  for (size_t b = 0; graft_baseline_get(b); b++) {
    const graft_baseline_type *type = graft_baseline_get(b);
    check_text(type->name, type->summary, type->source);
    T_CHECK(strcmp(type->name, graft_baseline_name(b)) == 0);
    T_CHECK(type->field || (type->candidates >= 1 && type->weights));
    for (size_t k = 0; k < 3; k++) {
      double e = error[k * GRAFT_MAX_BASELINES + b];
      if ((type->field && !type->predict) ||
          type->numbers) { /* not for samples that fields describe */
        T_CHECK(isnan(e));
        continue;
      }
      /* No worse than the mean by much, and repeatable. */
      const double most = type->predict ? 10 : 1.5 * error[k * GRAFT_MAX_BASELINES];
      if (!T_CHECK(e >= 0 && e < most)) /* toys solve no equation that predict() could know of */
        printf("# %s %g\n", type->name, e);
      T_EQUAL(again[k * GRAFT_MAX_BASELINES + b], e);
    }
  }
  toy_fini(&t);
}

static void transforms(void) {
  const graft_real z[3] = {(graft_real)-.4, (graft_real).3, 1}, base[3] = {(graft_real).5, 2, 0};
  graft_real u[3], du[3], above[3], below[3], moved[3];
  const double step = 1e-3;
  for (size_t i = 0; graft_transform_get(i); i++) {
    const graft_transform_type *type = graft_transform_get(i);
    check_text(type->name, type->summary, type->source);
    T_CHECK(graft_transform_find(type->name) == type);
    type->apply(3, z, base, u, du);
    for (size_t p = 0; p < 3; p++) moved[p] = z[p] + (graft_real)step;
    type->apply(3, moved, base, above, NULL);
    for (size_t p = 0; p < 3; p++) moved[p] = z[p] - (graft_real)step;
    type->apply(3, moved, base, below, NULL);
    for (size_t p = 0; p < 3; p++) {
      T_NEAR(du[p], (double)(above[p] - below[p]) / (2 * step), 1e-3);
      if (type->invertible((double)u[p], (double)base[p])) {
        T_NEAR(type->invert((double)u[p], (double)base[p]), z[p], 1e-6);
      }
    }
    if (type->torsion) T_EQUAL(u[2], 0);
  }
  T_CHECK(graft_transform_find("nothing") == NULL);
}

static void skip_paths(void) {
  for (size_t i = 0; graft_skip_get(i); i++) {
    const graft_skip_type *type = graft_skip_get(i);
    check_text(type->name, type->summary, type->source);
    T_CHECK(graft_skip_find(type->name) == type);
    if (!type->kernel) continue;
    T_CHECK(type->parameter[0] > 0 && type->penalty[0] > 0);
    T_EQUAL(type->parameter[GRAFT_SKIP_PARAMETERS - 1], 0);
    T_EQUAL(type->penalty[GRAFT_SKIP_PENALTIES - 1], 0);
    T_NEAR(type->kernel(1, 4, .3, 2), type->kernel(4, 1, .3, 2), 1e-15);
  }
  T_CHECK(graft_skip_find("nothing") == NULL);
}

static void presets(void) {
  for (size_t i = 0; graft_preset_get(i); i++) {
    const graft_preset *preset = graft_preset_get(i);
    const char *problem = preset->problem ? preset->problem : "darcy";
    T_CHECK(graft_preset_find(problem, preset->name) == preset);
    graft_deeponet_config model;
    graft_trainer_config trainer;
    check_text(preset->name, preset->summary, preset->source);
    T_OK(graft_option_defaults(graft_deeponet_options, &model));
    T_OK(graft_trainer_config_default(&trainer));
    T_OK(graft_preset_apply(preset, graft_deeponet_options, &model));
    T_OK(graft_preset_apply(preset, graft_trainer_options, &trainer));
    T_OK(graft_deeponet_config_validate(&model));
    T_OK(graft_trainer_config_validate(&trainer, 3));
    for (const graft_setting *s = preset->setting; s->name; s++) {
      bool data = preset->transfer || strcmp(s->name, "samples") == 0 ||
                  strcmp(s->name, "grid") == 0 || strcmp(s->name, "field") == 0 ||
                  strcmp(s->name, "design") == 0 || strcmp(s->name, "mesh_size") == 0 ||
                  strcmp(s->name, "shapes") == 0;
      T_CHECK(data || graft_option_find(graft_deeponet_options, s->name) ||
              graft_option_find(graft_trainer_options, s->name));
    }
  }
  T_CHECK(graft_preset_find("darcy", "nothing") == NULL);
  graft_deeponet_config full;
  T_OK(graft_option_defaults(graft_deeponet_options, &full));
  T_OK(graft_preset_apply(graft_preset_find("darcy", "full"), graft_deeponet_options, &full));
  T_EQUAL(full.pool, 1);                           /* its own */
  T_CHECK(strcmp(full.transform, "torsion") == 0); /* of the one before it */
}

static void option_rows(void) {
  for (const graft_option *row = graft_deeponet_options; row->name; row++) {
    T_CHECK(row->help && strlen(row->help) < 64);
    for (const graft_option *other = graft_deeponet_options; other != row; other++) {
      T_CHECK(strcmp(row->name, other->name) != 0);
    }
  }
}

int main(void) {
  T_RUN_NAMED("baseline", baselines());
  T_RUN_NAMED("transform", transforms());
  T_RUN_NAMED("skip", skip_paths());
  T_RUN_NAMED("preset", presets());
  T_RUN_NAMED("options", option_rows());
  return graft_test_done();
}
