/* SPDX-License-Identifier: BSD-2-Clause */
/* A model in a bundle. Names: model/OPTION (text), grid/…, task/…, geometry/…, normalisation/…,
 * skip/TASK/…, seen/fingerprint, parameters/BLOCK, and members/parameters [others x n] with the
 * further members of an ensemble, blocks in the same order. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "deeponet/ensemble.h"
#include "deeponet/model_impl.h"

#ifdef GRAFT_DOUBLE
static const graft_type real_type = GRAFT_FLOAT64;
#else
static const graft_type real_type = GRAFT_FLOAT32;
#endif

enum { FORMAT = 6, OLDEST = 4, OPTION_TEXT = 256, MOST_INPUTS = 64 };

static graft_status put_config(const graft_deeponet_config *config, graft_bundle *bundle) {
  char name[GRAFT_NAME_SIZE + 8], value[OPTION_TEXT];
  for (const graft_option *row = graft_deeponet_options; row->name; row++) {
    snprintf(name, sizeof name, "model/%s", row->name);
    graft_option_get(row, config, value, sizeof value);
    GRAFT_TRY(graft_bundle_put_text(bundle, name, value));
  }
  return GRAFT_OK;
}

/* Options that came with a later format: older files do without, at the default. */
static bool is_younger(const char *option, int64_t format) {
  static const struct {
    const char *option;
    int64_t format;
  } came[] = {{"coarse", 5}, {"freeze", 5}, {"nodes", 6}, {"trunk_projection", 6}};
  for (size_t i = 0; i < sizeof came / sizeof *came; i++) {
    if (strcmp(came[i].option, option) == 0) return format < came[i].format;
  }
  return false;
}

static graft_status get_config(const graft_bundle *bundle, int64_t format,
                               graft_deeponet_config *config) {
  char name[GRAFT_NAME_SIZE + 8];
  const char *value;
  GRAFT_TRY(graft_option_defaults(graft_deeponet_options, config));
  for (const graft_option *row = graft_deeponet_options; row->name; row++) {
    snprintf(name, sizeof name, "model/%s", row->name);
    if (is_younger(row->name, format)) continue;
    GRAFT_TRY(graft_bundle_get_text(bundle, name, &value));
    if (graft_option_set(row, config, name, value) != GRAFT_OK) {
      return graft_error_set(GRAFT_INPUT, __FILE__, __LINE__,
                             "%s: '%s' isn't a value of this option", name, value);
    }
  }
  return GRAFT_OK;
}

/* Names of fixed size as bytes [count x GRAFT_NAME_SIZE]. */
static graft_status put_names(graft_bundle *bundle, const char *name, const char *names,
                              size_t count) {
  return graft_bundle_put(bundle, name, GRAFT_UINT8, GRAFT_SHAPE(2, count, GRAFT_NAME_SIZE), names);
}

static graft_status get_names(const graft_bundle *bundle, const char *name, char *names,
                              size_t count) {
  const char *data;
  GRAFT_TRY(
      graft_bundle_get(bundle, name, GRAFT_UINT8, GRAFT_SHAPE(2, count, GRAFT_NAME_SIZE), &data));
  memcpy(names, data, count * GRAFT_NAME_SIZE);
  for (size_t i = 0; i < count; i++) names[(i + 1) * GRAFT_NAME_SIZE - 1] = '\0';
  return GRAFT_OK;
}

/* Names of input fields and of the samples' numbers. */
static graft_status put_inputs(const graft_source_info *info, graft_bundle *bundle) {
  char name[MOST_INPUTS][GRAFT_NAME_SIZE];
  int64_t axes[MOST_INPUTS];
  size_t n = info->inputs;
  GRAFT_CHECK(n <= MOST_INPUTS, INPUT, "inputs: expected up to %d, got %zu", MOST_INPUTS, n);
  GRAFT_TRY(graft_bundle_put_int(bundle, "grid/in_time", info->in_time));
  GRAFT_TRY(graft_bundle_put_int(bundle, "grid/directed", info->directed));
  for (size_t i = 0; i < n; i++) {
    memcpy(name[i], info->input[i].name, sizeof name[i]);
    axes[i] = info->input[i].axes;
  }
  GRAFT_TRY(graft_bundle_put_int(bundle, "input/count", (int64_t)n));
  if (n) {
    GRAFT_TRY(put_names(bundle, "input/name", name[0], n));
    GRAFT_TRY(graft_bundle_put(bundle, "input/axes", GRAFT_INT64, GRAFT_SHAPE(1, n), axes));
  }
  GRAFT_TRY(graft_bundle_put_int(bundle, "code/count", (int64_t)info->codes));
  return info->codes ? put_names(bundle, "code/name", info->code_name[0], info->codes) : GRAFT_OK;
}

