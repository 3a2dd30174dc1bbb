/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_NN_GRAPH_H
#define GRAFT_NN_GRAPH_H

/** @file graph.h
 *  The static graph: built once from operators, planned once into one arena, run many times without
 *  allocation.
 *
 *  Every node holds one array per row, and rows lie on one of three axes: samples (branch), points
 *  (trunk), or pairs (what contract makes of both: one value per sample and point). The graph cuts
 * the nodes into stages of one axis and runs each stage tile by tile, a tile going through all
 * operators of the stage on one thread, so that it stays in that thread's cache.
 *
 *      graft_graph_create(&g, max_samples, max_points, threads)
 *      graft_graph_input(g, "branch/input", GRAFT_AXIS_SAMPLE, GRAFT_SHAPE(3, 100, 100, 2), &f)
 *      graft_graph_add(g, "conv2d", "branch/conv1", &config, &f, 1, ~0u, &f) …
 *      graft_graph_finish(g, u)
 *      graft_graph_init_parameters(g, seed, theta)
 *      per step: fill graft_graph_input_data(); graft_graph_forward(); gradient of the loss by
 *      graft_graph_output(); graft_graph_backward()
 *
 *  Same bits for the same number of threads. A graph is used by one caller at a time. */

#include <stdbool.h>
#include <stdint.h>

#include "base/layout.h"
#include "base/real.h"
#include "nn/operator.h"

/** What the rows of a node are. */
typedef enum graft_axis {
  GRAFT_AXIS_SAMPLE, /**< `samples` rows */
  GRAFT_AXIS_POINT,  /**< `points` rows, the same for all samples */
  GRAFT_AXIS_PAIR,   /**< `samples` rows of `points` values (row shape: rank 0) */
} graft_axis;

/** Number of a node, as handed out by graft_graph_input() and graft_graph_add(). */
typedef size_t graft_node;

/** A static graph, opaque. */
typedef struct graft_graph graft_graph;

/** How to run the graph once; plain data. Forward and the backward passes that belong to it get the
 *  same values, but for @p accumulate, and for @p first and @p samples: a backward pass may take a
 *  part of the samples of the forward pass, and gives the gradient of these alone. Arrays of
 * inputs, outputs and sample numbers begin at sample 0 whatever @p first is. */
typedef struct graft_run {
  size_t first;              /**< first row of the sample axis that is run, usually 0 */
  size_t samples;            /**< rows of the sample axis from there on, ≥ 1 */
  size_t points;             /**< rows of the point axis, 1 … max_points */
  bool train;                /**< dropout on, statistics of the batch instead of running ones */
  bool update;               /**< running statistics take in this pass's; only with train */
  bool accumulate;           /**< backward: add to `grad` instead of overwriting it */
  uint64_t seed;             /**< with step, layer and sample: decides the dropout masks */
  uint64_t step;             /**< see @p seed */
  const uint64_t *sample_id; /**< [first + samples] number of each sample in its data set, or NULL:
                                its row; caller-owned */
} graft_run;

/** Start an empty graph.
 *  @param graph receives the graph; returned (destroy with graft_graph_destroy())
 *  @param max_samples,max_points largest row counts that will be run, ≥ 1
 *  @param threads OpenMP threads that passes use, ≥ 1 */
GRAFT_MUST_USE graft_status graft_graph_create(graft_graph **graph, size_t max_samples,
                                               size_t max_points, int threads);

/** Release the graph; NULL is allowed. */
void graft_graph_destroy(graft_graph *graph);

/** Add an input.
 *  @param name unique, shorter than GRAFT_NAME_SIZE
 *  @param axis what its rows are
 *  @param row shape of one row, e.g. [100 x 100 x 2] (height, width, channels) or [2]; rank 0 on
 * the pair axis
 *  @param node receives its number */
GRAFT_MUST_USE graft_status graft_graph_input(graft_graph *graph, const char *name, graft_axis axis,
                                              graft_shape row, graft_node *node);

/** Add an operator.
 *  @param type name in nn/operator.def, e.g. "dense"
 *  @param name unique, e.g. "branch/dense1"; its parameters are called name/weight, name/bias …
 *  @param config settings (copied), or NULL for graft_operator_default()
 *  @param input [inputs] nodes it reads
 *  @param inputs how many
 *  @param tasks tasks whose losses reach the parameters (mask of the layout blocks; ~0 for all)
 *  @param node receives its number
 *  @return GRAFT_USAGE naming the operator when shapes or settings do not fit */
GRAFT_MUST_USE graft_status graft_graph_add(graft_graph *graph, const char *type, const char *name,
                                            const graft_operator_config *config,
                                            const graft_node *input, size_t inputs, uint64_t tasks,
                                            graft_node *node);

/** Axis and row shape of a node: for building on it. */
GRAFT_MUST_USE graft_status graft_graph_shape(const graft_graph *graph, graft_node node,
                                              graft_axis *axis, graft_shape *row);

/** Ask for the gradient with respect to an input too (before finish): see graft_graph_gradient().
 */
GRAFT_MUST_USE graft_status graft_graph_want_gradient(graft_graph *graph, graft_node node);

/** Plan stages, tiles and memory, and allocate the one arena. Afterwards nothing can be added.
 *  @param output node whose value is the result; all others serve it */
