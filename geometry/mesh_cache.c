/* SPDX-License-Identifier: BSD-2-Clause */
/* Meshes by region, in a directory.
 *
 * Method:    the name of a file is the 64-bit hash of its key; the key itself and a hash of all
 *            that follows the header are in the file, and both must match. Written beside and
 *            renamed.
 * Cost:      one read of the file and one pass over its bytes.
 * Reference: fowler2019 (the hash). */
#include "geometry/mesh_cache.h"

#include <errno.h>
#include <gmshc.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/hash.h"
#include "geometry/region_impl.h"

#define MAGIC UINT64_C(0x31304853454d5247) /* "GRMESH01" where the low byte is first */

/* Followed by the key, xy, element, edge, edge_tag, edge_element, boundary. */
struct header {
  uint64_t magic;
  uint64_t check; /* hash of all that follows, this header's rest included */
  uint64_t key, nodes, elements, edges;
};

enum { CHECKED = offsetof(struct header, key) /* the check is of the bytes from here */ };

/* Where a mesh is in the cache. */
struct place {
  char *key; /* owned */
  size_t length;
  char path[GRAFT_MESH_CACHE_PATH + 32];
};

/* Bytes of a file. */
typedef struct image {
  unsigned char *byte;
  size_t size;
} image;

graft_status graft_mesh_cache_init(graft_mesh_cache *cache, const char *directory,
                                   const char *version) {
  *cache = (graft_mesh_cache){.version = version};
  if (!*directory) return GRAFT_OK;
  GRAFT_CHECK(strlen(directory) < sizeof cache->directory, USAGE,
              "mesh cache: expected a directory's name below %d bytes, got %zu",
              GRAFT_MESH_CACHE_PATH, strlen(directory));
  struct stat is;
  bool made = mkdir(directory, 0777) == 0 || errno == EEXIST;
  GRAFT_CHECK(made, OUTPUT, "mesh cache %s: can't be made: %s", directory, strerror(errno));
  GRAFT_CHECK(stat(directory, &is) == 0 && S_ISDIR(is.st_mode), OUTPUT,
              "mesh cache %s: expected a directory, got a file", directory);
  GRAFT_CHECK(access(directory, R_OK | W_OK | X_OK) == 0, OUTPUT,
              "mesh cache %s: can't be written: %s", directory, strerror(errno));
  snprintf(cache->directory, sizeof cache->directory, "%s", directory);
  return GRAFT_OK;
}

/* Key and path; release place->key. */
static graft_status locate(const graft_mesh_cache *cache, const graft_region *region,
                           const graft_mesh_config *config, struct place *place) {
  char *text;
  GRAFT_TRY(graft_region_print(region, &text));
  size_t room = strlen(text) + strlen(cache->version) + 128;
  graft_status status = graft_alloc(&place->key, room, 1);
  if (status == GRAFT_OK) {
    int length = snprintf(place->key, room, "graft %s, gmsh %s, size %a, order %d, graded %d\n%s",
                          cache->version, GMSH_API_VERSION, config->size, config->order,
                          config->graded, text);
    place->length = (size_t)length;
    snprintf(place->path, sizeof place->path, "%s/%016" PRIx64 ".mesh", cache->directory,
             graft_hash(GRAFT_HASH_START, place->key, place->length));
  }
  graft_free(text);
  return status;
}

static size_t edge_nodes(const graft_mesh *mesh) { return mesh->order == 2 ? 3 : 2; }

static size_t size_of(const graft_mesh *mesh, size_t key) {
  size_t ints =
      graft_mesh_element_nodes(mesh) * mesh->elements + (edge_nodes(mesh) + 2) * mesh->edges;
  return sizeof(struct header) + key + mesh->nodes * (2 * sizeof(double) + 1) + ints * sizeof(int);
}

/* The whole file, or nothing where it can't be read. */
static graft_status read_image(const char *path, image *file) {
  struct stat is;
  graft_status status = GRAFT_OK;
  *file = (image){0};
  FILE *stream = fopen(path, "rb");
  if (!stream) return GRAFT_OK;
  if (fstat(fileno(stream), &is) == 0 && is.st_size >= (off_t)sizeof(struct header)) {
    size_t size = (size_t)is.st_size;
    status = graft_alloc(&file->byte, size, 1);
    if (status == GRAFT_OK && fread(file->byte, 1, size, stream) == size) file->size = size;
  }
  (void)fclose(stream);
  return status;
}

/* Is it a mesh of that key? Then its counts. */
static bool matches(const image *file, const struct place *place, graft_mesh *mesh) {
  struct header header;
  const size_t most = (size_t)1 << 31; /* nodes are ints */
  if (file->size < sizeof header) return false;
  memcpy(&header, file->byte, sizeof header);
  if (header.magic != MAGIC || header.key != place->length) return false;
  if (header.nodes > most || header.elements > most || header.edges > most) return false;
  mesh->nodes = header.nodes;
  mesh->elements = header.elements;
  mesh->edges = header.edges;
  if (file->size != size_of(mesh, header.key)) return false;
  if (memcmp(file->byte + sizeof header, place->key, place->length) != 0) return false;
  return header.check == graft_hash(GRAFT_HASH_START, file->byte + CHECKED, file->size - CHECKED);
}

