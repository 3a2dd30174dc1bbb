/* SPDX-License-Identifier: BSD-2-Clause
 * Method:    isoparametric Lagrange triangles of order 1 and 2. The element matrix is Σ_q k(x_q)
 *            S_q + c(x_q) M_q, S_q = w_q |J_q| ∇φi·∇φj kept per mesh, M_q = w_q |J_q| φi φj of the
 *            reference element; only i ≤ j. Boundary values are eliminated.
 * Cost:      Q x 21 multiply-adds per assembly at order 2, streaming 2 kB per element.
 * Reference: ern2004, sections 1.3 (isoparametric elements), 3.1 (diffusion), 8.1 (quadrature). */
#include "solvers/fe_impl.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "base/arena.h"

/* Shape function values and products at the points of the rule. */
static void init_reference(graft_fe *fe, double gradient[][MOST_NODES * 2]) {
  for (int q = 0; q < fe->rule.points; q++) {
    graft_triangle_basis(fe->mesh->order, fe->rule.rs[q], fe->value[q], gradient[q]);
    for (int i = 0, p = 0; i < fe->nodes; i++) {
      for (int j = i; j < fe->nodes; j++, p++) {
        fe->product[q][p] = fe->value[q][i] * fe->value[q][j];
      }
    }
  }
}

/* Position, weight, inverse Jacobian and gradient products of point `at`, the q-th of element e. */
static graft_status init_point(graft_fe *fe, size_t e, int q, const double *gradient) {
  const int *node = fe->mesh->element + e * (size_t)fe->nodes;
  size_t at = e * (size_t)fe->rule.points + (size_t)q;
  double x[2] = {0, 0}, jacobian[4] = {0, 0, 0, 0}; /* d(x, y)/d(r, s) */
  for (int i = 0; i < fe->nodes; i++) {
    for (int a = 0; a < 2; a++) {
      double c = fe->mesh->xy[2 * (size_t)node[i] + (size_t)a];
      x[a] += fe->value[q][i] * c;
      jacobian[2 * a] += gradient[2 * i] * c;
      jacobian[2 * a + 1] += gradient[2 * i + 1] * c;
    }
  }
  double det = jacobian[0] * jacobian[3] - jacobian[1] * jacobian[2];
  GRAFT_CHECK(det > 0, INPUT, "mesh: element %zu at (%g, %g): expected positive area, got %g", e,
              x[0], x[1], det / 2);
  memcpy(fe->xy + 2 * at, x, sizeof x);
  fe->weight[at] = fe->rule.weight[q] * det;
  double *inverse = fe->inverse + 4 * at;
  inverse[0] = jacobian[3] / det, inverse[1] = -jacobian[2] / det;
  inverse[2] = -jacobian[1] / det, inverse[3] = jacobian[0] / det;
  double g[MOST_NODES][2];
  for (int i = 0; i < fe->nodes; i++) {
    g[i][0] = inverse[0] * gradient[2 * i] + inverse[1] * gradient[2 * i + 1];
    g[i][1] = inverse[2] * gradient[2 * i] + inverse[3] * gradient[2 * i + 1];
  }
  double *stiffness = fe->stiffness + at * (size_t)fe->pairs;
  for (int i = 0, p = 0; i < fe->nodes; i++) {
    for (int j = i; j < fe->nodes; j++, p++) {
      stiffness[p] = fe->weight[at] * (g[i][0] * g[j][0] + g[i][1] * g[j][1]);
    }
  }
  return GRAFT_OK;
}

static graft_status init_points(graft_fe *fe) {
  double gradient[GRAFT_QUADRATURE_MAX][MOST_NODES * 2];
  init_reference(fe, gradient);
  for (size_t e = 0; e < fe->mesh->elements; e++) {
    for (int q = 0; q < fe->rule.points; q++) GRAFT_TRY(init_point(fe, e, q, gradient[q]));
  }
  return GRAFT_OK;
}

