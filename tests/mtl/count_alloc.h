/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_TESTS_MTL_COUNT_ALLOC_H
#define GRAFT_TESTS_MTL_COUNT_ALLOC_H

/** @file count_alloc.h
 *  Count heap allocations of the program and its static libraries, and let a chosen one fail. Link
 * with -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=aligned_alloc,--wrap=posix_memalign */

#include <stdatomic.h>
#include <stddef.h>

static atomic_long allocations;      /* so far */
static long allocation_to_fail = -1; /* number of the one that fails, from 0; −1: none */

#define COUNTED(type, name, failure, parameters, ...)                                              \
  type __real_##name parameters;                                                                   \
  type __wrap_##name parameters;                                                                   \
  type __wrap_##name parameters {                                                                  \
    if (atomic_fetch_add(&allocations, 1) == allocation_to_fail) return failure;                   \
    return __real_##name(__VA_ARGS__);                                                             \
  }

COUNTED(void *, malloc, NULL, (size_t size), size)
COUNTED(void *, calloc, NULL, (size_t count, size_t size), count, size)
COUNTED(void *, realloc, NULL, (void *old, size_t size), old, size)
COUNTED(void *, aligned_alloc, NULL, (size_t alignment, size_t size), alignment, size)
COUNTED(int, posix_memalign, 12, (void **out, size_t alignment, size_t size), out, alignment, size)

#endif
