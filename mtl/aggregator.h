/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_MTL_AGGREGATOR_H
#define GRAFT_MTL_AGGREGATOR_H

/** @file aggregator.h
 *  Aggregators: how the gradients of K tasks become one direction for the parameters that tasks
 * share. A rule is one file in `mtl/aggregator/` and one line in `aggregator.def`. Most rules
 * answer with weights of the rows and look at nothing but their Gramian; rules that work coordinate
 * by coordinate see the rows in blocks. All of them compute in double, in float builds too.
 *
 *  The driver deals with what every rule would have to: tasks without samples are left out (a rule
 * sees the K tasks that are there), with one task left the answer is its plain gradient, the
 * Gramian is formed in one blocked pass, and blocks are worked on in parallel with sums in an
 * order that does not depend on the number of threads. */

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/layout.h"
#include "base/option.h"
#include "base/real.h"

enum { GRAFT_LIST_SIZE = 256 /**< bytes of an option that holds a list of numbers */ };

/** What a rule must see; bits may be combined. A rule that needs nothing costs one backward pass of
 *  the weighted sum, any other one the Jacobian rows. */
enum {
  GRAFT_NEEDS_LOSSES = 1,  /**< mean loss of each task in this step */
  GRAFT_NEEDS_GRAMIAN = 2, /**< inner products of the rows */
  GRAFT_NEEDS_ROWS = 4,    /**< the rows themselves, coordinate by coordinate */
  GRAFT_NEEDS_BATCHES = 8, /**< inner products of rows of two further, independent batches */
};

/** What is known of a rule beyond one call. */
enum {
  GRAFT_RULE_SCALING = 1,  /**< linear under scaling: A(diag(a) J) is linear in a > 0 */
  GRAFT_RULE_WEIGHTED = 2, /**< the direction is a sum of the given rows times its weights */
  GRAFT_RULE_STATEFUL = 4, /**< the answer depends on earlier calls */
  GRAFT_RULE_RANDOM = 8,   /**< it draws random numbers, decided by seed and step */
};

/** Parameters of all rules; each reads those in its `options`. Described by
 *  #graft_aggregator_options. */
typedef struct graft_aggregator_settings {
  char aggregator_scale[16]; /**< mean, or sum: K times as long (rules that list it) */
  char aggregator_weights[GRAFT_LIST_SIZE]; /**< a number per task; empty: 1/K each */
  char aligned_mode[16];                    /**< aligned_mtl: min, median or rmse */
  double cagrad_c;                   /**< cagrad: radius in units of |mean gradient|, ≥ 0 */
  long long cagrad_rescale;          /**< cagrad: divide by 1 (0), 1 + c² (1), 1 + c (2) */
  double crmogm_alpha;               /**< cr_mogm: memory of the weights, [0, 1] */
  char crmogm_rule[GRAFT_NAME_SIZE]; /**< cr_mogm: the rule whose weights are averaged */
  double db_beta;                    /**< db_mtl: memory of the rows, [0, 1] */
  double excess_eta;                 /**< excess_mtl: rate of the weights, ≥ 0 */
  double fairgrad_alpha;             /**< fairgrad: fairness, > 0 */
  double graddrop_leak;              /**< graddrop: share that is never dropped, [0, 1] */
  double gradvac_beta;               /**< gradvac: rate of the target cosines, [0, 1] */
  long long krum_corrupt;            /**< krum: rows that may be corrupt, f ≥ 0 */
  long long krum_kept;               /**< krum: rows that are averaged, ≥ 1 */
  char mgda_norm[16];                /**< mgda: none, l2, loss or loss_l2 */
  double moco_beta;                  /**< moco: rate of the tracked rows, [0, 1] */
  double moco_gamma;                 /**< moco: rate of the weights, ≥ 0 */
  double modo_gamma;                 /**< modo: rate of the weights, ≥ 0 */
  double modo_rho;                   /**< modo: pull of the weights to 1/K, ≥ 0 */
  double nash_norm;                  /**< nash: largest norm of the direction; 0: none */
  double sdmgrad_lambda;             /**< sdmgrad: pull towards the mean gradient, ≥ 0 */
  long long trim;                    /**< trimmed_mean: entries dropped at each end, ≥ 0 */
} graft_aggregator_settings;

