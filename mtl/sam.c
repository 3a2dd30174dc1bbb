/* SPDX-License-Identifier: BSD-2-Clause */
/* K tasks, n parameters. */
#include "mtl/sam.h"

#include <string.h>

#define GRAFT_SAM(name) extern const graft_sam_type graft_sam_##name;
#include "mtl/sam.def"
#undef GRAFT_SAM

static const graft_sam_type *const types[] = {
#define GRAFT_SAM(name) &graft_sam_##name,
#include "mtl/sam.def"
#undef GRAFT_SAM
    NULL};

const graft_sam_type *graft_sam_types(size_t i) {
  size_t k = 0;
  while (k < i && types[k]) k++;
  return types[k];
}

const graft_sam_type *graft_sam_find(const char *name) {
  for (size_t i = 0; types[i]; i++) {
    if (strcmp(types[i]->name, name) == 0) return types[i];
  }
  return NULL;
}

const char *graft_sam_choices(size_t i) {
  const graft_sam_type *type = graft_sam_types(i);
  return type ? type->name : NULL;
}

const char *graft_sam_norm_choices(size_t i) {
  static const char *const name[] = {"joint", "separate"};
  return i < 2 ? name[i] : NULL;
}

const char *graft_sam_variant_choices(size_t i) {
  static const char *const name[] = {"split", "direct", "second", "each"};
  return i < 4 ? name[i] : NULL;
}

static bool is_choice(const char *(*choices)(size_t), const char *word) {
  for (size_t i = 0; choices(i); i++) {
    if (strcmp(choices(i), word) == 0) return true;
  }
  return false;
}

graft_status graft_sam_validate(const graft_sam_config *c) {
  const struct {
    const char *name;
    double value, min, max;
  } row[] = {
      {"sam_rho", c->sam_rho, 0, 1e6},
      {"sam_rho_final", c->sam_rho_final, -1, 1e6},
      {"sam_eta", c->sam_eta, 0, 1e6},
      {"gsam_alpha", c->gsam_alpha, 0, 1e6},
      {"looksam_alpha", c->looksam_alpha, 0, 1e6},
      {"looksam_period", (double)c->looksam_period, 1, 1e9},
      {"esam_beta", c->esam_beta, 1e-6, 1},
      {"fsam_decay", c->fsam_decay, 0, 1},
      {"fsam_sigma", c->fsam_sigma, 0, 1e6},
      {"samo_alpha", c->samo_alpha, 0, 1},
      {"samo_step", c->samo_step, 1e-9, 1e6},
  };
  GRAFT_CHECK(graft_sam_find(c->sam), USAGE, "sam: no method is named '%s'", c->sam);
  GRAFT_CHECK(is_choice(graft_sam_norm_choices, c->sam_norm), USAGE,
              "sam_norm: expected joint or separate, got '%s'", c->sam_norm);
  GRAFT_CHECK(is_choice(graft_sam_variant_choices, c->fsmtl_variant), USAGE,
              "fsmtl_variant: expected split, direct, second or each, got '%s'", c->fsmtl_variant);
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    GRAFT_CHECK(row[i].value >= row[i].min && row[i].value <= row[i].max, USAGE,
                "%s: expected a number from %g to %g, got %g", row[i].name, row[i].min, row[i].max,
                row[i].value);
  }
  return GRAFT_OK;
}

graft_direction_plan graft_sam_plan(const graft_sam_config *config, size_t tasks) {
  const graft_sam_type *type = graft_sam_find(config->sam);
  graft_direction_plan plan = {.calls = 1, .call_rows = {tasks}};
  if (type->plan) type->plan(config, tasks, &plan);
  return plan;
}

graft_status graft_sam_init(graft_sam *sam, const graft_sam_config *config,
                            graft_direction *direction, uint64_t seed, graft_arena *arena) {
  const size_t K = direction->objective->tasks, n = direction->objective->n;
  graft_sam s = {.type = graft_sam_find(config->sam),
                 .config = *config,
                 .direction = direction,
                 .seed = seed,
                 .n = n};
  const graft_sam_type *type = s.type;
  GRAFT_CHECK(type, INTERNAL, "sam: expected a method, got '%s'", config->sam);
  size_t per_task;
  GRAFT_TRY(graft_size_multiply(K, n, "parameters of each task", &per_task));
  for (size_t v = 0; v < type->vectors; v++) {
    GRAFT_TRY(graft_arena_take(arena, n, sizeof(graft_real), &s.vector[v]));
    if (s.vector[v]) memset(s.vector[v], 0, n * sizeof(graft_real));
  }
  if (type->eval) {
    GRAFT_TRY(graft_arena_take(arena, n, sizeof(graft_real), &s.gradient));
    GRAFT_TRY(graft_arena_take(arena, type->per_task ? per_task : n, sizeof *s.point, &s.point));
  }
  if (type->per_task) {
    GRAFT_TRY(graft_arena_take(arena, K, sizeof *s.row_theta, &s.row_theta));
    for (size_t k = 0; s.row_theta && k < K; k++) s.row_theta[k] = s.point + k * n;
  }
  if (type->clean_rows) {
    GRAFT_TRY(graft_arena_take(arena, per_task, sizeof *s.rows, &s.rows));
  }
  if (type->scratch) {
    GRAFT_TRY(graft_arena_take(arena, type->scratch * n, sizeof *s.scratch, &s.scratch));
  }
  *sam = s;
  return GRAFT_OK;
}

graft_status graft_sam_eval(graft_sam *sam, uint64_t step, double lr_share,
                            const graft_real *theta) {
  const graft_sam_config *c = &sam->config;
  const double last = c->sam_rho_final < 0 ? c->sam_rho : c->sam_rho_final;
  sam->rho = last + (c->sam_rho - last) * lr_share;
  GRAFT_TRY(graft_direction_begin(sam->direction, step));
  if (!sam->type->eval || sam->rho == 0) {
    return graft_direction_aggregate(sam->direction, GRAFT_PASS_CLEAN, theta);
  }
  return sam->type->eval(sam, theta);
}
