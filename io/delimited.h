/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_IO_DELIMITED_H
#define GRAFT_IO_DELIMITED_H

/** @file delimited.h
 *  Delimited text (CSV, TSV, "::") as a stream of records: any size of file in the memory of its
 *  longest record.
 *
 *  A record is a line; with a quote character, fields that begin with it may hold delimiters, line
 *  ends, and the quote itself doubled (as in `shafranovich2005`). Empty lines, and lines that begin
 *  with the comment character, are passed over; a byte order mark at the start is, too; lines end
 * with \\n or \\r\\n. */

#include "base/record.h"

enum { GRAFT_DELIMITED_MOST = 1 << 24 /**< longest record, bytes */ };

/** Open a file: a graft_record_opener::open, whose @p ctx is not used.
 *  @return GRAFT_INPUT naming the file. next() then refuses, naming file, line and field: bytes
 * that are no UTF-8 (unless the format says latin1), NUL bytes, a quote that is not closed, text
 * behind a closing quote, records longer than GRAFT_DELIMITED_MOST Cost: one buffer of 64 KiB, or
 * of the longest record; about 5 ns per byte. */
GRAFT_MUST_USE graft_status graft_delimited_open(void *ctx, const char *path,
                                                 const graft_record_format *format,
                                                 graft_records *records);

/** The opener of such files. */
graft_record_opener graft_delimited_opener(void);

/** Sum of the sizes of files, in bytes.
 *  @return GRAFT_INPUT naming the first one that can't be read, or is empty */
GRAFT_MUST_USE graft_status graft_delimited_size(size_t files, const char *const *path,
                                                 double *bytes);

#endif