static graft_status get_inputs(const graft_bundle *bundle, graft_source_info *info) {
  graft_source_input input[MOST_INPUTS];
  char name[MOST_INPUTS][GRAFT_NAME_SIZE];
  int64_t in_time, directed, inputs, codes;
  const int64_t *axes;
  GRAFT_TRY(graft_bundle_get_int(bundle, "grid/in_time", &in_time));
  GRAFT_TRY(graft_bundle_get_int(bundle, "grid/directed", &directed));
  GRAFT_TRY(graft_bundle_get_int(bundle, "input/count", &inputs));
  GRAFT_TRY(graft_bundle_get_int(bundle, "code/count", &codes));
  GRAFT_CHECK(inputs >= 0 && inputs <= MOST_INPUTS && codes >= 0 && codes <= MOST_INPUTS, INPUT,
              "input/count, code/count: expected 0 to %d, got %lld and %lld", MOST_INPUTS,
              (long long)inputs, (long long)codes);
  if (inputs) {
    graft_shape shape = GRAFT_SHAPE(1, (size_t)inputs);
    GRAFT_TRY(get_names(bundle, "input/name", name[0], (size_t)inputs));
    GRAFT_TRY(graft_bundle_get(bundle, "input/axes", GRAFT_INT64, shape, &axes));
  }
  for (int64_t i = 0; i < inputs; i++) {
    memcpy(input[i].name, name[i], sizeof name[i]);
    GRAFT_CHECK(axes[i] > 0 && axes[i] < 8, INPUT, "input/axes: expected 1 to 7, got %lld",
                (long long)axes[i]);
    input[i].axes = (unsigned)axes[i];
  }
  info->in_time = in_time != 0;
  info->directed = directed != 0;
  GRAFT_TRY(graft_source_info_inputs(info, (size_t)inputs, input));
  GRAFT_TRY(graft_source_info_codes(info, (size_t)codes));
  return codes ? get_names(bundle, "code/name", info->code_name[0], (size_t)codes) : GRAFT_OK;
}

static graft_status put_info(const graft_deeponet *model, graft_bundle *bundle) {
  const graft_source_info *info = &model->info;
  int64_t grid[3] = {(int64_t)info->grid[0], (int64_t)info->grid[1], (int64_t)info->grid[2]};
  int64_t region[GRAFT_MAX_TASKS];
  size_t D = (size_t)info->dims, K = info->tasks;
  for (size_t k = 0; k < K; k++) {
    bool one = model->task[k].region != NO_REGION && !graft_model_local(model);
    region[k] = one ? (int64_t)model->task[k].region : -1;
  }
  GRAFT_TRY(graft_bundle_put(bundle, "grid/size", GRAFT_INT64, GRAFT_SHAPE(1, D), grid));
  GRAFT_TRY(graft_bundle_put(bundle, "grid/lo", GRAFT_FLOAT64, GRAFT_SHAPE(1, D), info->lo));
  GRAFT_TRY(graft_bundle_put(bundle, "grid/hi", GRAFT_FLOAT64, GRAFT_SHAPE(1, D), info->hi));
  GRAFT_TRY(graft_bundle_put_text(bundle, "dataset/name", info->dataset_name));
  GRAFT_TRY(graft_bundle_put_text(bundle, "dataset/problem", info->problem));
  GRAFT_TRY(graft_bundle_put_text(bundle, "dataset/field", info->field));
  GRAFT_TRY(graft_bundle_put(bundle, "task/geometry", GRAFT_INT64, GRAFT_SHAPE(1, K), region));
  GRAFT_TRY(put_inputs(info, bundle));
  return put_names(bundle, "task/name", info->task_name[0], K);
}

