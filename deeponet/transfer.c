/* SPDX-License-Identifier: BSD-2-Clause */
/* Method:    parameters of a trained network as start values of another one on new tasks: all of
 *            them, or the trunk's alone, with a new branch beside it (a graft). Inputs are brought
 *            to the scale of the old samples or of the new ones. The weights of the code of a new
 *            task are the mean of those of the old tasks, so that before its first step the new
 *            model predicts a new task as the old one does.
 * Cost:      a copy of the parameters, beside what graft_deeponet_create() does.
 * Reference: kumar2025 (fine-tuning of chosen layers on a hundred samples), goswami2022. */
#include "deeponet/transfer.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "deeponet/ensemble.h"
#include "deeponet/model_impl.h"

graft_status graft_deeponet_names(const graft_deeponet *model, graft_source *source) {
  static const char *const no_field[] = {NULL};
  const graft_source_info *own = &model->info;
  /* with local features every sample brings its own */
  const size_t G = graft_model_local(model) ? 0 : own->geometries, P = own->points;
  graft_source_info info = {0};
  graft_status status;
  GRAFT_TRY(graft_source_info_init(&info, 0, own->tasks, G, 0, own->dims, own->grid));
  memcpy(info.task_name, own->task_name, own->tasks * sizeof *own->task_name);
  GRAFT_TRY_TO(fail, graft_source_info_like(&info, own));
  for (size_t g = 0; g < G; g++) {
    const struct region *region = &model->region[g];
    graft_source_geometry *geometry = &info.geometry[g];
    memcpy(geometry->name, region->name, sizeof geometry->name);
    memcpy(geometry->mask, region->mask, P);
    memcpy(geometry->sdf, region->sdf, P * sizeof *region->sdf);
    memcpy(geometry->torsion, region->torsion, P * sizeof *region->torsion);
  }
  return graft_source_memory(source, info, no_field, NULL);
fail:
  graft_source_info_fini(&info);
  return status;
}

graft_status graft_deeponet_check_source(const graft_deeponet *model,
                                         const graft_source_info *info) {
  GRAFT_CHECK(strcmp(model->info.problem, info->problem) == 0, INPUT,
              "data set %s: expected one of the model's problem '%s', got '%s'", info->dataset_name,
              model->info.problem, info->problem);
  return graft_model_check_grid(&model->info, info);
}

bool graft_model_known(const graft_deeponet *model, size_t task) {
  return model->theta || (model->heritage && task < model->heritage->from->info.tasks);
}

graft_status graft_heritage_statistics(graft_deeponet *model) {
  const graft_deeponet *from = model->heritage->from;
  const size_t image = model->channels * model->sensors, Q = model->info.codes;
  if (image) memcpy(model->shift, from->shift, image * sizeof *from->shift);
  if (image) memcpy(model->factor, from->factor, image * sizeof *from->factor);
  if (Q) memcpy(model->code_shift, from->code_shift, Q * sizeof *from->code_shift);
  if (Q) memcpy(model->code_factor, from->code_factor, Q * sizeof *from->code_factor);
  const size_t columns = model->columns;
  if (columns) memcpy(model->column, from->column, columns * sizeof *from->column);
  return GRAFT_OK;
}

graft_status graft_heritage_basis(graft_deeponet *model) {
  const graft_deeponet *from = model->heritage->from;
  const size_t R = from->components, D = from->pixels;
  GRAFT_TRY(graft_alloc(&model->pixel, D, sizeof *model->pixel));
  GRAFT_TRY(graft_alloc(&model->basis, R * D, sizeof *model->basis));
  memcpy(model->pixel, from->pixel, D * sizeof *model->pixel);
  memcpy(model->basis, from->basis, R * D * sizeof *model->basis);
  model->components = R;
  model->pixels = D;
  return graft_model_allocate_tile(model);
}

/* What the new model knows of the old one's regions: boundary values, turns given up. */
static void inherit_regions(graft_deeponet *model, const graft_deeponet *from) {
  for (size_t g = 0; g < from->info.geometries && !graft_model_local(from); g++) {
    struct region *region = &model->region[g];
    memcpy(region->fixed, from->region[g].fixed, model->info.points * sizeof *region->fixed);
    if (from->region[g].rotation.count == 1) graft_rotation_drop(&region->rotation);
  }
}

static void inherit_tasks(graft_deeponet *model, const graft_deeponet *from) {
  const size_t P = model->info.points;
  for (size_t k = 0; k < from->info.tasks; k++) {
    model->task[k].region = graft_model_local(from) ? NO_REGION : from->task[k].region;
    memcpy(model->task[k].range, from->task[k].range,
           2 * graft_model_ranges(model) * sizeof(double));
    memcpy(model->mean + k * P, from->mean + k * P, P * sizeof *model->mean);
  }
}

static graft_status inherit_seen(graft_deeponet *model, const graft_deeponet *from) {
  const size_t count = from->seen_count + model->seen_count;
  int64_t *all;
  GRAFT_TRY(graft_alloc(&all, count, sizeof *all));
  memcpy(all, from->seen, from->seen_count * sizeof *all);
  memcpy(all + from->seen_count, model->seen, model->seen_count * sizeof *all);
  graft_free(model->seen);
  model->seen = all;
  graft_model_remember(model, count);
  return GRAFT_OK;
}

