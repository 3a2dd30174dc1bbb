/* SPDX-License-Identifier: BSD-2-Clause */
/* Regions: distances, signs, areas and boxes against closed forms and brute force; text. */
#include "geometry/region.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/rng.h"
#include "tests/geometry/random_region.h"
#include "tests/graft_test.h"

#define PI 3.14159265358979323846

static double distance_at(const graft_region *region, double x, double y) {
  double xy[2] = {x, y}, distance;
  graft_region_distance(region, 1, xy, &distance);
  return distance;
}

static void square(void) {
  graft_region region;
  graft_region_init(&region);
  const graft_vertex vertex[] = {{0, 0, 0}, {1, 0, 0}, {1, 1, 0}, {0, 1, 0}};
  T_OK(graft_region_add_loop(&region, 4, vertex));
  T_OK(graft_region_validate(&region, &graft_unit_square));
  T_NEAR(distance_at(&region, 0.5, 0.25), -0.25, 0);
  T_NEAR(distance_at(&region, 0.5, 1.25), 0.25, 0);
  T_NEAR(distance_at(&region, -3, -4), 5, 0);
  T_NEAR(distance_at(&region, 1, 0.3), 0, 0);
  T_NEAR(distance_at(&region, 1, 1), 0, 0);
  T_NEAR(distance_at(&region, 2, 1), 1, 0); /* level with an edge and two vertices */
  T_NEAR(distance_at(&region, -1, 0), 1, 0);
  T_NEAR(graft_region_area(&region), 1, 0);
  T_NEAR(graft_region_perimeter(&region), 4, 0);
  double xy[2] = {0.3, 0.1}, nearest[2];
  T_EQUAL(graft_region_project(&region, xy, nearest), 1);
  T_NEAR(nearest[0], 0.3, 1e-16);
  T_NEAR(nearest[1], 0, 0);
  graft_region_fini(&region);
}

static void annulus(void) {
  graft_region region;
  graft_region_init(&region);
  T_OK(graft_region_add_circle(&region, 0.5, 0.5, 0.5));
  T_OK(graft_region_add_circle(&region, 0.5, 0.5, 0.2));
  T_OK(graft_region_validate(&region, &graft_unit_square));
  double worst = 0;
  for (int i = 0; i < 400; i++) {
    double angle = 0.0157 * i, radius = 0.0025 * i;
    double x = 0.5 + radius * cos(angle), y = 0.5 + radius * sin(angle);
    double r = hypot(x - 0.5, y - 0.5);
    worst = fmax(worst, fabs(distance_at(&region, x, y) - fmax(r - 0.5, 0.2 - r)));
  }
  T_NEAR(worst, 0, 3e-16);
  T_NEAR(graft_region_area(&region), PI * (0.25 - 0.04), 2e-16);
  T_NEAR(graft_region_perimeter(&region), 2 * PI * 0.7, 1e-15);
  graft_box box = graft_region_box(&region);
  for (int k = 0; k < 2; k++) {
    T_NEAR(box.min[k], 0, 1e-16);
    T_NEAR(box.max[k], 1, 1e-16);
  }
  graft_region_fini(&region);
}

