/* SPDX-License-Identifier: BSD-2-Clause */
#include "deeponet/calibration.h"

#include <math.h>
#include <stdlib.h>

#include "base/arena.h"

static const double level[GRAFT_CALIBRATION_LEVELS] = {0.1, 0.2, 0.3, 0.4,  0.5, 0.6,
                                                       0.7, 0.8, 0.9, 0.95, 0.99};
static const double root_half = 0.7071067811865475;

double graft_calibration_level(size_t i) { return level[i]; }

/* A sample's size of something, and its rank among all. */
struct ranked {
  double value, rank;
  size_t place;
};

static int by_value(const void *a, const void *b) {
  const double x = ((const struct ranked *)a)->value, y = ((const struct ranked *)b)->value;
  return (x > y) - (x < y);
}

static int by_place(const void *a, const void *b) {
  const size_t x = ((const struct ranked *)a)->place, y = ((const struct ranked *)b)->place;
  return (x > y) - (x < y);
}

/* Ranks from 0, equal values sharing their mean rank; the order stays. */
static void rank(struct ranked *item, size_t count) {
  qsort(item, count, sizeof *item, by_value);
  for (size_t i = 0, j; i < count; i = j) {
    for (j = i + 1; j < count && !(item[j].value > item[i].value);) j++;
    for (size_t k = i; k < j; k++) item[k].rank = 0.5 * (double)(i + j - 1);
  }
  qsort(item, count, sizeof *item, by_place);
}

static double correlation(struct ranked *a, struct ranked *b, size_t count) {
  double ab = 0, aa = 0, bb = 0;
  const double mean = 0.5 * ((double)count - 1);
  if (count < 3) return NAN;
  rank(a, count);
  rank(b, count);
  for (size_t i = 0; i < count; i++) {
    ab += (a[i].rank - mean) * (b[i].rank - mean);
    aa += (a[i].rank - mean) * (a[i].rank - mean);
    bb += (b[i].rank - mean) * (b[i].rank - mean);
  }
  return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : NAN;
}

graft_status graft_calibration_build(size_t count, size_t points, const float *u,
                                     const float *truth, const float *spread,
                                     graft_calibration *c) {
  struct ranked *error, *size;
  double all_error = 0, all_spread = 0;
  *c = (graft_calibration){.samples = count};
  GRAFT_TRY(graft_alloc(&error, 2 * (count ? count : 1), sizeof *error));
  size = error + count;
  for (size_t i = 0; i < count; i++) {
    error[i].place = size[i].place = i;
    for (size_t p = i * points; p < (i + 1) * points; p++) {
      const double e = fabs((double)u[p] - (double)truth[p]), s = (double)spread[p];
      if (!(s > 0)) continue;
      const double probability = erf(root_half * e / s);
      for (size_t l = 0; l < GRAFT_CALIBRATION_LEVELS; l++)
        c->covered[l] += probability <= level[l];
      c->points++;
      error[i].value += e * e;
      size[i].value += s * s;
    }
    all_error += error[i].value;
    all_spread += size[i].value;
  }
  for (size_t l = 0; l < GRAFT_CALIBRATION_LEVELS; l++) c->covered[l] /= c->points;
  c->ratio = all_spread > 0 ? sqrt(all_error / all_spread) : NAN;
  c->correlation = correlation(error, size, count);
  graft_free(error);
  return GRAFT_OK;
}
