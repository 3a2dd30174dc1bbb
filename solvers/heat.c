/* SPDX-License-Identifier: BSD-2-Clause
 * Method:    a sample is a design of the perforated plate, a task a number of holes. Designs come
 *            from lists of positions and radii, all combined, or from a quasi-random sequence in
 *            ranges of both (R2: the fractional parts of i times the powers of 1/1.3247…). Each is
 *            meshed, solved and read out on the grid; solved again on a mesh of COARSE times the
 *            size, and the difference, times CALIBRATION, is the estimated error. The sum of turned
 *            one-hole solutions comes from one solution per position and radius, the last ones
 *            kept.
 * Cost:      20 µs per node and design, 0.1 µs per grid point.
 * Reference: see plate_solver.h; roberts2018 (R2). */
#include "solvers/heat.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/rng.h"
#include "solvers/heat_impl.h"
#include "solvers/petsc.h"

#define PI 3.14159265358979323846
#define COARSE 1.5      /* of the element size, for the error estimate */
#define CALIBRATION 1.5 /* error to difference, from the refinement study */

/* Is the point's value written? Those of the closed body are. */
static bool inside(const struct heat *heat, size_t geometry, size_t p) {
  return heat->info.geometry[geometry].mask[p] != 0;
}

/* Mask, distance and first guess of a design. */
static void fill_geometry(struct heat *heat, const graft_plate *plate, size_t geometry) {
  graft_source_geometry *row = &heat->info.geometry[geometry];
  size_t heights = heat->n[2];
  graft_plate_line_sources(plate, heat->columns, heat->xy, heat->guess);
  for (size_t c = 0; c < heat->columns; c++) {
    for (size_t k = 0; k < heights; k++) {
      double xyz[3] = {heat->xy[2 * c], heat->xy[2 * c + 1], heat->z[k]}, distance;
      graft_plate_distance(plate, 1, xyz, &distance);
      size_t p = c * heights + k;
      row->sdf[p] = (float)distance;
      row->mask[p] = distance <= GRAFT_REGION_TOLERANCE;
      row->torsion[p] = row->mask[p] ? (float)heat->guess[c] : 0;
    }
  }
}

/* The columns that have points in the body: their numbers and places. */
static void select_columns(struct heat *heat, size_t geometry) {
  size_t heights = heat->n[2];
  heat->chosen = 0;
  for (size_t c = 0; c < heat->columns; c++) {
    bool any = false;
    for (size_t k = 0; k < heights && !any; k++) any = inside(heat, geometry, c * heights + k);
    if (!any) continue;
    heat->column[heat->chosen] = c;
    memcpy(heat->place + 2 * heat->chosen++, heat->xy + 2 * c, 2 * sizeof *heat->xy);
  }
}

/* heat->value [chosen x heights] to @p out [P], 0 outside. */
static void spread(const struct heat *heat, size_t geometry, float *out) {
  size_t heights = heat->n[2];
  memset(out, 0, heat->info.points * sizeof *out);
  for (size_t i = 0; i < heat->chosen; i++) {
    for (size_t k = 0; k < heights; k++) {
      size_t p = heat->column[i] * heights + k;
      if (inside(heat, geometry, p)) out[p] = (float)heat->value[i * heights + k];
    }
  }
}

/* Values of a solver, turned @p copies times, into heat->value. */
static graft_status read_out(struct heat *heat, const graft_plate_solver *solver, int copies) {
  memset(heat->value, 0, heat->chosen * heat->n[2] * sizeof *heat->value);
  for (int i = 0; i < copies; i++) {
    GRAFT_TRY(graft_plate_solver_add(solver, 2 * PI * i / copies, heat->chosen, heat->place,
                                     heat->n[2], heat->z, heat->value));
  }
  return GRAFT_OK;
}