/** Option rows of graft_aggregator_settings. */
extern const graft_option graft_aggregator_options[];

/** One call of a rule. K is the number of tasks with samples in this step; they are numbered anew,
 *  in order. */
typedef struct graft_aggregation {
  const graft_aggregator_settings *config; /**< parameters of the rules */
  size_t tasks;                            /**< K ≥ 2 */
  size_t all;                              /**< tasks of the run, ≥ K; what `init` was told */
  const size_t *task;                      /**< [K] numbers in the run, rising: index of state */
  const double *preference;                /**< [K] aggregator_weights, or 1/K */
  uint64_t step;                           /**< step of the run, from 0 */
  uint64_t seed;                           /**< of the run */
  const double *loss;                      /**< [K] mean losses (LOSSES), else NULL */
  const double *gramian; /**< [K x K] inner products of the rows (GRAMIAN); with BATCHES of rows of
                            one batch (first index) and another one, not symmetric; else NULL */
} graft_aggregation;

/** A run of coordinates of all rows, in double. Coordinates are counted over the shared parameters
 *  only. */
typedef struct graft_rows_block {
  size_t first;      /**< number of the first coordinate, a multiple of 8 */
  size_t count;      /**< coordinates */
  size_t stride;     /**< distance of rows in `row` */
  const double *row; /**< [K x stride] */
} graft_rows_block;

/** A rule. Functions that may be NULL say so; none allocates. */
typedef struct graft_aggregator_type {
  const char *name;           /**< value of option `aggregator` */
  const char *summary;        /**< one line */
  const char *scale;          /**< the length of the direction, in a few words */
  const char *source;         /**< key of docs/references.md */
  const char *const *options; /**< names of the options it reads, NULL-terminated */
  unsigned needs;             /**< GRAFT_NEEDS_… bits */
  unsigned properties;        /**< GRAFT_RULE_… bits */
  size_t non_conflicting;     /**< most tasks for which J A(J) ≥ 0 always holds; 0: none */
  /** Check the parameters against the number of tasks of a run, or NULL.
   *  @return GRAFT_USAGE naming the option */
  graft_status (*check)(const graft_aggregator_settings *config, size_t tasks);
  /** Bytes of state for so many tasks and shared parameters, or NULL: none. The state is plain
   *  data without pointers, so that a checkpoint can hold its bytes. */
  size_t (*state_size)(const graft_aggregator_settings *config, size_t tasks, size_t n);
  /** Set the state at the start of a run, or NULL: all bytes 0. */
  void (*init)(void *state, const graft_aggregator_settings *config, size_t tasks, size_t n);
  /** Weights [K] of the rows; NULL for a rule without weights. */
  graft_status (*weigh)(void *state, const graft_aggregation *call, double *weight);
  /** Take in a block of rows before `weigh`, and add what `weigh` shall find in `gramian` (all
   *  blocks' sums) in place of the inner products, or NULL. Called for disjoint blocks at the same
   *  time. */
  void (*gather)(void *state, const graft_aggregation *call, const graft_rows_block *block,
                 double *gramian);
  /** The direction [count] of a block, or NULL: the weighted sum of the rows. Called for disjoint
   *  blocks at the same time, with the weights of `weigh`. */
  void (*mix)(const void *state, const graft_aggregation *call, const graft_rows_block *block,
              const double *weight, double *direction);
} graft_aggregator_type;

/** The i-th rule, NULL past the end. */
const graft_aggregator_type *graft_aggregator_types(size_t i);
/** The rule of that name, or NULL. */
const graft_aggregator_type *graft_aggregator_find(const char *name);
/** Names of the rules, for option rows. */
const char *graft_aggregator_choices(size_t i);

/** All defaults. */
GRAFT_MUST_USE graft_status graft_aggregator_settings_default(graft_aggregator_settings *config);

/** A run of elements of the flat vector. */
typedef struct graft_span {
  size_t offset; /**< first element */
  size_t count;  /**< elements */
} graft_span;

