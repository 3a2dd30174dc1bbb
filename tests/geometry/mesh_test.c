/* SPDX-License-Identifier: BSD-2-Clause */
/* Meshes by gmsh: determinism, orders of the area, grading, bad sizes; point location. */
#include "geometry/mesh.h"

#include <stdlib.h>

#include "base/rng.h"
#include "geometry/domain.h"
#include "tests/geometry/mesh_check.h"
#include "tests/geometry/random_region.h"
#include "tests/graft_test.h"

static graft_status mesh_of(const char *shape, double size, int order, graft_region *region,
                            graft_mesh *mesh) {
  graft_mesh_config config = {.size = size, .order = order};
  GRAFT_TRY(graft_domain_draw(shape, 1, 0, region));
  return graft_mesh_create(region, &config, mesh);
}

/* Random regions have the same mesh whatever was meshed before. */
static void order_of_meshes(void) {
  enum { REGIONS = 20 };
  graft_mesh first[REGIONS], again;
  graft_region region;
  const graft_mesh_config config = {.size = 0.03, .order = 1};
  for (uint64_t i = 0; i < 2 * REGIONS; i++) {
    size_t k = (size_t)(i < REGIONS ? i : i * 7 % REGIONS); /* in another order */
    T_OK(graft_domain_draw(k % 2 ? "star" : "polygon", 1, 37 + k, &region));
    T_OK(graft_mesh_create(&region, &config, i < REGIONS ? &first[k] : &again));
    graft_region_fini(&region);
    if (i < REGIONS) continue;
    if (!T_CHECK(same_mesh(&first[k], &again))) printf("# region %zu\n", k);
    graft_mesh_fini(&again);
  }
  for (size_t k = 0; k < REGIONS; k++) graft_mesh_fini(&first[k]);
}

/* The same bits again: at once, after other meshes, and from a new start of gmsh. */
static void determinism(void) {
  static const char *const shape[] = {"square", "disc", "square_hole"};
  for (size_t i = 0; i < 3; i++) {
    graft_region region, other;
    graft_mesh first, again;
    T_OK(mesh_of(shape[i], 0.06, 2, &region, &first));
    for (int round = 0; round < 4; round++) {
      if (round == 1) T_OK(mesh_of("plus", 0.1, 1, &other, &again));
      if (round == 2) T_OK(mesh_of("pentagram", 0.05, 2, &other, &again));
      if (round == 3) graft_mesh_shutdown();
      if (round == 1 || round == 2) {
        graft_mesh_fini(&again);
        graft_region_fini(&other);
      }
      graft_mesh_config config = {.size = 0.06, .order = 2};
      T_OK(graft_mesh_create(&region, &config, &again));
      T_CHECK(same_mesh(&first, &again));
      graft_mesh_fini(&again);
    }
    graft_mesh_fini(&first);
    graft_region_fini(&region);
  }
}

static double disc_error(double size, int order) {
  graft_region region;
  graft_mesh mesh;
  if (!T_OK(mesh_of("disc", size, order, &region, &mesh))) return NAN;
  double error = fabs(graft_mesh_area(&mesh) - graft_region_area(&region));
  graft_mesh_fini(&mesh);
  graft_region_fini(&region);
  return error;
}

/* Chords miss the disc's area by O(h²), isoparametric arcs by O(h⁴). */
static void area_orders(void) {
  for (int order = 1; order <= 2; order++) {
    double coarse = disc_error(0.1, order), fine = disc_error(0.025, order);
    double observed = log(coarse / fine) / log(4);
    printf("# disc, order %d: area error %.2e at h = 0.1, %.2e at 0.025, observed order %.2f\n",
           order, coarse, fine, observed);
    T_NEAR(observed, order == 1 ? 2 : 4, 0.15);
  }
}

static double to_corner(void *ctx, double x, double y) {
  const double *corner = ctx;
  return 0.003 + 0.2 * hypot(x - corner[0], y - corner[1]);
}

static double bad_size(void *ctx, double x, double y) {
  (void)ctx;
  return x > 0.5 ? y - 1.0 : 0.1;
}

