/* SPDX-License-Identifier: BSD-2-Clause
 * Finite elements: quadrature, observed orders on manufactured solutions of every problem, closed
 * forms for K = 1, symmetry, refinement of a random sample, solvers by PETSc's options. */
#include "solvers/fe.h"

#include <petscksp.h>

#include "base/arena.h"
#include "geometry/domain.h"
#include "solvers/petsc.h"
#include "solvers/problem.h"
#include "solvers/quadrature.h"
#include "solvers/shape_solver.h"
#include "tests/graft_test.h"

static double factorial(int n) { return n < 2 ? 1 : n * factorial(n - 1); }

/* ∫ r^a s^b over the reference triangle = a! b! / (a + b + 2)!. */
static void quadrature_is_exact(void) {
  graft_quadrature rule;
  for (int degree = 2; degree <= 8; degree += 2) {
    if (!T_OK(graft_quadrature_get(degree, &rule))) continue;
    T_EQUAL(rule.degree, degree);
    for (int a = 0; a <= degree; a++) {
      for (int b = 0; a + b <= degree; b++) {
        double sum = 0, want = factorial(a) * factorial(b) / factorial(a + b + 2);
        for (int q = 0; q < rule.points; q++) {
          sum += rule.weight[q] * pow(rule.rs[q][0], a) * pow(rule.rs[q][1], b);
        }
        T_NEAR(sum, want, 3e-15);
      }
    }
  }
  T_FAILS(graft_quadrature_get(9, &rule), GRAFT_INTERNAL, "9");
}

static bool make_mesh(const char *shape, double size, int order, graft_mesh *mesh) {
  graft_region region;
  graft_mesh_config config = graft_mesh_config_default();
  config.size = size;
  config.order = order;
  if (!T_OK(graft_domain_build(shape, NULL, &region))) return false;
  bool ok = T_OK(graft_mesh_create(&region, &config, mesh));
  graft_region_fini(&region);
  return ok;
}

/* ‖u − exact‖ / ‖exact‖ by a rule of degree 8. */
static double error_of(const graft_mesh *mesh, const graft_manufactured *exact, const double *u) {
  graft_fe *fe = NULL;
  double *value = NULL, error = 0, norm = 0;
  if (!T_OK(graft_fe_create(mesh, 8, &fe))) return NAN;
  size_t n = graft_fe_points(fe);
  const double *weight = graft_fe_weight(fe);
  if (!T_OK(graft_alloc(&value, 2 * n, sizeof *value))) return NAN;
  graft_fe_evaluate(fe, u, value, NULL);
  exact->solution(n, graft_fe_xy(fe), value + n);
  for (size_t q = 0; q < n; q++) {
    error += weight[q] * pow(value[q] - value[n + q], 2);
    norm += weight[q] * pow(value[n + q], 2);
  }
  graft_free(value);
  graft_fe_destroy(fe);
  return sqrt(error / norm);
}

/* Relative L2 error of the manufactured solution, assembled with the default rule. */
static double manufactured_error(const graft_problem_type *problem, const graft_mesh *mesh) {
  const graft_elliptic_form *form = problem->form;
  const graft_manufactured *exact = problem->manufactured;
  graft_fe *fe = NULL;
  double *work = NULL, *u = NULL;
  if (!T_OK(graft_fe_create(mesh, 0, &fe))) return NAN;
  size_t n = graft_fe_points(fe);
  const double *xy = graft_fe_xy(fe);
  if (!T_OK(graft_alloc(&work, 4 * n, sizeof *work))) return NAN;
  if (!T_OK(graft_alloc(&u, mesh->nodes, sizeof *u))) return NAN;
  double *g = work, *k = work + n, *c = work + 2 * n, *f = work + 3 * n;
  exact->solution(mesh->nodes, mesh->xy, u);
  graft_fe_set_boundary(fe, u);
  exact->source(n, xy, f);
  graft_fe_set_source(fe, f);
  exact->field(n, xy, g);
  form->diffusion(n, xy, g, k);
  if (form->reaction) form->reaction(n, xy, g, c);
  T_OK(graft_fe_assemble(fe, k, form->reaction ? c : NULL));
  T_OK(graft_fe_solve(fe, u));
  double error = error_of(mesh, exact, u);
  graft_free(work);
  graft_free(u);
  graft_fe_destroy(fe);
  return error;
}

