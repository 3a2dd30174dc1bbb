/* SPDX-License-Identifier: BSD-2-Clause */
#include "deeponet/rotation.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/arena.h"

extern void dposv_(const char *uplo, const int *n, const int *nrhs, double *a, const int *lda,
                   double *b, const int *ldb, int *info);

enum { S = GRAFT_STENCIL };
static const double pi = 3.14159265358979323846;
static const double torsion_tolerance = 3e-3; /* of its maximum */
static const double quick_tolerance = 0.1;    /* the same, interpolated linearly */
static const double sdf_tolerance = 0.75;     /* grid steps: its interpolation rounds off kinks */
static const double length = 5;               /* of the Gaussian process, grid steps */
static const double nugget = 1e-9;
static const double shallow = 1e-3; /* of the largest torsion: below, u / torsion isn't used */

/* The grid and region that stencils are made for. */
struct plane {
  size_t nx, ny;
  double lo[2], step[2], centre[2], largest; /* largest torsion */
  const graft_source_geometry *geometry;
};

/* Place of grid point p along the first axis. */
static double first_index(size_t p, size_t ny) {
  size_t i = p / ny;
  return (double)i;
}

static void plane_init(struct plane *plane, const graft_source_info *info,
                       const graft_source_geometry *geometry) {
  double sum = 0, at[2] = {0};
  *plane = (struct plane){.nx = info->grid[0], .ny = info->grid[1], .geometry = geometry};
  for (int a = 0; a < 2; a++) {
    plane->lo[a] = info->lo[a];
    plane->step[a] = (info->hi[a] - info->lo[a]) / (double)(info->grid[a] - 1);
  }
  for (size_t p = 0; p < info->points; p++) { /* smooth weights: centroid without a staircase */
    plane->largest = fmax(plane->largest, (double)geometry->torsion[p]);
    double weight = (double)geometry->torsion[p] * (double)geometry->torsion[p];
    sum += weight;
    at[0] += weight * first_index(p, plane->ny);
    at[1] += weight * (double)(p % plane->ny);
  }
  for (int a = 0; a < 2; a++) plane->centre[a] = plane->lo[a] + plane->step[a] * at[a] / sum;
}

static void rotate(const struct plane *plane, size_t p, double angle, double out[2]) {
  double x = plane->lo[0] + plane->step[0] * first_index(p, plane->ny) - plane->centre[0];
  double y = plane->lo[1] + plane->step[1] * (double)(p % plane->ny) - plane->centre[1];
  out[0] = plane->centre[0] + cos(angle) * x - sin(angle) * y;
  out[1] = plane->centre[1] + sin(angle) * x + cos(angle) * y;
}

/* Squared distance of a grid point from x, in grid steps. */
static double distance(const struct plane *plane, size_t p, const double x[2]) {
  double i = first_index(p, plane->ny) - (x[0] - plane->lo[0]) / plane->step[0];
  double j = (double)(p % plane->ny) - (x[1] - plane->lo[1]) / plane->step[1];
  return i * i + j * j;
}

/* Put p into the list of the nearest points, in order of distance. */
static size_t insert(size_t count, uint32_t *near, double *far, size_t p, double d) {
  size_t i = count < S ? count : S - 1;
  if (count == S && d >= far[S - 1]) return count;
  for (; i > 0 && far[i - 1] > d; i--) {
    near[i] = near[i - 1];
    far[i] = far[i - 1];
  }
  near[i] = (uint32_t)p;
  far[i] = d;
  return count < S ? count + 1 : count;
}

/* The nearest points to x of those that are in use: squares around it grow until none can be
 * missing. */