static void grading(void) {
  graft_region region;
  graft_mesh mesh;
  double corner[2] = {0.5, 0.5}, largest = 0, smallest = INFINITY;
  T_OK(graft_domain_build("lshape", NULL, &region));
  graft_mesh_config config = {
      .size = 0.08, .order = 2, .grading = to_corner, .grading_ctx = corner};
  T_OK(graft_mesh_create(&region, &config, &mesh));
  check_mesh(&region, &mesh);
  for (size_t e = 0; e < mesh.elements; e++) {
    const int *node = mesh.element + 6 * e;
    for (int k = 0; k < 3; k++) {
      const double *a = mesh.xy + 2 * (size_t)node[k], *b = mesh.xy + 2 * (size_t)node[(k + 1) % 3];
      double length = hypot(b[0] - a[0], b[1] - a[1]);
      double wanted = fmin(config.size, to_corner(corner, (a[0] + b[0]) / 2, (a[1] + b[1]) / 2));
      T_CHECK(length < 2.2 * wanted);
      smallest = fmin(smallest, length);
      largest = fmax(largest, length);
    }
  }
  printf("# graded L: %zu elements, sides %.2g to %.2g\n", mesh.elements, smallest, largest);
  T_CHECK(smallest < 0.004 && largest > 0.06 && mesh.elements < 2500);
  graft_mesh_fini(&mesh);
  config.grading = bad_size;
  T_FAILS(graft_mesh_create(&region, &config, &mesh), GRAFT_INTERNAL, "expected sizes > 0");
  graft_region_fini(&region);
}

/* Shortest side of an element with a node there. */
static double side_at(const graft_mesh *mesh, double x, double y) {
  double least = INFINITY;
  for (size_t e = 0; e < mesh->elements; e++) {
    for (int k = 0; k < 3; k++) {
      const int *node = mesh->element + graft_mesh_element_nodes(mesh) * e;
      const double *a = mesh->xy + 2 * (size_t)node[k],
                   *b = mesh->xy + 2 * (size_t)node[(k + 1) % 3];
      double length = hypot(b[0] - a[0], b[1] - a[1]);
      if (hypot(a[0] - x, a[1] - y) < 1e-12 || hypot(b[0] - x, b[1] - y) < 1e-12) {
        least = fmin(least, length);
      }
    }
  }
  return least;
}

/* Sizes next to a corner are R (h/R)^(1/μ), μ = 0.9 π/(ω k), R = 0.15 √area; elsewhere nothing
 * changes. */
static void corners(void) {
  graft_mesh_config graded = {.size = 0.03, .order = 2, .graded = true}, uniform = {.size = 0.03};
  graft_region region;
  graft_mesh mesh, plain;
  for (int order = 1; order <= 2; order++) {
    graded.order = uniform.order = order;
    T_OK(graft_domain_build("lshape", NULL, &region));
    T_OK(graft_mesh_create(&region, &graded, &mesh));
    T_OK(graft_mesh_create(&region, &uniform, &plain));
    check_mesh(&region, &mesh);
    double reach = 0.15 * sqrt(0.75), mu = 0.9 * (2.0 / 3) / order;
    double want = reach * pow(0.03 / reach, 1 / mu), got = side_at(&mesh, 0.5, 0.5);
    printf("# L, order %d: %zu elements instead of %zu, sides at the corner %.4f (%.4f)\n", order,
           mesh.elements, plain.elements, got, want);
    T_CHECK(got > 0.4 * want && got < 1.5 * want);
    T_CHECK(side_at(&mesh, 0, 0) > 0.02 && side_at(&mesh, 0.5, 1) > 0.02);
    T_CHECK((double)mesh.elements < 1.2 * (double)plain.elements);
    graft_mesh_fini(&mesh);
    graft_mesh_fini(&plain);
    graft_region_fini(&region);
  }
  static const char *const convex[] = {"square", "triangle", "square_hole"};
  for (size_t i = 0; i < 3; i++) {
    T_OK(graft_domain_build(convex[i], NULL, &region));
    T_OK(graft_mesh_create(&region, &graded, &mesh));
    T_OK(graft_mesh_create(&region, &uniform, &plain));
    T_CHECK(same_mesh(&mesh, &plain));
    graft_mesh_fini(&mesh);
    graft_mesh_fini(&plain);
    graft_region_fini(&region);
  }
}

