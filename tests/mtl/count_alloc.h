/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_TESTS_MTL_COUNT_ALLOC_H
#define GRAFT_TESTS_MTL_COUNT_ALLOC_H

/** @file count_alloc.h
 *  Count heap allocations of the program and its static libraries. Link with
 *  -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=aligned_alloc,--wrap=posix_memalign */

#include <stdatomic.h>
#include <stddef.h>

static atomic_long allocations;

#define COUNTED(type, name, parameters, ...)                                                       \
  type __real_##name parameters;                                                                   \
  type __wrap_##name parameters;                                                                   \
  type __wrap_##name parameters {                                                                  \
    atomic_fetch_add(&allocations, 1);                                                             \
    return __real_##name(__VA_ARGS__);                                                             \
  }

COUNTED(void *, malloc, (size_t size), size)
COUNTED(void *, calloc, (size_t count, size_t size), count, size)
COUNTED(void *, realloc, (void *old, size_t size), old, size)
COUNTED(void *, aligned_alloc, (size_t alignment, size_t size), alignment, size)
COUNTED(int, posix_memalign, (void **out, size_t alignment, size_t size), out, alignment, size)

#endif
