/* SPDX-License-Identifier: BSD-2-Clause */
#include "deeponet/model.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "deeponet/linalg_impl.h"
#include "deeponet/model_impl.h"

static graft_status copy_bytes(void *out, const void *from, size_t bytes) {
  void *copy;
  GRAFT_TRY(graft_alloc(&copy, bytes, 1));
  memcpy(copy, from, bytes);
  *(void **)out = copy;
  return GRAFT_OK;
}

/* Grid and names, without samples and splits. */
static graft_status copy_info(const graft_source_info *from, graft_source_info *to) {
  GRAFT_TRY(
      graft_source_info_init(to, 0, from->tasks, from->geometries, 0, from->dims, from->grid));
  memcpy(to->task_name, from->task_name, from->tasks * sizeof *to->task_name);
  GRAFT_TRY(graft_source_info_like(to, from));
  for (size_t g = 0; g < from->geometries; g++) {
    memcpy(to->geometry[g].name, from->geometry[g].name, sizeof to->geometry[g].name);
  }
  return GRAFT_OK;
}

/* "48 x 48 points on [0, 1] x [0, 1]". */
static const char *grid_text(const graft_source_info *info, char *text, size_t size) {
  size_t used = 0;
  for (int a = 0; a < info->dims && used < size; a++) {
    used += (size_t)snprintf(text + used, size - used, a ? " x %zu" : "%zu", info->grid[a]);
  }
  for (int a = 0; a < info->dims && used < size; a++) {
    used += (size_t)snprintf(text + used, size - used, a ? " x [%g, %g]" : " points on [%g, %g]",
                             info->lo[a], info->hi[a]);
  }
  return text;
}

graft_status graft_model_check_grid(const graft_source_info *want, const graft_source_info *got) {
  char wanted[160], given[160];
  bool same = want->dims == got->dims;
  for (int a = 0; a < want->dims && same; a++) {
    double tolerance = 1e-9 * (want->hi[a] - want->lo[a]);
    same = want->grid[a] == got->grid[a] && fabs(want->lo[a] - got->lo[a]) <= tolerance &&
           fabs(want->hi[a] - got->hi[a]) <= tolerance;
  }
  GRAFT_CHECK(same, INPUT, "%s: expected the model's grid, %s; got %s", graft_source_name(got),
              grid_text(want, wanted, sizeof wanted), grid_text(got, given, sizeof given));
  GRAFT_CHECK(want->codes == 0 || got->codes == want->codes, INPUT,
              "%s: expected %zu numbers of each sample as in training, got %zu",
              graft_source_name(got), want->codes, got->codes);
  for (size_t q = 0; q < want->codes; q++) {
    GRAFT_CHECK(strcmp(want->code_name[q], got->code_name[q]) == 0, INPUT,
                "%s: expected the number '%s' as in training, got '%s'", graft_source_name(got),
                want->code_name[q], got->code_name[q]);
  }
  for (size_t i = 0; i < want->inputs; i++) {
    const char *name = want->input[i].name;
    GRAFT_CHECK(graft_source_axes(got, name) == want->input[i].axes, INPUT,
                "%s: expected the input '%s' on the same axes as in training",
                graft_source_name(got), name);
  }
  return GRAFT_OK;
}

/* Number of a field among the model's; new ones are appended. */
static size_t add_field(graft_deeponet *model, const char *name) {
  size_t d = 0;
  while (d < model->fields && strcmp(model->field[d], name) != 0) d++;
  if (d == model->fields) memcpy(model->field[model->fields++], name, GRAFT_NAME_SIZE);
  return d;
}

/* The input field of a feature: its name, without the ending of stencils. */
static const graft_source_input *find_input(const graft_source_info *info,
                                            const struct local_feature *feature) {
  char name[GRAFT_NAME_SIZE];
  snprintf(name, sizeof name, "%.*s", (int)feature->stem, feature->name);
  return graft_source_input_find(info, name);
}

