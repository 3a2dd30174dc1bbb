/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_TESTS_MTL_RULE_TEST_H
#define GRAFT_TESTS_MTL_RULE_TEST_H

/** @file rule_test.h
 *  A direction's rule with default parameters, seed 7. Header only, one test program each. */

#include "mtl/direction.h"

/** That rule with the given factors [K] of the losses, which are borrowed. */
static inline graft_direction_rule rule_with(const graft_aggregator_type *type,
                                             const double *weight) {
  static _Thread_local graft_aggregator_settings config; /* tests run ranks as threads */
  if (graft_aggregator_settings_default(&config) != GRAFT_OK) type = NULL; /* init then crashes */
  return (graft_direction_rule){
      .aggregator = type, .aggregator_config = &config, .task_weight = weight, .seed = 7};
}

#endif
