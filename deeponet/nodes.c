/* SPDX-License-Identifier: BSD-2-Clause
 * Method:    a trunk with features of each sample is asked at the nodes of the sample's own mesh:
 *            torsion function and signed distance are those of the nodes, given fields and all
 *            else are interpolated from the grid. In training nodes are drawn with the area that
 *            they stand for as probability, so that the mean over those drawn estimates an
 *            integral over the region, as grid points do, however fine the mesh is at corners.
 * Cost:      as on the grid; a binary search for each node drawn. */
#include "deeponet/nodes_impl.h"

#include <string.h>

#include "base/arena.h"

bool graft_deeponet_takes_nodes(const graft_deeponet *model) {
  return graft_model_local(model) && !model->transform->initial;
}

size_t graft_nodes_most(const graft_source_info *info) {
  size_t most = 0;
  for (size_t s = 0; s < info->samples; s++) {
    size_t count = graft_source_node_count(info, s, NULL);
    if (count > most) most = count;
  }
  return most;
}

size_t graft_nodes_size(const graft_source_info *info, size_t most) {
  return most * ((size_t)info->dims + 4);
}

struct nodes graft_nodes_view(const graft_source_info *info, size_t count, float *room) {
  float *after = room + count * (size_t)info->dims;
  return (struct nodes){.count = count,
                        .at = room,
                        .value = after,
                        .sdf = after + count,
                        .torsion = after + 2 * count,
                        .below = after + 3 * count};
}

graft_status graft_nodes_read(const graft_source *source, size_t sample, float *room,
                              struct nodes *nodes) {
  const graft_source_info *info = &source->info;
  const size_t n = graft_source_node_count(info, sample, NULL), D = (size_t)info->dims;
  double sum = 0, total = 0;
  *nodes = graft_nodes_view(info, n, room);
  const graft_source_nodes out = {.xyz = nodes->at,
                                  .value = nodes->value,
                                  .weight = nodes->below,
                                  .sdf = nodes->sdf,
                                  .torsion = nodes->torsion};
  GRAFT_TRY(source->nodes(source->ctx, sample, &out));
  for (size_t i = 0; i < n * D; i++) {
    const size_t a = i % D;
    const double steps = (double)(info->grid[a] > 1 ? info->grid[a] - 1 : 1);
    nodes->at[i] =
        (float)(((double)nodes->at[i] - info->lo[a]) / (info->hi[a] - info->lo[a]) * steps);
  }
  for (size_t i = 0; i < n; i++) total += (double)nodes->below[i];
  GRAFT_CHECK(total > 0, INPUT,
              "%s: /graft/points/weight: sample %zu: expected areas, got 0 at all %zu nodes",
              info->dataset_name, sample, n);
  for (size_t i = 0; i < n; i++) {
    sum += (double)nodes->below[i];
    nodes->below[i] = (float)(sum / total);
  }
  return GRAFT_OK;
}

size_t graft_nodes_pick(const struct nodes *nodes, double place) {
  size_t low = 0, high = nodes->count - 1; /* the first with below > place, the last otherwise */
  while (low < high) {
    size_t middle = (low + high) / 2;
    if ((double)nodes->below[middle] > place) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

void graft_nodes_fill(const graft_deeponet *model, const struct local_maps *maps,
                      const struct nodes *nodes, size_t count, const uint32_t *pick, double *place,
                      graft_real *out, graft_real *base) {
  const size_t D = (size_t)model->info.dims;
  for (size_t i = 0; i < count; i++) {
    for (size_t a = 0; a < D; a++) place[i * D + a] = (double)nodes->at[pick[i] * D + a];
    base[i] = (graft_real)(model->config.scale * (double)nodes->torsion[pick[i]]);
  }
  graft_local_fill(model, maps, count, place, out);
  for (size_t i = 0; i < count; i++) {
    graft_local_exact(model, (double)nodes->sdf[pick[i]], (double)nodes->torsion[pick[i]],
                      out + i * model->columns);
  }
  graft_local_base(model, maps, count, place, base);
}

/* A chunk of nodes from the first on; @p pick, place, z, base, value are scratch [network->points].
 */
static graft_status predict_chunk(graft_deeponet *model, const struct nodes *nodes, size_t first,
                                  size_t count, uint32_t *pick, double *place, graft_real *work,
                                  float *u) {
  const struct network *network = &model->network;
  const size_t n = network->points;
  graft_real *z = work, *base = work + n, *value = work + 2 * n;
  const graft_run run = {.samples = 1, .points = count};
  for (size_t i = 0; i < count; i++) pick[i] = (uint32_t)(first + i);
  graft_nodes_fill(model, &model->maps[0], nodes, count, pick, place,
                   graft_graph_input_data(network->graph, network->point), base);
  GRAFT_TRY(graft_graph_forward(network->graph, &run, model->theta));
  const graft_real *output = graft_graph_output(network->graph);
  for (size_t i = 0; i < count; i++) z[i] = (graft_real)model->config.gain * output[i];
  model->transform->apply(count, z, base, value, NULL);
  for (size_t i = 0; i < count; i++) {
    u[first + i] = (float)((double)value[i] / model->config.scale);
  }
  return GRAFT_OK;
}

graft_status graft_nodes_predict(graft_deeponet *model, const struct region *region,
                                 const float *field, const struct nodes *nodes, float *u) {
  const size_t n = model->network.points, D = (size_t)model->info.dims;
  uint32_t *pick = NULL;
  double *place = NULL;
  graft_real *work = NULL;
  graft_status status;
  GRAFT_TRY_TO(done, graft_alloc(&pick, n, sizeof *pick));
  GRAFT_TRY_TO(done, graft_alloc(&place, n * D, sizeof *place));
  GRAFT_TRY_TO(done, graft_alloc(&work, 3 * n, sizeof *work));
  graft_local_prepare(model, region, field, &model->maps[0]);
  for (size_t i = 0; i < nodes->count; i += n) {
    size_t left = nodes->count - i;
    GRAFT_TRY_TO(done, predict_chunk(model, nodes, i, left < n ? left : n, pick, place, work, u));
  }
done:
  graft_free(pick);
  graft_free(place);
  graft_free(work);
  return status;
}