/* The field that coarse solutions read. */
static graft_status init_coarse(graft_deeponet *model) {
  if (!graft_local_uses_coarse(model)) return GRAFT_OK;
  GRAFT_CHECK(graft_model_local(model), USAGE, "-transform %s: expected -features, got none",
              model->transform->name);
  const graft_source_input *input = graft_source_input_find(&model->info, "log_k");
  GRAFT_CHECK(input, USAGE, "coarse solution: expected the input field log_k of %s, got none",
              model->info.dataset_name);
  GRAFT_CHECK(!model->info.other_data, USAGE,
              "coarse solution: expected right-hand side 1 and boundary values 0, %s has others",
              model->info.dataset_name);
  model->log_k = add_field(model, input->name);
  return GRAFT_OK;
}

/* Fields of the trunk's features, on axes of the image if there is one. */
static graft_status init_features(graft_deeponet *model) {
  const graft_source_info *info = &model->info;
  bool free = model->fields == 0; /* of an image's axes */
  unsigned axes = 0;
  for (size_t f = 0; f < model->locals; f++) {
    struct local_feature *feature = &model->local[f];
    GRAFT_CHECK(feature->kind > FEATURE_Z || (int)feature->kind < info->dims, USAGE,
                "-features: expected coordinates of a grid of %d axes, got '%s'", info->dims,
                feature->name);
    if (feature->kind != FEATURE_FIELD) continue;
    const graft_source_input *input = find_input(info, feature);
    GRAFT_CHECK(input, USAGE,
                "-features: expected x, y, z, sdf, torsion, slope, coarse or input fields of %s "
                "(%s, …), got '%s'",
                info->dataset_name, info->inputs ? info->input[0].name : "it has none",
                feature->name);
    axes |= input->axes;
    GRAFT_CHECK(free || (input->axes & ~model->axes) == 0, USAGE,
                "-features: expected fields on axes of the image's channels, got '%s'",
                feature->name);
    feature->field = add_field(model, input->name);
  }
  if (free && axes) model->axes = axes;
  return GRAFT_OK;
}

/* Fields and axes of the image; the fields must be given by the data set. */
static graft_status init_image(graft_deeponet *model) {
  const graft_source_info *info = &model->info;
  unsigned all = (1u << info->dims) - 1;
  model->axes = all;
  for (size_t c = 0; c < model->channels; c++) {
    struct channel *channel = &model->channel[c];
    bool derived = channel->kind == CHANNEL_K || channel->kind == CHANNEL_INVERSE_K;
    bool logit = channel->kind == CHANNEL_LOGIT;
    const char *name = derived ? "log_k" : logit ? channel->name + strlen(LOGIT) : channel->name;
    const graft_source_input *input = graft_source_input_find(info, name);
    unsigned axes = input ? input->axes : all;
    channel->field = NO_FIELD;
    if (derived || logit || channel->kind == CHANNEL_FIELD) {
      GRAFT_CHECK(
          input, USAGE,
          "-input: expected input fields of %s (%s, …), logit_FIELD, inverse_k, k, mask, sdf or "
          "torsion, got '%s'",
          info->dataset_name, info->inputs ? info->input[0].name : "it has none", channel->name);
      channel->field = add_field(model, input->name);
    }
    GRAFT_CHECK(c == 0 || axes == model->axes, USAGE,
                "-input: expected channels on the same axes of the grid, got '%s' with '%s'",
                channel->name, model->channel[0].name);
    model->axes = axes;
  }
  GRAFT_TRY(init_features(model));
  GRAFT_TRY(init_coarse(model));
  model->sensors = graft_source_points(info, model->axes);
  GRAFT_TRY(graft_alloc(&model->place, info->points, sizeof *model->place));
  graft_source_places(info, model->axes, model->place);
  return GRAFT_OK;
}