/* Weights [I x O] of a layer that reads the tasks' code, K of I rows, Q rows for numbers behind
 * them; the new one has more tasks. */
static bool extend_code(const graft_deeponet *from, const graft_deeponet *model,
                        const graft_block *old, const graft_block *new) {
  const size_t K = from->info.tasks, more = model->info.tasks - K;
  const size_t Q = graft_model_codes(from) - K, O = old->shape.dim[1];
  if (!from->config.code || old->shape.rank != 2 || new->shape.rank != 2 ||
      new->shape.dim[1] != O || new->shape.dim[0] != old->shape.dim[0] + more) {
    return false;
  }
  const graft_real *w = from->theta + old->offset;
  graft_real *out = model->theta + new->offset;
  const size_t first = old->shape.dim[0] - Q - K; /* row of the code */
  memcpy(out, w, (first + K) * O * sizeof *w);
  for (size_t o = 0; o < O; o++) {
    double mean = 0;
    for (size_t k = 0; k < K; k++) mean += (double)w[(first + k) * O + o] / (double)K;
    for (size_t k = 0; k < more; k++) out[(first + K + k) * O + o] = (graft_real)mean;
  }
  memcpy(out + (first + K + more) * O, w + (first + K) * O, Q * O * sizeof *w);
  return true;
}

static graft_status inherit_parameters(graft_deeponet *model, const graft_deeponet *from,
                                       bool trunk_only) {
  const graft_layout *layout = graft_deeponet_layout(model);
  const graft_layout *old_layout = graft_deeponet_layout(from);
  for (size_t i = 0; i < layout->blocks; i++) {
    const graft_block *new = &layout->block[i], *old = graft_layout_get(old_layout, new->name);
    char want[96] = "none", got[96];
    if (trunk_only && strncmp(new->name, "trunk/", 6) != 0) continue;
    if (old && graft_shape_equal(old->shape, new->shape)) {
      memcpy(model->theta + new->offset, from->theta + old->offset,
             new->count * sizeof *model->theta);
      continue;
    }
    if (old && extend_code(from, model, old, new)) continue;
    if (old) graft_shape_print(old->shape, want, sizeof want);
    return graft_error_set(GRAFT_USAGE, __FILE__, __LINE__,
                           "parameters %s: expected the shape of the trained model, %s, got %s",
                           new->name, want, graft_shape_print(new->shape, got, sizeof got));
  }
  return GRAFT_OK;
}

/* Running statistics of BatchNorm; those of a network with a new branch begin anew. */
static void inherit_state(graft_deeponet *model, const graft_deeponet *from) {
  size_t S, count;
  const double *old = graft_graph_state(from->network.graph, &count);
  double *own = graft_graph_state(model->network.graph, &S);
  if (S == 0 || S != count) return;
  memcpy(own, old, S * sizeof *old);
  graft_training_state(model->training, old);
}

static graft_status check_old(const graft_deeponet *from) {
  GRAFT_CHECK(graft_deeponet_members(from) == 1, USAGE,
              "model: expected a single network, got an ensemble of %zu (take one of its members)",
              graft_deeponet_members(from));
  GRAFT_CHECK(!from->skip->kernel, USAGE,
              "model: expected one without skip path, got -skip %s, which is fitted to its tasks",
              from->config.skip);
  return GRAFT_OK;
}

static graft_status create(const graft_deeponet *from, const graft_transfer *how,
                           const graft_deeponet_config *config, const graft_source *source,
                           const char *split, graft_deeponet **out) {
  const bool kept = !how->own_statistics;
  const struct heritage heritage = {
      .from = from, .statistics = kept, .basis = kept || !how->trunk_only};
  GRAFT_TRY(check_old(from));
  GRAFT_TRY(graft_model_create(config, &source->info, out));
  graft_deeponet *model = *out;
  GRAFT_TRY(graft_model_regions(model, &source->info));
  model->heritage = &heritage;
  graft_status status = graft_training_create(model, source, split);
  model->heritage = NULL;
  GRAFT_TRY(status);
  inherit_regions(model, from);
  inherit_tasks(model, from);
  GRAFT_TRY(inherit_seen(model, from));
  GRAFT_TRY(graft_model_finish(model));
  GRAFT_TRY(inherit_parameters(model, from, how->trunk_only));
  if (!how->trunk_only) inherit_state(model, from);
  if (!(how->discrepancy > 0)) return GRAFT_OK;
  return graft_training_penalise(model->training, how->discrepancy, from->info.tasks,
                                 how->reference);
}

graft_status graft_deeponet_transfer(const graft_deeponet *from, const graft_transfer *how,
                                     const graft_deeponet_config *config,
                                     const graft_source *source, const char *split,
                                     const graft_comm *comm, graft_deeponet **model) {
  graft_status status = GRAFT_OK;
  *model = NULL;
  GRAFT_CHECK(!(how->discrepancy > 0) || comm->size == 1, USAGE,
              "-discrepancy: expected one rank, as it depends on all samples of a batch, got %d",
              comm->size);
  if (comm->rank == 0) status = create(from, how, config, source, split, model);
  return graft_model_share(status, source, split, comm, model);
}
