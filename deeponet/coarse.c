/* SPDX-License-Identifier: BSD-2-Clause */
/* Method:    Galerkin solution of −∇·(K∇u) = 1, u = 0 on ∂Ω, in the space u₀ w: w made of quadratic
 *            B-splines on N x N cells over the whole grid, u₀ the torsion function of the region
 *            (weighted extended B-splines without the extension). Every such u vanishes on ∂Ω,
 *            whatever the region, without a mesh. With −Δu₀ = 1,
 *              ∫ K ∇(u₀w)·∇(u₀v) = ∫ K u₀² ∇w·∇v + ∫ (K u₀ − ½ K ∇log K·∇u₀²) w v,
 *            integrated by the grid's points; u₀² is smooth across ∂Ω, so its differences are taken
 *            there as everywhere. Where the region hardly reaches, differences of w between
 *            neighbouring splines are kept small (PENALTY). Constant K gives w = 1/K exactly; in
 *            general w is kept within twice the range of 1/K.
 * Cost:      45 P products to assemble, 4 N⁴ for the banded Cholesky factor; 0.3 ms for N = 16.
 * Reference: kantorovich1958 (u₀ times a series); hollig2003 (weighted B-splines). */
#include <math.h>
#include <string.h>

#include "deeponet/coarse_impl.h"

#define PENALTY 1e-4 /* relative to the largest u₀² */

enum { LOCAL = 9 /* splines that a cell sees: three along each axis */ };

/* Splines, and how many a row of the lower band has: from 2 (N + 2) + 2 places back on. */
static size_t band(size_t cells) { return 2 * cells + 7; }

size_t graft_coarse_count(size_t cells) { return (cells + 2) * (cells + 2); }

size_t graft_coarse_scratch(size_t cells) { return graft_coarse_count(cells) * band(cells); }

bool graft_coarse_equal_steps(const graft_source_info *info) {
  const double x = (info->hi[0] - info->lo[0]) / (double)(info->grid[0] - 1);
  const double y = (info->hi[1] - info->lo[1]) / (double)(info->grid[1] - 1);
  return fabs(x - y) <= 1e-6 * x;
}

/* A place in its cell: the splines there, with derivatives per step of the grid. */
struct cell {
  size_t spline[LOCAL];
  double value[LOCAL], dx[LOCAL], dy[LOCAL];
};

/* The three quadratic B-splines of a cell at t ∈ [0, 1]. */
static void evaluate(double t, double step, double value[3], double slope[3]) {
  value[0] = 0.5 * (1 - t) * (1 - t);
  value[1] = 0.5 + t - t * t;
  value[2] = 0.5 * t * t;
  slope[0] = (t - 1) / step;
  slope[1] = (1 - 2 * t) / step;
  slope[2] = t / step;
}

static void find_cell(const graft_source_info *info, size_t N, double x, double y,
                      struct cell *cell) {
  double hx = (double)(info->grid[0] - 1) / (double)N;
  double hy = (double)(info->grid[1] - 1) / (double)N;
  double s = fmin(fmax(x / hx, 0), (double)N), t = fmin(fmax(y / hy, 0), (double)N);
  size_t i = s < (double)N ? (size_t)s : N - 1, j = t < (double)N ? (size_t)t : N - 1;
  double a[3], da[3], b[3], db[3];
  evaluate(s - (double)i, hx, a, da);
  evaluate(t - (double)j, hy, b, db);
  for (size_t k = 0; k < LOCAL; k++) {
    cell->spline[k] = (i + k / 3) * (N + 2) + j + k % 3;
    cell->value[k] = a[k / 3] * b[k % 3];
    cell->dx[k] = da[k / 3] * b[k % 3];
    cell->dy[k] = a[k / 3] * db[k % 3];
  }
}

/* Difference of a field along an axis; one-sided at the edge. @p stride of that axis, place i of n
 */
static double slope(const float *map, size_t p, size_t stride, size_t i, size_t n) {
  size_t low = i > 0 ? p - stride : p, high = i + 1 < n ? p + stride : p;
  const size_t steps = (high - low) / stride;
  return ((double)map[high] - (double)map[low]) / (double)steps;
}

/* Difference of u₀² along an axis: 2 u₀ times its own, taken from inside at ∂Ω, where the
 * difference of squares would be too large beside u₀ and the system not definite. */
static double slope_of_square(const float *u, size_t p, size_t stride, size_t i, size_t n) {
  const double here = (double)u[p];
  const double low = i > 0 ? (double)u[p - stride] : 0;
  const double high = i + 1 < n ? (double)u[p + stride] : 0;
  if (low > 0 && high > 0) return here * (high - low);
  return 2 * here * (high > 0 ? high - here : low > 0 ? here - low : 0);
}

