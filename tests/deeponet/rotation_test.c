/* SPDX-License-Identifier: BSD-2-Clause */
/* Rotations by interpolation against fields whose rotated copies are known in closed form. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/rng.h"
#include "deeponet/model.h"
#include "deeponet/rotation.h"
#include "tests/graft_test.h"

enum { SIDE = 32, P = SIDE * SIDE, TRIANGLE = 0, DISC = 1, SQUARE = 2 };
static const double pi = 3.14159265358979323846;

/* Depths below the three sides of the equilateral triangle of side 1. */
static void depths(double x, double y, double d[3]) {
  double r = sqrt(3) / 2;
  d[0] = y;
  d[1] = r * x - y / 2;
  d[2] = r * (1 - x) - y / 2;
}

static void shape(size_t kind, double x, double y, double *sdf, double *torsion) {
  double d[3], a = x - 0.5, b = y - 0.5;
  depths(x, y, d);
  if (kind == TRIANGLE) {
    *sdf = -fmin(d[0], fmin(d[1], d[2]));
    *torsion = d[0] * d[1] * d[2] / sqrt(3);
  } else if (kind == DISC) {
    *sdf = sqrt(a * a + b * b) - 0.5;
    *torsion = (0.25 - a * a - b * b) / 4;
  } else {
    *sdf = fmax(fabs(a), fabs(b)) - 0.5;
    *torsion = (0.25 - a * a) * (0.25 - b * b);
  }
}

struct plate {
  graft_source_info info;
  graft_symmetry symmetry;
  graft_rotation rotation;
  float log_k[P], u[P];
};

static bool plate_init(struct plate *plate, size_t kind, size_t most) {
  const size_t grid[2] = {SIDE, SIDE};
  *plate = (struct plate){0};
  if (!T_OK(graft_source_info_init(&plate->info, 0, 1, 1, 0, 2, grid))) return false;
  graft_source_geometry *geometry = plate->info.geometry;
  for (size_t p = 0; p < P; p++) {
    double sdf, torsion;
    shape(kind, (double)(p / SIDE) / (SIDE - 1), (double)(p % SIDE) / (SIDE - 1), &sdf, &torsion);
    geometry->mask[p] = sdf <= 1e-12;
    geometry->sdf[p] = (float)sdf;
    geometry->torsion[p] = sdf < -1e-9 ? (float)torsion : 0;
  }
  plate->info.lo[0] = plate->info.lo[1] = 0;
  plate->info.hi[0] = plate->info.hi[1] = 1;
  return T_OK(graft_symmetry_init(&plate->symmetry, &plate->info, geometry)) &&
         T_OK(
             graft_rotation_init(&plate->rotation, &plate->info, geometry, &plate->symmetry, most));
}

static void plate_fini(struct plate *plate) {
  graft_rotation_fini(&plate->rotation);
  graft_symmetry_fini(&plate->symmetry);
  graft_source_info_fini(&plate->info);
}

/* A smooth field at x rotated about the centre of gravity. */
static double field(size_t kind, double x, double y, double angle) {
  double cx = 0.5, cy = kind == TRIANGLE ? sqrt(3) / 6 : 0.5;
  double a = x - cx, b = y - cy;
  double s = cos(angle) * a - sin(angle) * b, t = sin(angle) * a + cos(angle) * b;
  return sin(9 * s + 1) * cos(7 * t) + t;
}

static void orders_are_found(void) {
  static const size_t kind[] = {TRIANGLE, TRIANGLE, TRIANGLE, DISC, DISC, SQUARE};
  static const size_t most[] = {2, 3, 8, 3, 13, 16}, count[] = {1, 3, 3, 1, 3, 1};
  struct plate plate;
  for (size_t i = 0; i < 6; i++) {
    if (plate_init(&plate, kind[i], most[i])) T_EQUAL(plate.rotation.count, count[i]);
    plate_fini(&plate);
  }
}