/* Half disc on top of a rectangle, and a three-quarter disc: minor, half and major arcs. */
static void arcs(void) {
  graft_region region;
  graft_region_init(&region);
  const graft_vertex door[] = {{0.2, 0, 0}, {0.8, 0, 0}, {0.8, 0.5, 0}, {0.2, 0.5, 1}};
  T_OK(graft_region_add_loop(&region, 4, door));
  T_OK(graft_region_validate(&region, &graft_unit_square));
  T_NEAR(graft_region_area(&region), 0.3 + PI * 0.045, 1e-15);
  T_NEAR(distance_at(&region, 0.5, 0.9), 0.1, 1e-15);
  T_NEAR(distance_at(&region, 0.5, 0.7), -0.1, 1e-15);
  T_NEAR(graft_region_box(&region).max[1], 0.8, 1e-15);
  graft_region_fini(&region);
  const graft_vertex pacman[] = {{0.5, 0.5, 0}, {0.9, 0.5, 0}, {0.5, 0.1, tan(3 * PI / 8)}};
  T_OK(graft_region_add_loop(&region, 3, pacman));
  T_OK(graft_region_validate(&region, &graft_unit_square));
  T_NEAR(graft_region_area(&region), 0.75 * PI * 0.16, 1e-15);
  T_NEAR(graft_region_perimeter(&region), 0.8 + 1.5 * PI * 0.4, 1e-14);
  T_NEAR(distance_at(&region, 0.7, 0.3), 0.2, 1e-15); /* in the mouth */
  T_NEAR(distance_at(&region, 0.3, 0.7), 0.2 * sqrt(2) - 0.4, 1e-15);
  graft_box box = graft_region_box(&region);
  T_NEAR(box.min[0], 0.1, 1e-15);
  T_NEAR(box.min[1], 0.1, 1e-15);
  T_NEAR(box.max[0], 0.9, 1e-15);
  T_NEAR(box.max[1], 0.9, 1e-15);
  graft_region_fini(&region);
}

/* Arcs so flat that their circle's centre is nowhere near: nothing may lose digits. */
static void flat_arcs(void) {
  for (double bulge = 0.3; bulge > 1e-15; bulge /= 7) {
    for (int side = -1; side <= 1; side += 2) {
      graft_region region;
      graft_region_init(&region);
      double b = side * bulge;
      const graft_vertex vertex[] = {{0, 0, 0}, {1, 0, b}, {1, 1, 0}, {0, 1, 0}};
      T_OK(graft_region_add_loop(&region, 4, vertex));
      T_OK(graft_region_validate(&region, NULL));
      double radius = 0.25 * (1 + b * b) / bulge, theta = 4 * atan(bulge);
      double area = bulge > 0.01 ? radius * radius * (theta - sin(theta)) / 2 : bulge / 3;
      T_NEAR(graft_region_area(&region) - 1, side * area, bulge * bulge * bulge + 1e-15);
      T_NEAR(distance_at(&region, 0.5, 0), -b / 2, 1e-15 * bulge); /* the sagitta */
      T_NEAR(distance_at(&region, 0.5, -b), side * bulge / 2, 1e-15 * bulge);
      T_NEAR(graft_region_box(&region).min[1], fmin(0, -b / 2), 1e-15 * bulge);
      double middle[2];
      graft_edge_point(&region.edge[1], 0.5, middle);
      T_NEAR(middle[0], 0.5, 1e-15);
      T_NEAR(middle[1], -b / 2, 1e-15);
      graft_region_fini(&region);
    }
  }
}

static void edge_points(void) {
  const double bulge[] = {0, 0.01, -0.2, 1, -1, 3};
  for (size_t i = 0; i < sizeof bulge / sizeof *bulge; i++) {
    graft_region region;
    graft_region_init(&region);
    const graft_vertex vertex[] = {{0.1, 0.2, 0}, {0.7, 0.3, bulge[i]}, {0.3, 0.9, 0}};
    T_OK(graft_region_add_loop(&region, 3, vertex));
    const graft_edge *edge = &region.edge[1];
    double from[2], to[2], before[2] = {0.1, 0.2}, length = 0;
    graft_edge_point(edge, 0, from);
    graft_edge_point(edge, 1, to);
    T_CHECK(memcmp(from, edge->from, sizeof from) == 0 && memcmp(to, edge->to, sizeof to) == 0);
    for (int k = 1; k <= 1000; k++) {
      double point[2], nearest[2];
      graft_edge_point(edge, k / 1000.0, point);
      T_NEAR(graft_edge_project(edge, point, nearest), 0, 2e-15);
      double step = hypot(point[0] - before[0], point[1] - before[1]);
      T_NEAR(step, edge->length / 1000, 1e-5 * step); /* equal steps of arc length */
      length += step;
      memcpy(before, point, sizeof before);
    }
    T_NEAR(length, edge->length, 1e-5 * length);
    graft_region_fini(&region);
  }
}