/** A part of the shared spans that is treated at once. */
typedef struct graft_aggregator_chunk {
  size_t offset; /**< first element in a row */
  size_t first;  /**< number of the coordinate */
  size_t count;  /**< coordinates */
} graft_aggregator_chunk;

/** A rule at work; caller's struct, scratch in the arena given to graft_aggregator_init(). Several
 *  may be at work on the same rows, each with a state of its own. */
typedef struct graft_aggregator {
  const graft_aggregator_type *type;       /**< the rule */
  const graft_aggregator_settings *config; /**< borrowed */
  size_t tasks;                            /**< tasks of the run */
  size_t n;                                /**< length of a row */
  size_t width;                            /**< most coordinates of a chunk */
  size_t chunks;                           /**< rows of `chunk` */
  graft_aggregator_chunk *chunk;           /**< [chunks] */
  uint64_t seed;                           /**< of the run */
  void *state;       /**< [state_size] caller's, 8-byte aligned; belongs into a checkpoint */
  size_t state_size; /**< bytes of `state` */
  double *given;     /**< [tasks] aggregator_weights; NULL: equal */
  double *block;     /**< scratch of the block loops */
  double *part;      /**< partial sums of the block loops */
} graft_aggregator;

/** What a rule at work is given. Rows are gradients of the tasks' *mean* losses times the tasks'
 *  weights, in full length; only shared spans are read. */
typedef struct graft_aggregator_input {
  uint64_t active;            /**< bit k: task k has samples in this step */
  uint64_t step;              /**< step of the run, from 0 */
  const double *loss;         /**< [tasks] losses beside the rows; NULL: 1 each */
  const graft_real *rows;     /**< [tasks x n] row-major; NULL for rules that need none */
  const double *wide_rows;    /**< the same in double: read instead of `rows` unless NULL */
  const graft_real *other[2]; /**< [tasks x n] rows of two further batches (BATCHES); NULL: the
                                   given rows stand in for them */
} graft_aggregator_input;

/** What it answers; arrays are caller-owned, those not wanted NULL. */
typedef struct graft_aggregator_output {
  double *weight;         /**< [tasks] of the rows, 0 for tasks not active; all NaN when the
                               direction is not a weighted sum of the given rows */
  graft_real *direction;  /**< [n]; shared spans are written, the rest is left alone */
  double *wide_direction; /**< the same in double */
} graft_aggregator_output;

/** Prepare. Then the caller points `state` at `state_size` bytes and calls
 *  graft_aggregator_reset().
 *  @param aggregator caller's struct
 *  @param type the rule
 *  @param config borrowed while @p aggregator is in use
 *  @param tasks of the run, 1 to GRAFT_MAX_TASKS
 *  @param n length of a row
 *  @param shared [spans] the parts of a row that tasks share, rising, only read here; NULL while
 *         measuring: any such parts
 *  @param spans rows of @p shared
 *  @param seed of random rules
 *  @param arena supplies everything; a measuring arena is allowed and leaves the struct unusable
 *  @return GRAFT_USAGE naming an option that does not fit the number of tasks */
GRAFT_MUST_USE graft_status graft_aggregator_init(graft_aggregator *aggregator,
                                                  const graft_aggregator_type *type,
                                                  const graft_aggregator_settings *config,
                                                  size_t tasks, size_t n, const graft_span *shared,
                                                  size_t spans, uint64_t seed, graft_arena *arena);

/** Forget all earlier calls; needs `state`. */
void graft_aggregator_reset(graft_aggregator *aggregator);

/** Combine the rows. Without active tasks the answer is 0. No allocation.
 *  Cost: K² n flops for the Gramian and 2 K n for the direction, each where it is wanted, and the
 *  rule's own; OpenMP-parallel, the same bits for any number of threads. */
GRAFT_MUST_USE graft_status graft_aggregator_combine(graft_aggregator *aggregator,
                                                     const graft_aggregator_input *input,
                                                     const graft_aggregator_output *output);

/** Inner products [tasks x tasks] of all rows over the shared spans, sums in double. */
void graft_aggregator_gramian(const graft_aggregator *aggregator,
                              const graft_aggregator_input *input, double *gramian);

#endif
