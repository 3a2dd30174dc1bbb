/* SPDX-License-Identifier: BSD-2-Clause
 * Random fields: contract of every law, statistics against their exact values, interpolation
 * against the exact expansion, independence of points and order of use. */
#include "solvers/field.h"

#include <stdlib.h>

#include "base/arena.h"
#include "solvers/field/matern.h"
#include "solvers/field/rbf.h"
#include "solvers/field/tl.h"
#include "solvers/petsc.h"
#include "tests/graft_test.h"

enum { POINTS = 5 };

/* Two lags apart along x, one diagonal, corner and edge. */
static const double spot[POINTS * 2] = {0.41, 0.37, 0.51, 0.37, 0.48, 0.47, 0, 0, 1, 0.63};

/* g [count x POINTS] of the realisations 0 … count − 1. */
static void draw_many(const graft_field_type *type, int count, double *g) {
  graft_field *field = NULL;
  graft_field_points *at = NULL;
  if (!T_OK(graft_field_create(type, 0, 0, &field))) return;
  if (T_OK(graft_field_points_create(field, POINTS, spot, &at))) {
    for (int i = 0; i < count; i++) {
      T_OK(graft_field_draw(field, 7, GRAFT_STREAM_TEST, (uint64_t)i));
      graft_field_evaluate(field, at, g + POINTS * i);
    }
  }
  graft_field_points_destroy(at);
  graft_field_destroy(field);
}

static void check_contract(const graft_field_type *type) {
  double g[3 * POINTS] = {0}, again[3 * POINTS] = {0};
  graft_field *field = NULL;
  T_CHECK(type->name && type->summary && type->source && type->init && type->draw);
  T_CHECK(graft_field_find(type->name) == type);
  T_CHECK(type->mesh_size[0] > 0 && type->mesh_size[1] >= type->mesh_size[0]);
  T_NEAR(graft_field_mesh_size(type, 0, 2), type->mesh_size[1], 0);
  draw_many(type, 3, g);
  draw_many(type, 3, again);
  for (int i = 0; i < 3 * POINTS; i++) {
    T_CHECK(isfinite(g[i]));
    T_NEAR(again[i], g[i], 0);
  }
  T_CHECK(type->sigma == 0 || fabs(g[0] - g[POINTS]) > 1e-3);
  if (type->sigma == 0) T_FAILS(graft_field_create(type, 0, 2, &field), GRAFT_USAGE, type->name);
  if (type->length == 0) T_FAILS(graft_field_create(type, 1, 0, &field), GRAFT_USAGE, type->name);
  T_CHECK(field == NULL);
}

static void registry_is_complete(void) {
  size_t count = 0;
  while (graft_field_get(count)) {
    T_CHECK(strcmp(graft_field_choices(count), graft_field_get(count)->name) == 0);
    count++;
  }
  T_CHECK(count >= 3 && !graft_field_choices(count) && !graft_field_find("lognorm"));
}

/* Means of products over 20000 realisations: standard errors are at most σ²√2/√20000 = 0.01 σ². */
static void moments_are_exact(void) {
  enum { COUNT = 20000 };
  double *g, sum[POINTS] = {0}, product[POINTS][POINTS] = {{0}};
  if (!T_OK(graft_alloc(&g, COUNT * POINTS, sizeof *g))) return;
  const graft_field_type *type = graft_field_find("lognormal");
  draw_many(type, COUNT, g);
  for (int i = 0; i < COUNT; i++) {
    for (int a = 0; a < POINTS; a++) {
      sum[a] += g[i * POINTS + a];
      for (int b = 0; b < POINTS; b++) product[a][b] += g[i * POINTS + a] * g[i * POINTS + b];
    }
  }
  for (int a = 0; a < POINTS; a++) {
    T_NEAR(sum[a] / COUNT, 0, 4 * 0.6 / sqrt(COUNT));
    for (int b = 0; b < POINTS; b++) {
      double dx = spot[2 * a] - spot[2 * b], dy = spot[2 * a + 1] - spot[2 * b + 1];
      double want = 0.36 * exp(-(dx * dx + dy * dy) / (2 * 0.01));
      T_NEAR(product[a][b] / COUNT, want, 4 * 0.01 * 0.36);
    }
  }
  graft_free(g);
}

