/* SPDX-License-Identifier: BSD-2-Clause
 * Method:    a trunk that reads, at each point, numbers of that sample too: coordinates, the signed
 *            distance of its region, the region's reference solution and the size of its gradient,
 *            given fields, a coarse solution, its own numbers; `NAME_around`: at a stencil around
 *            the point as well (around.c). Trunk rows then lie sample after sample (operator
 *            contract_each), each with its own points of its region. Features are brought to mean
 *            0 and deviation 1 over the training samples' points, coordinates to [−1, 1].
 * Cost:      a trunk evaluation per sample and point; the branch is cheap beside it.
 * Reference: geomdeeponet2024 (signed distance as a trunk input). */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "deeponet/coarse_impl.h"
#include "deeponet/model_impl.h"

enum {
  FIT_STRIDE = 7, /* every so-manieth point of a region is looked at for mean and deviation */
  CORNERS = 8     /* grid points around a place, at most */
};
static const char suffix[] = "_around";

bool graft_model_local(const graft_deeponet *model) { return model->locals > 0; }

/* Kind and name of a feature from its text. */
static graft_status parse_feature(const char *text, size_t length, struct local_feature *f) {
  static const char *const name[] = {"x", "y", "z", "sdf", "torsion", "slope", "coarse"};
  size_t kind = 0, end = strlen(suffix);
  GRAFT_CHECK(length > 0 && length < GRAFT_NAME_SIZE, USAGE,
              "-features: expected names with commas, got '%s'", text);
  *f = (struct local_feature){.field = NO_FIELD, .columns = 1};
  memcpy(f->name, text, length);
  f->around = length > end && strcmp(f->name + length - end, suffix) == 0;
  if (f->around) f->columns = AROUND;
  const size_t plain = f->stem = f->around ? length - end : length;
  while (kind < FEATURE_FIELD &&
         (strlen(name[kind]) != plain || memcmp(name[kind], f->name, plain) != 0)) {
    kind++;
  }
  f->kind = (enum feature_kind)kind;
  bool scalar = kind <= FEATURE_Z || kind == FEATURE_SLOPE;
  GRAFT_CHECK(!f->around || !scalar, USAGE,
              "-features: expected %s of sdf, torsion, coarse or an input field, got '%s'", suffix,
              f->name);
  return GRAFT_OK;
}

graft_status graft_network_features(const char *text, struct local_feature *feature,
                                    size_t *count) {
  size_t columns = 0;
  *count = 0;
  while (*text) {
    size_t length = strcspn(text, ",");
    GRAFT_CHECK(*count < MOST_FEATURES, USAGE, "-features: expected up to %d names, got '%s' too",
                MOST_FEATURES, text);
    struct local_feature *f = &feature[*count];
    GRAFT_TRY(parse_feature(text, length, f));
    f->first = columns;
    columns += f->columns;
    for (size_t i = 0; i < *count; i++) {
      GRAFT_CHECK(strcmp(feature[i].name, f->name) != 0, USAGE,
                  "-features: expected names, each once, got '%s' twice", f->name);
    }
    (*count)++;
    text += length + (text[length] == ',');
  }
  return GRAFT_OK;
}

bool graft_local_uses_coarse(const graft_deeponet *model) {
  bool used = model->transform->coarse;
  for (size_t f = 0; f < model->locals; f++) used |= model->local[f].kind == FEATURE_COARSE;
  return used;
}

static graft_status init_maps(const graft_deeponet *model, struct local_maps *maps) {
  const size_t P = model->info.points, N = (size_t)model->config.coarse;
  GRAFT_TRY(graft_alloc(&maps->smooth, model->smoothed * (RINGS - 1) * P, sizeof(float)));
  GRAFT_TRY(graft_alloc(&maps->scratch, 3 * P, sizeof(float)));
  if (!graft_local_uses_coarse(model)) return GRAFT_OK;
  GRAFT_TRY(graft_alloc(&maps->coarse, graft_coarse_count(N), sizeof(double)));
  GRAFT_TRY(graft_alloc(&maps->coarse_log, graft_coarse_count(N), sizeof(double)));
  return graft_alloc(&maps->matrix, graft_coarse_scratch(N), sizeof(double));
}

graft_status graft_local_init(graft_deeponet *model) {
  const graft_source_info *info = &model->info;
  const unsigned all = (1u << info->dims) - 1;
  size_t columns = 0;
  bool around = graft_local_uses_coarse(model);
  for (size_t f = 0; f < model->locals; f++) {
    struct local_feature *feature = &model->local[f];
    columns += feature->columns;
    around |= feature->around || feature->kind == FEATURE_SLOPE;
    if (feature->around && feature->kind == FEATURE_FIELD) feature->smooth = model->smoothed++;
  }
  if (!graft_model_local(model)) return GRAFT_OK;
  GRAFT_CHECK(columns <= MOST_COLUMNS, USAGE, "-features: expected up to %d numbers, got %zu",
              MOST_COLUMNS, columns);
  GRAFT_CHECK(!around || (info->dims == 2 && !info->in_time && model->axes == all &&
                          info->grid[0] > 1 && info->grid[1] > 1 && graft_coarse_equal_steps(info)),
              USAGE,
              "-features: expected a grid of two axes of space with equal steps for slope, coarse "
              "and *%s",
              suffix);
  model->columns = columns;
  GRAFT_TRY(graft_alloc(&model->column, columns, sizeof *model->column));
  for (size_t c = 0; c < columns; c++) model->column[c][1] = 1;
  GRAFT_TRY(graft_alloc(&model->maps, (size_t)model->threads, sizeof *model->maps));
  for (int i = 0; i < model->threads; i++) GRAFT_TRY(init_maps(model, &model->maps[i]));
  return GRAFT_OK;
}

