/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_NN_OPERATOR_H
#define GRAFT_NN_OPERATOR_H

/** @file operator.h
 *  The registry of operators. An operator is one file in nn/operator/ with one exported const
 * struct, one line in nn/operator.def and one line in nn/meson.build; how to write one is in
 * nn/operator_impl.h. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nn/init.h"

/** Settings of all operators in one struct; each reads the fields that concern it. */
typedef struct graft_operator_config {
  size_t width;    /**< dense: outputs; conv2d: output channels; fourier: frequencies;
                        contract_each: points of a sample */
  size_t kernel;   /**< conv2d: taps per axis, odd; same padding (default 3) */
  size_t stride;   /**< conv2d: stride (default 1) */
  double slope;    /**< leaky_relu: slope below 0 (default 0.2, as in Keras) */
  double rate;     /**< dropout: probability of a zero, in [0, 1) (default 0.1) */
  double epsilon;  /**< layer_norm, batch_norm: added to the variance (default 1e-3, as in Keras) */
  double momentum; /**< batch_norm: memory of the running statistics (default 0.99, as in Keras) */
  double frequency; /**< sine: w0 of sin(w0 x) (default 30) */
  bool bias;        /**< dense, conv2d: add a bias per output (default true) */
  bool offset;      /**< contract: add one trained scalar to all outputs (default false) */
  graft_init init;  /**< weights (default Glorot normal) */
  double init_std;  /**< deviation of GRAFT_INIT_NORMAL, limit of GRAFT_INIT_UNIFORM; fourier:
                         deviation of the frequencies (default 0.01) */
  uint64_t seed;    /**< fourier: of the frequencies (default 0) */
  double bias_std;  /**< standard deviation of initial biases (default 0: zeros) */
} graft_operator_config;

/** The defaults named above. */
graft_operator_config graft_operator_default(void);

/** An operator of the registry; the members after @p source are described in nn/operator_impl.h. */
typedef struct graft_operator_type graft_operator_type;

/** What a registry row says about itself. */
typedef struct graft_operator_about {
  const char *name;    /**< e.g. "conv2d" */
  const char *summary; /**< one line */
  const char *source;  /**< key in docs/references.md */
} graft_operator_about;

/** Number of operators in the registry. */
size_t graft_operator_count(void);

/** Name, summary and source of the i-th operator, i < graft_operator_count(). */
graft_operator_about graft_operator_get(size_t i);

/** The operator of that name, or NULL. */
const graft_operator_type *graft_operator_find(const char *name);

/** Name of the i-th activation function (operators that may follow any layer: "relu", "gelu" …),
 *  NULL past the end. Fits ::graft_option_choices. */
const char *graft_activation_name(size_t i);

#endif
