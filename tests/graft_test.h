/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_TESTS_GRAFT_TEST_H
#define GRAFT_TESTS_GRAFT_TEST_H

/** @file graft_test.h
 *  Test programs: checks that print got and want and never jump (a jump would leave the other ranks
 *  of an MPI test waiting), test points in TAP for `meson test`. One translation unit per program.
 */

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/status.h"

static struct { int points, failed_points, failed_checks, rank; } graft_test_state;

/** Say which MPI rank this is; only rank 0 prints TAP, failing checks print on every rank. */
static inline void graft_test_rank(int rank) { graft_test_state.rank = rank; }

static inline bool graft_test_report(bool ok, const char *file, int line, const char *text) {
  if (!ok) {
    graft_test_state.failed_checks++;
    printf("# %s:%d: failed: %s\n", file, line, text);
  }
  return ok;
}

static inline bool graft_test_near(double got, double want, double tolerance, const char *file,
                                   int line, const char *text) {
  bool ok = fabs(got - want) <= tolerance; /* NaN fails */
  if (!ok) {
    graft_test_state.failed_checks++;
    printf("# %s:%d: failed: %s: got %.17g, want %.17g, |difference| %.3g > %.3g\n", file, line,
           text, got, want, fabs(got - want), tolerance);
  }
  return ok;
}

static inline bool graft_test_ok(graft_status status, const char *file, int line,
                                 const char *text) {
  if (status != GRAFT_OK) {
    graft_test_state.failed_checks++;
    printf("# %s:%d: failed: %s: %s (%s)\n", file, line, text, graft_error_message(),
           graft_error_where());
  }
  return status == GRAFT_OK;
}

static inline bool graft_test_fails(graft_status got, graft_status want, const char *part,
                                    const char *file, int line, const char *text) {
  bool ok = got == want && (got == GRAFT_OK || strstr(graft_error_message(), part) != NULL);
  if (!ok) {
    graft_test_state.failed_checks++;
    printf("# %s:%d: failed: %s: got '%s' (%s), want '%s' with '%s' in the message\n", file, line,
           text, graft_status_text(got), graft_error_message(), graft_status_text(want), part);
  }
  return ok;
}

/** Condition holds. All checks return whether they passed. */
#define T_CHECK(condition) graft_test_report((condition), __FILE__, __LINE__, #condition)
/** |got − want| ≤ tolerance. */
#define T_NEAR(got, want, tolerance)                                                               \
  graft_test_near((double)(got), (double)(want), (tolerance), __FILE__, __LINE__, #got)
/** Integers are equal. */
#define T_EQUAL(got, want) T_NEAR((double)(got), (double)(want), 0.0)
/** Call succeeds. */
#define T_OK(call) graft_test_ok((call), __FILE__, __LINE__, #call)
/** Call fails with this status and this text in its message. */
#define T_FAILS(call, status, part)                                                                \
  graft_test_fails((call), (status), (part), __FILE__, __LINE__, #call)
/** Run statements as one named test point. */
#define T_RUN_NAMED(name, call)                                                                    \
  do {                                                                                             \
    int before_ = graft_test_state.failed_checks;                                                  \
    call;                                                                                          \
    graft_test_point(before_, (name));                                                             \
  } while (0)
/** Run a test function as the test point of its name. */
#define T_RUN(function) T_RUN_NAMED(#function, function())

static inline void graft_test_point(int failed_before, const char *name) {
  bool ok = graft_test_state.failed_checks == failed_before;
  graft_test_state.points++;
  graft_test_state.failed_points += !ok;
  if (graft_test_state.rank == 0 || !ok) {
    printf("%s %d - %s\n", ok ? "ok" : "not ok", graft_test_state.points, name);
    fflush(stdout);
  }
}

/** Print the plan; return the exit code of main(). */
static inline int graft_test_done(void) {
  if (graft_test_state.rank == 0) printf("1..%d\n", graft_test_state.points);
  return graft_test_state.failed_points > 0;
}

#endif
