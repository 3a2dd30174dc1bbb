/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_RECSYS_IMPORT_H
#define GRAFT_RECSYS_IMPORT_H

/** @file import.h
 *  The feature pipeline: users' tables in, rows with ids, numbers, histories and labels out.
 *
 *  Method:    three passes over the files of the first table. The first finds rows, labels, users,
 *             times, and from them parts and histories; the second counts values in training rows,
 *             which gives vocabularies, means and bins; the third encodes and writes. What is
 * learnt from data is learnt from training rows alone; a history holds rows of the same user with
 * an earlier time, never the row itself, never one of the same time or later.
 *
 *  Cost: three readings; memory for the vocabularies, for joined tables (those of their fields that
 *  are used), and per row 1 byte, 28 more where time or histories order the rows, and 16 per
 * history, and 32 bytes and its text per event of a table of events; while arrays grow, up to three
 * times that for a moment. */

#include "recsys/schema.h"

/** What was done; zero-initialised by the call. */
typedef struct graft_import_report {
  size_t rows;     /**< N */
  size_t left_out; /**< rows that do not fulfil a condition of the schema */
  size_t outside;  /**< rows dropped for a label outside its space */
  size_t partners; /**< lookups in joined tables */
  size_t lonely;   /**< of them without a partner */
  double bytes;    /**< of all readings together */
} graft_import_report;

/** What the pipeline needs from its caller. */
typedef struct graft_import {
  const graft_schema *schema; /**< validated */
  size_t files;               /**< those of the schema */
  const char *const *path;    /**< [files] where they are */
  graft_record_opener opener; /**< who reads them */
  graft_feature_sink sink;    /**< who takes the rows */
  /** Data set whose vocabularies, bins and scales are taken instead of learnt, or NULL. All rows
   * are then for testing, fields that only labels need may be missing, and features and labels must
   * be the same. Borrowed. */
  const graft_feature_info *like;
  /** Told now and then how many bytes were read; not zero: stop. NULL: nobody asks. */
  int (*progress)(void *ctx, double bytes);
  void *progress_ctx; /**< for it */
} graft_import;

/** Readings of a file by the pipeline: of the first table, and of joined ones. */
enum { GRAFT_IMPORT_PASSES = 3, GRAFT_IMPORT_PASSES_JOINED = 1 };

/** Run the pipeline.
 *  @return GRAFT_INPUT with one line: file, line, column, expected, got; GRAFT_INTERRUPTED;
 *  GRAFT_OUTPUT from the sink */
GRAFT_MUST_USE graft_status graft_import_run(const graft_import *import,
                                             graft_import_report *report);

#endif
