/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_MTL_TRAINER_H
#define GRAFT_MTL_TRAINER_H

/** @file trainer.h
 *  The trainer: steps of an optimiser on an objective, validation, the best parameters so far, rows
 * of a log, and all of its state in and out of a checkpoint. graft_trainer_step() is the primitive;
 * who needs another loop writes it with that, graft_trainer_run() is the usual one. */

#include "base/option.h"
#include "base/sink.h"
#include "mtl/aggregator.h"
#include "mtl/balancer.h"
#include "mtl/objective.h"
#include "mtl/sam.h"

enum { GRAFT_TRAINER_LIST = 256 /**< bytes of a list option */ };

/** How to train; plain data, described by #graft_trainer_options. */
typedef struct graft_trainer_config {
  long long epochs;                /**< passes over the training samples */
  long long steps;                 /**< optimisation steps; > 0 overrides epochs */
  char optimizer[GRAFT_NAME_SIZE]; /**< name in optimizer.def */
  double lr;                       /**< base learning rate */
  double weight_decay;             /**< see graft_optimizer_config for this and the next five */
  double momentum;                 /**< of sgd */
  bool nesterov;                   /**< of sgd */
  double beta1;                    /**< of adam, adamw, lion */
  double beta2;                    /**< of adam, adamw, lion */
  double epsilon;                  /**< of adam, adamw */
  char schedule[GRAFT_NAME_SIZE];  /**< name in schedule.def */
  long long warmup;                /**< steps of linear warm-up */
  long long lr_epochs;   /**< epochs that the schedule stretches over; 0: those of the run */
  double lr_final;       /**< cosine: last rate as a fraction of lr */
  long long lr_period;   /**< step: steps between two reductions; 0: none */
  double lr_factor;      /**< step, plateau, exponential: factor of a reduction */
  long long lr_patience; /**< plateau: validations without a new best before a reduction */
  double lr_rise;        /**< one_cycle: share of the run in which the rate rises */
  char lr_boundaries[GRAFT_TRAINER_LIST]; /**< step: steps at which the rate changes */
  char lr_values[GRAFT_TRAINER_LIST];     /**< step: the rates from there on */
  char aggregator[GRAFT_NAME_SIZE];       /**< name in aggregator.def */
  char balancer[GRAFT_NAME_SIZE];         /**< name in balancer.def */
  char task_weights[GRAFT_TRAINER_LIST];  /**< a number per task; empty: all 1 */
  graft_sam_config sam;                   /**< sharpness-aware method */
  double clip;                            /**< largest norm of the gradient; 0: off */
  double ema;                             /**< decay of averaged parameters; 0: off */
  long long validate_every;               /**< epochs between validations */
  long long validate_steps; /**< steps between validations; > 0 overrides validate_every */
  long long patience;       /**< validations without a new best after which the run ends; 0: off */
  long long log_every;      /**< steps between log rows besides those of validations; 0: none */
  double checkpoint_every;  /**< seconds between checkpoints; 0: at every validation */
  long long checkpoint_steps; /**< steps between them; > 0 overrides checkpoint_every */
  double time_limit;          /**< seconds of training after which the run ends; 0: none */
  bool diagnostics;           /**< conflicts, norms, weights, sharpness and cost in log rows */
  double probe_rho;           /**< radius of that sharpness */
  long long seed;             /**< of rules that draw random numbers */
  graft_aggregator_settings aggregator_config; /**< rows: graft_aggregator_options */
  graft_balancer_config balancer_config;       /**< rows: graft_balancer_options */
} graft_trainer_config;

/** Option rows of graft_trainer_config. */
extern const graft_option graft_trainer_options[];

/** All defaults. */
GRAFT_MUST_USE graft_status graft_trainer_config_default(graft_trainer_config *config);

/** Check what single rows cannot: lists, and that values fit each other.
 *  @param config what to check
 *  @param tasks K of the objective
 *  @return GRAFT_USAGE naming the option, expected and got */
GRAFT_MUST_USE graft_status graft_trainer_config_validate(const graft_trainer_config *config,
                                                          size_t tasks);

/** Where a run stands. Arrays are borrowed until the trainer is destroyed. */
typedef struct graft_progress {
  uint64_t step;                 /**< steps taken */
  uint64_t steps;                /**< steps of the whole run */
  double epoch;                  /**< step in epochs */
  double epochs;                 /**< steps in epochs */
  double seconds;                /**< of training, resumed parts included; 0 without a clock */
  double lr;                     /**< of the last step */
  double gradient_norm;          /**< of the last step, before clipping */
  size_t tasks;                  /**< K */
  const double *train_loss;      /**< [K] mean loss of the last step; NaN: no sample */
  const double *validation_loss; /**< [K] of the last validation; NaN before the first */
  double validation_mean;        /**< mean over tasks; NaN before the first */
  double best_mean;              /**< lowest validation_mean so far; infinity before the first */
  uint64_t best_step;            /**< steps taken at that */
  bool validated;                /**< a validation followed the last step */
  bool exhausted;                /**< the patience has run out: the run is over before its steps */
} graft_progress;

