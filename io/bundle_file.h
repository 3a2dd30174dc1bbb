/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_IO_BUNDLE_FILE_H
#define GRAFT_IO_BUNDLE_FILE_H

/** @file bundle_file.h
 *  A ::graft_bundle as an HDF5 file: one data set per array, groups by '/'. Beside them a group
 *  `/graft` with `kind`, `format_version`, `checksum`, `arrays` (the names in order) and
 *  `provenance/…`; names of arrays must not start with "graft/". One process writes and reads;
 * ranks share by broadcast or each read it. */

#include "base/bundle.h"
#include "io/provenance.h"

enum { GRAFT_KIND_SIZE = 32 /**< bytes of a kind with its NUL */ };

/** Write @p bundle to @p path, atomically.
 *  @param kind "model", "checkpoint", "predictions"
 *  @param provenance or NULL
 *  @return GRAFT_OUTPUT when it can't be written; nothing is left and an older file stays whole */
GRAFT_MUST_USE graft_status graft_bundle_write(const char *path, const char *kind,
                                               const graft_bundle *bundle,
                                               const graft_provenance *provenance);

/** The same, but a file that is there already is kept under the name @p previous, replacing an
 * older one of that name: at every moment one of the two is whole.
 *  @param previous in the same directory; NULL: nothing is kept */
GRAFT_MUST_USE graft_status graft_bundle_write_keeping(const char *path, const char *previous,
                                                       const char *kind, const graft_bundle *bundle,
                                                       const graft_provenance *provenance);

/** Read a file of graft_bundle_write() and check its checksum.
 *  @param kind expected kind, NULL for any
 *  @param bundle initialised by the call; release with graft_bundle_fini()
 *  @param provenance initialised by the call, release with graft_provenance_fini(); NULL: not
 *  wanted
 *  @return GRAFT_INPUT with one line: not there, foreign, another kind, damaged */
GRAFT_MUST_USE graft_status graft_bundle_read(const char *path, const char *kind,
                                              graft_bundle *bundle, graft_provenance *provenance);

/** What a file is, "dataset", "model", "checkpoint", "predictions" …
 *  @return GRAFT_INPUT when it is not there, not HDF5, or not of Graft */
GRAFT_MUST_USE graft_status graft_file_kind(const char *path, char kind[GRAFT_KIND_SIZE]);

/** Checksum over names, types, shapes and contents in their order (CRC-32 of zlib). */
uint32_t graft_bundle_checksum(const graft_bundle *bundle);

#endif
