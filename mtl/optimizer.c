/* SPDX-License-Identifier: BSD-2-Clause */
#include "mtl/optimizer.h"

#include <math.h>
#include <string.h>

#define GRAFT_OPTIMIZER(name) extern const graft_optimizer_type graft_optimizer_##name;
#include "mtl/optimizer.def"
#undef GRAFT_OPTIMIZER

static const graft_optimizer_type *const types[] = {
#define GRAFT_OPTIMIZER(name) &graft_optimizer_##name,
#include "mtl/optimizer.def"
#undef GRAFT_OPTIMIZER
    NULL};

const graft_optimizer_type *graft_optimizer_types(size_t i) {
  size_t k = 0;
  while (k < i && types[k]) k++;
  return types[k];
}

const graft_optimizer_type *graft_optimizer_find(const char *name) {
  for (size_t i = 0; types[i]; i++) {
    if (strcmp(types[i]->name, name) == 0) return types[i];
  }
  return NULL;
}

const char *graft_optimizer_choices(size_t i) {
  const graft_optimizer_type *type = graft_optimizer_types(i);
  return type ? type->name : NULL;
}

/* Elements of a chunk: three or four vectors of it stay in the second-level cache. Below SMALL
 * elements one thread is faster. */
enum { CHUNK = 1 << 14, SMALL = 1 << 15 };

/* Blocks that follow each other and are treated alike count as one span: [*begin, return value). */
static size_t span_end(const graft_layout *layout, size_t *block, size_t *begin, bool *decay) {
  const graft_block *b = layout->block;
  while (*block < layout->blocks && b[*block].frozen) (*block)++;
  if (*block == layout->blocks) return 0;
  *begin = b[*block].offset;
  *decay = b[*block].decay != 0;
  size_t end = *begin;
  for (; *block < layout->blocks; (*block)++) {
    if (b[*block].frozen || (b[*block].decay != 0) != *decay) break;
    end = b[*block].offset + b[*block].count;
  }
  return end;
}

/* Cut the layout into chunks; with `chunk` NULL only count them. */
static size_t cut(const graft_layout *layout, graft_optimizer_chunk *chunk) {
  size_t chunks = 0, block = 0, begin = 0, end;
  bool decay = false;
  while ((end = span_end(layout, &block, &begin, &decay)) > 0) {
    for (; begin < end; begin += CHUNK, chunks++) {
      size_t count = end - begin < CHUNK ? end - begin : CHUNK;
      if (chunk) chunk[chunks] = (graft_optimizer_chunk){begin, count, decay};
    }
  }
  return chunks;
}

static graft_status check(const graft_optimizer_config *c) {
  GRAFT_CHECK(c->weight_decay >= 0, USAGE, "weight_decay: expected a number >= 0, got %g",
              c->weight_decay);
  GRAFT_CHECK(c->momentum >= 0 && c->momentum < 1, USAGE,
              "momentum: expected a number in [0, 1), got %g", c->momentum);
  GRAFT_CHECK(c->beta1 >= 0 && c->beta1 < 1, USAGE, "beta1: expected a number in [0, 1), got %g",
              c->beta1);
  GRAFT_CHECK(c->beta2 >= 0 && c->beta2 < 1, USAGE, "beta2: expected a number in [0, 1), got %g",
              c->beta2);
  GRAFT_CHECK(c->epsilon >= 0, USAGE, "epsilon: expected a number >= 0, got %g", c->epsilon);
  return GRAFT_OK;
}

graft_status graft_optimizer_init(graft_optimizer *optimizer, const graft_optimizer_type *type,
                                  const graft_optimizer_config *config, const graft_layout *layout,
                                  graft_arena *arena) {
  GRAFT_TRY(check(config));
  graft_optimizer o = {.type = type, .config = *config, .n = layout->n, .value = NAN};
  for (size_t v = 0; v < type->vectors; v++) {
    GRAFT_TRY(graft_arena_take(arena, o.n, sizeof(graft_real), &o.vector[v]));
    if (o.vector[v]) memset(o.vector[v], 0, o.n * sizeof(graft_real));
  }
  o.chunks = cut(layout, NULL);
  GRAFT_TRY(graft_arena_take(arena, o.chunks, sizeof *o.chunk, &o.chunk));
  if (o.chunk) cut(layout, o.chunk);
  *optimizer = o;
  return GRAFT_OK;
}

void graft_optimizer_step(graft_optimizer *o, double lr, const graft_real *gradient, double scale,
                          graft_real *theta) {
  o->steps++;
  if (o->type->whole) {
    o->type->whole(o, lr, gradient, theta);
    return;
  }
#pragma omp parallel for schedule(static) if (o->n >= SMALL)
  for (size_t c = 0; c < o->chunks; c++) {
    const graft_optimizer_chunk *chunk = &o->chunk[c];
    graft_optimizer_span span = {.count = chunk->count,
                                 .decay = chunk->decay,
                                 .step = o->steps,
                                 .lr = lr,
                                 .scale = scale,
                                 .gradient = gradient + chunk->offset,
                                 .theta = theta + chunk->offset};
    for (size_t v = 0; v < o->type->vectors; v++) span.vector[v] = o->vector[v] + chunk->offset;
    o->type->step(&o->config, &span);
  }
}
