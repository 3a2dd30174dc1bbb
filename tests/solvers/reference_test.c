/* SPDX-License-Identifier: BSD-2-Clause
 * Truth from other methods. Boundary conditions one by one with manufactured solutions; the torsion
 * function (K = 1) against finite differences with extrapolation, a boundary series and a much
 * finer mesh; error estimates against errors on every shape of the registry. */
#include <stdlib.h>

#include "base/arena.h"
#include "geometry/domain.h"
#include "solvers/petsc.h"
#include "solvers/shape_solver.h"
#include "tests/graft_test.h"

#define PI 3.14159265358979323846

enum { GRID = 61 };

static bool mesh_of(const char *shape, double size, int order, graft_mesh *mesh) {
  graft_region region;
  graft_mesh_config config = graft_mesh_config_default();
  config.size = size;
  config.order = order;
  if (!T_OK(graft_domain_build(shape, NULL, &region))) return false;
  bool ok = T_OK(graft_mesh_create(&region, &config, mesh));
  graft_region_fini(&region);
  return ok;
}

/* Conditions on the boundary, each with a solution that meets it; K = 1, c = 1. */
enum condition { ZERO, CONSTANT, LINEAR, GENERAL, NO_FLUX, MIXED, CONDITIONS };

static const char *const condition_name[CONDITIONS] = {"zero",    "constant", "linear",
                                                       "general", "no flux",  "mixed"};

static double exact(enum condition kind, double x, double y) {
  double bubble = sin(PI * x) * sin(PI * y);
  switch (kind) {
  case ZERO: return bubble;
  case CONSTANT: return 0.7 + bubble;
  case LINEAR: return 0.7 - x + 2 * y + bubble;
  case GENERAL: return exp(x) * cos(2 * y);
  case NO_FLUX: return cos(PI * x) * cos(2 * PI * y);
  default: return cos(PI * x / 2) * cos(2 * PI * y); /* zero at x = 1, no flux elsewhere */
  }
}

/* f = −Δu + u */
static double right_side(enum condition kind, double x, double y) {
  double u = exact(kind, x, y), bubble = sin(PI * x) * sin(PI * y);
  switch (kind) {
  case ZERO:
  case CONSTANT:
  case LINEAR: return 2 * PI * PI * bubble + u;
  case GENERAL: return 4 * u;
  case NO_FLUX: return (5 * PI * PI + 1) * u;
  default: return (PI * PI / 4 + 4 * PI * PI + 1) * u;
  }
}

static double condition_error(enum condition kind, graft_mesh *mesh) {
  graft_fe *fe = NULL;
  double *work = NULL, *u = NULL, error = 0, norm = 0;
  for (size_t i = 0; i < mesh->nodes; i++) {
    double x = mesh->xy[2 * i];
    if (kind == NO_FLUX || (kind == MIXED && x < 1 - 1e-9)) mesh->boundary[i] = 0;
  }
  if (!T_OK(graft_fe_create(mesh, 8, &fe))) return NAN;
  size_t n = graft_fe_points(fe);
  const double *xy = graft_fe_xy(fe), *weight = graft_fe_weight(fe);
  if (!T_OK(graft_alloc(&work, 2 * n, sizeof *work))) return NAN;
  if (!T_OK(graft_alloc(&u, mesh->nodes, sizeof *u))) return NAN;
  for (size_t i = 0; i < mesh->nodes; i++) {
    u[i] = exact(kind, mesh->xy[2 * i], mesh->xy[2 * i + 1]);
  }
  for (size_t q = 0; q < n; q++) {
    work[q] = 1;
    work[n + q] = right_side(kind, xy[2 * q], xy[2 * q + 1]);
  }
  graft_fe_set_boundary(fe, u);
  graft_fe_set_source(fe, work + n);
  T_OK(graft_fe_assemble(fe, work, work));
  T_OK(graft_fe_solve(fe, u));
  graft_fe_evaluate(fe, u, work, NULL);
  for (size_t q = 0; q < n; q++) {
    double want = exact(kind, xy[2 * q], xy[2 * q + 1]);
    error += weight[q] * pow(work[q] - want, 2);
    norm += weight[q] * want * want;
  }
  graft_free(work);
  graft_free(u);
  graft_fe_destroy(fe);
  return sqrt(error / norm);
}

