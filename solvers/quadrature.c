/* SPDX-License-Identifier: BSD-2-Clause
 * Method:    orbits of the triangle's symmetry group: (a,a,a) once, (a,b,b) three times, (a,b,c)
 *            six.
 * Cost:      none to speak of.
 * Reference: dunavant1985, appendix II. */
#include "solvers/quadrature.h"

/* Barycentric point and weight (of weights that sum to 1) that generate an orbit. */
struct orbit {
  int points;
  double weight, a, b;
};

enum { MOST_ORBITS = 5 };

static const struct {
  int degree;
  struct orbit orbit[MOST_ORBITS]; /* ends with points = 0 */
} table[] = {
    {2, {{3, 1.0 / 3.0, 2.0 / 3.0, 1.0 / 6.0}}},
    {4,
     {{3, 0.223381589678011, 0.108103018168070, 0.445948490915965},
      {3, 0.109951743655322, 0.816847572980459, 0.091576213509771}}},
    {6,
     {{3, 0.116786275726379, 0.501426509658179, 0.249286745170910},
      {3, 0.050844906370207, 0.873821971016996, 0.063089014491502},
      {6, 0.082851075618374, 0.053145049844817, 0.310352451033784}}},
    {8,
     {{1, 0.144315607677787, 1.0 / 3.0, 1.0 / 3.0},
      {3, 0.095091634267285, 0.081414823414554, 0.459292588292723},
      {3, 0.103217370534718, 0.658861384496480, 0.170569307751760},
      {3, 0.032458497623198, 0.898905543365938, 0.050547228317031},
      {6, 0.027230314174435, 0.008394777409958, 0.263112829634638}}},
};

static void add_orbit(graft_quadrature *rule, const struct orbit *orbit) {
  double b = orbit->b, c = 1 - orbit->a - b, a = 1 - b - c;
  const double all[6][2] = {{b, c}, {c, a}, {a, b}, {c, b}, {a, c}, {b, a}};
  for (int i = 0; i < orbit->points; i++) {
    rule->weight[rule->points] = orbit->weight / 2;
    rule->rs[rule->points][0] = all[i][0];
    rule->rs[rule->points][1] = all[i][1];
    rule->points++;
  }
}

graft_status graft_quadrature_get(int degree, graft_quadrature *rule) {
  *rule = (graft_quadrature){0};
  for (size_t t = 0; t < sizeof table / sizeof *table; t++) {
    if (table[t].degree < degree) continue;
    rule->degree = table[t].degree;
    for (int o = 0; o < MOST_ORBITS && table[t].orbit[o].points; o++) {
      add_orbit(rule, &table[t].orbit[o]);
    }
    return GRAFT_OK;
  }
  return graft_error_set(GRAFT_INTERNAL, __FILE__, __LINE__,
                         "quadrature: expected a degree up to 8, got %d", degree);
}

/* The four points with three barycentric coordinates a. */
static void add_corners(graft_quadrature_solid *rule, double a, double weight) {
  for (int i = 0; i < 4; i++) {
    double *at = rule->rst[rule->points];
    for (int k = 0; k < 3; k++) at[k] = i == k + 1 ? 1 - 3 * a : a;
    rule->weight[rule->points++] = weight / 6;
  }
}

/* The six points with coordinates a, a, 1/2 − a, 1/2 − a. */
static void add_edges(graft_quadrature_solid *rule, double a, double weight) {
  for (int i = 0; i < 4; i++) {
    for (int j = i + 1; j < 4; j++) {
      double *at = rule->rst[rule->points];
      for (int k = 0; k < 3; k++) at[k] = k + 1 == i || k + 1 == j ? a : 0.5 - a;
      rule->weight[rule->points++] = weight / 6;
    }
  }
}

void graft_quadrature_solid_get(int degree, graft_quadrature_solid *rule) {
  rule->points = 0;
  if (degree <= 2) {
    add_corners(rule, 0.13819660112501051518, 0.25); /* (5 − √5)/20 */
    return;
  }
  add_corners(rule, 0.31088591926330060980, 0.11268792571801585080);
  add_corners(rule, 0.09273525031089122640, 0.07349304311636194934);
  add_edges(rule, 0.04550370412564964949, 0.04254602077708146686);
}
