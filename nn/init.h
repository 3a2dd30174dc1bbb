/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_NN_INIT_H
#define GRAFT_NN_INIT_H

/** @file init.h
 *  Initial values of parameters. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/real.h"
#include "base/status.h"

/** Rows: enum name, option value, summary. Fans are inputs x taps and outputs x taps. */
#define GRAFT_INIT_LIST(X)                                                                         \
  X(GLOROT_NORMAL, "glorot_normal", "truncated normal, std sqrt(2 / (fan_in + fan_out))")          \
  X(GLOROT_UNIFORM, "glorot_uniform", "uniform, limit sqrt(6 / (fan_in + fan_out))")               \
  X(HE_NORMAL, "he_normal", "truncated normal, std sqrt(2 / fan_in)")                              \
  X(UNIFORM, "uniform", "uniform with the given limit")                                            \
  X(NORMAL, "normal", "normal with the given std")                                                 \
  X(ZEROS, "zeros", "all zero")

/** How a weight array starts. */
typedef enum graft_init {
#define GRAFT_INIT_ENUM(name, text, summary) GRAFT_INIT_##name, /**< see ::GRAFT_INIT_LIST */
  GRAFT_INIT_LIST(GRAFT_INIT_ENUM)
#undef GRAFT_INIT_ENUM
      GRAFT_INIT_COUNT /**< number of kinds, not a kind */
} graft_init;

/** Option value of the i-th kind, e.g. "glorot_normal"; NULL past the end. Fits
 *  ::graft_option_choices. */
const char *graft_init_name(size_t i);

/** The kind of that name, GRAFT_INIT_COUNT if there is none. */
graft_init graft_init_find(const char *name);

/** Fill @p value [count] with initial values.
 *  @param init kind
 *  @param fan_in,fan_out inputs and outputs of one unit, taps of a kernel included; both ≥ 1
 *  @param std standard deviation of GRAFT_INIT_NORMAL, limit of GRAFT_INIT_UNIFORM, ≥ 0
 *  @param seed,index random sequence (@p index: number of the layout block), stream
 *         GRAFT_STREAM_INIT
 *  Truncated normals are cut at two standard deviations and rescaled, as Keras does.
 *  Reference: glorot2010, eq. 12 and 16; he2015, eq. 10. */
void graft_init_fill(graft_init init, double fan_in, double fan_out, double std, uint64_t seed,
                     uint64_t index, size_t count, graft_real *value);

/** Limit of uniform initial weights of a dense layer before sin(w0 x), so that all layers see
 * arguments of one size: 1 / inputs for the first layer, √(6 / inputs) / w0 for others.
 *  Reference: sitzmann2020, section 3.2. */
double graft_init_siren_limit(size_t inputs, double w0, bool first);

#endif
