/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_APPS_DTRN_H
#define GRAFT_APPS_DTRN_H

/** @file dtrn.h
 *  Verbs of graft-dtrn and their configurations. */

#include "apps/app.h"
#include "io/provenance.h"
#include "recsys/synthetic.h"

/** Configuration of `import`. */
typedef struct graft_dtrn_import {
  graft_front front;                /**< options of every verb */
  char schema[GRAFT_PATH_SIZE];     /**< YAML file */
  char input[16 * GRAFT_PATH_SIZE]; /**< files, or one directory */
  char like[GRAFT_PATH_SIZE];       /**< data set whose vocabularies are taken, or "" */
  char o[GRAFT_PATH_SIZE];          /**< file to write */
} graft_dtrn_import;

/** Configuration of `floor`. */
typedef struct graft_dtrn_floor {
  graft_front front;          /**< options of every verb */
  char data[GRAFT_PATH_SIZE]; /**< features file */
} graft_dtrn_floor;

/** Configuration of `generate`. */
typedef struct graft_dtrn_generate {
  graft_front front;                /**< options of every verb */
  char o[GRAFT_PATH_SIZE];          /**< file to write */
  graft_synthetic_config synthetic; /**< what to generate */
} graft_dtrn_generate;

/** Record command, options and seed of the verb at hand. Release with graft_provenance_fini(). */
GRAFT_MUST_USE graft_status graft_dtrn_provenance(const graft_app *app, uint64_t seed,
                                                  graft_provenance *provenance);

extern const graft_verb graft_dtrn_verb_generate; /**< takes a graft_dtrn_generate */
extern const graft_verb graft_dtrn_verb_import;   /**< takes a graft_dtrn_import */
extern const graft_verb graft_dtrn_verb_floor;    /**< takes a graft_dtrn_floor */

#endif
