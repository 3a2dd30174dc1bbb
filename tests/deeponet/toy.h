/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_TESTS_DEEPONET_TOY_H
#define GRAFT_TESTS_DEEPONET_TOY_H

/** @file toy.h
 *  Small data sets in memory with known structure: a full square, a disc-like region with the same
 *  symmetries, and a region with one symmetry only. u = torsion x exp(−w), w a smoothed log_k plus
 * a quadratic term: positive, 0 on the boundary, equivariant, not affine. */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/rng.h"
#include "base/source.h"

enum { TOY_SIDE = 8, TOY_POINTS = TOY_SIDE * TOY_SIDE };

typedef struct toy {
  graft_source source;
  float *u, *log_k; /* [S x P] */
  const char *field[3];
  const float *data[2];
} toy;

static inline double toy_distance(size_t geometry, double x, double y) {
  double square = -fmin(fmin(x, 1 - x), fmin(y, 1 - y));
  double disc = sqrt((x - .5) * (x - .5) + (y - .5) * (y - .5)) - .5;
  double wedge = fmax(square, fabs(x - .5) + y - .9); /* mirrors x only */
  return geometry == 0 ? square : geometry == 1 ? disc : wedge;
}

static inline void toy_geometry(graft_source_info *info, size_t g) {
  static const char *const name[] = {"square", "disc", "wedge"};
  graft_source_geometry *geometry = &info->geometry[g];
  snprintf(geometry->name, sizeof geometry->name, "%s", name[g]);
  for (size_t p = 0; p < TOY_POINTS; p++) {
    double x = (double)(p / TOY_SIDE) / (TOY_SIDE - 1), y = (double)(p % TOY_SIDE) / (TOY_SIDE - 1);
    double distance = toy_distance(g, x, y);
    geometry->mask[p] = distance <= 1e-12;
    geometry->sdf[p] = (float)distance;
    geometry->torsion[p] = distance < -1e-9 ? (float)(-distance * (1 + distance)) : 0;
  }
}

/* Mean of log_k over the neighbours of p that are on the grid. */
static inline double toy_smooth(const float *log_k, size_t p) {
  size_t x = p / TOY_SIDE, y = p % TOY_SIDE;
  double sum = 0, count = 0;
  for (int i = -1; i <= 1; i++) {
    for (int j = -1; j <= 1; j++) {
      long a = (long)x + i, b = (long)y + j;
      if (a < 0 || b < 0 || a >= TOY_SIDE || b >= TOY_SIDE) continue;
      sum += (double)log_k[a * TOY_SIDE + b];
      count++;
    }
  }
  return sum / count;
}

static inline void toy_sample(const graft_source_geometry *geometry, graft_rng *rng, float *log_k,
                              float *u) {
  double mode[4];
  for (int m = 0; m < 4; m++) mode[m] = graft_rng_normal(rng);
  for (size_t p = 0; p < TOY_POINTS; p++) {
    double x = (double)(p / TOY_SIDE) / (TOY_SIDE - 1), y = (double)(p % TOY_SIDE) / (TOY_SIDE - 1);
    log_k[p] = (float)(.4 * mode[0] + .5 * mode[1] * cos(3 * x) + .5 * mode[2] * sin(2 * y + x) +
                       .3 * mode[3] * cos(4 * y) * x);
  }
  for (size_t p = 0; p < TOY_POINTS; p++) {
    double w = toy_smooth(log_k, p);
    u[p] = (float)((double)geometry->torsion[p] * exp(-w + .1 * w * w));
  }
}

/* Data set with @p tasks geometries (1 … 3), @p samples per task: 2/3, 1/9, 2/9 of them. */
static inline graft_status toy_init(toy *t, size_t tasks, size_t samples) {
  graft_source_info info;
  size_t grid[2] = {TOY_SIDE, TOY_SIDE}, all = tasks * samples;
  GRAFT_TRY(graft_source_info_init(&info, all, tasks, tasks, 1, 2, grid));
  GRAFT_TRY(graft_alloc(&t->u, all * TOY_POINTS, sizeof(float)));
  GRAFT_TRY(graft_alloc(&t->log_k, all * TOY_POINTS, sizeof(float)));
  snprintf(info.dataset_name, sizeof info.dataset_name, "%s", "toy");
  snprintf(info.problem, sizeof info.problem, "%s", "darcy");
  snprintf(info.field, sizeof info.field, "%s", "toy");
  info.hi[0] = info.hi[1] = 1;
  const graft_source_input input = {"log_k", 3};
  GRAFT_TRY(graft_source_info_inputs(&info, 1, &input));
  for (size_t k = 0; k < tasks; k++) {
    toy_geometry(&info, k);
    snprintf(info.task_name[k], sizeof info.task_name[k], "%s", info.geometry[k].name);
    for (size_t i = 0; i < samples; i++) {
      size_t s = k * samples + i;
      graft_rng rng;
      graft_rng_init(&rng, 7, GRAFT_STREAM_SAMPLE + (uint32_t)k, i);
      info.task[s] = info.sample_geometry[s] = (int32_t)k;
      info.index[s] = (int64_t)i;
      toy_sample(&info.geometry[k], &rng, t->log_k + s * TOY_POINTS, t->u + s * TOY_POINTS);
    }
  }
  graft_source_split_default(&info, samples, &info.split[0]);
  t->field[0] = "u";
  t->field[1] = "log_k";
  t->field[2] = NULL;
  t->data[0] = t->u;
  t->data[1] = t->log_k;
  return graft_source_memory(&t->source, info, t->field, t->data);
}

static inline void toy_fini(toy *t) {
  graft_source_fini(&t->source);
  graft_free(t->u);
  graft_free(t->log_k);
}

#endif
