/* SPDX-License-Identifier: BSD-2-Clause */
/* Contract of the registry of named shapes: every type is held to what domain.h says. */
#include "geometry/domain.h"

#include <stdlib.h>

#include "geometry/mask.h"
#include "geometry/mesh.h"
#include "tests/geometry/mesh_check.h"
#include "tests/graft_test.h"

/* Region (seed, index) is the same whenever it is drawn, and another one than its neighbours. */
static void check_family(const graft_domain_type *type) {
  enum { N = 8 };
  uint64_t hash[2 * N];
  graft_region region;
  for (size_t i = 0; i < 4 * N; i++) {
    size_t index = (i * 5) % (2 * N);
    uint64_t now;
    if (!T_OK(graft_domain_draw(type->name, 1 + index / N, index % N, &region))) return;
    T_OK(graft_region_hash(&region, &now));
    if (i < 2 * N) {
      hash[index] = now;
    } else {
      T_CHECK(hash[index] == now);
    }
    graft_region_fini(&region);
  }
  for (size_t i = 0; i < 2 * N; i++) {
    for (size_t j = 0; j < i; j++) T_CHECK(hash[i] != hash[j]);
  }
  T_FAILS(graft_domain_build(type->name, NULL, &region), GRAFT_INTERNAL, "a random generator");
  T_FAILS(graft_domain_draw(type->name, 1, 1ULL << 32, &region), GRAFT_USAGE, "below 2^32");
}

static void check_type(const graft_domain_type *type) {
  enum { N = 201 };
  static unsigned char mask[N * N];
  graft_region region, again;
  graft_rng rng;
  graft_grid grid = graft_grid_square(N);
  char *text = NULL, *copy = NULL;
  graft_rng_init(&rng, 1, GRAFT_STREAM_TEST, 0);
  T_CHECK(type->name && type->summary && type->source && type->build && strlen(type->summary) < 80);
  T_CHECK(graft_domain_find(type->name) == type);
  if (!T_OK(graft_domain_build(type->name, &rng, &region))) return;
  T_OK(graft_region_validate(&region, &graft_unit_square));
  double area = graft_region_area(&region);
  if (type->random) {
    check_family(type);
  } else {
    T_NEAR(area, type->area, 1e-15);
    T_OK(graft_domain_build(type->name, NULL, &again));
    T_OK(graft_region_print(&region, &text));
    T_OK(graft_region_print(&again, &copy));
    T_CHECK(strcmp(text, copy) == 0);
    free(text);
    free(copy);
    graft_region_fini(&again);
  }
  /* the mask counts boundary points whole: correct by half the boundary's length */
  double counted = (double)graft_grid_mask(&grid, &region, mask) / ((N - 1.0) * (N - 1.0));
  double perimeter = graft_region_perimeter(&region);
  T_CHECK(counted > area - perimeter / (N - 1) && counted < area + perimeter / (N - 1));
  /* St Venant: of all regions of an area the disc has the largest torsion function */
  T_CHECK(type->torsion_max >= 0 &&
          type->torsion_max <= area / (4 * 3.14159265358979323846) * (1 + 1e-15));
  bool curved = false;
  for (size_t i = 0; i < region.edges; i++) curved = curved || region.edge[i].bulge != 0;
  for (int order = 1; order <= 2; order++) {
    graft_mesh mesh;
    graft_mesh_config config = graft_mesh_config_default();
    config.order = order;
    if (!T_OK(graft_mesh_create(&region, &config, &mesh))) break;
    double angle = check_mesh(&region, &mesh), error = fabs(graft_mesh_area(&mesh) - area);
    printf("# %s, order %d: %zu nodes, %zu elements, smallest angle %.1f, area error %.1e\n",
           type->name, order, mesh.nodes, mesh.elements, angle, error);
    T_CHECK(angle > 18);
    T_CHECK(error < (!curved ? 2e-13 : order == 1 ? 1e-3 : 2e-6));
    graft_mesh_fini(&mesh);
  }
  graft_region_fini(&region);
}

static void registry(void) {
  graft_region region;
  size_t types = 0;
  for (; graft_domain_get(types); types++) {
    T_CHECK(strcmp(graft_domain_choices(types), graft_domain_get(types)->name) == 0);
    for (size_t j = 0; j < types; j++) {
      T_CHECK(strcmp(graft_domain_choices(types), graft_domain_choices(j)) != 0);
    }
  }
  T_CHECK(graft_domain_choices(types) == NULL && graft_domain_find("") == NULL);
  T_FAILS(graft_domain_build("sqare", NULL, &region), GRAFT_USAGE,
          "unknown shape 'sqare' (did you mean 'square'?)");
}

int main(void) {
  T_RUN(registry);
  for (size_t i = 0; graft_domain_get(i); i++) {
    T_RUN_NAMED(graft_domain_choices(i), check_type(graft_domain_get(i)));
  }
  graft_mesh_shutdown();
  return graft_test_done();
}
