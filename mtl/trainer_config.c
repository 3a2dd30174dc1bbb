/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mtl/list.h"
#include "mtl/trainer_impl.h"

#define BOOL(field, value_, help_)                                                                 \
  {                                                                                                \
    .name = #field, .type = GRAFT_OPTION_BOOL, .offset = offsetof(graft_trainer_config, field),    \
    .value = value_, .help = help_                                                                 \
  }
#define NUMBER(type_, field, value_, min_, max_, unit_, change, help_)                             \
  {                                                                                                \
    .name = #field, .type = GRAFT_OPTION_##type_, .offset = offsetof(graft_trainer_config, field), \
    .value = value_, .min = min_, .max = max_, .unit = unit_, .help = help_, .may_change = change  \
  }
#define TEXT(type_, field, value_, choices_, help_)                                                \
  {                                                                                                \
    .name = #field, .type = GRAFT_OPTION_##type_, .offset = offsetof(graft_trainer_config, field), \
    .capacity = sizeof((graft_trainer_config *)0)->field, .value = value_, .choices = choices_,    \
    .help = help_                                                                                  \
  }

#define SAM_FIELD(field) offsetof(graft_trainer_config, sam) + offsetof(graft_sam_config, field)
#define SAM_BOOL(field, value_, help_)                                                             \
  {                                                                                                \
    .name = #field, .type = GRAFT_OPTION_BOOL, .offset = SAM_FIELD(field), .value = value_,        \
    .help = help_                                                                                  \
  }
#define SAM_NUMBER(type_, field, value_, min_, max_, help_)                                        \
  {                                                                                                \
    .name = #field, .type = GRAFT_OPTION_##type_, .offset = SAM_FIELD(field), .value = value_,     \
    .min = min_, .max = max_, .help = help_                                                        \
  }
#define SAM(type_, field, value_, choices_, help_)                                                 \
  {                                                                                                \
    .name = #field, .type = GRAFT_OPTION_##type_, .offset = SAM_FIELD(field),                      \
    .capacity = sizeof((graft_sam_config *)0)->field, .value = value_, .choices = choices_,        \
    .help = help_                                                                                  \
  }

