/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/sink.h"

#include <string.h>

#include "base/arena.h"

static graft_status row(void *ctx, const char *const *name, const double *value, size_t count) {
  graft_sink_memory *m = ctx;
  (void)name;
  GRAFT_CHECK(m->rows == 0 || m->columns == count, INTERNAL, "log: expected %zu columns, got %zu",
              m->columns, count);
  m->columns = count;
  GRAFT_TRY(graft_grow(&m->value, &m->capacity, m->rows, count * sizeof *m->value));
  memcpy(m->value + m->rows * count, value, count * sizeof *value);
  m->rows++;
  return GRAFT_OK;
}

/* The older content stays if there is no memory for the new one. */
static graft_status copy(graft_bundle *to, const graft_bundle *from) {
  graft_bundle made;
  graft_status status = GRAFT_OK;
  graft_bundle_init(&made);
  for (size_t i = 0; i < from->arrays && status == GRAFT_OK; i++) {
    const graft_array *a = &from->array[i];
    status = graft_bundle_put(&made, a->name, a->type, a->shape, a->data);
  }
  if (status == GRAFT_OK) {
    graft_bundle_fini(to);
    *to = made;
  } else {
    graft_bundle_fini(&made);
  }
  return status;
}

static graft_status store(void *ctx, const char *name, const graft_bundle *bundle) {
  graft_sink_memory *m = ctx;
  return copy(strcmp(name, "model") == 0 ? &m->model : &m->checkpoint, bundle);
}

graft_sink graft_sink_to_memory(graft_sink_memory *memory) {
  return (graft_sink){.ctx = memory, .row = row, .store = store};
}

void graft_sink_memory_fini(graft_sink_memory *memory) {
  graft_free(memory->value);
  graft_bundle_fini(&memory->model);
  graft_bundle_fini(&memory->checkpoint);
  *memory = (graft_sink_memory){0};
}