static size_t nearest(const struct plane *plane, const bool *used, const double x[2],
                      uint32_t *near) {
  double far[S];
  size_t count = 0;
  long i0 = lround((x[0] - plane->lo[0]) / plane->step[0]);
  long j0 = lround((x[1] - plane->lo[1]) / plane->step[1]);
  long nx = (long)plane->nx, ny = (long)plane->ny, most = nx > ny ? nx : ny;
  for (long r = 0; r <= most; r++) {
    double reach = (double)r - 1;
    if (count == S && reach > 0 && reach * reach > far[S - 1]) break;
    for (long i = i0 - r; i <= i0 + r; i++) {
      bool edge = i == i0 - r || i == i0 + r;
      for (long j = j0 - r; j <= j0 + r; j += edge || r == 0 ? 1 : 2 * r) {
        if (i < 0 || j < 0 || i >= nx || j >= ny || !used[i * ny + j]) continue;
        size_t p = (size_t)(i * ny + j);
        count = insert(count, near, far, p, distance(plane, p, x));
      }
    }
  }
  return count;
}

static double covariance(double square) { return exp(-square / (2 * length * length)); }

/* Weights of one stencil; false when the points are too few or the system can't be solved. */
static bool weigh(const struct plane *plane, const double x[2], const uint32_t *near,
                  float *weight) {
  double matrix[S * S], right[S], sum = 0;
  int n = S, one = 1, info;
  for (size_t s = 0; s < S; s++) {
    double at[2] = {plane->lo[0] + plane->step[0] * first_index(near[s], plane->ny),
                    plane->lo[1] + plane->step[1] * (double)(near[s] % plane->ny)};
    for (size_t r = 0; r < S; r++)
      matrix[s * S + r] = covariance(distance(plane, near[r], at)) + (r == s ? nugget : 0);
    right[s] = covariance(distance(plane, near[s], x));
  }
  dposv_("U", &n, &one, matrix, &n, right, &n, &info);
  if (info != 0) return false;
  for (size_t s = 0; s < S; s++) sum += right[s];
  for (size_t s = 0; s < S; s++) weight[s] = (float)(right[s] / sum);
  return true;
}

/* Stencils of a rotation from the points in use, at the points wanted; *good = false when one
 * can't be made. */
static graft_status stencils_init(graft_stencils *stencils, const struct plane *plane,
                                  const bool *used, double angle, bool *good) {
  size_t P = plane->nx * plane->ny;
  bool fine = true;
  GRAFT_TRY(graft_alloc(&stencils->point, P * S, sizeof *stencils->point));
  GRAFT_TRY(graft_alloc(&stencils->weight, P * S, sizeof *stencils->weight));
#pragma omp parallel for schedule(dynamic, 64) reduction(&& : fine)
  for (size_t p = 0; p < P; p++) {
    double x[2];
    if (!plane->geometry->mask[p]) continue;
    rotate(plane, p, angle, x);
    fine = fine && nearest(plane, used, x, stencils->point + p * S) == S &&
           weigh(plane, x, stencils->point + p * S, stencils->weight + p * S);
  }
  *good = *good && fine;
  return GRAFT_OK;
}

static void stencils_fini(graft_stencils *stencils) {
  graft_free(stencils->point);
  graft_free(stencils->weight);
  *stencils = (graft_stencils){0};
}

/* Torsion at x, linear on each cell of the grid; 0 outside of it. */
static double torsion_at(const struct plane *plane, const double x[2]) {
  const float *torsion = plane->geometry->torsion;
  double i = (x[0] - plane->lo[0]) / plane->step[0], j = (x[1] - plane->lo[1]) / plane->step[1];
  if (!(i >= 0 && j >= 0 && i <= (double)(plane->nx - 1) && j <= (double)(plane->ny - 1))) return 0;
  size_t a = i < (double)(plane->nx - 1) ? (size_t)i : plane->nx - 2;
  size_t b = j < (double)(plane->ny - 1) ? (size_t)j : plane->ny - 2;
  const float *at = torsion + a * plane->ny + b;
  double s = i - (double)a, t = j - (double)b;
  return (1 - s) * ((1 - t) * (double)at[0] + t * (double)at[1]) +
         s * ((1 - t) * (double)at[plane->ny] + t * (double)at[plane->ny + 1]);
}