/** What a program adds to a run; any function may be NULL. With several ranks all of them must
 * answer alike on every rank (rank 0's clock, signals agreed upon). */
typedef struct graft_trainer_hooks {
  void *ctx;                 /**< handed to each */
  double (*now)(void *ctx);  /**< a steady clock in seconds; libraries do not read clocks */
  double (*work)(void *ctx); /**< processor seconds of all ranks so far; what diagnostics measure
                                  the cost of a step with */
  bool (*stop)(void *ctx);   /**< asked after every step: true ends the run with a checkpoint */
  void (*progress)(void *ctx, const graft_progress *progress); /**< told after every step */
  /** Told when a validation was the best so far; @p theta [n] is borrowed for the call. */
  graft_status (*improved)(void *ctx, const graft_progress *progress, const graft_real *theta);
} graft_trainer_hooks;

/** A run; heap object. */
typedef struct graft_trainer graft_trainer;

/** Plan a run.
 *  @param objective borrowed until graft_trainer_destroy()
 *  @param config copied
 *  @param theta [n] start values, changed by every step; borrowed until graft_trainer_destroy()
 *  @param sink receives log rows, and checkpoints as "checkpoint"; NULL, or NULL members: none;
 *         borrowed until graft_trainer_destroy(). It is called on every rank, with the same values;
 *         checkpoints hold something on rank 0 of its comm only.
 *  @param trainer returned (destroy with graft_trainer_destroy())
 *  Cost: memory of 2 vectors [n] beside those of the optimiser, 1 more with ema, K more when the
 *  aggregator needs rows. Nothing is allocated in a step. */
GRAFT_MUST_USE graft_status graft_trainer_create(const graft_objective *objective,
                                                 const graft_trainer_config *config,
                                                 graft_real *theta, const graft_sink *sink,
                                                 graft_trainer **trainer);

/** Release; NULL is allowed. */
void graft_trainer_destroy(graft_trainer *trainer);

/** One optimisation step. No allocation.
 *  @return GRAFT_DIVERGED when a loss or the gradient is not finite; theta has not changed then */
GRAFT_MUST_USE graft_status graft_trainer_step(graft_trainer *trainer);

/** Validate at the averaged parameters (ema on) or at theta; keep them if they are the best so far.
 *  Without validation batches the latest count as the best. No allocation. */
GRAFT_MUST_USE graft_status graft_trainer_validate(graft_trainer *trainer);

/** Go on from where the run stands to its end: steps, validations, log rows, checkpoints.
 *  @param trainer a run that was created, and perhaps taken back from a checkpoint
 *  @param hooks may be NULL
 *  @return GRAFT_OK at the end, at the time limit, or when patience runs out; GRAFT_INTERRUPTED
 * when asked to stop (a checkpoint was stored); GRAFT_DIVERGED with theta set back to the best so
 * far (the start values before the first validation) and the last checkpoint left as it was */
GRAFT_MUST_USE graft_status graft_trainer_run(graft_trainer *trainer,
                                              const graft_trainer_hooks *hooks);

/** Where the run stands. Borrowed until the trainer is destroyed. */
const graft_progress *graft_trainer_progress(const graft_trainer *trainer);

/** Parameters [n] of the best validation so far (the start values before the first): what a model
 * file should hold. Borrowed until the trainer is destroyed. */
const graft_real *graft_trainer_best(const graft_trainer *trainer);

/** Bytes of the trainer's own arrays: optimiser, rows, best and averaged parameters. */
size_t graft_trainer_memory(const graft_trainer *trainer);

/** Put everything that decides how the run goes on into @p bundle, names under "trainer/", and the
 *  objective's own state. */
GRAFT_MUST_USE graft_status graft_trainer_put(graft_trainer *trainer, graft_bundle *bundle);

/** Take it back into a trainer created with the same objective and configuration; options that
 *  #graft_trainer_options marks may have changed.
 *  @return GRAFT_USAGE naming an option that changed; GRAFT_INPUT naming an array that does not
 * fit */
GRAFT_MUST_USE graft_status graft_trainer_get(graft_trainer *trainer, const graft_bundle *bundle);

#endif