static graft_status put_regions(const graft_deeponet *model, graft_bundle *bundle) {
  char name[64];
  size_t P = model->info.points;
  /* with local features every sample brings its own */
  size_t G = graft_model_local(model) ? 0 : model->info.geometries;
  GRAFT_TRY(graft_bundle_put_int(bundle, "geometry/count", (int64_t)G));
  for (size_t g = 0; g < G; g++) {
    const struct region *region = &model->region[g];
    graft_shape shape = GRAFT_SHAPE(1, P);
    snprintf(name, sizeof name, "geometry/%zu/name", g);
    GRAFT_TRY(graft_bundle_put_text(bundle, name, region->name));
    snprintf(name, sizeof name, "geometry/%zu/mask", g);
    GRAFT_TRY(graft_bundle_put(bundle, name, GRAFT_UINT8, shape, region->mask));
    snprintf(name, sizeof name, "geometry/%zu/sdf", g);
    GRAFT_TRY(graft_bundle_put(bundle, name, GRAFT_FLOAT32, shape, region->sdf));
    snprintf(name, sizeof name, "geometry/%zu/torsion", g);
    GRAFT_TRY(graft_bundle_put(bundle, name, GRAFT_FLOAT32, shape, region->torsion));
    snprintf(name, sizeof name, "geometry/%zu/fixed", g);
    GRAFT_TRY(graft_bundle_put(bundle, name, GRAFT_FLOAT32, shape, region->fixed));
    snprintf(name, sizeof name, "geometry/%zu/turns", g);
    GRAFT_TRY(graft_bundle_put_int(bundle, name, (int64_t)region->rotation.count));
  }
  return GRAFT_OK;
}

static graft_status put_ranges(const graft_deeponet *model, graft_bundle *bundle) {
  size_t K = model->info.tasks, R = graft_model_ranges(model);
  double *range;
  GRAFT_TRY(graft_alloc(&range, K * R * 2, sizeof *range));
  for (size_t k = 0; k < K; k++) {
    memcpy(range + k * R * 2, model->task[k].range, R * 2 * sizeof *range);
  }
  graft_status status =
      graft_bundle_put(bundle, "task/range", GRAFT_FLOAT64, GRAFT_SHAPE(3, K, R, 2), range);
  graft_free(range);
  return status;
}

static graft_status put_fitted(const graft_deeponet *model, graft_bundle *bundle) {
  char name[GRAFT_NAME_SIZE + 16];
  size_t C = model->channels, M = model->sensors, P = model->info.points, K = model->info.tasks;
  size_t Q = model->info.codes;
  GRAFT_TRY(graft_bundle_put(bundle, "normalisation/shift", GRAFT_FLOAT32, GRAFT_SHAPE(2, C, M),
                             model->shift));
  GRAFT_TRY(graft_bundle_put(bundle, "normalisation/factor", GRAFT_FLOAT32, GRAFT_SHAPE(2, C, M),
                             model->factor));
  if (Q) {
    GRAFT_TRY(graft_bundle_put(bundle, "normalisation/code_shift", GRAFT_FLOAT64, GRAFT_SHAPE(1, Q),
                               model->code_shift));
    GRAFT_TRY(graft_bundle_put(bundle, "normalisation/code_factor", GRAFT_FLOAT64,
                               GRAFT_SHAPE(1, Q), model->code_factor));
  }
  GRAFT_TRY(
      graft_bundle_put(bundle, "task/mean", GRAFT_FLOAT32, GRAFT_SHAPE(2, K, P), model->mean));
  if (graft_model_projects(model)) {
    int64_t *pixel;
    GRAFT_TRY(graft_alloc(&pixel, model->pixels, sizeof *pixel));
    for (size_t d = 0; d < model->pixels; d++) pixel[d] = model->pixel[d];
    graft_status status = graft_bundle_put(bundle, "projection/pixel", GRAFT_INT64,
                                           GRAFT_SHAPE(1, model->pixels), pixel);
    graft_free(pixel);
    GRAFT_TRY(status);
    GRAFT_TRY(graft_bundle_put(bundle, "projection/basis", real_type,
                               GRAFT_SHAPE(2, model->components, model->pixels), model->basis));
  }
  for (size_t k = 0; k < K; k++) {
    snprintf(name, sizeof name, "skip/%s", model->info.task_name[k]);
    if (model->skip->kernel) GRAFT_TRY(graft_skip_save(&model->task[k].skip, name, bundle));
  }
  GRAFT_TRY(graft_local_put(model, bundle));
  return put_ranges(model, bundle);
}

