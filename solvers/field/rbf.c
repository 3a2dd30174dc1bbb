/* SPDX-License-Identifier: BSD-2-Clause
 * Method:    the covariance is a product of one per axis, so g = σ A Z Aᵀ with Z [M x M]
 *            independent normals and A Aᵀ the covariance matrix of an axis with 12.8 nodes per
 *            correlation length, from its eigenvectors; modes below 1e-12 of the largest eigenvalue
 *            are dropped. Each eigenvector's sign is fixed (its first component above half its
 *            largest is positive) and Z is filled in shells of max(i, j), row i = shell first, so
 *            that a realisation hardly changes with the number of modes, the machine or the
 *            library.
 * Cost:      M ≈ 3/l; per realisation M² normals and N M (M + N) multiply-adds, N = 12.8/l.
 * Reference: loeve1978 (Karhunen-Loève expansion), rasmussen2006, section 4.3.2 (Nyström). */
#include "solvers/field/rbf.h"

#include <cblas.h>
#include <math.h>

#include "base/arena.h"

#define KEEP 1e-12

/* LAPACK: eigenvalues (ascending) and eigenvectors of a symmetric matrix. */
extern void dsyev_(const char *job, const char *part, const int *n, double *a, const int *lda,
                   double *w, double *work, const int *lwork, int *info);

static graft_status decompose(size_t nodes, double *matrix, double *value) {
  int n = (int)nodes, size = -1, info = 0;
  double best = 0, *work;
  dsyev_("V", "U", &n, matrix, &n, value, &best, &size, &info);
  size = (int)best;
  GRAFT_TRY(graft_alloc(&work, (size_t)size, sizeof *work));
  dsyev_("V", "U", &n, matrix, &n, value, work, &size, &info);
  graft_free(work);
  GRAFT_CHECK(info == 0, INTERNAL, "random field: LAPACK dsyev failed with %d", info);
  return GRAFT_OK;
}

static double sign_of(size_t nodes, const double *v) {
  double most = 0;
  for (size_t k = 0; k < nodes; k++) most = fmax(most, fabs(v[k]));
  for (size_t k = 0; k < nodes; k++) {
    if (fabs(v[k]) > most / 2) return v[k] > 0 ? 1 : -1;
  }
  return 1;
}

/* basis column m = sign √λ v of the m-th largest eigenvalue. */
static graft_status set_basis(graft_rbf *rbf, const double *vector, const double *value) {
  size_t n = rbf->nodes;
  while (rbf->modes < n && value[n - 1 - rbf->modes] > KEEP * value[n - 1]) rbf->modes++;
  size_t m = rbf->modes;
  GRAFT_TRY(graft_alloc(&rbf->basis, n * m, sizeof *rbf->basis));
  GRAFT_TRY(graft_alloc(&rbf->normal, m * m, sizeof *rbf->normal));
  GRAFT_TRY(graft_alloc(&rbf->half, n * m, sizeof *rbf->half));
  for (size_t i = 0; i < m; i++) {
    const double *v = vector + (n - 1 - i) * n;
    double scale = sqrt(value[n - 1 - i]) * sign_of(n, v);
    for (size_t k = 0; k < n; k++) rbf->basis[k * m + i] = scale * v[k];
  }
  return GRAFT_OK;
}

graft_status graft_rbf_init(void *state, double length, double sigma, size_t *nodes) {
  graft_status status = GRAFT_OK;
  graft_rbf *rbf = state;
  double *matrix = NULL, *value = NULL;
  GRAFT_CHECK(length >= 0.005 && length <= 10, USAGE,
              "field_length: expected a number in [0.005, 10], got %g", length);
  size_t n = 1 + (size_t)fmax(ceil(12.8 / length), 10);
  rbf->nodes = *nodes = n;
  rbf->sigma = sigma;
  GRAFT_TRY_TO(done, graft_alloc(&matrix, n * n, sizeof *matrix));
  GRAFT_TRY_TO(done, graft_alloc(&value, n, sizeof *value));
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < n; j++) {
      double d = ((double)i - (double)j) / (double)(n - 1) / length;
      matrix[i * n + j] = exp(-d * d / 2);
    }
  }
  GRAFT_TRY_TO(done, decompose(n, matrix, value));
  GRAFT_TRY_TO(done, set_basis(rbf, matrix, value));
done:
  graft_free(matrix);
  graft_free(value);
  return status;
}

graft_status graft_rbf_draw(void *state, graft_rng *rng, double *g) {
  graft_rbf *rbf = state;
  size_t m = rbf->modes, n = rbf->nodes;
  for (size_t shell = 0; shell < m; shell++) {
    for (size_t j = 0; j <= shell; j++) rbf->normal[shell * m + j] = graft_rng_normal(rng);
    for (size_t i = 0; i < shell; i++) rbf->normal[i * m + shell] = graft_rng_normal(rng);
  }
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)n, (int)m, (int)m, rbf->sigma,
              rbf->basis, (int)m, rbf->normal, (int)m, 0, rbf->half, (int)m);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)n, (int)n, (int)m, 1, rbf->half, (int)m,
              rbf->basis, (int)m, 0, g, (int)n);
  return GRAFT_OK;
}

void graft_rbf_fini(void *state) {
  graft_rbf *rbf = state;
  graft_free(rbf->basis);
  graft_free(rbf->normal);
  graft_free(rbf->half);
}

void graft_rbf_basis(const graft_rbf *rbf, double length, double x, double *a) {
  size_t m = rbf->modes, n = rbf->nodes;
  for (size_t i = 0; i < m; i++) a[i] = 0;
  for (size_t i = 0; i < m; i++) {
    double norm = 0;
    for (size_t k = 0; k < n; k++) {
      double d = (x - (double)k / (double)(n - 1)) / length, b = rbf->basis[k * m + i];
      a[i] += exp(-d * d / 2) * b;
      norm += b * b; /* = λ_i */
    }
    a[i] /= norm;
  }
}
