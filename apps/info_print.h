/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_APPS_INFO_PRINT_H
#define GRAFT_APPS_INFO_PRINT_H

/** @file info_print.h
 *  Pieces that several reports of graft-info share. */

#include "base/json.h"
#include "io/provenance.h"

/** "  name      text", with the lines of @p text indented below the first. */
void graft_info_line(const char *name, const char *text);

/** How a file was made: command, version, time, ranks, libraries, options. */
void graft_info_provenance(const graft_provenance *p);
/** The same as a member "provenance" of the open JSON object. */
void graft_info_provenance_json(graft_json *json, const graft_provenance *p);

/** Size of a file in bytes, 0 if it is not there. */
double graft_info_size(const char *path);

/** A size as text, e.g. "12.3 MB", in @p text [size]. */
const char *graft_info_size_text(double bytes, char *text, size_t size);

#endif
