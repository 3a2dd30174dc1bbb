/* SPDX-License-Identifier: BSD-2-Clause
 * Method:    isoparametric Lagrange tetrahedra of order 1 and 2: element matrices
 *            Σ_q w_q |J_q| k ∇φi·∇φj, face matrices Σ_q w_q |n_q| β φi φj, all entries in one array
 *            of coordinate triples (MatSetValuesCOO); conjugate gradients, algebraic multigrid.
 * Cost:      order 2: 14 points x 55 pairs per element; CG needs some 20 iterations.
 * Reference: ern2004, sections 1.3, 3.1, 8.1; petsc2022 (MatSetValuesCOO, PCGAMG). */
#include "solvers/solid_fe.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "solvers/petsc_impl.h"
#include "solvers/quadrature.h"

enum { MOST = 10, FACE_MOST = 6 };

struct graft_solid_fe {
  const graft_solid *solid;
  const graft_solid_law *law;
  int nodes, face_nodes;                              /* per element, per face */
  graft_quadrature_solid rule;                        /* in elements */
  graft_quadrature face_rule;                         /* on faces */
  double value[GRAFT_QUADRATURE_SOLID_MAX][MOST];     /* shape functions at the points */
  double slope[GRAFT_QUADRATURE_SOLID_MAX][3 * MOST]; /* their gradients by reference */
  double face_value[GRAFT_QUADRATURE_MAX][FACE_MOST];
  double face_slope[GRAFT_QUADRATURE_MAX][2 * FACE_MOST];
  int iterations;
  Mat matrix;
  Vec b, x;
  KSP solver;
};

/* Point q of an element: position, weight |J|, and gradients of the shape functions if asked for.
 */
static double at_point(const graft_solid_fe *fe, size_t e, int q, double x[3],
                       double gradient[][3]) {
  const int *node = fe->solid->element + (size_t)fe->nodes * e;
  double j[3][3] = {{0}}, inverse[3][3];
  x[0] = x[1] = x[2] = 0;
  for (int i = 0; i < fe->nodes; i++) {
    const double *xyz = fe->solid->xyz + 3 * (size_t)node[i];
    for (int a = 0; a < 3; a++) {
      x[a] += fe->value[q][i] * xyz[a];
      for (int b = 0; b < 3; b++) j[a][b] += fe->slope[q][3 * i + b] * xyz[a];
    }
  }
  for (int a = 0; a < 3; a++) { /* adjugate */
    int a1 = (a + 1) % 3, a2 = (a + 2) % 3;
    for (int b = 0; b < 3; b++) {
      int b1 = (b + 1) % 3, b2 = (b + 2) % 3;
      inverse[b][a] = j[a1][b1] * j[a2][b2] - j[a1][b2] * j[a2][b1];
    }
  }
  double det = j[0][0] * inverse[0][0] + j[0][1] * inverse[1][0] + j[0][2] * inverse[2][0];
  for (int i = 0; gradient && i < fe->nodes; i++) {
    for (int a = 0; a < 3; a++) {
      double sum = 0;
      for (int b = 0; b < 3; b++) sum += fe->slope[q][3 * i + b] * inverse[b][a];
      gradient[i][a] = sum / det;
    }
  }
  return fe->rule.weight[q] * det;
}

/* Point q of a face: position, unit normal; returns weight times area element. */
static double at_face(const graft_solid_fe *fe, size_t f, int q, double x[3], double normal[3]) {
  const int *node = fe->solid->face + (size_t)fe->face_nodes * f;
  double r[3] = {0}, s[3] = {0};
  x[0] = x[1] = x[2] = 0;
  for (int i = 0; i < fe->face_nodes; i++) {
    const double *xyz = fe->solid->xyz + 3 * (size_t)node[i];
    for (int a = 0; a < 3; a++) {
      x[a] += fe->face_value[q][i] * xyz[a];
      r[a] += fe->face_slope[q][2 * i] * xyz[a];
      s[a] += fe->face_slope[q][2 * i + 1] * xyz[a];
    }
  }
  normal[0] = r[1] * s[2] - r[2] * s[1];
  normal[1] = r[2] * s[0] - r[0] * s[2];
  normal[2] = r[0] * s[1] - r[1] * s[0];
  double area = sqrt(normal[0] * normal[0] + normal[1] * normal[1] + normal[2] * normal[2]);
  for (int a = 0; a < 3; a++) normal[a] /= area;
  return fe->face_rule.weight[q] * area;
}