/* A transform that starts from an input field: is there one, on all axes of space? */
static graft_status check_start(const graft_deeponet *model) {
  const graft_source_info *info = &model->info;
  unsigned space = ((1U << info->dims) - 1) & ~(unsigned)info->in_time; /* time is axis 0 */
  if (!model->transform->initial) return GRAFT_OK;
  GRAFT_CHECK(model->fields > 0 && (graft_source_axes(info, model->field[0]) & space) == space,
              USAGE,
              "-transform %s: expected a field on all axes of space as the first one of -input and "
              "-features, to start from, got %s",
              model->config.transform, model->fields ? model->field[0] : "none");
  return GRAFT_OK;
}

/* Do the parts of the configuration go together on this data set? */
static graft_status check_parts(const graft_deeponet *model) {
  const graft_deeponet_config *config = &model->config;
  GRAFT_CHECK(!config->parameters || model->info.codes > 0, USAGE,
              "-parameters: expected a data set with numbers of each sample, %s has none",
              model->info.dataset_name);
  GRAFT_CHECK(!model->skip->kernel ||
                  (model->fields == 1 && graft_model_whole(model) && model->info.codes == 0),
              USAGE, "-skip %s: expected one input field on the whole grid and nothing else",
              config->skip);
  GRAFT_TRY(check_start(model));
  GRAFT_CHECK(!model->transform->initial || fabs(config->scale - 1) <= 0, USAGE,
              "-transform %s: expected -scale 1, got %g", config->transform, config->scale);
  return GRAFT_OK;
}

graft_status graft_model_create(const graft_deeponet_config *config, const graft_source_info *info,
                                graft_deeponet **out) {
  graft_deeponet *model;
  *out = NULL;
  GRAFT_TRY(graft_deeponet_config_validate(config));
  graft_linalg_begin();
  GRAFT_TRY(graft_alloc(&model, 1, sizeof *model));
  *out = model;
  model->config = *config;
  model->transform = graft_transform_find(config->transform);
  model->skip = graft_skip_find(config->skip);
  model->loss = graft_loss_find(config->loss);
  model->threads = config->threads > 0 ? (int)config->threads : omp_get_max_threads();
  GRAFT_TRY(graft_network_channels(config->input, model->channel, &model->channels));
  GRAFT_TRY(graft_network_features(config->features, model->local, &model->locals));
  GRAFT_TRY(copy_info(info, &model->info));
  GRAFT_TRY(init_image(model));
  GRAFT_TRY(graft_local_init(model));
  GRAFT_TRY(check_parts(model));
  GRAFT_TRY(graft_alloc(&model->shift, model->channels * model->sensors, sizeof(float)));
  GRAFT_TRY(graft_alloc(&model->factor, model->channels * model->sensors, sizeof(float)));
  GRAFT_TRY(graft_alloc(&model->code_shift, info->codes, sizeof(double)));
  GRAFT_TRY(graft_alloc(&model->code_factor, info->codes, sizeof(double)));
  GRAFT_TRY(graft_alloc(&model->mean, info->tasks * info->points, sizeof(float)));
  GRAFT_TRY(graft_alloc(&model->task, info->tasks, sizeof *model->task));
  for (size_t k = 0; k < info->tasks; k++) {
    GRAFT_TRY(graft_alloc(&model->task[k].range, 2 * graft_model_ranges(model), sizeof(double)));
  }
  GRAFT_TRY(graft_symmetry_init(&model->identity, &model->info, NULL));
  return graft_alloc(&model->region, info->geometries, sizeof *model->region);
}

graft_status graft_model_finish(graft_deeponet *model) {
  size_t rows = (size_t)model->config.batch, points = model->info.points;
  if (rows > PREDICT_ROWS) rows = PREDICT_ROWS;
  if (graft_model_local(model)) {
    rows = 1;
    if (points > LOCAL_POINTS) points = LOCAL_POINTS;
  }
  GRAFT_TRY(graft_network_build(model, rows, points, &model->network));
  const graft_layout *layout = graft_graph_layout(model->network.graph);
  GRAFT_TRY(graft_alloc(&model->theta, layout->n, sizeof(graft_real)));
  GRAFT_TRY(graft_graph_init_parameters(model->network.graph, (uint64_t)model->config.seed,
                                        model->theta));
  const graft_block *last = graft_layout_get(layout, "branch/output/weight");
  GRAFT_CHECK(last, INTERNAL, "network: expected a block branch/output/weight, got none");
  for (size_t i = 0; i < last->count; i++) {
    model->theta[last->offset + i] *= (graft_real)model->config.output_init;
  }
  return GRAFT_OK;
}

