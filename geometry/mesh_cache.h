/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_GEOMETRY_MESH_CACHE_H
#define GRAFT_GEOMETRY_MESH_CACHE_H

/** @file mesh_cache.h
 *  Meshes kept in a directory, by region and config: a region that comes again, in another run or
 *  another process, is not meshed again. In the library `graft_mesh`.
 *
 *  A mesh is a file `HASH.mesh`: header, key, arrays, in the byte order of the machine. The key is
 *  the text of the version, of gmsh's, of the config and of the region. A file that is damaged, of
 *  another version or of another key with the same hash is replaced. Files appear by rename, so any
 *  number of processes may use a directory at once. Nothing is ever deleted: that is the user's. */

#include "geometry/mesh.h"

enum { GRAFT_MESH_CACHE_PATH = 1024 /**< bytes of a directory's name */ };

/** A cache; caller's struct, nothing to release. All zero: none, always meshes. */
typedef struct graft_mesh_cache {
  char directory[GRAFT_MESH_CACHE_PATH]; /**< "": none */
  const char *version;                   /**< of the program, part of the key; borrowed */
} graft_mesh_cache;

/** Use a directory; made if it is not there (its parent must be).
 *  @param directory "": none
 *  @param version of the program: meshes of others are not used; borrowed
 *  @return GRAFT_OUTPUT if it can't be made or written, GRAFT_USAGE for too long a name */
GRAFT_MUST_USE graft_status graft_mesh_cache_init(graft_mesh_cache *cache, const char *directory,
                                                  const char *version);

/** graft_mesh_create() unless the cache (NULL: none) has that mesh, of the same bits then. With a
 *  `grading` of the caller's the cache is passed by.
 *  @param mesh uninitialised; release with graft_mesh_fini()
 *  @return as graft_mesh_create(); GRAFT_OUTPUT if a file can't be written
 *  Cost: reading the file, about 100 bytes per element, against some 20 µs per element. */
GRAFT_MUST_USE graft_status graft_mesh_cache_get(const graft_mesh_cache *cache,
                                                 const graft_region *region,
                                                 const graft_mesh_config *config, graft_mesh *mesh);

#endif
