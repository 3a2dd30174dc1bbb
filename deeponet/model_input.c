/* SPDX-License-Identifier: BSD-2-Clause */
/* From fields and numbers to what the branch reads. Some pixels of the image are projected on R
 * components. */
#include <cblas.h>
#include <math.h>
#include <omp.h>
#include <string.h>

#include "base/arena.h"
#include "deeponet/model_impl.h"

enum { TILE = 16 /* samples projected at a time by a thread */ };

static const double edge = 1e-6; /* a logit's argument is taken as no closer to 0 and 1 */

bool graft_model_whole(const graft_deeponet *model) { return model->sensors == model->info.points; }

double graft_model_raw(enum channel_kind kind, const struct region *region, size_t i, float value) {
  switch (kind) {
  case CHANNEL_MASK: return region->mask[i];
  case CHANNEL_INVERSE_K: return exp(-(double)value);
  case CHANNEL_K: return exp((double)value);
  case CHANNEL_SDF: return (double)region->sdf[i];
  case CHANNEL_TORSION: return (double)region->torsion[i];
  case CHANNEL_LOGIT: {
    double v = fmin(fmax((double)value, edge), 1 - edge);
    return log(v / (1 - v));
  }
  case CHANNEL_FIELD: break;
  }
  return (double)value;
}

void graft_model_image(const graft_deeponet *model, const struct region *region, const float *field,
                       size_t e, graft_real *image) {
  size_t C = model->channels, M = model->sensors, g = region->symmetry.count;
  const uint32_t *point = region->image_point + e % g * M;
  const graft_stencils *turned = e / g ? &region->rotation.turn[e / g].input : NULL;
  bool whole = graft_model_whole(model);
  for (size_t c = 0; c < C; c++) {
    const struct channel *channel = &model->channel[c];
    const float *shift = model->shift + c * M, *factor = model->factor + c * M;
    const float *own = channel->field == NO_FIELD ? NULL : field + channel->field * M;
    bool masked = model->config.masked && whole && channel->kind != CHANNEL_SDF;
    for (size_t i = 0; i < M; i++) {
      float given = !own     ? 0
                    : turned ? (float)graft_stencils_float(turned, point[i], own)
                             : own[point[i]];
      graft_real raw = channel->kind == CHANNEL_FIELD
                           ? (graft_real)given
                           : (graft_real)graft_model_raw(channel->kind, region, i, given);
      graft_real value = (raw - (graft_real)shift[i]) * (graft_real)factor[i];
      image[i * C + c] = masked ? value * region->weight[i] : value;
    }
  }
}

size_t graft_model_field_points(const graft_deeponet *model, size_t d) {
  return graft_source_points(&model->info, graft_source_axes(&model->info, model->field[d]));
}

void graft_model_extend(const graft_deeponet *model, size_t d, const float *given, float *field) {
  const graft_source_info *info = &model->info;
  unsigned axes = graft_source_axes(info, model->field[d]);
  size_t stride[3] = {0}, last[3] = {0}, at = 0, points = 1;
  if (axes == model->axes) {
    memcpy(field, given, model->sensors * sizeof *field);
    return;
  }
  for (int a = info->dims - 1; a >= 0; a--) {
    if (!(model->axes >> a & 1)) continue;
    last[a] = info->grid[a] - 1;
    if (!(axes >> a & 1)) continue;
    stride[a] = points;
    points *= info->grid[a];
  }
  size_t index[3] = {0};
  for (size_t i = 0; i < model->sensors; i++) {
    field[i] = given[at];
    for (int a = info->dims - 1; a >= 0; a--) {
      if (index[a] < last[a]) {
        index[a]++;
        at += stride[a];
        break;
      }
      at -= index[a] * stride[a];
      index[a] = 0;
    }
  }
}

graft_status graft_model_read(const graft_deeponet *model, const graft_source *source,
                              const size_t *sample, size_t count, float *field) {
  size_t D = model->fields, M = model->sensors;
  float *given;
  graft_status status = GRAFT_OK;
  if (D == 1) return source->fill(source->ctx, model->field[0], sample, count, field);
  GRAFT_TRY(graft_alloc(&given, M, sizeof *given));
  for (size_t i = 0; i < count * D && status == GRAFT_OK; i++) {
    status = source->fill(source->ctx, model->field[i % D], &sample[i / D], 1, given);
    graft_model_extend(model, i % D, given, field + i * M);
  }
  graft_free(given);
  return status;
}