graft_status graft_deeponet_save(const graft_deeponet *model, graft_bundle *bundle) {
  char name[GRAFT_NAME_SIZE + 16];
  const graft_layout *layout = graft_graph_layout(model->network.graph);
  GRAFT_TRY(graft_bundle_put_text(bundle, "kind", "deeponet"));
  GRAFT_TRY(graft_bundle_put_int(bundle, "model_format", FORMAT));
  GRAFT_TRY(put_config(&model->config, bundle));
  GRAFT_TRY(put_info(model, bundle));
  GRAFT_TRY(put_regions(model, bundle));
  GRAFT_TRY(put_fitted(model, bundle));
  GRAFT_TRY(graft_bundle_put(bundle, "seen/fingerprint", GRAFT_INT64,
                             GRAFT_SHAPE(1, model->seen_count), model->seen));
  for (size_t i = 0; i < layout->blocks; i++) {
    const graft_block *block = &layout->block[i];
    snprintf(name, sizeof name, "parameters/%s", block->name);
    GRAFT_TRY(
        graft_bundle_put(bundle, name, real_type, block->shape, model->theta + block->offset));
  }
  size_t S;
  const double *state = graft_model_state(model, &S);
  if (S) {
    GRAFT_TRY(graft_bundle_put(bundle, "running", GRAFT_FLOAT64, GRAFT_SHAPE(1, S), state));
  }
  if (model->others == 0) return GRAFT_OK;
  if (S) {
    GRAFT_TRY(graft_bundle_put(bundle, "members/running", GRAFT_FLOAT64,
                               GRAFT_SHAPE(2, model->others, S), model->other_state));
  }
  return graft_bundle_put(bundle, "members/parameters", real_type,
                          GRAFT_SHAPE(2, model->others, layout->n), model->other);
}

/* Number of items: dimension 0 of the array of that name, within 1 … most. */
static graft_status get_count(const graft_bundle *bundle, const char *name, size_t most,
                              size_t *count) {
  const graft_array *array = graft_bundle_find(bundle, name);
  GRAFT_CHECK(array && array->shape.rank >= 1 && array->shape.dim[0] >= 1 &&
                  array->shape.dim[0] <= most,
              INPUT, "%s: expected an array of 1 to %zu rows", name, most);
  *count = array->shape.dim[0];
  return GRAFT_OK;
}

static graft_status get_info(const graft_bundle *bundle, graft_source_info *info) {
  size_t D = 0, K = 0, grid[3] = {0};
  int64_t geometries;
  const int64_t *size;
  const double *lo, *hi;
  const char *text[3];
  GRAFT_TRY(get_count(bundle, "grid/size", 3, &D));
  GRAFT_TRY(get_count(bundle, "task/name", GRAFT_MAX_TASKS, &K));
  GRAFT_TRY(graft_bundle_get(bundle, "grid/size", GRAFT_INT64, GRAFT_SHAPE(1, D), &size));
  GRAFT_TRY(graft_bundle_get(bundle, "grid/lo", GRAFT_FLOAT64, GRAFT_SHAPE(1, D), &lo));
  GRAFT_TRY(graft_bundle_get(bundle, "grid/hi", GRAFT_FLOAT64, GRAFT_SHAPE(1, D), &hi));
  GRAFT_TRY(graft_bundle_get_int(bundle, "geometry/count", &geometries));
  GRAFT_TRY(graft_bundle_get_text(bundle, "dataset/name", &text[0]));
  GRAFT_TRY(graft_bundle_get_text(bundle, "dataset/problem", &text[1]));
  GRAFT_TRY(graft_bundle_get_text(bundle, "dataset/field", &text[2]));
  /* each has arrays of its own: no room for more than the file can describe */
  GRAFT_CHECK(geometries >= 0 && (uint64_t)geometries <= bundle->arrays, INPUT,
              "geometry/count: expected 0 to %zu, got %lld", bundle->arrays, (long long)geometries);
  for (size_t a = 0; a < D; a++) {
    GRAFT_CHECK(size[a] >= 1 && size[a] <= 1000000, INPUT,
                "grid/size: expected 1 to 1000000, got %lld", (long long)size[a]);
    grid[a] = (size_t)size[a];
  }
  GRAFT_TRY(graft_source_info_init(info, 0, K, (size_t)geometries, 0, (int)D, grid));
  for (size_t a = 0; a < D; a++) {
    info->lo[a] = lo[a];
    info->hi[a] = hi[a];
  }
  snprintf(info->dataset_name, sizeof info->dataset_name, "%s", text[0]);
  snprintf(info->problem, sizeof info->problem, "%s", text[1]);
  snprintf(info->field, sizeof info->field, "%s", text[2]);
  GRAFT_TRY(get_names(bundle, "task/name", info->task_name[0], K));
  return get_inputs(bundle, info);
}

