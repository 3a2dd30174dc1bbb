/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_BASE_ARENA_H
#define GRAFT_BASE_ARENA_H

/** @file arena.h
 *  Memory: checked heap allocation for set-up, and an arena that is planned once and then used
 *  without any further allocation. */

#include <stddef.h>

#include "base/status.h"

/** Alignment of every arena allocation, in bytes (one cache line, one AVX-512 register). */
#define GRAFT_ALIGNMENT 64

/** Allocate @p count zeroed objects of @p size bytes, aligned to ::GRAFT_ALIGNMENT.
 *  Ownership: returned in @p out (release with graft_free()). @p count 0 gives a valid pointer.
 *  @return GRAFT_MEMORY when count × size overflows or the memory is not there; @p out is NULL
 * then. */
GRAFT_MUST_USE graft_status graft_alloc(void *out, size_t count, size_t size);

/** Release memory of graft_alloc(); NULL is allowed. */
void graft_free(void *memory);

/** Room for one more element in a growing array: its capacity is doubled when it is full.
 *  @param array address of the pointer to it (NULL at first)
 *  @param capacity elements allocated, updated
 *  @param used elements in use, kept; the others are zeroed
 *  @param size bytes of an element
 *  @return GRAFT_MEMORY; the array is as it was then */
GRAFT_MUST_USE graft_status graft_grow(void *array, size_t *capacity, size_t used, size_t size);

/** @p out = a × b, or GRAFT_INPUT naming @p what if that overflows size_t. */
GRAFT_MUST_USE graft_status graft_size_multiply(size_t a, size_t b, const char *what, size_t *out);

/** Aligned blocks in one buffer, one behind the other. With @p base NULL it only measures: every
 * allocation returns NULL and `used` tells how large a buffer the same sequence of calls needs. */
typedef struct graft_arena {
  unsigned char *base; /**< caller-owned buffer aligned to ::GRAFT_ALIGNMENT, or NULL to measure */
  size_t size;         /**< bytes in @p base (ignored while measuring) */
  size_t used;         /**< bytes handed out, rounded up to the alignment */
} graft_arena;

/** Start an arena on a caller-owned buffer (NULL, 0 to measure). */
void graft_arena_init(graft_arena *arena, void *base, size_t size);

/** Take @p count objects of @p size bytes; the memory is not zeroed.
 *  @param out receives the pointer (NULL while measuring); borrowed as long as the buffer lives
 *  @return GRAFT_MEMORY when the arena is full or the product overflows */
GRAFT_MUST_USE graft_status graft_arena_take(graft_arena *arena, size_t count, size_t size,
                                             void *out);

#endif
