/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_IO_RUN_DIR_H
#define GRAFT_IO_RUN_DIR_H

/** @file run_dir.h
 *  A run directory: `config.yaml`, `log.csv`, `model.h5`, `checkpoint.h5`, `metrics.json`,
 *  `plots/`. Only rank 0 touches it; the other ranks hold its name. One process (group) at a time.
 */

#include <stdbool.h>

#include "base/comm.h"
#include "base/sink.h"
#include "io/provenance.h"
#include "io/yaml.h"

/** An open run directory. */
typedef struct graft_run_dir graft_run_dir;

/** Create the directory where missing and lock it. Collective.
 *  @param comm borrowed until graft_run_dir_close()
 *  @param provenance written into every bundle; borrowed until graft_run_dir_close(); or NULL
 *  @return GRAFT_OUTPUT if it can't be created or written, GRAFT_USAGE if another run is using it
 */
GRAFT_MUST_USE graft_status graft_run_dir_open(const char *path, const graft_comm *comm,
                                               const graft_provenance *provenance,
                                               graft_run_dir **run);

/** Release the lock; a directory that graft_run_dir_open() made and that nothing was written into
 * is removed again. NULL is allowed. Not collective. */
void graft_run_dir_close(graft_run_dir *run);

/** Name of the directory as given. Borrowed. */
const char *graft_run_dir_name(const graft_run_dir *run);

/** "DIRECTORY/FILE" in @p text [size], e.g. of "plots/loss.png". Returns @p text; "" if too small.
 */
const char *graft_run_dir_path(const graft_run_dir *run, const char *file, char *text, size_t size);

/** May this key differ between the runs of one directory? */
typedef bool graft_run_dir_may_change(void *ctx, const char *key);

/** Write @p config to `config.yaml`, or compare with the one that is there. Collective.
 *  @param may_change says which keys may differ (NULL: none); the file is then rewritten
 *  @param existed receives whether there was a configuration before (on all ranks); or NULL
 *  @return GRAFT_USAGE naming directory, key, the value there and the one asked for */
GRAFT_MUST_USE graft_status graft_run_dir_configure(graft_run_dir *run, const graft_yaml *config,
                                                    graft_run_dir_may_change *may_change, void *ctx,
                                                    bool *existed);

/** Forget what a later part of the run wrote: keep the rows of `log.csv` whose @p column is ≤
 *  @p last, e.g. ("step", step of the checkpoint), or ("step", -1) for a fresh start. Rank 0; other
 *  ranks do nothing. */
GRAFT_MUST_USE graft_status graft_run_dir_log_truncate(graft_run_dir *run, const char *column,
                                                       double last);

/** The sink: rows go to `log.csv` (appended, each flushed), bundles to `NAME.h5` (atomic; kind
 * NAME). On ranks other than 0 it does nothing; the caller agrees on the status where ranks go on
 *  together. Borrowed until graft_run_dir_close(). */
graft_sink graft_run_dir_sink(graft_run_dir *run);

#endif
