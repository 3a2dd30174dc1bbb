/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_IO_FEATURE_IMPL_H
#define GRAFT_IO_FEATURE_IMPL_H

/** @file feature_impl.h
 *  What writer and reader of feature files share, private to io/. */

#include "base/feature.h"
#include "io/h5_impl.h"

enum { GRAFT_FEATURE_VERSION = 1, GRAFT_FEATURE_PATH = 128 };

/** Path of an array in the file. Returns @p text [GRAFT_FEATURE_PATH]. */
const char *graft_feature_path(const graft_feature_info *info, graft_feature_array array,
                               size_t list, char *text);

/** Its HDF5 type in memory and in the file. */
hid_t graft_feature_type(graft_feature_array array);

/** Its shape; rank 1 for single columns and values, else 2. */
graft_shape graft_feature_shape(const graft_feature_info *info, graft_feature_array array,
                                size_t list);

/** The tables below /graft. */
graft_status graft_feature_write_tables(hid_t file, const graft_feature_info *info);
/** The tables below /graft; @p info is initialised by the call. */
graft_status graft_feature_read_tables(hid_t file, graft_feature_info *info);

#endif