/* Corners of a hole point into the region, whichever way it was given; also the tip of a wedge. */
static void hole_corners(void) {
  static const graft_vertex hole[3] = {{0.4, 0.4, 0}, {0.6, 0.5, 0}, {0.4, 0.6, 0}};
  static const graft_vertex wedge[5] = {
      {0, 0, 0}, {1, 0, 0}, {0.5, 0.5, 0}, {1, 0.01, 0}, {0.5, 1, 0}};
  const graft_vertex back[3] = {hole[2], hole[1], hole[0]};
  graft_mesh_config config = graft_mesh_config_default();
  graft_region region;
  graft_mesh mesh;
  for (int way = 0; way < 3; way++) {
    graft_region_init(&region);
    if (way < 2) {
      T_OK(graft_domain_build("square", NULL, &region));
      T_OK(graft_region_add_loop(&region, 3, way ? back : hole));
    } else {
      T_OK(graft_region_add_loop(&region, 5, wedge));
    }
    T_OK(graft_region_validate(&region, &graft_unit_square));
    if (T_OK(graft_mesh_create(&region, &config, &mesh))) {
      check_mesh(&region, &mesh);
      for (int i = 0; i < 3 && way < 2; i++) T_CHECK(side_at(&mesh, hole[i].x, hole[i].y) < 0.003);
      if (way == 2) T_CHECK(side_at(&mesh, 0.5, 0.5) < 5e-4); /* ω near 2π */
      graft_mesh_fini(&mesh);
    }
    graft_region_fini(&region);
  }
}

/* Outlines of many short sides, as from a map: small elements at the boundary only, no grading. */
static void many_sides(void) {
  enum { N = 600 };
  graft_vertex vertex[N];
  graft_region region;
  graft_mesh mesh;
  graft_mesh_config config = graft_mesh_config_default();
  for (int i = 0; i < N; i++) {
    double angle = 2 * acos(-1) * i / N, radius = 0.4 + 0.08 * sin(7 * angle);
    vertex[i] = (graft_vertex){0.5 + radius * cos(angle), 0.5 + radius * sin(angle), 0};
  }
  graft_region_init(&region);
  T_OK(graft_region_add_loop(&region, N, vertex));
  T_OK(graft_region_validate(&region, &graft_unit_square));
  if (T_OK(graft_mesh_create(&region, &config, &mesh))) {
    double angle = check_mesh(&region, &mesh);
    printf("# %d sides: %zu elements, smallest angle %.1f\n", N, mesh.elements, angle);
    T_CHECK(mesh.edges == N && mesh.elements < 3500 && angle > 10);
    graft_mesh_fini(&mesh);
  }
  graft_region_fini(&region);
}

static void bad_config(void) {
  graft_region region;
  graft_mesh mesh;
  T_OK(graft_domain_build("square", NULL, &region));
  graft_mesh_config config = graft_mesh_config_default();
  T_OK(graft_mesh_config_validate(&config, &region));
  config.order = 3;
  T_FAILS(graft_mesh_create(&region, &config, &mesh), GRAFT_USAGE,
          "mesh order: expected 1 or 2, got 3");
  config.order = 2;
  static const double size[] = {0, -1, 2, 1e-9, INFINITY, NAN};
  for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
    config.size = size[i];
    T_FAILS(graft_mesh_create(&region, &config, &mesh), GRAFT_USAGE,
            "mesh size: expected 0.000141 to 1.41 for this region, got");
    T_CHECK(mesh.xy == NULL && mesh.element == NULL);
  }
  graft_region_fini(&region);
}

/* A ring around a shifted disc: elements as small as the gap is narrow, refused when it is too
 * narrow. */
static void thin(void) {
  graft_mesh_config config = {.size = 0.05, .order = 2};
  graft_region region;
  graft_mesh mesh;
  for (int i = 0; i < 2; i++) {
    double gap = i ? 0.0007 : 0.002;
    graft_region_init(&region);
    T_OK(graft_region_add_circle(&region, 0.5, 0.5, 0.5));
    T_OK(graft_region_add_circle(&region, 0.6, 0.5, 0.4 - gap));
    T_OK(graft_region_validate(&region, &graft_unit_square));
    graft_status status = graft_mesh_create(&region, &config, &mesh);
    if (i == 0) {
      T_OK(status);
      double angle = check_mesh(&region, &mesh);
      printf("# gap %g: %zu elements, smallest angle %.1f\n", gap, mesh.elements, angle);
      T_CHECK(angle > 15 && mesh.elements < 4000);
      graft_mesh_fini(&mesh);
    } else {
      T_FAILS(status, GRAFT_INPUT, "the region is too thin near (1, 0.5)");
      T_FAILS(status, GRAFT_INPUT,
              "for mesh size 0.05: expected a width of at least 0.000781, got 0.0007");
    }
    graft_region_fini(&region);
  }
}

