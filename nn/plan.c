/* SPDX-License-Identifier: BSD-2-Clause */
/* Where arrays live. A value that backward needs, or that another stage reads, is kept for all
 * rows; any other lives for one tile in the thread's buffer, where arrays whose lifetimes do not
 * meet share memory, and where in-place operators work on one array. Gradients are treated
 * likewise. */
#include <string.h>

#include "base/arena.h"
#include "nn/graph_impl.h"

/* An array in a thread's buffer: alive from position `start` to `end` of its stage's pass. */
struct item {
  size_t start, end, bytes;
  size_t *offset; /* result */
};

static size_t round_up(size_t bytes) {
  return (bytes + GRAFT_ALIGNMENT - 1) / GRAFT_ALIGNMENT * GRAFT_ALIGNMENT;
}

static bool keeps(const graft_graph *g, const graft_graph_node *n) {
  const graft_operator *op = &n->op;
  if (op->index == g->output || !op->type || n->wanted) return true;
  if (op->needs_grad && op->type->flags & GRAFT_OPERATOR_KEEP_OUTPUT) return true;
  for (size_t i = 0; i < g->nodes; i++) {
    const graft_graph_node *reader = g->node[i];
    for (size_t j = 0; j < reader->op.inputs; j++) {
      if (reader->op.input[j] != op) continue;
      if (reader->stage != n->stage) return true;
      if (reader->op.needs_grad && reader->op.type->flags & GRAFT_OPERATOR_KEEP_INPUT) return true;
    }
  }
  return false;
}

static graft_home grad_home(const graft_graph *g, const graft_graph_node *n) {
  if (!n->op.needs_grad) return GRAFT_HOME_NONE;
  if (n->op.index == g->output) return GRAFT_HOME_GIVEN;
  if (!n->op.type) return GRAFT_HOME_FULL;
  for (size_t i = 0; i < g->nodes; i++) {
    for (size_t j = 0; j < g->node[i]->op.inputs; j++) {
      if (g->node[i]->op.input[j] == &n->op && g->node[i]->stage != n->stage) {
        return GRAFT_HOME_FULL;
      }
    }
  }
  return GRAFT_HOME_TILE;
}

/* Let in-place operators share the array of their first input, if nobody else reads that. */
static void share_in_place(graft_graph *g) {
  for (size_t i = g->nodes; i-- > 0;) {
    graft_graph_node *n = g->node[i];
    if (!n->op.type || !(n->op.type->flags & GRAFT_OPERATOR_IN_PLACE)) continue;
    graft_graph_node *x = g->node[n->op.input[0]->index];
    if (x->consumers != 1 || x->stage != n->stage || x->op.size != n->op.size) continue;
    if (x->value.home == GRAFT_HOME_TILE) {
      x->value.alias = n->value.alias;
      x->value.home = n->value.home;
    }
    bool own = n->grad.home == GRAFT_HOME_TILE || n->grad.home == GRAFT_HOME_FULL;
    if (x->grad.home == GRAFT_HOME_TILE && own) {
      x->grad.alias = n->grad.alias;
      x->grad.home = n->grad.home;
    }
  }
}

/* Of several readers of a node, the one that runs first in backward writes its gradient; the
 * others' contributions are added. */
static void mark_temporaries(graft_graph *g) {
  for (size_t s = g->stages; s-- > 0;) {
    for (size_t k = g->stage[s].count; k-- > 0;) {
      graft_graph_node *n = g->node[g->stage[s].node[k]];
      for (size_t j = 0; j < n->op.inputs; j++) {
        graft_graph_node *x = g->node[n->op.input[j]->index];
        n->temporary[j] = x->written;
        x->written = true;
      }
    }
  }
}

/* Put items at the lowest offsets where they meet no other living one. Returns the bytes needed. */
static size_t pack(struct item *item, size_t items) {
  size_t total = 0;
  for (size_t i = 0; i < items; i++) {
    size_t offset = 0;
    for (size_t j = 0; j < i;) {
      bool alive = item[j].start <= item[i].end && item[i].start <= item[j].end;
      bool meets =
          *item[j].offset < offset + item[i].bytes && offset < *item[j].offset + item[j].bytes;
      if (alive && meets) {
        offset = *item[j].offset + item[j].bytes;
        j = 0;
      } else {
        j++;
      }
    }
    *item[i].offset = offset;
    if (offset + item[i].bytes > total) total = offset + item[i].bytes;
  }
  return total;
}