static void conditions_have_their_orders(void) {
  for (int kind = 0; kind < CONDITIONS; kind++) {
    for (int order = 1; order <= 2; order++) {
      double error[2] = {1, 1}, h[2] = {1, 2};
      for (int step = 0; step < 2; step++) {
        graft_mesh mesh;
        if (!mesh_of("square", step ? 0.025 : 0.1, order, &mesh)) return;
        error[step] = condition_error((enum condition)kind, &mesh);
        h[step] = 1 / sqrt((double)mesh.elements);
        graft_mesh_fini(&mesh);
      }
      double observed = log(error[0] / error[1]) / log(h[0] / h[1]);
      printf("# boundary values %s, P%d: errors %.3g, %.3g, order %.2f\n", condition_name[kind],
             order, error[0], error[1], observed);
      T_CHECK(observed > order + 0.9 && observed < order + 1.6);
    }
  }
}

/* Torsion function by finite elements at one point. */
static double torsion_at(const char *shape, double size, double x, double y) {
  graft_mesh mesh;
  graft_fe *fe = NULL;
  double *u = NULL, xy[2] = {x, y}, reference[2], value[6], off, got = 0;
  int element;
  if (!mesh_of(shape, size, 2, &mesh)) return NAN;
  if (T_OK(graft_fe_create(&mesh, 0, &fe)) && T_OK(graft_alloc(&u, mesh.nodes, sizeof *u)) &&
      T_OK(graft_fe_torsion(fe, u)) &&
      T_OK(graft_mesh_locate(&mesh, 1, xy, &element, reference, &off)) && T_CHECK(off < 1e-9)) {
    graft_triangle_basis(2, reference, value, NULL);
    for (int n = 0; n < 6; n++) got += value[n] * u[mesh.element[element * 6 + n]];
  }
  graft_free(u);
  graft_fe_destroy(fe);
  graft_mesh_fini(&mesh);
  return got;
}

/* y = A x for the five-point formula on n x n squares; rows of points outside are left out. */
static void apply(int n, const unsigned char *inside, const double *x, double *y) {
  for (int i = 1; i < n; i++) {
    for (int p = i * (n + 1) + 1; p < i * (n + 1) + n; p++) {
      y[p] = inside[p] ? 4 * x[p] - x[p - 1] - x[p + 1] - x[p - n - 1] - x[p + n + 1] : 0;
    }
  }
}

static double dot(size_t n, const double *x, const double *y) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += x[i] * y[i];
  return sum;
}

/* Torsion function by the five-point formula and conjugate gradients; the region's sides are grid
 * lines or diagonals. */
static double difference_at(const char *shape, int n, double x, double y) {
  size_t N = (size_t)(n + 1) * (size_t)(n + 1);
  graft_grid grid = graft_grid_square((size_t)n + 1);
  graft_region region;
  double *w = NULL;
  unsigned char *inside = NULL;
  if (!T_OK(graft_domain_build(shape, NULL, &region)) || !T_OK(graft_alloc(&inside, N, 1)) ||
      !T_OK(graft_alloc(&w, 5 * N, sizeof *w))) {
    return NAN;
  }
  double *u = w, *r = w + N, *d = w + 2 * N, *a = w + 3 * N, *distance = w + 4 * N;
  graft_grid_distance(&grid, &region, distance);
  for (size_t p = 0; p < N; p++) {
    inside[p] = distance[p] < -1e-9;
    r[p] = d[p] = inside[p] ? 1.0 / n / n : 0;
  }
  double square = dot(N, r, r), stop = 1e-20 * square;
  while (square > stop) {
    apply(n, inside, d, a);
    double step = square / dot(N, d, a), old = square;
    for (size_t p = 0; p < N; p++) {
      u[p] += step * d[p];
      r[p] -= step * a[p];
    }
    square = dot(N, r, r);
    for (size_t p = 0; p < N; p++) d[p] = r[p] + square / old * d[p];
  }
  double value = u[(size_t)floor(x * n + 0.5) * (size_t)(n + 1) + (size_t)floor(y * n + 0.5)];
  graft_free(inside);
  graft_free(w);
  graft_region_fini(&region);
  return value;
}

/* Extrapolated from three grids: errors h^(4/3) of re-entrant right angles (where there are any)
 * and h². */
