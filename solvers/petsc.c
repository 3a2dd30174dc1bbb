/* SPDX-License-Identifier: BSD-2-Clause */
#include "solvers/petsc.h"

#include <cblas.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "solvers/petsc_impl.h"

enum { STATUS_BASE = 20000 /* codes of ours begin here, far above PETSc's */ };

static const char *const prefix[] = {"-ksp_",  "-pc_", "-mat_", "-vec_",    "-ts_",
                                     "-snes_", "-dm_", "-log_", "-malloc_", "-options_"};

const char *graft_petsc_prefix(size_t i) {
  return i < sizeof prefix / sizeof *prefix ? prefix[i] : NULL;
}

PetscErrorCode graft_status_to_petsc(graft_status status) {
  return status == GRAFT_OK ? PETSC_SUCCESS : (PetscErrorCode)(STATUS_BASE + (int)status);
}

graft_status graft_status_from_petsc(PetscErrorCode code) {
  int n = (int)code;
  if (n == 0) return GRAFT_OK;
  if (n > STATUS_BASE && n < STATUS_BASE + GRAFT_STATUS_COUNT) {
    return (graft_status)(n - STATUS_BASE);
  }
  if (n == PETSC_ERR_MEM) return GRAFT_MEMORY;
  if (n == PETSC_ERR_MISSING_FACTOR || n == PETSC_ERR_ARG_UNKNOWN_TYPE) return GRAFT_USAGE;
  return n == PETSC_ERR_NOT_CONVERGED ? GRAFT_DIVERGED : GRAFT_INTERNAL;
}

/* Keeps the message where an error of PETSc began; prints nothing. */
static PetscErrorCode record(MPI_Comm comm, int line, const char *function, const char *file,
                             PetscErrorCode code, PetscErrorType type, const char *message,
                             void *ctx) {
  (void)comm, (void)ctx;
  if (type == PETSC_ERROR_INITIAL) {
    char text[512];
    strncpy(text, message ? message : "", sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (char *c = text; *c; c++) {
      if (iscntrl((unsigned char)*c)) *c = ' ';
    }
    (void)graft_error_set(graft_status_from_petsc(code), file, line, "PETSc, %s: %s",
                          function ? function : "?", text);
  }
  return code;
}

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

const char *graft_petsc_version(void) {
  return TEXT(PETSC_VERSION_MAJOR) "." TEXT(PETSC_VERSION_MINOR) "." TEXT(PETSC_VERSION_SUBMINOR);
}

static bool is_number(const char *word) {
  char *end;
  (void)strtod(word, &end);
  return end != word && *end == '\0';
}

static graft_status check_words(size_t count, const char *const *word) {
  bool value_allowed = false;
  for (size_t i = 0; i < count; i++) {
    bool option = word[i][0] == '-' && !is_number(word[i]), known = false;
    for (size_t p = 0; option && graft_petsc_prefix(p); p++) {
      const char *start = graft_petsc_prefix(p);
      known = known || strncmp(word[i], start, strlen(start)) == 0;
    }
    GRAFT_CHECK(option ? known : value_allowed, USAGE,
                "%s: expected an option of PETSc (-ksp_… -pc_… -mat_… and so on)", word[i]);
    value_allowed = option;
  }
  return GRAFT_OK;
}

graft_status graft_petsc_init(size_t count, const char *const *word) {
  PetscBool done = PETSC_FALSE;
  GRAFT_TRY(check_words(count, word));
  GRAFT_TRY(graft_status_from_petsc(PetscInitialized(&done)));
  GRAFT_CHECK(!done, INTERNAL, "PETSc: expected to be initialised once, it is already");
  char **argument;
  GRAFT_TRY(graft_alloc(&argument, count + 4, sizeof *argument));
  static char name[] = "graft", no_file[] = "-skip_petscrc", no_signal[] = "-no_signal_handler";
  argument[0] = name;
  argument[1] = no_file;
  argument[2] = no_signal;
  for (size_t i = 0; i < count; i++) memcpy(&argument[3 + i], &word[i], sizeof *argument);
  int arguments = (int)count + 3;
  char **parsed = argument;
  unsetenv("PETSC_OPTIONS");
  unsetenv("PETSC_OPTIONS_YAML");
  PetscErrorCode code = PetscInitialize(&arguments, &parsed, NULL, NULL);
  graft_free(argument);
  GRAFT_CHECK(code == PETSC_SUCCESS, INTERNAL, "PETSc could not be initialised (error %d)",
              (int)code);
  GRAFT_TRY(graft_status_from_petsc(PetscPushErrorHandler(record, NULL)));
  openblas_set_num_threads(1); /* one rank per core; threads would fight and change sums */
  return GRAFT_OK;
}

graft_status graft_petsc_check_unused(void) {
  static const char *const checked[] = {"ksp_", "pc_", "mat_"};
  PetscInt count;
  char **name, **value, found[256] = "";
  GRAFT_TRY(graft_status_from_petsc(PetscOptionsLeftGet(NULL, &count, &name, &value)));
  for (PetscInt i = 0; i < count; i++) {
    for (size_t p = 0; p < sizeof checked / sizeof *checked; p++) {
      if (strncmp(name[i], checked[p], strlen(checked[p])) == 0) {
        strncpy(found, name[i], sizeof found - 1);
      }
    }
  }
  GRAFT_TRY(graft_status_from_petsc(PetscOptionsLeftRestore(NULL, &count, &name, &value)));
  GRAFT_CHECK(!found[0], USAGE,
              "-%s: expected an option that the chosen solver of PETSc reads, it does not", found);
  return GRAFT_OK;
}

bool graft_petsc_begun(void) {
  PetscBool done = PETSC_FALSE, finished = PETSC_FALSE;
  return !PetscInitialized(&done) && !PetscFinalized(&finished) && done && !finished;
}

void graft_petsc_fini(void) {
  if (!graft_petsc_begun()) return;
  if (PetscPopErrorHandler()) return;
  if (PetscFinalize()) return;
}
