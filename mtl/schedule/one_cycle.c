/* SPDX-License-Identifier: BSD-2-Clause
 * Schedule "one_cycle": up to the base rate and down again, once.
 * Method:    half a cosine wave from lr/25 up to lr during the share lr_rise of the run, then one
 *            down to the final fraction; counted from the end of the warm-up.
 * Cost:      one cosine per step.
 * Reference: smith2019, section 2, with cosines in place of straight lines; momentum stays.
 */
#include <math.h>

#include "mtl/schedule.h"

/* From a to b by half a cosine wave. */
static double wave(double a, double b, double part) {
  const double pi = 3.14159265358979323846;
  return b + (a - b) * 0.5 * (1 + cos(pi * fmin(part, 1)));
}

static double rate(const graft_schedule *s, uint64_t step) {
  if (s->steps <= s->warmup) return s->lr;
  const double length = (double)(s->steps - s->warmup), top = s->rise * length;
  const double since = step > s->warmup ? (double)(step - s->warmup) : 0;
  if (since < top) return wave(s->lr / 25, s->lr, since / top);
  if (top >= length) return s->lr;
  return wave(s->lr, s->lr * s->final, (since - top) / (length - top));
}

static const char *const options[] = {"lr", "warmup", "lr_rise", "lr_final", NULL};

const graft_schedule_type graft_schedule_one_cycle = {
    .name = "one_cycle",
    .summary = "up from lr/25 to lr, then down to lr_final times lr",
    .source = "smith2019",
    .options = options,
    .rate = rate,
};