GRAFT_MUST_USE graft_status graft_graph_finish(graft_graph *graph, graft_node output);

/** Layout of the parameter vector: one block per parameter array, in order of adding. Complete
 * after finish. Borrowed until the graph is destroyed. */
const graft_layout *graft_graph_layout(const graft_graph *graph);

/** Let optimisers leave a block of the layout alone, or train it again.
 *  @param block row of the layout, after finish */
void graft_graph_freeze(graft_graph *graph, size_t block, bool frozen);

/** Fill theta [n] with initial values; a block's values depend on @p seed and its row in the
 * layout. */
GRAFT_MUST_USE graft_status graft_graph_init_parameters(const graft_graph *graph, uint64_t seed,
                                                        graft_real *theta);

/** Buffer of an input, [max rows x row], to be filled by the caller before forward (kept between
 *  passes, so constant inputs are filled once). Pair inputs are [samples x points] with the run's
 *  `points` as row length. Borrowed until the graph is destroyed; NULL before finish. */
graft_real *graft_graph_input_data(graft_graph *graph, graft_node node);

/** Run forward at theta [n]. No allocation. */
GRAFT_MUST_USE graft_status graft_graph_forward(graft_graph *graph, const graft_run *run,
                                                const graft_real *theta);

/** Result of the last forward pass: [samples x points] on the pair axis, else [rows x row].
 * Borrowed until the next forward pass. */
const graft_real *graft_graph_output(const graft_graph *graph);

/** Run backward from the gradient with respect to the output. Needs a forward pass with the same
 * run and theta before it; may be called several times after one forward pass. No allocation.
 *  @param d_output gradient of the scalar with respect to the output, same shape; not changed
 *  @param grad [n] gradient with respect to theta: overwritten, or added to with run->accumulate */
GRAFT_MUST_USE graft_status graft_graph_backward(graft_graph *graph, const graft_run *run,
                                                 const graft_real *theta,
                                                 const graft_real *d_output, graft_real *grad);

/** Gradient of the last backward pass with respect to an input that was asked for by
 *  graft_graph_want_gradient(); NULL for others. Borrowed until the next backward pass. */
const graft_real *graft_graph_gradient(const graft_graph *graph, graft_node node);

/** Ask for the values of a node and for a way into its gradient (before finish). */
GRAFT_MUST_USE graft_status graft_graph_want_value(graft_graph *graph, graft_node node);

/** Values of the last forward pass of a node that was asked for: [rows x row]. Borrowed until the
 *  next one. */
const graft_real *graft_graph_value(const graft_graph *graph, graft_node node);

/** Add to the gradient with respect to such a node in backward passes, e.g. that of a penalty on
 * it.
 *  @param gradient [max rows x row], read in every backward pass until the next call; NULL: nothing
 */
void graft_graph_add_gradient(graft_graph *graph, graft_node node, const graft_real *gradient);

/** Do samples depend on each other in training (batch_norm)? Then backward passes take all samples
 * of the forward pass, and ranks need graft_graph_share(). */
bool graft_graph_coupled(const graft_graph *graph);

/** Adds up value [count] over all ranks. */
typedef graft_status graft_graph_sum(void *ctx, double *value, size_t count);

/** Let coupled operators add their sums over ranks, each of which runs its part of the samples, and
 *  the same points. All ranks call forward, backward, and graft_graph_idle() alike.
 *  @param sum called in passes with train; NULL: one rank
 *  @param ctx handed to it */
void graft_graph_share(graft_graph *graph, graft_graph_sum *sum, void *ctx);

/** Take part in the sums of a pass in which this rank has no samples.
 *  @param run of the pass
 *  @param backward a backward pass */
GRAFT_MUST_USE graft_status graft_graph_idle(graft_graph *graph, const graft_run *run,
                                             bool backward);

/** Running statistics of all coupled operators, which the graph's user stores with the parameters.
 *  @param count receives how many numbers
 *  @return [count], NULL for none; may be read and written between passes. Borrowed until the graph
 * is destroyed */
double *graft_graph_state(graft_graph *graph, size_t *count);

/** What a node is, for reports; texts are borrowed until the graph is destroyed. */
typedef struct graft_node_about {
  const char *name;  /**< as given when it was added */
  const char *type;  /**< of its operator; "input" for inputs */
  graft_axis axis;   /**< what its rows are */
  graft_shape row;   /**< shape of a row; rank 0 on the pair axis */
  size_t parameters; /**< elements of its parameter arrays */
  size_t frozen;     /**< of these in blocks that training leaves alone */
  double
      flops; /**< of matrix products in forward, per row; on the pair axis: per sample and point */
} graft_node_about;

/** Number of nodes, in order of adding. */
size_t graft_graph_count(const graft_graph *graph);

/** The node of that number, < graft_graph_count(). */
graft_node_about graft_graph_get(const graft_graph *graph, graft_node node);

/** Bytes of the arena, for reports. */
size_t graft_graph_memory(const graft_graph *graph);

/** Floating-point operations (multiply and add counted apart) of matrix products and convolutions
 * in one forward pass, and in one backward pass with @p backward. */
double graft_graph_flops(const graft_graph *graph, size_t samples, size_t points, bool backward);

#endif
