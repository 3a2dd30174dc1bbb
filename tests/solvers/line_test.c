/* SPDX-License-Identifier: BSD-2-Clause */
/* The reaction laws, and the solver on a line against closed forms and a manufactured solution. */
#include "solvers/line.h"

#include <stdlib.h>

#include "base/arena.h"
#include "solvers/petsc.h"
#include "tests/graft_test.h"

enum { TIMES = 6 };
static const double time_at[TIMES] = {0, 1, 2, 3, 4, 5};

/* Exact u (and u_x) at time t. */
typedef double exact_fn(double t, double x, double *ux);

static const double diffusion = 2e-3, rate = 0.8, pi = 3.14159265358979323846;

/* Wave of Ablowitz and Zeppetella, x scaled by √(D / a), t by a: u = (1 + e^z)⁻². */
static double wave(double t, double x, double *ux) {
  double scale = sqrt(rate / diffusion), z = ((x - 0.3) * scale - 5 * rate * t / sqrt(6)) / sqrt(6);
  double e = exp(z);
  if (ux) *ux = -2 * e / pow(1 + e, 3) * scale / sqrt(6);
  return 1 / ((1 + e) * (1 + e));
}

static void wave_flux(void *ctx, double t, double flux[2]) {
  double left, right;
  (void)ctx;
  wave(t, 0, &left);
  wave(t, 1, &right);
  flux[0] = -diffusion * left;
  flux[1] = diffusion * right;
}

/* Logistic growth at every x for itself, from 1/2 + 0.4 sin(3x). */
static double logistic(double t, double x, double *ux) {
  double u = 0.5 + 0.4 * sin(3 * x);
  if (ux) *ux = 0;
  return u / (u + (1 - u) * exp(-rate * t));
}

/* Manufactured: u = (2 + cos(πx)) (1 + sin(t) / 2) / 4, zero flux; R(u) = u (1 − u²). */
static double made(double t, double x, double *ux) {
  if (ux) *ux = 0;
  return (2 + cos(pi * x)) * (1 + sin(t) / 2) / 4;
}

static void made_source(void *ctx, double t, size_t n, const double *x, double *s) {
  (void)ctx;
  for (size_t i = 0; i < n; i++) {
    double u = made(t, x[i], NULL), ut = (2 + cos(pi * x[i])) * cos(t) / 8;
    double uxx = -pi * pi * cos(pi * x[i]) * (1 + sin(t) / 2) / 4;
    s[i] = ut - 0.05 * uxx - u * (1 - u * u);
  }
}

/* Relative error of a solve at the nodes, over all times. */
static double error_of(const graft_line_problem *problem, exact_fn *exact, size_t elements,
                       double tolerance, double step, size_t *steps) {
  graft_line *line;
  double *u = NULL, *u0 = NULL, sum = 0, norm = 0;
  if (!T_OK(graft_line_create(elements, 0, 1, tolerance, &line))) return NAN;
  size_t n = graft_line_nodes(line);
  if (T_OK(graft_alloc(&u, TIMES * n, sizeof *u)) && T_OK(graft_alloc(&u0, n, sizeof *u0))) {
    for (size_t i = 0; i < n; i++) u0[i] = exact(0, graft_line_x(line, i), NULL);
    T_OK(graft_line_solve(line, problem, u0, TIMES, time_at, step, u, steps));
    for (size_t k = 0; k < TIMES * n; k++) {
      double want = exact(time_at[k / n], graft_line_x(line, k % n), NULL);
      sum += (u[k] - want) * (u[k] - want);
      norm += want * want;
    }
  }
  graft_free(u);
  graft_free(u0);
  graft_line_destroy(line);
  return sqrt(sum / norm);
}