static graft_status allocate(graft_fe *fe) {
  size_t elements = fe->mesh->elements, n = (size_t)fe->nodes;
  fe->points = elements * (size_t)fe->rule.points;
  GRAFT_TRY(graft_alloc(&fe->xy, 2 * fe->points, sizeof *fe->xy));
  GRAFT_TRY(graft_alloc(&fe->weight, fe->points, sizeof *fe->weight));
  GRAFT_TRY(graft_alloc(&fe->inverse, 4 * fe->points, sizeof *fe->inverse));
  GRAFT_TRY(graft_alloc(&fe->stiffness, fe->points * (size_t)fe->pairs, sizeof *fe->stiffness));
  GRAFT_TRY(graft_alloc(&fe->boundary, fe->mesh->nodes, sizeof *fe->boundary));
  GRAFT_TRY(graft_alloc(&fe->entry, elements * n * n, sizeof *fe->entry));
  GRAFT_TRY(graft_alloc(&fe->unknown, fe->mesh->nodes, sizeof *fe->unknown));
  for (size_t i = 0; i < fe->mesh->nodes; i++) {
    fe->unknown[i] = fe->mesh->boundary[i] ? -1 : (int)fe->unknowns++;
  }
  GRAFT_CHECK(fe->unknowns > 0, USAGE,
              "mesh: expected nodes inside the region, got %zu elements without one; use a smaller "
              "mesh_size",
              elements);
  GRAFT_TRY(graft_alloc(&fe->load, fe->unknowns, sizeof *fe->load));
  return graft_alloc(&fe->lift, fe->unknowns, sizeof *fe->lift);
}

graft_status graft_fe_create(const graft_mesh *mesh, int degree, graft_fe **out) {
  graft_status status = GRAFT_OK;
  *out = NULL;
  GRAFT_CHECK(mesh->order == 1 || mesh->order == 2, USAGE,
              "elements: expected order 1 or 2, got %d", mesh->order);
  GRAFT_CHECK(mesh->elements <= INT_MAX / 64, USAGE,
              "elements: expected at most %d triangles, got %zu; use a larger mesh_size",
              INT_MAX / 64, mesh->elements);
  graft_fe *fe;
  GRAFT_TRY(graft_alloc(&fe, 1, sizeof *fe));
  fe->mesh = mesh;
  fe->nodes = mesh->order == 1 ? 3 : 6;
  fe->pairs = fe->nodes * (fe->nodes + 1) / 2;
  if (degree == 0) degree = 2 * mesh->order;
  GRAFT_TRY_TO(fail, graft_quadrature_get(degree, &fe->rule));
  GRAFT_TRY_TO(fail, allocate(fe));
  GRAFT_TRY_TO(fail, init_points(fe));
  GRAFT_TRY_TO(fail, graft_fe_linear_init(fe));
  *out = fe;
  return GRAFT_OK;
fail:
  graft_fe_destroy(fe);
  return status;
}

void graft_fe_destroy(graft_fe *fe) {
  if (!fe) return;
  graft_fe_linear_fini(fe);
  graft_free(fe->xy);
  graft_free(fe->weight);
  graft_free(fe->inverse);
  graft_free(fe->stiffness);
  graft_free(fe->boundary);
  graft_free(fe->load);
  graft_free(fe->lift);
  graft_free(fe->entry);
  graft_free(fe->unknown);
  graft_free(fe);
}

size_t graft_fe_points(const graft_fe *fe) { return fe->points; }

const double *graft_fe_xy(const graft_fe *fe) { return fe->xy; }

const double *graft_fe_weight(const graft_fe *fe) { return fe->weight; }

void graft_fe_set_boundary(graft_fe *fe, const double *value) {
  fe->has_boundary = 0;
  for (size_t i = 0; i < fe->mesh->nodes; i++) {
    fe->boundary[i] = value && fe->mesh->boundary[i] ? value[i] : 0;
    if (fe->boundary[i] != 0) fe->has_boundary = 1;
  }
}

void graft_fe_set_source(graft_fe *fe, const double *f) {
  memset(fe->load, 0, fe->unknowns * sizeof *fe->load);
  const int *node = fe->mesh->element;
  for (size_t at = 0; at < fe->points; node += fe->nodes) {
    for (int q = 0; q < fe->rule.points; q++, at++) {
      for (int i = 0; i < fe->nodes; i++) {
        int row = fe->unknown[node[i]];
        if (row >= 0) fe->load[row] += fe->weight[at] * f[at] * fe->value[q][i];
      }
    }
  }
}

