/* SPDX-License-Identifier: BSD-2-Clause
 * Method:    a trunk that reads, at each point, numbers of that sample too: coordinates, the signed
 *            distance of its region, the region's reference solution, given fields, its own
 * numbers. Trunk rows then lie sample after sample (operator contract_each), each with its own
 *            points of its region. Features are brought to mean 0 and deviation 1 over
 *            the training samples' points, coordinates to [−1, 1].
 * Cost:      a trunk evaluation per sample and point; the branch is cheap beside it.
 * Reference: geomdeeponet2024 (signed distance as a trunk input). */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "deeponet/model_impl.h"

enum {
  FIT_STRIDE = 7 /* every so-manieth point of a region is looked at for mean and deviation */
};

bool graft_model_local(const graft_deeponet *model) { return model->locals > 0; }

graft_status graft_network_features(const char *text, struct local_feature *feature,
                                    size_t *count) {
  static const char *const name[] = {"x", "y", "z", "sdf", "torsion"};
  *count = 0;
  while (*text) {
    size_t length = strcspn(text, ","), kind = 0;
    GRAFT_CHECK(length > 0 && length < GRAFT_NAME_SIZE && *count < MOST_FEATURES, USAGE,
                "-features: expected up to %d names with commas, got '%s'", MOST_FEATURES, text);
    struct local_feature *f = &feature[*count];
    *f = (struct local_feature){.factor = 1, .field = NO_FIELD};
    memcpy(f->name, text, length);
    while (kind < FEATURE_FIELD && strcmp(name[kind], f->name) != 0) kind++;
    f->kind = (enum feature_kind)kind;
    for (size_t i = 0; i < *count; i++) {
      GRAFT_CHECK(strcmp(feature[i].name, f->name) != 0, USAGE,
                  "-features: expected names, each once, got '%s' twice", f->name);
    }
    (*count)++;
    text += length + (text[length] == ',');
  }
  return GRAFT_OK;
}

static double coordinate(const graft_source_info *info, int axis, size_t p) {
  size_t stride = 1;
  for (int a = info->dims - 1; a > axis; a--) stride *= info->grid[a];
  size_t n = info->grid[axis], i = p / stride % n;
  return n > 1 ? 2 * (double)i / (double)(n - 1) - 1 : 0;
}

static double raw(const graft_deeponet *model, const struct local_feature *f,
                  const struct region *region, const float *field, size_t p) {
  switch (f->kind) {
  case FEATURE_X:
  case FEATURE_Y:
  case FEATURE_Z: return coordinate(&model->info, (int)f->kind - FEATURE_X, p);
  case FEATURE_SDF: return (double)region->sdf[p];
  case FEATURE_TORSION: return (double)region->torsion[p];
  case FEATURE_FIELD: break;
  }
  return (double)field[f->field * model->sensors + model->place[p]];
}

void graft_local_fill(const graft_deeponet *model, const struct region *region, const float *field,
                      size_t count, const uint32_t *point, graft_real *out) {
  size_t F = model->locals;
  for (size_t f = 0; f < F; f++) {
    const struct local_feature *feature = &model->local[f];
    for (size_t i = 0; i < count; i++) {
      double value = raw(model, feature, region, field, point[i]);
      out[i * F + f] = (graft_real)((value - feature->shift) * feature->factor);
    }
  }
}

void graft_local_sum(const graft_deeponet *model, const struct region *region, const float *field,
                     double (*sum)[3]) {
  for (size_t f = 0; f < model->locals; f++) {
    for (size_t j = 0; j < region->inner; j += FIT_STRIDE) {
      double value = raw(model, &model->local[f], region, field, region->point[j]);
      sum[f][0]++;
      sum[f][1] += value;
      sum[f][2] += value * value;
    }
  }
}

void graft_local_set(graft_deeponet *model, double (*sum)[3]) {
  for (size_t f = 0; f < model->locals; f++) {
    struct local_feature *feature = &model->local[f];
    double mean = sum[f][1] / sum[f][0], variance = sum[f][2] / sum[f][0] - mean * mean;
    if (feature->kind <= FEATURE_Z) continue;
    feature->shift = mean;
    feature->factor = variance > 1e-12 ? 1 / sqrt(variance) : 1;
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
  double number[MOST_FEATURES][2];
  if (!graft_model_local(model)) return GRAFT_OK;
  for (size_t f = 0; f < model->locals; f++) {
    number[f][0] = model->local[f].shift;
    number[f][1] = model->local[f].factor;
  }
  return graft_bundle_put(bundle, "normalisation/features", GRAFT_FLOAT64,
                          GRAFT_SHAPE(2, model->locals, 2), number);
}

graft_status graft_local_get(const graft_bundle *bundle, graft_deeponet *model) {
  const double *number;
  if (!graft_model_local(model)) return GRAFT_OK;
  GRAFT_TRY(graft_bundle_get(bundle, "normalisation/features", GRAFT_FLOAT64,
                             GRAFT_SHAPE(2, model->locals, 2), &number));
  for (size_t f = 0; f < model->locals; f++) {
    model->local[f].shift = number[2 * f];
    model->local[f].factor = number[2 * f + 1];
  }
  return GRAFT_OK;
}

/* Outputs of one sample at the points of its region: its branch input is in row 0. */
graft_status graft_local_predict(graft_deeponet *model, const struct region *region,
                                 const float *field, graft_real factor, graft_real *z) {
  const struct network *network = &model->network;
  graft_real *input = graft_graph_input_data(network->graph, network->point);
  for (size_t i = 0; i < region->inner; i += network->points) {
    size_t left = region->inner - i, count = left < network->points ? left : network->points;
    graft_run run = {.samples = 1, .points = network->points}; /* rows left over keep old values */
    graft_local_fill(model, region, field, count, region->point + i, input);
    GRAFT_TRY(graft_graph_forward(network->graph, &run, model->theta));
    const graft_real *output = graft_graph_output(network->graph);
    for (size_t j = 0; j < count; j++) z[region->point[i + j]] += factor * output[j];
  }
  return GRAFT_OK;
}
