/* SPDX-License-Identifier: BSD-2-Clause */
/* Operators whose rows depend on each other. Their sums are taken in double, within a thread first,
 * over threads in order, then over ranks. Rows of the sample axis are spread over the ranks; all
 * ranks have the same points, whose sums are the same where a rank has samples at all: forward adds
 * them with their counts, backward leaves each rank its own, as gradients are added up at the end.
 */
#include <string.h>

#include "nn/graph_impl.h"

static void add_lane(const graft_graph *g, const graft_stage *stage, const graft_graph_node *n,
                     const graft_run *run, const graft_real *theta, const graft_real *d_output,
                     int lane) {
  const graft_axis axis = n->op.axis;
  size_t first = axis == GRAFT_AXIS_POINT ? 0 : run->first, begin, end;
  double *sum = n->lane_sum + (size_t)lane * n->op.sums;
  memset(sum, 0, n->op.sums * sizeof *sum);
  graft_graph_lane(g, graft_axis_rows(axis, run->samples, run->points), lane, &begin, &end);
  graft_call base = {.run = run, .theta = theta, .axis = axis, .row = first + begin};
  for (; base.row < first + end; base.row += base.rows) {
    base.rows = graft_graph_tile(first + end - base.row, stage->tile);
    graft_call call = graft_graph_call(g, n, &base, d_output, lane);
    n->op.type->reduce(&n->op, &call, sum);
  }
}

/* Totals of this rank into those of all ranks, and what follows from them. */
static graft_status finish(graft_graph *g, const graft_graph_node *n, const graft_run *run,
                           bool backward) {
  bool shared = !backward || n->op.axis == GRAFT_AXIS_SAMPLE;
  double *total = backward ? n->back_sum : n->sum;
  if (g->sum && shared) GRAFT_TRY(g->sum(g->sum_ctx, total, n->op.sums));
  if (!backward && run->update) n->op.type->update(&n->op, total, n->state);
  return GRAFT_OK;
}

graft_status graft_graph_couple(graft_graph *graph, const graft_stage *stage, const graft_run *run,
                                const graft_real *theta, const graft_real *d_output) {
  const graft_graph_node *n = graph->node[stage->node[0]];
  double *total = d_output ? n->back_sum : n->sum;
  if (!run->train || (d_output && !n->op.needs_grad)) return GRAFT_OK;
#pragma omp parallel for num_threads(graph->threads) schedule(static, 1)
  for (int lane = 0; lane < graph->threads; lane++) {
    add_lane(graph, stage, n, run, theta, d_output, lane);
  }
  memset(total, 0, n->op.sums * sizeof *total);
  for (size_t lane = 0; lane < (size_t)graph->threads; lane++) {
    for (size_t i = 0; i < n->op.sums; i++) total[i] += n->lane_sum[lane * n->op.sums + i];
  }
  return finish(graph, n, run, d_output != NULL);
}

graft_status graft_graph_idle(graft_graph *graph, const graft_run *run, bool backward) {
  for (size_t i = 0; i < graph->stages && run->train; i++) {
    const graft_stage *stage = &graph->stage[backward ? graph->stages - 1 - i : i];
    const graft_graph_node *n = graph->node[stage->node[0]];
    if (!stage->coupled || (backward && !n->op.needs_grad)) continue;
    memset(backward ? n->back_sum : n->sum, 0, n->op.sums * sizeof *n->sum);
    GRAFT_TRY(finish(graph, n, run, backward));
  }
  return GRAFT_OK;
}

bool graft_graph_coupled(const graft_graph *graph) {
  for (size_t s = 0; s < graph->stages; s++) {
    if (graph->stage[s].coupled) return true;
  }
  return false;
}

void graft_graph_share(graft_graph *graph, graft_graph_sum *sum, void *ctx) {
  graph->sum = sum;
  graph->sum_ctx = ctx;
}

double *graft_graph_state(graft_graph *graph, size_t *count) {
  *count = graph->state_size;
  return graph->state_size ? graph->state : NULL;
}
