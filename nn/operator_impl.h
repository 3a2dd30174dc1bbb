/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_NN_OPERATOR_IMPL_H
#define GRAFT_NN_OPERATOR_IMPL_H

/** @file operator_impl.h
 *  How to write an operator (private to nn/).
 *
 *  build() looks at the inputs' shapes and the settings, refuses what does not fit, sets axis and
 * row, says what it keeps per row and needs as scratch, and declares parameters. forward() and
 * backward() work on a tile of rows, on one thread, without allocation. backward() adds to the
 * thread's own part of the parameter gradient; the graph sums the parts in fixed order. */

#include "nn/graph.h"
#include "nn/operator.h"

enum {
  GRAFT_OPERATOR_INPUTS = 8,     /**< most inputs of an operator */
  GRAFT_OPERATOR_PARAMETERS = 2, /**< most parameter arrays of an operator */
};

/** Properties of an operator type. */
enum {
  GRAFT_OPERATOR_ACTIVATION = 1,  /**< elementwise with one input: listed as activation */
  GRAFT_OPERATOR_IN_PLACE = 2,    /**< y may be x[0] in forward, dx[0] may be dy in backward */
  GRAFT_OPERATOR_KEEP_INPUT = 4,  /**< backward reads x */
  GRAFT_OPERATOR_KEEP_OUTPUT = 8, /**< backward reads y */
  GRAFT_OPERATOR_JOINT =
      16, /**< reads sample and point rows: forward runs on point tiles, backward on
               point tiles and then on sample tiles, x, y, dy and dx being
               whole arrays */
};

/** More properties. */
enum {
  GRAFT_OPERATOR_COUPLED =
      32, /**< rows depend on each other: reduce() runs over all rows before forward, and before
               backward, in training; the sums are added over threads, and ranks */
};

/** One parameter array of an operator. */
typedef struct graft_parameter {
  size_t block;           /**< row in the layout */
  size_t offset;          /**< first element in theta */
  size_t count;           /**< elements */
  size_t part;            /**< first element in a thread's part of the gradient */
  size_t part_count;      /**< elements there: more than count if it is laid out differently */
  graft_init init;        /**< initial values … */
  double fan_in, fan_out; /**< … of a unit with that many inputs and outputs … */
  double std;             /**< … or with that deviation … */
  double base;            /**< … added to this */
} graft_parameter;

typedef struct graft_operator graft_operator;

/** A node of the graph: an operator with its place, or an input (type NULL). */
struct graft_operator {
  const graft_operator_type *type;
  char name[GRAFT_NAME_SIZE];
  graft_operator_config config;
  uint64_t tasks;                                     /**< of its parameters */
  size_t index;                                       /**< number of the node */
  size_t inputs;                                      /**< nodes it reads */
  const graft_operator *input[GRAFT_OPERATOR_INPUTS]; /**< them */
  graft_layout *layout;                               /**< of the graph */
  /* Set by build(): */
  graft_axis axis;   /**< (default: of the first input) */
  graft_shape row;   /**< (default: of the first input) */
  size_t saved;      /**< bytes per row kept from forward to backward; on the pair axis: per pair */
  size_t scratch;    /**< bytes per thread, contents lost between calls */
  size_t shared;     /**< bytes that prepare() fills and all threads read */
  size_t tile;       /**< most rows per tile, 0: no wish */
  double flops;      /**< of matrix products in forward, per row; on the pair axis: per pair */
  size_t sums;       /**< coupled: numbers that reduce() adds up */
  size_t state;      /**< coupled: numbers that are kept between passes (running statistics) */
  size_t parameters; /**< declared by graft_operator_parameter() */
  graft_parameter parameter[GRAFT_OPERATOR_PARAMETERS];
  /* Set by the graph: */
  size_t size;     /**< elements per row; on the pair axis: per pair */
  bool needs_grad; /**< a parameter or a wanted gradient lies at or above this node */
};

