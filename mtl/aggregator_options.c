/* SPDX-License-Identifier: BSD-2-Clause */
#include "mtl/aggregator.h"

#include <string.h>

#define FIELD(field) .name = #field, .offset = offsetof(graft_aggregator_settings, field)
#define NUMBER(field, value_, min_, max_, help_)                                                   \
  {                                                                                                \
    FIELD(field), .type = GRAFT_OPTION_REAL, .value = value_, .min = min_, .max = max_,            \
                  .help = help_                                                                    \
  }
#define COUNT(field, value_, min_, max_, help_)                                                    \
  {                                                                                                \
    FIELD(field), .type = GRAFT_OPTION_INT, .value = value_, .min = min_, .max = max_,             \
                  .help = help_                                                                    \
  }
#define CHOICE(field, value_, choices_, help_)                                                     \
  {                                                                                                \
    FIELD(field), .type = GRAFT_OPTION_STRING, .value = value_, .choices = choices_,               \
                  .capacity = sizeof((graft_aggregator_settings *)0)->field, .help = help_         \
  }

static const char *scales(size_t i) {
  static const char *const name[] = {"mean", "sum", NULL};
  return name[i];
}

static const char *modes(size_t i) {
  static const char *const name[] = {"min", "median", "rmse", NULL};
  return name[i];
}

static const char *norms(size_t i) {
  static const char *const name[] = {"none", "l2", "loss", "loss_l2", NULL};
  return name[i];
}

/* Rules that answer with weights and look at no coordinates: what cr_mogm can average. */
static const char *weighings(size_t i) {
  for (size_t k = 0, found = 0; graft_aggregator_types(k); k++) {
    const graft_aggregator_type *type = graft_aggregator_types(k);
    if (!type->weigh || type->gather || type->mix || type->needs & GRAFT_NEEDS_BATCHES) continue;
    if (strcmp(type->name, "cr_mogm") != 0 && found++ == i) return type->name;
  }
  return NULL;
}

const graft_option graft_aggregator_options[] = {
    CHOICE(aggregator_scale, "mean", scales, "length of the direction; sum: K times as long"),
    {FIELD(aggregator_weights), .type = GRAFT_OPTION_LIST, .capacity = GRAFT_LIST_SIZE, .value = "",
     .help = "preferences, one per task; empty: equal"},
    CHOICE(aligned_mode, "min", modes, "aligned_mtl: which eigenvalue gives the length"),
    NUMBER(cagrad_c, "0.4", 0, 100, "cagrad: radius around the mean gradient"),
    COUNT(cagrad_rescale, "1", 0, 2, "cagrad: divide by 1 (0), 1 + c^2 (1) or 1 + c (2)"),
    NUMBER(crmogm_alpha, "0.9", 0, 1, "cr_mogm: memory of the weights"),
    CHOICE(crmogm_rule, "mgda", weighings, "cr_mogm: rule whose weights are averaged"),
    NUMBER(db_beta, "0.9", 0, 1, "db_mtl: memory of the gradients"),
    NUMBER(excess_eta, "0.01", 0, 1e3, "excess_mtl: rate of the weights"),
    NUMBER(fairgrad_alpha, "1", 1e-2, 1e2, "fairgrad: fairness"),
    NUMBER(graddrop_leak, "0", 0, 1, "graddrop: share that is never dropped"),
    NUMBER(gradvac_beta, "0.5", 0, 1, "gradvac: rate of the target cosines"),
    COUNT(krum_corrupt, "0", 0, 64, "krum: gradients that may be corrupt"),
    COUNT(krum_kept, "1", 1, 64, "krum: gradients that are averaged"),
    CHOICE(mgda_norm, "none", norms, "mgda: gradients are divided by"),
    NUMBER(moco_beta, "0.5", 0, 1, "moco: rate of the tracked gradients"),
    NUMBER(moco_gamma, "0.1", 0, 1e3, "moco: rate of the weights"),
    NUMBER(modo_gamma, "0.001", 0, 1e3, "modo: rate of the weights"),
    NUMBER(modo_rho, "0.1", 0, 1e3, "modo: pull of the weights to 1/K"),
    NUMBER(nash_norm, "0", 0, 1e12, "nash: largest norm of the direction; 0: none"),
    NUMBER(sdmgrad_lambda, "0.3", 0, 1e3, "sdmgrad: pull towards the mean gradient"),
    COUNT(trim, "1", 0, 31, "trimmed_mean: entries dropped at each end"),
    {.name = NULL},
};

graft_status graft_aggregator_settings_default(graft_aggregator_settings *config) {
  *config = (graft_aggregator_settings){0};
  return graft_option_defaults(graft_aggregator_options, config);
}