graft_status graft_model_regions(graft_deeponet *model, const graft_source_info *info) {
  for (size_t g = 0; g < info->geometries; g++) {
    const graft_source_geometry *geometry = &info->geometry[g];
    GRAFT_TRY(graft_model_region_init(model, geometry->name, geometry->mask, geometry->sdf,
                                      geometry->torsion, &model->region[g]));
  }
  return GRAFT_OK;
}

graft_status graft_model_adopt(graft_deeponet *model, const graft_source_info *info) {
  GRAFT_CHECK(model->info.geometries == 0, INTERNAL, "model: expected no geometries, got %zu",
              model->info.geometries);
  graft_free(model->info.geometry);
  graft_free(model->region);
  model->info.geometry = NULL;
  model->region = NULL;
  GRAFT_TRY(graft_alloc(&model->info.geometry, info->geometries, sizeof *model->info.geometry));
  GRAFT_TRY(graft_alloc(&model->region, info->geometries, sizeof *model->region));
  model->info.geometries = info->geometries;
  return graft_model_regions(model, info);
}

static graft_status create(const graft_deeponet_config *config, const graft_source *source,
                           const char *split, graft_deeponet **model) {
  GRAFT_TRY(graft_model_create(config, &source->info, model));
  GRAFT_TRY(graft_model_regions(*model, &source->info));
  GRAFT_TRY(graft_training_create(*model, source, split));
  return graft_model_finish(*model);
}

graft_status graft_deeponet_create(const graft_deeponet_config *config, const graft_source *source,
                                   const char *split, graft_deeponet **model) {
  graft_status status = create(config, source, split, model);
  if (status != GRAFT_OK) {
    graft_deeponet_destroy(*model);
    *model = NULL;
  }
  return status;
}

void graft_deeponet_destroy(graft_deeponet *model) {
  if (!model) return;
  graft_training_destroy(model->training);
  for (size_t k = 0; model->task && k < model->info.tasks; k++) {
    graft_skip_fini(&model->task[k].skip);
    graft_free(model->task[k].range);
  }
  for (size_t g = 0; model->region && g < model->info.geometries; g++) {
    graft_model_region_fini(&model->region[g]);
  }
  graft_local_fini(model);
  graft_symmetry_fini(&model->identity);
  graft_graph_destroy(model->network.graph);
  graft_source_info_fini(&model->info);
  graft_free(model->place);
  graft_free(model->code_shift);
  graft_free(model->code_factor);
  graft_free(model->shift);
  graft_free(model->factor);
  graft_free(model->mean);
  graft_free(model->pixel);
  graft_free(model->basis);
  graft_free(model->tile);
  graft_free(model->task);
  graft_free(model->region);
  graft_free(model->theta);
  graft_free(model->seen);
  graft_free(model->other);
  graft_free(model->other_state);
  graft_free(model);
}

graft_status graft_deeponet_objective(graft_deeponet *model, graft_objective *objective) {
  GRAFT_CHECK(model->training, INTERNAL, "model: expected a training set, got none (loaded model)");
  graft_training_objective(model->training, objective);
  return GRAFT_OK;
}

graft_status graft_deeponet_share(graft_deeponet *model, int rank, int size) {
  GRAFT_CHECK(model->training && rank >= 0 && rank < size, INTERNAL,
              "share of a training set: expected a rank below %d, got %d", size, rank);
  graft_training_share(model->training, (size_t)rank, (size_t)size);
  return GRAFT_OK;
}

const graft_layout *graft_deeponet_layout(const graft_deeponet *model) {
  return graft_graph_layout(model->network.graph);
}

graft_real *graft_deeponet_parameters(graft_deeponet *model) { return model->theta; }

