/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_IO_PREFETCH_H
#define GRAFT_IO_PREFETCH_H

/** @file prefetch.h
 *  A source that reads ahead: a thread fills the samples announced by expect() while the caller
 *  computes. For data sets that do not fit into memory; knows nothing of files. */

#include "base/source.h"

/** A field that is read ahead. */
typedef struct graft_prefetch_field {
  char name[2 * GRAFT_NAME_SIZE]; /**< as fill() of the inner source knows it */
  size_t points;                  /**< values per sample */
} graft_prefetch_field;

/** Samples that the buffers of graft_prefetch_create() hold: what graft_source::ahead says of a
 *  source that is, or will be, behind it. */
size_t graft_prefetch_samples(size_t most);

/** Put a reading thread before a source. fill() of the result takes what was announced from the
 *  thread's buffers, waiting for it where needed, and reads everything else itself; both give the
 *  same bits and the same errors as the source itself, in one line.
 *  @param source replaced by the wrapper, which owns the inner source; graft_source_fini() ends the
 *         thread. Its inner fill() is never called by two threads at a time
 *  @param field [fields] read for every announced sample, copied; those that the caller will fill,
 *         all of them: an announcement's buffer is free when all were taken
 *  @param most samples of an announcement that are read ahead; longer ones are passed over
 *  Cost: a thread, buffers of graft_prefetch_samples() samples. @return GRAFT_MEMORY; @p source is
 * unchanged then */
GRAFT_MUST_USE graft_status graft_prefetch_create(graft_source *source,
                                                  const graft_prefetch_field *field, size_t fields,
                                                  size_t most);

#endif
