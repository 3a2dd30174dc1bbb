/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/layout.h"

#include <string.h>

#include "base/arena.h"

void graft_layout_init(graft_layout *layout) { *layout = (graft_layout){0}; }

void graft_layout_fini(graft_layout *layout) {
  graft_free(layout->block);
  *layout = (graft_layout){0};
}

graft_status graft_layout_add(graft_layout *layout, const char *name, graft_shape shape,
                              uint64_t tasks, int decay, size_t *index) {
  GRAFT_TRY(graft_shape_validate(shape, name));
  GRAFT_CHECK(strlen(name) < GRAFT_NAME_SIZE, INTERNAL, "layout block '%s': name too long", name);
  GRAFT_CHECK(!graft_layout_get(layout, name), INTERNAL, "layout block '%s' exists already", name);
  GRAFT_TRY(graft_grow(&layout->block, &layout->capacity, layout->blocks, sizeof *layout->block));
  graft_block *b = &layout->block[layout->blocks];
  *b = (graft_block){.offset = layout->n,
                     .count = graft_shape_count(shape),
                     .shape = shape,
                     .tasks = tasks,
                     .kind = GRAFT_BLOCK_DENSE,
                     .decay = decay != 0};
  memcpy(b->name, name, strlen(name) + 1);
  if (index) *index = layout->blocks;
  layout->n += b->count;
  layout->blocks++;
  return GRAFT_OK;
}

const graft_block *graft_layout_get(const graft_layout *layout, const char *name) {
  for (size_t i = 0; i < layout->blocks; i++) {
    if (strcmp(layout->block[i].name, name) == 0) return &layout->block[i];
  }
  return NULL;
}
