/* SPDX-License-Identifier: BSD-2-Clause */
/* Forward and backward passes. Rows are split evenly over the threads, whatever the team that
 * OpenMP gives; every sum over rows is taken within a thread first and over threads in order, so
 * that the bits depend on the number of threads only. */
#include <stdint.h>
#include <string.h>

#include "nn/graph_impl.h"

void graft_graph_lane(const graft_graph *g, size_t rows, int lane, size_t *first, size_t *end) {
  size_t n = (size_t)g->threads, i = (size_t)lane;
  *first = rows * i / n;
  *end = rows * (i + 1) / n;
}

/* As even as the largest tile allows, in multiples of 16 where there are many. */
size_t graft_graph_tile(size_t left, size_t most) {
  size_t tiles = (left + most - 1) / most, rows = (left + tiles - 1) / tiles;
  if (most >= 32) rows = (rows + 15) / 16 * 16;
  if (rows > most) rows = most;
  return rows < left ? rows : left;
}

static unsigned char *lane_buffer(const graft_graph *g, int lane) {
  return g->lane + (size_t)lane * g->lane_size;
}

/* Address of row `row` of an array; tile arrays start at the tile's first row. */
static graft_real *at(const graft_graph *g, const graft_operator *op, const graft_place *place,
                      const graft_call *call, int lane) {
  switch (place->home) {
  case GRAFT_HOME_FULL: return place->full + call->row * graft_row_elements(op, call->run->points);
  case GRAFT_HOME_TILE: return (graft_real *)(void *)(lane_buffer(g, lane) + place->tile);
  case GRAFT_HOME_NONE:
  case GRAFT_HOME_GIVEN: break;
  }
  return NULL;
}

static size_t saved_rows(const graft_operator *op, const graft_call *call) {
  return op->axis == GRAFT_AXIS_PAIR ? call->row * call->run->points : call->row;
}

/* What forward and backward calls have in common; `base`: the call as the tile has it. For joint
 * operators all pointers are to the first row. */
static graft_call make_call(const graft_graph *g, const graft_graph_node *n, const graft_call *base,
                            int lane) {
  graft_call call = *base, from = *base;
  const graft_operator *op = &n->op;
  if (op->type->flags & GRAFT_OPERATOR_JOINT) from.row = 0;
  call.count = call.rows * graft_row_elements(op, call.run->points);
  for (size_t j = 0; j < op->inputs; j++) {
    call.x[j] = at(g, op->input[j], &g->node[op->input[j]->index]->value, &from, lane);
  }
  call.y = at(g, op, &n->value, &from, lane);
  call.saved = n->saved + saved_rows(op, &from) * op->saved;
  call.scratch = lane_buffer(g, lane) + g->scratch;
  call.shared = n->shared;
  call.sum = call.run->train ? n->sum : NULL;
  call.back_sum = n->back_sum;
  call.state = n->state;
  call.part = g->part + (size_t)lane * g->part_size;
  return call;
}

static void forward_tile(const graft_graph *g, const graft_stage *stage, const graft_call *base,
                         int lane) {
  for (size_t k = 0; k < stage->count; k++) {
    const graft_graph_node *n = g->node[stage->node[k]];
    graft_call call = make_call(g, n, base, lane);
    n->op.type->forward(&n->op, &call);
  }
}

static void add_to(graft_real *sum, const graft_real *term, size_t count) {
  for (size_t i = 0; i < count; i++) sum[i] += term[i];
}

graft_call graft_graph_call(const graft_graph *g, const graft_graph_node *n, const graft_call *base,
                            const graft_real *d_output, int lane) {
  const graft_operator *op = &n->op;
  bool joint = op->type->flags & GRAFT_OPERATOR_JOINT;
  graft_call call = make_call(g, n, base, lane), from = *base;
  if (!d_output) return call;
  if (joint) from.row = 0;
  call.dy = n->grad.home == GRAFT_HOME_GIVEN
                ? d_output + from.row * graft_row_elements(op, base->run->points)
                : at(g, op, &n->grad, &from, lane);
  for (size_t j = 0; j < op->inputs; j++) {
    const graft_operator *x = op->input[j];
    call.dx[j] = at(g, x, &g->node[x->index]->grad, &from, lane);
    if (!call.dx[j] || !n->temporary[j]) continue;
    if (joint) {
      call.add[j] = true;
    } else {
      call.dx[j] = (graft_real *)(void *)(lane_buffer(g, lane) + n->temporary_tile[j]);
    }
  }
  return call;
}

static void backward_node(const graft_graph *g, const graft_graph_node *n, const graft_call *base,
                          const graft_real *d_output, int lane) {
  const graft_operator *op = &n->op;
  bool joint = op->type->flags & GRAFT_OPERATOR_JOINT;
  graft_call call = graft_graph_call(g, n, base, d_output, lane);
  if (n->extra) {
    add_to(at(g, op, &n->grad, base, lane), n->extra + base->row * op->size, base->rows * op->size);
  }
  op->type->backward(op, &call);
  for (size_t j = 0; j < op->inputs && !joint; j++) {
    const graft_operator *x = op->input[j];
    if (!call.dx[j] || !n->temporary[j]) continue;
    add_to(at(g, x, &g->node[x->index]->grad, base, lane), call.dx[j],
           base->rows * graft_row_elements(x, base->run->points));
  }
}