static graft_status get_regions(const graft_bundle *bundle, graft_deeponet *model) {
  char name[64];
  size_t P = model->info.points;
  graft_shape shape = GRAFT_SHAPE(1, P);
  for (size_t g = 0; g < model->info.geometries; g++) {
    const char *text;
    const unsigned char *mask;
    const float *sdf, *torsion, *fixed;
    int64_t turns;
    snprintf(name, sizeof name, "geometry/%zu/name", g);
    GRAFT_TRY(graft_bundle_get_text(bundle, name, &text));
    snprintf(name, sizeof name, "geometry/%zu/mask", g);
    GRAFT_TRY(graft_bundle_get(bundle, name, GRAFT_UINT8, shape, &mask));
    snprintf(name, sizeof name, "geometry/%zu/sdf", g);
    GRAFT_TRY(graft_bundle_get(bundle, name, GRAFT_FLOAT32, shape, &sdf));
    snprintf(name, sizeof name, "geometry/%zu/torsion", g);
    GRAFT_TRY(graft_bundle_get(bundle, name, GRAFT_FLOAT32, shape, &torsion));
    snprintf(name, sizeof name, "geometry/%zu/fixed", g);
    GRAFT_TRY(graft_bundle_get(bundle, name, GRAFT_FLOAT32, shape, &fixed));
    snprintf(name, sizeof name, "geometry/%zu/turns", g);
    GRAFT_TRY(graft_bundle_get_int(bundle, name, &turns));
    GRAFT_TRY(graft_model_region_init(model, text, mask, sdf, torsion, &model->region[g]));
    memcpy(model->region[g].fixed, fixed, P * sizeof *fixed);
    graft_rotation *rotation = &model->region[g].rotation;
    if (turns == 1) graft_rotation_drop(rotation); /* training found its fields too rough */
    GRAFT_CHECK(turns == (int64_t)rotation->count, INPUT, "%s: expected 1 or %zu, got %lld", name,
                rotation->count, (long long)turns);
    memcpy(model->info.geometry[g].name, model->region[g].name, GRAFT_NAME_SIZE);
  }
  return GRAFT_OK;
}

static graft_status get_task(const graft_bundle *bundle, graft_deeponet *model, size_t k,
                             int64_t geometry) {
  char name[GRAFT_NAME_SIZE + 16];
  struct task *task = &model->task[k];
  GRAFT_CHECK(geometry >= -1 && geometry < (int64_t)model->info.geometries, INPUT,
              "task/geometry: expected -1 to %zu, got %lld", model->info.geometries - 1,
              (long long)geometry);
  task->region = geometry < 0 ? NO_REGION : (size_t)geometry;
  if (!model->skip->kernel) return GRAFT_OK;
  GRAFT_CHECK(geometry >= 0, INPUT,
              "task/geometry: expected one geometry per task with a skip path");
  const struct region *region = &model->region[task->region];
  snprintf(name, sizeof name, "skip/%s", model->info.task_name[k]);
  return graft_skip_load(bundle, name, model->skip, graft_model_skip_symmetry(model, region),
                         &task->skip);
}

