/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_IO_RUN_DIR_H
#define GRAFT_IO_RUN_DIR_H

/** @file run_dir.h
 *  A run directory: `config.yaml`, `log.csv`, `model.h5`, `checkpoint.h5` and the one before it,
 *  `metrics.json`, `plots/`. Only rank 0 touches it; the other ranks hold its name. One process
 *  (group) at a time: the lock is a flock() on `.lock`, which the kernel gives back when the
 * process ends, however it ends. Across hosts it holds where the file system carries flock() over
 * (NFS with its lock daemon, Lustre mounted with `flock`, GPFS); where it has none, nothing is
 * locked. */

#include <stdbool.h>

#include "base/comm.h"
#include "base/sink.h"
#include "io/provenance.h"
#include "io/yaml.h"

enum { GRAFT_RUN_DIR_NOTE = 1536 /**< bytes of a note of graft_run_dir_read() */ };

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
 *  @p last, e.g. ("step", step of the checkpoint), or ("step", -1) for none. Collective. */
GRAFT_MUST_USE graft_status graft_run_dir_log_truncate(graft_run_dir *run, const char *column,
                                                       double last);

/** Read back what the sink stored as "checkpoint": `checkpoint.h5`, or where that is missing or
 *  damaged `checkpoint.previous.h5`. Collective; every rank gets it.
 *  @param bundle initialised by the call; release with graft_bundle_fini() if @p found
 *  @param note receives a line that says why the older one was taken, else ""
 *  @param found receives whether there is a checkpoint
 *  @return GRAFT_INPUT when there is one, but none is whole */
GRAFT_MUST_USE graft_status graft_run_dir_read(graft_run_dir *run, graft_bundle *bundle,
                                               char note[GRAFT_RUN_DIR_NOTE], bool *found);

/** Start afresh: remove model, checkpoints and log, in this order; if that ends halfway, nothing
 *  older than the newest checkpoint is left to go on from. Collective.
 *  @return GRAFT_OUTPUT for a file that can't be removed; those after it stay */
GRAFT_MUST_USE graft_status graft_run_dir_clear(graft_run_dir *run);

/** The sink: rows go to `log.csv` (appended, each flushed), bundles to `NAME.h5` (atomic; kind
 * NAME); of checkpoints the last two are kept, and the log is on disk before a checkpoint is.
 * Collective: rank 0 writes, all get its status. Borrowed until graft_run_dir_close(). */
graft_sink graft_run_dir_sink(graft_run_dir *run);

#endif
