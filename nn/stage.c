/* SPDX-License-Identifier: BSD-2-Clause */
/* Stages. A node joins the stage of its kind (axis, image or not) at its level; a level is one more
 * than the highest level of inputs of another kind. Joint operators are stages of their own. So all
 * branches run in one stage, all trunks in another, however the caller mixed them. */
#include <stdint.h>

#include "base/arena.h"
#include "nn/graph_impl.h"

enum {
  IMAGE_TILE = 1,   /* images per tile */
  SAMPLE_TILE = 64, /* most rows of a tile on the sample axis */
  POINT_TILE = 256, /* on the point axis */
  PAIR_TILE = 8,    /* on the pair axis: each row has `points` elements */
};

static bool is_image(const graft_operator *op) { return op->row.rank == 3; }

static bool is_joint(const graft_operator *op) {
  return op->type && op->type->flags & GRAFT_OPERATOR_JOINT;
}

static bool is_coupled(const graft_operator *op) {
  return op->type && op->type->flags & GRAFT_OPERATOR_COUPLED;
}

/* Has the operator a stage of its own? */
static bool is_alone(const graft_operator *op) { return is_joint(op) || is_coupled(op); }

static bool same_kind(const graft_operator *a, const graft_operator *b) {
  return a->axis == b->axis && is_image(a) == is_image(b) && !is_alone(a) && !is_alone(b);
}

static size_t default_tile(const graft_stage *stage) {
  if (stage->joint) return POINT_TILE;
  if (stage->image) return IMAGE_TILE;
  return stage->axis == GRAFT_AXIS_SAMPLE  ? SAMPLE_TILE
         : stage->axis == GRAFT_AXIS_POINT ? POINT_TILE
                                           : PAIR_TILE;
}

/* The stage that takes this node, made if there is none yet. */
static graft_stage *find_stage(graft_graph *graph, const graft_operator *op, size_t level) {
  for (size_t s = 0; s < graph->stages && !is_alone(op); s++) {
    graft_stage *stage = &graph->stage[s];
    if (stage->level == level && !stage->joint && !stage->coupled && stage->axis == op->axis &&
        stage->image == is_image(op)) {
      return stage;
    }
  }
  graft_stage *stage = &graph->stage[graph->stages++];
  *stage = (graft_stage){.axis = op->axis,
                         .image = is_image(op),
                         .joint = is_joint(op),
                         .coupled = is_coupled(op),
                         .level = level};
  stage->tile = default_tile(stage);
  return stage;
}

static void sort_by_level(graft_graph *graph) {
  for (size_t i = 1; i < graph->stages; i++) {
    graft_stage stage = graph->stage[i];
    size_t j = i;
    for (; j > 0 && graph->stage[j - 1].level > stage.level; j--) {
      graph->stage[j] = graph->stage[j - 1];
    }
    graph->stage[j] = stage;
  }
}

static graft_status fill_stages(graft_graph *graph, const size_t *level) {
  for (size_t i = 0; i < graph->nodes; i++) {
    const graft_operator *op = &graph->node[i]->op;
    if (!op->type) continue;
    graft_stage *stage = find_stage(graph, op, level[i]);
    if (!stage->node) GRAFT_TRY(graft_alloc(&stage->node, graph->nodes, sizeof *stage->node));
    if (op->tile && op->tile < stage->tile) stage->tile = op->tile;
    stage->node[stage->count++] = i;
  }
  sort_by_level(graph);
  for (size_t s = 0; s < graph->stages; s++) {
    for (size_t k = 0; k < graph->stage[s].count; k++) {
      graph->node[graph->stage[s].node[k]]->stage = s;
      graph->node[graph->stage[s].node[k]]->position = k;
    }
  }
  return GRAFT_OK;
}

graft_status graft_graph_plan_stages(graft_graph *graph) {
  size_t *level;
  GRAFT_TRY(graft_alloc(&graph->stage, graph->nodes, sizeof *graph->stage));
  GRAFT_TRY(graft_alloc(&level, graph->nodes, sizeof *level));
  for (size_t i = 0; i < graph->nodes; i++) {
    const graft_operator *op = &graph->node[i]->op;
    for (size_t j = 0; j < op->inputs; j++) {
      size_t above = level[op->input[j]->index] + !same_kind(op, op->input[j]);
      if (above > level[i]) level[i] = above;
    }
  }
  graft_status status = fill_stages(graph, level);
  graft_free(level);
  return status;
}
