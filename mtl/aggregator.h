/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_MTL_AGGREGATOR_H
#define GRAFT_MTL_AGGREGATOR_H

/** @file aggregator.h
 *  Aggregators: how the gradients of K tasks become one direction for the parameters that tasks
 * share. A rule is one file in `mtl/aggregator/` and one line in `aggregator.def`. Most rules
 * answer with weights of the rows; rules that work coordinate by coordinate answer with the
 * direction itself. */

#include <stdint.h>

#include "base/arena.h"
#include "base/layout.h"
#include "base/real.h"

/** What a rule must see; bits may be combined. A rule that needs nothing costs one backward pass of
 *  the weighted sum, any other one the Jacobian rows. */
enum {
  GRAFT_NEEDS_LOSSES = 1,  /**< mean loss of each task in this step */
  GRAFT_NEEDS_GRAMIAN = 2, /**< inner products of the rows */
  GRAFT_NEEDS_ROWS = 4,    /**< the rows themselves; the rule may answer with a direction */
};

/** A run of elements of the flat vector. */
typedef struct graft_span {
  size_t offset; /**< first element */
  size_t count;  /**< elements */
} graft_span;

/** What a rule is given. Rows are gradients of the tasks' *mean* losses times the tasks' weights.
 *  A task without samples in the batch is not active: its loss and row are 0. */
typedef struct graft_aggregator_input {
  size_t tasks;           /**< K */
  uint64_t active;        /**< bit k: task k has samples in this step */
  uint64_t step;          /**< step of the run, from 0: decides random numbers */
  uint64_t seed;          /**< of the run */
  const double *loss;     /**< [K] mean losses (LOSSES), else NULL */
  const double *gramian;  /**< [K x K] inner products over the shared spans (GRAMIAN), else NULL */
  const graft_real *rows; /**< [K x n] row-major, in full length (ROWS), else NULL */
  size_t n;               /**< length of a row */
  const graft_span *shared; /**< [spans] the parts of a row that tasks share: all a rule may use */
  size_t spans;             /**< rows of `shared` */
} graft_aggregator_input;

/** A rule. */
typedef struct graft_aggregator_type {
  const char *name;           /**< value of option `aggregator` */
  const char *summary;        /**< one line, with the scale of the output */
  const char *source;         /**< key of docs/references.md */
  const char *const *options; /**< names of the options it reads, NULL-terminated */
  unsigned needs;             /**< GRAFT_NEEDS_… bits */
  int gives_direction;        /**< 1: `combine` writes the direction, 0: it writes weights */
  /** Bytes of state (K tasks, n parameters), or NULL: none. The state is plain data without
   *  pointers, so that a checkpoint can hold its bytes. */
  size_t (*state_size)(size_t tasks, size_t n);
  /** Set the state at the start of a run, or NULL: all bytes 0. */
  void (*init)(void *state, size_t tasks, size_t n);
  /** Combine: weight [K] of the rows, or direction [n] (shared spans only; the rest is not its
   *  business). No allocation. */
  graft_status (*combine)(void *state, const graft_aggregator_input *input, double *weight,
                          graft_real *direction);
} graft_aggregator_type;

/** The i-th rule, NULL past the end. */
const graft_aggregator_type *graft_aggregator_types(size_t i);
/** The rule of that name, or NULL. */
const graft_aggregator_type *graft_aggregator_find(const char *name);
/** Names of the rules, for option rows. */
const char *graft_aggregator_choices(size_t i);

#endif
