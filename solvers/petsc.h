/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_SOLVERS_PETSC_H
#define GRAFT_SOLVERS_PETSC_H

/** @file petsc.h
 *  Start and end of PETSc, seen by programs. This header does not include PETSc's. */

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/** The i-th prefix of options that are handed to PETSc ("-ksp_", "-pc_", …), NULL past the end. */
const char *graft_petsc_prefix(size_t i);

/** Initialise PETSc (and MPI, unless it is already) once per process. Collective.
 *  No petscrc file, no `PETSC_OPTIONS`, no signal handlers, no traces on stderr: errors arrive as
 *  ::graft_status with a message of one line.
 *  @param count number of words
 *  @param word [count] options and values, e.g. "-ksp_type", "cg"; each option must begin with one
 * of graft_petsc_prefix(); borrowed until graft_petsc_fini()
 *  @return GRAFT_USAGE for an option with another prefix or a stray word */
GRAFT_MUST_USE graft_status graft_petsc_init(size_t count, const char *const *word);

/** Whether graft_petsc_init() was successful and graft_petsc_fini() is still to come. */
bool graft_petsc_begun(void);

/** Fail if an option that selects a solver (`-ksp_ -pc_ -mat_`) was never looked at: a misspelt
 * name, which PETSc itself ignores. Sensible after a first solve.
 *  @return GRAFT_USAGE naming the option */
GRAFT_MUST_USE graft_status graft_petsc_check_unused(void);

/** Version of PETSc in use, e.g. "3.18.5"; for provenance. */
const char *graft_petsc_version(void);

/** Finalise PETSc (and MPI, if graft_petsc_init() initialised it). Collective; a second call does
 *  nothing. */
void graft_petsc_fini(void);

#endif