void graft_local_fini(graft_deeponet *model) {
  for (int i = 0; model->maps && i < model->threads; i++) {
    graft_free(model->maps[i].smooth);
    graft_free(model->maps[i].scratch);
    graft_free(model->maps[i].coarse);
    graft_free(model->maps[i].coarse_log);
    graft_free(model->maps[i].matrix);
  }
  graft_free(model->maps);
  graft_free(model->column);
}

void graft_local_prepare(const graft_deeponet *model, const struct region *region,
                         const float *field, struct local_maps *maps) {
  const size_t P = model->info.points, N = (size_t)model->config.coarse;
  maps->region = region;
  maps->field = field;
  for (size_t f = 0; f < model->locals; f++) {
    const struct local_feature *feature = &model->local[f];
    if (!feature->around || feature->kind != FEATURE_FIELD) continue;
    graft_around_smooth(model, region, field + feature->field * P,
                        maps->smooth + feature->smooth * (RINGS - 1) * P, maps->scratch);
  }
  if (!maps->coarse) return;
  graft_coarse_solve(&model->info, N, region->torsion, field + model->log_k * P, maps->coarse,
                     maps->matrix);
  for (size_t i = 0; i < graft_coarse_count(N); i++) maps->coarse_log[i] = log(maps->coarse[i]);
}

void graft_local_place(const graft_deeponet *model, size_t p, double *at) {
  for (int a = model->info.dims - 1; a >= 0; a--) {
    at[a] = (double)(p % model->info.grid[a]);
    p /= model->info.grid[a];
  }
}

/* Grid points around a place, with the weights of linear interpolation; those of weight 0 are left
 * out. */
struct corners {
  size_t count, point[CORNERS];
  double weight[CORNERS];
};

static void find_corners(const graft_source_info *info, const double *at, struct corners *c) {
  *c = (struct corners){.count = 1, .weight = {1}};
  for (int a = 0; a < info->dims; a++) {
    const size_t n = info->grid[a];
    double x = fmin(fmax(at[a], 0), (double)(n - 1));
    size_t i = (size_t)x, count = c->count;
    double rest = x - (double)i;
    for (size_t k = 0; k < count; k++) {
      size_t point = c->point[k] * n + i;
      double weight = c->weight[k];
      c->point[k] = point;
      if (!(rest > 0)) continue;
      c->weight[k] = weight * (1 - rest);
      c->point[c->count] = point + 1;
      c->weight[c->count++] = weight * rest;
    }
  }
}

static double coarse_value(const graft_deeponet *model, const double *coefficient,
                           const double *at) {
  return graft_coarse_value(&model->info, (size_t)model->config.coarse, coefficient, at[0], at[1]);
}

static double plain(const graft_deeponet *model, const struct local_feature *f,
                    const struct local_maps *maps, const double *at, const struct corners *c) {
  const graft_source_info *info = &model->info;
  double sum = 0, gradient[2];
  switch (f->kind) {
  case FEATURE_X:
  case FEATURE_Y:
  case FEATURE_Z: {
    const size_t axis = f->kind - FEATURE_X, n = info->grid[axis];
    return n > 1 ? 2 * at[axis] / (double)(n - 1) - 1 : 0;
  }
  case FEATURE_SLOPE:
    graft_around_gradient(model, maps->region, at, gradient);
    return hypot(gradient[0], gradient[1]);
  case FEATURE_COARSE: return coarse_value(model, maps->coarse_log, at);
  case FEATURE_SDF:
  case FEATURE_TORSION: {
    const float *map = f->kind == FEATURE_SDF ? maps->region->sdf : maps->region->torsion;
    for (size_t k = 0; k < c->count; k++) sum += c->weight[k] * (double)map[c->point[k]];
    return sum;
  }
  case FEATURE_FIELD: break;
  }
  const float *field = maps->field + f->field * model->sensors;
  for (size_t k = 0; k < c->count; k++) {
    sum += c->weight[k] * (double)field[model->place[c->point[k]]];
  }
  return sum;
}

/* All numbers of a point, as they are. */
static void raw_row(const graft_deeponet *model, const struct local_maps *maps, const double *at,
                    double *row) {
  struct corners corners;
  bool around = false;
  find_corners(&model->info, at, &corners);
  for (size_t f = 0; f < model->locals; f++) {
    const struct local_feature *feature = &model->local[f];
    around |= feature->around;
    if (!feature->around) row[feature->first] = plain(model, feature, maps, at, &corners);
  }
  if (around) graft_around_fill(model, maps, at, row);
}