/* The one-hole solution of this position and radius, from the cache or solved. */
static graft_status one_hole(struct heat *heat, const graft_plate *plate,
                             const graft_plate_solver **solver) {
  graft_plate one = {1, plate->position, plate->radius};
  for (size_t i = 0; i < HEAT_CACHE; i++) {
    const graft_plate *kept = &heat->cache[i].plate;
    *solver = &heat->cache[i];
    if (kept->holes == 1 && kept->position == one.position && kept->radius == one.radius) {
      return GRAFT_OK;
    }
  }
  graft_plate_solver *place = &heat->cache[heat->oldest];
  heat->oldest = (heat->oldest + 1) % HEAT_CACHE;
  if (place->plate.holes) graft_plate_solver_fini(place);
  *solver = place;
  double size = graft_heat_size(heat->config, 1);
  return graft_plate_solver_init(place, &one, size, (int)heat->config->order);
}

/* Relative difference of heat->value from @p u over the body. */
static double difference(const struct heat *heat, size_t geometry, const float *u) {
  size_t heights = heat->n[2];
  double sum = 0, square = 0;
  for (size_t i = 0; i < heat->chosen; i++) {
    for (size_t k = 0; k < heights; k++) {
      size_t p = heat->column[i] * heights + k;
      if (!inside(heat, geometry, p)) continue;
      double rest = heat->value[i * heights + k] - (double)u[p];
      sum += rest * rest;
      square += (double)u[p] * (double)u[p];
    }
  }
  return square > 0 ? sqrt(sum / square) : 0;
}

static void count_nodes(const graft_plate_solver *solver, graft_solve_report *report) {
  double nodes = (double)solver->mesh.solid.nodes;
  double whole = (double)graft_plate_mesh_whole(&solver->plate, &solver->mesh);
  report->nodes += solver->mesh.solid.nodes;
  if (report->least_nodes <= 0 || nodes < report->least_nodes) report->least_nodes = nodes;
  if (report->whole_nodes <= 0 || whole < report->whole_nodes) report->whole_nodes = whole;
}

/* u and the estimate of its error. */
static graft_status solve_design(struct heat *heat, const graft_plate *plate, size_t geometry,
                                 graft_solve_report *report, double *error) {
  graft_plate_solver solver;
  double start = graft_solve_clock(), size = graft_heat_size(heat->config, plate->holes);
  int order = (int)heat->config->order;
  GRAFT_TRY(graft_plate_solver_init(&solver, plate, size, order));
  graft_status status = read_out(heat, &solver, 1);
  count_nodes(&solver, report);
  report->elements += solver.mesh.solid.elements;
  graft_plate_solver_fini(&solver);
  GRAFT_TRY(status);
  spread(heat, geometry, heat->u);
  graft_solve_lap(&start, &report->solve);
  if (!heat->config->error_estimate) return GRAFT_OK;
  GRAFT_TRY(graft_plate_solver_init(&solver, plate, fmin(COARSE * size, 0.5), order));
  status = read_out(heat, &solver, 1);
  graft_plate_solver_fini(&solver);
  GRAFT_TRY(status);
  *error = CALIBRATION * difference(heat, geometry, heat->u);
  graft_solve_lap(&start, &report->estimate);
  return GRAFT_OK;
}

static graft_status make_sample(struct heat *heat, size_t s, graft_solve_report *report,
                                double *error) {
  const double *code = heat->info.code + 3 * s;
  graft_plate plate = {(int)code[0], code[1], code[2]};
  double start = graft_solve_clock();
  graft_heat_columns(heat, &plate);
  fill_geometry(heat, &plate, s);
  select_columns(heat, s);
  graft_solve_lap(&start, &report->regions);
  if (heat->own->superposition) {
    const graft_plate_solver *solver;
    GRAFT_TRY(one_hole(heat, &plate, &solver));
    GRAFT_TRY(read_out(heat, solver, plate.holes));
    spread(heat, s, heat->sum);
  }
  graft_solve_lap(&start, &report->draw);
  if (heat->config->inputs_only) return GRAFT_OK;
  return solve_design(heat, &plate, s, report, error);
}