/* Distance to a curve by sampling and ternary search, sign by even-odd crossings of the samples. */
static double brute_force(const graft_region *region, const double *xy) {
  enum { N = 200 };
  double least = INFINITY;
  bool inside = false;
  for (size_t e = 0; e < region->edges; e++) {
    double a[2], b[2], best = INFINITY, low = 0, high = 1;
    graft_edge_point(&region->edge[e], 0, a);
    for (int i = 0; i <= N; i++) {
      graft_edge_point(&region->edge[e], i / (double)N, b);
      double distance = hypot(b[0] - xy[0], b[1] - xy[1]);
      if (distance < best) {
        best = distance;
        low = fmax(i - 1, 0) / (double)N;
        high = fmin(i + 1, N) / (double)N;
      }
      if ((a[1] > xy[1]) != (b[1] > xy[1]) &&
          xy[0] < a[0] + (xy[1] - a[1]) / (b[1] - a[1]) * (b[0] - a[0])) {
        inside = !inside;
      }
      memcpy(a, b, sizeof a);
    }
    for (int i = 0; i < 60; i++) {
      double p = low + (high - low) / 3, q = high - (high - low) / 3;
      graft_edge_point(&region->edge[e], p, a);
      graft_edge_point(&region->edge[e], q, b);
      double at_p = hypot(a[0] - xy[0], a[1] - xy[1]), at_q = hypot(b[0] - xy[0], b[1] - xy[1]);
      best = fmin(best, fmin(at_p, at_q));
      if (at_p < at_q) {
        high = q;
      } else {
        low = p;
      }
    }
    least = fmin(least, best);
  }
  return inside ? -least : least;
}

/* Where |distance| has a kink the gradient is undefined: skip points near the medial axis. */
static bool gradient_is_one(const graft_region *region, const double *xy) {
  double h = 1e-6, d[4];
  double x[8] = {xy[0] + h, xy[1], xy[0] - h, xy[1], xy[0], xy[1] + h, xy[0], xy[1] - h};
  graft_region_distance(region, 4, x, d);
  return fabs(hypot(d[0] - d[1], d[2] - d[3]) / (2 * h) - 1) < 1e-4;
}

static void random_regions(void) {
  size_t regions = 0, points = 0, wrong_sign = 0, kinks = 0;
  double worst = 0, worst_projection = 0;
  for (unsigned i = 0; i < 60; i++) {
    graft_rng rng;
    graft_region region;
    graft_rng_init(&rng, 7, GRAFT_STREAM_TEST, i);
    if (!random_region(&rng, &region)) continue;
    regions++;
    for (int p = 0; p < 30; p++, points++) {
      double xy[2] = {graft_rng_uniform(&rng), graft_rng_uniform(&rng)}, nearest[2];
      double got = distance_at(&region, xy[0], xy[1]), want = brute_force(&region, xy);
      if (fabs(want) > 1e-4) wrong_sign += (got < 0) != (want < 0);
      worst = fmax(worst, fabs(fabs(got) - fabs(want)));
      graft_region_project(&region, xy, nearest);
      double far = hypot(nearest[0] - xy[0], nearest[1] - xy[1]);
      worst_projection = fmax(worst_projection, fabs(far - fabs(got)));
      worst_projection = fmax(worst_projection, fabs(distance_at(&region, nearest[0], nearest[1])));
      kinks += fabs(got) > 1e-5 && !gradient_is_one(&region, xy);
    }
    graft_region_fini(&region);
  }
  printf("# %zu regions, %zu points, %zu on a kink\n", regions, points, kinks);
  T_CHECK(regions >= 40);
  T_EQUAL(wrong_sign, 0);
  T_NEAR(worst, 0, 1e-9);
  T_NEAR(worst_projection, 0, 1e-15);
  T_CHECK(kinks <= points / 200);
}

/* The area of random regions with arcs: the signed distance's sign, summed on a grid. */
static void random_areas(void) {
  enum { N = 250 };
  for (unsigned i = 0; i < 6; i++) {
    graft_rng rng;
    graft_region region;
    graft_rng_init(&rng, 8, GRAFT_STREAM_TEST, i);
    if (!random_region(&rng, &region)) continue;
    size_t inside = 0;
    for (int p = 0; p < N * N; p++) {
      inside += graft_region_contains(&region, (p / N + 0.5) / N, (p % N + 0.5) / N);
    }
    T_NEAR((double)inside / (N * N), graft_region_area(&region), 1e-3);
    graft_region_fini(&region);
  }
}