const graft_option graft_trainer_options[] = {
    NUMBER(INT, epochs, "100", 1, 1e9, NULL, 1, "passes over the training samples"),
    NUMBER(INT, steps, "0", 0, 1e15, NULL, 1, "optimisation steps; > 0 overrides epochs"),
    TEXT(STRING, optimizer, "adamw", graft_optimizer_choices, "optimiser"),
    NUMBER(REAL, lr, "0.001", 1e-12, 1e6, NULL, 0, "learning rate"),
    NUMBER(REAL, weight_decay, "0.0001", 0, 1e3, NULL, 0, "weight decay of kernels"),
    NUMBER(REAL, momentum, "0.9", 0, 1, NULL, 0, "momentum of sgd"),
    BOOL(nesterov, "false", "Nesterov's form of momentum"),
    NUMBER(REAL, beta1, "0.9", 0, 1, NULL, 0, "factor of the first moment"),
    NUMBER(REAL, beta2, "0.999", 0, 1, NULL, 0, "factor of the second moment"),
    NUMBER(REAL, epsilon, "1e-8", 0, 1, NULL, 0, "added to the root of the second moment"),
    TEXT(STRING, schedule, "cosine", graft_schedule_choices, "schedule of the learning rate"),
    NUMBER(INT, warmup, "0", 0, 1e9, "steps", 0, "linear warm-up of the learning rate"),
    NUMBER(INT, lr_epochs, "0", 0, 1e9, "epochs", 0, "length of the schedule; 0: the run's"),
    NUMBER(REAL, lr_final, "0.01", 0, 1, NULL, 0,
           "last rate as a fraction of lr (not constant, step)"),
    NUMBER(INT, lr_period, "0", 0, 1e9, "steps", 0,
           "step, exponential: steps per reduction; 0: none"),
    NUMBER(REAL, lr_factor, "0.5", 1e-6, 1e3, NULL, 0, "step, exponential, plateau: a reduction"),
    NUMBER(INT, lr_patience, "5", 1, 1e9, "validations", 0, "plateau: without a best, then reduce"),
    NUMBER(REAL, lr_rise, "0.3", 0, 1, NULL, 0, "one_cycle: share of the run that rises"),
    TEXT(LIST, lr_boundaries, "", NULL, "step: steps at which the rate changes"),
    TEXT(LIST, lr_values, "", NULL, "step: the rates from those steps on"),
    TEXT(STRING, aggregator, "mean", graft_aggregator_choices, "how task gradients are combined"),
    TEXT(STRING, balancer, "equal", graft_balancer_choices, "how task losses are scaled"),
    TEXT(LIST, task_weights, "", NULL, "factors of the tasks' losses, one per task; empty: 1"),
    SAM(STRING, sam, "none", graft_sam_choices, "sharpness-aware method"),
    SAM_NUMBER(REAL, sam_rho, "0.05", 0, 1e6, "radius of its perturbation; 0: the plain step"),
    SAM_NUMBER(REAL, sam_rho_final, "-1", -1, 1e6, "radius where lr is 0; -1: sam_rho throughout"),
    SAM(STRING, sam_norm, "joint", graft_sam_norm_choices, "norms of shared and private parts"),
    SAM_NUMBER(REAL, sam_eta, "0.01", 0, 1e6, "asam: added to the magnitude of kernels"),
    SAM_NUMBER(REAL, gsam_alpha, "0.4", 0, 1e6, "gsam: share of the part across"),
    SAM_NUMBER(REAL, looksam_alpha, "0.7", 0, 1e6, "looksam: length of the stored part"),
    SAM_NUMBER(INT, looksam_period, "5", 1, 1e9, "looksam: steps between perturbed passes"),
    SAM_NUMBER(REAL, esam_beta, "0.6", 1e-6, 1, "esam: share of perturbed parameters"),
    SAM_NUMBER(REAL, fsam_decay, "0.9", 0, 1, "fsam: memory of the mean gradient"),
    SAM_NUMBER(REAL, fsam_sigma, "1", 0, 1e6, "fsam: share of it that is taken off"),
    SAM_NUMBER(REAL, samo_alpha, "0.5", 0, 1, "samo: share of the mean gradient"),
    SAM_NUMBER(REAL, samo_step, "0.01", 1e-9, 1e6, "samo: length of the random steps"),
    SAM(STRING, fsmtl_variant, "split", graft_sam_variant_choices, "fsmtl: what is aggregated"),
    SAM_BOOL(fsmtl_adaptive, "false", "fsmtl: radius in units of the parameters"),
    NUMBER(REAL, clip, "0", 0, 1e12, NULL, 0, "largest norm of the gradient; 0: off"),
    NUMBER(REAL, ema, "0", 0, 1, NULL, 0, "decay of averaged parameters, below 1; 0: off"),
    NUMBER(INT, validate_every, "1", 1, 1e9, "epochs", 0, "epochs between validations"),
    NUMBER(INT, validate_steps, "0", 0, 1e15, "steps", 0, "> 0: overrides validate_every"),
    NUMBER(INT, patience, "0", 0, 1e9, "validations", 1,
           "end after so many without a new best; 0: off"),
    NUMBER(INT, log_every, "0", 0, 1e15, "steps", 1, "log rows between validations; 0: none"),
    NUMBER(REAL, checkpoint_every, "60", 0, 1e9, "s", 1,
           "time between checkpoints; 0: at every validation"),
    NUMBER(INT, checkpoint_steps, "0", 0, 1e15, "steps", 1, "> 0: overrides checkpoint_every"),
    NUMBER(REAL, time_limit, "0", 0, 1e9, "s", 1, "longest time of training; 0: none"),
    BOOL(diagnostics, "false", "conflicts, norms, weights, sharpness, cost in log rows"),
    NUMBER(REAL, probe_rho, "0.05", 1e-9, 1e6, NULL, 0, "radius of that sharpness"),
    NUMBER(INT, seed, "1", 0, 9e15, NULL, 0, "seed of everything random"),
    {.name = NULL},
};

graft_status graft_trainer_config_default(graft_trainer_config *config) {
  *config = (graft_trainer_config){0};
  GRAFT_TRY(graft_aggregator_settings_default(&config->aggregator_config));
  GRAFT_TRY(graft_balancer_config_default(&config->balancer_config));
  return graft_option_defaults(graft_trainer_options, config);
}

graft_status graft_trainer_config_weights(const graft_trainer_config *config, size_t tasks,
                                          double *weight) {
  double list[GRAFT_MAX_TASKS] = {0}, sum = 0;
  size_t count;
  GRAFT_TRY(graft_list_read("task_weights", config->task_weights, list, GRAFT_MAX_TASKS, &count));
  GRAFT_CHECK(count == 0 || count == tasks, USAGE,
              "task_weights: expected one number for each of the %zu tasks, got %zu", tasks, count);
  for (size_t k = 0; k < tasks; k++) {
    weight[k] = count ? list[k] : 1;
    GRAFT_CHECK(weight[k] >= 0, USAGE, "task_weights: expected numbers >= 0, got %g", weight[k]);
    sum += weight[k];
  }
  GRAFT_CHECK(sum > 0, USAGE, "task_weights: expected a number > 0 among them, got only zeros");
  return GRAFT_OK;
}

