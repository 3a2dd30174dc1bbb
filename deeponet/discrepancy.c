/* SPDX-License-Identifier: BSD-2-Clause */
/* Method:    the conditional distribution of fields Y given features X is embedded as the operator
 *            C(Y|X) between the spaces of two Gaussian kernels, estimated from samples by (K + n
 *            lambda I)^-1. The discrepancy is the squared Hilbert-Schmidt norm of the difference of
 *            two such operators, p of the reference and q of the new samples:
 *                tr(A_p L_pp A_p K_pp) + tr(A_q L_qq A_q K_qq) - 2 tr(A_p L_pq A_q K_qp),
 *            K kernel matrices of the features, L of the fields, A = (K + n lambda I)^-1. Widths of
 *            the kernels: the mean squared distance of the reference's samples, here taken as the
 *            unit of length (goswami2022 has 0.4 in the units of its data); lambda = 1 as there.
 *            The gradient goes through the features of the new samples only.
 * Cost:      kernels (n + m)^2 (P + W), inverses and products of order (n + m)^3.
 * Reference: goswami2022, section "Conditional embedding operator discrepancy"; there the features
 *            are those of the first dense layer, here the branch's outputs. */
#include "deeponet/discrepancy.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "deeponet/linalg_impl.h"

static const double lambda = 1; /* goswami2022 */

struct graft_discrepancy {
  size_t n, most, W;
  double *x;                 /* [n x W] */
  double x_scale;            /* 1 / mean squared distance of features */
  double *K, *A;             /* [n x n] of the reference */
  double *L;                 /* [n x n] fields of the reference */
  double *Kq, *Aq, *Lq;      /* [most x most] */
  double *Kqp, *Lpq, *M, *N; /* [most x n], [n x most], [n x most], [most x n] */
  double *S, *T, *U, *G;     /* [most x most] */
};

/* Squared distances of rows of x [a x w] and y [b x w] into d [a x b]. */
static void distances(size_t a, size_t b, size_t w, const double *x, const double *y, double *d) {
  for (size_t i = 0; i < a; i++) {
    for (size_t j = 0; j < b; j++) {
      double sum = 0;
      for (size_t k = 0; k < w; k++) {
        const double step = x[i * w + k] - y[j * w + k];
        sum += step * step;
      }
      d[i * b + j] = sum;
    }
  }
}

static void gaussian(size_t count, double scale, double *d) {
  for (size_t i = 0; i < count; i++) d[i] = exp(-scale * d[i]);
}

/* 1 / mean over pairs of different samples. */
static double scale_of(size_t n, const double *d) {
  double sum = 0;
  for (size_t i = 0; i < n * n; i++) sum += d[i];
  return sum > 0 ? (double)(n * (n - 1)) / sum : 1;
}

/* a = (k + n lambda I)^-1 */
static graft_status invert(size_t n, const double *k, double *a) {
  memcpy(a, k, n * n * sizeof *a);
  for (size_t i = 0; i < n; i++) a[i * n + i] += lambda * (double)n;
  return graft_linalg_invert(n, a);
}

static void product(size_t a, size_t b, size_t c, const double *x, const double *y, double *out) {
  graft_linalg_multiply(a, c, b, false, x, false, y, out);
}

static double trace_of_product(size_t a, size_t b, const double *x, const double *y) {
  double sum = 0; /* tr(x y), x [a x b], y [b x a] */
  for (size_t i = 0; i < a; i++) {
    for (size_t j = 0; j < b; j++) sum += x[i * b + j] * y[j * a + i];
  }
  return sum;
}

static graft_status allocate(graft_discrepancy *d) {
  const size_t n = d->n, m = d->most, larger = n > m ? n : m;
  double **const square[] = {&d->Kq, &d->Aq, &d->Lq};
  double **const scratch[] = {&d->S, &d->T, &d->U, &d->G};
  double **const mixed[] = {&d->Kqp, &d->Lpq, &d->M, &d->N};
  double **const reference[] = {&d->K, &d->A, &d->L};
  GRAFT_TRY(graft_alloc(&d->x, n * d->W, sizeof(double)));
  for (size_t i = 0; i < 3; i++) GRAFT_TRY(graft_alloc(square[i], m * m, sizeof(double)));
  for (size_t i = 0; i < 4; i++) {
    GRAFT_TRY(graft_alloc(scratch[i], larger * larger, sizeof(double)));
    GRAFT_TRY(graft_alloc(mixed[i], n * m, sizeof(double)));
  }
  for (size_t i = 0; i < 3; i++) GRAFT_TRY(graft_alloc(reference[i], n * n, sizeof(double)));
  return GRAFT_OK;
}

