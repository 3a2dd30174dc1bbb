/* SPDX-License-Identifier: BSD-2-Clause
 * Schedule "exponential": the rate falls by the same factor in every step.
 * Method:    lr factor^(s / period) with a period given; else lr f^(s / S), down to the final
 *            fraction f when the run is over; s steps since the warm-up out of S.
 * Cost:      one power per step.
 * Reference: goodfellow2016, section 8.3.1, on decaying rates.
 */
#include <math.h>

#include "mtl/schedule.h"

static double rate(const graft_schedule *s, uint64_t step) {
  if (step <= s->warmup) return s->lr;
  const double since = (double)(step - s->warmup);
  if (s->period > 0) return s->lr * pow(s->factor, since / (double)s->period);
  if (s->steps <= s->warmup) return s->lr;
  return s->lr * pow(s->final, since / (double)(s->steps - s->warmup));
}

static const char *const options[] = {"lr", "warmup", "lr_final", "lr_period", "lr_factor", NULL};

const graft_schedule_type graft_schedule_exponential = {
    .name = "exponential",
    .summary = "times lr_factor per lr_period steps, or down to lr_final",
    .source = "goodfellow2016",
    .options = options,
    .rate = rate,
};
