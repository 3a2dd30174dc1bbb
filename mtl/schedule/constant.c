/* SPDX-License-Identifier: BSD-2-Clause
 * Schedule "constant": the same rate in every step.
 * Method:    lr.
 * Cost:      none.
 * Reference: robbins1951 for what it gives up: constant steps end in a ball around the minimum.
 */
#include "mtl/schedule.h"

static double rate(const graft_schedule *s, uint64_t step) {
  (void)step;
  return s->lr;
}

static const char *const options[] = {"lr", "warmup", NULL};

const graft_schedule_type graft_schedule_constant = {
    .name = "constant",
    .summary = "the same rate in every step",
    .source = "robbins1951",
    .options = options,
    .rate = rate,
};
