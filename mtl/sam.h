/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_MTL_SAM_H
#define GRAFT_MTL_SAM_H

/** @file sam.h
 *  Sharpness-aware methods: they look at parameters perturbed towards a higher loss, and descend
 * from what they find there. A method is one file in `mtl/sam/` and one line in `sam.def`. It works
 * with the parts of a step that mtl/direction.h offers, so that every method goes with every
 * aggregator. Perturbed passes see the batch and the dropout masks of the step and leave running
 * statistics alone; frozen blocks are not perturbed.
 *
 *  With radius 0 every method is the plain step, bit for bit. */

#include <stdbool.h>

#include "mtl/direction.h"

enum {
  GRAFT_SAM_VECTORS = 2, /**< most [n] vectors of state that a method may have */
  GRAFT_SAM_WORD = 16,   /**< bytes of a word option */
};

/** Parameters of all methods; each reads those in its `options`. */
typedef struct graft_sam_config {
  char sam[GRAFT_SAM_WORD];      /**< name in sam.def */
  double sam_rho;                /**< radius of the perturbation, ≥ 0 */
  double sam_rho_final;          /**< radius where the learning rate is 0; < 0: sam_rho */
  double sam_eta;                /**< asam: added to the magnitude of kernels, ≥ 0 */
  char sam_norm[GRAFT_SAM_WORD]; /**< joint, or separate for shared and private parts */
  double gsam_alpha;             /**< gsam: share of the part across, ≥ 0 */
  double looksam_alpha;          /**< looksam: length of the stored part, ≥ 0 */
  long long looksam_period;      /**< looksam: steps from one perturbed pass to the next, ≥ 1 */
  double esam_beta;              /**< esam: share of perturbed parameters, (0, 1] */
  double fsam_decay;             /**< fsam: memory of the mean gradient, [0, 1] */
  double fsam_sigma;             /**< fsam: share of the mean gradient that is taken off */
  double samo_alpha;             /**< samo: share of the mean gradient, [0, 1] */
  double samo_step;              /**< samo: length of the random steps, > 0 */
  char fsmtl_variant[GRAFT_SAM_WORD]; /**< fsmtl: split, direct, second or each */
  bool fsmtl_adaptive;                /**< fsmtl: radius in units of the parameters' magnitudes */
} graft_sam_config;

typedef struct graft_sam graft_sam;

/** A method. */
typedef struct graft_sam_type {
  const char *name;                           /**< value of option `sam` */
  const char *summary;                        /**< one line, with the passes of a step */
  const char *source;                         /**< key of docs/references.md */
  const char *const *options;                 /**< names of the options it reads, NULL-terminated */
  size_t vectors;                             /**< [n] vectors of state, zero at the start */
  const char *vector_name[GRAFT_SAM_VECTORS]; /**< their names in a checkpoint */
  size_t scratch;                             /**< [n] vectors of scratch */
  bool per_task;   /**< every task has its own perturbed parameters: K vectors [n] of memory */
  bool clean_rows; /**< keeps the rows of the clean pass beside those of the perturbed one */
  /** What it asks of the direction, or NULL: a plain step's. */
  void (*plan)(const graft_sam_config *config, size_t tasks, graft_direction_plan *plan);
  /** One step that has begun, with a radius above 0: clean losses and `gradient` of the direction.
   *  No allocation. */
  graft_status (*eval)(graft_sam *sam, const graft_real *theta);
} graft_sam_type;

/** A method at work; caller's struct, arrays in the arena given to graft_sam_init(). */
struct graft_sam {
  const graft_sam_type *type;            /**< the method */
  graft_sam_config config;               /**< copy */
  graft_direction *direction;            /**< borrowed */
  double rho;                            /**< radius of the step at hand */
  uint64_t seed;                         /**< of the run */
  size_t n;                              /**< length of the parameter vector */
  graft_real *vector[GRAFT_SAM_VECTORS]; /**< [n] each: the state */
  graft_real *gradient;                  /**< [n] what the perturbation is made of */
  graft_real *point;                     /**< [n], or [K x n] per task: perturbed parameters */
  graft_real *rows;                      /**< [K x n] of the clean pass, or NULL */
  graft_real *scratch;                   /**< [scratch x n], contents lost between steps, or NULL */
  const graft_real **row_theta;          /**< [K] rows of `point` */
};

/** The i-th method, NULL past the end. */
const graft_sam_type *graft_sam_types(size_t i);
/** The method of that name, or NULL. */
const graft_sam_type *graft_sam_find(const char *name);
/** Names of the methods, for option rows. */
const char *graft_sam_choices(size_t i);
/** Values of `sam_norm`, for option rows. */
const char *graft_sam_norm_choices(size_t i);
/** Values of `fsmtl_variant`, for option rows. */
const char *graft_sam_variant_choices(size_t i);

/** Check ranges. @return GRAFT_USAGE naming the option. */
GRAFT_MUST_USE graft_status graft_sam_validate(const graft_sam_config *config);

/** What the chosen method will ask of the direction of @p tasks tasks. */
graft_direction_plan graft_sam_plan(const graft_sam_config *config, size_t tasks);

/** Prepare.
 *  @param sam caller's struct
 *  @param config a valid one, copied
 *  @param direction borrowed; initialised with graft_sam_plan()
 *  @param seed of the run
 *  @param arena supplies everything; a measuring arena is allowed and leaves the struct unusable
 *  Cost: memory of 2 vectors [n]; per task: K + 1, for fsmtl 2 K + 3. None for `none`. */
GRAFT_MUST_USE graft_status graft_sam_init(graft_sam *sam, const graft_sam_config *config,
                                           graft_direction *direction, uint64_t seed,
                                           graft_arena *arena);

/** Evaluate gradient, losses and counts of the direction at theta [n] on the batch of @p step.
 *  @param sam the method at work
 *  @param step of the run, from 0
 *  @param lr_share learning rate of the step as a share of the base rate: decides the radius
 *  @param theta [n] parameters
 *  Cost: see the methods; no allocation.
 *  @return GRAFT_DIVERGED naming the task whose loss is not finite */
GRAFT_MUST_USE graft_status graft_sam_eval(graft_sam *sam, uint64_t step, double lr_share,
                                           const graft_real *theta);

/** How parameters are measured for a perturbation: with T = 1, T = |theta|, or T = |theta| + eta on
 *  blocks that decay and 1 on the others (biases, norms). */
typedef enum graft_sam_measure {
  GRAFT_SAM_PLAIN,     /**< T = 1 */
  GRAFT_SAM_MAGNITUDE, /**< T = |theta| */
  GRAFT_SAM_KERNELS,   /**< T = |theta| + eta on kernels, 1 elsewhere */
} graft_sam_measure;

/** The steepest point at a distance: @p point [n] = theta + rho T² g / |T g|, frozen blocks left
 *  out; theta itself where |T g| is 0 or not finite.
 *  @param direction knows shared, private and frozen parts
 *  @param measure T
 *  @param eta of GRAFT_SAM_KERNELS
 *  @param separate norms of their own for the shared parts and for each task's private parts, each
 *         moved by @p rho; otherwise one norm
 *  @param rho radius
 *  @param theta [n]
 *  @param g [n]
 *  @param point [n]; may not overlap the others
 *  @return whether anything was moved
 *  Cost: two passes over theta and g. */
bool graft_sam_perturb(const graft_direction *direction, graft_sam_measure measure, double eta,
                       bool separate, double rho, const graft_real *theta, const graft_real *g,
                       graft_real *point);

#endif
