/* SPDX-License-Identifier: BSD-2-Clause */
#include "deeponet/summary.h"

#include "deeponet/training_impl.h"

/* Bytes of the rows that training keeps in memory. */
static size_t data_memory(const struct training *t) {
  const graft_deeponet *model = t->model;
  size_t P = model->info.points, copies = 0;
  for (size_t row = 0; t->component && row < t->rows; row++) {
    copies += graft_model_elements(&model->region[t->row_region[row]]);
  }
  size_t kept = t->capacity + (t->source ? t->source->ahead : 0);
  return kept * (model->fields * model->sensors + P) * sizeof(float) +
         (t->skip ? t->rows * P * sizeof(float) : 0) +
         copies * model->components * sizeof(graft_real);
}

graft_deeponet_cost graft_deeponet_cost_get(const graft_deeponet *model) {
  const graft_graph *graph = model->network.graph;
  const struct training *t = model->training;
  graft_deeponet_cost cost = {
      .parameters = graft_graph_layout(graph)->n,
      .predict_flops = graft_graph_flops(graph, 1, model->info.points, false),
  };
  if (!t) return cost;
  cost.samples = t->B;
  cost.points = t->p;
  cost.step_flops = graft_graph_flops(t->network.graph, t->B, t->p, false) +
                    graft_graph_flops(t->network.graph, t->B, t->p, true);
  cost.network_memory = graft_graph_memory(t->network.graph);
  cost.data_memory = data_memory(t);
  cost.training_samples = t->N;
  cost.skip_samples = t->folds < t->N ? t->folds : 0;
  return cost;
}

size_t graft_deeponet_layer_count(const graft_deeponet *model) {
  return graft_graph_count(model->network.graph);
}

graft_node_about graft_deeponet_layer_get(const graft_deeponet *model, size_t i) {
  return graft_graph_get(model->network.graph, i);
}
