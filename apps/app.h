/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_APPS_APP_H
#define GRAFT_APPS_APP_H

/** @file app.h
 *  What every program does around its verb: options and help, signals, threads, MPI and PETSc, one
 * line for an error, the exit code. */

#include "apps/meter.h"
#include "apps/options.h"
#include "base/comm.h"

/** The running program, as verbs see it. */
typedef struct graft_app {
  const graft_program *program; /**< its tables */
  const graft_verb *verb;       /**< what it was told to do */
  const void *config;           /**< of the verb, filled */
  int argc;                     /**< of main(), for provenance */
  char **argv;                  /**< of main() */
  graft_words petsc;            /**< PETSc's options, verbatim */
  graft_comm comm;              /**< all ranks of mpiexec; log and results come from rank 0 */
  bool silent;                  /**< part of a larger verb: print no result of its own */
  bool quiet;                   /**< as the option says; true on ranks other than 0 */
  bool json;                    /**< as the option says */
} graft_app;

/** main() of every program. @return the exit code */
int graft_app_main(const graft_program *program, int argc, char **argv);

/** Flag, nonzero once SIGINT, SIGTERM or SIGUSR1 arrived: stop at the next safe point. A second
 * SIGINT ends the program at once. Address of the flag, for libraries that poll it. */
const volatile int *graft_app_stop(void);

/** Fail if a file to be written is one that is read: names, links and paths of all kinds.
 *  @return GRAFT_USAGE naming the option of @p input */
GRAFT_MUST_USE graft_status graft_app_check_other(const char *output, const char *option,
                                                  const char *input);

/** Refuse to run on several ranks: this verb is not parallel. @return GRAFT_USAGE */
GRAFT_MUST_USE graft_status graft_app_one_rank(const graft_app *app);

/** Tell the user something on stderr, one line; rank 0 only, silent with -quiet. */
void graft_app_log(const graft_app *app, const char *format, ...) GRAFT_PRINTF(2, 3);

/** Warn on stderr, one line; rank 0 only, with -quiet too. */
void graft_app_warn(const graft_app *app, const char *format, ...) GRAFT_PRINTF(2, 3);

#endif