static graft_status add_element(const graft_solid_fe *fe, size_t e, double *entry, double *load) {
  int n = fe->nodes;
  double matrix[MOST][MOST] = {{0}}, right[MOST] = {0};
  for (int q = 0; q < fe->rule.points; q++) {
    double x[3], g[MOST][3], k = 1, f = 0, weight = at_point(fe, e, q, x, g);
    GRAFT_CHECK(weight > 0, INTERNAL,
                "tetrahedron %zu at (%g, %g, %g): expected positive volume, got %g", e, x[0], x[1],
                x[2], weight);
    if (fe->law->volume) fe->law->volume(fe->law->ctx, x, &k, &f);
    for (int i = 0; i < n; i++) {
      right[i] += weight * f * fe->value[q][i];
      for (int j = i; j < n; j++) {
        matrix[i][j] += weight * k * (g[i][0] * g[j][0] + g[i][1] * g[j][1] + g[i][2] * g[j][2]);
      }
    }
  }
  for (int i = 0; i < n; i++) {
    load[fe->solid->element[(size_t)n * e + (size_t)i]] += right[i];
    for (int j = 0; j < n; j++) entry[i * n + j] = i < j ? matrix[i][j] : matrix[j][i];
  }
  return GRAFT_OK;
}

static void add_face(const graft_solid_fe *fe, size_t f, double *entry, double *load) {
  int n = fe->face_nodes;
  const int *node = fe->solid->face + (size_t)n * f;
  for (int i = 0; i < n * n; i++) entry[i] = 0;
  for (int q = 0; q < fe->face_rule.points; q++) {
    double x[3], normal[3], flux = 0, beta = 0, weight = at_face(fe, f, q, x, normal);
    fe->law->surface(fe->law->ctx, fe->solid->face_tag[f], x, normal, &flux, &beta);
    for (int i = 0; i < n; i++) {
      double test = weight * fe->face_value[q][i];
      load[node[i]] += flux * test;
      for (int j = 0; j < n; j++) entry[i * n + j] += beta * test * fe->face_value[q][j];
    }
  }
}

/* Rows and columns of the entries of elements (or faces) with n nodes each. */
static PetscInt *put_pattern(const int *node, size_t count, size_t n, PetscInt *row,
                             PetscInt **column) {
  for (size_t e = 0; e < count; e++, node += n) {
    for (size_t i = 0; i < n; i++) {
      for (size_t j = 0; j < n; j++) {
        *row++ = node[i];
        *(*column)++ = node[j];
      }
    }
  }
  return row;
}

