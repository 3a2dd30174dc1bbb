/* SPDX-License-Identifier: BSD-2-Clause */
/* Fingerprints of regions; meshes kept in files by them. */
#include "geometry/mesh_cache.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

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

static char folder[] = "graft-mesh-XXXXXX";
static graft_mesh_cache cache;

/* The only file in the cache whose name ends in .mesh; number of all files. */
static size_t list(char path[320]) {
  size_t count = 0;
  DIR *directory = opendir(folder);
  for (struct dirent *entry; directory && (entry = readdir(directory));) {
    if (entry->d_name[0] == '.') continue;
    count++;
    snprintf(path, 320, "%s/%s", folder, entry->d_name);
  }
  if (directory) closedir(directory);
  return count;
}

static void empty(void) {
  char path[320];
  while (list(path) > 0 && T_CHECK(unlink(path) == 0)) continue;
}

/* Which file it is: changes when it is made anew. */
static ino_t number(const char *path) {
  struct stat is;
  return T_CHECK(stat(path, &is) == 0) ? is.st_ino : 0;
}

/* The cache's mesh is the mesher's, bit by bit. */
static void get(const char *shape, graft_mesh_config config) {
  graft_region region;
  graft_mesh mesh, want;
  if (!T_OK(graft_domain_draw(shape, 1, 2, &region))) return;
  T_OK(graft_mesh_cache_get(&cache, &region, &config, &mesh));
  T_OK(graft_mesh_create(&region, &config, &want));
  T_CHECK(same_mesh(&mesh, &want));
  graft_mesh_fini(&mesh);
  graft_mesh_fini(&want);
  graft_region_fini(&region);
}

static void hits(void) {
  graft_mesh_config config[4] = {{.size = 0.2, .order = 2},
                                 {.size = 0.2, .order = 1},
                                 {.size = 0.1, .order = 2},
                                 {.size = 0.2, .order = 2, .graded = true}};
  char path[320];
  size_t shapes = 0;
  for (int round = 0; round < 2; round++) {
    for (shapes = 0; graft_domain_get(shapes); shapes++) {
      for (int c = 0; c < 4; c++) get(graft_domain_choices(shapes), config[c]);
    }
    T_EQUAL(list(path), 4 * shapes);
  }
  empty();
}

/* A file that is there is read, not made again; another version's is not used. */
static void is_read(void) {
  graft_mesh_config config = {.size = 0.2, .order = 2};
  char path[320], other[320];
  get("disc", config);
  T_EQUAL(list(path), 1);
  ino_t first = number(path);
  get("disc", config);
  T_EQUAL(list(path), 1);
  T_CHECK(number(path) == first);
  T_OK(graft_mesh_cache_init(&cache, folder, "2"));
  get("disc", config);
  T_EQUAL(list(other), 2);
  T_OK(graft_mesh_cache_init(&cache, folder, "1"));
  empty();
}

/* Each byte in turn changed, and each length: made again, the file is whole again. */
static void damage(void) {
  graft_mesh_config config = {.size = 0.7, .order = 1};
  unsigned char byte[4096], now[4096];
  char path[320];
  get("square", config);
  T_EQUAL(list(path), 1);
  FILE *file = fopen(path, "rb");
  size_t size = file ? fread(byte, 1, sizeof byte, file) : 0;
  if (!T_CHECK(size > 200 && size < sizeof byte)) return;
  (void)fclose(file);
  for (size_t i = 0; i < 2 * size; i += i < 64 ? 1 : 13) {
    file = fopen(path, "wb");
    if (!T_CHECK(file != NULL)) return;
    memcpy(now, byte, size);
    if (i < size) now[i] ^= 0x11;
    T_CHECK(fwrite(now, 1, i < size ? size : i - size, file) <= size);
    (void)fclose(file);
    get("square", config);
    file = fopen(path, "rb");
    T_EQUAL(file ? fread(now, 1, sizeof now, file) : 0, size);
    if (file) (void)fclose(file);
    T_CHECK(memcmp(now, byte, size) == 0);
  }
  T_EQUAL(list(path), 1);
  empty();
}

static double everywhere(void *ctx, double x, double y) {
  (void)ctx, (void)x, (void)y;
  return 0.2;
}

static void passed_by(void) {
  graft_mesh_config config = {.size = 0.5, .order = 1, .grading = everywhere};
  char path[320];
  get("square", config);
  config.grading = NULL;
  T_OK(graft_mesh_cache_init(&cache, "", "1"));
  get("square", config);
  T_EQUAL(list(path), 0);
  T_OK(graft_mesh_cache_init(&cache, folder, "1"));
}

static void mistakes(void) {
  graft_mesh_config config = {.size = -1, .order = 2};
  graft_mesh_cache bad;
  graft_region region;
  graft_mesh mesh;
  char path[320], name[2000];
  T_OK(graft_domain_build("square", NULL, &region));
  T_FAILS(graft_mesh_cache_get(&cache, &region, &config, &mesh), GRAFT_USAGE, "mesh size");
  T_CHECK(mesh.xy == NULL && list(path) == 0);
  T_FAILS(graft_mesh_cache_init(&bad, "/proc/none/such", "1"), GRAFT_OUTPUT, "can't be made");
  T_FAILS(graft_mesh_cache_init(&bad, "/dev/null", "1"), GRAFT_OUTPUT, "got a file");
  memset(name, 'a', sizeof name);
  name[sizeof name - 1] = '\0';
  T_FAILS(graft_mesh_cache_init(&bad, name, "1"), GRAFT_USAGE, "below 1024 bytes");
  /* the directory goes away under a run */
  T_CHECK(rmdir(folder) == 0);
  config.size = 0.5;
  T_FAILS(graft_mesh_cache_get(&cache, &region, &config, &mesh), GRAFT_OUTPUT, "can't be written");
  T_CHECK(mesh.xy == NULL);
  graft_region_fini(&region);
}

int main(void) {
  if (!T_CHECK(mkdtemp(folder) != NULL)) return 1;
  T_OK(graft_mesh_cache_init(&cache, folder, "1"));
  T_RUN(hash);
  T_RUN(hits);
  T_RUN(is_read);
  T_RUN(damage);
  T_RUN(passed_by);
  T_RUN(mistakes);
  graft_mesh_shutdown();
  return graft_test_done();
}
