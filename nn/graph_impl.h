/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_NN_GRAPH_IMPL_H
#define GRAFT_NN_GRAPH_IMPL_H

/** @file graph_impl.h
 *  What is inside a graph (private to nn/): nodes, stages, and where each array lives. */

#include "nn/graph.h"
#include "nn/operator_impl.h"

/** Where an array lives. */
typedef enum graft_home {
  GRAFT_HOME_NONE,  /**< not needed */
  GRAFT_HOME_FULL,  /**< all rows, in the arena */
  GRAFT_HOME_TILE,  /**< the rows of one tile, in the thread's buffer */
  GRAFT_HOME_GIVEN, /**< the caller's d_output */
} graft_home;

/** An array of a node: its value or its gradient. */
typedef struct graft_place {
  graft_home home;
  size_t alias;     /**< node in whose array this one lives (in-place operators); itself if none */
  graft_real *full; /**< [max rows x row] if FULL */
  size_t tile;      /**< bytes from the start of the thread's buffer if TILE */
} graft_place;

/** A node with its planned arrays. */
typedef struct graft_graph_node {
  graft_operator op;
  graft_place value, grad;
  size_t consumers;        /**< input slots that read it */
  size_t stage;            /**< stage that runs it; inputs: SIZE_MAX */
  size_t position;         /**< within its stage */
  bool wanted;             /**< input whose gradient, or operator whose value was asked for */
  const graft_real *extra; /**< added to the gradient, or NULL */
  bool written;            /**< while planning: an earlier reader in backward writes its gradient */
  bool temporary[GRAFT_OPERATOR_INPUTS]; /**< its part of the input's gradient is added to that of
                                            others */
  size_t temporary_tile[GRAFT_OPERATOR_INPUTS]; /**< where that is, in the thread's buffer */
  unsigned char *saved;                         /**< [max rows x op.saved] */
  unsigned char *shared;                        /**< [op.shared] */
  double *lane_sum;                             /**< [threads x op.sums] */
  double *sum, *back_sum; /**< [op.sums] over all rows, forward and backward */
  double *state;          /**< [op.state] part of the graph's */
} graft_graph_node;

/** Nodes of one axis that run together, tile by tile. */
typedef struct graft_stage {
  graft_axis axis;
  bool image;   /**< rows with three axes */
  bool joint;   /**< one joint operator */
  bool coupled; /**< one coupled operator */
  size_t level; /**< stages with lower levels run before */
  size_t tile;  /**< rows per tile */
  size_t count; /**< nodes */
  size_t *node; /**< [count] in order, owned */
} graft_stage;

struct graft_graph {
  size_t max_samples, max_points;
  int threads;
  size_t nodes, capacity;
  graft_graph_node **node; /**< [nodes], owned */
  graft_layout layout;
  size_t output;
  bool finished;
  size_t stages;
  graft_stage *stage;   /**< [stages], owned */
  unsigned char *arena; /**< the one block, owned */
  size_t arena_size;
  unsigned char *lane;       /**< [threads x lane_size] tile buffers and scratch */
  size_t lane_size, scratch; /**< bytes per thread; offset of the scratch in them */
  graft_real *part;          /**< [threads x part_size] the threads' gradients */
  size_t part_size;          /**< elements */
  graft_real *collected;     /**< [largest collected parameter] */
  double *state;             /**< [state_size] running statistics */
  size_t state_size;         /**< elements */
  graft_graph_sum *sum;      /**< over ranks, or NULL */
  void *sum_ctx;             /**< handed to it */
};

/** Rows of an axis in a run, and elements per row of a node in it. */
static inline size_t graft_axis_rows(graft_axis axis, size_t samples, size_t points) {
  return axis == GRAFT_AXIS_POINT ? points : samples;
}
static inline size_t graft_row_elements(const graft_operator *op, size_t points) {
  return op->axis == GRAFT_AXIS_PAIR ? op->size * points : op->size;
}

/** Sums over all rows that a coupled stage needs before it runs; d_output NULL: forward. In
 * nn/couple.c. */
GRAFT_MUST_USE graft_status graft_graph_couple(graft_graph *graph, const graft_stage *stage,
                                               const graft_run *run, const graft_real *theta,
                                               const graft_real *d_output);

/** Rows of one thread: [*first, *end) of @p rows. */
void graft_graph_lane(const graft_graph *graph, size_t rows, int lane, size_t *first, size_t *end);

/** Rows of the next tile, when @p left are left and a tile takes @p most. */
size_t graft_graph_tile(size_t left, size_t most);

/** The call of a node on a tile; @p base: the call as the tile has it. With @p d_output its dy and
 * dx are set too. */
graft_call graft_graph_call(const graft_graph *graph, const graft_graph_node *node,
                            const graft_call *base, const graft_real *d_output, int lane);

/** Group the nodes into stages (nn/stage.c). */
GRAFT_MUST_USE graft_status graft_graph_plan_stages(graft_graph *graph);

/** Decide where each array lives and take the arena (nn/plan.c). */
GRAFT_MUST_USE graft_status graft_graph_plan_memory(graft_graph *graph);

#endif
