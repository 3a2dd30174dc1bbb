/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_DEEPONET_SKIP_H
#define GRAFT_DEEPONET_SKIP_H

/** @file skip.h
 *  Skip paths: a classical predictor of z (see transform.h) fitted before training; the network
 * learns what it leaves. On the training samples the network sees out-of-fold predictions
 * (leave-one-out, together with all symmetric copies of the sample), so that the rest it learns is
 * the rest that remains on new samples.
 *
 *  Method:    kernel ridge regression f(x) = mean + Σ_i Σ_h k(x, h x_i) h c_i, where h runs over
 * the symmetries of the region (only the identity without augmentation): training on all symmetric
 * copies at once. Symmetries that form a product of two-element groups split the system of g n
 * equations into independent ones by their characters ±1, and the rest follows from equivariance.
 * Kernel parameter and penalty from validation. Cost:      with N = n g / |A| equations for each of
 * the |A| characters: one product |A| N² M, and N³ / 3 per character, kernel parameter and penalty.
 *  Reference: hastie2009, section 5.8; rasmussen2006, section 5.4.2 (leave-one-out);
 *             haasdonk2007 (invariant kernels). A skip path is one file in skip/ with one exported
 *             const struct, one line in skip.def and one in meson.build. */

#include "base/bundle.h"
#include "base/source.h"
#include "deeponet/symmetry.h"
#include "deeponet/transform.h"

enum { GRAFT_SKIP_PARAMETERS = 8, GRAFT_SKIP_PENALTIES = 16 };

/** A kind of skip path; NULL kernel: no skip path. */
typedef struct graft_skip_type {
  const char *name;    /**< e.g. "kernel_ridge" */
  const char *summary; /**< one line */
  const char *source;  /**< reference key */
  /** k(x, y) from |x|², |y|², x·y (inputs centred) and the squared length scale. */
  double (*kernel)(double xx, double yy, double xy, double length);
  double parameter[GRAFT_SKIP_PARAMETERS]; /**< squared length scales over the median squared
                                              distance of training inputs, ends with 0 */
  double penalty[GRAFT_SKIP_PENALTIES];    /**< candidates, ends with 0 */
} graft_skip_type;

/** The i-th kind, NULL past the end. */
const graft_skip_type *graft_skip_get(size_t i);

/** Name of the i-th kind, NULL past the end (usable as graft_option::choices). */
const char *graft_skip_name(size_t i);

/** The kind of that name, or NULL. */
const graft_skip_type *graft_skip_find(const char *name);

/** A fitted skip path of one geometry; caller's struct. */
typedef struct graft_skip {
  const graft_skip_type *type;    /**< kind; borrowed from the registry */
  const graft_symmetry *symmetry; /**< borrowed from the model */
  size_t points;                  /**< P of the grid */
  size_t samples;                 /**< n */
  size_t inputs;                  /**< M points of the region */
  size_t outputs;                 /**< Q points where z is predicted */
  uint32_t *input;                /**< [M] grid points, owned */
  uint32_t *output;               /**< [Q] grid points, owned */
  double *centre;                 /**< [M] mean input over samples and symmetries, owned */
  float *x;                       /**< [n x M] training inputs, owned */
  double *coefficient;            /**< [n x Q], owned */
  double *mean;                   /**< [Q] mean of z over samples and symmetries, owned */
  double length;                  /**< chosen squared length scale */
  double penalty;                 /**< chosen penalty */
  double error;                   /**< mean relative L2 error in u on the validation samples */
} graft_skip;

/** What a skip path is fitted to. */
typedef struct graft_skip_data {
  size_t train;                          /**< n ≥ 1 samples, first in the arrays */
  size_t validation;                     /**< v samples after them */
  const float *log_k;                    /**< [n + v x P] */
  const float *u;                        /**< [n + v x P] */
  const unsigned char *mask;             /**< [P] */
  const graft_real *base;                /**< [P] scale x torsion function */
  const graft_transform_type *transform; /**< from z to scale x u */
  double scale; /**< u is multiplied by it before the transform is inverted */
} graft_skip_data;

/** Fit.
 *  @param symmetry of the geometry; borrowed until graft_skip_fini()
 *  @param out_of_fold [n x P] receives the out-of-fold predictions of z of the training samples (0
 *  where z isn't predicted)
 *  Without validation samples the last sixth of the training samples picks length and penalty, then
 * all are fitted. candidates.
 *  @return GRAFT_INPUT when z can't be had from a u; release with graft_skip_fini(), also after a
 *  failure */
GRAFT_MUST_USE graft_status graft_skip_fit(const graft_skip_type *type,
                                           const graft_symmetry *symmetry,
                                           const graft_skip_data *data, graft_skip *skip,
                                           float *out_of_fold);

/** Predict z [count x P] (0 where it isn't predicted) from log_k [count x P].
 *  Cost: products 2 g n (M + Q) per sample, in double. */
GRAFT_MUST_USE graft_status graft_skip_predict(const graft_skip *skip, const float *log_k,
                                               size_t count, float *z);

/** Put it into a bundle, under names that start with @p prefix. */
GRAFT_MUST_USE graft_status graft_skip_save(const graft_skip *skip, const char *prefix,
                                            graft_bundle *bundle);

/** Take it back.
 *  @param symmetry of the geometry; borrowed until graft_skip_fini()
 *  @return GRAFT_INPUT naming the array that is wrong; release with graft_skip_fini(), also then
 */
GRAFT_MUST_USE graft_status graft_skip_load(const graft_bundle *bundle, const char *prefix,
                                            const graft_skip_type *type,
                                            const graft_symmetry *symmetry, graft_skip *skip);

/** Release. */
void graft_skip_fini(graft_skip *skip);

#endif
