/* SPDX-License-Identifier: BSD-2-Clause */
#include "solvers/line.h"

#include <petscts.h>
#include <string.h>

#include "base/arena.h"
#include "solvers/petsc_impl.h"

/* N nodes, E elements. Node i lies at lo + i h / 2; element e has the nodes 2 e, 2 e + 1, 2 e + 2.
 */
enum { NODES = 3, GAUSS = 4, ENTRIES = NODES * NODES };

struct graft_line {
  size_t elements, nodes;
  double lo, h;
  double shape[GAUSS][NODES], weight[GAUSS], point[GAUSS]; /* on [0, 1] */
  double mass[ENTRIES], stiffness[ENTRIES];                /* of an element */
  double *entry;                                           /* [E x ENTRIES] of the Jacobian */
  TS stepper;
  Mat matrix;
  Vec u;
  double tolerance;
  const graft_line_problem *problem; /* during a solve */
};

static void init_element(graft_line *line) {
  static const double at[GAUSS] = {0.06943184420297371, 0.33000947820757187, 0.66999052179242813,
                                   0.93056815579702629};
  static const double weight[GAUSS] = {0.17392742256872693, 0.32607257743127307,
                                       0.32607257743127307, 0.17392742256872693};
  static const double mass[ENTRIES] = {4, 2, -1, 2, 16, 2, -1, 2, 4};
  static const double stiffness[ENTRIES] = {7, -8, 1, -8, 16, -8, 1, -8, 7};
  for (int g = 0; g < GAUSS; g++) {
    double s = at[g];
    line->point[g] = s;
    line->weight[g] = weight[g];
    line->shape[g][0] = (1 - s) * (1 - 2 * s);
    line->shape[g][1] = 4 * s * (1 - s);
    line->shape[g][2] = s * (2 * s - 1);
  }
  for (int i = 0; i < ENTRIES; i++) {
    line->mass[i] = mass[i] * line->h / 30;
    line->stiffness[i] = stiffness[i] / (3 * line->h);
  }
}

/* u at the Gauss points of an element. */
static void at_points(const graft_line *line, const double *u, double value[GAUSS]) {
  for (int g = 0; g < GAUSS; g++) {
    const double *n = line->shape[g];
    value[g] = n[0] * u[0] + n[1] * u[1] + n[2] * u[2];
  }
}

