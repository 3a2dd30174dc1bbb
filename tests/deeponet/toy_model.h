/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_TESTS_DEEPONET_TOY_MODEL_H
#define GRAFT_TESTS_DEEPONET_TOY_MODEL_H

/** @file toy_model.h
 *  Small models on the data sets of toy.h. */

#include "deeponet/model.h"
#include "tests/deeponet/toy.h"
#include "tests/graft_test.h"

/** Set options of a model from "name value name value …". */
static inline bool toy_set(graft_deeponet_config *config, const char *settings) {
  char name[64], value[64];
  int used = 0;
  while (sscanf(settings, "%63s %63s%n", name, value, &used) == 2) {
    const graft_option *row = graft_option_find(graft_deeponet_options, name);
    if (!T_CHECK(row != NULL) || !T_OK(graft_option_set(row, config, name, value))) return false;
    settings += used;
  }
  return true;
}

/** A preset made small enough for a toy. */
static inline bool toy_config(graft_deeponet_config *config, const char *preset,
                              const char *settings) {
  static const char *const small =
      "channels 3,4 kernel 3 dense 7,7 trunk 6,8 width 5 batch 7 threads 2 "
      "fourier 0 seed 3 components 9 points 20";
  return T_OK(graft_option_defaults(graft_deeponet_options, config)) &&
         T_OK(graft_preset_apply(graft_preset_find("darcy", preset), graft_deeponet_options,
                                 config)) &&
         toy_set(config, small) && toy_set(config, settings);
}

#endif