/* Interpolation on the law's grid against A(x) Z A(y) with the exact (Nyström) basis. */
static void interpolation_is_exact(void) {
  graft_rbf rbf = {0};
  size_t nodes = 0;
  double a[64], b[64], worst = 0, variance = 0;
  graft_field *field = NULL;
  if (!T_OK(graft_rbf_init(&rbf, 0.1, 1, &nodes)) || !T_CHECK(rbf.modes <= 64)) return;
  if (!T_OK(graft_field_create(graft_field_find("lognormal"), 0.1, 1, &field))) return;
  graft_rng rng, place;
  double *g;
  if (!T_OK(graft_alloc(&g, nodes * nodes, sizeof *g))) return;
  graft_rng_init(&rng, 3, GRAFT_STREAM_TEST, 5);
  graft_rng_init(&place, 4, GRAFT_STREAM_TEST, 0);
  T_OK(graft_rbf_draw(&rbf, &rng, g));
  T_OK(graft_field_draw(field, 3, GRAFT_STREAM_TEST, 5));
  for (int p = 0; p < 2000; p++) {
    double xy[2] = {graft_rng_uniform(&place), graft_rng_uniform(&place)}, got = 0, want = 0;
    if (p % 4 == 0) xy[p % 8 == 0] *= 0.01; /* near an edge the stencil is one-sided */
    graft_field_points *at = NULL;
    if (!T_OK(graft_field_points_create(field, 1, xy, &at))) break;
    graft_field_evaluate(field, at, &got);
    graft_field_points_destroy(at);
    graft_rbf_basis(&rbf, 0.1, xy[0], a);
    graft_rbf_basis(&rbf, 0.1, xy[1], b);
    double norm = 0;
    for (size_t i = 0; i < rbf.modes; i++) {
      norm += a[i] * a[i];
      for (size_t j = 0; j < rbf.modes; j++) want += a[i] * rbf.normal[i * rbf.modes + j] * b[j];
    }
    worst = fmax(worst, fabs(got - want));
    variance = fmax(variance, fabs(norm - 1));
  }
  printf("# %zu nodes, %zu modes, interpolation error %.2g sigma, variance lost %.2g\n", nodes,
         rbf.modes, worst, variance);
  T_CHECK(worst < 2e-6 && variance < 1e-9);
  graft_free(g);
  graft_field_destroy(field);
  graft_rbf_fini(&rbf);
}

/* A realisation hardly changes when it is expanded on a finer axis: it is a function, not an array.
 */
static void realisation_does_not_depend_on_modes(void) {
  double coarse[POINTS] = {0}, fine[POINTS] = {0};
  for (int step = 0; step < 2; step++) {
    graft_field *field = NULL;
    graft_field_points *at = NULL;
    double length = step ? 0.1 : 0.1 * (1 - 1e-4); /* 129 and 130 nodes */
    if (!T_OK(graft_field_create(graft_field_find("lognormal"), length, 0, &field))) return;
    if (T_OK(graft_field_points_create(field, POINTS, spot, &at))) {
      T_OK(graft_field_draw(field, 1, GRAFT_STREAM_TEST, 0));
      graft_field_evaluate(field, at, step ? fine : coarse);
    }
    graft_field_points_destroy(at);
    graft_field_destroy(field);
  }
  for (int p = 0; p < POINTS; p++) T_NEAR(coarse[p], fine[p], 0.01);
}