/* Observed order between two mesh sizes, from the true numbers of elements. */
static void check_order(const graft_problem_type *problem, const char *shape, int order) {
  double error[2] = {0, 0}, h[2] = {1, 1};
  for (int step = 0; step < 2; step++) {
    graft_mesh mesh;
    if (!make_mesh(shape, step ? 0.025 : 0.1, order, &mesh)) return;
    error[step] = manufactured_error(problem, &mesh);
    h[step] = 1 / sqrt((double)mesh.elements);
    graft_mesh_fini(&mesh);
  }
  double observed = log(error[0] / error[1]) / log(h[0] / h[1]);
  printf("# %s, %s, P%d: errors %.3g, %.3g, order %.2f\n", problem->name, shape, order, error[0],
         error[1], observed);
  T_CHECK(observed >= (order == 1 ? 1.9 : 2.9) && observed < (order == 1 ? 2.5 : 3.6));
}

static void orders(void) {
  static const char *const shape[] = {"square", "triangle", "disc"};
  for (size_t i = 0; graft_problem_get(i); i++) {
    for (int s = 0; s < 3 && graft_problem_get(i)->form; s++) {
      for (int order = 1; order <= 2; order++) check_order(graft_problem_get(i), shape[s], order);
    }
  }
}

static void problems_are_complete(void) {
  for (size_t i = 0; graft_problem_get(i); i++) {
    const graft_problem_type *type = graft_problem_get(i);
    T_CHECK(type->name && type->summary && type->source && type->equation && type->dims >= 1);
    T_CHECK(type->input->name && type->input->unit && type->output->name && type->output->unit);
    if (type->form) {
      T_CHECK(type->form->diffusion && type->form->source && type->manufactured && type->dims == 2);
    }
    T_CHECK(graft_problem_find(type->name) == type);
  }
  T_CHECK(graft_problem_get(0) && !graft_problem_find("dracy"));
}

/* max u for −Δu = 1: square by its series, disc r²/4, triangle 1/36. Curved sides: the quadratic u
 * of the disc is exact but for the boundary. */
static void torsion_has_closed_forms(void) {
  static const struct {
    const char *shape;
    double want, centre[2];
  } row[] = {{"square", 0.0736713533, {0.5, 0.5}},
             {"disc", 0.0625, {0.5, 0.5}},
             {"triangle", 1.0 / 36, {0.5, 0.28867513459481287}}};
  for (int i = 0; i < 3; i++) {
    for (int order = 1; order <= 2; order++) {
      graft_mesh mesh;
      graft_fe *fe = NULL;
      double *u = NULL, reference[2], value[6], distance, got = 0;
      int element;
      if (!make_mesh(row[i].shape, order == 1 ? 0.015 : 0.04, order, &mesh)) return;
      if (T_OK(graft_fe_create(&mesh, 0, &fe)) && T_OK(graft_alloc(&u, mesh.nodes, sizeof *u)) &&
          T_OK(graft_fe_torsion(fe, u)) &&
          T_OK(graft_mesh_locate(&mesh, 1, row[i].centre, &element, reference, &distance))) {
        graft_triangle_basis(order, reference, value, NULL);
        for (int n = 0; n < (order == 1 ? 3 : 6); n++) {
          got += value[n] * u[mesh.element[element * (order == 1 ? 3 : 6) + n]];
        }
        printf("# %s, P%d: max u %.8f, off by %.2g\n", row[i].shape, order, got, got - row[i].want);
        T_NEAR(got, row[i].want, order == 1 ? 1e-4 : 5e-6);
      }
      graft_free(u);
      graft_fe_destroy(fe);
      graft_mesh_fini(&mesh);
    }
  }
}

