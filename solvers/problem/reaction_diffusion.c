/* SPDX-License-Identifier: BSD-2-Clause
 * Problem "reaction_diffusion": a substance that diffuses, decays and is fed, in its steady state:
 * −∇·(K ∇u) + c u = f with K = exp(g), c = 10, f = 1 and u = 0 on the boundary.
 * docs/tutorial_equation.md builds this file step by step.
 * Manufactured solution: u = sin(2x + 1) cos(3y) + x²y, g = 0.4 sin(3x) cos(2y); then
 * f = −K (Δu + ∇g·∇u) + c u.
 * Reference: evans2010, section 6.1 (the equation); roache2002 (manufactured solutions). */
#include <math.h>

#include "solvers/problem.h"

#define RATE 10.0

static void diffusion(size_t n, const double *xy, const double *g, double *k) {
  (void)xy;
  for (size_t i = 0; i < n; i++) k[i] = exp(g[i]);
}

static void reaction(size_t n, const double *xy, const double *g, double *c) {
  (void)xy, (void)g;
  for (size_t i = 0; i < n; i++) c[i] = RATE;
}

static void source(size_t n, const double *xy, double *f) {
  (void)xy;
  for (size_t i = 0; i < n; i++) f[i] = 1;
}

static void exact_field(size_t n, const double *xy, double *g) {
  for (size_t i = 0; i < n; i++) g[i] = 0.4 * sin(3 * xy[2 * i]) * cos(2 * xy[2 * i + 1]);
}

static void exact_solution(size_t n, const double *xy, double *u) {
  for (size_t i = 0; i < n; i++) {
    double x = xy[2 * i], y = xy[2 * i + 1];
    u[i] = sin(2 * x + 1) * cos(3 * y) + x * x * y;
  }
}

static void exact_source(size_t n, const double *xy, double *f) {
  exact_solution(n, xy, f); /* u, needed once */
  for (size_t i = 0; i < n; i++) {
    double x = xy[2 * i], y = xy[2 * i + 1];
    double s = sin(2 * x + 1), c = cos(2 * x + 1);
    double ux = 2 * c * cos(3 * y) + 2 * x * y, uy = -3 * s * sin(3 * y) + x * x;
    double laplacian = -13 * s * cos(3 * y) + 2 * y;
    double gx = 1.2 * cos(3 * x) * cos(2 * y), gy = -0.8 * sin(3 * x) * sin(2 * y);
    double k = exp(0.4 * sin(3 * x) * cos(2 * y));
    f[i] = RATE * f[i] - k * (laplacian + gx * ux + gy * uy);
  }
}

static const graft_problem_field output[] = {{"u", "concentration", "1"}, {0}};
static const graft_problem_field input[] = {{"log_k", "logarithm of the diffusivity", "1"}, {0}};
static const graft_elliptic_form form = {
    .diffusion = diffusion, .reaction = reaction, .source = source};
static const graft_manufactured manufactured = {exact_field, exact_solution, exact_source};

const graft_problem_type graft_problem_reaction_diffusion = {
    .name = "reaction_diffusion",
    .summary = "steady reaction and diffusion with random diffusivity",
    .source = "evans2010",
    .equation = "-div(K grad u) + 10 u = f, u given on the boundary",
    .dims = 2,
    .output = output,
    .input = input,
    .field = "lognormal",
    .shapes = "square,disc,triangle",
    .form = &form,
    .manufactured = &manufactured,
};