static void streams_differ(void) {
  graft_field *field = NULL;
  graft_field_points *at = NULL;
  double g[4][POINTS] = {{0}};
  if (!T_OK(graft_field_create(graft_field_find("lognormal"), 0, 0, &field))) return;
  if (T_OK(graft_field_points_create(field, POINTS, spot, &at))) {
    T_OK(graft_field_draw(field, 1, GRAFT_STREAM_SAMPLE, 0));
    graft_field_evaluate(field, at, g[0]);
    T_OK(graft_field_draw(field, 2, GRAFT_STREAM_SAMPLE, 0));
    graft_field_evaluate(field, at, g[1]);
    T_OK(graft_field_draw(field, 1, GRAFT_STREAM_SAMPLE + 1, 0));
    graft_field_evaluate(field, at, g[2]);
    T_OK(graft_field_draw(field, 1, GRAFT_STREAM_SAMPLE, 0));
    graft_field_evaluate(field, at, g[3]);
    for (int p = 0; p < POINTS; p++) {
      T_CHECK(fabs(g[0][p] - g[1][p]) > 1e-6 && fabs(g[0][p] - g[2][p]) > 1e-6);
      T_NEAR(g[3][p], g[0][p], 0);
    }
  }
  graft_field_points_destroy(at);
  graft_field_destroy(field);
}

/* LAPACK: factors of a symmetric indefinite matrix. */
extern void dsytrf_(const char *part, const int *n, double *a, const int *lda, int *pivot,
                    double *work, const int *lwork, int *info);

/* Number of eigenvalues of the kernel matrix above `shift`: signs of a factorisation (Sylvester).
 */
static int count_above(double shift) {
  enum { N = GRAFT_TL_NODES * GRAFT_TL_NODES, BLOCK = 64 };
  double *a = NULL, *work = NULL;
  int *pivot = NULL, n = N, size = N * BLOCK, info = 1, count = 0;
  if (!T_OK(graft_alloc(&a, (size_t)N * N, sizeof *a)) ||
      !T_OK(graft_alloc(&work, (size_t)size, sizeof *work)) ||
      !T_OK(graft_alloc(&pivot, N, sizeof *pivot))) {
    return -1;
  }
  for (int p = 0; p < N; p++) {
    for (int q = 0; q <= p; q++) {
      int i = p / GRAFT_TL_NODES - q / GRAFT_TL_NODES, j = p % GRAFT_TL_NODES - q % GRAFT_TL_NODES;
      a[p * N + q] = graft_tl_kernel(0.25, i, j) - (p == q ? shift : 0);
    }
  }
  dsytrf_("U", &n, a, &n, pivot, work, &size, &info);
  for (int p = 0; p < N; p++) {
    if (pivot[p] < 0) {
      count++; /* a 2 x 2 block has one of either sign */
      p++;
    } else {
      count += a[p * N + p] > 0;
    }
  }
  graft_free(a);
  graft_free(work);
  graft_free(pivot);
  return count;
}

/* C b = λ b for all rows of the basis, which are orthogonal, and no larger λ is left out. */
static void tl_has_the_leading_pairs(void) {
  enum { N = GRAFT_TL_NODES, M = GRAFT_TL_MODES };
  graft_tl tl = {0};
  size_t nodes = 0;
  double last = HUGE_VAL, worst = 0, least = 0;
  if (!T_OK(graft_tl_init(&tl, 0.25, 1, &nodes))) return;
  for (int m = 0; m < M; m++) {
    const double *b = tl.basis + m * N * N;
    double lambda = 0, overlap = 0;
    for (int p = 0; p < N * N; p++) lambda += b[p] * b[p];
    T_CHECK(lambda <= last * (1 + 1e-12));
    least = last = lambda;
    for (int l = 0; l < m; l++) {
      double dot = 0;
      for (int p = 0; p < N * N; p++) dot += b[p] * tl.basis[l * N * N + p];
      overlap = fmax(overlap, fabs(dot) / lambda);
    }
    for (int p = m; p < N * N; p += 173) {
      double sum = 0;
      for (int q = 0; q < N * N; q++) {
        sum += graft_tl_kernel(0.25, p / N - q / N, p % N - q % N) * b[q];
      }
      worst = fmax(worst, fabs(sum - lambda * b[p]) / sqrt(lambda));
    }
    T_CHECK(overlap < 1e-9);
  }
  printf("# eigenvalue %d: %.4f, residual %.2g\n", M, least, worst);
  T_CHECK(worst < 1e-10 * 2500);
  T_EQUAL(count_above(least * (1 - 1e-6)), M);
  graft_tl_fini(&tl);
}

