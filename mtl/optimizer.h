/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_MTL_OPTIMIZER_H
#define GRAFT_MTL_OPTIMIZER_H

/** @file optimizer.h
 *  Optimisers: the rules that turn a gradient into a change of the parameters. A rule is one file
 * in `mtl/optimizer/` and one line in `optimizer.def`. Rules work on a span of the flat vector,
 * element by element; the driver cuts the vector into chunks, leaves frozen blocks out and runs the
 * chunks in parallel. Results do not depend on the number of threads. */

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/layout.h"
#include "base/real.h"

enum {
  GRAFT_OPTIMIZER_VECTORS = 20, /**< most [n] vectors of state that a rule may have */
  GRAFT_OPTIMIZER_NUMBERS = 8,  /**< numbers of state that a rule may use */
};

struct graft_optimizer;

/** Parameters of all rules; each reads those in its `options`. Set by graft_trainer_options. */
typedef struct graft_optimizer_config {
  double weight_decay; /**< ≥ 0; only on blocks with `decay` set */
  double momentum;     /**< sgd: [0, 1) */
  bool nesterov;       /**< sgd: look-ahead momentum */
  double beta1;        /**< factor of the first moment, [0, 1) */
  double beta2;        /**< factor of the second moment, [0, 1) */
  double epsilon;      /**< added to the root of the second moment, ≥ 0 */
} graft_optimizer_config;

/** One call of a rule: a span of the vector, all pointers to its first element. */
typedef struct graft_optimizer_span {
  size_t count;                                /**< elements */
  bool decay;                                  /**< weight decay applies to all of them */
  uint64_t step;                               /**< number of this step, from 1 */
  double lr;                                   /**< learning rate of this step */
  double scale;                                /**< factor of the gradient (clipping), or 1 */
  const graft_real *gradient;                  /**< [count] */
  graft_real *theta;                           /**< [count], changed */
  graft_real *vector[GRAFT_OPTIMIZER_VECTORS]; /**< [count] each: the state, changed */
} graft_optimizer_span;

/** A rule. */
typedef struct graft_optimizer_type {
  const char *name;           /**< value of option `optimizer` */
  const char *summary;        /**< one line */
  const char *source;         /**< key of docs/references.md */
  const char *const *options; /**< names of the options it reads, NULL-terminated */
  size_t vectors;             /**< [n] vectors of state, zero at the start */
  const char *vector_name[GRAFT_OPTIMIZER_VECTORS]; /**< their names in a checkpoint */
  /** One step on a span. Serial; called for disjoint spans at the same time. */
  void (*step)(const graft_optimizer_config *config, const graft_optimizer_span *span);
  /** One step on the whole vector in place of `step`, or NULL; frozen chunks are its business. */
  void (*whole)(struct graft_optimizer *optimizer, double lr, const graft_real *gradient,
                graft_real *theta);
} graft_optimizer_type;

/** The i-th rule, NULL past the end. */
const graft_optimizer_type *graft_optimizer_types(size_t i);
/** The rule of that name, or NULL. */
const graft_optimizer_type *graft_optimizer_find(const char *name);
/** Names of the rules, for option rows. */
const char *graft_optimizer_choices(size_t i);

/** A part of the vector that one thread treats at once. */
typedef struct graft_optimizer_chunk {
  size_t offset; /**< first element */
  size_t count;  /**< elements */
  bool decay;    /**< weight decay applies to all of them */
} graft_optimizer_chunk;

/** A rule at work; caller's struct. */
typedef struct graft_optimizer {
  const graft_optimizer_type *type;       /**< the rule */
  graft_optimizer_config config;          /**< its parameters */
  size_t n;                               /**< length of the parameter vector */
  uint64_t steps;                         /**< steps taken; part of the state */
  double number[GRAFT_OPTIMIZER_NUMBERS]; /**< of the rule; part of the state */
  double value; /**< loss whose gradient comes next, set by the caller; NaN: not known */
  graft_real *vector[GRAFT_OPTIMIZER_VECTORS]; /**< [n] each: the state, in the arena */
  size_t chunks;                               /**< rows of `chunk` */
  graft_optimizer_chunk *chunk; /**< [chunks], in the arena: all but the frozen blocks */
} graft_optimizer;

/** Prepare @p optimizer for parameters of that layout.
 *  @param optimizer caller's struct
 *  @param type the rule
 *  @param config its parameters, copied
 *  @param layout only read here; blocks frozen later go unnoticed
 *  @param arena supplies type->vectors × n numbers and a table of chunks; a measuring arena is
 *         allowed and leaves the optimizer unusable
 *  @return GRAFT_USAGE naming the option that is out of range; GRAFT_MEMORY */
GRAFT_MUST_USE graft_status graft_optimizer_init(graft_optimizer *optimizer,
                                                 const graft_optimizer_type *type,
                                                 const graft_optimizer_config *config,
                                                 const graft_layout *layout, graft_arena *arena);

/** One step: theta [n] changes by the rule, except in frozen blocks.
 *  @param optimizer the rule at work
 *  @param lr learning rate
 *  @param gradient [n]
 *  @param scale factor of the gradient
 *  @param theta [n] parameters
 *  Cost: one pass over theta, gradient and state; OpenMP-parallel; no allocation. */
void graft_optimizer_step(graft_optimizer *optimizer, double lr, const graft_real *gradient,
                          double scale, graft_real *theta);

#endif