static PetscErrorCode set_pattern(graft_solid_fe *fe, size_t entries) {
  const graft_solid *solid = fe->solid;
  PetscInt *row, *column;
  PetscFunctionBeginUser;
  PetscCall(PetscMalloc2(entries, &row, entries, &column));
  PetscInt *at = column;
  PetscInt *next = put_pattern(solid->element, solid->elements, (size_t)fe->nodes, row, &at);
  put_pattern(solid->face, solid->faces, (size_t)fe->face_nodes, next, &at);
  PetscCall(MatSetPreallocationCOO(fe->matrix, (PetscCount)entries, row, column));
  PetscCall(PetscFree2(row, column));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode init(graft_solid_fe *fe, size_t entries) {
  PC pc;
  PetscInt n = (PetscInt)fe->solid->nodes;
  PetscFunctionBeginUser;
  PetscCall(MatCreate(PETSC_COMM_SELF, &fe->matrix));
  PetscCall(MatSetSizes(fe->matrix, n, n, n, n));
  PetscCall(MatSetType(fe->matrix, MATSEQAIJ));
  PetscCall(set_pattern(fe, entries));
  PetscCall(MatSetOption(fe->matrix, MAT_SPD, PETSC_TRUE));
  PetscCall(MatSetOption(fe->matrix, MAT_SPD_ETERNAL, PETSC_TRUE));
  PetscCall(MatCreateVecs(fe->matrix, &fe->x, &fe->b));
  PetscCall(KSPCreate(PETSC_COMM_SELF, &fe->solver));
  PetscCall(KSPSetOperators(fe->solver, fe->matrix, fe->matrix));
  PetscCall(KSPSetType(fe->solver, KSPCG));
  PetscCall(KSPGetPC(fe->solver, &pc));
  PetscCall(PCSetType(pc, PCGAMG));
  PetscCall(KSPSetTolerances(fe->solver, 1e-9, PETSC_DEFAULT, PETSC_DEFAULT, 500));
  PetscErrorCode code = KSPSetFromOptions(fe->solver);
  if (code != PETSC_SUCCESS) code = graft_status_to_petsc(GRAFT_USAGE); /* its message stands */
  PetscCall(code);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode set(graft_solid_fe *fe, const double *entry, const double *load) {
  PetscScalar *b;
  PetscFunctionBeginUser;
  PetscCall(MatSetValuesCOO(fe->matrix, entry, INSERT_VALUES));
  PetscCall(VecGetArrayWrite(fe->b, &b));
  memcpy(b, load, fe->solid->nodes * sizeof *b);
  PetscCall(VecRestoreArrayWrite(fe->b, &b));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static graft_status assemble(graft_solid_fe *fe) {
  graft_status status = GRAFT_OK;
  const graft_solid *solid = fe->solid;
  size_t n = (size_t)fe->nodes * (size_t)fe->nodes;
  size_t m = (size_t)fe->face_nodes * (size_t)fe->face_nodes;
  size_t entries = solid->elements * n + solid->faces * m;
  double *entry = NULL, *load = NULL;
  GRAFT_CHECK(entries < (size_t)PETSC_MAX_INT, USAGE,
              "elements: expected fewer than %d entries, got %zu; use a larger mesh_size",
              PETSC_MAX_INT, entries);
  GRAFT_TRY_TO(done, graft_alloc(&entry, entries, sizeof *entry));
  GRAFT_TRY_TO(done, graft_alloc(&load, solid->nodes, sizeof *load));
  for (size_t e = 0; e < solid->elements; e++) {
    GRAFT_TRY_TO(done, add_element(fe, e, entry + e * n, load));
  }
  for (size_t f = 0; f < solid->faces; f++) {
    add_face(fe, f, entry + solid->elements * n + f * m, load);
  }
  GRAFT_TRY_TO(done, graft_status_from_petsc(init(fe, entries)));
  GRAFT_TRY_TO(done, graft_status_from_petsc(set(fe, entry, load)));
done:
  graft_free(entry);
  graft_free(load);
  return status;
}

graft_status graft_solid_fe_create(const graft_solid *solid, const graft_solid_law *law,
                                   graft_solid_fe **out) {
  graft_solid_fe *fe;
  *out = NULL;
  GRAFT_TRY(graft_alloc(&fe, 1, sizeof *fe));
  fe->solid = solid;
  fe->law = law;
  fe->nodes = (int)graft_solid_element_nodes(solid);
  fe->face_nodes = (int)graft_solid_face_nodes(solid);
  graft_quadrature_solid_get(solid->order == 1 ? 2 : 5, &fe->rule);
  graft_status status = graft_quadrature_get(solid->order == 1 ? 2 : 4, &fe->face_rule);
  for (int q = 0; q < fe->rule.points; q++) {
    graft_tetrahedron_basis(solid->order, fe->rule.rst[q], fe->value[q], fe->slope[q]);
  }
  for (int q = 0; status == GRAFT_OK && q < fe->face_rule.points; q++) {
    graft_triangle_basis(solid->order, fe->face_rule.rs[q], fe->face_value[q], fe->face_slope[q]);
  }
  if (status == GRAFT_OK) status = assemble(fe);
  if (status == GRAFT_OK) {
    *out = fe;
  } else {
    graft_solid_fe_destroy(fe);
  }
  return status;
}

static PetscErrorCode fini(graft_solid_fe *fe) {
  PetscFunctionBeginUser;
  PetscCall(KSPDestroy(&fe->solver));
  PetscCall(VecDestroy(&fe->x));
  PetscCall(VecDestroy(&fe->b));
  PetscCall(MatDestroy(&fe->matrix));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void graft_solid_fe_destroy(graft_solid_fe *fe) {
  if (!fe) return;
  (void)!fini(fe); /* nothing more can be done if it fails */
  graft_free(fe);
}

static PetscErrorCode solve(graft_solid_fe *fe, double *u) {
  KSPConvergedReason reason;
  PetscInt iterations;
  const PetscScalar *x;
  const char *text;
  PetscFunctionBeginUser;
  PetscCall(KSPSolve(fe->solver, fe->b, fe->x));
  PetscCall(KSPGetConvergedReason(fe->solver, &reason));
  PetscCall(KSPGetConvergedReasonString(fe->solver, &text));
  PetscCall(KSPGetIterationNumber(fe->solver, &iterations));
  fe->iterations = (int)iterations;
  GraftCheck(reason > 0, DIVERGED,
             "linear solver: expected convergence, got %s after %d iterations", text,
             (int)iterations);
  double sum = 0;
  PetscCall(VecGetArrayRead(fe->x, &x));
  for (size_t i = 0; i < fe->solid->nodes; i++) {
    u[i] = x[i];
    sum += u[i];
  }
  PetscCall(VecRestoreArrayRead(fe->x, &x));
  GraftCheck(isfinite(sum), DIVERGED, "linear solver: expected finite values, got %g", sum);
  PetscFunctionReturn(PETSC_SUCCESS);
}

graft_status graft_solid_fe_solve(graft_solid_fe *fe, double *u) {
  return graft_status_from_petsc(solve(fe, u));
}

int graft_solid_fe_iterations(const graft_solid_fe *fe) { return fe->iterations; }

double graft_solid_fe_flow(const graft_solid_fe *fe, int tag, const double *u) {
  double flow = 0;
  for (size_t f = 0; f < fe->solid->faces; f++) {
    if (fe->solid->face_tag[f] != tag) continue;
    const int *node = fe->solid->face + (size_t)fe->face_nodes * f;
    for (int q = 0; q < fe->face_rule.points; q++) {
      double x[3], normal[3], flux = 0, beta = 0, at = 0, weight = at_face(fe, f, q, x, normal);
      fe->law->surface(fe->law->ctx, tag, x, normal, &flux, &beta);
      for (int i = 0; i < fe->face_nodes; i++) at += fe->face_value[q][i] * u[node[i]];
      flow += weight * (flux - beta * at);
    }
  }
  return flow;
}

void graft_solid_fe_compare(const graft_solid_fe *fe, const double *u,
                            double (*want)(void *ctx, const double *xyz), void *ctx, double *error,
                            double *size) {
  double sum = 0, square = 0;
  for (size_t e = 0; e < fe->solid->elements; e++) {
    const int *node = fe->solid->element + (size_t)fe->nodes * e;
    for (int q = 0; q < fe->rule.points; q++) {
      double x[3], at = 0, weight = at_point(fe, e, q, x, NULL);
      for (int i = 0; i < fe->nodes; i++) at += fe->value[q][i] * u[node[i]];
      double value = want ? want(ctx, x) : 0;
      sum += weight * (at - value) * (at - value);
      square += weight * value * value;
    }
  }
  *error = sum;
  if (size) *size = square;
}

double graft_solid_fe_volume(const graft_solid_fe *fe) {
  double sum = 0, x[3];
  for (size_t e = 0; e < fe->solid->elements; e++) {
    for (int q = 0; q < fe->rule.points; q++) sum += at_point(fe, e, q, x, NULL);
  }
  return sum;
}

double graft_solid_fe_area(const graft_solid_fe *fe, int tag) {
  double sum = 0, x[3], normal[3];
  for (size_t f = 0; f < fe->solid->faces; f++) {
    if (fe->solid->face_tag[f] != tag) continue;
    for (int q = 0; q < fe->face_rule.points; q++) sum += at_face(fe, f, q, x, normal);
  }
  return sum;
}
