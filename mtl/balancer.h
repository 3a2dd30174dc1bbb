/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_MTL_BALANCER_H
#define GRAFT_MTL_BALANCER_H

/** @file balancer.h
 *  Balancers: factors of the tasks' losses, made of the losses themselves. They scale the rows
 * before an aggregator sees them, and the gradients of private parameters. A rule is one file in
 * `mtl/balancer/` and one line in `balancer.def`. Factors are mean-like: with the aggregator `mean`
 * their average over tasks is about 1 where the rule leaves the scale open. */

#include <stdint.h>

#include "base/layout.h"
#include "base/option.h"

/** What a rule must know; bits may be combined. */
enum {
  GRAFT_BALANCER_LOSSES = 1, /**< losses of the step before its gradient: an extra forward pass
                                  unless the rows are computed anyway */
  GRAFT_BALANCER_NORMS = 2,  /**< norms of the rows after the evaluation: needs rows */
  GRAFT_BALANCER_AFTER = 4,  /**< losses of the same batch after the step: an extra forward pass */
};

/** Parameters of all rules; each reads those in its `options`. Described by
 *  #graft_balancer_options. */
typedef struct graft_balancer_config {
  double balancer_lr;           /**< learning rate of a rule's own numbers (Adam), > 0 */
  double dwa_temperature;       /**< dwa: softness, > 0 */
  double gradnorm_alpha;        /**< gradnorm: pull towards equal training rates, ≥ 0 */
  double relobralo_alpha;       /**< relobralo: memory, [0, 1] */
  double relobralo_temperature; /**< relobralo: softness, > 0 */
  double relobralo_rho;         /**< relobralo: share of steps that look at the step before */
  double softadapt_beta;        /**< softadapt: sharpness; negative favours falling losses */
  double stch_mu;               /**< stch: smoothness, > 0 */
  long long stch_warmup;        /**< stch: epochs with the logarithm of the losses, ≥ 1 */
  double uw_start;              /**< uw: log-variance at the start */
} graft_balancer_config;

/** Option rows of graft_balancer_config. */
extern const graft_option graft_balancer_options[];

/** One call of a rule, over all tasks of the run. */
typedef struct graft_balance {
  const graft_balancer_config *config; /**< parameters of the rules */
  size_t tasks;                        /**< K of the run */
  uint64_t active;                     /**< bit k: task k has samples in this step */
  uint64_t step;                       /**< step of the run, from 0 */
  uint64_t steps_per_epoch;            /**< of the objective, ≥ 1 */
  uint64_t seed;                       /**< of the run */
  const double *loss;                  /**< [K] mean losses; NaN where not active */
  const double *norm; /**< [K] norms of the rows *before* the factors (NORMS), else NULL */
} graft_balance;

/** A rule. Functions that may be NULL say so; none allocates. */
typedef struct graft_balancer_type {
  const char *name;           /**< value of option `balancer` */
  const char *summary;        /**< one line */
  const char *scale;          /**< size of the factors, in a few words */
  const char *source;         /**< key of docs/references.md */
  const char *const *options; /**< names of the options it reads, NULL-terminated */
  unsigned needs;             /**< GRAFT_BALANCER_… bits */
  /** Bytes of state, or NULL: none. Plain data without pointers: it goes into checkpoints. */
  size_t (*state_size)(size_t tasks);
  /** Set the state at the start of a run, or NULL: all bytes 0. */
  void (*init)(void *state, const graft_balancer_config *config, size_t tasks);
  /** Factors [K] of the losses for this step, finite; `loss` is there with LOSSES only. Does not
   *  change the state. @return GRAFT_DIVERGED naming a loss that the rule can't use */
  graft_status (*weigh)(const void *state, const graft_balance *call, double *weight);
  /** Learn from the step's losses (and norms), or NULL. Called once per step after `weigh`. */
  void (*learn)(void *state, const graft_balance *call);
  /** Learn from the losses after the step (AFTER), or NULL. */
  void (*follow)(void *state, const graft_balance *call);
} graft_balancer_type;

/** The i-th rule, NULL past the end. */
const graft_balancer_type *graft_balancer_types(size_t i);
/** The rule of that name, or NULL. */
const graft_balancer_type *graft_balancer_find(const char *name);
/** Names of the rules, for option rows. */
const char *graft_balancer_choices(size_t i);

/** All defaults. */
GRAFT_MUST_USE graft_status graft_balancer_config_default(graft_balancer_config *config);

#endif