graft_status graft_trainer_config_schedule(const graft_trainer_config *c, uint64_t steps,
                                           graft_schedule *schedule) {
  double boundary[GRAFT_SCHEDULE_BOUNDARIES] = {0};
  size_t values;
  graft_schedule s = {.type = graft_schedule_find(c->schedule),
                      .lr = c->lr,
                      .steps = steps,
                      .warmup = (uint64_t)c->warmup,
                      .final = c->lr_final,
                      .period = (uint64_t)c->lr_period,
                      .factor = c->lr_factor,
                      .rise = c->lr_rise,
                      .patience = (uint64_t)c->lr_patience};
  GRAFT_CHECK(s.type, USAGE, "schedule: no rule is named '%s'", c->schedule);
  GRAFT_TRY(graft_list_read("lr_boundaries", c->lr_boundaries, boundary, GRAFT_SCHEDULE_BOUNDARIES,
                            &s.boundaries));
  GRAFT_TRY(
      graft_list_read("lr_values", c->lr_values, s.value, GRAFT_SCHEDULE_BOUNDARIES, &values));
  GRAFT_CHECK(values == s.boundaries, USAGE,
              "lr_values: expected as many as lr_boundaries (%zu), got %zu", s.boundaries, values);
  for (size_t i = 0; i < s.boundaries; i++) {
    GRAFT_CHECK(boundary[i] >= 1 && boundary[i] <= 1e15 && boundary[i] == floor(boundary[i]), USAGE,
                "lr_boundaries: expected whole numbers of steps >= 1, got %g", boundary[i]);
    s.boundary[i] = (uint64_t)boundary[i];
  }
  GRAFT_TRY(graft_schedule_validate(&s));
  *schedule = s;
  return GRAFT_OK;
}

/* Does the aggregator take the two rows that some variants of fsmtl combine? */
static graft_status check_parts(const graft_trainer_config *c, size_t tasks) {
  const graft_direction_plan plan = graft_sam_plan(&c->sam, tasks);
  const graft_aggregator_type *type = graft_aggregator_find(c->aggregator);
  for (size_t i = 0; type->check && i < plan.calls; i++) {
    if (!plan.call_parts[i]) continue;
    const graft_status status = type->check(&c->aggregator_config, plan.call_rows[i]);
    if (status == GRAFT_OK) continue;
    graft_error_prefix("fsmtl_variant %s combines %zu rows at a time", c->sam.fsmtl_variant,
                       plan.call_rows[i]);
    return status;
  }
  return GRAFT_OK;
}

graft_status graft_trainer_config_validate(const graft_trainer_config *c, size_t tasks) {
  double weight[GRAFT_MAX_TASKS];
  graft_schedule schedule;
  GRAFT_CHECK(tasks >= 1 && tasks <= GRAFT_MAX_TASKS, USAGE, "expected 1 to %d tasks, got %zu",
              GRAFT_MAX_TASKS, tasks);
  GRAFT_CHECK(c->epochs > 0 || c->steps > 0, USAGE, "epochs: expected at least 1, got %lld",
              c->epochs);
  GRAFT_CHECK(graft_optimizer_find(c->optimizer), USAGE, "optimizer: no rule is named '%s'",
              c->optimizer);
  GRAFT_CHECK(graft_aggregator_find(c->aggregator), USAGE, "aggregator: no rule is named '%s'",
              c->aggregator);
  GRAFT_CHECK(graft_balancer_find(c->balancer), USAGE, "balancer: no rule is named '%s'",
              c->balancer);
  GRAFT_CHECK(c->ema >= 0 && c->ema < 1, USAGE, "ema: expected a number in [0, 1), got %g", c->ema);
  GRAFT_CHECK(c->clip >= 0, USAGE, "clip: expected a number >= 0, got %g", c->clip);
  GRAFT_CHECK(c->warmup >= 0 && c->lr_period >= 0, USAGE,
              "warmup, lr_period: expected numbers >= 0, got %lld, %lld", c->warmup, c->lr_period);
  GRAFT_CHECK(c->validate_every > 0 || c->validate_steps > 0, USAGE,
              "validate_every: expected at least 1, got %lld", c->validate_every);
  GRAFT_CHECK(c->lr_epochs >= 0, USAGE, "lr_epochs: expected a number >= 0, got %lld",
              c->lr_epochs);
  GRAFT_TRY(graft_trainer_config_weights(c, tasks, weight));
  GRAFT_TRY(graft_sam_validate(&c->sam));
  GRAFT_TRY(check_parts(c, tasks));
  GRAFT_CHECK(strcmp(c->optimizer, "lbfgs") != 0 || strcmp(c->sam.sam, "none") == 0, USAGE,
              "sam: expected none with optimizer lbfgs, whose steps must lower the loss itself, "
              "got '%s'",
              c->sam.sam);
  GRAFT_CHECK(!c->diagnostics || c->probe_rho > 0, USAGE,
              "probe_rho: expected a number > 0, got %g", c->probe_rho);
  return graft_trainer_config_schedule(c, 1, &schedule);
}
