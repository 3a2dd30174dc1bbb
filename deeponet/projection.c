/* SPDX-License-Identifier: BSD-2-Clause */
/* Method:    principal components of the training images, all symmetric copies included, tasks
 *            weighted alike, not centred; scaled by one number so that components have mean square
 *            1 on average.
 * Cost:      products N g D² and one eigendecomposition D³, D pixels (at most 4096).
 * Reference: jolliffe2002, section 1.1. */
#include <cblas.h>
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "deeponet/linalg_impl.h"
#include "deeponet/training_impl.h"

enum { MOST_PIXELS = 4096, CHUNK = TRAINING_WINDOW };
static const double smallest = 1e-10; /* least eigenvalue over the largest */

/* Pixels on every 2^pool-th point of each axis of the image, in the union of the regions where
 * channels are masked. */
static graft_status select_pixels(graft_deeponet *model) {
  const graft_source_info *info = &model->info;
  size_t step = (size_t)1 << model->config.pool, D = 0;
  bool everywhere = !model->config.masked || !graft_model_whole(model);
  GRAFT_TRY(graft_alloc(&model->pixel, model->sensors * model->channels, sizeof *model->pixel));
  for (size_t p = 0; p < model->sensors; p++) {
    bool kept = everywhere;
    size_t rest = p;
    for (size_t g = 0; !kept && g < info->geometries; g++) kept = model->region[g].mask[p];
    for (int a = info->dims - 1; a >= 0; a--) {
      if (!(model->axes >> a & 1)) continue;
      kept = kept && rest % info->grid[a] % step == 0;
      rest /= info->grid[a];
    }
    for (size_t c = 0; c < model->channels && kept; c++) {
      model->pixel[D++] = (uint32_t)(p * model->channels + c);
    }
  }
  GRAFT_CHECK(D >= 1 && D <= MOST_PIXELS, USAGE,
              "-branch pca: expected 1 to %d pixels (grid points x channels), got %zu (see -pool)",
              MOST_PIXELS, D);
  model->pixels = D;
  return GRAFT_OK;
}

/* Add weight · Σ x xᵀ over the training rows of task k moved by element e to covariance [D x D].
 */
static graft_status add_task(struct training *t, size_t k, size_t e, double weight, double *x,
                             graft_real *image, double *covariance) {
  const graft_deeponet *model = t->model;
  size_t M = model->sensors, all = M * model->channels, D = model->pixels;
  for (size_t i = 0; i < t->task_count[k]; i += CHUNK) {
    size_t count = t->task_count[k] - i < CHUNK ? t->task_count[k] - i : CHUNK;
    GRAFT_TRY(graft_training_load(t, t->train + t->task_start[k] + i, count));
#pragma omp parallel for schedule(static)
    for (size_t j = 0; j < count; j++) {
      size_t row = t->train[t->task_start[k] + i + j];
      const struct region *region = &model->region[t->row_region[row]];
      size_t g = model->config.augmentation ? graft_model_elements(region) : 1;
      if (e < g) {
        graft_model_image(model, region, graft_training_field(t, row), e, image + j * all);
      }
      double factor = e < g ? sqrt(weight / (double)g) : 0;
      for (size_t d = 0; d < D; d++) {
        x[j * D + d] = factor > 0 ? factor * (double)image[j * all + model->pixel[d]] : 0;
      }
    }
#pragma omp parallel for schedule(dynamic)
    for (size_t d = 0; d < D; d += CHUNK) {
      size_t rows = D - d < CHUNK ? D - d : CHUNK;
      cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)rows, (int)D, (int)count, 1, x + d,
                  (int)D, x, (int)D, 1, covariance + d * D, (int)D);
    }
  }
  return GRAFT_OK;
}