/* Add a grid point's part of the system. */
static void add_point(const graft_source_info *info, size_t cells, const float *torsion,
                      const float *log_k, size_t p, double *a, double *w) {
  const size_t n = info->grid[0], m = info->grid[1], i = p / m, j = p % m;
  const double step = (info->hi[0] - info->lo[0]) / (double)(n - 1);
  const double u = (double)torsion[p], k = exp((double)log_k[p]);
  const double gx = slope(log_k, p, m, i, n) * slope_of_square(torsion, p, m, i, n);
  const double gy = slope(log_k, p, 1, j, m) * slope_of_square(torsion, p, 1, j, m);
  const double stiff = k * u * u / (step * step);
  const double mass = k * (u - 0.5 * (gx + gy) / (step * step));
  const size_t width = band(cells);
  struct cell cell;
  find_cell(info, cells, (double)i, (double)j, &cell);
  for (size_t r = 0; r < LOCAL; r++) {
    w[cell.spline[r]] += u * cell.value[r];
    for (size_t c = 0; c <= r; c++) {
      double gradients = cell.dx[r] * cell.dx[c] + cell.dy[r] * cell.dy[c];
      a[cell.spline[r] * width + width - 1 - (cell.spline[r] - cell.spline[c])] +=
          stiff * gradients + mass * cell.value[r] * cell.value[c];
    }
  }
}

/* Keeps the system definite where u₀ is small: differences between neighbouring splines. */
static void add_penalty(size_t N, double penalty, double *a) {
  const size_t width = band(N), n = N + 2;
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < n; j++) {
      const size_t own = i * n + j;
      double *row = a + own * width + width - 1;
      for (size_t d = 0; d < 2; d++) {
        const size_t back = d ? 1 : n;
        if ((d ? j : i) == 0) continue;
        row[0] += penalty;
        row[-(ptrdiff_t)back] -= penalty;
        a[(own - back) * width + width - 1] += penalty;
      }
    }
  }
}

/* Banded Cholesky factor and solution in place. */
static void solve_band(size_t splines, size_t width, double *a, double *x) {
  for (size_t i = 0; i < splines; i++) {
    double *row = a + i * width;
    size_t first = i + 1 > width ? i + 1 - width : 0;
    for (size_t j = first; j <= i; j++) {
      const double *other = a + j * width;
      size_t from = j + 1 > width ? j + 1 - width : 0;
      if (from < first) from = first;
      double sum = row[width - 1 - (i - j)];
      const double *p = row + width - 1 - i + from, *q = other + width - 1 - j + from;
#pragma omp simd reduction(- : sum)
      for (size_t k = 0; k < j - from; k++) sum -= p[k] * q[k];
      if (j < i) row[width - 1 - (i - j)] = sum / other[width - 1];
      if (j == i) row[width - 1] = sqrt(fmax(sum, 1e-300));
    }
  }
  for (size_t i = 0; i < splines; i++) {
    size_t first = i + 1 > width ? i + 1 - width : 0;
    for (size_t j = first; j < i; j++) x[i] -= a[i * width + width - 1 - (i - j)] * x[j];
    x[i] /= a[i * width + width - 1];
  }
  for (size_t i = splines; i-- > 0;) {
    size_t first = i + 1 > width ? i + 1 - width : 0;
    x[i] /= a[i * width + width - 1];
    for (size_t j = first; j < i; j++) x[j] -= a[i * width + width - 1 - (i - j)] * x[i];
  }
}

void graft_coarse_solve(const graft_source_info *info, size_t cells, const float *torsion,
                        const float *log_k, double *w, double *scratch) {
  const size_t splines = graft_coarse_count(cells);
  double step = (info->hi[0] - info->lo[0]) / (double)(info->grid[0] - 1), largest = 0;
  double low = INFINITY, high = -INFINITY; /* of log K */
  memset(scratch, 0, graft_coarse_scratch(cells) * sizeof *scratch);
  memset(w, 0, splines * sizeof *w);
  for (size_t p = 0; p < info->points; p++) {
    if (!(torsion[p] > 0)) continue;
    largest = fmax(largest, (double)torsion[p]);
    low = fmin(low, (double)log_k[p]);
    high = fmax(high, (double)log_k[p]);
    add_point(info, cells, torsion, log_k, p, scratch, w);
  }
  add_penalty(cells, PENALTY * largest * largest / (step * step), scratch);
  solve_band(splines, band(cells), scratch, w);
  for (size_t i = 0; i < splines; i++) w[i] = fmin(fmax(w[i], 0.5 * exp(-high)), 2 * exp(-low));
}

double graft_coarse_value(const graft_source_info *info, size_t cells, const double *w, double x,
                          double y) {
  struct cell cell;
  double sum = 0;
  find_cell(info, cells, x, y, &cell);
  for (size_t k = 0; k < LOCAL; k++) sum += cell.value[k] * w[cell.spline[k]];
  return sum;
}
