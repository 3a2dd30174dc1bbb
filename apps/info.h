/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_APPS_INFO_H
#define GRAFT_APPS_INFO_H

/** @file info.h
 *  The reports of graft-info. Texts and numbers go to stdout, as lines for people or as JSON. */

#include <stdbool.h>

#include "base/status.h"

/** Describe a data set: how it was made, tasks, splits, geometries, grid, ranges of the fields.
 *  Cost: reads all tables and at most 1000 evenly spaced samples. */
GRAFT_MUST_USE graft_status graft_info_dataset(const char *path, bool json);

/** Describe a data set of rows (io/feature_file.h): features, vocabularies, labels by part, what
 * the generator's probabilities attain. Cost: reads the tables and all labels. */
GRAFT_MUST_USE graft_status graft_info_features(const char *path, bool json);

/** Describe a model, checkpoint or predictions file: how it was made, its arrays. */
GRAFT_MUST_USE graft_status graft_info_bundle(const char *path, bool json);

/** Read everything in a file of any kind and say that it is whole and sane.
 *  @return GRAFT_INPUT with one line naming data set and index of the first thing that is wrong */
GRAFT_MUST_USE graft_status graft_info_check(const char *path, const char *kind, bool json);

enum { GRAFT_INFO_PATH = 4096 /**< longest name of a file made from that of a directory */ };

/** Say what differs between two files of a kind, or the models of two run directories: options, and
 *  content, sample by sample and array by array.
 *  @return GRAFT_ACCURACY if the content differs; options alone may
 *  Cost: reads both files. */
GRAFT_MUST_USE graft_status graft_info_diff(const char *a, const char *b);

/** All arrays of a model or checkpoint as CSV, one line each: name, type, shape, values. */
GRAFT_MUST_USE graft_status graft_info_export(const char *path);

#endif