static graft_status get_fitted(const graft_bundle *bundle, graft_deeponet *model) {
  const float *shift, *factor, *mean;
  const double *range;
  const int64_t *geometry;
  size_t C = model->channels, M = model->sensors, P = model->info.points, K = model->info.tasks;
  size_t Q = model->info.codes, R = graft_model_ranges(model);
  graft_shape image = GRAFT_SHAPE(2, C, M);
  GRAFT_TRY(graft_bundle_get(bundle, "normalisation/shift", GRAFT_FLOAT32, image, &shift));
  GRAFT_TRY(graft_bundle_get(bundle, "normalisation/factor", GRAFT_FLOAT32, image, &factor));
  GRAFT_TRY(graft_bundle_get(bundle, "task/mean", GRAFT_FLOAT32, GRAFT_SHAPE(2, K, P), &mean));
  GRAFT_TRY(graft_bundle_get(bundle, "task/range", GRAFT_FLOAT64, GRAFT_SHAPE(3, K, R, 2), &range));
  GRAFT_TRY(graft_bundle_get(bundle, "task/geometry", GRAFT_INT64, GRAFT_SHAPE(1, K), &geometry));
  if (Q) {
    const double *code_shift, *code_factor;
    graft_shape shape = GRAFT_SHAPE(1, Q);
    GRAFT_TRY(
        graft_bundle_get(bundle, "normalisation/code_shift", GRAFT_FLOAT64, shape, &code_shift));
    GRAFT_TRY(
        graft_bundle_get(bundle, "normalisation/code_factor", GRAFT_FLOAT64, shape, &code_factor));
    memcpy(model->code_shift, code_shift, Q * sizeof *code_shift);
    memcpy(model->code_factor, code_factor, Q * sizeof *code_factor);
  }
  memcpy(model->shift, shift, C * M * sizeof *shift);
  memcpy(model->factor, factor, C * M * sizeof *factor);
  memcpy(model->mean, mean, K * P * sizeof *mean);
  for (size_t k = 0; k < K; k++) {
    memcpy(model->task[k].range, range + k * R * 2, R * 2 * sizeof *range);
    GRAFT_TRY(get_task(bundle, model, k, geometry[k]));
  }
  return GRAFT_OK;
}

static graft_status get_projection(const graft_bundle *bundle, graft_deeponet *model) {
  const int64_t *pixel;
  const graft_real *basis;
  size_t all = model->sensors * model->channels, D = 0, R = 0;
  if (!graft_model_projects(model)) return GRAFT_OK;
  GRAFT_TRY(get_count(bundle, "projection/pixel", all, &D));
  GRAFT_TRY(get_count(bundle, "projection/basis", D, &R));
  GRAFT_TRY(graft_bundle_get(bundle, "projection/pixel", GRAFT_INT64, GRAFT_SHAPE(1, D), &pixel));
  GRAFT_TRY(graft_bundle_get(bundle, "projection/basis", real_type, GRAFT_SHAPE(2, R, D), &basis));
  GRAFT_TRY(graft_alloc(&model->pixel, D, sizeof *model->pixel));
  GRAFT_TRY(graft_alloc(&model->basis, R * D, sizeof *model->basis));
  for (size_t d = 0; d < D; d++) {
    GRAFT_CHECK(pixel[d] >= (d ? pixel[d - 1] + 1 : 0) && (size_t)pixel[d] < all, INPUT,
                "projection/pixel: expected increasing numbers below %zu, got %lld", all,
                (long long)pixel[d]);
    model->pixel[d] = (uint32_t)pixel[d];
  }
  memcpy(model->basis, basis, R * D * sizeof *basis);
  model->pixels = D;
  model->components = R;
  return graft_model_allocate_tile(model);
}

static graft_status get_seen(const graft_bundle *bundle, graft_deeponet *model) {
  const int64_t *seen;
  size_t N = 0;
  GRAFT_TRY(get_count(bundle, "seen/fingerprint", SIZE_MAX, &N));
  GRAFT_TRY(graft_bundle_get(bundle, "seen/fingerprint", GRAFT_INT64, GRAFT_SHAPE(1, N), &seen));
  for (size_t i = 1; i < N; i++) {
    GRAFT_CHECK(seen[i - 1] <= seen[i], INPUT,
                "seen/fingerprint: expected increasing numbers, got a smaller one at %zu", i);
  }
  GRAFT_TRY(graft_alloc(&model->seen, N, sizeof *model->seen));
  memcpy(model->seen, seen, N * sizeof *seen);
  model->seen_count = N;
  return GRAFT_OK;
}