static size_t tile_bytes(const graft_graph *g, const graft_stage *stage, const graft_operator *op) {
  return round_up(stage->tile * graft_row_elements(op, g->max_points) * sizeof(graft_real));
}

static void extend(struct item *item, size_t position) {
  if (position < item->start) item->start = position;
  if (position > item->end) item->end = position;
}

/* Tile arrays of a stage in forward. */
static size_t pack_values(graft_graph *g, const graft_stage *stage, struct item *item) {
  size_t items = 0;
  for (size_t k = 0; k < stage->count; k++) {
    graft_graph_node *n = g->node[stage->node[k]];
    if (n->value.home != GRAFT_HOME_TILE || n->value.alias != n->op.index) continue;
    struct item *it = &item[items++];
    *it = (struct item){k, k, tile_bytes(g, stage, &n->op), &n->value.tile};
    for (size_t m = 0; m < stage->count; m++) {
      const graft_graph_node *reader = g->node[stage->node[m]];
      if (reader->value.alias == n->op.index) extend(it, m);
      for (size_t j = 0; j < reader->op.inputs; j++) {
        if (g->node[reader->op.input[j]->index]->value.alias == n->op.index) extend(it, m);
      }
    }
  }
  return pack(item, items);
}

/* Tile arrays of a stage in backward, positions counted from the last node. */
static size_t pack_grads(graft_graph *g, const graft_stage *stage, struct item *item) {
  size_t items = 0;
  for (size_t k = 0; k < stage->count; k++) {
    graft_graph_node *n = g->node[stage->node[k]];
    size_t here = stage->count - 1 - k;
    for (size_t j = 0; j < n->op.inputs; j++) {
      const graft_graph_node *x = g->node[n->op.input[j]->index];
      if (!n->temporary[j] || !x->op.needs_grad || stage->joint) continue;
      item[items++] =
          (struct item){here, here, tile_bytes(g, stage, &x->op), &n->temporary_tile[j]};
    }
    if (n->grad.home != GRAFT_HOME_TILE || n->grad.alias != n->op.index) continue;
    struct item *it = &item[items++];
    *it = (struct item){here, here, tile_bytes(g, stage, &n->op), &n->grad.tile};
    for (size_t m = 0; m < stage->count; m++) {
      const graft_graph_node *reader = g->node[stage->node[m]];
      if (reader->grad.alias == n->op.index) extend(it, stage->count - 1 - m);
      for (size_t j = 0; j < reader->op.inputs; j++) {
        const graft_graph_node *x = g->node[reader->op.input[j]->index];
        if (x->grad.alias == n->op.index) extend(it, stage->count - 1 - m);
      }
    }
  }
  return pack(item, items);
}

static graft_status plan_lanes(graft_graph *g) {
  struct item *item;
  size_t tiles = 0, scratch = 0;
  GRAFT_TRY(graft_alloc(&item, g->nodes * (1 + GRAFT_OPERATOR_INPUTS), sizeof *item));
  for (size_t s = 0; s < g->stages; s++) {
    size_t values = pack_values(g, &g->stage[s], item), grads = pack_grads(g, &g->stage[s], item);
    if (values > tiles) tiles = values;
    if (grads > tiles) tiles = grads;
  }
  graft_free(item);
  for (size_t i = 0; i < g->nodes; i++) {
    if (g->node[i]->op.scratch > scratch) scratch = g->node[i]->op.scratch;
  }
  g->scratch = tiles;
  g->lane_size = tiles + round_up(scratch);
  return GRAFT_OK;
}

