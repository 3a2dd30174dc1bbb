/* SPDX-License-Identifier: BSD-2-Clause */
#include "apps/meter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { BAR = 20, TEXT = 64, WIDTH = 80 /* columns if the terminal does not tell */ };
static const double bar_interval = 0.2, line_interval = 10.0; /* s */

static double seconds(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double graft_meter_clock(void) { return seconds(CLOCK_MONOTONIC); }

double graft_meter_work(void) { return seconds(CLOCK_PROCESS_CPUTIME_ID); }

const char *graft_meter_time(double seconds, char *text, unsigned long size) {
  if (seconds < 0.1) {
    snprintf(text, size, "%.0f ms", 1000.0 * seconds);
  } else if (seconds < 60.0) {
    snprintf(text, size, "%.1f s", seconds);
  } else if (seconds < 3600.0) {
    snprintf(text, size, "%d min %02d s", (int)(seconds / 60.0), (int)seconds % 60);
  } else {
    snprintf(text, size, "%.0f h %02d min", seconds / 3600.0 - 0.5, (int)(seconds / 60.0) % 60);
  }
  return text;
}

void graft_meter_init(graft_meter *p, const char *label, const char *unit, double total,
                      double done, bool quiet) {
  const char *terminal = getenv("TERM"), *plain = getenv("NO_COLOR");
  bool dumb = !terminal || strcmp(terminal, "dumb") == 0;
  *p = (graft_meter){.label = label, .unit = unit, .total = total, .done0 = done};
  p->on = !quiet;
  p->bar = isatty(STDERR_FILENO) && !dumb;
  p->colour = p->bar && !(plain && *plain);
  p->start = p->shown = graft_meter_clock();
  graft_meter_begin(p, done);
}

void graft_meter_begin(graft_meter *p, double done) {
  p->done1 = done;
  p->begun = graft_meter_clock();
}

static int terminal_width(void) {
  struct winsize size;
  bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : WIDTH;
}

/* One line over the last one, cut at the width of the terminal. */
static void show_bar(const graft_meter *p, double done, const char *tail, const char *note) {
  char text[4 * TEXT];
  int full = p->total > 0.0 ? (int)(done / p->total * BAR) : 0, left = terminal_width() - 1;
  fprintf(stderr, "\r\033[K%-7s%s", p->label, p->colour ? "\033[36m" : "");
  for (int i = 0; i < BAR; i++) fputs(i < full ? "█" : "·", stderr);
  snprintf(text, sizeof text, " %3.0f %%  %s%s%s", 100.0 * done / p->total, tail, *note ? "  " : "",
           note);
  left -= 7 + BAR;
  fprintf(stderr, "%s%.*s", p->colour ? "\033[0m" : "", left > 0 ? left : 0, text);
  fflush(stderr);
}

void graft_meter_step(graft_meter *p, double done, const char *note) {
  if (!p->on) return;
  double now = graft_meter_clock(), spent = now - p->begun;
  if (now - p->shown < (p->bar ? bar_interval : line_interval)) return;
  double rate = spent > 0.0 ? (done - p->done1) / spent : 0.0;
  char left[TEXT] = "?", tail[2 * TEXT];
  if (rate > 0.0) graft_meter_time((p->total - done) / rate, left, sizeof left);
  snprintf(tail, sizeof tail, "%.*f %s/s, %s left", rate < 10.0 ? 1 : 0, rate, p->unit, left);
  p->shown = now;
  if (p->bar) {
    show_bar(p, done, tail, note);
  } else {
    fprintf(stderr, "%s: %.0f of %.0f %s (%.0f %%), %s%s%s\n", p->label, done, p->total, p->unit,
            100.0 * done / p->total, tail, *note ? ", " : "", note);
  }
}

void graft_meter_clear(graft_meter *p) {
  if (p->on && p->bar) fprintf(stderr, "\r\033[K");
}

void graft_meter_fini(graft_meter *p, double done, bool success) {
  if (!p->on) return;
  char time[TEXT];
  double spent = graft_meter_clock() - p->start;
  double rate = spent > 0.0 ? (done - p->done0) / spent : 0.0;
  graft_meter_clear(p);
  if (success) {
    fprintf(stderr, "%s: %.0f %s in %s (%.*f %s/s)\n", p->label, done - p->done0, p->unit,
            graft_meter_time(spent, time, sizeof time), rate < 10.0 ? 1 : 0, rate, p->unit);
  }
  fflush(stderr);
  p->on = false;
}
