/* SPDX-License-Identifier: BSD-2-Clause */
/* Discrepancy of conditional embeddings: against its definition, and its gradient against finite
 * differences. */
#include "deeponet/discrepancy.h"

#include <math.h>

#include "base/rng.h"
#include "tests/graft_test.h"

enum { N = 7, MOST = 6, W = 3, P = 5 };

struct sets {
  double x[N * W], u[N * P]; /* reference */
  double new_x[MOST * W], new_u[MOST * P];
};

static void fill(struct sets *s, uint64_t seed) {
  graft_rng rng;
  graft_rng_init(&rng, seed, 3, 0);
  double *const part[] = {s->x, s->u, s->new_x, s->new_u};
  const size_t count[] = {N * W, N * P, MOST * W, MOST * P};
  for (size_t i = 0; i < 4; i++) {
    for (size_t j = 0; j < count[i]; j++) part[i][j] = graft_rng_normal(&rng);
  }
}

static double eval(graft_discrepancy *d, const struct sets *s, size_t m, double *gradient) {
  double value = NAN;
  T_OK(graft_discrepancy_eval(d, m, s->new_x, P, s->u, s->new_u, &value, gradient));
  return value;
}

static void the_gradient_is_that_of_the_value(void) {
  static const size_t counts[] = {1, 2, MOST};
  for (size_t c = 0; c < 3; c++) {
    struct sets s;
    graft_discrepancy *d;
    double gradient[MOST * W], worst = 0, largest = 0;
    fill(&s, 11 + c);
    if (!T_OK(graft_discrepancy_create(N, MOST, W, s.x, &d))) return;
    eval(d, &s, counts[c], gradient);
    for (size_t i = 0; i < counts[c] * W; i++) {
      const double step = 1e-5, at = s.new_x[i];
      s.new_x[i] = at + step;
      const double up = eval(d, &s, counts[c], NULL);
      s.new_x[i] = at - step;
      const double down = eval(d, &s, counts[c], NULL);
      s.new_x[i] = at;
      worst = fmax(worst, fabs((up - down) / (2 * step) - gradient[i]));
      largest = fmax(largest, fabs(gradient[i]));
    }
    T_CHECK(largest > 1e-6);
    T_NEAR(worst, 0, 1e-7 * largest);
    graft_discrepancy_destroy(d);
  }
}

/* The same samples: 0. Other fields at the same features: more. */
static void equal_sets_do_not_differ(void) {
  struct sets s;
  graft_discrepancy *d;
  fill(&s, 5);
  if (!T_OK(graft_discrepancy_create(MOST, MOST, W, s.x, &d))) return;
  for (size_t i = 0; i < MOST * W; i++) s.new_x[i] = s.x[i];
  const double other = eval(d, &s, MOST, NULL);
  for (size_t i = 0; i < MOST * P; i++) s.new_u[i] = s.u[i];
  T_NEAR(eval(d, &s, MOST, NULL), 0, 1e-14);
  T_CHECK(other > 1e-4);
  graft_discrepancy_destroy(d);
}

/* One reference pair apart from itself, one new sample: all matrices can be written down. */
static void a_case_by_hand(void) {
  const double x[2] = {0, 1}, u[2] = {0, 1}, new_x = 0, new_u = 0;
  graft_discrepancy *d;
  double value;
  if (!T_OK(graft_discrepancy_create(2, 1, 1, x, &d))) return;
  T_OK(graft_discrepancy_eval(d, 1, &new_x, 1, u, &new_u, &value, NULL));
  /* mean squared distance 1: K = L = [1 e; e 1], e = exp(-1); A = [3 -e; -e 3] / (9 - e^2);
   * the new sample: K = L = 1, A = 1/2, K_qp = L_qp = (1 e) */
  const double e = exp(-1), det = 9 - e * e, a = 3 / det, b = -e / det;
  const double ak[2] = {a + b * e, a * e + b}; /* first row of A K, the second mirrored */
  const double first = 2 * (ak[0] * ak[0] + ak[1] * ak[1]);
  const double mixed = (ak[0] * 1 + ak[1] * e) / 2; /* tr(A L_pq A_q K_qp) */
  T_NEAR(value, first + 0.25 - 2 * mixed, 1e-14);
  graft_discrepancy_destroy(d);
}

int main(void) {
  T_RUN(the_gradient_is_that_of_the_value);
  T_RUN(equal_sets_do_not_differ);
  T_RUN(a_case_by_hand);
  return graft_test_done();
}