static double extrapolated(const char *shape, bool corners, double x, double y) {
  double v[3], first = corners ? pow(2, 4.0 / 3) : 4, second = corners ? 4 : 16;
  for (int i = 0; i < 3; i++) v[i] = difference_at(shape, 60 << i, x, y);
  double a = v[1] + (v[1] - v[0]) / (first - 1), b = v[2] + (v[2] - v[1]) / (first - 1);
  return b + (b - a) / (second - 1);
}

static void torsion_agrees_with_differences(void) {
  static const struct {
    const char *shape;
    bool corners;
    double x, y;
  } row[] = {{"square", false, 0.5, 0.5},
             {"right_triangle", false, 0.3, 0.3},
             {"lshape", true, 0.3, 0.3},
             {"plus", true, 0.5, 0.5},
             {"square_cross", true, 0.2, 0.2}};
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    double want = extrapolated(row[i].shape, row[i].corners, row[i].x, row[i].y);
    double got = torsion_at(row[i].shape, 0.03, row[i].x, row[i].y);
    printf("# %s at (%g, %g): u0 = %.8f, differences %.8f, relative %.2g\n", row[i].shape, row[i].x,
           row[i].y, got, want, fabs(got / want - 1));
    T_NEAR(got / want, 1, 2e-4);
  }
}

/* LAPACK: least squares by orthogonal factors. */
extern void dgels_(const char *part, const int *m, const int *n, const int *nrhs, double *a,
                   const int *lda, double *b, const int *ldb, double *work, const int *lwork,
                   int *info);

enum { TERMS = 16, COLUMNS = 2 * TERMS + 2 };

/* Harmonic functions with the square's symmetries around a hole of radius 0.2. */
static void harmonics(double r, double angle, double *value) {
  value[0] = 1;
  value[1] = log(r / 0.2);
  for (int k = 1; k <= TERMS; k++) {
    value[2 * k] = pow(r / 0.7, 4 * k) * cos(4 * k * angle);
    value[2 * k + 1] = pow(0.2 / r, 4 * k) * cos(4 * k * angle);
  }
}

/* Square with a hole: u = −r²/4 + harmonic functions, u = 0 on the boundary in least squares. */
static double series_at(double x, double y, double *residual) {
  enum { ROWS = 400 };
  static double a[COLUMNS * ROWS], b[ROWS], work[64 * COLUMNS + ROWS];
  int m = ROWS, n = COLUMNS, one = 1, size = sizeof work / sizeof *work, info = 1;
  double value[COLUMNS], sum, r = hypot(x - 0.5, y - 0.5);
  for (int i = 0; i < ROWS; i++) {
    bool hole = i % 2;
    double angle = PI / 4 * (i + 0.5) / ROWS, radius = hole ? 0.2 : 0.5 / cos(angle);
    harmonics(radius, angle, value);
    for (int k = 0; k < COLUMNS; k++) a[k * ROWS + i] = value[k];
    b[i] = radius * radius / 4;
  }
  dgels_("N", &m, &n, &one, a, &m, b, &m, work, &size, &info);
  T_EQUAL(info, 0);
  sum = 0;
  for (int i = COLUMNS; i < ROWS; i++) sum += b[i] * b[i];
  *residual = sqrt(sum / ROWS);
  harmonics(r, atan2(y - 0.5, x - 0.5), value);
  sum = -r * r / 4;
  for (int k = 0; k < COLUMNS; k++) sum += b[k] * value[k];
  return sum;
}

static void torsion_agrees_with_a_series(void) {
  double residual, want = series_at(0.15, 0.2, &residual);
  double got = torsion_at("square_hole", 0.03, 0.15, 0.2);
  printf("# square_hole: u0 = %.8f, series %.8f (boundary %.1g), relative %.2g\n", got, want,
         residual, fabs(got / want - 1));
  T_CHECK(residual < 1e-5);
  T_NEAR(got / want, 1, 2e-4);
}

/* No other method at hand: a mesh of a quarter of the size. */
static void torsion_agrees_with_finer_meshes(void) {
  static const struct {
    const char *shape;
    double x, y;
  } row[] = {{"pentagram", 0.5, 0.5}, {"notch", 0.3, 0.2}, {"lshape", 0.3, 0.3}};
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    double want = torsion_at(row[i].shape, 0.0075, row[i].x, row[i].y);
    double got = torsion_at(row[i].shape, 0.03, row[i].x, row[i].y);
    printf("# %s: u0 = %.8f, finer mesh %.8f, relative %.2g\n", row[i].shape, got, want,
           fabs(got / want - 1));
    T_NEAR(got / want, 1, 5e-4);
  }
}

