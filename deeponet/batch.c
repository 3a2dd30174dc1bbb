/* SPDX-License-Identifier: BSD-2-Clause */
/* Which samples and points a step sees, and what the network reads of them: functions of seed, step
 * and sample alone, whatever was asked before. */
#include <omp.h>
#include <string.h>

#include "base/rng.h"
#include "deeponet/training_impl.h"

static const uint64_t point_index = 0x706F696E74; /* sets the draws of points apart */

/* splitmix64, to make one index out of several numbers. */
uint64_t graft_training_mix(uint64_t a, uint64_t b) {
  uint64_t z = a + 0x9E3779B97F4A7C15u * (b + 1);
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
  z = (z ^ z >> 27) * 0x94D049BB133111EBu;
  return z ^ z >> 31;
}

uint64_t graft_training_epoch(const struct training *t) { return (t->N + t->B - 1) / t->B; }

/* Order of the rows in an epoch; draws other than 0 are independent of it. */
static void shuffle(struct training *t, uint64_t epoch, uint64_t draw) {
  size_t K = t->model->info.tasks;
  if (t->order_epoch == epoch && t->order_draw == draw) return;
  size_t taken[GRAFT_MAX_TASKS] = {0};
  for (size_t k = 0; k < K;
       k++) { /* train is put back in order, so that epochs don't depend on others */
    size_t *list = t->train + t->task_start[k], first = list[0];
    for (size_t i = 0; i < t->task_count[k]; i++) {
      if (list[i] < first) first = list[i];
    }
    for (size_t i = 0; i < t->task_count[k]; i++) list[i] = first + i;
    graft_rng rng;
    graft_rng_init(&rng, (uint64_t)t->model->config.seed, GRAFT_STREAM_SHUFFLE,
                   graft_training_mix(graft_training_mix(epoch, draw), k));
    graft_rng_shuffle(&rng, list, t->task_count[k]);
  }
  for (size_t i = 0; i < t->N; i++) {
    size_t k = t->pattern[i];
    t->order[i] = t->train[t->task_start[k] + taken[k]++];
  }
  t->order_epoch = epoch;
  t->order_draw = draw;
}

/* Rows of this rank's part of the request's batch whose task is in @p tasks, into t->batch; -> how
 * many. */
size_t graft_training_batch(struct training *t, const graft_request *request, uint64_t tasks) {
  const size_t *from;
  size_t first, count, kept = 0;
  if (request->pass == GRAFT_PASS_VALIDATE) {
    from = t->validation;
    first = (size_t)request->batch * t->B;
    count = t->V;
  } else {
    shuffle(t, request->step / graft_training_epoch(t), request->batch);
    from = t->order;
    first = (size_t)(request->step % graft_training_epoch(t)) * t->B;
    count = t->N;
  }
  for (size_t i = first; i < count && i < first + t->B; i++) {
    bool asked = tasks >> t->row_task[from[i]] & 1;
    if (asked && (i - first) % t->size == t->rank) t->batch[kept++] = from[i];
  }
  return kept;
}

/* Number of the group's element applied to a row in this step. */
static size_t row_symmetry(const struct training *t, const graft_request *request, size_t row) {
  size_t count = graft_model_elements(&t->model->region[t->row_region[row]]);
  if (request->pass == GRAFT_PASS_VALIDATE || !t->model->config.augmentation) return 0;
  graft_rng rng;
  graft_rng_init(
      &rng, (uint64_t)t->model->config.seed, GRAFT_STREAM_AUGMENT,
      graft_training_mix(
          graft_training_mix(request->step / graft_training_epoch(t), request->batch), t->id[row]));
  return graft_rng_below(&rng, (uint32_t)count);
}

/* Those of sample b of a batch. */
static const uint32_t *list_of(struct points points, size_t b) {
  return points.list + (points.local ? b * points.count : 0);
}