static void laws_and_codes(void) {
  for (size_t i = 0; graft_reaction_get(i); i++) {
    const graft_reaction_type *law = graft_reaction_get(i);
    const double u[3] = {0.2, 0.5, 0.9}, step = 1e-6;
    double p = law->parameter ? (law->range[0] + law->range[1]) / 2 : 0, r[3], dr[3], code[4];
    T_CHECK(*law->summary && *law->formula && *law->source && law->share >= 1);
    T_CHECK(graft_reaction_find(law->name) == law);
    bool banded = law->band[1] > law->band[0];
    T_CHECK(!banded || (law->band[0] >= law->range[0] && law->band[1] <= law->range[1]));
    law->rate(p, 3, u, r, dr);
    law->code(p, code);
    for (int j = 0; j < 3; j++) {
      double above = u[j] + step, below = u[j] - step, x = u[j], ra, rb;
      law->rate(p, 1, &above, &ra, NULL);
      law->rate(p, 1, &below, &rb, NULL);
      T_NEAR(dr[j], (ra - rb) / (2 * step), 1e-8);
      double polynomial = x * (code[0] + x * (code[1] + x * (code[2] + x * code[3])));
      double rest = strcmp(law->name, "zfk") == 0 ? 0.06 : 1e-12; /* its Taylor form is cut */
      T_NEAR(polynomial, r[j], rest);
    }
    const double ends[2] = {0, 1};
    law->rate(p, 2, ends, r, NULL);
    T_NEAR(r[0], 0, 1e-14); /* u stays between 0 and 1 */
    T_NEAR(r[1], 0, 1e-14);
  }
  T_CHECK(graft_reaction_find("nothing") == NULL);
}

/* a e^−b (1, b − 1, b (b/2 − 1), −b²/2), the Taylor form of kumar2025, by hand at b = 2. */
static void code_of_zfk(void) {
  double code[4];
  graft_reaction_find("zfk")->code(2, code);
  T_NEAR(code[0], exp(-2.0), 1e-15);
  T_NEAR(code[1], exp(-2.0), 1e-15);
  T_NEAR(code[2], 0, 1e-15);
  T_NEAR(code[3], -2 * exp(-2.0), 1e-15);
}

static void travelling_wave(void) {
  graft_line_problem problem = {
      .diffusion = diffusion, .rate = rate, .law = graft_reaction_find("kpp"), .flux = wave_flux};
  size_t steps;
  double error = error_of(&problem, wave, 63, 1e-5, 0.05, &steps);
  printf("# wave: relative error %.2g in %zu steps\n", error, steps);
  T_CHECK(error < 1e-4 && steps > TIMES);
  double coarse = error_of(&problem, wave, 8, 1e-9, 0.05, NULL);
  double fine = error_of(&problem, wave, 16, 1e-9, 0.05, NULL);
  printf("# wave: order in x %.2f\n", log2(coarse / fine));
  T_CHECK(log2(coarse / fine) > 2.8);
}

static void logistic_growth(void) {
  graft_line_problem problem = {.rate = rate, .law = graft_reaction_find("kpp")};
  double error = error_of(&problem, logistic, 63, 1e-5, 0.05, NULL);
  printf("# logistic: relative error %.2g\n", error);
  T_CHECK(error < 1e-4);
}

static void manufactured_orders(void) {
  graft_line_problem problem = {
      .diffusion = 0.05, .rate = 1, .law = graft_reaction_find("nws"), .source = made_source};
  double x[2], t[2];
  for (int i = 0; i < 2; i++) x[i] = error_of(&problem, made, 3u << i, 1e-10, 0.05, NULL);
  for (int i = 0; i < 2; i++) t[i] = error_of(&problem, made, 64, 0, 0.5 / (1 << i), NULL);
  printf("# manufactured: errors %.2g, %.2g: order %.2f in x; %.2g, %.2g: order %.2f in t\n", x[0],
         x[1], log2(x[0] / x[1]), t[0], t[1], log2(t[0] / t[1]));
  T_CHECK(log2(x[0] / x[1]) > 2.8);
  T_CHECK(log2(t[0] / t[1]) > 2.7);
}

/* A smaller tolerance takes more steps and has smaller errors. */
static void the_tolerance_is_kept(void) {
  graft_line_problem problem = {
      .diffusion = diffusion, .rate = rate, .law = graft_reaction_find("kpp"), .flux = wave_flux};
  size_t loose, tight;
  double a = error_of(&problem, wave, 64, 1e-4, 0.05, &loose);
  double b = error_of(&problem, wave, 64, 1e-7, 0.05, &tight);
  T_CHECK(b < a / 5 && tight > 2 * loose);
}

int main(void) {
  if (!T_OK(graft_petsc_init(0, NULL))) return 1;
  T_RUN(laws_and_codes);
  T_RUN(code_of_zfk);
  T_RUN(travelling_wave);
  T_RUN(logistic_growth);
  T_RUN(manufactured_orders);
  T_RUN(the_tolerance_is_kept);
  graft_petsc_fini();
  return graft_test_done();
}
