/* SPDX-License-Identifier: BSD-2-Clause */
/* From log_k to what the branch reads. D pixels of the image are projected on R components. */
#include <cblas.h>
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "deeponet/model_impl.h"

enum { TILE = 16 /* samples projected at a time by a thread */ };

double graft_model_raw(enum channel channel, const struct region *region, size_t p, float log_k) {
  switch (channel) {
  case CHANNEL_LOG_K: return (double)log_k;
  case CHANNEL_MASK: return region->mask[p];
  case CHANNEL_INVERSE_K: return exp(-(double)log_k);
  case CHANNEL_K: return exp((double)log_k);
  case CHANNEL_SDF: return (double)region->sdf[p];
  case CHANNEL_TORSION: return (double)region->torsion[p];
  case CHANNEL_COUNT: break;
  }
  return 0;
}

void graft_model_image(const graft_deeponet *model, const struct region *region, const float *log_k,
                       size_t e, graft_real *image) {
  size_t C = model->channels, P = model->info.points, g = region->symmetry.count;
  const uint32_t *point = region->symmetry.point + e % g * P;
  const graft_stencils *turned = e / g ? &region->rotation.turn[e / g].input : NULL;
  for (size_t c = 0; c < C; c++) {
    enum channel channel = model->channel[c];
    const float *shift = model->shift + c * P, *factor = model->factor + c * P;
    bool masked = model->config.masked && channel != CHANNEL_SDF;
    for (size_t p = 0; p < P; p++) {
      float moved = turned ? (float)graft_stencils_float(turned, point[p], log_k) : log_k[point[p]];
      graft_real raw = channel == CHANNEL_LOG_K
                           ? (graft_real)moved
                           : (graft_real)graft_model_raw(channel, region, p, moved);
      graft_real value = (raw - (graft_real)shift[p]) * (graft_real)factor[p];
      image[p * C + c] = masked ? value * region->weight[p] : value;
    }
  }
}

void graft_model_code(const graft_deeponet *model, size_t task, graft_real *code) {
  for (size_t k = 0; k < model->info.tasks; k++) code[k] = k == task;
}

bool graft_model_projects(const graft_deeponet *model) {
  return strcmp(model->config.branch, "pca") == 0;
}

static void project_tile(const graft_deeponet *model, size_t count, graft_real *image,
                         graft_real *out) {
  size_t all = model->info.points * model->channels, D = model->pixels, R = model->components;
  for (size_t i = 0; i < count; i++) { /* pack the pixels in place: they are in increasing order */
    for (size_t d = 0; d < D; d++) image[i * D + d] = image[i * all + model->pixel[d]];
  }
#ifdef GRAFT_DOUBLE
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)count, (int)R, (int)D, 1, image, (int)D,
              model->basis, (int)D, 0, out, (int)R);
#else
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)count, (int)R, (int)D, 1, image, (int)D,
              model->basis, (int)D, 0, out, (int)R);
#endif
}

void graft_model_project(const graft_deeponet *model, size_t count, graft_real *image,
                         graft_real *out) {
  size_t all = model->info.points * model->channels;
#pragma omp parallel for schedule(static) num_threads(model->threads)
  for (size_t i = 0; i < count; i += TILE) {
    project_tile(model, count - i < TILE ? count - i : TILE, image + i * all,
                 out + i * model->components);
  }
}

void graft_model_statistics(const struct region *region, size_t points, const float *log_k,
                            double statistic[RANGE_COUNT]) {
  double count = 0, sum = 0, square = 0, least = INFINITY, most = -INFINITY;
  for (size_t p = 0; p < points; p++) {
    if (!region->mask[p]) continue;
    double value = (double)log_k[p];
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