/* a(u, v) = a(v, u), seen through solutions: ∫ f2 u1 = ∫ f1 u2. */
static void operator_is_symmetric(void) {
  graft_mesh mesh;
  graft_fe *fe = NULL;
  double *work = NULL, *u[2] = {NULL, NULL}, product[2] = {0, 0};
  if (!make_mesh("disc", 0.1, 2, &mesh)) return;
  if (!T_OK(graft_fe_create(&mesh, 0, &fe))) return;
  size_t n = graft_fe_points(fe);
  const double *xy = graft_fe_xy(fe), *weight = graft_fe_weight(fe);
  if (!T_OK(graft_alloc(&work, 4 * n, sizeof *work))) return;
  double *f[2] = {work, work + n}, *k = work + 2 * n, *value = work + 3 * n;
  for (size_t q = 0; q < n; q++) {
    f[0][q] = 1 + xy[2 * q];
    f[1][q] = sin(5 * xy[2 * q + 1]) - 0.3;
    k[q] = exp(sin(9 * xy[2 * q] * xy[2 * q + 1]));
  }
  for (int i = 0; i < 2; i++) {
    if (!T_OK(graft_alloc(&u[i], mesh.nodes, sizeof **u))) return;
    graft_fe_set_source(fe, f[i]);
    T_OK(graft_fe_assemble(fe, k, k));
    T_OK(graft_fe_solve(fe, u[i]));
    graft_fe_evaluate(fe, u[i], value, NULL);
    for (size_t q = 0; q < n; q++) product[i] += weight[q] * value[q] * f[1 - i][q];
    graft_free(u[i]);
  }
  T_NEAR(product[0], product[1], 1e-13);
  T_CHECK(fabs(product[0]) > 1e-5);
  k[3] = NAN;
  T_FAILS(graft_fe_assemble(fe, k, NULL), GRAFT_DIVERGED, "positive");
  graft_free(work);
  graft_fe_destroy(fe);
  graft_mesh_fini(&mesh);
}

enum { GRID = 48 };

/* A shape with its solver, the field and the grid. */
struct setting {
  graft_region region;
  graft_grid grid;
  double distance[GRID * GRID];
  graft_field *field;
  graft_shape_setting setting;
  graft_shape_solver solver;
};

static bool open_setting(struct setting *s, const char *law, const char *shape, double size,
                         int order) {
  s->grid = graft_grid_square(GRID);
  s->field = NULL;
  s->solver = (graft_shape_solver){0};
  if (!T_OK(graft_domain_build(shape, NULL, &s->region))) return false;
  graft_grid_distance(&s->grid, &s->region, s->distance);
  if (!T_OK(graft_field_create(graft_field_find(law), 0, 0, &s->field))) return false;
  s->setting = (graft_shape_setting){.problem = graft_problem_find("darcy"),
                                     .region = &s->region,
                                     .mesh_size = size,
                                     .order = order,
                                     .grid = &s->grid,
                                     .distance = s->distance,
                                     .field = s->field};
  return T_OK(graft_shape_solver_init(&s->solver, &s->setting));
}

static void close_setting(struct setting *s) {
  graft_shape_solver_fini(&s->solver);
  graft_field_destroy(s->field);
  graft_region_fini(&s->region);
}

static bool solve_in(struct setting *s, uint64_t sample, float *u) {
  return T_OK(graft_field_draw(s->field, 11, GRAFT_STREAM_SAMPLE, sample)) &&
         T_OK(graft_shape_solver_assemble(&s->solver)) &&
         T_OK(graft_shape_solver_solve(&s->solver, u));
}

/* Grid solution of one sample. */
static bool solve_sample(const char *law, const char *shape, double size, int order, float *u) {
  static struct setting s;
  bool ok = open_setting(&s, law, shape, size, order) && solve_in(&s, 3, u);
  close_setting(&s);
  return ok;
}

