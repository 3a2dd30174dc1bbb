/* SPDX-License-Identifier: BSD-2-Clause */
#include "nn/graph.h"

#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "nn/graph_impl.h"

graft_status graft_graph_create(graft_graph **graph, size_t max_samples, size_t max_points,
                                int threads) {
  *graph = NULL;
  GRAFT_CHECK(max_samples >= 1 && max_points >= 1, USAGE,
              "graph: expected at least one sample and one point, got %zu and %zu", max_samples,
              max_points);
  GRAFT_CHECK(threads >= 1, USAGE, "graph: expected at least one thread, got %d", threads);
  graft_graph *g;
  GRAFT_TRY(graft_alloc(&g, 1, sizeof *g));
  g->max_samples = max_samples;
  g->max_points = max_points;
  g->threads = threads;
  graft_layout_init(&g->layout);
  *graph = g;
  return GRAFT_OK;
}

void graft_graph_destroy(graft_graph *graph) {
  if (!graph) return;
  for (size_t i = 0; i < graph->nodes; i++) graft_free(graph->node[i]);
  for (size_t s = 0; s < graph->stages; s++) graft_free(graph->stage[s].node);
  graft_free(graph->node);
  graft_free(graph->stage);
  graft_free(graph->arena);
  graft_layout_fini(&graph->layout);
  graft_free(graph);
}

/* Append an empty node with a checked name; it counts only once `nodes` is raised. */
static graft_status append(graft_graph *graph, const char *name, graft_graph_node **node) {
  GRAFT_CHECK(!graph->finished, INTERNAL, "graph node '%s': the graph is finished", name);
  GRAFT_CHECK(strlen(name) > 0 && strlen(name) < GRAFT_NAME_SIZE, INTERNAL,
              "graph node '%s': expected a name of 1 to %d characters", name, GRAFT_NAME_SIZE - 1);
  for (size_t i = 0; i < graph->nodes; i++) {
    GRAFT_CHECK(strcmp(graph->node[i]->op.name, name) != 0, INTERNAL,
                "graph node '%s' exists already", name);
  }
  if (graph->nodes == graph->capacity) {
    size_t capacity = graph->capacity ? 2 * graph->capacity : 32;
    graft_graph_node **grown;
    GRAFT_TRY(graft_alloc(&grown, capacity, sizeof *grown));
    for (size_t i = 0; i < graph->nodes; i++) grown[i] = graph->node[i];
    graft_free(graph->node);
    graph->node = grown;
    graph->capacity = capacity;
  }
  GRAFT_TRY(graft_alloc(node, 1, sizeof **node));
  memcpy((*node)->op.name, name, strlen(name) + 1);
  (*node)->op.index = graph->nodes;
  (*node)->value.alias = (*node)->grad.alias = graph->nodes;
  (*node)->stage = SIZE_MAX;
  return GRAFT_OK;
}

/* Largest number of elements a node can have in a run must fit into size_t, in bytes too. */
static graft_status set_size(const graft_graph *graph, graft_operator *op) {
  GRAFT_TRY(graft_shape_validate(op->row, op->name));
  op->size = graft_shape_count(op->row);
  GRAFT_CHECK(op->size > 0, USAGE, "'%s': expected rows of at least one element, got none",
              op->name);
  size_t rows = graft_axis_rows(op->axis, graph->max_samples, graph->max_points), elements;
  if (op->axis == GRAFT_AXIS_PAIR) {
    GRAFT_TRY(graft_size_multiply(rows, graph->max_points, op->name, &rows));
  }
  GRAFT_TRY(graft_size_multiply(op->size, rows, op->name, &elements));
  return graft_size_multiply(elements, 64, op->name, &elements);
}

