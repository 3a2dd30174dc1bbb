/* SPDX-License-Identifier: BSD-2-Clause */
/* Meshes by region.
 *
 * Method:    a list, the last used first. An entry is found by the 64-bit hash of the region's text
 *            and its mesh config, and taken only if the text is the same.
 * Cost:      O(meshes held) comparisons of hashes per call, one copy of the mesh. */
#include "geometry/mesh_cache.h"

#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "geometry/region_impl.h"

struct entry {
  struct entry *next;
  uint64_t hash;
  char *text; /* the region, owned */
  graft_mesh_config config;
  graft_mesh mesh;
  size_t bytes;
};

struct graft_mesh_cache {
  struct entry *first; /* used last */
  size_t limit;
  graft_mesh_cache_count count;
};

static void destroy(struct entry *entry) {
  graft_free(entry->text);
  graft_mesh_fini(&entry->mesh);
  graft_free(entry);
}

graft_status graft_mesh_cache_create(size_t bytes, graft_mesh_cache **cache) {
  GRAFT_TRY(graft_alloc(cache, 1, sizeof **cache));
  (*cache)->limit = bytes;
  return GRAFT_OK;
}

void graft_mesh_cache_destroy(graft_mesh_cache *cache) {
  while (cache && cache->first) {
    struct entry *next = cache->first->next;
    destroy(cache->first);
    cache->first = next;
  }
  graft_free(cache);
}

static graft_status copy(const void *from, size_t count, size_t size, void *to) {
  void *block;
  GRAFT_TRY(graft_alloc(&block, count, size));
  if (count) memcpy(block, from, count * size);
  memcpy(to, &block, sizeof block);
  return GRAFT_OK;
}

static graft_status copy_mesh(const graft_mesh *from, graft_mesh *to) {
  graft_status status = GRAFT_OK;
  size_t columns = from->order == 2 ? 3 : 2;
  *to = *from;
  to->xy = NULL;
  to->boundary = NULL;
  to->element = to->edge = to->edge_tag = to->edge_element = NULL;
  GRAFT_TRY_TO(fail, copy(from->xy, 2 * from->nodes, sizeof *to->xy, &to->xy));
  GRAFT_TRY_TO(fail, copy(from->boundary, from->nodes, 1, &to->boundary));
  GRAFT_TRY_TO(fail, copy(from->element, graft_mesh_element_nodes(from) * from->elements,
                          sizeof *to->element, &to->element));
  GRAFT_TRY_TO(fail, copy(from->edge, columns * from->edges, sizeof *to->edge, &to->edge));
  GRAFT_TRY_TO(fail, copy(from->edge_tag, from->edges, sizeof *to->edge_tag, &to->edge_tag));
  GRAFT_TRY_TO(fail, copy(from->edge_element, from->edges, sizeof(int), &to->edge_element));
  return GRAFT_OK;
fail:
  graft_mesh_fini(to);
  return status;
}

static size_t bytes_of(const graft_mesh *mesh) {
  size_t columns = mesh->order == 2 ? 3 : 2;
  return mesh->nodes * (2 * sizeof(double) + 1) +
         sizeof(int) *
             (graft_mesh_element_nodes(mesh) * mesh->elements + (columns + 2) * mesh->edges);
}

/* Find an entry and put it first. */
static struct entry *find(graft_mesh_cache *cache, uint64_t hash, const char *text,
                          const graft_mesh_config *config) {
  for (struct entry **at = &cache->first; *at; at = &(*at)->next) {
    struct entry *entry = *at;
    if (entry->hash != hash || entry->config.size != config->size ||
        entry->config.order != config->order || entry->config.graded != config->graded ||
        strcmp(entry->text, text) != 0) {
      continue;
    }
    *at = entry->next;
    entry->next = cache->first;
    cache->first = entry;
    return entry;
  }
  return NULL;
}

/* Drop what was not used for the longest time until `bytes` more fit. */
static void make_room(graft_mesh_cache *cache, size_t bytes) {
  while (cache->first && cache->count.bytes + bytes > cache->limit) {
    struct entry **last = &cache->first;
    while ((*last)->next) last = &(*last)->next;
    cache->count.bytes -= (*last)->bytes;
    cache->count.meshes--;
    destroy(*last);
    *last = NULL;
  }
}

/* Keep a copy; takes `text` over. */
static graft_status keep(graft_mesh_cache *cache, uint64_t hash, char **text,
                         const graft_mesh_config *config, const graft_mesh *mesh) {
  size_t bytes = bytes_of(mesh);
  struct entry *entry;
  if (bytes > cache->limit) return GRAFT_OK;
  GRAFT_TRY(graft_alloc(&entry, 1, sizeof *entry));
  graft_status status = copy_mesh(mesh, &entry->mesh);
  if (status != GRAFT_OK) {
    graft_free(entry);
    return status;
  }
  make_room(cache, bytes);
  entry->hash = hash;
  entry->text = *text;
  *text = NULL;
  entry->config = *config;
  entry->bytes = bytes;
  entry->next = cache->first;
  cache->first = entry;
  cache->count.meshes++;
  cache->count.bytes += bytes;
  return GRAFT_OK;
}

graft_status graft_mesh_cache_get(graft_mesh_cache *cache, const graft_region *region,
                                  const graft_mesh_config *config, graft_mesh *mesh) {
  graft_status status = GRAFT_OK;
  char *text = NULL;
  *mesh = (graft_mesh){0};
  if (!cache || config->grading) return graft_mesh_create(region, config, mesh);
  GRAFT_TRY(graft_region_print(region, &text));
  uint64_t hash = graft_hash(GRAFT_HASH_START, text, strlen(text));
  const struct entry *entry = find(cache, hash, text, config);
  if (entry) {
    cache->count.hits++;
    GRAFT_TRY_TO(done, copy_mesh(&entry->mesh, mesh));
  } else {
    cache->count.misses++;
    GRAFT_TRY_TO(done, graft_mesh_create(region, config, mesh));
    GRAFT_TRY_TO(done, keep(cache, hash, &text, config, mesh));
  }
done:
  if (status != GRAFT_OK) graft_mesh_fini(mesh);
  graft_free(text);
  return status;
}

graft_mesh_cache_count graft_mesh_cache_count_get(const graft_mesh_cache *cache) {
  return cache->count;
}
