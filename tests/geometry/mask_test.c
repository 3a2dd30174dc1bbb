/* SPDX-License-Identifier: BSD-2-Clause */
/* Grids, masks and signed distance on them. */
#include "geometry/mask.h"

#include <stdlib.h>

#include "geometry/domain.h"
#include "tests/graft_test.h"

static void grid(void) {
  graft_grid g = graft_grid_square(48);
  T_OK(graft_grid_validate(&g));
  T_EQUAL(graft_grid_count(&g), 2304);
  T_CHECK(graft_grid_coordinate(&g, 0, 0) == 0 && graft_grid_coordinate(&g, 1, 47) == 1);
  T_CHECK(graft_grid_coordinate(&g, 1, 7) == 7.0 / 47.0);
  graft_grid heat = {.n = {3, 5}, .box = {{-2, -1}, {2, 1}}};
  double xy[30];
  graft_grid_points(&heat, xy);
  T_CHECK(xy[0] == -2 && xy[1] == -1 && xy[3] == -0.5); /* y runs fastest */
  T_CHECK(xy[10] == 0 && xy[11] == -1 && xy[28] == 2 && xy[29] == 1);
  g.n[1] = 1;
  T_FAILS(graft_grid_validate(&g), GRAFT_USAGE, "expected 2 to 65536 points along y, got 1");
  g.n[1] = 65537;
  T_FAILS(graft_grid_validate(&g), GRAFT_USAGE, "got 65537");
  heat.box.max[0] = -2;
  T_FAILS(graft_grid_validate(&heat), GRAFT_USAGE, "expected min < max along x");
  heat.box.max[0] = NAN;
  T_FAILS(graft_grid_validate(&heat), GRAFT_USAGE, "expected min < max along x");
}

static size_t ones_of(const char *shape, size_t n, unsigned char *mask) {
  graft_region region;
  graft_grid g = graft_grid_square(n);
  if (!T_OK(graft_domain_build(shape, NULL, &region))) return 0;
  size_t ones = graft_grid_mask(&g, &region, mask), again = 0;
  double *distance = malloc(n * n * sizeof *distance);
  unsigned char *copy = malloc(n * n);
  graft_grid_distance(&g, &region, distance);
  T_EQUAL(graft_mask_from_distance(n * n, distance, copy), ones);
  T_CHECK(memcmp(copy, mask, n * n) == 0);
  for (size_t i = 0; i < n * n; i++) again += mask[i];
  T_EQUAL(again, ones);
  free(distance);
  free(copy);
  graft_region_fini(&region);
  return ones;
}

/* Counts in integer arithmetic: with m = N − 1 points are (i/m, j/m). */
static void counts(void) {
  static const long size[] = {2, 3, 11, 48, 49, 100, 101, 129};
  static unsigned char mask[129 * 129];
  for (size_t s = 0; s < sizeof size / sizeof *size; s++) {
    long n = size[s], m = n - 1, disc = 0, triangle = 0, half = 0, lshape = 0, plus = 0;
    for (long i = 0; i <= m; i++) {
      for (long j = 0; j <= m; j++) {
        long u = 2 * i - m, v = 2 * j - m;
        disc += u * u + v * v <= m * m;
        long side = i < m - i ? i : m - i; /* y ≤ √3 min(x, 1 − x) */
        triangle += j * j <= 3 * side * side;
        half += i + j <= m;
        lshape += u <= 0 || v <= 0; /* the closed region: both edges of the corner belong to it */
        plus += labs(3 * u) <= m || labs(3 * v) <= m;
      }
    }
    size_t count = (size_t)n;
    T_EQUAL(ones_of("square", count, mask), n * n);
    T_EQUAL(ones_of("disc", count, mask), disc);
    T_EQUAL(ones_of("triangle", count, mask), triangle);
    T_EQUAL(ones_of("right_triangle", count, mask), half);
    T_EQUAL(ones_of("lshape", count, mask), lshape);
    T_EQUAL(ones_of("plus", count, mask), plus);
  }
}

/* On 48² the slit is narrower than the grid: problems.md says that its mask equals the triangle's.
 */
static void notch(void) {
  static unsigned char slit[100 * 100], whole[100 * 100];
  T_EQUAL(ones_of("notch", 48, slit), ones_of("triangle", 48, whole));
  T_CHECK(memcmp(slit, whole, 48 * 48) == 0);
  size_t hidden = ones_of("triangle", 100, whole) - ones_of("notch", 100, slit);
  T_CHECK(hidden == 2 * 40); /* columns 49 and 50 of 100 up to y = 39/99 */
}

/* Block by block or point by point: the same bits. */
static void blocks(void) {
  static double distance[61 * 35], one;
  static unsigned char mask[61 * 35];
  for (size_t i = 0; graft_domain_get(i); i++) {
    for (uint64_t index = 0; index < (graft_domain_get(i)->random ? 50 : 1); index++) {
      graft_region region;
      graft_grid g = {.n = {61, 35}, .box = {{-0.3, 0}, {1, 1.1}}};
      size_t different = 0, ones = 0;
      if (!T_OK(graft_domain_draw(graft_domain_choices(i), 3, index, &region))) continue;
      graft_grid_distance(&g, &region, distance);
      size_t counted = graft_grid_mask(&g, &region, mask);
      for (size_t p = 0; p < 61 * 35; p++) {
        double xy[2] = {graft_grid_coordinate(&g, 0, p / 35), graft_grid_coordinate(&g, 1, p % 35)};
        graft_region_distance(&region, 1, xy, &one);
        different += one != distance[p] || signbit(one) != signbit(distance[p]);
        ones += one <= GRAFT_REGION_TOLERANCE;
        different += mask[p] != (one <= GRAFT_REGION_TOLERANCE);
      }
      T_EQUAL(different, 0);
      T_EQUAL(counted, ones);
      graft_region_fini(&region);
    }
  }
}

/* More edges near a block than the list holds. */
static void many_edges(void) {
  enum { M = 400 };
  graft_vertex vertex[M];
  static double distance[32 * 32], one;
  graft_region region;
  for (int i = 0; i < M; i++) {
    double angle = 2 * acos(-1) * i / M, radius = i % 2 ? 0.01 : 0.0101;
    vertex[i] = (graft_vertex){0.5 + radius * cos(angle), 0.5 + radius * sin(angle), 0};
  }
  graft_region_init(&region);
  T_OK(graft_region_add_loop(&region, M, vertex));
  graft_grid g = graft_grid_square(32);
  graft_grid_distance(&g, &region, distance);
  for (size_t p = 0; p < 32 * 32; p++) {
    double xy[2] = {graft_grid_coordinate(&g, 0, p / 32), graft_grid_coordinate(&g, 1, p % 32)};
    graft_region_distance(&region, 1, xy, &one);
    T_CHECK(one == distance[p]);
  }
  graft_region_fini(&region);
}

int main(void) {
  T_RUN(grid);
  T_RUN(counts);
  T_RUN(notch);
  T_RUN(blocks);
  T_RUN(many_edges);
  return graft_test_done();
}
