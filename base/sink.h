/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_BASE_SINK_H
#define GRAFT_BASE_SINK_H

/** @file sink.h
 *  Where a training run leaves its results: rows of a log and named bundles (model, checkpoint).
 *  `io/` supplies the version that writes a run directory, this file the in-memory one. */

#include "base/bundle.h"
#include "base/comm.h"

/** A receiver of results. Where it serves several ranks, row and store are collective over `comm`:
 *  whoever calls them sees to it that all ranks do, none having failed before, and all get the same
 *  status. */
typedef struct graft_sink {
  void *ctx;              /**< private to the implementation */
  const graft_comm *comm; /**< the ranks that call together, borrowed; NULL: one rank */
  /** Append one row to the log; names and their number are the same for every row of a run.
   *  Collective; rank 0's values count.
   *  @param name [count] column names, @param value [count] */
  graft_status (*row)(void *ctx, const char *const *name, const double *value, size_t count);
  /** Store a bundle under @p name ("model", "checkpoint"), replacing the previous one as a whole.
   *  Collective; rank 0's bundle counts, those of others may be empty. */
  graft_status (*store)(void *ctx, const char *name, const graft_bundle *bundle);
} graft_sink;

/** What the in-memory sink keeps. */
typedef struct graft_sink_memory {
  size_t rows;             /**< rows kept */
  size_t columns;          /**< values per row */
  size_t capacity;         /**< rows allocated */
  double *value;           /**< [rows x columns], owned */
  graft_bundle model;      /**< last one stored under "model" */
  graft_bundle checkpoint; /**< last one stored under any other name */
} graft_sink_memory;

/** A sink that keeps everything in @p memory (caller's struct, zero-initialised; release with
 *  graft_sink_memory_fini()). */
graft_sink graft_sink_to_memory(graft_sink_memory *memory);

/** Release what was kept. */
void graft_sink_memory_fini(graft_sink_memory *memory);

#endif
