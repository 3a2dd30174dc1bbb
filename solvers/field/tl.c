/* SPDX-License-Identifier: BSD-2-Clause
 * Method:    g = σ Σ √λ_m v_m ξ_m over the MODES largest eigenvalues of the matrix of TL-DeepONet's
 *            kernel C(d) = 1 − Σ_i |d_i|/(2c) + Σ_i |d_i|³/(54c), c = 0.25, entries below 0.01 set
 *            to 0, at NODES² points. C is no covariance (its least eigenvalue is about −20); the
 *            leading pairs are meant. The square's reflections split the matrix by parity into
 *            blocks of (NODES/2)² rows, of which those for (even, odd) and (odd, even) are
 *            transposes of each other: three decompositions of 625 rows in place of one of 2500.
 * Cost:      once 0.5 s; a realisation 0.25 million multiply-adds.
 * Reference: goswami2022, supplementary code (kernel, truncation); constantine2012 (kernel). */
#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "solvers/field/tl.h"

enum { NODES = GRAFT_TL_NODES, MODES = GRAFT_TL_MODES, HALF = NODES / 2, ROWS = HALF * HALF };

/* LAPACK: some eigenvalues (ascending) and eigenvectors of a symmetric matrix. */
extern void dsyevr_(const char *job, const char *range, const char *part, const int *n, double *a,
                    const int *lda, const double *vl, const double *vu, const int *il,
                    const int *iu, const double *tolerance, int *found, double *w, double *z,
                    const int *ldz, int *support, double *work, const int *lwork, int *iwork,
                    const int *liwork, int *info);

double graft_tl_kernel(double length, int i, int j) {
  double dx = fabs((double)i) / (NODES - 1), dy = fabs((double)j) / (NODES - 1);
  double value = 1 - (dx + dy) / (2 * length) + (dx * dx * dx + dy * dy * dy) / (54 * length);
  return value < 0.01 ? 0 : value;
}

/* Block of functions that are even (sign 1) or odd (−1) along x and y. */
static void set_block(double length, int sx, int sy, double *a) {
  for (int p = 0; p < ROWS; p++) {
    for (int q = 0; q < ROWS; q++) {
      int i = p / HALF, j = p % HALF, k = q / HALF, l = q % HALF;
      int mk = NODES - 1 - k, ml = NODES - 1 - l;
      a[p * ROWS + q] = graft_tl_kernel(length, i - k, j - l) +
                        sx * graft_tl_kernel(length, i - mk, j - l) +
                        sy * graft_tl_kernel(length, i - k, j - ml) +
                        sx * sy * graft_tl_kernel(length, i - mk, j - ml);
    }
  }
}

/* The MODES largest eigenvalues, ascending; vectors [MODES x ROWS]. @p a is destroyed. */
static graft_status decompose(double *a, double *value, double *vector) {
  int n = ROWS, first = ROWS - MODES + 1, last = ROWS, found, info, size = -1, whole = -1;
  int support[2 * MODES], best_whole = 0, *integer = NULL;
  double zero = 0, best = 0, *work = NULL, *values = NULL;
  graft_status status = GRAFT_OK;
  dsyevr_("V", "I", "U", &n, a, &n, &zero, &zero, &first, &last, &zero, &found, value, vector, &n,
          support, &best, &size, &best_whole, &whole, &info);
  size = (int)best, whole = best_whole;
  GRAFT_TRY_TO(done, graft_alloc(&work, (size_t)size, sizeof *work));
  GRAFT_TRY_TO(done, graft_alloc(&integer, (size_t)whole, sizeof *integer));
  GRAFT_TRY_TO(done, graft_alloc(&values, ROWS, sizeof *values));
  dsyevr_("V", "I", "U", &n, a, &n, &zero, &zero, &first, &last, &zero, &found, values, vector, &n,
          support, work, &size, integer, &whole, &info);
  GRAFT_CHECK_TO(done, info == 0 && found == MODES, INTERNAL,
                 "random field: LAPACK dsyevr failed with %d", info);
  for (int m = 0; m < MODES; m++) value[m] = values[m];
done:
  graft_free(values);
  graft_free(integer);
  graft_free(work);
  return status;
}

/* A pair before the pairs of all parities are sorted. */
struct pair {
  double value;
  int block, row; /* of its vector; block 2 is block 1 with x and y exchanged */
};

