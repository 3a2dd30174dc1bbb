/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_SOLVERS_REGION_TEXT_H
#define GRAFT_SOLVERS_REGION_TEXT_H

/** @file region_text.h
 *  Region files (YAML) to regions: joins io/yaml.h and geometry/region.h, which do not know each
 *  other. The format stands in docs/formats.md. */

#include "geometry/region.h"

/** Read a region from its text and validate it, wherever it lies in the plane. Reading what
 *  graft_region_print() wrote gives the same region bitwise.
 *  @param name of the file, for messages
 *  @param region uninitialised; on success release with graft_region_fini()
 *  @return GRAFT_INPUT with "name:line: what" */
GRAFT_MUST_USE graft_status graft_region_parse(const char *text, const char *name,
                                               graft_region *region);

/** The same from a file.
 *  @param box where the region must lie, e.g. ::graft_unit_square for `-region`; NULL: anywhere */
GRAFT_MUST_USE graft_status graft_region_read(const char *path, const graft_box *box,
                                              graft_region *region);

#endif