static graft_status fit_basis(const struct training *t, double *covariance, double *value) {
  graft_deeponet *model = t->model;
  size_t D = model->pixels, R = 0;
  double sum = 0;
  GRAFT_TRY(graft_linalg_eigen(D, covariance, value));
  while (R < D && R < (size_t)model->config.components &&
         value[D - 1 - R] > smallest * value[D - 1]) {
    sum += value[D - 1 - R++];
  }
  GRAFT_CHECK(R > 0, INPUT, "-branch pca: expected inputs that vary, got constant ones");
  GRAFT_TRY(graft_alloc(&model->basis, R * D, sizeof *model->basis));
  model->components = R;
  double scale = 1 / sqrt(sum / (double)R);
  for (size_t r = 0; r < R; r++) {
    for (size_t d = 0; d < D; d++) {
      model->basis[r * D + d] = (graft_real)(scale * covariance[(D - 1 - r) * D + d]);
    }
  }
  return GRAFT_OK;
}

/* The largest number of copies of a row. */
static size_t most_elements(const graft_deeponet *model) {
  size_t most = 1;
  for (size_t g = 0; g < model->info.geometries && model->config.augmentation; g++) {
    size_t count = graft_model_elements(&model->region[g]);
    if (count > most) most = count;
  }
  return most;
}

static graft_status fit(struct training *t) {
  graft_deeponet *model = t->model;
  size_t D = model->pixels, K = model->info.tasks;
  double *covariance = NULL, *value = NULL, *x = NULL;
  graft_real *image = NULL;
  graft_status status;
  GRAFT_TRY_TO(done, graft_alloc(&covariance, D * D, sizeof *covariance));
  GRAFT_TRY_TO(done, graft_alloc(&value, D, sizeof *value));
  GRAFT_TRY_TO(done, graft_alloc(&x, CHUNK * D, sizeof *x));
  GRAFT_TRY_TO(done, graft_alloc(&image, CHUNK * model->sensors * model->channels, sizeof *image));
  for (size_t k = 0; k < K; k++) {
    for (size_t e = 0; e < most_elements(model); e++) {
      GRAFT_TRY_TO(done,
                   add_task(t, k, e, 1 / (double)(K * t->task_count[k]), x, image, covariance));
    }
  }
  GRAFT_TRY_TO(done, fit_basis(t, covariance, value));
done:
  graft_free(covariance);
  graft_free(value);
  graft_free(x);
  graft_free(image);
  return status;
}

/* Components of a row under the first @p count elements of its region's group. */
static void project_row(const struct training *t, size_t row, size_t count, graft_real *image) {
  const graft_deeponet *model = t->model;
  const struct region *region = &model->region[t->row_region[row]];
  size_t M = model->sensors;
#pragma omp parallel for schedule(static)
  for (size_t e = 0; e < count; e++) {
    graft_model_image(model, region, graft_training_field(t, row), e,
                      image + e * M * model->channels);
  }
  graft_model_project(model, count, image, t->component + t->first_component[row]);
}

graft_status graft_training_fit_basis(struct training *t) {
  GRAFT_TRY(select_pixels(t->model));
  GRAFT_TRY(fit(t));
  return graft_model_allocate_tile(t->model);
}

graft_status graft_training_project(struct training *t) {
  graft_deeponet *model = t->model;
  graft_real *image;
  size_t total = 0;
  if (t->source) return GRAFT_OK; /* projected when they are used */
  GRAFT_TRY(graft_alloc(&t->first_component, t->rows + 1, sizeof *t->first_component));
  for (size_t row = 0; row < t->rows; row++) {
    size_t g = graft_model_elements(&model->region[t->row_region[row]]);
    t->first_component[row] = total;
    total += (model->config.augmentation ? g : 1) * model->components;
  }
  t->first_component[t->rows] = total;
  GRAFT_TRY(graft_alloc(&t->component, total, sizeof *t->component));
  GRAFT_TRY(
      graft_alloc(&image, most_elements(model) * model->sensors * model->channels, sizeof *image));
  for (size_t row = 0; row < t->rows; row++) {
    size_t count = (t->first_component[row + 1] - t->first_component[row]) / model->components;
    project_row(t, row, count, image);
  }
  graft_free(image);
  return GRAFT_OK;
}