/* Any mesh size works on any shape, also one as long as the shape itself. */
static void coarse(void) {
  for (size_t i = 0; graft_domain_get(i); i++) {
    for (int order = 1; order <= 2; order++) {
      graft_region region;
      graft_mesh mesh;
      if (!T_OK(mesh_of(graft_domain_get(i)->name, 0.5, order, &region, &mesh))) continue;
      check_mesh(&region, &mesh);
      graft_mesh_fini(&mesh);
      graft_region_fini(&region);
    }
  }
}

static void random_regions(void) {
  size_t regions = 0;
  double worst = 0;
  for (unsigned i = 0; i < 40; i++) {
    graft_rng rng;
    graft_region region;
    graft_mesh mesh;
    graft_rng_init(&rng, 9, GRAFT_STREAM_TEST, i);
    if (!random_region(&rng, &region)) continue;
    graft_mesh_config config = {.size = 0.05, .order = 2};
    if (T_OK(graft_mesh_create(&region, &config, &mesh))) {
      check_mesh(&region, &mesh);
      worst = fmax(worst, fabs(graft_mesh_area(&mesh) - graft_region_area(&region)));
      graft_mesh_fini(&mesh);
      regions++;
    }
    graft_region_fini(&region);
  }
  printf("# %zu regions, worst area error %.2e\n", regions, worst);
  T_CHECK(regions >= 25);
  T_NEAR(worst, 0, 1e-6);
}

static void basis(void) {
  static const double at[6][2] = {{0, 0}, {1, 0}, {0, 1}, {0.5, 0}, {0.5, 0.5}, {0, 0.5}};
  for (int order = 1; order <= 2; order++) {
    int n = order == 1 ? 3 : 6;
    double value[6], gradient[12], low[6], high[6];
    for (int i = 0; i < n; i++) {
      graft_triangle_basis(order, at[i], value, NULL);
      for (int j = 0; j < n; j++) T_NEAR(value[j], i == j, 0); /* nodes in the documented order */
    }
    double point[2] = {0.2, 0.3}, h = 1e-6;
    graft_triangle_basis(order, point, NULL, gradient);
    for (int k = 0; k < 2; k++) {
      double minus[2] = {0.2, 0.3}, plus[2] = {0.2, 0.3};
      minus[k] -= h;
      plus[k] += h;
      graft_triangle_basis(order, minus, low, NULL);
      graft_triangle_basis(order, plus, high, NULL);
      for (int j = 0; j < n; j++) {
        T_NEAR(gradient[2 * j + k], (high[j] - low[j]) / (2 * h), 1e-9);
      }
    }
  }
}

static void map(const graft_mesh *mesh, int element, const double *reference, double *xy) {
  size_t n = graft_mesh_element_nodes(mesh);
  double value[6];
  graft_triangle_basis(mesh->order, reference, value, NULL);
  xy[0] = xy[1] = 0;
  for (size_t i = 0; i < n; i++) {
    const double *at = mesh->xy + 2 * (size_t)mesh->element[n * (size_t)element + i];
    for (int k = 0; k < 2; k++) xy[k] += value[i] * at[k];
  }
}

