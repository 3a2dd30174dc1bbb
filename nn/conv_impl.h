/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_NN_CONV_IMPL_H
#define GRAFT_NN_CONV_IMPL_H

/** @file conv_impl.h
 *  Convolution kernels on one image (private to nn/).
 *
 *  Images are channels last. With zero padding made explicit, the k x C inputs of one row of taps
 * of an output pixel are contiguous; call them a window, K = k C elements. Then
 *
 *      y[i, j, o] = bias[o] + Σ_u Σ_q x[i s + u, j s C + q] W[u, q, o],    q = 0 … K − 1,
 *
 *  is k matrix products without any gathering, and so is the gradient by the weights. The gradient
 * by the input is the same sum over the padded dy with flipped weights. Output channels go in
 * blocks of one vector register. */

#include <stddef.h>

#include "nn/tile_impl.h"

/** A sum over windows; L = GRAFT_LANES. */
typedef struct graft_conv_windows {
  size_t rows, columns; /**< output pixels */
  size_t taps;          /**< k: rows of taps */
  size_t window;        /**< K: elements of a row of taps */
  size_t row;           /**< input elements from one output row to the next */
  size_t column;        /**< input elements from one output column to the next */
  size_t tap;           /**< input elements from one row of taps to the next */
  size_t channels;      /**< output channels O */
} graft_conv_windows;

/** y [rows x columns x O] = bias + sum over windows of x.
 *  @param weight [⌈O / L⌉ x k x K x L]
 *  @param bias [⌈O / L⌉ x L], aligned, or NULL */
void graft_conv_forward(const graft_conv_windows *g, const graft_real *x, const graft_real *weight,
                        const graft_real *bias, graft_real *y);

/** weight [⌈O / L⌉ x k x K x L] += Σ window of x · dy.
 *  @param dy first pixel; aligned, a multiple of L channels per pixel
 *  @param dy_row,dy_column elements from one row and column to the next */
void graft_conv_weight(const graft_conv_windows *g, const graft_real *x, const graft_real *dy,
                       size_t dy_row, size_t dy_column, graft_real *weight);

/** Copy an image x [H x W x C] into a frame [F x G x D] of zeros: pixel (i, j) goes to (p + s i, p
 * + s j); D ≥ C. */
void graft_conv_frame(size_t H, size_t W, size_t C, const graft_real *x, size_t p, size_t s,
                      size_t F, size_t G, size_t D, graft_real *frame);

#endif