/* Could the rotation keep the region? Cheap: for the many regions that have no such symmetry. */
static bool possible(const struct plane *plane, double angle) {
  for (size_t p = 0; p < plane->nx * plane->ny; p++) {
    double x[2];
    if (!plane->geometry->mask[p]) continue;
    rotate(plane, p, angle, x);
    double change = fabs(torsion_at(plane, x) - (double)plane->geometry->torsion[p]);
    if (change > quick_tolerance * plane->largest) return false;
  }
  return true;
}

/* Does the rotation that made these stencils keep the region? */
static bool invariant(const struct plane *plane, const graft_stencils *stencils) {
  const graft_source_geometry *geometry = plane->geometry;
  size_t P = plane->nx * plane->ny;
  double step = fmax(plane->step[0], plane->step[1]);
  for (size_t p = 0; p < P; p++) {
    if (!geometry->mask[p]) continue;
    double sdf = graft_stencils_float(stencils, p, geometry->sdf) - (double)geometry->sdf[p];
    double torsion =
        graft_stencils_float(stencils, p, geometry->torsion) - (double)geometry->torsion[p];
    if (fabs(sdf) > sdf_tolerance * step || fabs(torsion) > torsion_tolerance * plane->largest)
      return false;
  }
  return true;
}

/* How many of the grid's symmetries are rotations: of a 2D grid those with a fixed sense. */
static size_t rotations(const graft_symmetry *symmetry, const struct plane *plane) {
  size_t count = 0, ny = plane->ny;
  for (size_t h = 0; h < symmetry->count; h++) {
    const uint32_t *point = symmetry->point + h * symmetry->points;
    double ix = first_index(point[ny], ny) - first_index(point[0], ny);
    double iy = (double)(point[ny] % ny) - (double)(point[0] % ny);
    double jx = first_index(point[1], ny) - first_index(point[0], ny);
    double jy = (double)(point[1] % ny) - (double)(point[0] % ny);
    count += ix * jy - iy * jx > 0;
  }
  return count;
}

static void turn_fini(graft_turn *turn) {
  stencils_fini(&turn->input);
  stencils_fini(&turn->input_back);
  stencils_fini(&turn->output);
  stencils_fini(&turn->output_back);
}

/* All turns of rotation order n; *good: the region allows them. */
static graft_status try_order(graft_rotation *rotation, const struct plane *plane,
                              const bool *closed, const bool *inner, size_t n, size_t count,
                              bool *good) {
  *good = true;
  GRAFT_TRY(graft_alloc(&rotation->turn, count, sizeof *rotation->turn));
  rotation->count = count;
  for (size_t j = 1; j < count && *good; j++) {
    graft_turn *turn = &rotation->turn[j];
    double angle = 2 * pi * (double)j / (double)n;
    GRAFT_TRY(stencils_init(&turn->input, plane, closed, angle, good));
    *good = *good && invariant(plane, &turn->input);
    if (!*good) break;
    GRAFT_TRY(stencils_init(&turn->input_back, plane, closed, -angle, good));
    GRAFT_TRY(stencils_init(&turn->output, plane, inner, angle, good));
    GRAFT_TRY(stencils_init(&turn->output_back, plane, inner, -angle, good));
  }
  if (!*good) graft_rotation_drop(rotation);
  return GRAFT_OK;
}

static graft_status find(graft_rotation *rotation, const struct plane *plane, size_t own,
                         size_t most, const bool *closed, const bool *inner) {
  bool good = false;
  size_t P = rotation->points;
  for (size_t n = most; own > 0 && n > own && !good; n--) {
    if (n % own == 0 && possible(plane, 2 * pi / (double)n)) {
      GRAFT_TRY(try_order(rotation, plane, closed, inner, n, n / own, &good));
    }
  }
  if (!good) return GRAFT_OK;
  GRAFT_TRY(graft_alloc(&rotation->scale, P, sizeof *rotation->scale));
  GRAFT_TRY(graft_alloc(&rotation->torsion, P, sizeof *rotation->torsion));
  memcpy(rotation->torsion, plane->geometry->torsion, P * sizeof *rotation->torsion);
  for (size_t p = 0; p < P; p++) rotation->scale[p] = inner[p] ? 1 / rotation->torsion[p] : 0;
  return GRAFT_OK;
}