/* Points with known reference coordinates are found again, in their element when well inside it. */
static void locate_round_trip(const char *shape, double size, int order) {
  enum { N = 20000 };
  graft_region region;
  graft_mesh mesh;
  graft_rng rng;
  if (!T_OK(mesh_of(shape, size, order, &region, &mesh))) return;
  double *xy = malloc(2 * N * sizeof *xy), *want = malloc(2 * N * sizeof *want);
  double *got = malloc(2 * N * sizeof *got), *off = malloc(N * sizeof *off), worst = 0, moved = 0;
  int *in = malloc(N * sizeof *in), *element = malloc(N * sizeof *element), elsewhere = 0;
  graft_rng_init(&rng, 3, GRAFT_STREAM_TEST, 0);
  for (size_t p = 0; p < N; p++) {
    double r = graft_rng_uniform(&rng), s = graft_rng_uniform(&rng);
    bool flip = r + s > 1;
    in[p] = (int)graft_rng_below(&rng, (uint32_t)mesh.elements);
    want[2 * p] = flip ? 1 - r : r;
    want[2 * p + 1] = flip ? 1 - s : s;
    if (p % 10 == 0) want[2 * p] = 0; /* on a side */
    map(&mesh, in[p], want + 2 * p, xy + 2 * p);
  }
  T_OK(graft_mesh_locate(&mesh, N, xy, element, got, off));
  for (size_t p = 0; p < N; p++) {
    double back[2];
    map(&mesh, element[p], got + 2 * p, back);
    moved = fmax(moved, hypot(back[0] - xy[2 * p], back[1] - xy[2 * p + 1]));
    T_CHECK(off[p] < 1e-15);
    if (p % 10 == 0) continue;
    elsewhere += element[p] != in[p];
    if (element[p] != in[p]) continue;
    worst = fmax(worst, fabs(got[2 * p] - want[2 * p]) + fabs(got[2 * p + 1] - want[2 * p + 1]));
  }
  T_EQUAL(elsewhere, 0);
  T_NEAR(worst, 0, 1e-12);
  T_NEAR(moved, 0, 1e-14);
  free(xy);
  free(want);
  free(got);
  free(off);
  free(in);
  free(element);
  graft_mesh_fini(&mesh);
  graft_region_fini(&region);
}

static void locate(void) {
  for (int order = 1; order <= 2; order++) {
    locate_round_trip("square", 0.03, order);
    locate_round_trip("disc", 0.1, order);
    locate_round_trip("square_hole", 0.2, order);
    locate_round_trip("pentagram", 0.05, order);
  }
}

/* Points off the mesh go to the nearest point of its boundary. */
static void locate_outside(void) {
  graft_region region;
  graft_mesh mesh;
  for (int order = 1; order <= 2; order++) {
    T_OK(mesh_of("disc", 0.1, order, &region, &mesh));
    double worst = 0, gap = 0;
    for (int i = 0; i < 2000; i++) {
      double angle = 0.01 * i, radius = i % 2 ? 0.5 : 0.51 + 0.0005 * i, reference[2], off, back[2];
      double xy[2] = {0.5 + radius * cos(angle), 0.5 + radius * sin(angle)};
      int element;
      T_OK(graft_mesh_locate(&mesh, 1, xy, &element, reference, &off));
      map(&mesh, element, reference, back);
      double r = reference[0], s = reference[1];
      T_CHECK(r >= 0 && s >= 0 && r + s <= 1 + 1e-16);
      T_NEAR(hypot(back[0] - xy[0], back[1] - xy[1]), off, 1e-14);
      if (i % 2) {
        gap = fmax(gap, off); /* of the circle itself: the chord error */
      } else {
        worst = fmax(worst, fabs(off - (radius - 0.5)));
      }
    }
    printf("# disc, h = 0.1, order %d: the circle is off the mesh by %.2e at most\n", order, gap);
    T_CHECK(gap < (order == 1 ? 2.5e-3 : 5e-6));
    T_CHECK(worst < (order == 1 ? 2.5e-3 : 5e-6));
    double nan[2] = {0.5, NAN}, reference[2];
    int element;
    T_FAILS(graft_mesh_locate(&mesh, 1, nan, &element, reference, NULL), GRAFT_INTERNAL,
            "expected finite coordinates");
    graft_mesh_fini(&mesh);
    T_FAILS(graft_mesh_locate(&mesh, 1, nan, &element, reference, NULL), GRAFT_INTERNAL,
            "expected a mesh with elements");
    graft_region_fini(&region);
  }
}

int main(void) {
  T_RUN(basis);
  T_RUN(determinism);
  T_RUN(order_of_meshes);
  T_RUN(area_orders);
  T_RUN(grading);
  T_RUN(corners);
  T_RUN(hole_corners);
  T_RUN(many_sides);
  T_RUN(bad_config);
  T_RUN(thin);
  T_RUN(coarse);
  T_RUN(random_regions);
  T_RUN(locate);
  T_RUN(locate_outside);
  graft_mesh_shutdown();
  graft_mesh_shutdown();
  return graft_test_done();
}