graft_status graft_graph_input(graft_graph *graph, const char *name, graft_axis axis,
                               graft_shape row, graft_node *node) {
  GRAFT_CHECK(axis != GRAFT_AXIS_PAIR || row.rank == 0, USAGE,
              "input '%s': expected rank 0 on the pair axis, got %d", name, row.rank);
  graft_graph_node *n;
  GRAFT_TRY(append(graph, name, &n));
  n->op.axis = axis;
  n->op.row = row;
  graft_status status = set_size(graph, &n->op);
  if (status != GRAFT_OK) {
    graft_free(n);
    return status;
  }
  *node = graph->nodes;
  graph->node[graph->nodes++] = n;
  return GRAFT_OK;
}

static graft_status build(graft_graph *graph, const graft_node *input, graft_graph_node *n) {
  graft_operator *op = &n->op;
  const graft_operator_type *type = op->type;
  GRAFT_CHECK(op->inputs >= type->min_inputs && op->inputs <= type->max_inputs, USAGE,
              "%s '%s': expected %zu to %zu inputs, got %zu", type->about.name, op->name,
              type->min_inputs, type->max_inputs, op->inputs);
  for (size_t i = 0; i < op->inputs; i++) {
    GRAFT_CHECK(input[i] < graph->nodes, INTERNAL, "%s '%s': input %zu is not a node",
                type->about.name, op->name, i);
    op->input[i] = &graph->node[input[i]]->op;
  }
  op->axis = op->input[0]->axis;
  op->row = op->input[0]->row;
  op->layout = &graph->layout;
  GRAFT_TRY(type->build(op));
  return set_size(graph, op);
}

graft_status graft_graph_add(graft_graph *graph, const char *type, const char *name,
                             const graft_operator_config *config, const graft_node *input,
                             size_t inputs, uint64_t tasks, graft_node *node) {
  const graft_operator_type *found = graft_operator_find(type);
  GRAFT_CHECK(found, USAGE, "'%s': expected the name of an operator, got '%s'", name, type);
  graft_graph_node *n;
  GRAFT_TRY(append(graph, name, &n));
  n->op.type = found;
  n->op.config = config ? *config : graft_operator_default();
  n->op.tasks = tasks;
  n->op.inputs = inputs;
  graft_status status = build(graph, input, n);
  if (status != GRAFT_OK) {
    graft_free(n);
    return status;
  }
  *node = graph->nodes;
  graph->node[graph->nodes++] = n;
  return GRAFT_OK;
}

graft_status graft_graph_shape(const graft_graph *graph, graft_node node, graft_axis *axis,
                               graft_shape *row) {
  GRAFT_CHECK(node < graph->nodes, INTERNAL, "graph: no node %zu", node);
  *axis = graph->node[node]->op.axis;
  *row = graph->node[node]->op.row;
  return GRAFT_OK;
}

graft_status graft_graph_want_value(graft_graph *graph, graft_node node) {
  GRAFT_CHECK(!graph->finished && node < graph->nodes && graph->node[node]->op.type, INTERNAL,
              "graph: expected an operator before finish, got node %zu", node);
  graph->node[node]->wanted = true;
  return GRAFT_OK;
}

const graft_real *graft_graph_value(const graft_graph *graph, graft_node node) {
  return graph->node[node]->value.full;
}

void graft_graph_add_gradient(graft_graph *graph, graft_node node, const graft_real *gradient) {
  graph->node[node]->extra = gradient;
}

graft_status graft_graph_want_gradient(graft_graph *graph, graft_node node) {
  GRAFT_CHECK(node < graph->nodes && !graph->node[node]->op.type, INTERNAL,
              "graph: node %zu is not an input", node);
  GRAFT_CHECK(!graph->finished, INTERNAL, "graph: '%s': the graph is finished",
              graph->node[node]->op.name);
  graph->node[node]->wanted = true;
  return GRAFT_OK;
}