static void backward_tile(const graft_graph *g, const graft_stage *stage, const graft_call *base,
                          const graft_real *d_output, int lane) {
  for (size_t k = stage->count; k-- > 0;) {
    const graft_graph_node *n = g->node[stage->node[k]];
    if (n->op.needs_grad) backward_node(g, n, base, d_output, lane);
  }
}

/* Run a stage over the rows of an axis; d_output NULL: forward. */
static void run_stage(const graft_graph *g, const graft_stage *stage, graft_axis axis,
                      const graft_run *run, const graft_real *theta, const graft_real *d_output) {
  size_t rows = graft_axis_rows(axis, run->samples, run->points);
  size_t first = axis == GRAFT_AXIS_POINT ? 0 : run->first;
#pragma omp parallel for num_threads(g->threads) schedule(static, 1)
  for (int lane = 0; lane < g->threads; lane++) {
    size_t begin, end;
    graft_graph_lane(g, rows, lane, &begin, &end);
    graft_call base = {.run = run, .theta = theta, .axis = axis, .row = first + begin};
    while (base.row < first + end) {
      base.rows = graft_graph_tile(first + end - base.row, stage->tile);
      if (d_output) {
        backward_tile(g, stage, &base, d_output, lane);
      } else {
        forward_tile(g, stage, &base, lane);
      }
      base.row += base.rows;
    }
  }
}

static graft_status check_run(const graft_graph *g, const graft_run *run) {
  GRAFT_CHECK(g->finished, INTERNAL, "graph: not finished");
  GRAFT_CHECK(run->samples >= 1 && run->samples <= g->max_samples &&
                  run->first <= g->max_samples - run->samples,
              INTERNAL, "graph: expected 1 to %zu samples, got %zu from %zu on", g->max_samples,
              run->samples, run->first);
  GRAFT_CHECK(run->points >= 1 && run->points <= g->max_points, INTERNAL,
              "graph: expected 1 to %zu points, got %zu", g->max_points, run->points);
  return GRAFT_OK;
}

graft_status graft_graph_forward(graft_graph *graph, const graft_run *run,
                                 const graft_real *theta) {
  GRAFT_TRY(check_run(graph, run));
  for (size_t i = 0; i < graph->nodes; i++) {
    const graft_graph_node *n = graph->node[i];
    if (n->op.type && n->op.type->prepare) n->op.type->prepare(&n->op, theta, n->shared);
  }
  for (size_t s = 0; s < graph->stages; s++) {
    const graft_stage *stage = &graph->stage[s];
    if (stage->coupled) GRAFT_TRY(graft_graph_couple(graph, stage, run, theta, NULL));
    run_stage(graph, stage, stage->joint ? GRAFT_AXIS_POINT : stage->axis, run, theta, NULL);
  }
  return GRAFT_OK;
}

/* Sum the threads' parts into the first one. */
static void sum_parts(graft_graph *g) {
#pragma omp parallel for num_threads(g->threads) schedule(static, 1)
  for (int lane = 0; lane < g->threads; lane++) {
    size_t first, end;
    graft_graph_lane(g, g->part_size, lane, &first, &end);
    for (int other = 1; other < g->threads; other++) {
      add_to(g->part + first, g->part + (size_t)other * g->part_size + first, end - first);
    }
  }
}

/* Bring the summed part into the layout's order. */
static void collect(graft_graph *g, const graft_run *run, graft_real *grad) {
  for (size_t i = 0; i < g->nodes; i++) {
    const graft_operator *op = &g->node[i]->op;
    for (size_t j = 0; j < op->parameters; j++) {
      const graft_parameter *p = &op->parameter[j];
      const graft_real *value = g->part + p->part;
      if (op->type->collect) {
        op->type->collect(op, j, value, g->collected);
        value = g->collected;
      }
      if (run->accumulate) {
        add_to(grad + p->offset, value, p->count);
      } else {
        memcpy(grad + p->offset, value, p->count * sizeof *value);
      }
    }
  }
}

graft_status graft_graph_backward(graft_graph *graph, const graft_run *run, const graft_real *theta,
                                  const graft_real *d_output, graft_real *grad) {
  GRAFT_TRY(check_run(graph, run));
#pragma omp parallel for num_threads(graph->threads) schedule(static, 1)
  for (int lane = 0; lane < graph->threads; lane++) {
    memset(graph->part + (size_t)lane * graph->part_size, 0,
           graph->part_size * sizeof *graph->part);
  }
  for (size_t s = graph->stages; s-- > 0;) {
    const graft_stage *stage = &graph->stage[s];
    if (stage->coupled) GRAFT_TRY(graft_graph_couple(graph, stage, run, theta, d_output));
    if (stage->joint) {
      run_stage(graph, stage, GRAFT_AXIS_POINT, run, theta, d_output);
      run_stage(graph, stage, GRAFT_AXIS_SAMPLE, run, theta, d_output);
    } else {
      run_stage(graph, stage, stage->axis, run, theta, d_output);
    }
  }
  sum_parts(graph);
  collect(graph, run, grad);
  return GRAFT_OK;
}
