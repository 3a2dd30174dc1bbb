/* SPDX-License-Identifier: BSD-2-Clause */
/* Method:    fields looked up at a stencil around a point: the point itself and RINGS rings of
 *            DIRECTIONS places, at radii of 0.03 to 0.36 of the domain's side, turned so that the
 *            first direction is that of ∇u₀, u₀ the torsion function: numbers that do not change
 *            when region and field are turned together. The wider the ring, the smoother the field
 *            that is read there: means over the region with Gaussian weights. Thereby a point sees
 *            its surroundings finely nearby and coarsely far away, as in a multigrid hierarchy.
 * Cost:      smoothing about 300 P products per field and sample, then AROUND look-ups of four
 *            values per point.
 * Reference: knutsson1993 (normalised convolution); greengard1987 (fine nearby, coarse far away).
 */
#include <math.h>
#include <string.h>

#include "deeponet/coarse_impl.h"
#include "deeponet/model_impl.h"

/* In units of the domain's first side. */
static const double radius[RINGS] = {0.03, 0.07, 0.13, 0.22, 0.36};
static const double deviation[RINGS] = {0, 0.015, 0.04, 0.08, 0.12}; /* 0: the field itself */
static const double reach = 2.5; /* Gaussian weights end at so many deviations */
static const double least_weight = 1e-3;
enum { MOST_TAPS = 128 };

double graft_local_value(const graft_deeponet *model, const float *map, double x, double y) {
  const size_t n = model->info.grid[0], m = model->info.grid[1];
  x = fmin(fmax(x, 0), (double)(n - 1));
  y = fmin(fmax(y, 0), (double)(m - 1));
  size_t i = (size_t)x, j = (size_t)y;
  size_t down = i + 1 < n ? m : 0, right = j + 1 < m ? 1 : 0;
  double s = x - (double)i, t = y - (double)j;
  const float *p = map + i * m + j;
  double low = (1 - t) * (double)p[0] + t * (double)p[right];
  double high = (1 - t) * (double)p[down] + t * (double)p[down + right];
  return (1 - s) * low + s * high;
}

void graft_around_gradient(const graft_deeponet *model, const struct region *region,
                           const double *at, double gradient[2]) {
  const float *u = region->torsion;
  double x = at[0], y = at[1];
  gradient[0] =
      0.5 * (graft_local_value(model, u, x + 1, y) - graft_local_value(model, u, x - 1, y));
  gradient[1] =
      0.5 * (graft_local_value(model, u, x, y + 1) - graft_local_value(model, u, x, y - 1));
}

/* Sums with Gaussian weights along the middle axis of [lines x n x inner]; what lies beyond the
 * ends counts nothing. */
static void smooth_axis(size_t lines, size_t n, size_t inner, size_t taps, const float *weight,
                        const float *in, float *out) {
  memset(out, 0, lines * n * inner * sizeof *out);
  for (size_t line = 0; line < lines; line++) {
    for (size_t d = 0; d <= taps && d < n; d++) {
      const size_t count = (n - d) * inner, move = d * inner;
      const float *from = in + line * n * inner, factor = weight[d];
      float *to = out + line * n * inner;
      for (size_t i = 0; i < count; i++) to[i] += factor * from[i + move];
      for (size_t i = 0; i < count && d; i++) to[i + move] += factor * from[i];
    }
  }
}

static void smooth_field(const graft_deeponet *model, double std, float *map, float *scratch) {
  const size_t n = model->info.grid[0], m = model->info.grid[1];
  float weight[MOST_TAPS];
  size_t taps = (size_t)ceil(reach * std);
  if (taps >= MOST_TAPS) taps = MOST_TAPS - 1;
  for (size_t k = 0; k <= taps; k++) {
    weight[k] = (float)exp(-0.5 * (double)(k * k) / (std * std));
  }
  smooth_axis(1, n, m, taps, weight, map, scratch);
  smooth_axis(n, m, 1, taps, weight, scratch, map);
}

void graft_around_smooth(const graft_deeponet *model, const struct region *region,
                         const float *field, float *smooth, float *scratch) {
  const size_t P = model->info.points;
  const double side = (double)(model->info.grid[0] - 1);
  float *share = scratch + P;
  for (size_t r = 1; r < RINGS; r++) {
    float *map = smooth + (r - 1) * P;
    for (size_t p = 0; p < P; p++) {
      share[p] = region->mask[p];
      map[p] = region->mask[p] ? field[p] : 0;
    }
    smooth_field(model, deviation[r] * side, map, scratch);
    smooth_field(model, deviation[r] * side, share, scratch);
    for (size_t p = 0; p < P; p++) {
      map[p] = share[p] > (float)least_weight ? map[p] / share[p] : 0;
    }
  }
}

/* Places of the stencil, the first direction that of the gradient. */
static void place_stencil(const graft_deeponet *model, const struct local_maps *maps,
                          const double *at, double (*place)[2]) {
  const double side = (double)(model->info.grid[0] - 1), diagonal = sqrt(0.5);
  static const double turn[4][2] = {{1, 0}, {0, 1}, {-1, 0}, {0, -1}}; /* by 90° each */
  double g[2], norm;
  graft_around_gradient(model, maps->region, at, g);
  norm = hypot(g[0], g[1]);
  g[0] = norm > 0 ? g[0] / norm : 1;
  g[1] = norm > 0 ? g[1] / norm : 0;
  place[0][0] = at[0];
  place[0][1] = at[1];
  for (size_t d = 0; d < DIRECTIONS; d++) {
    const double *q = turn[d / 2];
    double c = d % 2 ? diagonal * (q[0] - q[1]) : q[0], s = d % 2 ? diagonal * (q[0] + q[1]) : q[1];
    double x = c * g[0] - s * g[1], y = s * g[0] + c * g[1];
    for (size_t r = 0; r < RINGS; r++) {
      place[1 + r * DIRECTIONS + d][0] = at[0] + radius[r] * side * x;
      place[1 + r * DIRECTIONS + d][1] = at[1] + radius[r] * side * y;
    }
  }
}

void graft_around_fill(const graft_deeponet *model, const struct local_maps *maps, const double *at,
                       double *out) {
  const size_t P = model->info.points;
  double place[AROUND][2];
  place_stencil(model, maps, at, place);
  for (size_t f = 0; f < model->locals; f++) {
    const struct local_feature *feature = &model->local[f];
    double *column = out + feature->first;
    if (!feature->around) continue;
    for (size_t k = 0; k < AROUND; k++) {
      const double x = place[k][0], y = place[k][1];
      const size_t ring = k ? (k - 1) / DIRECTIONS : 0;
      const float *map = feature->kind == FEATURE_SDF       ? maps->region->sdf
                         : feature->kind == FEATURE_TORSION ? maps->region->torsion
                         : ring == 0
                             ? maps->field + feature->field * P
                             : maps->smooth + (feature->smooth * (RINGS - 1) + ring - 1) * P;
      column[k] = feature->kind == FEATURE_COARSE
                      ? graft_coarse_value(&model->info, (size_t)model->config.coarse,
                                           maps->coarse_log, x, y)
                      : graft_local_value(model, map, x, y);
    }
  }
}
