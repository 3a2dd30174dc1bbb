/* SPDX-License-Identifier: BSD-2-Clause
 * Method:    sequential AIJ matrix assembled from coordinate triples whose pattern is analysed once
 *            (MatSetPreallocationCOO); by default a sparse Cholesky factorisation (CHOLMOD), whose
 *            symbolic part is done at the first solve and kept, since the pattern does not change.
 * Cost:      two-dimensional meshes, n unknowns: factor O(n^1.5), solve O(n log n).
 * Reference: petsc2022 (MatSetValuesCOO, PCCHOLESKY), chen2008 (CHOLMOD). */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "solvers/fe_impl.h"

/* Rows and columns of all element matrices; −1 (ignored by PETSc) on the boundary. */
static PetscErrorCode set_pattern(graft_fe *fe) {
  size_t n = (size_t)fe->nodes, count = fe->mesh->elements * n * n;
  PetscInt *row, *column;
  PetscFunctionBeginUser;
  PetscCall(PetscMalloc2(count, &row, count, &column));
  for (size_t e = 0, at = 0; e < fe->mesh->elements; e++) {
    const int *node = fe->mesh->element + e * n;
    for (size_t i = 0; i < n; i++) {
      for (size_t j = 0; j < n; j++, at++) {
        int a = fe->unknown[node[i]], b = fe->unknown[node[j]];
        row[at] = a < 0 || b < 0 ? -1 : a;
        column[at] = a < 0 || b < 0 ? -1 : b;
      }
    }
  }
  PetscCall(MatSetPreallocationCOO(fe->matrix, (PetscCount)count, row, column));
  PetscCall(PetscFree2(row, column));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode init(graft_fe *fe) {
  PC pc;
  PetscInt n = (PetscInt)fe->unknowns;
  PetscFunctionBeginUser;
  PetscCall(MatCreate(PETSC_COMM_SELF, &fe->matrix));
  PetscCall(MatSetSizes(fe->matrix, n, n, n, n));
  PetscCall(MatSetType(fe->matrix, MATSEQAIJ));
  PetscCall(set_pattern(fe));
  PetscCall(MatSetOption(fe->matrix, MAT_SPD, PETSC_TRUE));
  PetscCall(MatSetOption(fe->matrix, MAT_SPD_ETERNAL, PETSC_TRUE));
  PetscCall(MatCreateVecs(fe->matrix, &fe->x, &fe->b));
  PetscCall(KSPCreate(PETSC_COMM_SELF, &fe->solver));
  PetscCall(KSPSetOperators(fe->solver, fe->matrix, fe->matrix));
  PetscCall(KSPSetType(fe->solver, KSPPREONLY));
  PetscCall(KSPGetPC(fe->solver, &pc));
  PetscCall(PCSetType(pc, PCCHOLESKY));
  PetscCall(PCFactorSetMatSolverType(pc, MATSOLVERCHOLMOD));
  PetscCall(KSPSetTolerances(fe->solver, 1e-10, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT));
  PetscErrorCode code = KSPSetFromOptions(fe->solver);
  if (code != PETSC_SUCCESS) code = graft_status_to_petsc(GRAFT_USAGE); /* its message stands */
  PetscCall(code);
  PetscFunctionReturn(PETSC_SUCCESS);
}

graft_status graft_fe_linear_init(graft_fe *fe) { return graft_status_from_petsc(init(fe)); }

static PetscErrorCode set(graft_fe *fe) {
  PetscFunctionBeginUser;
  PetscCall(MatSetValuesCOO(fe->matrix, fe->entry, INSERT_VALUES));
  PetscFunctionReturn(PETSC_SUCCESS);
}

graft_status graft_fe_linear_set(graft_fe *fe) { return graft_status_from_petsc(set(fe)); }

static PetscErrorCode solve(graft_fe *fe, double *u) {
  KSPConvergedReason reason;
  PetscInt iterations;
  const PetscScalar *x;
  PetscScalar *b;
  const char *text;
  PetscFunctionBeginUser;
  PetscCall(VecGetArrayWrite(fe->b, &b));
  memcpy(b, fe->lift, fe->unknowns * sizeof *b);
  PetscCall(VecRestoreArrayWrite(fe->b, &b));
  PetscCall(KSPSolve(fe->solver, fe->b, fe->x));
  PetscCall(KSPGetConvergedReason(fe->solver, &reason));
  PetscCall(KSPGetConvergedReasonString(fe->solver, &text));
  PetscCall(KSPGetIterationNumber(fe->solver, &iterations));
  GraftCheck(reason > 0, DIVERGED,
             "linear solver: expected convergence, got %s after %d iterations", text,
             (int)iterations);
  PetscCall(VecGetArrayRead(fe->x, &x));
  double sum = 0;
  for (size_t i = 0; i < fe->mesh->nodes; i++) {
    u[i] = fe->unknown[i] < 0 ? fe->boundary[i] : x[fe->unknown[i]];
    sum += u[i];
  }
  PetscCall(VecRestoreArrayRead(fe->x, &x));
  GraftCheck(isfinite(sum), DIVERGED, "linear solver: expected finite values, got %g", sum);
  PetscFunctionReturn(PETSC_SUCCESS);
}

graft_status graft_fe_solve(graft_fe *fe, double *u) {
  return graft_status_from_petsc(solve(fe, u));
}

static PetscErrorCode fini(graft_fe *fe) {
  PetscFunctionBeginUser;
  PetscCall(KSPDestroy(&fe->solver));
  PetscCall(VecDestroy(&fe->x));
  PetscCall(VecDestroy(&fe->b));
  PetscCall(MatDestroy(&fe->matrix));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void graft_fe_linear_fini(graft_fe *fe) {
  if (fini(fe)) return; /* nothing more can be done */
}
