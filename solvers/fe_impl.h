/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_SOLVERS_FE_IMPL_H
#define GRAFT_SOLVERS_FE_IMPL_H

/** @file fe_impl.h
 *  Inside of ::graft_fe, shared by kernels (fe.c) and linear algebra (fe_linear.c). */

#include "solvers/fe.h"
#include "solvers/petsc_impl.h"
#include "solvers/quadrature.h"

enum { MOST_NODES = 6, MOST_PAIRS = 21 /* i ≤ j of six nodes */ };

struct graft_fe {
  const graft_mesh *mesh;
  graft_quadrature rule;
  int nodes, pairs;                                 /* N per element; N (N + 1)/2 */
  double value[GRAFT_QUADRATURE_MAX][MOST_NODES];   /* shape functions at the points of the rule */
  double product[GRAFT_QUADRATURE_MAX][MOST_PAIRS]; /* their products φi φj, i ≤ j */
  size_t points;                                    /* Q = elements x rule.points */
  double *xy;                                       /* [Q x 2] */
  double *weight;                                   /* [Q] weight × |J| */
  double *inverse;   /* [Q x 4] inverse transposed Jacobian: reference to physical gradients */
  double *stiffness; /* [Q x pairs] weight × |J| × ∇φi·∇φj, i ≤ j */
  int has_boundary;  /* 1: some boundary value is not zero */
  double *boundary;  /* [nodes of the mesh] values of u there, 0 inside */
  double *load;      /* [unknowns] ∫ f φi */
  double *lift;      /* [unknowns] load − what boundary values contribute */
  double *entry;     /* [elements x N x N] element matrices, as MatSetValuesCOO takes them */
  int *unknown;      /* [nodes of the mesh] row of the node, −1 on the boundary */
  size_t unknowns;
  Mat matrix;
  Vec b, x;
  KSP solver;
};

/** Number the unknowns; make matrix, vectors and solver. */
graft_status graft_fe_linear_init(graft_fe *fe);

/** Put the element matrices of fe->entry into the matrix. */
graft_status graft_fe_linear_set(graft_fe *fe);

/** Release what graft_fe_linear_init() made. */
void graft_fe_linear_fini(graft_fe *fe);

#endif
