/* SPDX-License-Identifier: BSD-2-Clause */
/* Tetrahedral elements: quadrature, closed form on an annulus, observed orders on a polyhedron,
 * balance. */
#include "solvers/solid_fe.h"

#include <stdlib.h>

#include "geometry/domain.h"
#include "geometry/plate.h"
#include "solvers/petsc.h"
#include "solvers/quadrature.h"
#include "tests/graft_test.h"

/* ∫ r^a s^b t^c over the reference tetrahedron is a! b! c! / (a + b + c + 3)!. */
static void quadrature(void) {
  static const int degree[] = {2, 5};
  for (int d = 0; d < 2; d++) {
    graft_quadrature_solid rule;
    graft_quadrature_solid_get(degree[d], &rule);
    for (int a = 0; a <= degree[d]; a++) {
      for (int b = 0; a + b <= degree[d]; b++) {
        for (int c = 0; a + b + c <= degree[d]; c++) {
          double sum = 0;
          for (int q = 0; q < rule.points; q++) {
            sum += rule.weight[q] * pow(rule.rst[q][0], a) * pow(rule.rst[q][1], b) *
                   pow(rule.rst[q][2], c);
          }
          T_NEAR(sum, tgamma(a + 1) * tgamma(b + 1) * tgamma(c + 1) / tgamma(a + b + c + 4), 1e-15);
        }
      }
    }
  }
}

/* Annulus r0 < r < R of height 1: q = 1 inside, β = 1 outside. */
static const double r0 = 0.5, R = 2;

static void annulus_surface(void *ctx, int tag, const double *xyz, const double *normal, double *q,
                            double *beta) {
  (void)ctx, (void)normal;
  if (tag < 0) return;
  if (hypot(xyz[0], xyz[1]) < 1) {
    *q = 1;
  } else {
    *beta = 1;
  }
}

static double annulus_exact(void *ctx, const double *xyz) {
  (void)ctx;
  return r0 * (log(R / hypot(xyz[0], xyz[1])) + 1 / R);
}

static void annulus(void) {
  graft_region region;
  graft_mesh base;
  graft_solid solid;
  graft_solid_fe *fe;
  graft_solid_law law = {.surface = annulus_surface};
  graft_mesh_config config = {.size = 0.18, .order = 2};
  static const double z[] = {0, 0.4, 1};
  graft_region_init(&region);
  T_OK(graft_region_add_circle(&region, 0, 0, R));
  T_OK(graft_region_add_circle(&region, 0, 0, r0));
  T_OK(graft_mesh_create(&region, &config, &base));
  T_OK(graft_solid_extrude(&base, NULL, 2, z, &solid));
  double *u = malloc(solid.nodes * sizeof *u), error, size;
  if (T_OK(graft_solid_fe_create(&solid, &law, &fe)) && T_OK(graft_solid_fe_solve(fe, u))) {
    graft_solid_fe_compare(fe, u, annulus_exact, NULL, &error, &size);
    printf("# annulus: %zu nodes, relative error %.2e, %d iterations\n", solid.nodes,
           sqrt(error / size), graft_solid_fe_iterations(fe));
    T_CHECK(sqrt(error / size) < 1e-4);
    T_NEAR(graft_solid_fe_volume(fe), 3.14159265358979323846 * (R * R - r0 * r0), 1e-3);
    graft_solid_fe_destroy(fe);
  }
  free(u);
  graft_solid_fini(&solid);
  graft_mesh_fini(&base);
  graft_region_fini(&region);
}

/* On the plus-shaped cross-section with a step, with k, u, f of xyz and matching fluxes. */
static double mms_u(void *ctx, const double *x) {
  (void)ctx;
  return sin(2 * x[0] + 1) * cos(3 * x[1]) * exp(x[2]) + x[0] * x[2];
}

static void mms_gradient(const double *x, double *g) {
  double e = exp(x[2]);
  g[0] = 2 * cos(2 * x[0] + 1) * cos(3 * x[1]) * e + x[2];
  g[1] = -3 * sin(2 * x[0] + 1) * sin(3 * x[1]) * e;
  g[2] = sin(2 * x[0] + 1) * cos(3 * x[1]) * e + x[0];
}

static double mms_k(const double *x) { return 1 + x[0] + 2 * x[1] * x[2]; }

static void mms_volume(void *ctx, const double *x, double *k, double *f) {
  double g[3], laplace = (1 - 4 - 9) * sin(2 * x[0] + 1) * cos(3 * x[1]) * exp(x[2]);
  (void)ctx;
  mms_gradient(x, g);
  *k = mms_k(x);
  *f = -*k * laplace - (g[0] + 2 * x[2] * g[1] + 2 * x[1] * g[2]);
}

