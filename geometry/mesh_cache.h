/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_GEOMETRY_MESH_CACHE_H
#define GRAFT_GEOMETRY_MESH_CACHE_H

/** @file mesh_cache.h
 *  Meshes kept in memory, by region and size: a region that comes again (another field, another
 *  sample, a calibration) is not meshed again. In the library `graft_mesh`. */

#include "geometry/mesh.h"

/** A cache; create/destroy. Not shared between threads. */
typedef struct graft_mesh_cache graft_mesh_cache;

/** How often it helped. */
typedef struct graft_mesh_cache_count {
  size_t hits;   /**< meshes copied */
  size_t misses; /**< meshes made */
  size_t meshes; /**< meshes held now */
  size_t bytes;  /**< memory of their arrays */
} graft_mesh_cache_count;

/** An empty cache.
 *  @param bytes it may hold; the mesh that was not used for the longest time goes first
 *  @param cache returned, destroy with graft_mesh_cache_destroy() */
GRAFT_MUST_USE graft_status graft_mesh_cache_create(size_t bytes, graft_mesh_cache **cache);

/** Release the cache and its meshes; NULL is allowed. */
void graft_mesh_cache_destroy(graft_mesh_cache *cache);

/** graft_mesh_create() unless the cache has that mesh: the same text of the region, size, order and
 *  `graded`. With a `grading` of the caller's the cache is passed by.
 *  @param cache NULL: always meshes
 *  @param mesh uninitialised; the caller's own copy, release with graft_mesh_fini()
 *  @return as graft_mesh_create()
 *  Cost: printing the region and copying the mesh, about 50 µs, against some 30 µs per element. */
GRAFT_MUST_USE graft_status graft_mesh_cache_get(graft_mesh_cache *cache,
                                                 const graft_region *region,
                                                 const graft_mesh_config *config, graft_mesh *mesh);

/** Counters since the creation. */
graft_mesh_cache_count graft_mesh_cache_count_get(const graft_mesh_cache *cache);

#endif
