/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_SOLVERS_REMESH_H
#define GRAFT_SOLVERS_REMESH_H

/** @file remesh.h
 *  The meshes behind a data set. Files hold regions and the size of the triangles, no meshes; these
 *  are made again. */

#include "base/source.h"
#include "geometry/mesh.h"

/** Mesh a geometry of a data set as it was meshed for its solution: the same triangles with the
 *  same version of gmsh.
 *  @param data opened by graft_dataset_open()
 *  @param geometry row of data->info.geometry
 *  @param mesh uninitialised; on success release with graft_mesh_fini()
 *  @return GRAFT_INPUT if the file does not tell size and order, as files of predictions and of
 *  others; otherwise as graft_mesh_create()
 *  Cost: about 20 µs per element. */
GRAFT_MUST_USE graft_status graft_remesh(const graft_source *data, size_t geometry,
                                         graft_mesh *mesh);

#endif
