/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_IO_PROVENANCE_H
#define GRAFT_IO_PROVENANCE_H

/** @file provenance.h
 *  How a file was made: goes into every file that Graft writes, is shown by graft-info. */

#include <stdint.h>

#include "base/bundle.h"

/** The record; caller's struct, texts are owned. */
typedef struct graft_provenance {
  char *command;    /**< command line, quoted for a shell */
  char *options;    /**< effective options as YAML; "" if not set */
  char *libraries;  /**< one "name version" per line */
  char version[32]; /**< version of Graft */
  char git[64];     /**< commit, with "-dirty" if changed; "" outside a repository */
  char utc[32];     /**< time of graft_provenance_init(), ISO 8601, UTC */
  uint64_t seed;    /**< of the run; 0 if it has none */
  int ranks;        /**< MPI ranks */
  int threads;      /**< threads per rank */
} graft_provenance;

/** Record command line, versions, time; libraries that io links (HDF5, MPI, libyaml) are listed.
 *  @param argc, argv of main(); NULL allowed
 *  @param ranks, threads as used */
GRAFT_MUST_USE graft_status graft_provenance_init(graft_provenance *p, int argc, char *const *argv,
                                                  int ranks, int threads);

/** Release the texts. */
void graft_provenance_fini(graft_provenance *p);

/** Append a line "name version" to the libraries. */
GRAFT_MUST_USE graft_status graft_provenance_add_library(graft_provenance *p, const char *name,
                                                         const char *version);

/** Set the options text (copied). */
GRAFT_MUST_USE graft_status graft_provenance_set_options(graft_provenance *p, const char *yaml);

/** Put the record into a bundle as arrays "provenance/command" … */
GRAFT_MUST_USE graft_status graft_provenance_put(const graft_provenance *p, graft_bundle *bundle);

/** Read the record back; absent entries become "" or 0. @p p is initialised by the call. */
GRAFT_MUST_USE graft_status graft_provenance_get(graft_provenance *p, const graft_bundle *bundle);

/** Version of Graft, e.g. "0.1.0". */
const char *graft_version(void);

/** Commit that Graft was built from, with "-dirty" if changed; "" if unknown. */
const char *graft_version_git(void);

#endif