static graft_status get_parameters(const graft_bundle *bundle, graft_deeponet *model) {
  char name[GRAFT_NAME_SIZE + 16];
  const graft_layout *layout = graft_graph_layout(model->network.graph);
  for (size_t i = 0; i < layout->blocks; i++) {
    const graft_block *block = &layout->block[i];
    const graft_real *value;
    snprintf(name, sizeof name, "parameters/%s", block->name);
    GRAFT_TRY(graft_bundle_get(bundle, name, real_type, block->shape, &value));
    memcpy(model->theta + block->offset, value, block->count * sizeof *value);
  }
  return GRAFT_OK;
}

static graft_status get_running(const graft_bundle *bundle, const char *name, graft_shape shape,
                                double *state) {
  const double *value;
  GRAFT_TRY(graft_bundle_get(bundle, name, GRAFT_FLOAT64, shape, &value));
  memcpy(state, value, graft_shape_count(shape) * sizeof *value);
  return GRAFT_OK;
}

static graft_status get_members(const graft_bundle *bundle, graft_deeponet *model) {
  size_t n = graft_graph_layout(model->network.graph)->n, others = 0, S;
  const graft_real *value;
  double *state = graft_graph_state(model->network.graph, &S);
  if (S) GRAFT_TRY(get_running(bundle, "running", GRAFT_SHAPE(1, S), state));
  if (!graft_bundle_find(bundle, "members/parameters")) return GRAFT_OK;
  GRAFT_TRY(get_count(bundle, "members/parameters", GRAFT_MAX_MEMBERS - 1, &others));
  GRAFT_TRY(
      graft_bundle_get(bundle, "members/parameters", real_type, GRAFT_SHAPE(2, others, n), &value));
  GRAFT_TRY(graft_alloc(&model->other, others * n, sizeof *value));
  memcpy(model->other, value, others * n * sizeof *value);
  model->others = others;
  if (S == 0) return GRAFT_OK;
  GRAFT_TRY(graft_alloc(&model->other_state, others * S, sizeof *state));
  GRAFT_TRY(get_running(bundle, "members/running", GRAFT_SHAPE(2, others, S), model->other_state));
  return GRAFT_OK;
}

static graft_status load(const graft_bundle *bundle, graft_deeponet **model) {
  graft_deeponet_config config;
  graft_source_info info = {0};
  const char *kind;
  int64_t format;
  GRAFT_TRY(graft_bundle_get_text(bundle, "kind", &kind));
  GRAFT_CHECK(strcmp(kind, "deeponet") == 0, INPUT, "kind: expected 'deeponet', got '%s'", kind);
  GRAFT_TRY(graft_bundle_get_int(bundle, "model_format", &format));
  GRAFT_CHECK(format >= OLDEST && format <= FORMAT, INPUT,
              "model_format: expected %d to %d, got %lld", OLDEST, FORMAT, (long long)format);
  GRAFT_TRY(get_config(bundle, format, &config));
  graft_status status = get_info(bundle, &info);
  if (status == GRAFT_OK) status = graft_model_create(&config, &info, model);
  graft_source_info_fini(&info);
  if (status != GRAFT_OK) return status;
  GRAFT_TRY(get_regions(bundle, *model));
  GRAFT_TRY(get_fitted(bundle, *model));
  GRAFT_TRY(graft_local_get(bundle, *model));
  GRAFT_TRY(get_projection(bundle, *model));
  GRAFT_TRY(get_seen(bundle, *model));
  GRAFT_TRY(graft_model_finish(*model));
  GRAFT_TRY(get_parameters(bundle, *model));
  return get_members(bundle, *model);
}

graft_status graft_deeponet_load(const graft_bundle *bundle, graft_deeponet **model) {
  *model = NULL;
  graft_status status = load(bundle, model);
  if (status != GRAFT_OK) {
    graft_deeponet_destroy(*model);
    *model = NULL;
  }
  return status;
}
