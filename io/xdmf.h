/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_IO_XDMF_H
#define GRAFT_IO_XDMF_H

/** @file xdmf.h
 *  XDMF (XML) beside a data set, so that ParaView and VisIt show it: one grid per sample, browsed
 * as time steps; the numbers stay in the HDF5 file.
 *
 *  Reference: clarke2007 (eXtensible Data Model and Format). */

#include "base/source.h"

/** Name of the XDMF file that belongs to a data set: "a.h5" gives "a.xmf".
 *  @param nodes that of samples' nodes: "a_nodes.xmf"
 *  @param text receives the name, [size]
 *  @return GRAFT_USAGE if it does not fit */
GRAFT_MUST_USE graft_status graft_xdmf_path(const char *data, bool nodes, char *text, size_t size);

/** Write the XDMF file of a data set; it appears as a whole or not at all.
 *  @param path of the file to write; it names the data set without a directory: both lie side by
 * side
 *  @param data path of the HDF5 file
 *  @param source the same file, opened by graft_dataset_open(); 2 or 3 dimensions
 *  Cost: about 1 KB per sample, 40 bytes per grid point.
 *  @return GRAFT_USAGE for one dimension, GRAFT_OUTPUT if it can't be written */
GRAFT_MUST_USE graft_status graft_xdmf_write(const char *path, const char *data,
                                             const graft_source *source);

/** The same for the samples' own meshes: triangles, and values, torsion function, distances, areas
 * at their nodes. @return GRAFT_USAGE if there are none, GRAFT_OUTPUT */
GRAFT_MUST_USE graft_status graft_xdmf_write_nodes(const char *path, const char *data,
                                                   const graft_source *source);

#endif