graft_status graft_discrepancy_create(size_t n, size_t most, size_t width, const double *features,
                                      graft_discrepancy **out) {
  graft_discrepancy *d;
  graft_status status;
  *out = NULL;
  GRAFT_CHECK(n >= 2 && most >= 1 && width >= 1, INTERNAL,
              "discrepancy: expected 2 samples of the reference at least, got %zu", n);
  GRAFT_TRY(graft_alloc(&d, 1, sizeof *d));
  d->n = n;
  d->most = most;
  d->W = width;
  GRAFT_TRY_TO(fail, allocate(d));
  memcpy(d->x, features, n * width * sizeof *features);
  distances(n, n, width, d->x, d->x, d->K);
  d->x_scale = scale_of(n, d->K);
  gaussian(n * n, d->x_scale, d->K);
  GRAFT_TRY_TO(fail, invert(n, d->K, d->A));
  *out = d;
  return GRAFT_OK;
fail:
  graft_discrepancy_destroy(d);
  return status;
}

void graft_discrepancy_destroy(graft_discrepancy *d) {
  if (!d) return;
  double *const all[] = {d->x,   d->K, d->A, d->L, d->Kq, d->Aq, d->Lq, d->Kqp,
                         d->Lpq, d->M, d->N, d->S, d->T,  d->U,  d->G};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) graft_free(all[i]);
  graft_free(d);
}

/* gradient [m x W]: that of tr(G dKq) + tr(H dKqp), G symmetric, H [m x n] element-wise with Kqp.
 */
static void chain(const graft_discrepancy *d, size_t m, const double *x, const double *G,
                  const double *H, double *gradient) {
  const size_t n = d->n, W = d->W;
  for (size_t i = 0; i < m; i++) {
    double *out = gradient + i * W;
    memset(out, 0, W * sizeof *out);
    for (size_t j = 0; j < m; j++) {
      const double weight = -4 * d->x_scale * G[i * m + j] * d->Kq[i * m + j];
      for (size_t k = 0; k < W; k++) out[k] += weight * (x[i * W + k] - x[j * W + k]);
    }
    for (size_t j = 0; j < n; j++) {
      const double weight = -2 * d->x_scale * H[i * n + j] * d->Kqp[i * n + j];
      for (size_t k = 0; k < W; k++) out[k] += weight * (x[i * W + k] - d->x[j * W + k]);
    }
  }
}

/* With S = A L A (all [m x m]): G = S - S K A - A K S + sym(2 A Kqp M), H = -2 transposed M, where
 * M = A_p L_pq A_q. */
static void differentiate(graft_discrepancy *d, size_t m, const double *x, double *gradient) {
  const size_t n = d->n;
  product(m, m, m, d->S, d->Kq, d->T);
  product(m, m, m, d->T, d->Aq, d->U); /* S K A; its transpose is A K S */
  for (size_t i = 0; i < m; i++) {
    for (size_t j = 0; j < m; j++) {
      d->G[i * m + j] = d->S[i * m + j] - d->U[i * m + j] - d->U[j * m + i];
    }
  }
  product(m, n, m, d->Kqp, d->M, d->T);
  product(m, m, m, d->Aq, d->T, d->U);
  for (size_t i = 0; i < m; i++) {
    for (size_t j = 0; j < m; j++) d->G[i * m + j] += d->U[i * m + j] + d->U[j * m + i];
  }
  for (size_t i = 0; i < m; i++) {
    for (size_t j = 0; j < n; j++) d->N[i * n + j] = -2 * d->M[j * m + i];
  }
  chain(d, m, x, d->G, d->N, gradient);
}

graft_status graft_discrepancy_eval(graft_discrepancy *d, size_t m, const double *x, size_t P,
                                    const double *reference_field, const double *field,
                                    double *value, double *gradient) {
  const size_t n = d->n;
  GRAFT_CHECK(m >= 1 && m <= d->most, INTERNAL, "discrepancy: expected 1 to %zu samples, got %zu",
              d->most, m);
  for (size_t i = 0; i < m * d->W; i++) {
    GRAFT_CHECK(isfinite(x[i]), DIVERGED, "discrepancy: feature %zu is %g", i, x[i]);
  }
  distances(n, n, P, reference_field, reference_field, d->L);
  const double scale = scale_of(n, d->L);
  distances(n, m, P, reference_field, field, d->Lpq);
  distances(m, m, P, field, field, d->Lq);
  gaussian(n * n, scale, d->L);
  gaussian(n * m, scale, d->Lpq);
  gaussian(m * m, scale, d->Lq);
  distances(m, n, d->W, x, d->x, d->Kqp);
  distances(m, m, d->W, x, x, d->Kq);
  gaussian(m * n, d->x_scale, d->Kqp);
  gaussian(m * m, d->x_scale, d->Kq);
  GRAFT_TRY(invert(m, d->Kq, d->Aq));
  product(n, n, n, d->A, d->L, d->S);
  product(n, n, n, d->S, d->A, d->T);
  *value = trace_of_product(n, n, d->T, d->K);
  product(n, n, m, d->A, d->Lpq, d->T);
  product(n, m, m, d->T, d->Aq, d->M);
  *value -= 2 * trace_of_product(n, m, d->M, d->Kqp);
  product(m, m, m, d->Aq, d->Lq, d->T);
  product(m, m, m, d->T, d->Aq, d->S);
  *value += trace_of_product(m, m, d->S, d->Kq);
  if (gradient) differentiate(d, m, x, gradient);
  return GRAFT_OK;
}
