/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_APPS_PDE_H
#define GRAFT_APPS_PDE_H

/** @file pde.h
 *  The common body of the PDE programs: their verbs and configurations. graft-darcy and the like
 * are a few lines over graft_pde_main(). */

#include "apps/app.h"
#include "base/source.h"
#include "deeponet/metrics.h"
#include "deeponet/model.h"
#include "io/provenance.h"
#include "mtl/trainer.h"
#include "solvers/ensemble.h"

/** main() of a PDE program.
 *  @param name of the program
 *  @param problem registry name of the equation; NULL: taken from the option `-problem NAME`
 *  @return the exit code */
int graft_pde_main(const char *name, const char *problem, int argc, char **argv);

/** Configuration of `solve`. */
typedef struct graft_pde_solve {
  graft_front front;            /**< options of every verb */
  char preset[GRAFT_NAME_SIZE]; /**< name of the preset */
  char output[GRAFT_PATH_SIZE]; /**< data set to write */
  graft_solve_config solve;     /**< ground truth */
} graft_pde_solve;

/** Configuration of `train`. */
typedef struct graft_pde_train {
  graft_front front;            /**< options of every verb */
  char preset[GRAFT_NAME_SIZE]; /**< name of the preset */
  char data[GRAFT_PATH_SIZE];   /**< data set to train on */
  char output[GRAFT_PATH_SIZE]; /**< run directory */
  char split[GRAFT_NAME_SIZE];  /**< name of the split */
  char resume[16];              /**< auto or never */
  long long members;            /**< networks of an ensemble, seeds seed, seed + 1, … */
  graft_deeponet_config model;  /**< network */
  graft_trainer_config trainer; /**< training */
} graft_pde_train;

/** Configuration of `eval`. */
typedef struct graft_pde_eval {
  graft_front front;               /**< options of every verb */
  char model[GRAFT_PATH_SIZE];     /**< model file */
  char data[GRAFT_PATH_SIZE];      /**< data set */
  char training[GRAFT_PATH_SIZE];  /**< data set that baselines are fitted to; "": data */
  char unseen[GRAFT_PATH_SIZE];    /**< data set of tasks that the model is new to; "": none */
  char split[2 * GRAFT_NAME_SIZE]; /**< "NAME:PART" */
  char output[GRAFT_PATH_SIZE];    /**< run directory; "": that of the model */
  bool baselines;                  /**< fit the classical baselines too */
  double accuracy;                 /**< largest allowed mean rel_l2 of any task; 0: no check */
} graft_pde_eval;

/** Configuration of `predict`. */
typedef struct graft_pde_predict {
  graft_front front;            /**< options of every verb */
  char model[GRAFT_PATH_SIZE];  /**< model file */
  char data[GRAFT_PATH_SIZE];   /**< data set; "": inputs are made */
  char output[GRAFT_PATH_SIZE]; /**< data set to write */
  long long samples;            /**< made of each task */
  bool truth;                   /**< solve them too */
  bool untold;                  /**< predict on new regions that no input of the model describes */
  long long pictures;           /**< made samples of each task that are drawn */
  graft_solve_config solve;     /**< inputs that are made, but for what the model says of them */
} graft_pde_predict;

/** Stands in the sections of a verb for the options of inputs that it makes itself: those of the
 *  problem's ground truth without what models and other options of the verb say. */
extern const graft_option graft_pde_input_options[];

/** Configuration of `plot`. */
typedef struct graft_pde_plot {
  graft_front front;          /**< options of every verb */
  char run[GRAFT_PATH_SIZE];  /**< run directory, or "" */
  char data[GRAFT_PATH_SIZE]; /**< data set; "": the one that the run was evaluated on */
  long long samples;          /**< of each task, when a data set alone is shown */
  long long worst;            /**< samples of each task with the largest errors, of a run */
} graft_pde_plot;

/** Configuration of `demo`: that of its parts. */
typedef struct graft_pde_demo {
  graft_front front;            /**< options of every verb */
  char preset[GRAFT_NAME_SIZE]; /**< name of the preset */
  char output[GRAFT_PATH_SIZE]; /**< run directory */
  graft_solve_config solve;     /**< ground truth */
  graft_deeponet_config model;  /**< network */
  graft_trainer_config trainer; /**< training */
} graft_pde_demo;

extern const graft_verb graft_pde_verb_solve;   /**< takes a graft_pde_solve */
extern const graft_verb graft_pde_verb_train;   /**< takes a graft_pde_train */
extern const graft_verb graft_pde_verb_eval;    /**< takes a graft_pde_eval */
extern const graft_verb graft_pde_verb_predict; /**< takes a graft_pde_predict */
extern const graft_verb graft_pde_verb_plot;    /**< takes a graft_pde_plot */
extern const graft_verb graft_pde_verb_demo;    /**< takes a graft_pde_demo */

/** Fail unless the path option is given. */
GRAFT_MUST_USE graft_status graft_pde_require(const char *option, const char *value,
                                              const char *what);

/** Provenance of what the verb writes: command line, effective options, versions.
 *  Release with graft_provenance_fini(). */
GRAFT_MUST_USE graft_status graft_pde_provenance(const graft_app *app, const void *config,
                                                 long long seed, graft_provenance *provenance);

/** The app for a part of a verb (the demo's solve, train …): the same but for the verb. */
graft_app graft_pde_part(const graft_app *app, const graft_verb *verb);

/** Open a data set of this program's equation.
 *  @param solved the field "u" must be there
 *  @return GRAFT_INPUT naming the file */
GRAFT_MUST_USE graft_status graft_pde_open(const graft_app *app, const char *path, bool solved,
                                           graft_source *source);

/** The split that the option -split names must be one of the file's.
 *  @return GRAFT_USAGE naming option, file and the splits there */
GRAFT_MUST_USE graft_status graft_pde_check_split(const char *path, const graft_source *source,
                                                  const char *split);

/** Read a model file. Destroy with graft_deeponet_destroy().
 *  @param bundle receives what the file holds, for its training record; or NULL; release with
 *  graft_bundle_fini() */
GRAFT_MUST_USE graft_status graft_pde_load(const char *path, graft_bundle *bundle,
                                           graft_deeponet **model);

/** Directory part of a path ("." if it has none) into @p text [size]; returns @p text. */
const char *graft_pde_directory(const char *path, char *text, size_t size);

/** FILE.xmf beside the data set FILE.h5, and FILE_nodes.xmf if it has nodes; nothing for a grid
 * with one axis of space. */
GRAFT_MUST_USE graft_status graft_pde_xdmf(const char *data);

/** Verb `plot` after its options: pictures of a run or a data set into DIRECTORY/plots.
 *  @param pictures receives their names if not NULL (release with graft_words_fini()) */
GRAFT_MUST_USE graft_status graft_pde_draw(const graft_app *app, const graft_pde_plot *config,
                                           graft_words *pictures);

#endif
