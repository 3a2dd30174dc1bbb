/* SPDX-License-Identifier: BSD-2-Clause */
/* Fingerprints of regions; meshes kept by them. */
#include "geometry/mesh_cache.h"

#include <stdlib.h>

#include "geometry/domain.h"
#include "tests/geometry/mesh_check.h"
#include "tests/graft_test.h"

static uint64_t hash_of(const graft_region *region) {
  uint64_t hash = 0;
  T_OK(graft_region_hash(region, &hash));
  return hash;
}

/* Equal regions have equal hashes; each number, each bit of it, and the order count. */
static void hash(void) {
  graft_vertex vertex[3] = {{0.1, 0.2, 0.05}, {0.9, 0.1, 0.1}, {0.3, 0.7, 0.02}};
  uint64_t seen[24];
  size_t count = 0;
  for (int i = 0; i < 11; i++) {
    graft_vertex v[3];
    graft_region region;
    memcpy(v, vertex, sizeof v);
    double *number = &v[0].x;
    if (i < 9) number[i] = nextafter(number[i], 1);
    if (i == 9) v[0] = vertex[2], v[2] = vertex[0];
    graft_region_init(&region);
    T_OK(graft_region_add_loop(&region, 3, v));
    seen[count++] = hash_of(&region);
    T_OK(graft_region_add_circle(&region, 0.4, 0.3, 0.05));
    seen[count++] = hash_of(&region);
    T_CHECK(hash_of(&region) == seen[count - 1]);
    graft_region_fini(&region);
  }
  for (size_t i = 0; i < count; i++) {
    for (size_t j = 0; j < i; j++) T_CHECK(seen[i] != seen[j]);
  }
}

static void hits(void) {
  graft_mesh_cache *cache;
  graft_mesh_config config[4] = {{.size = 0.2, .order = 2},
                                 {.size = 0.2, .order = 1},
                                 {.size = 0.1, .order = 2},
                                 {.size = 0.2, .order = 2, .graded = true}};
  T_OK(graft_mesh_cache_create(10000000, &cache));
  for (int round = 0; round < 2; round++) {
    for (size_t i = 0; graft_domain_get(i); i++) {
      graft_region region;
      if (!T_OK(graft_domain_draw(graft_domain_choices(i), 1, 2, &region))) continue;
      for (int c = 0; c < 4; c++) {
        graft_mesh mesh, want;
        T_OK(graft_mesh_cache_get(cache, &region, &config[c], &mesh));
        T_OK(graft_mesh_create(&region, &config[c], &want));
        T_CHECK(same_mesh(&mesh, &want));
        graft_mesh_fini(&mesh);
        graft_mesh_fini(&want);
      }
      graft_region_fini(&region);
    }
    graft_mesh_cache_count count = graft_mesh_cache_count_get(cache);
    T_EQUAL(count.meshes, count.misses);
    T_EQUAL(count.hits, round ? count.misses : 0);
  }
  graft_mesh_cache_destroy(cache);
}

static void get(graft_mesh_cache *cache, const char *shape, graft_mesh_config config) {
  graft_region region;
  graft_mesh mesh;
  if (!T_OK(graft_domain_build(shape, NULL, &region))) return;
  if (T_OK(graft_mesh_cache_get(cache, &region, &config, &mesh))) graft_mesh_fini(&mesh);
  graft_region_fini(&region);
}

static double everywhere(void *ctx, double x, double y) {
  (void)ctx, (void)x, (void)y;
  return 0.2;
}

/* The mesh that was used longest ago goes; a mesh larger than the cache is not kept. */
static void eviction(void) {
  graft_mesh_config config = {.size = 0.1, .order = 2}, fine = {.size = 0.02, .order = 2};
  graft_mesh_cache *cache;
  T_OK(graft_mesh_cache_create(50000, &cache));
  get(cache, "square", config);
  size_t one = graft_mesh_cache_count_get(cache).bytes;
  T_CHECK(one > 15000 && one < 25000);
  get(cache, "disc", config);
  get(cache, "square", config); /* now disc is the oldest */
  get(cache, "plus", config);
  get(cache, "lshape", config);
  graft_mesh_cache_count count = graft_mesh_cache_count_get(cache);
  T_CHECK(count.bytes <= 50000 && count.meshes < 4);
  T_EQUAL(count.hits, 1);
  get(cache, "lshape", config);
  T_EQUAL(graft_mesh_cache_count_get(cache).hits, 2);
  get(cache, "disc", config);
  T_EQUAL(graft_mesh_cache_count_get(cache).hits, 2);
  count = graft_mesh_cache_count_get(cache);
  get(cache, "square", fine);
  T_EQUAL(graft_mesh_cache_count_get(cache).bytes, count.bytes);
  config.grading = everywhere;
  get(cache, "square", config);
  T_EQUAL(graft_mesh_cache_count_get(cache).misses, count.misses + 1);
  get(NULL, "square", config);
  graft_mesh_cache_destroy(cache);
  graft_mesh_cache_destroy(NULL);
}

static void mistakes(void) {
  graft_mesh_cache *cache;
  graft_mesh_config config = {.size = -1, .order = 2};
  graft_region region;
  graft_mesh mesh;
  T_OK(graft_mesh_cache_create(10000, &cache));
  T_OK(graft_domain_build("square", NULL, &region));
  T_FAILS(graft_mesh_cache_get(cache, &region, &config, &mesh), GRAFT_USAGE, "mesh size");
  T_CHECK(mesh.xy == NULL && graft_mesh_cache_count_get(cache).meshes == 0);
  graft_region_fini(&region);
  graft_mesh_cache_destroy(cache);
}

int main(void) {
  T_RUN(hash);
  T_RUN(hits);
  T_RUN(eviction);
  T_RUN(mistakes);
  graft_mesh_shutdown();
  return graft_test_done();
}
