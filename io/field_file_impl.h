/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_IO_FIELD_FILE_IMPL_H
#define GRAFT_IO_FIELD_FILE_IMPL_H

/** @file field_file_impl.h
 *  Parts of the reader of users' fields. */

#include "io/field_file.h"

/** Check the values and move them into @p file; *value is NULL then.
 *  @return GRAFT_INPUT naming the index of a value that is not finite */
graft_status graft_field_file_take(graft_field_file *file, size_t count, double **value,
                                   size_t samples, size_t nodes);

/** Read a text file: lines of N² numbers, or of x, y, value. */
graft_status graft_field_text_read(const char *path, graft_field_file *file);

#endif