static void mms_surface(void *ctx, int tag, const double *x, const double *normal, double *q,
                        double *beta) {
  double g[3];
  mms_gradient(x, g);
  *beta = tag == GRAFT_SOLID_TOP ? 3 : 1 + x[0];
  *q = *beta * mms_u(ctx, x);
  for (int a = 0; a < 3; a++) *q += mms_k(x) * g[a] * normal[a];
}

static double mms_error(int order, int n) {
  graft_region region;
  graft_mesh base;
  graft_solid solid;
  graft_solid_fe *fe;
  graft_solid_law law = {.volume = mms_volume, .surface = mms_surface};
  graft_mesh_config config = {.size = 0.5 / n, .order = order};
  double z[65], error = NAN, size = 1;
  T_OK(graft_domain_build("lshape", NULL, &region));
  T_OK(graft_mesh_create(&region, &config, &base));
  int *layer = calloc(base.elements, sizeof *layer);
  for (int i = 0; i <= 2 * n; i++) z[i] = 0.5 * i / n;
  for (size_t t = 0; t < base.elements; t++) { /* step: x > 1/2 begins at half the height */
    const int *node = base.element + graft_mesh_element_nodes(&base) * t;
    double x = 0;
    for (int i = 0; i < 3; i++) x += base.xy[2 * (size_t)node[i]] / 3;
    layer[t] = x > 0.6 ? n : 0; /* the wall of the step follows the triangles: a polyhedron */
  }
  T_OK(graft_solid_extrude(&base, layer, (size_t)(2 * n), z, &solid));
  double *u = malloc(solid.nodes * sizeof *u);
  if (T_OK(graft_solid_fe_create(&solid, &law, &fe)) && T_OK(graft_solid_fe_solve(fe, u))) {
    graft_solid_fe_compare(fe, u, mms_u, NULL, &error, &size);
    graft_solid_fe_destroy(fe);
  }
  free(u);
  free(layer);
  graft_solid_fini(&solid);
  graft_mesh_fini(&base);
  graft_region_fini(&region);
  return sqrt(error / size);
}

static void orders(void) {
  static const double least[] = {0, 1.9, 2.8};
  for (int order = 1; order <= 2; order++) {
    double coarse = mms_error(order, order == 1 ? 4 : 2),
           fine = mms_error(order, order == 1 ? 8 : 4);
    printf("# order %d: errors %.2e, %.2e, observed order %.2f\n", order, coarse, fine,
           log2(coarse / fine));
    T_CHECK(log2(coarse / fine) >= least[order]);
    T_CHECK(fine < (order == 1 ? 1e-2 : 1e-3));
  }
}

static void plate_surface(void *ctx, int tag, const double *xyz, const double *normal, double *q,
                          double *beta) {
  (void)ctx, (void)xyz, (void)normal;
  *q = tag == GRAFT_PLATE_HOLE;
  *beta = tag == GRAFT_PLATE_RIM ? 1 : tag == GRAFT_PLATE_COOLED ? 4 : 0;
}

/* What flows in through the hole flows out through rim and boss: with constants in the test space
 * this holds for any mesh; it tests assembly and linear solver. Areas and volume are exact. */
static void balance(void) {
  graft_plate plate = {3, 1.1, 0.15};
  graft_plate_mesh mesh;
  graft_solid_fe *fe;
  graft_solid_law law = {.surface = plate_surface};
  const double pi = 3.14159265358979323846;
  if (!T_OK(graft_plate_mesh_create(&plate, 0.3, 2, &mesh))) return;
  double *u = malloc(mesh.solid.nodes * sizeof *u);
  if (T_OK(graft_solid_fe_create(&mesh.solid, &law, &fe)) && T_OK(graft_solid_fe_solve(fe, u))) {
    double in = graft_solid_fe_flow(fe, GRAFT_PLATE_HOLE, u);
    double rim = graft_solid_fe_flow(fe, GRAFT_PLATE_RIM, u);
    double boss = graft_solid_fe_flow(fe, GRAFT_PLATE_COOLED, u);
    T_NEAR(in, pi * 0.15, 1e-4);
    T_NEAR(in + rim + boss, 0, 1e-8);
    T_CHECK(rim < -0.05 && boss < -0.05);
    T_NEAR(graft_solid_fe_volume(fe), graft_plate_volume(&plate) / 6, 1e-3);
    T_NEAR(graft_solid_fe_area(fe, GRAFT_PLATE_COOLED), pi * 0.36 / 6, 1e-4);
    T_NEAR(graft_solid_fe_area(fe, GRAFT_PLATE_RIM), 4 * pi / 6, 1e-3);
    graft_solid_fe_destroy(fe);
  }
  free(u);
  graft_plate_mesh_fini(&mesh);
}

int main(void) {
  if (graft_petsc_init(0, NULL) != GRAFT_OK) return 1;
  T_RUN(quadrature);
  T_RUN(annulus);
  T_RUN(orders);
  T_RUN(balance);
  graft_mesh_shutdown();
  graft_petsc_fini();
  return graft_test_done();
}