void graft_local_fill(const graft_deeponet *model, const struct local_maps *maps, size_t count,
                      const double *at, graft_real *out) {
  const size_t F = model->columns, D = (size_t)model->info.dims;
  double row[MOST_COLUMNS] = {0};
  for (size_t i = 0; i < count; i++) {
    raw_row(model, maps, at + i * D, row);
    for (size_t c = 0; c < F; c++) {
      out[i * F + c] = (graft_real)((row[c] - model->column[c][0]) * model->column[c][1]);
    }
  }
}

void graft_local_exact(const graft_deeponet *model, double sdf, double torsion, graft_real *out) {
  for (size_t f = 0; f < model->locals; f++) {
    const struct local_feature *feature = &model->local[f];
    bool distance = feature->kind == FEATURE_SDF;
    if (feature->around || (!distance && feature->kind != FEATURE_TORSION)) continue;
    const double *column = model->column[feature->first];
    out[feature->first] = (graft_real)(((distance ? sdf : torsion) - column[0]) * column[1]);
  }
}

void graft_local_base(const graft_deeponet *model, const struct local_maps *maps, size_t count,
                      const double *at, graft_real *base) {
  if (!model->transform->coarse) return;
  for (size_t i = 0; i < count; i++) {
    base[i] *= (graft_real)coarse_value(model, maps->coarse, at + 2 * i);
  }
}

void graft_local_sum(graft_deeponet *model, const struct region *region, const float *field,
                     double (*sum)[3]) {
  struct local_maps *maps = &model->maps[0];
  double row[MOST_COLUMNS] = {0}, at[3];
  graft_local_prepare(model, region, field, maps);
  for (size_t j = 0; j < region->inner; j += FIT_STRIDE) {
    graft_local_place(model, region->point[j], at);
    raw_row(model, maps, at, row);
    for (size_t c = 0; c < model->columns; c++) {
      sum[c][0]++;
      sum[c][1] += row[c];
      sum[c][2] += row[c] * row[c];
    }
  }
}

void graft_local_set(graft_deeponet *model, double (*sum)[3]) {
  for (size_t f = 0; f < model->locals; f++) {
    const struct local_feature *feature = &model->local[f];
    if (feature->kind <= FEATURE_Z) continue;
    for (size_t c = feature->first; c < feature->first + feature->columns; c++) {
      double mean = sum[c][1] / sum[c][0], variance = sum[c][2] / sum[c][0] - mean * mean;
      model->column[c][0] = mean;
      model->column[c][1] = variance > 1e-12 ? 1 / sqrt(variance) : 1;
    }
  }
}

graft_status graft_local_points(struct region *region, size_t points) {
  GRAFT_TRY(graft_alloc(&region->point, points, sizeof *region->point));
  region->inner = 0;
  for (size_t p = 0; p < points; p++) {
    if (region->mask[p]) region->point[region->inner++] = (uint32_t)p;
  }
  return GRAFT_OK;
}

graft_status graft_local_put(const graft_deeponet *model, graft_bundle *bundle) {
  if (!graft_model_local(model)) return GRAFT_OK;
  return graft_bundle_put(bundle, "normalisation/features", GRAFT_FLOAT64,
                          GRAFT_SHAPE(2, model->columns, 2), model->column);
}

graft_status graft_local_get(const graft_bundle *bundle, graft_deeponet *model) {
  const double *number;
  if (!graft_model_local(model)) return GRAFT_OK;
  GRAFT_TRY(graft_bundle_get(bundle, "normalisation/features", GRAFT_FLOAT64,
                             GRAFT_SHAPE(2, model->columns, 2), &number));
  memcpy(model->column, number, model->columns * sizeof *model->column);
  return GRAFT_OK;
}

/* Outputs of one sample at the points of its region: its branch input is in row 0. */
graft_status graft_local_predict(graft_deeponet *model, const struct region *region,
                                 const float *field, graft_real factor, graft_real *z,
                                 graft_real *base) {
  const struct network *network = &model->network;
  const size_t F = model->columns;
  graft_real *input = graft_graph_input_data(network->graph, network->point);
  graft_local_prepare(model, region, field, &model->maps[0]);
  for (size_t i = 0; i < region->inner; i += network->points) {
    size_t left = region->inner - i, count = left < network->points ? left : network->points;
    graft_run run = {.samples = 1, .points = count};
#pragma omp parallel for schedule(static) num_threads(model->threads)
    for (size_t j = 0; j < count; j++) {
      double at[3];
      size_t p = region->point[i + j];
      graft_local_place(model, p, at);
      graft_local_fill(model, &model->maps[0], 1, at, input + j * F);
      base[p] = region->base[p];
      graft_local_base(model, &model->maps[0], 1, at, &base[p]);
    }
    GRAFT_TRY(graft_graph_forward(network->graph, &run, model->theta));
    const graft_real *output = graft_graph_output(network->graph);
    for (size_t j = 0; j < count; j++) z[region->point[i + j]] += factor * output[j];
  }
  return GRAFT_OK;
}
