/* SPDX-License-Identifier: BSD-2-Clause */
#include "deeponet/linalg_impl.h"

#include <cblas.h>
#include <limits.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

enum { TILE_ROWS = 128, TILE_COLUMNS = 512 };
/* dsyevd's work space of 1 + 6 n + 2 n² numbers must fit an int */
_Static_assert((2LL * GRAFT_LINALG_MOST + 6) * GRAFT_LINALG_MOST + 1 <= INT_MAX, "too large");

/* LAPACK, column-major: a symmetric matrix is its own transpose. */
extern void dsyevd_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda,
                    double *w, double *work, const int *lwork, int *iwork, const int *liwork,
                    int *info);
extern void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info);
extern void dpotri_(const char *uplo, const int *n, double *a, const int *lda, int *info);

void graft_linalg_begin(void) {
  if (openblas_get_num_threads() != 1) openblas_set_num_threads(1);
}

void graft_linalg_multiply(size_t m, size_t n, size_t k, bool a_transposed, const double *a,
                           bool b_transposed, const double *b, double *c) {
  size_t down = (m + TILE_ROWS - 1) / TILE_ROWS, across = (n + TILE_COLUMNS - 1) / TILE_COLUMNS;
#pragma omp parallel for schedule(static) if (down * across > 1 && !omp_in_parallel())
  for (size_t tile = 0; tile < down * across; tile++) {
    size_t i = tile % down * TILE_ROWS, j = tile / down * TILE_COLUMNS;
    size_t rows = m - i < TILE_ROWS ? m - i : TILE_ROWS;
    size_t columns = n - j < TILE_COLUMNS ? n - j : TILE_COLUMNS;
    cblas_dgemm(CblasRowMajor, a_transposed ? CblasTrans : CblasNoTrans,
                b_transposed ? CblasTrans : CblasNoTrans, (int)rows, (int)columns, (int)k, 1,
                a + (a_transposed ? i : i * k), (int)(a_transposed ? m : k),
                b + (b_transposed ? j * k : j), (int)(b_transposed ? k : n), 0, c + i * n + j,
                (int)n);
  }
}

graft_status graft_linalg_eigen(size_t n, double *a, double *value) {
  GRAFT_CHECK(n <= GRAFT_LINALG_MOST, USAGE,
              "eigenvalues of a %zu x %zu matrix: expected at most %d rows; use fewer samples", n,
              n, GRAFT_LINALG_MOST);
  int order = (int)n, info = 0, query = -1, integers = 0;
  double wanted = 0;
  dsyevd_("V", "U", &order, a, &order, value, &wanted, &query, &integers, &query, &info);
  int words = (int)wanted;
  double *work = NULL;
  int *integer_work = NULL;
  graft_status status;
  GRAFT_TRY_TO(done, graft_alloc(&work, (size_t)words, sizeof *work));
  GRAFT_TRY_TO(done, graft_alloc(&integer_work, (size_t)integers, sizeof *integer_work));
  dsyevd_("V", "U", &order, a, &order, value, work, &words, integer_work, &integers, &info);
  GRAFT_CHECK_TO(done, info == 0, DIVERGED,
                 "eigenvalues of a %zu x %zu Gram matrix: LAPACK says %d", n, n, info);
done:
  graft_free(work);
  graft_free(integer_work);
  return status;
}

graft_status graft_linalg_invert(size_t n, double *a) {
  int order = (int)n, info = 0;
  dpotrf_("U", &order, a, &order, &info);
  if (info == 0) dpotri_("U", &order, a, &order, &info);
  GRAFT_CHECK(info == 0, DIVERGED, "inverse of a %zu x %zu matrix: LAPACK says %d", n, n, info);
  for (size_t i = 0; i < n; i++) { /* LAPACK's upper triangle is our lower one */
    for (size_t j = i + 1; j < n; j++) a[i * n + j] = a[j * n + i];
  }
  return GRAFT_OK;
}