static void moved_fields_are_right(size_t kind, size_t order) {
  struct plate plate;
  float moved[P];
  if (!plate_init(&plate, kind, order) || !T_CHECK(plate.rotation.count > 1)) {
    plate_fini(&plate);
    return;
  }
  const graft_source_geometry *geometry = plate.info.geometry;
  for (size_t j = 1; j < plate.rotation.count; j++) {
    double angle = 2 * pi * (double)j / (double)order, worst[3] = {0}, largest = 0;
    for (size_t p = 0; p < P; p++) {
      double x = (double)(p / SIDE) / (SIDE - 1), y = (double)(p % SIDE) / (SIDE - 1);
      plate.log_k[p] = geometry->mask[p] ? (float)field(kind, x, y, 0) : 1e6f; /* must not matter */
      plate.u[p] = (float)((double)geometry->torsion[p] * exp(field(kind, x, y, 0)));
    }
    graft_rotation_input(&plate.rotation, j, plate.log_k, moved);
    for (size_t p = 0; p < P; p++) {
      double x = (double)(p / SIDE) / (SIDE - 1), y = (double)(p % SIDE) / (SIDE - 1);
      double want = field(kind, x, y, angle), torsion = (double)geometry->torsion[p];
      if (!geometry->mask[p]) {
        worst[2] = fmax(worst[2], fabs((double)moved[p]));
        continue;
      }
      double u = graft_rotation_u(&plate.rotation, j, p, plate.u);
      largest = fmax(largest, torsion * exp(want));
      worst[0] = fmax(worst[0], fabs((double)moved[p] - want));
      worst[1] = fmax(worst[1], fabs(u - torsion * exp(want)));
    }
    T_NEAR(worst[0], 0, 5e-3);
    T_NEAR(worst[1] / largest, 0, 1e-3);
    T_EQUAL(worst[2], 0);
  }
  plate_fini(&plate);
}

static void triangle(void) { moved_fields_are_right(TRIANGLE, 3); }
static void disc(void) { moved_fields_are_right(DISC, 8); }

static void rough_fields_show(void) {
  struct plate plate;
  double smooth = 1, rough = 0;
  graft_rng rng;
  graft_rng_init(&rng, 1, GRAFT_STREAM_TEST, 0);
  if (plate_init(&plate, TRIANGLE, 3)) {
    for (size_t p = 0; p < P; p++) {
      plate.log_k[p] = (float)field(TRIANGLE, (double)(p / SIDE) / (SIDE - 1),
                                    (double)(p % SIDE) / (SIDE - 1), 0);
      plate.u[p] = (float)graft_rng_normal(&rng);
    }
    T_OK(graft_rotation_error(&plate.rotation, plate.log_k, &smooth));
    T_OK(graft_rotation_error(&plate.rotation, plate.u, &rough));
    T_CHECK(smooth < 1e-3);
    T_CHECK(rough > 0.3);
    graft_rotation_drop(&plate.rotation);
    T_EQUAL(plate.rotation.count, 1);
    T_OK(graft_rotation_error(&plate.rotation, plate.u, &rough));
    T_EQUAL(rough, 0);
  }
  plate_fini(&plate);
}

enum { SAMPLES = 12, TURNED = SAMPLES - 1 /* a copy of sample 0 turned by 120 degrees */ };

struct model {
  graft_source source;
  graft_deeponet *model;
  float log_k[SAMPLES * P], u[SAMPLES * P];
  const char *name[3];
  const float *data[2];
};

/* A small model on the triangle; rough inputs are white noise. */
static bool model_init(struct model *m, bool rough) {
  static const char *const setting[][2] = {
      {"dense", "9,9"}, {"trunk", "32"},     {"width", "12"},    {"batch", "4"}, {"fourier", "6"},
      {"points", "99"}, {"components", "6"}, {"rotations", "3"}, {"gain", "0.3"}};
  struct plate plate;
  graft_deeponet_config config;
  graft_rng rng;
  bool fine = plate_init(&plate, TRIANGLE, 1);
  graft_source_info info;
  const size_t grid[2] = {SIDE, SIDE};
  fine = fine && T_OK(graft_source_info_init(&info, SAMPLES, 1, 1, 1, 2, grid)) &&
         T_OK(graft_source_info_inputs(&info, 1, &(graft_source_input){"log_k", 3}));
  snprintf(info.task_name[0], sizeof info.task_name[0], "triangle");
  snprintf(info.geometry[0].name, sizeof info.geometry[0].name, "triangle");
  memcpy(info.geometry[0].mask, plate.info.geometry->mask, P);
  memcpy(info.geometry[0].sdf, plate.info.geometry->sdf, P * sizeof(float));
  memcpy(info.geometry[0].torsion, plate.info.geometry->torsion, P * sizeof(float));
  memcpy(info.hi, plate.info.hi, sizeof info.hi);
  for (size_t s = 0; s < SAMPLES; s++) {
    graft_rng_init(&rng, 1, GRAFT_STREAM_TEST, s == TURNED ? 0 : s);
    double factor = graft_rng_normal(&rng);
    info.index[s] = (int64_t)s;
    for (size_t p = 0; p < P; p++) {
      double x = (double)(p / SIDE) / (SIDE - 1), y = (double)(p % SIDE) / (SIDE - 1);
      double k = factor * field(TRIANGLE, x, y, s == TURNED ? 2 * pi / 3 : 0);
      m->log_k[s * P + p] = (float)(rough ? graft_rng_normal(&rng) : k);
      m->u[s * P + p] = (float)((double)info.geometry->torsion[p] * exp(-k));
    }
  }
  graft_source_split_default(&info, SAMPLES, &info.split[0]);
  plate_fini(&plate);
  m->name[0] = "u";
  m->name[1] = "log_k";
  m->name[2] = NULL;
  m->data[0] = m->u;
  m->data[1] = m->log_k;
  fine =
      fine && T_OK(graft_source_memory(&m->source, info, m->name, m->data)) &&
      T_OK(graft_option_defaults(graft_deeponet_options, &config)) &&
      T_OK(graft_preset_apply(graft_preset_find("darcy", "demo"), graft_deeponet_options, &config));
  for (size_t i = 0; fine && i < sizeof setting / sizeof *setting; i++) {
    const graft_option *row = graft_option_find(graft_deeponet_options, setting[i][0]);
    fine = T_OK(graft_option_set(row, &config, setting[i][0], setting[i][1]));
  }
  return fine && T_OK(graft_deeponet_create(&config, &m->source, "default", &m->model));
}

