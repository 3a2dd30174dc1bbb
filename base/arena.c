/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static size_t round_up(size_t bytes) {
  return (bytes + (GRAFT_ALIGNMENT - 1)) & ~(size_t)(GRAFT_ALIGNMENT - 1);
}

graft_status graft_alloc(void *out, size_t count, size_t size) {
  void *memory = NULL;
  memcpy(out, &memory, sizeof memory);
  GRAFT_CHECK(size == 0 || count <= (SIZE_MAX - GRAFT_ALIGNMENT) / size, MEMORY,
              "out of memory: %zu objects of %zu bytes exceed the address space", count, size);
  size_t bytes = round_up(count * size);
  if (bytes == 0) bytes = GRAFT_ALIGNMENT;
  memory = aligned_alloc(GRAFT_ALIGNMENT, bytes);
  GRAFT_CHECK(memory, MEMORY, "out of memory: expected %zu bytes, got none", bytes);
  memset(memory, 0, bytes);
  memcpy(out, &memory, sizeof memory);
  return GRAFT_OK;
}

void graft_free(void *memory) { free(memory); }

graft_status graft_grow(void *array, size_t *capacity, size_t used, size_t size) {
  enum { FIRST = 16 };
  void *old, *grown;
  if (used < *capacity) return GRAFT_OK;
  size_t larger = *capacity ? 2 * *capacity : FIRST;
  GRAFT_TRY(graft_alloc(&grown, larger, size));
  memcpy(&old, array, sizeof old);
  if (used) memcpy(grown, old, used * size);
  graft_free(old);
  memcpy(array, &grown, sizeof grown);
  *capacity = larger;
  return GRAFT_OK;
}

graft_status graft_size_multiply(size_t a, size_t b, const char *what, size_t *out) {
  GRAFT_CHECK(b == 0 || a <= SIZE_MAX / b, INPUT, "%s: %zu x %zu does not fit in memory", what, a,
              b);
  *out = a * b;
  return GRAFT_OK;
}

void graft_arena_init(graft_arena *arena, void *base, size_t size) {
  *arena = (graft_arena){.base = base, .size = size, .used = 0};
}

graft_status graft_arena_take(graft_arena *arena, size_t count, size_t size, void *out) {
  void *memory = NULL;
  memcpy(out, &memory, sizeof memory);
  GRAFT_CHECK(size == 0 || count <= (SIZE_MAX / 2) / size, MEMORY,
              "arena: %zu objects of %zu bytes exceed the address space", count, size);
  size_t bytes = round_up(count * size);
  if (arena->base) {
    GRAFT_CHECK(bytes <= arena->size - arena->used, MEMORY,
                "arena: expected %zu free bytes, got %zu", bytes, arena->size - arena->used);
    memory = arena->base + arena->used;
  }
  arena->used += bytes;
  memcpy(out, &memory, sizeof memory);
  return GRAFT_OK;
}