static void centre_columns(size_t n, size_t all, size_t k, size_t first, size_t count,
                           const double *a, double *out) {
  double mean[TILE_COLUMNS] = {0};
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < count; j++) mean[j] += a[i * k + first + j];
  }
  for (size_t j = 0; j < count; j++) mean[j] /= (double)n;
  for (size_t i = 0; i < all; i++) {
    for (size_t j = 0; j < count; j++) out[i * k + first + j] = a[i * k + first + j] - mean[j];
  }
}

void graft_linalg_centre(size_t n, size_t rows, size_t k, const double *a, double *out) {
#pragma omp parallel for schedule(static) if (!omp_in_parallel())
  for (size_t j = 0; j < k; j += TILE_COLUMNS) {
    size_t count = k - j < TILE_COLUMNS ? k - j : TILE_COLUMNS;
    centre_columns(n, n + rows, k, j, count, a, out);
  }
}

static void square_norms(size_t m, size_t k, const double *a, double *norm) {
#pragma omp parallel for schedule(static) if (!omp_in_parallel())
  for (size_t i = 0; i < m; i++) norm[i] = cblas_ddot((int)k, a + i * k, 1, a + i * k, 1);
}

graft_status graft_linalg_distances(size_t m, size_t n, size_t k, const double *a, const double *b,
                                    double *c) {
  double *norm;
  GRAFT_TRY(graft_alloc(&norm, m + n, sizeof *norm));
  square_norms(m, k, a, norm);
  square_norms(n, k, b, norm + m);
  graft_linalg_multiply(m, n, k, false, a, true, b, c);
  for (size_t i = 0; i < m; i++) {
    for (size_t j = 0; j < n; j++) {
      double square = norm[i] + norm[m + j] - 2 * c[i * n + j];
      c[i * n + j] = a == b && i == j ? 0 : fmax(square, 0);
    }
  }
  graft_free(norm);
  return GRAFT_OK;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

graft_status graft_linalg_median(size_t n, const double *a, double *median) {
  double *list;
  size_t count = 0;
  *median = 1;
  if (n < 2) return GRAFT_OK;
  GRAFT_TRY(graft_alloc(&list, n * (n - 1) / 2, sizeof *list));
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < i; j++) list[count++] = a[i * n + j];
  }
  qsort(list, count, sizeof *list, compare);
  *median = count % 2 ? list[count / 2] : (list[count / 2 - 1] + list[count / 2]) / 2;
  graft_free(list);
  return GRAFT_OK;
}

graft_status graft_ridge_init(graft_ridge *ridge, size_t n, size_t rows, const double *gram,
                              const double *kernel) {
  *ridge = (graft_ridge){.n = n, .rows = rows};
  GRAFT_TRY(graft_alloc(&ridge->vector, n * n, sizeof(double)));
  GRAFT_TRY(graft_alloc(&ridge->value, n, sizeof(double)));
  GRAFT_TRY(graft_alloc(&ridge->image, rows * n, sizeof(double)));
  memcpy(ridge->vector, gram, n * n * sizeof *gram);
  GRAFT_TRY(graft_linalg_eigen(n, ridge->vector, ridge->value));
  for (size_t i = 0; i < n; i++) ridge->value[i] = fmax(ridge->value[i], 0);
  graft_linalg_multiply(rows, n, n, false, kernel, true, ridge->vector, ridge->image);
  return GRAFT_OK;
}

void graft_ridge_weights(const graft_ridge *ridge, double penalty, size_t first, size_t count,
                         double *scratch, double *weights) {
  size_t n = ridge->n;
  for (size_t i = 0; i < count; i++) {
    for (size_t j = 0; j < n; j++) {
      scratch[i * n + j] = ridge->image[(first + i) * n + j] / (ridge->value[j] + penalty);
    }
  }
  graft_linalg_multiply(count, n, n, false, scratch, false, ridge->vector, weights);
}

void graft_ridge_fini(graft_ridge *ridge) {
  graft_free(ridge->vector);
  graft_free(ridge->value);
  graft_free(ridge->image);
  *ridge = (graft_ridge){0};
}
