/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_IO_FIELD_FILE_H
#define GRAFT_IO_FIELD_FILE_H

/** @file field_file.h
 *  A user's own fields: values on node-centred N x N grids of the unit square, x slow, one or many
 *  samples, from one of these files, told apart by their content:
 *  - NumPy: an array [S, N, N] or [N, N] of float32, float64 or integers in C order (`.npy`);
 *  - text with a number of values N² per line (CSV; commas, semicolons or blanks), one sample each;
 *  - text with three columns x, y, value: one sample, its N² points in any order;
 *  - HDF5: an array [S, N, N] or [N, N], named as FILE.h5:DATASET; without a name
 *    `t0_fields/log_k`, as in Graft's data sets.
 *  In text files (up to 16 MiB) lines that start with # are passed over, and so is a first line of
 *  words. */

#include <stddef.h>

#include "base/status.h"

/** The samples; caller's struct. */
typedef struct graft_field_file {
  size_t samples; /**< S ≥ 1 */
  size_t nodes;   /**< N ≥ 2 per axis */
  double *value;  /**< [S x N x N], owned */
} graft_field_file;

/** Read a file of fields.
 *  @param path of the file; for HDF5 the name of a data set may follow after a colon
 *  @param file uninitialised; on success release with graft_field_file_fini()
 *  @return GRAFT_INPUT with one line naming the file and the line or index that is wrong */
GRAFT_MUST_USE graft_status graft_field_file_read(const char *path, graft_field_file *file);

/** Release the values. */
void graft_field_file_fini(graft_field_file *file);

#endif
