/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_IO_FEATURE_FILE_H
#define GRAFT_IO_FEATURE_FILE_H

/** @file feature_file.h
 *  Data sets of rows in HDF5 (docs/formats.md, kind "features"): a sink that writes them in
 * constant memory, a source that reads chosen rows by hyperslabs.
 *
 *  HDF5 lays the file out; the arrays are then written with plain system calls at their places, so
 *  that a full disk is an error and nothing worse (docs/decisions.md). */

#include "base/feature.h"
#include "io/provenance.h"

/** A file being written. */
typedef struct graft_feature_writer graft_feature_writer;

/** Begin the file @p path.
 *  @param schema text that says how rows were made, stored with them, or NULL
 *  @param provenance borrowed until the end, or NULL
 *  @return GRAFT_OUTPUT */
GRAFT_MUST_USE graft_status graft_feature_create(const char *path, const char *schema,
                                                 const graft_provenance *provenance,
                                                 graft_feature_writer **writer);

/** The sink that fills it; its begin() reserves the disk space.
 *  @return borrowed until graft_feature_close() */
graft_feature_sink graft_feature_sink_file(graft_feature_writer *writer);

/** Finish: with GRAFT_OK, and all arrays whole, the file appears under its name; else nothing is
 *  left. Releases @p writer.
 *  @param status of the caller's work; idiom: `return graft_feature_close(writer, status);` */
GRAFT_MUST_USE graft_status graft_feature_close(graft_feature_writer *writer, graft_status status);

/** Open a file. Tables are read and checked, rows when they are asked for: fill() refuses ids that
 *  their vocabulary does not have, numbers that are not finite, labels that are neither 0 nor 1.
 *  @param source release with graft_feature_source_fini(). fill() reads rows near each other
 *  together, in any order of asking; its buffers grow to the largest request
 *  @return GRAFT_INPUT naming file, data set, index, expected, got */
GRAFT_MUST_USE graft_status graft_feature_open(const char *path, graft_feature_source *source);

/** Text of the schema of an opened file; "" if it has none. Borrowed until it is closed. */
const char *graft_feature_schema(const graft_feature_source *source);

/** Provenance of an opened file. Borrowed until it is closed. */
const graft_provenance *graft_feature_provenance(const graft_feature_source *source);

/** Check an opened file as graft_feature_check() does, then give all of it to @p sink: into memory
 *  (graft_feature_sink_memory()), where rows in any order cost a small part of what they cost in a
 * file.
 */
GRAFT_MUST_USE graft_status graft_feature_copy(const graft_feature_source *source,
                                               const graft_feature_sink *sink);

/** Read everything: checksums of all arrays, all rows as fill() does, parts.
 *  @return GRAFT_INPUT naming data set and index of the first wrong value */
GRAFT_MUST_USE graft_status graft_feature_check(const graft_feature_source *source);

#endif