/* Parts of the gradient: each thread has one of part_size elements, parameters in order. */
static void plan_parts(graft_graph *g, size_t *collected) {
  *collected = 0;
  for (size_t i = 0; i < g->nodes; i++) {
    graft_operator *op = &g->node[i]->op;
    for (size_t j = 0; j < op->parameters; j++) {
      graft_parameter *p = &op->parameter[j];
      p->part = g->part_size;
      g->part_size += round_up(p->part_count * sizeof(graft_real)) / sizeof(graft_real);
      if (op->type->collect && p->count > *collected) *collected = p->count;
    }
  }
}

/* Take all memory from the arena; called once to measure and once for real. */
static graft_status take(graft_graph *g, size_t collected, graft_arena *arena) {
  size_t lanes = (size_t)g->threads;
  for (size_t i = 0; i < g->nodes; i++) {
    graft_graph_node *n = g->node[i];
    size_t rows = graft_axis_rows(n->op.axis, g->max_samples, g->max_points);
    size_t elements = rows * graft_row_elements(&n->op, g->max_points);
    size_t saved = n->op.axis == GRAFT_AXIS_PAIR ? rows * g->max_points : rows;
    if (n->value.home == GRAFT_HOME_FULL && n->value.alias == i) {
      GRAFT_TRY(graft_arena_take(arena, elements, sizeof(graft_real), &n->value.full));
    }
    if (n->grad.home == GRAFT_HOME_FULL && n->grad.alias == i) {
      GRAFT_TRY(graft_arena_take(arena, elements, sizeof(graft_real), &n->grad.full));
    }
    GRAFT_TRY(graft_arena_take(arena, saved, n->op.saved, &n->saved));
    GRAFT_TRY(graft_arena_take(arena, 1, n->op.shared, &n->shared));
    GRAFT_TRY(graft_arena_take(arena, lanes * n->op.sums, sizeof(double), &n->lane_sum));
    GRAFT_TRY(graft_arena_take(arena, n->op.sums, sizeof(double), &n->sum));
    GRAFT_TRY(graft_arena_take(arena, n->op.sums, sizeof(double), &n->back_sum));
  }
  GRAFT_TRY(graft_arena_take(arena, g->state_size, sizeof(double), &g->state));
  GRAFT_TRY(graft_arena_take(arena, lanes, g->lane_size, &g->lane));
  GRAFT_TRY(graft_arena_take(arena, lanes * g->part_size, sizeof(graft_real), &g->part));
  return graft_arena_take(arena, collected, sizeof(graft_real), &g->collected);
}

/* Each coupled node's part of the state, with its first values. */
static void start_state(graft_graph *g) {
  double *at = g->state;
  for (size_t i = 0; i < g->nodes; i++) {
    graft_graph_node *n = g->node[i];
    if (n->op.state == 0) continue;
    n->state = at;
    at += n->op.state;
    n->op.type->update(&n->op, NULL, n->state);
  }
}

static void resolve_aliases(graft_graph *g) {
  for (size_t i = 0; i < g->nodes; i++) {
    graft_place *value = &g->node[i]->value, *grad = &g->node[i]->grad;
    value->full = g->node[value->alias]->value.full;
    value->tile = g->node[value->alias]->value.tile;
    grad->full = g->node[grad->alias]->grad.full;
    grad->tile = g->node[grad->alias]->grad.tile;
  }
}

graft_status graft_graph_plan_memory(graft_graph *g) {
  for (size_t i = 0; i < g->nodes; i++) {
    graft_graph_node *n = g->node[i];
    n->value.home = keeps(g, n) ? GRAFT_HOME_FULL : GRAFT_HOME_TILE;
    n->grad.home = grad_home(g, n);
  }
  share_in_place(g);
  mark_temporaries(g);
  GRAFT_TRY(plan_lanes(g));
  size_t collected;
  plan_parts(g, &collected);
  for (size_t i = 0; i < g->nodes; i++) g->state_size += g->node[i]->op.state;
  graft_arena arena;
  graft_arena_init(&arena, NULL, 0);
  GRAFT_TRY(take(g, collected, &arena));
  g->arena_size = arena.used;
  GRAFT_TRY(graft_alloc(&g->arena, g->arena_size, 1));
  graft_arena_init(&arena, g->arena, g->arena_size);
  GRAFT_TRY(take(g, collected, &arena));
  resolve_aliases(g);
  start_state(g);
  return GRAFT_OK;
}