static void model_fini(struct model *m) {
  graft_deeponet_destroy(m->model);
  graft_source_fini(&m->source);
}

/* Largest difference between the prediction on the turned sample and the turned prediction, over
 * the largest prediction. */
static double equivariance(struct model *m, graft_deeponet *model) {
  static float u[2 * P];
  const size_t sample[2] = {0, TURNED};
  struct plate plate;
  double worst = 0, largest = 0;
  T_OK(graft_deeponet_predict(model, &m->source, sample, 2, u));
  if (plate_init(&plate, TRIANGLE, 3) && T_EQUAL(plate.rotation.count, 3)) {
    for (size_t p = 0; p < P; p++) {
      double want = graft_rotation_u(&plate.rotation, 1, p, u);
      worst = fmax(worst, fabs((double)u[P + p] - want));
      largest = fmax(largest, fabs(want));
    }
  }
  plate_fini(&plate);
  return worst / largest;
}

/* Relative error on sample 0: large if copies learnt aren't those that are averaged. */
static double prediction_error(struct model *m) {
  static float u[P];
  const size_t sample = 0;
  double wrong = 0, square = 0;
  T_OK(graft_deeponet_predict(m->model, &m->source, &sample, 1, u));
  for (size_t p = 0; p < P; p++) {
    wrong += pow((double)(u[p] - m->u[p]), 2);
    square += pow((double)m->u[p], 2);
  }
  return sqrt(wrong / square);
}

static void predictions_turn_with_their_inputs(void) {
  static struct model m;
  graft_bundle bundle;
  graft_deeponet *copy;
  graft_objective objective;
  if (model_init(&m, false)) {
    double loss, count, weight = 1;
    graft_real *sum;
    T_NEAR(equivariance(&m, m.model), 0, 5e-3);
    T_OK(graft_deeponet_objective(m.model, &objective));
    T_OK(graft_alloc(&sum, objective.n, sizeof *sum));
    graft_request request = {.tasks = 1, .want = GRAFT_WANT_SUM, .weight = &weight};
    graft_reply reply = {.loss = &loss, .count = &count, .sum = sum};
    double first = 0;
    for (size_t step = 0; step < 400; step++) { /* steepest descent: turned copies can be learnt */
      double rate = 0.05 / (1 + (double)step / 50);
      request.step = step;
      T_OK(objective.eval(objective.ctx, &request, graft_deeponet_parameters(m.model), &reply));
      first = step < 6 ? fmax(first, loss / count) : first;
      for (size_t i = 0; i < objective.n; i++)
        graft_deeponet_parameters(m.model)[i] -= (graft_real)(rate / count) * sum[i];
    }
    T_CHECK(loss / count < 0.4 * first);
    T_CHECK(prediction_error(&m) < 0.08);
    graft_free(sum);
    graft_bundle_init(&bundle);
    T_OK(graft_deeponet_save(m.model, &bundle));
    if (T_OK(graft_deeponet_load(&bundle, &copy))) {
      T_NEAR(equivariance(&m, copy), 0, 5e-3);
      graft_deeponet_destroy(copy);
    }
    graft_bundle_fini(&bundle);
  }
  model_fini(&m);
}

static void rough_inputs_are_not_turned(void) {
  static struct model m;
  graft_bundle bundle;
  int64_t turns;
  if (model_init(&m, true)) {
    graft_bundle_init(&bundle);
    T_OK(graft_deeponet_save(m.model, &bundle));
    T_OK(graft_bundle_get_int(&bundle, "geometry/0/turns", &turns));
    T_EQUAL(turns, 1);
    graft_bundle_fini(&bundle);
  }
  model_fini(&m);
}

int main(void) {
  T_RUN(orders_are_found);
  T_RUN(triangle);
  T_RUN(disc);
  T_RUN(rough_fields_show);
  T_RUN(predictions_turn_with_their_inputs);
  T_RUN(rough_inputs_are_not_turned);
  return graft_test_done();
}
