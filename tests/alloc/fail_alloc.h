/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_TESTS_ALLOC_FAIL_ALLOC_H
#define GRAFT_TESTS_ALLOC_FAIL_ALLOC_H

/** @file fail_alloc.h
 *  Run a scenario, then run it once for each of its allocations with that one failing: the call
 *  says GRAFT_MEMORY, all memory is given back, nothing crashes. Link with the wrappers that
 *  count_alloc.h names and -Wl,--wrap=free. */

#include "tests/graft_test.h"
#include "tests/mtl/count_alloc.h"

static atomic_long releases; /* of memory, so far */

void __real_free(void *memory);
void __wrap_free(void *memory);
void __wrap_free(void *memory) {
  if (memory) atomic_fetch_add(&releases, 1);
  __real_free(memory);
}

/** A scenario cleans up after itself, whether it succeeds or not. */
typedef graft_status scenario(void);

enum { MOST_RUNS = 1000 /* of one scenario; of more allocations only some fail, evenly spread */ };

/* One run; allocation @p failing of it fails (−1: none). @p count receives their number. */
static inline graft_status run_failing(scenario *run, long failing, long *count) {
  const long before = allocations, live = allocations - releases;
  allocation_to_fail = failing < 0 ? -1 : before + failing;
  graft_status status = run();
  allocation_to_fail = -1;
  *count = allocations - before;
  const long kept = allocations - releases - live - (failing >= 0);
  if (!T_CHECK(kept <= 0)) printf("# allocation %ld: %ld objects leak\n", failing, kept);
  return status;
}

static inline void fail_each(scenario *run) {
  long count = 0, ignored;
  if (!T_OK(run()) || !T_OK(run_failing(run, -1, &count))) return; /* the first warms up caches */
  const long stride = 1 + count / MOST_RUNS;
  for (long k = 0; k < count; k += stride) {
    graft_status status = run_failing(run, k, &ignored);
    if (!T_CHECK(status == GRAFT_MEMORY && strstr(graft_error_message(), "memory"))) {
      printf("# allocation %ld of %ld: %s: %s\n", k, count, graft_status_text(status),
             graft_error_message());
    }
  }
  printf("# %ld allocations, every %ld. failed\n", count, stride);
  T_CHECK(count > 0);
}

/** A scenario as a test point. */
#define FAIL_EACH(run) T_RUN_NAMED(#run, fail_each(run))

#endif
