/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_APPS_MTL_H
#define GRAFT_APPS_MTL_H

/** @file mtl.h
 *  Verbs of graft-mtl and their configurations. */

#include "apps/app.h"
#include "mtl/aggregator.h"

/** Configuration of `list`. */
typedef struct graft_mtl_list {
  graft_front front;            /**< options of every verb */
  char family[GRAFT_NAME_SIZE]; /**< one family only; "": all */
} graft_mtl_list;

/** Configuration of `combine`. */
typedef struct graft_mtl_combine {
  graft_front front;                  /**< options of every verb */
  char aggregator[GRAFT_NAME_SIZE];   /**< name of the rule */
  char gradients[GRAFT_PATH_SIZE];    /**< table with a row per task */
  char losses[GRAFT_PATH_SIZE];       /**< table with a number per task, or "": 1 each */
  long long seed;                     /**< of random rules */
  long long step;                     /**< step of the run that random rules shall be in */
  graft_aggregator_settings settings; /**< of the rules */
} graft_mtl_combine;

/** Configuration of the verb landscape. */
typedef struct graft_mtl_landscape {
  graft_front front;           /**< options of every verb */
  char run[GRAFT_PATH_SIZE];   /**< run directory */
  char model[GRAFT_PATH_SIZE]; /**< model file; "": RUN/model.h5 */
  char data[GRAFT_PATH_SIZE];  /**< data set; "": the one it was trained on */
  char part[16];               /**< part of its split: train, validation or test */
  long long samples;           /**< of each task, at most */
  long long points;            /**< of each axis of the plane, odd */
  double radius;               /**< half of the plane's side, in lengths of the filters */
  long long seed;              /**< of the directions */
} graft_mtl_landscape;

extern const graft_verb graft_mtl_verb_list;      /**< takes a graft_mtl_list */
extern const graft_verb graft_mtl_verb_combine;   /**< takes a graft_mtl_combine */
extern const graft_verb graft_mtl_verb_landscape; /**< takes a graft_mtl_landscape */

#endif