/* K is 12 or 4, about equally often, with long interfaces' neighbours alike. */
static void pwc_has_two_values(void) {
  enum { COUNT = 2000 };
  double *g;
  int high = 0;
  if (!T_OK(graft_alloc(&g, COUNT * POINTS, sizeof *g))) return;
  draw_many(graft_field_find("pwc"), COUNT, g);
  for (int i = 0; i < COUNT * POINTS; i++) {
    double k = exp(g[i]);
    T_CHECK(fabs(k - 12) < 1e-12 || fabs(k - 4) < 1e-12);
    high += k > 8;
  }
  T_NEAR((double)high / (COUNT * POINTS), 0.5, 0.05);
  graft_free(g);
}

/* K₁ by its integral ∫ exp(−x cosh t) cosh t dt. */
static double bessel_k1(double x) {
  double sum = 0, h = 0.01;
  for (double t = h / 2; t < 8; t += h) sum += exp(-x * cosh(t)) * cosh(t) * h;
  return sum;
}

/* Covariances of 2000 realisations against σ² κr K₁(κr); corner and edge: no inflation. */
static void matern_has_its_covariance(void) {
  enum { COUNT = 2000 };
  double *g, kappa = sqrt(2) / 0.1;
  if (!T_OK(graft_alloc(&g, COUNT * POINTS, sizeof *g))) return;
  draw_many(graft_field_find("matern"), COUNT, g);
  for (int a = 0; a < POINTS; a++) {
    for (int b = 0; b <= a; b++) {
      double sum = 0, r = hypot(spot[2 * a] - spot[2 * b], spot[2 * a + 1] - spot[2 * b + 1]);
      double want = 0.36 * (r > 0 ? kappa * r * bessel_k1(kappa * r) : 1);
      for (int i = 0; i < COUNT; i++) sum += g[i * POINTS + a] * g[i * POINTS + b];
      printf("# matern, distance %.3f: %.4f, want %.4f\n", r, sum / COUNT, want);
      T_NEAR(sum / COUNT, want, 0.36 * (4 * sqrt(2.0 / COUNT) + 0.03));
    }
  }
  graft_free(g);
}

/* The same noise on finer meshes: differences fall, with order 2 once the cells are resolved. */
static void matern_converges(void) {
  double *g[3] = {NULL, NULL, NULL}, difference[2] = {0, 0};
  size_t nodes = 0;
  for (int level = 0; level < 3; level++) {
    graft_matern matern = {0};
    graft_rng rng;
    graft_rng_init(&rng, 5, GRAFT_STREAM_TEST, 1);
    if (T_OK(graft_matern_init(&matern, 0.25, 1, (size_t)1 << level, &nodes)) &&
        T_OK(graft_alloc(&g[level], nodes * nodes, sizeof **g))) {
      T_OK(graft_matern_draw(&matern, &rng, g[level]));
    }
    graft_matern_fini(&matern);
  }
  for (size_t p = 0; g[2] && p < nodes * nodes; p++) {
    for (int l = 0; l < 2; l++) difference[l] += pow(g[l + 1][p] - g[l][p], 2);
  }
  double order = log2(sqrt(difference[0] / difference[1]));
  printf("# matern: refinement changes g by %.2g, then %.2g, order %.2f\n",
         sqrt(difference[0]) / (double)nodes, sqrt(difference[1]) / (double)nodes, order);
  T_CHECK(order > 1.2 && order < 2.4);
  for (int level = 0; level < 3; level++) graft_free(g[level]);
}