/* pair [pairs] = Σ_q k S + c M of element e. */
static void sum_element(const graft_fe *fe, size_t e, const double *k, const double *c,
                        double pair[MOST_PAIRS]) {
  size_t at = e * (size_t)fe->rule.points;
  const double *stiffness = fe->stiffness + at * (size_t)fe->pairs;
  for (int p = 0; p < MOST_PAIRS; p++) pair[p] = 0;
  for (int q = 0; q < fe->rule.points; q++, stiffness += fe->pairs) {
    double kq = k[at + (size_t)q];
    if (fe->pairs == MOST_PAIRS) {
      for (int p = 0; p < MOST_PAIRS; p++) pair[p] += kq * stiffness[p];
    } else {
      for (int p = 0; p < 6; p++) pair[p] += kq * stiffness[p];
    }
    if (!c) continue;
    double cq = c[at + (size_t)q] * fe->weight[at + (size_t)q];
    for (int p = 0; p < fe->pairs; p++) pair[p] += cq * fe->product[q][p];
  }
}

/* Move the known boundary values of element e to the right-hand side. */
static void lift_element(graft_fe *fe, size_t e) {
  const int *node = fe->mesh->element + e * (size_t)fe->nodes;
  const double *entry = fe->entry + e * (size_t)(fe->nodes * fe->nodes);
  for (int i = 0; i < fe->nodes; i++) {
    int row = fe->unknown[node[i]];
    if (row < 0) continue;
    for (int j = 0; j < fe->nodes; j++) {
      fe->lift[row] -= entry[i * fe->nodes + j] * fe->boundary[node[j]];
    }
  }
}

graft_status graft_fe_assemble(graft_fe *fe, const double *k, const double *c) {
  for (size_t at = 0; at < fe->points; at++) {
    GRAFT_CHECK(k[at] > 0 && k[at] < HUGE_VAL, DIVERGED,
                "coefficient at (%g, %g): expected positive and finite, got %g", fe->xy[2 * at],
                fe->xy[2 * at + 1], k[at]);
  }
  memcpy(fe->lift, fe->load, fe->unknowns * sizeof *fe->lift);
  for (size_t e = 0; e < fe->mesh->elements; e++) {
    double pair[MOST_PAIRS], *entry = fe->entry + e * (size_t)(fe->nodes * fe->nodes);
    sum_element(fe, e, k, c, pair);
    for (int i = 0, p = 0; i < fe->nodes; i++) {
      for (int j = i; j < fe->nodes; j++, p++) {
        entry[i * fe->nodes + j] = pair[p];
        entry[j * fe->nodes + i] = pair[p];
      }
    }
    if (fe->has_boundary) lift_element(fe, e);
  }
  return graft_fe_linear_set(fe);
}

graft_status graft_fe_resolve(graft_fe *fe, double *u) {
  GRAFT_CHECK(!fe->has_boundary, INTERNAL, "elements: expected boundary values of zero");
  memcpy(fe->lift, fe->load, fe->unknowns * sizeof *fe->lift);
  return graft_fe_solve(fe, u);
}

void graft_fe_evaluate(const graft_fe *fe, const double *u, double *value, double *gradient) {
  for (size_t at = 0; at < fe->points; at++) {
    int q = (int)(at % (size_t)fe->rule.points);
    const int *node = fe->mesh->element + at / (size_t)fe->rule.points * (size_t)fe->nodes;
    double shape_gradient[MOST_NODES * 2], v = 0, g[2] = {0, 0};
    if (gradient) graft_triangle_basis(fe->mesh->order, fe->rule.rs[q], NULL, shape_gradient);
    for (int i = 0; i < fe->nodes; i++) {
      v += fe->value[q][i] * u[node[i]];
      if (!gradient) continue;
      g[0] += shape_gradient[2 * i] * u[node[i]];
      g[1] += shape_gradient[2 * i + 1] * u[node[i]];
    }
    if (value) value[at] = v;
    if (!gradient) continue;
    const double *inverse = fe->inverse + 4 * at;
    gradient[2 * at] = inverse[0] * g[0] + inverse[1] * g[1];
    gradient[2 * at + 1] = inverse[2] * g[0] + inverse[3] * g[1];
  }
}

graft_status graft_fe_torsion(graft_fe *fe, double *u) {
  graft_status status = GRAFT_OK;
  double *one;
  GRAFT_TRY(graft_alloc(&one, fe->points, sizeof *one));
  for (size_t at = 0; at < fe->points; at++) one[at] = 1;
  graft_fe_set_boundary(fe, NULL);
  graft_fe_set_source(fe, one);
  GRAFT_TRY_TO(done, graft_fe_assemble(fe, one, NULL));
  GRAFT_TRY_TO(done, graft_fe_solve(fe, u));
done:
  graft_free(one);
  return status;
}