static graft_status solve(void *state, size_t s, graft_dataset_writer *writer,
                          graft_solve_report *report, double *error) {
  struct heat *heat = state;
  graft_status status = make_sample(heat, s, report, error);
  if (status != GRAFT_OK) {
    graft_error_prefix("%s", heat->info.geometry[s].name);
    return status;
  }
  if (!heat->solved) GRAFT_TRY(graft_petsc_check_unused());
  heat->solved = true;
  return writer ? graft_dataset_write_geometry(writer, s) : GRAFT_OK;
}

static void fini(void *state) {
  struct heat *heat = state;
  for (size_t i = 0; i < HEAT_CACHE; i++) {
    if (heat->cache[i].plate.holes) graft_plate_solver_fini(&heat->cache[i]);
  }
  graft_source_info_fini(&heat->info);
  void *const all[] = {heat->xy, heat->z,   heat->guess, heat->column, heat->place, heat->value,
                       heat->u,  heat->sum, heat->along, heat->across, heat->plan,  heat->beside};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) graft_free(all[i]);
}

static graft_source_info *info_of(void *state) { return &((struct heat *)state)->info; }

static size_t fields(void *state, graft_dataset_field *field, const float **data) {
  const struct heat *heat = state;
  size_t n = 0;
  field[n] = (graft_dataset_field){"along", "coordinate along the axis of the next hole", "1"};
  data[n++] = heat->along;
  field[n] = (graft_dataset_field){"across", "distance from the axis of the next hole", "1"};
  data[n++] = heat->across;
  field[n] =
      (graft_dataset_field){"plan_mask", "1 where the body is solid at half the height", "1"};
  data[n++] = heat->plan;
  field[n] = (graft_dataset_field){"plan_sdf", "signed distance at half the height", "1"};
  data[n++] = heat->beside;
  if (heat->own->superposition) {
    field[n] = (graft_dataset_field){"superposition", "sum of turned one-hole solutions", "1"};
    data[n++] = heat->sum;
  }
  if (!heat->config->inputs_only) {
    field[n] = (graft_dataset_field){"u", "temperature", "1"};
    data[n++] = heat->u;
  }
  return n;
}

static graft_status parameters(void *state, graft_bundle *bundle) {
  const struct heat *heat = state;
  GRAFT_TRY(graft_bundle_put_text(bundle, "equation", "div(grad u) = 0"));
  GRAFT_TRY(graft_bundle_put_real(bundle, "flux", 1));
  GRAFT_TRY(graft_bundle_put_real(bundle, "beta_rim", GRAFT_PLATE_BETA_RIM));
  GRAFT_TRY(graft_bundle_put_real(bundle, "beta_boss", GRAFT_PLATE_BETA_BOSS));
  GRAFT_TRY(graft_bundle_put_real(bundle, "mesh_size", heat->config->mesh_size));
  GRAFT_TRY(graft_bundle_put_int(bundle, "order", heat->config->order));
  return graft_bundle_put_int(bundle, "first", heat->config->first);
}

static void describe(void *state, graft_solve_report *report) {
  report->mesh_size = ((struct heat *)state)->config->mesh_size;
}

static size_t surface(const graft_source_info *info, size_t sample, size_t patch, double s,
                      double t, double *xyz) {
  const double *code = info->code + 3 * sample;
  if (info->codes != 3 || !(code[0] >= 1 && code[0] <= GRAFT_PLATE_HOLES)) return 0;
  graft_plate plate = {(int)code[0], code[1], code[2]};
  if (graft_plate_validate(&plate) != GRAFT_OK) return 0;
  if (xyz) graft_plate_patch(&plate, (int)patch, s, t, xyz);
  return (size_t)graft_plate_patches(&plate);
}

const graft_generator_type graft_generator_heat = {
    .options = graft_heat_options,
    .state_size = sizeof(struct heat),
    .validate = graft_heat_validate,
    .task = graft_heat_task,
    .grid = graft_heat_grid,
    .adopt = graft_heat_adopt,
    .estimate = graft_heat_estimate,
    .init = graft_heat_init,
    .fini = fini,
    .info = info_of,
    .fields = fields,
    .parameters = parameters,
    .solve = solve,
    .describe = describe,
    .surface = surface,
};