static int larger_first(const void *a, const void *b) {
  const struct pair *p = a, *q = b;
  if (p->value > q->value) return -1;
  if (p->value < q->value) return 1;
  return p->block - q->block; /* equal: the two mixed parities */
}

static const int parity[4][2] = {{1, 1}, {1, -1}, {-1, 1}, {-1, -1}};

/* basis row = scale × v on all points; the first large component along x, then y is positive. */
static void spread(const double *v, const struct pair *pair, double scale, double *row) {
  double most = 0;
  for (int p = 0; p < ROWS; p++) most = fmax(most, fabs(v[p]));
  for (int p = 0; p < ROWS; p++) {
    if (fabs(v[p]) < most / 2) continue;
    if (v[p] < 0) scale = -scale;
    break;
  }
  for (int i = 0; i < NODES; i++) {
    for (int j = 0; j < NODES; j++) {
      int a = i < HALF ? i : NODES - 1 - i, b = j < HALF ? j : NODES - 1 - j;
      int sign = (i < HALF ? 1 : parity[pair->block][0]) * (j < HALF ? 1 : parity[pair->block][1]);
      row[i * NODES + j] = scale * sign * v[pair->block == 2 ? b * HALF + a : a * HALF + b];
    }
  }
}

static void select_pairs(double sigma, const double *value, const double *vector, double *basis) {
  struct pair pair[4 * MODES];
  for (int b = 0; b < 4; b++) {
    for (int m = 0; m < MODES; m++) {
      int from = b == 3 ? 2 : b > 0; /* block that was decomposed */
      pair[b * MODES + m] = (struct pair){value[from * MODES + m], b, from * MODES + m};
    }
  }
  qsort(pair, 4 * MODES, sizeof *pair, larger_first);
  for (int m = 0; m < MODES; m++) {
    /* a vector of a block has norm 1 on a quarter of the points: 1/2 on all of them */
    double scale = sigma * sqrt(fmax(pair[m].value, 0)) / 2;
    spread(vector + (size_t)pair[m].row * ROWS, &pair[m], scale, basis + m * NODES * NODES);
  }
}

graft_status graft_tl_init(void *state, double length, double sigma, size_t *nodes) {
  graft_tl *s = state;
  static const int decomposed[3] = {0, 1, 3};
  double *a = NULL, *value = NULL, *vector = NULL;
  graft_status status = GRAFT_OK;
  *nodes = NODES;
  GRAFT_TRY_TO(done, graft_alloc(&s->basis, MODES * NODES * NODES, sizeof *s->basis));
  GRAFT_TRY_TO(done, graft_alloc(&a, ROWS * ROWS, sizeof *a));
  GRAFT_TRY_TO(done, graft_alloc(&value, 3 * MODES, sizeof *value));
  GRAFT_TRY_TO(done, graft_alloc(&vector, 3 * MODES * ROWS, sizeof *vector));
  for (int b = 0; b < 3; b++) {
    set_block(length, parity[decomposed[b]][0], parity[decomposed[b]][1], a);
    GRAFT_TRY_TO(done, decompose(a, value + b * MODES, vector + b * MODES * ROWS));
  }
  select_pairs(sigma, value, vector, s->basis);
done:
  graft_free(vector);
  graft_free(value);
  graft_free(a);
  return status;
}

static graft_status draw(void *state, graft_rng *rng, double *g) {
  const graft_tl *s = state;
  for (int p = 0; p < NODES * NODES; p++) g[p] = 0;
  for (int m = 0; m < MODES; m++) {
    double xi = graft_rng_normal(rng);
    const double *row = s->basis + m * NODES * NODES;
    for (int p = 0; p < NODES * NODES; p++) g[p] += xi * row[p];
  }
  return GRAFT_OK;
}

void graft_tl_fini(void *state) {
  graft_tl *s = state;
  graft_free(s->basis);
}

const graft_field_type graft_field_tl = {
    .name = "tl",
    .summary = "100 leading modes of TL-DeepONet's kernel, length 0.25, sigma 1",
    .source = "goswami2022",
    .length = 0.25,
    .sigma = 1,
    .mesh_size = {0.008, 0.025},
    .state_size = sizeof(graft_tl),
    .init = graft_tl_init,
    .draw = draw,
    .fini = graft_tl_fini,
};
