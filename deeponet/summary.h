/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_DEEPONET_SUMMARY_H
#define GRAFT_DEEPONET_SUMMARY_H

/** @file summary.h
 *  What a model is made of and what it costs, for people to read before a training. */

#include "deeponet/model.h"
#include "nn/graph.h"

/** Costs of a model. FLOP: multiplications and additions, counted apart, of matrix products and
 * convolutions; the rest is a few per cent. */
typedef struct graft_deeponet_cost {
  size_t parameters;       /**< of one member */
  double predict_flops;    /**< one forward pass of one sample at all points, trunk included */
  size_t samples;          /**< of a training step; 0 without training set, as all that follows */
  size_t points;           /**< of a training step */
  double step_flops;       /**< forward and backward pass of a training step */
  size_t network_memory;   /**< bytes of values, gradients and buffers of the training network */
  size_t data_memory;      /**< bytes of the samples that training keeps */
  size_t training_samples; /**< N; 0 without a training set */
  size_t skip_samples;     /**< training samples that skip paths were fitted to, where these are not
                                all of them, else 0 */
} graft_deeponet_cost;

/** Costs of @p model. */
graft_deeponet_cost graft_deeponet_cost_get(const graft_deeponet *model);

/** Number of layers: nodes of the network's graph, in order of computation. */
size_t graft_deeponet_layer_count(const graft_deeponet *model);

/** The i-th layer, i < graft_deeponet_layer_count(). Texts are borrowed from the model. */
graft_node_about graft_deeponet_layer_get(const graft_deeponet *model, size_t i);

enum { GRAFT_SCALING_TEXT = 512 /**< bytes of the text of graft_deeponet_check_scaling() */ };

/** Is the training data scaled so that the network can learn from it? Looks at the mean solution of
 * each task beside what a fresh network gives, at the tasks beside each other, and at the ranges of
 * the inputs.
 *  @param text [GRAFT_SCALING_TEXT] receives one line of findings and advice, "" for none
 *  @return whether there are any */
bool graft_deeponet_check_scaling(const graft_deeponet *model, char *text);

#endif