/* A function of x alone with the variance asked for. */
static void line_depends_on_x_alone(void) {
  enum { COUNT = 4000 };
  double *g, sum = 0;
  if (!T_OK(graft_alloc(&g, COUNT * POINTS, sizeof *g))) return;
  draw_many(graft_field_find("gp_line"), COUNT, g);
  for (int i = 0; i < COUNT; i++) sum += g[i * POINTS] * g[i * POINTS + 1];
  T_NEAR(sum / COUNT, exp(-0.125), 4 * sqrt(2.0 / COUNT));
  graft_free(g);
  const double xy[6] = {0.333, 0, 0.333, 0.7, 0.333, 1};
  double value[3] = {0, 1, 2};
  graft_field *field = NULL;
  graft_field_points *at = NULL;
  if (T_OK(graft_field_create(graft_field_find("gp_line"), 0, 0, &field)) &&
      T_OK(graft_field_points_create(field, 3, xy, &at))) {
    T_OK(graft_field_draw(field, 1, GRAFT_STREAM_TEST, 0));
    graft_field_evaluate(field, at, value);
    T_NEAR(value[1], value[0], 1e-14);
    T_NEAR(value[2], value[0], 1e-14);
  }
  graft_field_points_destroy(at);
  graft_field_destroy(field);
}

/* Tables: bilinear between their points, row by number, one row for all. */
static void tables_are_fields(void) {
  const double value[8] = {0, 1, 2, 4, 10, 10, 10, 10}, xy[6] = {0, 1, 0.5, 0.5, 1, 0.25};
  double g[3] = {0};
  graft_field *field = NULL;
  graft_field_points *at = NULL;
  if (!T_OK(graft_field_create_table(2, 2, value, &field))) return;
  T_EQUAL(graft_field_rows(field), 2);
  if (T_OK(graft_field_points_create(field, 3, xy, &at))) {
    T_OK(graft_field_draw(field, 1, 2, 0));
    graft_field_evaluate(field, at, g);
    T_NEAR(g[0], 1, 1e-15);
    T_NEAR(g[1], 1.75, 1e-15);
    T_NEAR(g[2], 2.5, 1e-15);
    T_OK(graft_field_draw(field, 1, 2, 1));
    graft_field_evaluate(field, at, g);
    T_NEAR(g[1], 10, 1e-14);
    T_FAILS(graft_field_draw(field, 1, 2, 2), GRAFT_USAGE, "row for sample 2, got 2");
  }
  graft_field_points_destroy(at);
  graft_field_destroy(field);
  if (!T_OK(graft_field_create_table(1, 2, value, &field))) return;
  T_OK(graft_field_draw(field, 1, 2, 77));
  graft_field_destroy(field);
}

int main(int argc, char **argv) {
  if (!T_OK(graft_petsc_init((size_t)argc - 1, (const char *const *)argv + 1))) return 1;
  T_RUN(registry_is_complete);
  for (size_t i = 0; graft_field_get(i); i++) {
    T_RUN_NAMED(graft_field_get(i)->name, check_contract(graft_field_get(i)));
  }
  T_RUN(moments_are_exact);
  T_RUN(interpolation_is_exact);
  T_RUN(realisation_does_not_depend_on_modes);
  T_RUN(streams_differ);
  T_RUN(tl_has_the_leading_pairs);
  T_RUN(pwc_has_two_values);
  T_RUN(matern_has_its_covariance);
  T_RUN(matern_converges);
  T_RUN(line_depends_on_x_alone);
  T_RUN(tables_are_fields);
  graft_petsc_fini();
  return graft_test_done();
}
