/* SPDX-License-Identifier: BSD-2-Clause
 * Aggregator "cr_mogm": the weights of another rule, averaged over steps.
 * Method:    λ = α λ + (1 − α) w with the weights w of crmogm_rule, from 1/K.
 * Cost:      that of the rule; state K numbers and that of the rule.
 * Reference: zhou2022, algorithm 1. Output scale: that of the rule.
 */
#include "mtl/aggregator.h"

static size_t state_size(const graft_aggregator_settings *config, size_t tasks, size_t n) {
  const graft_aggregator_type *inner = graft_aggregator_find(config->crmogm_rule);
  return tasks * sizeof(double) + (inner->state_size ? inner->state_size(config, tasks, n) : 0);
}

static void init(void *state, const graft_aggregator_settings *config, size_t tasks, size_t n) {
  const graft_aggregator_type *inner = graft_aggregator_find(config->crmogm_rule);
  double *lambda = state;
  for (size_t k = 0; k < tasks; k++) lambda[k] = 1 / (double)tasks;
  if (inner->init) inner->init(lambda + tasks, config, tasks, n);
}

static graft_status check(const graft_aggregator_settings *config, size_t tasks) {
  const graft_aggregator_type *inner = graft_aggregator_find(config->crmogm_rule);
  GRAFT_CHECK(inner, USAGE, "crmogm_rule: no rule is named '%s'", config->crmogm_rule);
  return inner->check ? inner->check(config, tasks) : GRAFT_OK;
}

static graft_status weigh(void *state, const graft_aggregation *call, double *weight) {
  const graft_aggregator_type *inner = graft_aggregator_find(call->config->crmogm_rule);
  const double alpha = call->config->crmogm_alpha;
  double *lambda = state;
  GRAFT_TRY(inner->weigh(lambda + call->all, call, weight));
  for (size_t k = 0; k < call->tasks; k++) {
    double *kept = &lambda[call->task[k]];
    weight[k] = *kept = alpha * *kept + (1 - alpha) * weight[k];
  }
  return GRAFT_OK;
}

static const char *const options[] = {"crmogm_alpha", "crmogm_rule", "aggregator_scale", NULL};

const graft_aggregator_type graft_aggregator_cr_mogm = {
    .name = "cr_mogm",
    .summary = "weights of another rule, averaged over steps",
    .scale = "that of the rule",
    .source = "zhou2022",
    .options = options,
    .needs = GRAFT_NEEDS_GRAMIAN | GRAFT_NEEDS_LOSSES,
    .properties = GRAFT_RULE_WEIGHTED | GRAFT_RULE_STATEFUL,
    .check = check,
    .state_size = state_size,
    .init = init,
    .weigh = weigh,
};
