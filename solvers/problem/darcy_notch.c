/* SPDX-License-Identifier: BSD-2-Clause
 * Problem "darcy_notch": the notch benchmark of Lu et al., −∇·(0.1 ∇u) = 1 in the triangle (0,0),
 * (1,0), (1/2, √3/2) without the slit 0.49 ≤ x ≤ 0.51, y ≤ 0.4; u = g(x) on the outer edges for a
 * Gaussian process g, u = 0 on the slit. At the slit's mouth, where both meet, the outer edge wins.
 *
 * The map from g to u is affine: the affine baseline reproduces it to rounding, and a network that
 * does worse than that has shown nothing (we measured 1e-15 with 100 training samples).
 * Manufactured solution: u = sin(2x + 1) cos(3y) + x²y, g = u: boundary values are given directly.
 * Reference: lu2022, section 5.4.2. */
#include <math.h>
#include <stdbool.h>

#include "solvers/problem.h"

#define K 0.1
#define EDGE 1e-9

static void diffusion(size_t n, const double *xy, const double *g, double *k) {
  (void)xy, (void)g;
  for (size_t i = 0; i < n; i++) k[i] = K;
}

static void source(size_t n, const double *xy, double *f) {
  (void)xy;
  for (size_t i = 0; i < n; i++) f[i] = 1;
}

static void boundary(size_t n, const double *xy, const double *g, double *b) {
  for (size_t i = 0; i < n; i++) {
    double x = xy[2 * i], y = xy[2 * i + 1];
    bool slit = fabs(x - 0.5) <= 0.01 + EDGE && y > EDGE && y <= 0.4 + EDGE;
    b[i] = slit ? 0 : g[i];
  }
}

static void exact_solution(size_t n, const double *xy, double *u) {
  for (size_t i = 0; i < n; i++) {
    double x = xy[2 * i], y = xy[2 * i + 1];
    u[i] = sin(2 * x + 1) * cos(3 * y) + x * x * y;
  }
}

static void exact_source(size_t n, const double *xy, double *f) {
  for (size_t i = 0; i < n; i++) {
    double x = xy[2 * i], y = xy[2 * i + 1];
    f[i] = -K * (-13 * sin(2 * x + 1) * cos(3 * y) + 2 * y);
  }
}

static const graft_problem_field output[] = {{"u", "pressure", "1"}, {0}};
static const graft_problem_field input[] = {{"g", "boundary values as a function of x", "1"}, {0}};
static const graft_elliptic_form form = {
    .diffusion = diffusion, .source = source, .boundary = boundary};
static const graft_manufactured manufactured = {exact_solution, exact_solution, exact_source};

const graft_problem_type graft_problem_darcy_notch = {
    .name = "darcy_notch",
    .summary = "benchmark of Lu et al.: random boundary values on a notched triangle (linear)",
    .source = "lu2022",
    .equation = "-div(0.1 grad u) = 1, u = g(x) on the outer edges, u = 0 on the notch",
    .dims = 2,
    .output = output,
    .input = input,
    .field = "gp_line",
    .shapes = "notch",
    .form = &form,
    .manufactured = &manufactured,
};