/* A shape (or one region of a family) with its solver. */
struct setting {
  graft_region region;
  graft_grid grid;
  double distance[GRID * GRID];
  graft_field *field;
  graft_shape_setting setting;
  graft_shape_solver solver, fine;
  bool ready, fine_ready;
};

static bool open_setting(struct setting *s, const char *shape, uint64_t index, double size) {
  s->grid = graft_grid_square(GRID);
  s->field = NULL;
  s->ready = s->fine_ready = false;
  if (!T_OK(graft_domain_draw(shape, 3, index, &s->region))) return false;
  graft_grid_distance(&s->grid, &s->region, s->distance);
  if (!T_OK(graft_field_create(graft_field_find("lognormal"), 0, 0, &s->field))) return false;
  s->setting = (graft_shape_setting){.problem = graft_problem_find("darcy"),
                                     .region = &s->region,
                                     .mesh_size = size,
                                     .order = 2,
                                     .grid = &s->grid,
                                     .distance = s->distance,
                                     .field = s->field};
  s->ready = T_OK(graft_shape_solver_init(&s->solver, &s->setting));
  s->setting.mesh_size = size / 3;
  s->fine_ready = T_OK(graft_shape_solver_init(&s->fine, &s->setting));
  s->setting.mesh_size = size;
  return s->ready && s->fine_ready;
}

static void close_setting(struct setting *s) {
  if (s->ready) graft_shape_solver_fini(&s->solver);
  if (s->fine_ready) graft_shape_solver_fini(&s->fine);
  graft_field_destroy(s->field);
  graft_region_fini(&s->region);
}

/* Estimate over error of sample i; the error. */
static double effectivity(struct setting *s, uint64_t i, double *error) {
  static float u[GRID * GRID], v[GRID * GRID];
  double square = 0, norm = 0;
  if (!T_OK(graft_field_draw(s->field, 3, GRAFT_STREAM_SAMPLE, i)) ||
      !T_OK(graft_shape_solver_assemble(&s->solver)) ||
      !T_OK(graft_shape_solver_solve(&s->solver, u)) ||
      !T_OK(graft_shape_solver_assemble(&s->fine)) ||
      !T_OK(graft_shape_solver_solve(&s->fine, v))) {
    return NAN;
  }
  for (size_t p = 0; p < GRID * GRID; p++) {
    square += pow((double)u[p] - (double)v[p], 2);
    norm += pow((double)v[p], 2);
  }
  *error = sqrt(square / norm);
  return graft_shape_solver_error(&s->solver) / *error;
}

/* One factor per shape; of a family one from its first region for all others. */
static void check_shape(const char *shape, bool family) {
  static struct setting s;
  double low = HUGE_VAL, high = 0, worst = 0, scale = 0;
  for (uint64_t r = 0; r < (family ? 6 : 1); r++) {
    if (open_setting(&s, shape, r, 0.04)) {
      if (r == 0) {
        T_OK(graft_shape_solver_calibrate(&s.solver, &s.setting, s.field, 3, GRAFT_STREAM_SAMPLE));
        scale = s.solver.estimator.scale;
      }
      s.solver.estimator.scale = scale;
      for (uint64_t i = 0; i < (family ? 1 : 3); i++) {
        double error = 0, ratio = effectivity(&s, i, &error);
        low = fmin(low, ratio);
        high = fmax(high, ratio);
        worst = fmax(worst, error);
      }
    }
    close_setting(&s);
  }
  printf("# %s: relative error up to %.2g, estimate / error %.2f to %.2f\n", shape, worst, low,
         high);
  T_CHECK(low >= 0.5 && high <= 3 && worst < 5e-3);
}

int main(int argc, char **argv) {
  if (!T_OK(graft_petsc_init((size_t)argc - 1, (const char *const *)argv + 1))) return 1;
  T_RUN(conditions_have_their_orders);
  T_RUN(torsion_agrees_with_differences);
  T_RUN(torsion_agrees_with_a_series);
  T_RUN(torsion_agrees_with_finer_meshes);
  for (size_t i = 0; graft_domain_get(i); i++) {
    const graft_domain_type *type = graft_domain_get(i);
    T_RUN_NAMED(type->name, check_shape(type->name, type->random));
  }
  graft_mesh_shutdown();
  graft_petsc_fini();
  return graft_test_done();
}
