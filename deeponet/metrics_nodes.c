/* SPDX-License-Identifier: BSD-2-Clause */
/* Errors at the nodes of each sample's own mesh. */
#include <math.h>

#include "base/arena.h"
#include "deeponet/metrics.h"
#include "deeponet/nodes_impl.h"

double graft_metric_rel_l2_nodes(const float *prediction, const float *truth, const float *weight,
                                 size_t nodes) {
  double error = 0, norm = 0;
  for (size_t i = 0; i < nodes; i++) {
    double rest = (double)prediction[i] - (double)truth[i], w = (double)weight[i];
    error += w * rest * rest;
    norm += w * (double)truth[i] * (double)truth[i];
  }
  return sqrt(error / norm);
}

/* Errors of a task; @p room [3 x nodes]. */
static graft_status measure(graft_deeponet *model, const graft_source *source, float *room,
                            size_t most, graft_task_evaluation *task) {
  GRAFT_TRY(graft_alloc(&task->rel_l2_nodes, task->samples, sizeof *task->rel_l2_nodes));
  for (size_t i = 0; i < task->samples; i++) {
    const size_t s = task->sample[i], n = graft_source_node_count(&source->info, s, NULL);
    const graft_source_nodes truth = {.value = room + most, .weight = room + 2 * most};
    GRAFT_TRY(graft_deeponet_predict_nodes(model, source, s, room));
    GRAFT_TRY(source->nodes(source->ctx, s, &truth));
    task->rel_l2_nodes[i] = graft_metric_rel_l2_nodes(room, truth.value, truth.weight, n);
  }
  return graft_error_summarise(task->rel_l2_nodes, task->samples, &task->nodes);
}

graft_status graft_evaluation_nodes(graft_deeponet *model, const graft_source *source,
                                    graft_evaluation *evaluation) {
  const size_t most = graft_nodes_most(&source->info);
  float *room;
  graft_status status = GRAFT_OK;
  if (most == 0 || !graft_deeponet_takes_nodes(model)) return GRAFT_OK;
  GRAFT_TRY(graft_alloc(&room, 3 * most, sizeof *room));
  for (size_t k = 0; k < evaluation->tasks && status == GRAFT_OK; k++) {
    graft_task_evaluation *task = &evaluation->task[k];
    if (task->samples && isfinite(task->summary.mean)) {
      status = measure(model, source, room, most, task);
    }
  }
  graft_free(room);
  return status;
}