/** One call of forward or backward: a tile of rows. Pointers are to the tile's first row, but to
 * row 0 for joint operators (which run on samples run->first … only); not aliased unless the
 * operator works in place. */
typedef struct graft_call {
  const graft_run *run;
  const graft_real *theta;                    /**< [n] all parameters */
  graft_axis axis;                            /**< of the rows */
  size_t row, rows;                           /**< the tile */
  size_t count;                               /**< rows x elements per row of the operator */
  const graft_real *x[GRAFT_OPERATOR_INPUTS]; /**< inputs; in backward only with KEEP_INPUT */
  graft_real *y;                              /**< output; in backward only with KEEP_OUTPUT */
  void *saved;                                /**< [rows x saved] bytes */
  void *scratch;                              /**< [scratch] bytes */
  void *shared;                               /**< [shared] bytes, as prepare() left them */
  const graft_real *dy;                       /**< gradient with respect to y */
  graft_real *dx[GRAFT_OPERATOR_INPUTS]; /**< to be overwritten with the gradient with respect to x;
                                            NULL: not wanted */
  bool add[GRAFT_OPERATOR_INPUTS];       /**< joint operators: add to dx instead */
  const double *sum;      /**< coupled: [sums] over all rows, of forward; NULL: not in training */
  const double *back_sum; /**< coupled, in backward: [sums] over all rows, of backward */
  const double *state;    /**< coupled: [state] */
  graft_real *part;       /**< the thread's part of the gradient: add at parameter[i].part */
} graft_call;

/** A row of the registry. */
struct graft_operator_type {
  graft_operator_about about;
  size_t min_inputs, max_inputs;
  unsigned flags; /**< GRAFT_OPERATOR_… */
  graft_status (*build)(graft_operator *op);
  /** Before forward: fill the shared memory from theta (packed weights); or NULL. */
  void (*prepare)(const graft_operator *op, const graft_real *theta, void *shared);
  void (*forward)(const graft_operator *op, const graft_call *call);
  void (*backward)(const graft_operator *op, const graft_call *call);
  /** After backward: value [count] = the i-th parameter's gradient from the summed part; or NULL if
   * both are laid out alike. */
  void (*collect)(const graft_operator *op, size_t i, const graft_real *part, graft_real *value);
  /** Coupled: add a tile's rows to sum [sums]; in backward call->dy is there, else NULL. */
  void (*reduce)(const graft_operator *op, const graft_call *call, double *sum);
  /** Coupled: set state [state] from the sums of a forward pass; sum NULL: to its first values. */
  void (*update)(const graft_operator *op, const double *sum, double *state);
};

/** Declare a parameter array name/@p suffix. "weight" decays and starts as config.init says; "gain"
 * starts as 1; others, such as "bias", start with deviation config.bias_std. */
GRAFT_MUST_USE graft_status graft_operator_parameter(graft_operator *op, const char *suffix,
                                                     graft_shape shape, double fan_in,
                                                     double fan_out);

/** Refuse inputs whose row rank is not @p rank; the message names the operator and the shape. */
GRAFT_MUST_USE graft_status graft_operator_expect_rank(const graft_operator *op, int rank);

/** Refuse inputs that differ in axis or row shape. */
GRAFT_MUST_USE graft_status graft_operator_expect_alike(const graft_operator *op);

/** Build function of elementwise operators: inputs alike, output like them. */
GRAFT_MUST_USE graft_status graft_operator_build_elementwise(graft_operator *op);

/** The i-th parameter in theta. */
static inline const graft_real *graft_operator_theta(const graft_operator *op,
                                                     const graft_call *call, size_t i) {
  return call->theta + op->parameter[i].offset;
}

/** The i-th parameter in the thread's part of the gradient. */
static inline graft_real *graft_operator_part(const graft_operator *op, const graft_call *call,
                                              size_t i) {
  return call->part + op->parameter[i].part;
}

#endif
