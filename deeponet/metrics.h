/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_DEEPONET_METRICS_H
#define GRAFT_DEEPONET_METRICS_H

/** @file metrics.h
 *  Errors of predicted fields, per sample and summed up per task, in double: what `metrics.json`
 *  holds. An error is always relative to the sample's own truth and averaged afterwards, never one
 *  global ratio. */

#include "base/json.h"
#include "base/source.h"
#include "deeponet/baseline.h"
#include "deeponet/model.h"

/** Summary of one error over samples; all NaN for no samples. */
typedef struct graft_error_summary {
  double mean;   /**< arithmetic mean */
  double median; /**< between the two middle values for an even number */
  double p95;    /**< 95th percentile, linear between order statistics */
  double max;    /**< largest */
} graft_error_summary;

/** Errors of one task. The arrays are owned by the evaluation. */
typedef struct graft_task_evaluation {
  char name[GRAFT_NAME_SIZE];  /**< of the task */
  size_t samples;              /**< T of this task */
  size_t *sample;              /**< [T] their numbers in the source */
  double *rel_l2;              /**< [T] ‖û − u‖ / ‖u‖ over the points of the region */
  double *rel_l2_fluctuation;  /**< [T] the same after subtracting the training mean field
                                    of the task from both */
  double *rel_l2_gradient;     /**< [T] the same for the central-difference gradient at grid
                                    points whose stencil lies in the region */
  graft_error_summary summary; /**< of rel_l2 */
  graft_error_summary fluctuation;      /**< of rel_l2_fluctuation */
  graft_error_summary gradient;         /**< of rel_l2_gradient */
  double *rel_l2_nodes;                 /**< [T] errors at the samples' own nodes, weighted by area;
                                             NULL: not computed */
  graft_error_summary nodes;            /**< of rel_l2_nodes */
  double baseline[GRAFT_MAX_BASELINES]; /**< mean rel_l2 in registry order; NaN: not computed */
  bool of_log[GRAFT_MAX_BASELINES];     /**< these are of fits to log u */
} graft_task_evaluation;

/** Errors of all tasks; caller's struct. */
typedef struct graft_evaluation {
  char split[2 * GRAFT_NAME_SIZE]; /**< e.g. "default:test" */
  size_t tasks;                    /**< K of the source */
  graft_task_evaluation *task;     /**< [K], owned */
  size_t shared; /**< samples evaluated that baselines of another data set were fitted to, by
                      fingerprints; see graft_evaluation_baselines() */
} graft_evaluation;

/** Mean, median, 95th percentile and maximum of @p value [count], which is left alone.
 *  @return GRAFT_MEMORY */
GRAFT_MUST_USE graft_status graft_error_summarise(const double *value, size_t count,
                                                  graft_error_summary *summary);

/** ‖a − b‖ / ‖b‖ over the points with mask 1; both minus @p mean unless that is NULL.
 *  @param prediction, truth [P], @param mean [P] or NULL, @param mask [P] */
double graft_metric_rel_l2(const float *prediction, const float *truth, const float *mean,
                           const unsigned char *mask, size_t points);

/** The same for the gradient: central differences along each axis of space at the points where the
 * point and its two neighbours on every axis have mask 1. NaN when there is no such point.
 *  @param info gives dims, grid and extent */
double graft_metric_rel_l2_gradient(const graft_source_info *info, const float *prediction,
                                    const float *truth, const unsigned char *mask);

/** The samples of one part of a split in increasing order.
 *  Ownership: returned in @p sample [count] (release with graft_free()).
 *  @return GRAFT_INPUT naming the splits there are when @p split isn't one of them */
GRAFT_MUST_USE graft_status graft_part_select(const graft_source_info *info, const char *split,
                                              graft_part part, size_t **sample, size_t *count);

/** "train", "validation" or "test" to a part; GRAFT_USAGE otherwise. */
GRAFT_MUST_USE graft_status graft_part_parse(const char *text, graft_part *part);

/** Fill an evaluation from predictions (baselines are left NaN, see graft_evaluation_baselines()).
 *  @param source data set with the field "u"
 *  @param split, part samples that were predicted, see graft_part_select()
 *  @param mean training mean field [P] of each task of the source, see graft_deeponet_mean(); where
 *         it is NULL, fluctuation errors are NaN
 *  @param prediction [samples of the part x P], in the order of graft_part_select()
 *  @param evaluation unused struct; release with graft_evaluation_fini(), also after a failure */
GRAFT_MUST_USE graft_status graft_evaluation_build(const graft_source *source, const char *split,
                                                   graft_part part, const float *const *mean,
                                                   const float *prediction,
                                                   graft_evaluation *evaluation);

/** ‖a − b‖ / ‖b‖ at nodes, squares weighted by their areas: @p prediction, truth, weight [nodes].
 */
double graft_metric_rel_l2_nodes(const float *prediction, const float *truth, const float *weight,
                                 size_t nodes);

/** Add errors at the samples' own nodes; nothing if the source has none or the model can't predict
 *  there. Samples of tasks that the model does not know are left out.
 *  Cost: a prediction of each sample. */
GRAFT_MUST_USE graft_status graft_evaluation_nodes(graft_deeponet *model,
                                                   const graft_source *source,
                                                   graft_evaluation *evaluation);

/** Fit and add the baselines, see graft_baseline_run().
 *  @param training NULL, or another data set: the baselines are fitted to the training and
 *         validation parts of its split of that name instead of those of @p source */
GRAFT_MUST_USE graft_status graft_evaluation_baselines(const graft_source *source,
                                                       const graft_source *training,
                                                       const char *split, graft_part part,
                                                       size_t modes, graft_evaluation *evaluation);

/** Write the value of the key "tasks" of metrics.json (an array of objects) to @p json. */
void graft_evaluation_write(const graft_evaluation *evaluation, graft_json *json);

/** Release the arrays. */
void graft_evaluation_fini(graft_evaluation *evaluation);

#endif