size_t graft_model_codes(const graft_deeponet *model) {
  return (model->config.code ? model->info.tasks : 0) +
         (model->config.parameters ? model->info.codes : 0);
}

void graft_model_code(const graft_deeponet *model, size_t task, const double *number,
                      graft_real *code) {
  size_t K = model->config.code ? model->info.tasks : 0;
  const graft_real unknown = K ? 1 / (graft_real)K : 0;
  for (size_t k = 0; k < K; k++) code[k] = task == NO_TASK ? unknown : k == task;
  for (size_t q = 0; model->config.parameters && q < model->info.codes; q++) {
    code[K + q] = (graft_real)((number[q] - model->code_shift[q]) * model->code_factor[q]);
  }
}

bool graft_model_projects(const graft_deeponet *model) {
  return strcmp(model->config.branch, "pca") == 0;
}

/* The products always have TILE rows, some of them 0, since what BLAS makes of a row depends on the
 * number of rows: so a sample has the same components in whatever company it comes. */
static void project_tile(const graft_deeponet *model, size_t count, const graft_real *image,
                         graft_real *out) {
  size_t all = model->sensors * model->channels, D = model->pixels, R = model->components;
  graft_real *x = model->tile + (size_t)omp_get_thread_num() * TILE * (D + R), *y = x + TILE * D;
  for (size_t i = 0; i < TILE; i++) {
    for (size_t d = 0; d < D; d++) x[i * D + d] = i < count ? image[i * all + model->pixel[d]] : 0;
  }
#ifdef GRAFT_DOUBLE
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, TILE, (int)R, (int)D, 1, x, (int)D,
              model->basis, (int)D, 0, y, (int)R);
#else
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, TILE, (int)R, (int)D, 1, x, (int)D,
              model->basis, (int)D, 0, y, (int)R);
#endif
  memcpy(out, y, count * R * sizeof *out);
}

graft_status graft_model_allocate_tile(graft_deeponet *model) {
  size_t elements = TILE * (model->pixels + model->components);
  return graft_alloc(&model->tile, (size_t)model->threads * elements, sizeof *model->tile);
}

void graft_model_project(const graft_deeponet *model, size_t count, const graft_real *image,
                         graft_real *out) {
  size_t all = model->sensors * model->channels;
#pragma omp parallel for schedule(static) num_threads(model->threads)
  for (size_t i = 0; i < count; i += TILE) {
    project_tile(model, count - i < TILE ? count - i : TILE, image + i * all,
                 out + i * model->components);
  }
}

bool graft_model_trained(const graft_deeponet *model, size_t task) {
  const double *range = model->task[task].range;
  return graft_model_ranges(model) == 0 || range[0] <= range[1];
}

size_t graft_model_ranges(const graft_deeponet *model) {
  return model->fields * RANGE_COUNT + model->info.codes;
}

static void field_statistics(const unsigned char *mask, size_t points, const float *field,
                             double statistic[RANGE_COUNT]) {
  double count = 0, sum = 0, square = 0, least = INFINITY, most = -INFINITY;
  for (size_t p = 0; p < points; p++) {
    if (mask && !mask[p]) continue;
    double value = (double)field[p];
    count++;
    sum += value;
    square += value * value;
    least = fmin(least, value);
    most = fmax(most, value);
  }
  statistic[RANGE_MEAN] = sum / count;
  statistic[RANGE_STD] = sqrt(fmax(square / count - sum * sum / (count * count), 0));
  statistic[RANGE_MIN] = least;
  statistic[RANGE_MAX] = most;
}

void graft_model_statistics(const graft_deeponet *model, const struct region *region,
                            const float *field, const double *number, double *statistic) {
  const unsigned char *mask = graft_model_whole(model) ? region->mask : NULL;
  for (size_t d = 0; d < model->fields; d++) {
    field_statistics(mask, model->sensors, field + d * model->sensors, statistic + d * RANGE_COUNT);
  }
  for (size_t q = 0; q < model->info.codes; q++) {
    statistic[model->fields * RANGE_COUNT + q] = number[q];
  }
}
