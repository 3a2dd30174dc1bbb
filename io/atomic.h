/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_IO_ATOMIC_H
#define GRAFT_IO_ATOMIC_H

/** @file atomic.h
 *  Files that appear whole or not at all: write to `PATH.part`, sync, rename. A `.part` file left
 *  by a killed process is overwritten by the next writer of the same path, unless it asks for what
 *  is there. */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/status.h"

/** A file being written; caller's struct. */
typedef struct graft_atomic {
  char *path; /**< final name, owned */
  char *part; /**< name to write to, owned: path + ".part" */
  int fd;     /**< holds the lock on the part file; -1: not open */
} graft_atomic;

/** Create the empty part file of @p path and lock it. Fails with GRAFT_OUTPUT if the directory is
 *  missing or not writable, if @p path is a directory, or if another process is writing it. */
GRAFT_MUST_USE graft_status graft_atomic_begin(graft_atomic *file, const char *path);

/** Like graft_atomic_begin(), but keep what an earlier writer left in the part file.
 *  @param there is there anything? */
GRAFT_MUST_USE graft_status graft_atomic_resume(graft_atomic *file, const char *path, bool *there);

/** Throw the content of the part file away. */
GRAFT_MUST_USE graft_status graft_atomic_empty(graft_atomic *file);

/** Reserve @p bytes of disk for the part file, so that a full disk shows before the work and not
 *  after it. File systems that can't reserve are left alone. */
GRAFT_MUST_USE graft_status graft_atomic_reserve(graft_atomic *file, long long bytes);

/** Write @p bytes at the current end of the part file. */
GRAFT_MUST_USE graft_status graft_atomic_write(graft_atomic *file, const void *data, size_t bytes);

/** Write @p bytes of @p data at byte @p place of an open file, all of them.
 *  @return false with errno set */
bool graft_write_at(int fd, const void *data, size_t bytes, long long place);

/** Sync the part file, then rename what has the final name now, if anything, to @p previous: to be
 *  called just before graft_atomic_commit(). A process killed between the two leaves the whole
 * older file under that name. */
GRAFT_MUST_USE graft_status graft_atomic_keep_previous(graft_atomic *file, const char *previous);

/** Sync the part file and rename it to its final name; on failure it is removed. Releases @p file.
 */
GRAFT_MUST_USE graft_status graft_atomic_commit(graft_atomic *file);

/** Remove the part file and release @p file. Does nothing on a released one. */
void graft_atomic_abandon(graft_atomic *file);

/** Sync the part file and leave it for graft_atomic_resume(). Releases @p file. */
void graft_atomic_keep(graft_atomic *file);

/** All in one: @p path with the text @p text. */
GRAFT_MUST_USE graft_status graft_atomic_write_text(const char *path, const char *text);

/** All in one: @p path with what @p content writes.
 *  @param content writes to @p file, open for writing; its status is handed on
 *  @param ctx handed to it */
GRAFT_MUST_USE graft_status graft_atomic_write_stream(
    const char *path, graft_status (*content)(void *ctx, FILE *file), void *ctx);

/** Whole content of a text file as NUL-terminated text (returned, release with graft_free()).
 *  @return GRAFT_INPUT when it can't be read, holds a NUL byte, or is larger than 16 MiB */
GRAFT_MUST_USE graft_status graft_text_read(const char *path, char **text);

/** Create the directory @p path and its parents where missing.
 *  @return GRAFT_OUTPUT with the reason */
GRAFT_MUST_USE graft_status graft_directory_create(const char *path);

/** Remove a directory with nothing in it, e.g. one made in vain; does nothing to any other. */
void graft_directory_remove_empty(const char *path);

/** Is there a file (or directory) of this name? */
bool graft_file_exists(const char *path);

/** Is there a directory of this name? */
bool graft_directory_exists(const char *path);

#endif
