/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_APPS_DTRN_H
#define GRAFT_APPS_DTRN_H

/** @file dtrn.h
 *  Verbs of graft-dtrn and their configurations. */

#include "apps/app.h"

/** Configuration of `import`. */
typedef struct graft_dtrn_import {
  graft_front front;                /**< options of every verb */
  char schema[GRAFT_PATH_SIZE];     /**< YAML file */
  char input[16 * GRAFT_PATH_SIZE]; /**< files, or one directory */
  char o[GRAFT_PATH_SIZE];          /**< file to write */
} graft_dtrn_import;

/** Configuration of `floor`. */
typedef struct graft_dtrn_floor {
  graft_front front;          /**< options of every verb */
  char data[GRAFT_PATH_SIZE]; /**< features file */
} graft_dtrn_floor;

extern const graft_verb graft_dtrn_verb_import; /**< takes a graft_dtrn_import */
extern const graft_verb graft_dtrn_verb_floor;  /**< takes a graft_dtrn_floor */

#endif