/* Points of sample b from the nodes of its mesh, by their areas. */
static void draw_nodes(struct training *t, size_t b, graft_rng *rng, const struct local_maps *maps,
                       graft_real *input) {
  const struct nodes nodes = graft_training_nodes(t, t->batch[b]);
  const size_t first = b * t->p, D = (size_t)t->model->info.dims;
  for (size_t i = first; i < first + t->p; i++) {
    t->list[i] = (uint32_t)graft_nodes_pick(&nodes, graft_rng_uniform(rng));
  }
  graft_nodes_fill(t->model, maps, &nodes, t->p, t->list + first, t->place + first * D,
                   input + first * t->network.features, t->base + first);
}

/* Draw the points of each sample from its region and give the trunk their features; the same ones
 * at every validation. */
static struct points draw_local(struct training *t, const graft_request *request, size_t count) {
  const graft_deeponet *model = t->model;
  graft_real *input = graft_graph_input_data(t->network.graph, t->network.point);
  bool validates = request->pass == GRAFT_PASS_VALIDATE;
  const size_t D = (size_t)model->info.dims;
#pragma omp parallel for schedule(static) num_threads(model->threads)
  for (size_t b = 0; b < count; b++) {
    const struct region *region = &model->region[t->row_region[t->batch[b]]];
    uint64_t draw = validates ? 0 : graft_training_mix(request->step + 1, request->batch);
    graft_rng rng;
    graft_rng_init(&rng, (uint64_t)model->config.seed, GRAFT_STREAM_SHUFFLE,
                   graft_training_mix(graft_training_mix(draw, t->id[t->batch[b]]), point_index));
    struct local_maps *maps = &model->maps[omp_get_thread_num()];
    graft_local_prepare(model, region, graft_training_field(t, t->batch[b]), maps);
    if (t->node) {
      draw_nodes(t, b, &rng, maps, input);
      continue;
    }
    for (size_t i = b * t->p; i < (b + 1) * t->p; i++) {
      t->list[i] = region->point[graft_rng_below(&rng, (uint32_t)region->inner)];
      t->base[i] = region->base[t->list[i]];
      graft_local_place(model, t->list[i], t->place + i * D);
    }
    graft_local_fill(model, maps, t->p, t->place + b * t->p * D,
                     input + b * t->p * t->network.features);
    graft_local_base(model, maps, t->p, t->place + b * t->p * D, t->base + b * t->p);
  }
  return (struct points){.count = t->p, .list = t->list, .local = true};
}

/* Draw the points of a training step, and give the trunk their features. */
static struct points draw_shared(struct training *t, const graft_request *request) {
  const struct network *network = &t->network;
  size_t P = t->model->info.points, F = network->features, p = t->p;
  graft_real *input = graft_graph_input_data(network->graph, network->point);
  if (p == P || request->pass == GRAFT_PASS_VALIDATE) {
    if (t->partial) memcpy(input, t->feature, P * F * sizeof *input);
    t->partial = false;
    return (struct points){.count = P, .list = t->all, .all = true};
  }
  graft_rng rng;
  graft_rng_init(
      &rng, (uint64_t)t->model->config.seed, GRAFT_STREAM_SHUFFLE,
      graft_training_mix(graft_training_mix(request->step, request->batch), point_index));
  memcpy(t->list, t->all, P * sizeof *t->list);
  for (size_t i = 0; i < p; i++) {
    size_t j = i + graft_rng_below(&rng, (uint32_t)(P - i));
    uint32_t chosen = t->list[j];
    t->list[j] = t->list[i];
    t->list[i] = chosen;
    memcpy(input + i * F, t->feature + chosen * F, F * sizeof *input);
    for (size_t g = 0; g < t->model->info.geometries; g++) {
      t->base[g * p + i] = t->model->region[g].base[chosen];
      t->inside[g * p + i] = t->model->region[g].weight[chosen];
    }
  }
  t->partial = true;
  return (struct points){.count = p, .list = t->list};
}

struct points graft_training_points(struct training *t, const graft_request *request,
                                    size_t count) {
  return graft_model_local(t->model) ? draw_local(t, request, count) : draw_shared(t, request);
}

