/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_APPS_METER_H
#define GRAFT_APPS_METER_H

/** @file meter.h
 *  Progress on stderr: a bar with rate and remaining time where stderr is a terminal, else one line
 *  per interval, so that logs of batch jobs stay short. */

#include <stdbool.h>

/** State of one display; caller's struct. */
typedef struct graft_meter {
  const char *label; /**< start of each line, e.g. "solve"; borrowed */
  const char *unit;  /**< what is counted, e.g. "samples"; borrowed */
  double total;      /**< amount that is 100 % */
  double done0;      /**< amount that was there at the start (resumed work) */
  double start;      /**< begin, in seconds on the monotonic clock */
  double done1;      /**< amount that was there when the rate began to be measured */
  double begun;      /**< time of that */
  double shown;      /**< last display, likewise */
  bool on;           /**< anything is shown at all */
  bool bar;          /**< stderr is a terminal */
  bool colour;       /**< and may be coloured */
} graft_meter;

/** Seconds on the monotonic clock. */
double graft_meter_clock(void);

/** Processor seconds of this process's threads so far. */
double graft_meter_work(void);

/** Begin. @p quiet (or a rank other than 0) shows nothing. */
void graft_meter_init(graft_meter *progress, const char *label, const char *unit, double total,
                      double done, bool quiet);

/** Start-up is over, or resumed work was found: rates and remaining times count from here, where
 * @p done is there. */
void graft_meter_begin(graft_meter *progress, double done);

/** Tell how far it is; @p note is shown behind the numbers ("" for none). Cheap: shows something
 * only when the interval is over (0.2 s on a terminal, 10 s elsewhere). */
void graft_meter_step(graft_meter *progress, double done, const char *note);

/** Take the bar away before another line is written; the next step brings it back. */
void graft_meter_clear(graft_meter *progress);

/** End: clear the bar; with @p success print a last line with the time and mean rate. */
void graft_meter_fini(graft_meter *progress, double done, bool success);

/** "12.3 s", "4 min 05 s", "3 h 12 min". Returns @p text. */
const char *graft_meter_time(double seconds, char *text, unsigned long size);

#endif
