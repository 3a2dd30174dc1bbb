/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_IO_DATASET_MERGE_H
#define GRAFT_IO_DATASET_MERGE_H

/** @file dataset_merge.h
 *  One data set out of parts that were made with `-first`, on one machine or several. */

#include "io/dataset.h"

/** Merge data sets of the same problem, grid, law, seed and parameters into a new file: tasks in
 * the order of the parts, samples of a task by their number, each number once. The content is that
 * of a file made at once: the split "default" is made anew for the numbers that are there, other
 *  splits stay if all parts have them.
 *  @param path of the new file
 *  @param parts number of parts, ≥ 1; @param part their names
 *  @param provenance of the merging; its options and seed are taken from the first part
 *  @return GRAFT_INPUT naming the part and what differs, or task and number of a sample that is
 *  there twice; GRAFT_OUTPUT */
GRAFT_MUST_USE graft_status graft_dataset_merge(const char *path, size_t parts,
                                                const char *const *part,
                                                graft_provenance *provenance);

#endif
