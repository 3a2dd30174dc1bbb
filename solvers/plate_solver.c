/* SPDX-License-Identifier: BSD-2-Clause
 * Method:    tetrahedral elements on a sector of angle π/n, whose planes of symmetry no heat
 *            crosses; points elsewhere are folded into it.
 * Cost:      see graft_plate_solver_init(); 0.1 µs per value, 1 µs per column.
 * Reference: carslaw1959, sections 8.3 (steady flow in the circular disc), 14.1 (line sources). */
#include "solvers/plate_solver.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "solvers/solid_fe.h"

#define PI 3.14159265358979323846
enum { MOST_TERMS = 200 };

static void surface(void *ctx, int tag, const double *xyz, const double *normal, double *q,
                    double *beta) {
  (void)ctx, (void)xyz, (void)normal;
  *q = tag == GRAFT_PLATE_HOLE;
  *beta = tag == GRAFT_PLATE_RIM      ? GRAFT_PLATE_BETA_RIM
          : tag == GRAFT_PLATE_COOLED ? GRAFT_PLATE_BETA_BOSS
                                      : 0;
}

static graft_status solve(graft_plate_solver *solver) {
  static const graft_solid_law law = {.surface = surface};
  graft_solid_fe *fe;
  GRAFT_TRY(graft_alloc(&solver->u, solver->mesh.solid.nodes, sizeof *solver->u));
  GRAFT_TRY(graft_solid_fe_create(&solver->mesh.solid, &law, &fe));
  graft_status status = graft_solid_fe_solve(fe, solver->u);
  solver->iterations = graft_solid_fe_iterations(fe);
  for (int tag = 0; status == GRAFT_OK && tag < 4; tag++) {
    solver->flow[tag] = graft_solid_fe_flow(fe, tag, solver->u);
  }
  graft_solid_fe_destroy(fe);
  return status;
}

graft_status graft_plate_solver_init(graft_plate_solver *solver, const graft_plate *plate,
                                     double size, int order) {
  *solver = (graft_plate_solver){.plate = *plate};
  GRAFT_TRY(graft_plate_mesh_create(plate, size, order, &solver->mesh));
  graft_status status = solve(solver);
  if (status != GRAFT_OK) graft_plate_solver_fini(solver);
  return status;
}

void graft_plate_solver_fini(graft_plate_solver *solver) {
  graft_plate_mesh_fini(&solver->mesh);
  graft_free(solver->u);
  *solver = (graft_plate_solver){0};
}

static double value_at(const graft_plate_solver *solver, int triangle, const double *place,
                       double z) {
  const graft_solid *solid = &solver->mesh.solid;
  double reference[3], value[10], sum = 0;
  size_t nodes = graft_solid_element_nodes(solid);
  size_t e = graft_solid_locate(solid, &solver->mesh.base, triangle, place, z, reference);
  graft_tetrahedron_basis(solid->order, reference, value, NULL);
  for (size_t i = 0; i < nodes; i++) sum += value[i] * solver->u[solid->element[nodes * e + i]];
  return sum;
}

graft_status graft_plate_solver_add(const graft_plate_solver *solver, double turn, size_t columns,
                                    const double *xy, size_t heights, const double *z,
                                    double *out) {
  graft_status status = GRAFT_OK;
  double *folded = NULL, *place = NULL;
  int *triangle = NULL;
  GRAFT_TRY_TO(done, graft_alloc(&folded, 2 * columns, sizeof *folded));
  GRAFT_TRY_TO(done, graft_alloc(&place, 2 * columns, sizeof *place));
  GRAFT_TRY_TO(done, graft_alloc(&triangle, columns, sizeof *triangle));
  for (size_t i = 0; i < columns; i++) {
    double x = xy[2 * i], y = xy[2 * i + 1];
    folded[2 * i] = cos(turn) * x + sin(turn) * y;
    folded[2 * i + 1] = cos(turn) * y - sin(turn) * x;
    graft_plate_fold(&solver->plate, folded + 2 * i, folded + 2 * i);
  }
  GRAFT_TRY_TO(done, graft_mesh_locate(&solver->mesh.base, columns, folded, triangle, place, NULL));
  for (size_t i = 0; i < columns; i++) {
    for (size_t k = 0; k < heights; k++) {
      out[i * heights + k] += value_at(solver, triangle[i], place + 2 * i, z[k]);
    }
  }
done:
  graft_free(folded);
  graft_free(place);
  graft_free(triangle);
  return status;
}

void graft_plate_line_sources(const graft_plate *plate, size_t points, const double *xy,
                              double *u) {
  const double R = GRAFT_PLATE_RADIUS, beta_R = GRAFT_PLATE_BETA_RIM * R;
  double h = plate->position, n = plate->holes;
  for (size_t p = 0; p < points; p++) {
    double x = xy[2 * p], y = xy[2 * p + 1], r = hypot(x, y), angle = atan2(-y, -x);
    double sum = n * (log(R) + 1 / beta_R);
    for (int k = 0; k < plate->holes; k++) {
      double at = PI + 2 * PI * k / n;
      sum -= log(fmax(hypot(x - h * cos(at), y - h * sin(at)), 0.5 * plate->radius));
    }
    for (int term = plate->holes; term <= MOST_TERMS; term += plate->holes) {
      double m = term;
      sum += n * pow(h * r / (R * R), m) * (m - beta_R) / (m * (m + beta_R)) * cos(m * angle);
    }
    u[p] = plate->radius * sum;
  }
}
