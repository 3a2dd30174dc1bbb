/* SPDX-License-Identifier: BSD-2-Clause */
#include "mtl/balancer.h"

#include <string.h>

#define GRAFT_BALANCER(name) extern const graft_balancer_type graft_balancer_##name;
#include "mtl/balancer.def"
#undef GRAFT_BALANCER

static const graft_balancer_type *const types[] = {
#define GRAFT_BALANCER(name) &graft_balancer_##name,
#include "mtl/balancer.def"
#undef GRAFT_BALANCER
    NULL};

const graft_balancer_type *graft_balancer_types(size_t i) {
  size_t k = 0;
  while (k < i && types[k]) k++;
  return types[k];
}

const graft_balancer_type *graft_balancer_find(const char *name) {
  for (size_t i = 0; types[i]; i++) {
    if (strcmp(types[i]->name, name) == 0) return types[i];
  }
  return NULL;
}

const char *graft_balancer_choices(size_t i) {
  const graft_balancer_type *type = graft_balancer_types(i);
  return type ? type->name : NULL;
}

#define ROW(field, type_, value_, min_, max_, unit_, help_)                                        \
  {                                                                                                \
    .name = #field, .type = GRAFT_OPTION_##type_,                                                  \
    .offset = offsetof(graft_balancer_config, field), .value = value_, .min = min_, .max = max_,   \
    .unit = unit_, .help = help_                                                                   \
  }

const graft_option graft_balancer_options[] = {
    ROW(balancer_lr, REAL, "0.025", 1e-12, 1e3, NULL, "learning rate of learned balancers (Adam)"),
    ROW(dwa_temperature, REAL, "2", 1e-3, 1e3, NULL, "dwa: softness of the weights"),
    ROW(gradnorm_alpha, REAL, "1.5", 0, 100, NULL, "gradnorm: pull towards equal training rates"),
    ROW(relobralo_alpha, REAL, "0.99", 0, 1, NULL, "relobralo: memory of the weights"),
    ROW(relobralo_rho, REAL, "0.99", 0, 1, NULL, "relobralo: share of steps that keep the memory"),
    ROW(relobralo_temperature, REAL, "1", 1e-3, 1e3, NULL, "relobralo: softness of the weights"),
    ROW(softadapt_beta, REAL, "0.1", -1e3, 1e3, NULL, "softadapt: sharpness; < 0 favours falling"),
    ROW(stch_mu, REAL, "1", 1e-3, 1e3, NULL, "stch: smoothness of the maximum"),
    ROW(stch_warmup, INT, "4", 1, 1e9, "epochs", "stch: log losses; the last sets the scale"),
    ROW(uw_start, REAL, "0", -20, 20, NULL, "uw: log-variance at the start"),
    {.name = NULL},
};

graft_status graft_balancer_config_default(graft_balancer_config *config) {
  *config = (graft_balancer_config){0};
  return graft_option_defaults(graft_balancer_options, config);
}
