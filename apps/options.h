/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_APPS_OPTIONS_H
#define GRAFT_APPS_OPTIONS_H

/** @file options.h
 *  The option front end: programs, their verbs, and how a verb's configuration is filled.
 *
 *  A verb lists sections; each section pairs a table of option rows (base/option.h) with the place
 * of the struct they describe inside the verb's configuration. Nothing else knows the options:
 * parsing,
 *  `--help`, the man page and `config.yaml` are all made from these tables.
 *
 *  Precedence, each one beating those before it: defaults of the rows · the preset · the
 * environment variable GRAFT_OPTIONS · the file given by `-options_file` · the command line. An
 * option that several sections of a verb have sets it in all of them. On the command line an option
 * must belong to the verb and be given once; environment and file may serve several verbs, so there
 * the options of the program's other verbs are passed over, while an option that no verb has is an
 * error. */

#include <stdbool.h>
#include <stddef.h>

#include "apps/words.h"
#include "base/option.h"
#include "io/yaml.h"

enum { GRAFT_PATH_SIZE = 1024 /**< bytes of an option that holds a path */ };

/** A titled group of option rows. A list of sections ends with rows NULL. */
typedef struct graft_section {
  const char *title;        /**< heading in help */
  const graft_option *rows; /**< their table */
  size_t offset;            /**< of the rows' struct within the verb's configuration */
  bool transient;           /**< does not describe the work, so it is left out of config.yaml */
} graft_section;

struct graft_app;

/** What a program can be told to do. */
typedef struct graft_verb {
  const char *name;             /**< word of the command line */
  const char *summary;          /**< one line */
  const char *const *example;   /**< argument lines without the program's name, NULL-terminated */
  const graft_section *section; /**< ends with rows NULL */
  const char *main;   /**< names of the options that `--help` shows, parted by blanks; NULL: all */
  size_t config_size; /**< bytes of the configuration, which begins with a graft_front */
  bool parallel;      /**< needs MPI; others start it only under mpiexec */
  /** Do it. @p config is filled; results go to stdout, log and progress to stderr. */
  graft_status (*run)(struct graft_app *app, void *config);
} graft_verb;

/** A program: names and tables, all const. */
typedef struct graft_program {
  const char *name;           /**< of the executable, starts every message */
  const char *summary;        /**< one line */
  const char *version;        /**< of Graft */
  const char *command;        /**< how it is called: its name, with `-problem NAME` where needed */
  const char *problem;        /**< registry name of the equation, "" where there is none */
  const char *const *example; /**< as in graft_verb */
  const graft_verb *const *verb; /**< NULL-terminated */
  /** Apply those settings of a preset that @p rows has to @p config; the names are the choices of
   * the option `preset`. NULL: no presets. */
  graft_status (*preset)(const struct graft_program *program, const char *name,
                         const graft_option *rows, void *config);
  bool petsc; /**< links solvers/: hands PETSc's options on */
} graft_program;

/** Options of every verb; first member of every verb's configuration. */
typedef struct graft_front {
  char options_file[GRAFT_PATH_SIZE]; /**< YAML file with options, or "" */
  bool quiet;                         /**< no progress, no log on stderr */
  bool json;                          /**< result on stdout as JSON */
} graft_front;

/** Rows of ::graft_front. */
extern const graft_option graft_front_options[];

/** The verb of that name, or NULL. */
const graft_verb *graft_verb_find(const graft_program *program, const char *name);

/** The verb named closest to @p name. */
const graft_verb *graft_verb_nearest(const graft_program *program, const char *name);

/** Fill a verb's configuration from defaults, preset, environment, file and command line.
 *  @param word words of the command line behind the verb [count]
 *  @param environment text of GRAFT_OPTIONS, or NULL
 *  @param config configuration of the verb, caller-owned, overwritten
 *  @param petsc receives PETSc's options, verbatim and in order of precedence
 *  @return GRAFT_USAGE with one line that names the option and what was expected; GRAFT_INPUT
 * when the options file is missing or is no YAML */
GRAFT_MUST_USE graft_status graft_options_parse(const graft_program *program,
                                                const graft_verb *verb, size_t count,
                                                char *const *word, const char *environment,
                                                void *config, graft_words *petsc);

/** The effective options as flat YAML, each one once, transient sections left out, PETSc's options
 *  included: what goes into config.yaml and provenance, and what `-options_file` reads back.
 *  @param yaml zero-initialised by the caller; release with graft_yaml_fini() */
GRAFT_MUST_USE graft_status graft_options_effective(const graft_verb *verb, const void *config,
                                                    const graft_words *petsc, graft_yaml *yaml);

/** May the option differ between two runs of one directory? A graft_run_dir_may_change.
 *  @param verb address of a pointer to the ::graft_verb
 *  @param name of the option */
bool graft_options_may_change(void *verb, const char *name);

#endif