const graft_source_info *graft_deeponet_get_info(const graft_deeponet *model) {
  return &model->info;
}

const graft_deeponet_config *graft_deeponet_get_config(const graft_deeponet *model) {
  return &model->config;
}

const float *graft_deeponet_mean(const graft_deeponet *model, const char *task) {
  for (size_t k = 0; k < model->info.tasks; k++) {
    if (!graft_model_trained(model, k)) continue;
    if (strcmp(model->info.task_name[k], task) == 0) return model->mean + k * model->info.points;
  }
  return NULL;
}

static graft_status derive(const graft_deeponet *model, struct region *region) {
  const graft_deeponet_config *config = &model->config;
  size_t points = model->info.points;
  GRAFT_TRY(graft_alloc(&region->weight, points, sizeof(graft_real)));
  GRAFT_TRY(graft_alloc(&region->base, points, sizeof(graft_real)));
  GRAFT_TRY(graft_alloc(&region->fixed, points, sizeof(float)));
  size_t inside = 0, positive = 0;
  for (size_t p = 0; p < points; p++) {
    region->weight[p] = region->mask[p];
    region->base[p] =
        region->mask[p] ? (graft_real)(config->scale * (double)region->torsion[p]) : 0;
    region->fixed[p] = NAN;
    inside += region->mask[p];
    positive += region->base[p] > 0;
  }
  GRAFT_CHECK(inside > 0, INPUT, "geometry %s: expected grid points in the region, got none",
              region->name);
  GRAFT_CHECK(
      !model->transform->torsion || positive > 0, INPUT,
      "geometry %s: transform %s needs the torsion function, which the data set doesn't have",
      region->name, model->transform->name);
  graft_source_geometry geometry = {
      .mask = region->mask, .sdf = region->sdf, .torsion = region->torsion};
  if (graft_model_local(model)) GRAFT_TRY(graft_local_points(region, points));
  bool moving = (config->augmentation || config->symmetrise) && !model->info.directed;
  GRAFT_TRY(graft_symmetry_init(&region->symmetry, &model->info, moving ? &geometry : NULL));
  size_t g = region->symmetry.count, M = model->sensors;
  GRAFT_TRY(graft_alloc(&region->image_point, g * M, sizeof *region->image_point));
  for (size_t h = 0; h < g; h++) {
    for (size_t p = 0; p < points; p++) {
      region->image_point[h * M + model->place[p]] =
          model->place[region->symmetry.point[h * points + p]];
    }
  }
  bool turning = moving && model->fields > 0 && graft_model_whole(model);
  return graft_rotation_init(&region->rotation, &model->info, &geometry, &region->symmetry,
                             turning && model->transform->torsion ? (size_t)config->rotations : 0);
}

graft_status graft_model_region_init(const graft_deeponet *model, const char *name,
                                     const unsigned char *mask, const float *sdf,
                                     const float *torsion, struct region *region) {
  size_t points = model->info.points;
  *region = (struct region){0};
  strncpy(region->name, name, sizeof region->name - 1);
  GRAFT_TRY(copy_bytes(&region->mask, mask, points));
  GRAFT_TRY(copy_bytes(&region->sdf, sdf, points * sizeof *sdf));
  GRAFT_TRY(copy_bytes(&region->torsion, torsion, points * sizeof *torsion));
  return derive(model, region);
}

void graft_model_region_fini(struct region *region) {
  graft_free(region->mask);
  graft_free(region->sdf);
  graft_free(region->torsion);
  graft_free(region->weight);
  graft_free(region->base);
  graft_free(region->fixed);
  graft_free(region->image_point);
  graft_free(region->point);
  graft_symmetry_fini(&region->symmetry);
  graft_rotation_fini(&region->rotation);
}

size_t graft_model_elements(const struct region *region) {
  return region->symmetry.count * region->rotation.count;
}

const graft_symmetry *graft_model_skip_symmetry(const graft_deeponet *model,
                                                const struct region *region) {
  return model->config.augmentation ? &region->symmetry : &model->identity;
}