graft_status graft_graph_finish(graft_graph *graph, graft_node output) {
  GRAFT_CHECK(!graph->finished, INTERNAL, "graph: finished already");
  GRAFT_CHECK(output < graph->nodes && graph->node[output]->op.type, INTERNAL,
              "graph: node %zu is not an operator", output);
  graph->output = output;
  for (size_t i = 0; i < graph->nodes; i++) {
    graft_graph_node *n = graph->node[i];
    n->op.needs_grad = n->wanted || n->op.parameters > 0;
    for (size_t j = 0; j < n->op.inputs; j++) {
      graph->node[n->op.input[j]->index]->consumers++;
      n->op.needs_grad |= n->op.input[j]->needs_grad;
    }
  }
  for (size_t i = 0; i < graph->nodes; i++) {
    const graft_graph_node *n = graph->node[i];
    GRAFT_CHECK((n->consumers > 0) != (i == output), USAGE,
                i == output ? "graph: the output '%s' is the input of another node"
                            : "graph: nothing reads '%s'",
                n->op.name);
  }
  GRAFT_TRY(graft_graph_plan_stages(graph));
  GRAFT_TRY(graft_graph_plan_memory(graph));
  graph->finished = true;
  return GRAFT_OK;
}

const graft_layout *graft_graph_layout(const graft_graph *graph) { return &graph->layout; }

void graft_graph_freeze(graft_graph *graph, size_t block, bool frozen) {
  graph->layout.block[block].frozen = frozen;
}

graft_status graft_graph_init_parameters(const graft_graph *graph, uint64_t seed,
                                         graft_real *theta) {
  for (size_t i = 0; i < graph->nodes; i++) {
    const graft_operator *op = &graph->node[i]->op;
    for (size_t j = 0; j < op->parameters; j++) {
      const graft_parameter *p = &op->parameter[j];
      graft_real *value = theta + p->offset;
      graft_init_fill(p->init, p->fan_in, p->fan_out, p->std, seed, p->block, p->count, value);
      if (p->base == 0) continue;
      for (size_t e = 0; e < p->count; e++) value[e] += (graft_real)p->base;
    }
  }
  return GRAFT_OK;
}

graft_real *graft_graph_input_data(graft_graph *graph, graft_node node) {
  bool input = graph->finished && node < graph->nodes && !graph->node[node]->op.type;
  return input ? graph->node[node]->value.full : NULL;
}

const graft_real *graft_graph_output(const graft_graph *graph) {
  return graph->finished ? graph->node[graph->output]->value.full : NULL;
}

const graft_real *graft_graph_gradient(const graft_graph *graph, graft_node node) {
  bool wanted = graph->finished && node < graph->nodes && graph->node[node]->wanted;
  return wanted ? graph->node[node]->grad.full : NULL;
}

size_t graft_graph_count(const graft_graph *graph) { return graph->nodes; }

graft_node_about graft_graph_get(const graft_graph *graph, graft_node node) {
  const graft_operator *op = &graph->node[node]->op;
  graft_node_about about = {.name = op->name,
                            .type = op->type ? op->type->about.name : "input",
                            .axis = op->axis,
                            .row = op->row,
                            .flops = op->flops};
  for (size_t i = 0; i < op->parameters; i++) {
    const graft_parameter *p = &op->parameter[i];
    about.parameters += p->count;
    for (size_t b = 0; b < graph->layout.blocks; b++) {
      const graft_block *block = &graph->layout.block[b];
      if (block->offset == p->offset && block->frozen) about.frozen += p->count;
    }
  }
  return about;
}

size_t graft_graph_memory(const graft_graph *graph) { return graph->arena_size; }

double graft_graph_flops(const graft_graph *graph, size_t samples, size_t points, bool backward) {
  double flops = 0;
  for (size_t i = 0; i < graph->nodes; i++) {
    const graft_operator *op = &graph->node[i]->op;
    double rows = (double)graft_axis_rows(op->axis, samples, points), times = 1;
    if (op->axis == GRAFT_AXIS_PAIR) rows *= (double)points;
    if (backward) {
      times = op->parameters > 0 && op->inputs == 1;
      for (size_t j = 0; j < op->inputs; j++) times += op->input[j]->needs_grad;
    }
    flops += times * rows * op->flops;
  }
  return flops;
}