/* F(t, u, u') = M u' + D K u − a ∫ R(u) v. */
static PetscErrorCode implicit(TS ts, PetscReal t, Vec u_vec, Vec v_vec, Vec f_vec, void *ctx) {
  const graft_line *line = ctx;
  const graft_line_problem *problem = line->problem;
  const PetscScalar *u, *v;
  PetscScalar *f;
  PetscFunctionBeginUser;
  (void)ts, (void)t;
  PetscCall(VecGetArrayRead(u_vec, &u));
  PetscCall(VecGetArrayRead(v_vec, &v));
  PetscCall(VecGetArrayWrite(f_vec, &f));
  memset(f, 0, line->nodes * sizeof *f);
  for (size_t e = 0; e < line->elements; e++) {
    const double *ue = u + 2 * e, *ve = v + 2 * e;
    double value[GAUSS], r[GAUSS] = {0};
    if (problem->law) {
      at_points(line, ue, value);
      problem->law->rate(problem->parameter, GAUSS, value, r, NULL);
    }
    for (int i = 0; i < NODES; i++) {
      double sum = 0;
      for (int j = 0; j < NODES; j++) {
        sum += line->mass[i * NODES + j] * ve[j] +
               problem->diffusion * line->stiffness[i * NODES + j] * ue[j];
      }
      for (int g = 0; g < GAUSS; g++) {
        sum -= problem->rate * line->h * line->weight[g] * line->shape[g][i] * r[g];
      }
      f[2 * e + (size_t)i] += sum;
    }
  }
  PetscCall(VecRestoreArrayWrite(f_vec, &f));
  PetscCall(VecRestoreArrayRead(v_vec, &v));
  PetscCall(VecRestoreArrayRead(u_vec, &u));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* shift M + D K − a ∫ R'(u) w v. */
static PetscErrorCode jacobian(TS ts, PetscReal t, Vec u_vec, Vec v_vec, PetscReal shift, Mat a,
                               Mat b, void *ctx) {
  const graft_line *line = ctx;
  const graft_line_problem *problem = line->problem;
  const PetscScalar *u;
  PetscFunctionBeginUser;
  (void)ts, (void)t, (void)v_vec, (void)a;
  PetscCall(VecGetArrayRead(u_vec, &u));
  for (size_t e = 0; e < line->elements; e++) {
    double value[GAUSS], r[GAUSS], dr[GAUSS] = {0}, *entry = line->entry + e * ENTRIES;
    if (problem->law) {
      at_points(line, u + 2 * e, value);
      problem->law->rate(problem->parameter, GAUSS, value, r, dr);
    }
    for (int k = 0; k < ENTRIES; k++) {
      entry[k] = shift * line->mass[k] + problem->diffusion * line->stiffness[k];
    }
    for (int g = 0; g < GAUSS; g++) {
      double factor = problem->rate * line->h * line->weight[g] * dr[g];
      for (int k = 0; k < ENTRIES; k++) {
        entry[k] -= factor * line->shape[g][k / NODES] * line->shape[g][k % NODES];
      }
    }
  }
  PetscCall(VecRestoreArrayRead(u_vec, &u));
  PetscCall(MatSetValuesCOO(b, line->entry, INSERT_VALUES));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* G(t) = ∫ s v + flux: what depends on time is left to the explicit part. */
static PetscErrorCode explicit(TS ts, PetscReal t, Vec u_vec, Vec g_vec, void *ctx) {
  const graft_line *line = ctx;
  const graft_line_problem *problem = line->problem;
  PetscScalar *out;
  double flux[2] = {0, 0};
  PetscFunctionBeginUser;
  (void)ts, (void)u_vec;
  PetscCall(VecGetArrayWrite(g_vec, &out));
  memset(out, 0, line->nodes * sizeof *out);
  for (size_t e = 0; problem->source && e < line->elements; e++) {
    double x[GAUSS], s[GAUSS];
    for (int g = 0; g < GAUSS; g++) x[g] = line->lo + ((double)e + line->point[g]) * line->h;
    problem->source(problem->ctx, t, GAUSS, x, s);
    for (int i = 0; i < NODES; i++) {
      for (int g = 0; g < GAUSS; g++) {
        out[2 * e + (size_t)i] += line->h * line->weight[g] * line->shape[g][i] * s[g];
      }
    }
  }
  if (problem->flux) problem->flux(problem->ctx, t, flux);
  out[0] += flux[0];
  out[line->nodes - 1] += flux[1];
  PetscCall(VecRestoreArrayWrite(g_vec, &out));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode create_matrix(graft_line *line) {
  PetscInt n = (PetscInt)line->nodes, *row, *column;
  size_t count = line->elements * ENTRIES;
  PetscFunctionBeginUser;
  PetscCall(MatCreate(PETSC_COMM_SELF, &line->matrix));
  PetscCall(MatSetSizes(line->matrix, n, n, n, n));
  PetscCall(MatSetType(line->matrix, MATSEQAIJ));
  PetscCall(PetscMalloc2(count, &row, count, &column));
  for (size_t k = 0; k < count; k++) {
    row[k] = (PetscInt)(2 * (k / ENTRIES) + k % ENTRIES / NODES);
    column[k] = (PetscInt)(2 * (k / ENTRIES) + k % NODES);
  }
  PetscCall(MatSetPreallocationCOO(line->matrix, (PetscCount)count, row, column));
  PetscCall(PetscFree2(row, column));
  PetscCall(MatCreateVecs(line->matrix, &line->u, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode create_stepper(graft_line *line) {
  SNES newton;
  KSP solver;
  PC pc;
  TSAdapt adapt;
  PetscBool given[2] = {PETSC_FALSE, PETSC_FALSE};
  PetscFunctionBeginUser;
  PetscCall(TSCreate(PETSC_COMM_SELF, &line->stepper));
  PetscCall(TSSetProblemType(line->stepper, TS_NONLINEAR));
  PetscCall(TSSetType(line->stepper, TSROSW));
  PetscCall(TSRosWSetType(line->stepper, TSROSWRA34PW2));
  PetscCall(TSSetIFunction(line->stepper, NULL, implicit, line));
  PetscCall(TSSetIJacobian(line->stepper, line->matrix, line->matrix, jacobian, line));
  PetscCall(TSSetRHSFunction(line->stepper, NULL, explicit, line));
  PetscCall(TSSetExactFinalTime(line->stepper, TS_EXACTFINALTIME_MATCHSTEP));
  PetscCall(TSSetMaxSteps(line->stepper, 100000));
  PetscCall(TSGetAdapt(line->stepper, &adapt));
  PetscCall(TSAdaptSetType(adapt, line->tolerance > 0 ? TSADAPTBASIC : TSADAPTNONE));
  if (line->tolerance > 0) {
    PetscCall(TSSetTolerances(line->stepper, line->tolerance, NULL, line->tolerance, NULL));
  }
  PetscCall(TSGetSNES(line->stepper, &newton));
  PetscCall(SNESGetKSP(newton, &solver));
  PetscCall(KSPSetType(solver, KSPPREONLY));
  PetscCall(KSPGetPC(solver, &pc));
  PetscCall(PCSetType(pc, PCLU));
  PetscCall(PCFactorSetMatOrderingType(pc, MATORDERINGNATURAL));
  PetscCall(PetscOptionsHasName(NULL, NULL, "-ts_rtol", &given[0]));
  PetscCall(PetscOptionsHasName(NULL, NULL, "-ts_atol", &given[1]));
  GraftCheck(!given[0] && !given[1], USAGE,
             "-ts_rtol, -ts_atol: expected -tolerance, which error estimates go by");
  PetscErrorCode code = TSSetFromOptions(line->stepper);
  if (code != PETSC_SUCCESS) code = graft_status_to_petsc(GRAFT_USAGE); /* its message stands */
  PetscCall(code);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode create(graft_line *line) {
  PetscFunctionBeginUser;
  PetscCall(create_matrix(line));
  PetscCall(create_stepper(line));
  PetscFunctionReturn(PETSC_SUCCESS);
}

graft_status graft_line_create(size_t elements, double lo, double hi, double tolerance,
                               graft_line **out) {
  graft_line *line;
  *out = NULL;
  GRAFT_CHECK(elements >= 1 && hi > lo && tolerance >= 0, INTERNAL,
              "line: expected elements, lo < hi, tolerance, got %zu, %g, %g, %g", elements, lo, hi,
              tolerance);
  GRAFT_TRY(graft_alloc(&line, 1, sizeof *line));
  *line = (graft_line){.elements = elements,
                       .nodes = 2 * elements + 1,
                       .lo = lo,
                       .h = (hi - lo) / (double)elements,
                       .tolerance = tolerance};
  init_element(line);
  graft_status status = graft_alloc(&line->entry, elements * ENTRIES, sizeof *line->entry);
  if (status == GRAFT_OK) status = graft_status_from_petsc(create(line));
  if (status != GRAFT_OK) {
    graft_line_destroy(line);
    return status;
  }
  *out = line;
  return GRAFT_OK;
}

static PetscErrorCode destroy(graft_line *line) {
  PetscFunctionBeginUser;
  PetscCall(TSDestroy(&line->stepper));
  PetscCall(MatDestroy(&line->matrix));
  PetscCall(VecDestroy(&line->u));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void graft_line_destroy(graft_line *line) {
  if (!line) return;
  (void)destroy(line);
  graft_free(line->entry);
  graft_free(line);
}

size_t graft_line_nodes(const graft_line *line) { return line->nodes; }

double graft_line_x(const graft_line *line, size_t i) { return line->lo + (double)i * line->h / 2; }

/* One stretch between two times. */
static PetscErrorCode advance(graft_line *line, double from, double to, double step, double *next) {
  TSConvergedReason reason;
  PetscReal last;
  PetscFunctionBeginUser;
  PetscCall(TSSetTime(line->stepper, from));
  PetscCall(TSSetMaxTime(line->stepper, to));
  PetscCall(TSSetTimeStep(line->stepper, step < to - from ? step : to - from));
  PetscCall(TSSolve(line->stepper, line->u));
  PetscCall(TSGetConvergedReason(line->stepper, &reason));
  GraftCheck(reason == TS_CONVERGED_TIME, DIVERGED, "time stepper: %s between t = %g and %g",
             TSConvergedReasons[reason], from, to);
  PetscCall(TSGetTimeStep(line->stepper, &last));
  *next = line->tolerance > 0 ? last : step;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode solve(graft_line *line, const double *u0, size_t times, const double *time,
                            double step, double *u, size_t *steps) {
  PetscScalar *to;
  const PetscScalar *from;
  PetscInt count;
  size_t n = line->nodes;
  PetscFunctionBeginUser;
  PetscCall(VecGetArrayWrite(line->u, &to));
  memcpy(to, u0, n * sizeof *to);
  PetscCall(VecRestoreArrayWrite(line->u, &to));
  memcpy(u, u0, n * sizeof *u);
  PetscCall(TSSetStepNumber(line->stepper, 0));
  for (size_t k = 1; k < times; k++) {
    PetscCall(advance(line, time[k - 1], time[k], step, &step));
    PetscCall(VecGetArrayRead(line->u, &from));
    memcpy(u + k * n, from, n * sizeof *u);
    PetscCall(VecRestoreArrayRead(line->u, &from));
  }
  PetscCall(TSGetStepNumber(line->stepper, &count));
  if (steps) *steps = (size_t)count;
  PetscFunctionReturn(PETSC_SUCCESS);
}

graft_status graft_line_solve(graft_line *line, const graft_line_problem *problem, const double *u0,
                              size_t times, const double *time, double step, double *u,
                              size_t *steps) {
  line->problem = problem;
  graft_status status = graft_status_from_petsc(solve(line, u0, times, time, step, u, steps));
  line->problem = NULL;
  return status;
}
