/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_APPS_REGION_TEXT_H
#define GRAFT_APPS_REGION_TEXT_H

/** @file region_text.h
 *  Region files (YAML) to regions: joins io/yaml.h and geometry/region.h, which do not know each
 *  other. The format stands in docs/formats.md. */

#include "geometry/region.h"

/** Read a region from its text and validate it.
 *  @param name of the file, for messages
 *  @param region uninitialised; on success release with graft_region_fini()
 *  @return GRAFT_INPUT with "name:line: what" */
GRAFT_MUST_USE graft_status graft_region_parse(const char *text, const char *name,
                                               graft_region *region);

#endif
