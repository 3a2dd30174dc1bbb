/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_SOLVERS_PETSC_IMPL_H
#define GRAFT_SOLVERS_PETSC_IMPL_H

/** @file petsc_impl.h
 *  PETSc for the files of this folder: one shim for its versions, and the pair of translators
 * between
 *  ::graft_status and PetscErrorCode. */

#include <petscksp.h>

#include "base/status.h"

#if PETSC_VERSION_LT(3, 19, 0)
#define PETSC_SUCCESS 0 /**< PETSc 3.19 names it */
#endif

/** PETSc's code for a failed call of Graft; its message is recorded already. */
PetscErrorCode graft_status_to_petsc(graft_status status);

/** Status of a PETSc code: what graft_status_to_petsc() put in, out of memory, not converged, or
 *  GRAFT_INTERNAL. The message is recorded already, by the handler that graft_petsc_init() sets.
 */
GRAFT_MUST_USE graft_status graft_status_from_petsc(PetscErrorCode code);

/** Call a function of Graft within a function of PETSc's kind. */
#define GraftCall(call) PetscCall(graft_status_to_petsc(call))

/** Fail with GRAFT_@p code and a printf message unless @p cond holds, within a function of PETSc's
 *  kind. */
#define GraftCheck(cond, code, ...)                                                                \
  do {                                                                                             \
    if (!(cond)) {                                                                                 \
      PetscFunctionReturn(                                                                         \
          graft_status_to_petsc(graft_error_set(GRAFT_##code, __FILE__, __LINE__, __VA_ARGS__)));  \
    }                                                                                              \
  } while (0)

#endif
