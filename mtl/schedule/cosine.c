/* SPDX-License-Identifier: BSD-2-Clause
 * Schedule "cosine": half a cosine wave from the base rate down to a final one.
 * Method:    lr (f + (1 - f) (1 + cos(pi s / S)) / 2) with f the final fraction, s steps since the
 *            warm-up out of S; f is reached when the run is over, not in its last step.
 * Cost:      one cosine per step.
 * Reference: loshchilov2017, equation 5, without restarts.
 */
#include <math.h>

#include "mtl/schedule.h"

static double rate(const graft_schedule *s, uint64_t step) {
  const double pi = 3.14159265358979323846;
  if (step <= s->warmup || s->steps <= s->warmup) return s->lr;
  double part = (double)(step - s->warmup) / (double)(s->steps - s->warmup);
  return s->lr * (s->final + (1 - s->final) * 0.5 * (1 + cos(pi * part)));
}

static const char *const options[] = {"lr", "warmup", "lr_final", NULL};

const graft_schedule_type graft_schedule_cosine = {
    .name = "cosine",
    .summary = "half a cosine wave down to lr_final times the base rate",
    .source = "loshchilov2017",
    .options = options,
    .rate = rate,
};
