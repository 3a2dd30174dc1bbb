/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_APPS_SCHEMA_TEXT_H
#define GRAFT_APPS_SCHEMA_TEXT_H

/** @file schema_text.h
 *  Schemas of users' tables as YAML (docs/recommender.md): between `io/yaml.h` and
 *  `recsys/schema.h`. */

#include "recsys/schema.h"

/** Read and validate a schema's text.
 *  @param name of the file, for messages, which start "name:line: "
 *  @param schema initialised by the call; release with graft_schema_fini()
 *  @return GRAFT_INPUT with one line: unknown keys (with the nearest one), values of another kind,
 *  names of tables or columns that are not there */
GRAFT_MUST_USE graft_status graft_schema_parse(const char *text, const char *name,
                                               graft_schema *schema);

#endif
