/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_SOLVERS_FIELD_RBF_H
#define GRAFT_SOLVERS_FIELD_RBF_H

/** @file rbf.h
 *  Gaussian fields with covariance σ² exp(−|d|²/2l²) on the unit square, shared by the laws that
 * use them. The functions are those of ::graft_field_type. */

#include "solvers/field.h"

/** The expansion. */
typedef struct graft_rbf {
  size_t nodes;   /**< N per axis */
  size_t modes;   /**< M per axis */
  double *basis;  /**< [nodes x modes] √λ_i v_i, σ not included */
  double *normal; /**< [modes x modes] normals of the last realisation */
  double *half;   /**< [nodes x modes] work space */
  double sigma;   /**< standard deviation */
} graft_rbf;

/** Eigen-decomposition of the covariance of one axis. Cost: one dsyev of 12.8/l nodes. */
graft_status graft_rbf_init(void *state, double length, double sigma, size_t *nodes);

/** g = σ A Z Aᵀ; the normals fill Z in shells of max(i, j). */
graft_status graft_rbf_draw(void *state, graft_rng *rng, double *g);

/** Release. */
void graft_rbf_fini(void *state);

/** Exact covariance expansion at a coordinate (Nyström): @p a [modes] = √λ_i v_i(x); serves tests.
 */
void graft_rbf_basis(const graft_rbf *rbf, double length, double x, double *a);

#endif
