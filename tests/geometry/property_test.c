/* SPDX-License-Identifier: BSD-2-Clause */
/* Properties that hold for every region of a random family: sign and gradient of the signed
 * distance, area of the mask, area of the mesh.
 *
 *   test_geometry_property FAMILY [REGIONS [MESHES]]      10000 and 40 unless given */
#include <stdlib.h>

#include "geometry/domain.h"
#include "geometry/mask.h"
#include "tests/geometry/mesh_check.h"
#include "tests/graft_test.h"

enum { POINTS = 5, GRID = 48, SEED = 11 };
#define STEP 1e-6 /* of the difference quotient */

/* Sums over all regions. */
struct tally {
  size_t points, wrong_sign, kinks, wrong_gradient, edges, arcs, holes[3], reentrant;
  double mask_sum, mask_square, mask_worst, gradient_worst;
};

/* Crossings of the ray from (x, y) to the right with one edge: by its line or its circle. */
static int crossings(const graft_edge *edge, double x, double y) {
  const double *a = edge->from, *b = edge->to;
  if (edge->bulge == 0) {
    return (a[1] > y) != (b[1] > y) && a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]) > x;
  }
  double dy = y - edge->centre[1], square = edge->radius * edge->radius - dy * dy;
  double start = atan2(a[1] - edge->centre[1], a[0] - edge->centre[0]);
  int count = 0;
  for (int side = -1; side <= 1 && square > 0; side += 2) {
    double dx = side * sqrt(square), angle = atan2(dy, dx) - start;
    if (edge->bulge < 0) angle = -angle;
    angle -= 2 * acos(-1) * floor(angle / (2 * acos(-1)));
    count += edge->centre[0] + dx > x && angle < 4 * atan(fabs(edge->bulge));
  }
  return count;
}

static bool inside(const graft_region *region, const double *xy) {
  int count = 0;
  for (size_t e = 0; e < region->edges; e++) count += crossings(&region->edge[e], xy[0], xy[1]);
  return count % 2;
}

/* Distance to the nearest place where the distance has no gradient, or something small: 0 where two
 * boundary points are about equally near; else the distance to the boundary point or, for an arc,
 * to its centre. */
static double smooth_radius(const graft_region *region, const double *xy) {
  double nearest[2], other[2];
  size_t best = graft_region_project(region, xy, nearest);
  const graft_edge *edge = &region->edge[best];
  double least = hypot(nearest[0] - xy[0], nearest[1] - xy[1]), radius = least;
  for (size_t e = 0; e < region->edges; e++) {
    double distance = graft_edge_project(&region->edge[e], xy, other);
    bool apart = hypot(other[0] - nearest[0], other[1] - nearest[1]) > 1e-9;
    if (e != best && apart && distance < least + 2.1 * STEP) return 0;
  }
  if (edge->bulge != 0) {
    radius = fmin(radius, hypot(edge->centre[0] - xy[0], edge->centre[1] - xy[1]));
  }
  return radius;
}

static void check_point(const graft_region *region, const double *xy, struct tally *tally) {
  double distance, d[4];
  graft_region_distance(region, 1, xy, &distance);
  tally->points++;
  if (fabs(distance) > 1e-9) tally->wrong_sign += (distance < 0) != inside(region, xy);
  double radius = smooth_radius(region, xy);
  if (radius < 100 * STEP) {
    tally->kinks++;
    return;
  }
  double x[8] = {xy[0] + STEP, xy[1],        xy[0] - STEP, xy[1],
                 xy[0],        xy[1] + STEP, xy[0],        xy[1] - STEP};
  graft_region_distance(region, 4, x, d);
  double error = fabs(hypot(d[0] - d[1], d[2] - d[3]) / (2 * STEP) - 1);
  tally->wrong_gradient += error > (STEP / radius) * (STEP / radius) + 2e-9;
  tally->gradient_worst = fmax(tally->gradient_worst, error);
}

/* Error of the mask's area in units of h² √(perimeter / h): grid points near the boundary fall in
 * or out like coins. */
static void check_mask(const graft_region *region, struct tally *tally) {
  static unsigned char mask[GRID * GRID];
  graft_grid grid = graft_grid_square(GRID);
  double h = 1.0 / (GRID - 1), perimeter = graft_region_perimeter(region);
  double area = (double)graft_grid_mask(&grid, region, mask) * h * h;
  double error = (area - graft_region_area(region)) / (h * h * sqrt(perimeter / h));
  tally->mask_sum += error;
  tally->mask_square += error * error;
  tally->mask_worst = fmax(tally->mask_worst, fabs(error));
}

