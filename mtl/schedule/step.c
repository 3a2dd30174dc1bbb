/* SPDX-License-Identifier: BSD-2-Clause
 * Schedule "step": piecewise constant rates.
 * Method:    with boundaries: the value of the last boundary reached, lr before the first; else
 *            lr factor^floor(step / period). Steps are counted from the start of the run.
 * Cost:      none.
 * Reference: kumar2025 (MT-DeepONet) uses the boundaries 5001, 8001 on Darcy, and period 1000,
 * factor 0.9 in three dimensions.
 */
#include <math.h>

#include "mtl/schedule.h"

static double rate(const graft_schedule *s, uint64_t step) {
  double value = s->lr;
  if (s->boundaries == 0) {
    const uint64_t reductions = s->period == 0 ? 0 : step / s->period;
    return s->lr * pow(s->factor, (double)reductions);
  }
  for (size_t i = 0; i < s->boundaries && step >= s->boundary[i]; i++) value = s->value[i];
  return value;
}

static const char *const options[] = {
    "lr", "warmup", "lr_period", "lr_factor", "lr_boundaries", "lr_values", NULL};

const graft_schedule_type graft_schedule_step = {
    .name = "step",
    .summary = "times lr_factor every lr_period steps, or lr_values from lr_boundaries on",
    .source = "kumar2025",
    .options = options,
    .rate = rate,
};