/* Branch input of a row under element e of its region's group. */
static void fill_branch(const struct training *t, size_t b, size_t row, size_t e) {
  const graft_deeponet *model = t->model;
  const struct network *network = &t->network;
  const struct region *region = &model->region[t->row_region[row]];
  size_t M = model->sensors, R = model->components;
  graft_real *input =
      network->has_image ? graft_graph_input_data(network->graph, network->image) : NULL;
  if (t->component && input) {
    memcpy(input + b * R, t->component + t->first_component[row] + e * R, R * sizeof *input);
  } else if (input) {
    graft_model_image(model, region, graft_training_field(t, row), e,
                      (t->image ? t->image : input) + b * M * model->channels);
  }
  if (network->codes == 0) return;
  graft_model_code(model, t->row_task[row], t->number + row * model->info.codes,
                   graft_graph_input_data(network->graph, network->code) + b * network->codes);
}

/* The first input field of a row under element e at the points of a pass. */
static void fill_start(const struct training *t, struct points points, size_t b, size_t row,
                       size_t e) {
  const graft_deeponet *model = t->model;
  const float *field = graft_training_field(t, row);
  const struct region *region = &model->region[t->row_region[row]];
  const uint32_t *point = region->image_point + e % region->symmetry.count * model->sensors;
  const uint32_t *list = list_of(points, b);
  graft_real *start = t->start + b * points.count;
  for (size_t i = 0; i < points.count; i++) {
    start[i] = (graft_real)field[point[model->place[list[i]]]];
  }
}

/* Targets of a row at nodes @p list [count]. */
static void fill_node_target(const struct training *t, size_t row, size_t count,
                             const uint32_t *list, graft_real *target) {
  const struct nodes nodes = graft_training_nodes(t, row);
  graft_real scale = (graft_real)t->model->config.scale;
  for (size_t i = 0; i < count; i++) target[i] = scale * (graft_real)nodes.value[list[i]];
}

/* Target and skip path's part of z of a row under element e, at some points; out and z [count]. */
static void fill_target(const struct training *t, size_t row, size_t e, size_t count,
                        const uint32_t *list, graft_real *target, graft_real *z) {
  const graft_deeponet *model = t->model;
  const struct region *region = &model->region[t->row_region[row]];
  size_t P = model->info.points, j = e / region->symmetry.count;
  const uint32_t *point = region->symmetry.point + e % region->symmetry.count * P;
  const float *u = graft_training_u(t, row), *skip = t->skip ? t->skip + t->slot[row] * P : NULL;
  graft_real scale = (graft_real)model->config.scale;
  for (size_t i = 0; i < count; i++) {
    uint32_t p = point[list[i]];
    target[i] =
        scale * (j ? (graft_real)graft_rotation_u(&region->rotation, j, p, u) : (graft_real)u[p]);
  }
  for (size_t i = 0; skip && i < count; i++) {
    uint32_t p = point[list[i]];
    z[i] = j ? (graft_real)graft_stencils_float(&region->rotation.turn[j].output, p, skip)
             : (graft_real)skip[p];
  }
}

/* Inputs, targets and the skip path's part of z (into t->offset) of t->batch. */
void graft_training_assemble(struct training *t, const graft_request *request, struct points points,
                             size_t count) {
  const graft_deeponet *model = t->model;
  size_t n = points.count;
#pragma omp parallel for schedule(static) num_threads(model->threads)
  for (size_t b = 0; b < count; b++) {
    size_t row = t->batch[b], g = t->row_region[row], e = row_symmetry(t, request, row);
    fill_branch(t, b, row, e);
    if (t->start) fill_start(t, points, b, row, e);
    if (t->node) {
      fill_node_target(t, row, n, list_of(points, b), t->target + b * n);
    } else {
      fill_target(t, row, e, n, list_of(points, b), t->target + b * n,
                  t->skip ? t->offset + b * n : NULL);
    }
    t->sample_id[b] = t->id[row];
    t->mask[b] = points.all     ? model->region[g].weight
                 : points.local ? t->inside
                                : t->inside + g * n;
  }
  if (t->image) {
    graft_model_project(model, count, t->image,
                        graft_graph_input_data(t->network.graph, t->network.image));
  }
}