/* What the family promises. */
static void count(const graft_region *region, struct tally *tally) {
  bool reentrant = false;
  const graft_loop *loop = &region->loop[0];
  for (size_t i = 0; i < loop->vertices; i++) {
    const graft_edge *edge = &region->edge[i], *next = &region->edge[(i + 1) % loop->vertices];
    double ux = edge->to[0] - edge->from[0], uy = edge->to[1] - edge->from[1];
    double vx = next->to[0] - next->from[0], vy = next->to[1] - next->from[1];
    reentrant = reentrant || (edge->bulge == 0 && next->bulge == 0 && ux * vy - uy * vx < 0);
  }
  tally->reentrant += reentrant;
  tally->edges += region->edges;
  tally->arcs += loop->vertices && region->edge[0].bulge != 0;
  if (region->loops <= 3) tally->holes[region->loops - 1]++;
}

static void check_regions(const char *family, size_t regions) {
  struct tally t = {0};
  graft_rng rng;
  graft_rng_init(&rng, SEED, GRAFT_STREAM_TEST, 1);
  for (size_t i = 0; i < regions; i++) {
    graft_region region;
    if (!T_OK(graft_domain_draw(family, SEED, i, &region))) continue;
    for (int p = 0; p < POINTS; p++) {
      double xy[2] = {1.2 * graft_rng_uniform(&rng) - 0.1, 1.2 * graft_rng_uniform(&rng) - 0.1};
      check_point(&region, xy, &t);
    }
    check_mask(&region, &t);
    count(&region, &t);
    graft_region_fini(&region);
  }
  double n = (double)regions, mean = t.mask_sum / n, rms = sqrt(t.mask_square / n);
  printf("# %zu regions, %.1f edges each, %zu with arcs, %zu with re-entrant corners, holes 0/1/2: "
         "%zu/%zu/%zu\n",
         regions, (double)t.edges / n, t.arcs, t.reentrant, t.holes[0], t.holes[1], t.holes[2]);
  printf("# %zu points, %zu where the distance may have a kink; worst gradient error %.1e\n",
         t.points, t.kinks, t.gradient_worst);
  printf("# mask area: mean error %.4f, rms %.3f, worst %.2f of h^2 sqrt(perimeter / h)\n", mean,
         rms, t.mask_worst);
  T_EQUAL(t.wrong_sign, 0);
  T_EQUAL(t.wrong_gradient, 0);
  T_CHECK(t.kinks < t.points / 20);
  T_CHECK(fabs(mean) < 5 * rms / sqrt(n) && rms < 0.5 && t.mask_worst < 6 * rms);
  T_EQUAL(t.holes[0] + t.holes[1] + t.holes[2], regions);
}

static void check_meshes(const char *family, size_t meshes) {
  double worst = 0, angle = 180, elements = 0;
  for (size_t i = 0; i < meshes; i++) {
    graft_mesh_config config = graft_mesh_config_default();
    graft_region region;
    graft_mesh mesh;
    if (!T_OK(graft_domain_draw(family, SEED, i, &region))) continue;
    if (T_OK(graft_mesh_create(&region, &config, &mesh))) {
      angle = fmin(angle, check_mesh(&region, &mesh));
      worst = fmax(worst, fabs(graft_mesh_area(&mesh) - graft_region_area(&region)));
      elements += (double)mesh.elements;
      graft_mesh_fini(&mesh);
    }
    graft_region_fini(&region);
  }
  printf("# %zu meshes, %.0f elements each, smallest angle %.1f, worst area error %.1e\n", meshes,
         elements / (double)meshes, angle, worst);
  T_CHECK(angle > 10);
  T_NEAR(worst, 0, 3e-6);
}

int main(int count_of_words, char **word) {
  const char *family = count_of_words > 1 ? word[1] : "polygon";
  size_t regions = count_of_words > 2 ? (size_t)strtoul(word[2], NULL, 10) : 10000;
  size_t meshes = count_of_words > 3 ? (size_t)strtoul(word[3], NULL, 10) : 40;
  T_RUN_NAMED("regions", check_regions(family, regions));
  T_RUN_NAMED("meshes", check_meshes(family, meshes));
  graft_mesh_shutdown();
  return graft_test_done();
}