/* Copy the next `count` items into an array of their own. */
static graft_status take(const unsigned char **at, size_t count, size_t size, void *array) {
  void *block;
  GRAFT_TRY(graft_alloc(&block, count, size));
  if (count) memcpy(block, *at, count * size);
  *at += count * size;
  memcpy(array, &block, sizeof block);
  return GRAFT_OK;
}

static graft_status unpack(const unsigned char *at, graft_mesh *mesh) {
  size_t elements = mesh->elements, edges = mesh->edges;
  GRAFT_TRY(take(&at, 2 * mesh->nodes, sizeof(double), &mesh->xy));
  GRAFT_TRY(take(&at, graft_mesh_element_nodes(mesh) * elements, sizeof(int), &mesh->element));
  GRAFT_TRY(take(&at, edge_nodes(mesh) * edges, sizeof(int), &mesh->edge));
  GRAFT_TRY(take(&at, edges, sizeof(int), &mesh->edge_tag));
  GRAFT_TRY(take(&at, edges, sizeof(int), &mesh->edge_element));
  return take(&at, mesh->nodes, 1, &mesh->boundary);
}

/* The mesh of a file; no nodes: there is none that fits. */
static graft_status load(const struct place *place, int order, graft_mesh *mesh) {
  image file;
  graft_status status = read_image(place->path, &file);
  *mesh = (graft_mesh){.order = order};
  if (status == GRAFT_OK && matches(&file, place, mesh)) {
    status = unpack(file.byte + sizeof(struct header) + place->length, mesh);
  } else {
    *mesh = (graft_mesh){0};
  }
  graft_free(file.byte);
  if (status != GRAFT_OK) graft_mesh_fini(mesh);
  return status;
}

static void put(unsigned char **at, const void *from, size_t bytes) {
  if (bytes) memcpy(*at, from, bytes);
  *at += bytes;
}

static graft_status pack(const struct place *place, const graft_mesh *mesh, image *file) {
  size_t elements = mesh->elements, edges = mesh->edges;
  struct header header = {.magic = MAGIC,
                          .key = place->length,
                          .nodes = mesh->nodes,
                          .elements = elements,
                          .edges = edges};
  file->size = size_of(mesh, place->length);
  GRAFT_TRY(graft_alloc(&file->byte, file->size, 1));
  unsigned char *at = file->byte;
  put(&at, &header, sizeof header);
  put(&at, place->key, place->length);
  put(&at, mesh->xy, 2 * mesh->nodes * sizeof(double));
  put(&at, mesh->element, graft_mesh_element_nodes(mesh) * elements * sizeof(int));
  put(&at, mesh->edge, edge_nodes(mesh) * edges * sizeof(int));
  put(&at, mesh->edge_tag, edges * sizeof(int));
  put(&at, mesh->edge_element, edges * sizeof(int));
  put(&at, mesh->boundary, mesh->nodes);
  header.check = graft_hash(GRAFT_HASH_START, file->byte + CHECKED, file->size - CHECKED);
  memcpy(file->byte, &header, sizeof header);
  return GRAFT_OK;
}

/* Write beside and rename. A loss of power may damage what was renamed: the check will tell. */
static graft_status write_image(const char *path, const image *file) {
  char part[GRAFT_MESH_CACHE_PATH + 48];
  snprintf(part, sizeof part, "%s.XXXXXX", path);
  int fd = mkstemp(part);
  GRAFT_CHECK(fd >= 0, OUTPUT, "mesh cache %s: can't be written: %s", path, strerror(errno));
  FILE *stream = fdopen(fd, "wb");
  bool written = stream && fwrite(file->byte, 1, file->size, stream) == file->size;
  written = fchmod(fd, 0644) == 0 && written; /* others may read it */
  written = (stream ? fclose(stream) : close(fd)) == 0 && written;
  if (written && rename(part, path) == 0) return GRAFT_OK;
  int error = errno;
  (void)unlink(part);
  return graft_error_set(GRAFT_OUTPUT, __FILE__, __LINE__, "mesh cache %s: can't be written: %s",
                         path, strerror(error));
}

static graft_status store(const struct place *place, const graft_mesh *mesh) {
  image file = {0};
  graft_status status = pack(place, mesh, &file);
  if (status == GRAFT_OK) status = write_image(place->path, &file);
  graft_free(file.byte);
  return status;
}

graft_status graft_mesh_cache_get(const graft_mesh_cache *cache, const graft_region *region,
                                  const graft_mesh_config *config, graft_mesh *mesh) {
  graft_status status = GRAFT_OK;
  struct place place = {0};
  *mesh = (graft_mesh){0};
  if (!cache || !*cache->directory || config->grading)
    return graft_mesh_create(region, config, mesh);
  GRAFT_TRY(graft_mesh_config_validate(config, region));
  GRAFT_TRY(locate(cache, region, config, &place));
  GRAFT_TRY_TO(done, load(&place, config->order, mesh));
  if (mesh->nodes == 0) {
    GRAFT_TRY_TO(done, graft_mesh_create(region, config, mesh));
    GRAFT_TRY_TO(done, store(&place, mesh));
  }
done:
  if (status != GRAFT_OK) graft_mesh_fini(mesh);
  graft_free(place.key);
  return status;
}