/* A ray through vertices, along edges and along chords must not be counted twice. */
static void awkward_rays(void) {
  graft_region region;
  graft_region_init(&region);
  const graft_vertex diamond[] = {
      {0.5, 0, 0}, {1, 0.5, -0.2}, {0.5, 1, 0.2}, {0, 0.5, -0.2}, {0.25, 0.25, 0}};
  T_OK(graft_region_add_loop(&region, 5, diamond));
  T_OK(graft_region_add_circle(&region, 0.5, 0.5, 0.125));
  T_OK(graft_region_validate(&region, NULL));
  for (int i = 0; i <= 64; i++) {
    for (int j = 0; j <= 64; j++) {
      double xy[2] = {-0.5 + i / 32.0, -0.5 + j / 32.0};
      double got = distance_at(&region, xy[0], xy[1]), want = brute_force(&region, xy);
      if (fabs(want) > 1e-4) T_CHECK((got < 0) == (want < 0));
    }
  }
  graft_region_fini(&region);
}

/* Numbers of the text, in order. */
static size_t numbers_of(const char *text, double *value, size_t capacity) {
  size_t count = 0;
  while (*text && count < capacity) {
    char *end;
    bool starts =
        strchr("+-.0123456789", *text) && *text != '\0' && (text[-1] == '[' || text[-1] == ' ');
    double number = starts ? strtod(text, &end) : 0;
    if (starts && end != text) {
      value[count++] = number;
      text = end;
    } else {
      text++;
    }
  }
  return count;
}

static void text(void) {
  graft_region region;
  graft_region_init(&region);
  char *yaml = NULL;
  T_FAILS(graft_region_print(&region, &yaml), GRAFT_INTERNAL, "expected an outer loop");
  const double third = 1.0 / 3, odd = 0.1 + 0.2;
  const graft_vertex outer[] = {{0, 0, 0}, {1, 0, 0}, {odd, third, 1e-7}};
  const graft_vertex hole[] = {{0.25, 0.1, 0}, {0.25, 0.15, 0}, {0.3, 0.1, 0}};
  T_OK(graft_region_add_loop(&region, 3, outer));
  T_OK(graft_region_add_circle(&region, 0.5, 0.125, 0.0625));
  T_OK(graft_region_add_loop(&region, 3, hole));
  T_OK(graft_region_print(&region, &yaml));
  T_CHECK(strcmp(yaml, "region:\n"
                       "  outer: [[0, 0], [1, 0], {arc: [0.30000000000000004, "
                       "0.3333333333333333], bulge: 1e-07}]\n"
                       "  holes:\n"
                       "    - circle: {centre: [0.5, 0.125], radius: 0.0625}\n"
                       "    - [[0.25, 0.1], [0.25, 0.15], [0.3, 0.1]]\n") == 0);
  double value[16];
  T_EQUAL(numbers_of(yaml + 8, value, 16), 16);
  T_CHECK(value[4] == odd && value[5] == third && value[6] == 1e-7 && value[14] == 0.3);
  graft_free(yaml);
  graft_region_fini(&region);
  T_OK(graft_region_add_circle(&region, 0.5, 0.5, 0.5));
  T_OK(graft_region_print(&region, &yaml));
  T_CHECK(strcmp(yaml, "region:\n  outer: {circle: {centre: [0.5, 0.5], radius: 0.5}}\n") == 0);
  graft_free(yaml);
  graft_region_fini(&region);
}

int main(void) {
  T_RUN(square);
  T_RUN(annulus);
  T_RUN(arcs);
  T_RUN(flat_arcs);
  T_RUN(edge_points);
  T_RUN(random_regions);
  T_RUN(random_areas);
  T_RUN(awkward_rays);
  T_RUN(text);
  return graft_test_done();
}
