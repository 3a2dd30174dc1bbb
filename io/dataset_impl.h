/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_IO_DATASET_IMPL_H
#define GRAFT_IO_DATASET_IMPL_H

/** @file dataset_impl.h
 *  Private to io/: the parts of the data set reader and writer. */

#include "io/dataset.h"
#include "io/h5_impl.h"

enum { GRAFT_DATASET_VERSION = 1 };

/** Shape [count, grid…] of an array over the grid. */
graft_shape graft_dataset_shape(const graft_source_info *info, size_t count);

/** Lay out the whole file: every table written, the fields allocated but not written. */
graft_status graft_dataset_layout(hid_t file, const graft_source_info *info,
                                  const graft_dataset_field *field,
                                  const graft_dataset_extra *extra,
                                  const graft_provenance *provenance);

/** Read and check the tables; @p info is initialised by the call. */
graft_status graft_dataset_read_info(hid_t file, graft_source_info *info);

/** Checksum of one sample: CRC-32 over its fields in alphabetical order of their names. */
uint32_t graft_dataset_checksum(uint32_t crc, const float *data, size_t count);

#endif
