/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_APPS_TRANSFER_H
#define GRAFT_APPS_TRANSFER_H

/** @file transfer.h
 *  Verb `transfer`: its configuration, and the table of errors that it ends with. */

#include "apps/pde.h"
#include "apps/words.h"
#include "deeponet/transfer.h"

/** How a network for new tasks is come by. */
typedef enum graft_transfer_mode {
  GRAFT_TRANSFER_ZERO_SHOT, /**< the trained model as it is */
  GRAFT_TRANSFER_FINE_TUNE, /**< its parameters as start values */
  GRAFT_TRANSFER_GRAFT,     /**< a new branch on its trunk */
  GRAFT_TRANSFER_SCRATCH,   /**< the same network, nothing taken over */
  GRAFT_TRANSFER_MODES      /**< number of modes */
} graft_transfer_mode;

/** Name of the i-th mode, NULL past the end (usable as graft_option::choices). */
const char *graft_transfer_mode_name(size_t i);

/** Configuration of `transfer`. */
typedef struct graft_pde_transfer {
  graft_front front;            /**< options of every verb */
  char preset[GRAFT_NAME_SIZE]; /**< name of the preset */
  char model[GRAFT_PATH_SIZE];  /**< trained model */
  char data[GRAFT_PATH_SIZE];   /**< data set of the new tasks */
  char output[GRAFT_PATH_SIZE]; /**< run directory */
  char samples[128];            /**< counts of samples of each task, a run each */
  char mode[64];                /**< modes, a run each */
  char freeze[256];             /**< blocks left alone, "auto": those of the mode */
  char statistics[16];          /**< source or target */
  char loss[32];                /**< "": the model's */
  long long batch;              /**< 0: the model's */
  long long points;             /**< −1: the model's */
  double scratch_lr;            /**< learning rate of mode scratch; 0: lr */
  double holdout;               /**< share of the samples that choose the best step */
  char source[GRAFT_PATH_SIZE]; /**< data set that the model was trained on, or "" */
  long long rehearse;           /**< samples of each old task among the new ones */
  double discrepancy;           /**< weight of the discrepancy from old samples; 0: none */
  char split[GRAFT_NAME_SIZE];  /**< split of the data set */
  char part[16];                /**< part of it that errors are reported on */
  char resume[16];              /**< auto or never */
  bool baselines;               /**< fit the classical baselines to the same samples */
  long long seed;               /**< of fresh weights, batches, dropout */
  long long threads;            /**< 0: as many as OpenMP gives */
  graft_trainer_config trainer; /**< training */
} graft_pde_transfer;

extern const graft_verb graft_pde_verb_transfer; /**< takes a graft_pde_transfer */

/** The verb after its options. Collective. */
GRAFT_MUST_USE graft_status graft_transfer_run(graft_app *app, const graft_pde_transfer *config);

enum { GRAFT_TRANSFER_COUNTS = 16 /**< most counts of samples */ };

/** Errors at one count of samples on one task. */
typedef struct graft_transfer_row {
  char task[GRAFT_NAME_SIZE];                     /**< its name */
  size_t count;                                   /**< samples it was given */
  size_t samples;                                 /**< samples evaluated */
  graft_error_summary mode[GRAFT_TRANSFER_MODES]; /**< NaN: not asked for */
  double baseline[GRAFT_MAX_BASELINES];           /**< fitted to the same samples; NaN: none */
} graft_transfer_row;

/** All of them; caller's struct. */
typedef struct graft_transfer_table {
  const graft_app *app;             /**< borrowed */
  const graft_pde_transfer *config; /**< borrowed */
  size_t rows;                      /**< in use: counts x tasks */
  graft_transfer_row *row;          /**< [counts x tasks], owned */
  size_t seen;                      /**< evaluated samples that a model was trained on */
  double solve_seconds;             /**< that making the new samples took; 0: not known */
  double train_seconds;             /**< of all trainings */
  double predict_per_sample;        /**< seconds, of the last evaluation */
  graft_evaluation last;            /**< of the last trained model, else of the one as it is */
} graft_transfer_table;

/** Evaluate @p model on the test samples of @p view and fill column @p mode of the rows of
 *  @p count samples; with the first column of a count the baselines too.
 *  @param view new tasks: training samples (and validation), test samples
 *  @param fit fit the baselines */
GRAFT_MUST_USE graft_status graft_transfer_judge(graft_transfer_table *table, graft_deeponet *model,
                                                 const graft_source *view, size_t count,
                                                 graft_transfer_mode mode, bool fit);

/** Print it (or its JSON) on stdout; write transfer.csv and metrics.json into the run directory,
 * and draw plots/transfer.png where there are several counts. */
GRAFT_MUST_USE graft_status graft_transfer_report(graft_transfer_table *table);

/** Draw transfer.png from RUN/transfer.csv. */
GRAFT_MUST_USE graft_status graft_transfer_draw(const graft_app *app, const char *run,
                                                graft_words *made);

/** Release what the table owns. */
void graft_transfer_table_fini(graft_transfer_table *table);

#endif
