/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_DEEPONET_BASELINE_H
#define GRAFT_DEEPONET_BASELINE_H

/** @file baseline.h
 *  Classical predictors that a network has to beat, fitted per task on the same training part as
 * the network. All arithmetic is in double.
 *
 *  Where u > 0 at all interior points, each is fitted on u and on log u; the one with the smaller
 *  error on the validation part is kept. A new baseline is one file with one ::graft_baseline_type,
 *  one line in baseline.def and one in meson.build. */

#include <stdbool.h>

#include "base/source.h"

enum { GRAFT_MAX_BASELINES = 16 /**< most baselines the registry may hold */ };

/** One task's samples as a baseline sees them. Targets are what is to be predicted: u or log u. */
typedef struct graft_baseline_data {
  size_t train;      /**< n training samples, ≥ 1 */
  size_t validation; /**< v validation samples; 0: the training samples stand in for them */
  size_t test;       /**< t samples to report on */
  size_t inputs;     /**< M numbers in an input: the data set's input fields at the points of the
                          closed region and the numbers of the sample, see graft_baseline_run() */
  size_t outputs;  /**< Q numbers in a target: points of the region, for log u the interior ones */
  size_t modes;    /**< basis functions of the network, for the POD floor */
  const double *x; /**< inputs [n + v + t x M]: training, validation, test samples */
  const double *y; /**< targets [n + v + t x Q] in the same order */
} graft_baseline_data;

/** A baseline: a list of candidates (hyper-parameters), one of which validation picks. */
typedef struct graft_baseline_type {
  const char *name;    /**< registry name, e.g. "kernel_ridge" */
  const char *summary; /**< one line */
  const char *source;  /**< reference key */
  bool numbers;        /**< only for samples that numbers alone describe (data->x holds these) */
  const char *field;   /**< the given field of this name is the prediction, or what predict() makes
                          of it: nothing is fitted, all below that is unused; NULL: not so */
  /** Turn the field @p u [P] of a sample on a plane grid into a prediction of u, or NULL. */
  graft_status (*predict)(const graft_source_info *info, const graft_source_geometry *geometry,
                          float *u);
  size_t candidates; /**< number of hyper-parameter choices */
  size_t state_size; /**< bytes of state, zeroed before init */
  /** Smoothers (false): init and weights must not read data->y, are set up once for u and log u,
   * and predict mean + weights · (y_train − mean), mean the training mean of y. Projections (true):
   * set up for each target, may read data->y of all samples (a bound, not a predictor), and give
   *  weights · y_train. */
  bool projection;
  bool spectral; /**< init solves an n x n eigenproblem: left out (error NaN) for n beyond LAPACK's
                    reach, 32000 */
  /** Set up what all candidates share, e.g. distances; NULL: nothing. */
  graft_status (*init)(void *state, const graft_baseline_data *data);
  /** Weights [count x n] of the rows first … first + count − 1 (validation, then test samples).
   *  Called by several threads at a time.
   *  @param scratch [count x n] */
  void (*weights)(const void *state, const graft_baseline_data *data, size_t candidate,
                  size_t first, size_t count, double *scratch, double *weights);
  void (*fini)(void *state); /**< release what init took, or NULL */
} graft_baseline_type;

/** The i-th baseline of the registry, NULL past the end. */
const graft_baseline_type *graft_baseline_get(size_t i);

/** Name of the i-th baseline, NULL past the end (usable as graft_option::choices). */
const char *graft_baseline_name(size_t i);

/** Mean per-sample relative L2 error of every baseline on every task.
 *
 *  Tasks whose samples differ in geometry are described by the samples' numbers alone, or, where
 *  there are none, by fields, signed distances and torsion functions; then u over the torsion
 *  function takes the place of u. Fields are compared at all points that lie in some sample's
 *  region, continued outside their own by the value at the nearest point of it; errors count points
 *  of the sample's own region. Tasks without training samples take those of all tasks.
 *  @param source data set with the field "u" and its inputs. Several groups of inputs (fields, and
 *  all numbers of a sample together) are centred and scaled so that each has the same total
 *  variance over the training samples, each number first to a variance of its own of 1
 *  @param split, part samples to report on; training and validation samples come from the same
 * split
 *  @param modes basis functions of the network, for the POD floor
 *  @param error [K x GRAFT_MAX_BASELINES] receives the errors in registry order; NaN where a task
 *  has no training samples, none in @p part, or too many for the method
 *  @param of_log [K x GRAFT_MAX_BASELINES] receives whether the fit on log u was kept; or NULL
 *  Cost: dominated by products n·n·M and candidates·(v + t)·n·Q per task; memory of one task at a
 *  time, in double: (n + v + t)(M + 2 Q) numbers.
 *  @return GRAFT_INPUT when the split is not there */
GRAFT_MUST_USE graft_status graft_baseline_run(const graft_source *source, const char *split,
                                               graft_part part, size_t modes, double *error,
                                               bool *of_log);

#endif