static double distance_of(const float *a, const float *b) {
  double error = 0, norm = 0;
  for (int p = 0; p < GRID * GRID; p++) {
    error += ((double)a[p] - (double)b[p]) * ((double)a[p] - (double)b[p]);
    norm += (double)b[p] * (double)b[p];
  }
  return sqrt(error / norm);
}

/* Errors of the default mesh against a finer one, and the estimates of these errors. */
static void check_accuracy(const char *law, const char *shape, int order) {
  static struct setting s, fine;
  static float u[GRID * GRID], exact[GRID * GRID];
  double size = graft_field_mesh_size(graft_field_find(law), 0, order), worst = 0;
  double low = HUGE_VAL, high = 0;
  if (open_setting(&s, law, shape, size, order) && open_setting(&fine, law, shape, 0.015, 2) &&
      T_OK(graft_shape_solver_calibrate(&s.solver, &s.setting, s.field, 11, GRAFT_STREAM_SAMPLE))) {
    for (uint64_t i = 0; i < 5; i++) {
      if (!solve_in(&s, i, u) || !solve_in(&fine, i, exact)) break;
      double error = distance_of(u, exact), ratio = graft_shape_solver_error(&s.solver) / error;
      worst = fmax(worst, error);
      low = fmin(low, ratio);
      high = fmax(high, ratio);
    }
  }
  close_setting(&s);
  close_setting(&fine);
  printf("# %s, %s, P%d: relative error up to %.2g, estimate / error %.2f to %.2f\n", law, shape,
         order, worst, low, high);
  T_CHECK(worst > 0 && worst < 0.002 && low >= 0.5 && high <= 3);
}

static void errors_are_small_and_known(void) {
  static const char *const shape[] = {"square", "disc", "triangle"};
  for (int s = 0; s < 3; s++) {
    check_accuracy("lognormal", shape[s], 2);
    check_accuracy("lognormal_strong", shape[s], 2);
  }
  check_accuracy("lognormal", "disc", 1);
}

static void grid_values_respect_the_boundary(void) {
  static float u[GRID * GRID];
  if (!solve_sample("lognormal", "square", 0.1, 2, u)) return;
  for (int i = 0; i < GRID; i++) {
    T_EQUAL(u[i], 0);
    T_EQUAL(u[i * GRID], 0);
    T_EQUAL(u[i * GRID + GRID - 1], 0);
  }
  T_CHECK(u[GRID + 1] > 0 && u[GRID / 2 * GRID + GRID / 2] > 0.01F);
}

/* Other solvers through PETSc's options: the same solution. */
static void options_choose_the_solver(void) {
  static const char *const choice[][3] = {{"cg", "gamg", "cholmod"},
                                          {"cg", "hypre", "cholmod"},
                                          {"minres", "icc", "petsc"},
                                          {"preonly", "cholesky", "petsc"},
                                          {"preonly", "lu", "umfpack"}};
  static float want[GRID * GRID], u[GRID * GRID];
  if (!solve_sample("lognormal", "disc", 0.06, 2, want)) return;
  for (size_t i = 0; i < sizeof choice / sizeof *choice; i++) {
    T_EQUAL(PetscOptionsSetValue(NULL, "-ksp_type", choice[i][0]), 0);
    T_EQUAL(PetscOptionsSetValue(NULL, "-pc_type", choice[i][1]), 0);
    T_EQUAL(PetscOptionsSetValue(NULL, "-pc_factor_mat_solver_type", choice[i][2]), 0);
    if (!solve_sample("lognormal", "disc", 0.06, 2, u)) return;
    printf("# -ksp_type %s -pc_type %s: relative difference %.2g\n", choice[i][0], choice[i][1],
           distance_of(u, want));
    T_CHECK(distance_of(u, want) < 1e-6);
  }
  T_EQUAL(PetscOptionsClearValue(NULL, "-pc_factor_mat_solver_type"), 0);
  T_EQUAL(PetscOptionsClearValue(NULL, "-pc_type"), 0);
  T_EQUAL(PetscOptionsClearValue(NULL, "-ksp_type"), 0);
}

