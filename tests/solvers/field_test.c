/* SPDX-License-Identifier: BSD-2-Clause
 * Random fields: contract of every law, statistics against their exact values, interpolation
 * against the exact expansion, independence of points and order of use. */
#include "solvers/field.h"

#include <stdlib.h>

#include "base/arena.h"
#include "solvers/field/rbf.h"
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

int main(void) {
  T_RUN(registry_is_complete);
  for (size_t i = 0; graft_field_get(i); i++) {
    T_RUN_NAMED(graft_field_get(i)->name, check_contract(graft_field_get(i)));
  }
  T_RUN(moments_are_exact);
  T_RUN(interpolation_is_exact);
  T_RUN(realisation_does_not_depend_on_modes);
  T_RUN(streams_differ);
  return graft_test_done();
}