graft_status graft_rotation_init(graft_rotation *rotation, const graft_source_info *info,
                                 const graft_source_geometry *geometry,
                                 const graft_symmetry *symmetry, size_t most) {
  struct plane plane;
  bool *closed = NULL, *inner = NULL;
  float largest = 0;
  graft_status status;
  *rotation = (graft_rotation){.count = 1, .points = info->points};
  for (size_t p = 0; p < info->points; p++) largest = fmaxf(largest, geometry->torsion[p]);
  if (info->dims != 2 || !(largest > 0) || info->grid[0] < 2 || info->grid[1] < 2) return GRAFT_OK;
  plane_init(&plane, info, geometry);
  GRAFT_TRY_TO(done, graft_alloc(&closed, info->points, sizeof *closed));
  GRAFT_TRY_TO(done, graft_alloc(&inner, info->points, sizeof *inner));
  for (size_t p = 0; p < info->points; p++) {
    closed[p] = geometry->mask[p];
    inner[p] = closed[p] && (double)geometry->torsion[p] > shallow * (double)largest;
  }
  GRAFT_TRY_TO(done, find(rotation, &plane, rotations(symmetry, &plane), most, closed, inner));
done:
  graft_free(closed);
  graft_free(inner);
  return status;
}

void graft_rotation_input(const graft_rotation *rotation, size_t j, const float *log_k,
                          float *out) {
  if (j == 0) {
    memcpy(out, log_k, rotation->points * sizeof *out);
    return;
  }
  const graft_stencils *stencils = &rotation->turn[j].input;
  for (size_t p = 0; p < rotation->points; p++) {
    out[p] = (float)graft_stencils_float(stencils, p, log_k);
  }
}

double graft_rotation_u(const graft_rotation *rotation, size_t j, size_t p, const float *u) {
  const graft_stencils *stencils = &rotation->turn[j].output;
  double sum = 0;
  for (size_t s = p * S; s < (p + 1) * S; s++) {
    uint32_t q = stencils->point[s];
    sum += (double)(stencils->weight[s] * rotation->scale[q]) * (double)u[q];
  }
  return sum * (double)rotation->torsion[p];
}

graft_status graft_rotation_error(const graft_rotation *rotation, const float *log_k,
                                  double *error) {
  size_t P = rotation->points;
  float *turned;
  *error = 0;
  if (rotation->count == 1) return GRAFT_OK;
  GRAFT_TRY(graft_alloc(&turned, P, sizeof *turned));
  for (size_t j = 1; j < rotation->count; j++) {
    double wrong = 0, sum = 0, square = 0, count = 0;
    graft_rotation_input(rotation, j, log_k, turned);
    for (size_t p = 0; p < P; p++) {
      if (!(rotation->scale[p] > 0)) continue;
      double want = (double)log_k[p];
      double off = graft_stencils_float(&rotation->turn[j].input_back, p, turned) - want;
      wrong += off * off;
      sum += want;
      square += want * want;
      count++;
    }
    double spread = square - sum * sum / count;
    *error = fmax(*error, spread > 0 ? sqrt(wrong / spread) : 0);
  }
  graft_free(turned);
  return GRAFT_OK;
}

void graft_rotation_drop(graft_rotation *rotation) {
  for (size_t j = 1; rotation->turn && j < rotation->count; j++) turn_fini(&rotation->turn[j]);
  graft_free(rotation->turn);
  graft_free(rotation->scale);
  graft_free(rotation->torsion);
  rotation->turn = NULL;
  rotation->scale = rotation->torsion = NULL;
  rotation->count = 1;
}

void graft_rotation_fini(graft_rotation *rotation) {
  graft_rotation_drop(rotation);
  *rotation = (graft_rotation){0};
}