/* A solver that gives up, an option that nobody reads, words that are no options. */
static void failures_are_told(void) {
  graft_mesh mesh;
  graft_fe *fe = NULL;
  double *u = NULL;
  if (!make_mesh("square", 0.1, 2, &mesh)) return;
  T_OK(graft_petsc_check_unused());
  T_EQUAL(PetscOptionsSetValue(NULL, "-ksp_type", "cg"), 0);
  T_EQUAL(PetscOptionsSetValue(NULL, "-pc_type", "none"), 0);
  T_EQUAL(PetscOptionsSetValue(NULL, "-ksp_max_it", "2"), 0);
  T_EQUAL(PetscOptionsSetValue(NULL, "-ksp_rtoll", "1"), 0);
  if (T_OK(graft_fe_create(&mesh, 0, &fe)) && T_OK(graft_alloc(&u, mesh.nodes, sizeof *u))) {
    T_FAILS(graft_fe_torsion(fe, u), GRAFT_DIVERGED, "DIVERGED_ITS after 2");
    T_FAILS(graft_petsc_check_unused(), GRAFT_USAGE, "-ksp_rtoll");
  }
  graft_fe_destroy(fe);
  T_EQUAL(PetscOptionsSetValue(NULL, "-ksp_type", "no_such_solver"), 0);
  T_FAILS(graft_fe_create(&mesh, 0, &fe), GRAFT_USAGE, "no_such_solver");
  T_EQUAL(PetscOptionsClear(NULL), 0);
  const char *const foreign[] = {"-ksp_type", "cg", "-nonsense"}, *const stray[] = {"cg"};
  T_FAILS(graft_petsc_init(3, foreign), GRAFT_USAGE, "-nonsense");
  T_FAILS(graft_petsc_init(1, stray), GRAFT_USAGE, "cg");
  T_EQUAL(PetscOptionsSetValue(NULL, "-pc_factor_mat_solver_type", "nobody"), 0);
  if (T_OK(graft_fe_create(&mesh, 0, &fe))) {
    T_FAILS(graft_fe_torsion(fe, u), GRAFT_USAGE, "nobody");
    graft_fe_destroy(fe);
  }
  T_FAILS(graft_petsc_init(2, foreign), GRAFT_INTERNAL, "once");
  T_EQUAL(graft_mesh_element_nodes(&mesh), 6);
  graft_free(u);
  graft_mesh_fini(&mesh);
}

/* A mesh so coarse that no node is inside has no unknowns; an inverted element is refused. */
static void bad_meshes_are_refused(void) {
  double xy[] = {0, 0, 1, 0, 0, 1, 1, 1};
  unsigned char boundary[] = {1, 1, 1, 1};
  int element[] = {0, 1, 2, 1, 3, 2};
  graft_mesh mesh = {
      .order = 1, .nodes = 4, .xy = xy, .boundary = boundary, .elements = 2, .element = element};
  graft_fe *fe = NULL;
  T_FAILS(graft_fe_create(&mesh, 0, &fe), GRAFT_USAGE, "mesh_size");
  boundary[0] = 0;
  element[1] = 2, element[2] = 1;
  T_FAILS(graft_fe_create(&mesh, 0, &fe), GRAFT_INPUT, "element 0");
  mesh.order = 3;
  T_FAILS(graft_fe_create(&mesh, 0, &fe), GRAFT_USAGE, "order");
  T_CHECK(fe == NULL);
}

int main(int argc, char **argv) {
  if (!T_OK(graft_petsc_init((size_t)argc - 1, (const char *const *)argv + 1))) return 1;
  T_RUN(quadrature_is_exact);
  T_RUN(problems_are_complete);
  T_RUN(orders);
  T_RUN(torsion_has_closed_forms);
  T_RUN(operator_is_symmetric);
  T_RUN(grid_values_respect_the_boundary);
  T_RUN(errors_are_small_and_known);
  T_RUN(options_choose_the_solver);
  T_RUN(bad_meshes_are_refused);
  T_RUN(failures_are_told);
  graft_mesh_shutdown();
  graft_petsc_fini();
  return graft_test_done();
}
