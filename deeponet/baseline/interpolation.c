/* SPDX-License-Identifier: BSD-2-Clause */
/* Method:    samples that numbers alone describe: an affine function of the numbers through the
 *            nearest training samples, by least squares weighted with 1/distance². Along one number
 *            that is linear interpolation between the two nearest, else NEIGHBOURS samples for each
 *            number that varies are taken.
 * Cost:      (v + t) n per task.
 * Reference: lancaster1981 (moving least squares). */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "deeponet/baseline_impl.h"
#include "deeponet/linalg_impl.h"

enum { MOST = 8 /* numbers that vary */, NEIGHBOURS = 3 };

struct state {
  size_t varying; /* D numbers that vary over the training samples */
  size_t column[MOST];
  double *distance; /* [v + t x n] squared */
};

static graft_status init(void *self, const graft_baseline_data *data) {
  struct state *s = self;
  size_t n = data->train, M = data->inputs, rows = data->validation + data->test;
  for (size_t c = 0; c < M && s->varying < MOST; c++) {
    bool varies = false;
    for (size_t j = 1; j < n && !varies; j++) varies = fabs(data->x[j * M + c] - data->x[c]) > 1e-9;
    if (varies) s->column[s->varying++] = c;
  }
  GRAFT_TRY(graft_alloc(&s->distance, rows * n, sizeof(double)));
  return graft_linalg_distances(rows, n, M, data->x + n * M, data->x, s->distance);
}

/* Numbers of the nearest samples, nearest first; returns how many. */
static size_t find_near(const double *distance, size_t n, size_t wanted, size_t *near) {
  size_t count = wanted < n ? wanted : n;
  for (size_t i = 0; i < count; i++) {
    size_t best = n;
    for (size_t j = 0; j < n; j++) {
      bool taken = false;
      for (size_t k = 0; k < i && !taken; k++) taken = near[k] == j;
      if (!taken && (best == n || distance[j] < distance[best])) best = j;
    }
    near[i] = best;
  }
  return count;
}

/* Solve a [m x m] y = b in place by elimination; a is symmetric and positive definite. */
static void solve(size_t m, double a[MOST + 1][MOST + 1], double *b) {
  for (size_t i = 0; i < m; i++) {
    for (size_t j = i + 1; j < m; j++) {
      double factor = a[j][i] / a[i][i];
      for (size_t k = i; k < m; k++) a[j][k] -= factor * a[i][k];
      b[j] -= factor * b[i];
    }
  }
  for (size_t i = m; i-- > 0;) {
    for (size_t k = i + 1; k < m; k++) b[i] -= a[i][k] * b[k];
    b[i] /= a[i][i];
  }
}

/* Weights of the near samples: value at x of the weighted fit. */
static void fit(const struct state *s, const graft_baseline_data *data, const double *x,
                const size_t *near, size_t count, const double *distance, double *out) {
  double a[MOST + 1][MOST + 1] = {{0}}, y[MOST + 1] = {1}, row[MOST + 1] = {1};
  size_t m = s->varying + 1;
  if (count == 0) return;
  double scale = distance[near[count - 1]] + 1e-12;
  for (size_t pass = 0; pass < 2; pass++) {
    for (size_t i = 0; i < count; i++) {
      const double *at = data->x + near[i] * data->inputs;
      double weight = 1 / (distance[near[i]] / scale + 1e-9), sum = 0;
      for (size_t d = 0; d + 1 < m; d++) row[d + 1] = at[s->column[d]] - x[s->column[d]];
      for (size_t j = 0; j < m; j++) {
        for (size_t k = 0; k < m && pass == 0; k++) a[j][k] += weight * row[j] * row[k];
        sum += row[j] * y[j];
      }
      if (pass == 1) out[near[i]] = weight * sum;
    }
    if (pass == 1) return;
    for (size_t j = 0; j < m; j++) a[j][j] += 1e-10 * (a[j][j] + 1e-12);
    solve(m, a, y);
  }
}

static void weights(const void *self, const graft_baseline_data *data, size_t candidate,
                    size_t first, size_t count, double *scratch, double *out) {
  const struct state *s = self;
  size_t n = data->train, near[NEIGHBOURS * MOST + 2];
  size_t wanted = s->varying <= 1 ? s->varying + 1 : NEIGHBOURS * s->varying;
  (void)candidate, (void)scratch;
  memset(out, 0, count * n * sizeof *out);
  for (size_t i = 0; i < count; i++) {
    const double *distance = s->distance + (first + i) * n;
    size_t found = find_near(distance, n, wanted, near);
    fit(s, data, data->x + (n + first + i) * data->inputs, near, found, distance, out + i * n);
  }
}

static void fini(void *self) { graft_free(((struct state *)self)->distance); }

const graft_baseline_type graft_baseline_interpolation = {
    .name = "interpolation",
    .summary = "affine in the numbers of the nearest training samples",
    .source = "lancaster1981",
    .numbers = true,
    .candidates = 1,
    .state_size = sizeof(struct state),
    .init = init,
    .weights = weights,
    .fini = fini,
};
