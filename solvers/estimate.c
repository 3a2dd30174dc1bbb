/* SPDX-License-Identifier: BSD-2-Clause
 * Method:    gradients at the nodes of each element, averaged over the elements around a node with
 *            their areas as weights and interpolated by the shape functions: G. The indicator is
 *            (Σ_T |T| ∫_T |G − ∇u|²)^½ / ‖u‖: the recovered error of the gradient times the element
 *            size, as L2 errors are one order smaller than those of gradients.
 * Cost:      about 400 multiply-adds per element of order 2.
 * Reference: zienkiewicz1992; the weight |T| ~ h² after ainsworth2000, section 4.3. Deviation:
 * plain averages instead of patch fits, since a factor per mesh is calibrated anyway. */
#include "solvers/estimate.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "solvers/quadrature.h"

enum { MOST = 6 };

static const double node_at[MOST][2] = {{0, 0}, {1, 0}, {0, 1}, {0.5, 0}, {0.5, 0.5}, {0, 0.5}};

/* Inverse transposed Jacobians at the nodes of element e; its area. */
static void init_element(graft_estimator *estimator, size_t e) {
  const graft_mesh *mesh = estimator->mesh;
  size_t n = graft_mesh_element_nodes(mesh);
  const int *node = mesh->element + e * n;
  for (size_t a = 0; a < n; a++) {
    double gradient[2 * MOST], j[4] = {0, 0, 0, 0};
    graft_triangle_basis(mesh->order, node_at[a], NULL, gradient);
    for (size_t i = 0; i < n; i++) {
      const double *xy = mesh->xy + 2 * (size_t)node[i];
      for (size_t k = 0; k < 2; k++) {
        j[2 * k] += gradient[2 * i] * xy[k];
        j[2 * k + 1] += gradient[2 * i + 1] * xy[k];
      }
    }
    double det = j[0] * j[3] - j[1] * j[2], *inverse = estimator->inverse + 4 * (e * n + a);
    inverse[0] = j[3] / det, inverse[1] = -j[2] / det;
    inverse[2] = -j[1] / det, inverse[3] = j[0] / det;
    estimator->area[e] += det / 2 / (double)n;
  }
  for (size_t a = 0; a < n; a++) estimator->share[node[a]] += estimator->area[e];
}

graft_status graft_estimator_init(graft_estimator *estimator, const graft_mesh *mesh) {
  graft_status status = GRAFT_OK;
  size_t corners = mesh->elements * graft_mesh_element_nodes(mesh);
  *estimator = (graft_estimator){.mesh = mesh, .scale = 1};
  GRAFT_TRY_TO(fail, graft_alloc(&estimator->inverse, 4 * corners, sizeof(double)));
  GRAFT_TRY_TO(fail, graft_alloc(&estimator->area, mesh->elements, sizeof(double)));
  GRAFT_TRY_TO(fail, graft_alloc(&estimator->share, mesh->nodes, sizeof(double)));
  GRAFT_TRY_TO(fail, graft_alloc(&estimator->gradient, 2 * corners, sizeof(double)));
  GRAFT_TRY_TO(fail, graft_alloc(&estimator->mean, 2 * mesh->nodes, sizeof(double)));
  for (size_t e = 0; e < mesh->elements; e++) init_element(estimator, e);
  for (size_t i = 0; i < mesh->nodes; i++) estimator->share[i] = 1 / estimator->share[i];
  return GRAFT_OK;
fail:
  graft_estimator_fini(estimator);
  return status;
}

void graft_estimator_fini(graft_estimator *estimator) {
  graft_free(estimator->inverse);
  graft_free(estimator->area);
  graft_free(estimator->share);
  graft_free(estimator->gradient);
  graft_free(estimator->mean);
  *estimator = (graft_estimator){0};
}

/* Gradients at the nodes of all elements, and their means. */
static void recover(graft_estimator *estimator, const double *u) {
  const graft_mesh *mesh = estimator->mesh;
  size_t n = graft_mesh_element_nodes(mesh);
  double shape[MOST][2 * MOST];
  for (size_t a = 0; a < n; a++) graft_triangle_basis(mesh->order, node_at[a], NULL, shape[a]);
  memset(estimator->mean, 0, 2 * mesh->nodes * sizeof(double));
  for (size_t e = 0; e < mesh->elements; e++) {
    const int *node = mesh->element + e * n;
    for (size_t a = 0; a < n; a++) {
      const double *inverse = estimator->inverse + 4 * (e * n + a);
      double r = 0, s = 0, *g = estimator->gradient + 2 * (e * n + a);
      for (size_t i = 0; i < n; i++) {
        r += shape[a][2 * i] * u[node[i]];
        s += shape[a][2 * i + 1] * u[node[i]];
      }
      g[0] = inverse[0] * r + inverse[1] * s;
      g[1] = inverse[2] * r + inverse[3] * s;
      double weight = estimator->area[e] * estimator->share[node[a]];
      estimator->mean[2 * (size_t)node[a]] += weight * g[0];
      estimator->mean[2 * (size_t)node[a] + 1] += weight * g[1];
    }
  }
}

/* Mass matrix of the reference element over its area: mean of φi φj. */
static void mean_products(int order, size_t n, double product[MOST][MOST]) {
  graft_quadrature rule;
  if (graft_quadrature_get(4, &rule) != GRAFT_OK) return; /* there is one */
  memset(product, 0, sizeof(double) * MOST * MOST);
  for (int q = 0; q < rule.points; q++) {
    double value[MOST];
    graft_triangle_basis(order, rule.rs[q], value, NULL);
    for (size_t i = 0; i < n; i++) {
      for (size_t j = 0; j < n; j++) product[i][j] += 2 * rule.weight[q] * value[i] * value[j];
    }
  }
}

double graft_estimator_apply(graft_estimator *estimator, const double *u) {
  const graft_mesh *mesh = estimator->mesh;
  size_t n = graft_mesh_element_nodes(mesh);
  double product[MOST][MOST] = {{0}}, error = 0, norm = 0;
  mean_products(mesh->order, n, product);
  recover(estimator, u);
  for (size_t e = 0; e < mesh->elements; e++) {
    const int *node = mesh->element + e * n;
    double dx[MOST], dy[MOST], v[MOST], square = 0, value = 0;
    for (size_t i = 0; i < n; i++) {
      const double *mean = estimator->mean + 2 * (size_t)node[i];
      dx[i] = mean[0] - estimator->gradient[2 * (e * n + i)];
      dy[i] = mean[1] - estimator->gradient[2 * (e * n + i) + 1];
      v[i] = u[node[i]];
    }
    for (size_t i = 0; i < n; i++) {
      for (size_t j = 0; j < n; j++) {
        square += product[i][j] * (dx[i] * dx[j] + dy[i] * dy[j]);
        value += product[i][j] * v[i] * v[j];
      }
    }
    error += estimator->area[e] * estimator->area[e] * square;
    norm += estimator->area[e] * value;
  }
  return norm > 0 ? estimator->scale * sqrt(error / norm) : 0;
}
