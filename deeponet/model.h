/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_DEEPONET_MODEL_H
#define GRAFT_DEEPONET_MODEL_H

/** @file model.h
 *  Multi-task DeepONet on masked grids: u(x; k, Ω) = transform(branch(k, mask) · trunk(x) +
 * skip(k)).
 *
 *  A model is configured by a plain struct (option rows, presets), built on a data set, trained
 *  through its graft_objective, and saved into a self-contained bundle. The skip path is a
 * classical predictor fitted before training; the network learns what that leaves.
 *
 *  Making or loading a model sets OpenBLAS to one thread in the whole process: threads here call it
 *  side by side.
 *
 *  Reference: lu2021 (DeepONet), kumar2025 (masks in branch, output and loss). */

#include <stdbool.h>
#include <stdint.h>

#include "base/bundle.h"
#include "base/comm.h"
#include "base/option.h"
#include "base/source.h"
#include "mtl/objective.h"

/** What a model is. Every field has a row in ::graft_deeponet_options. Lists are comma-separated.
 */
typedef struct graft_deeponet_config {
  char input[64];            /**< channels of the branch's image: fields that the data set gives
                                  (log_k, u0, …), logit_FIELD: the log (v / (1 − v)) of such a
                                  field, inverse_k, k, mask, sdf, torsion; all on the same
                                  axes of the grid; "": no image, only numbers */
  bool masked;               /**< channels that are fields are set to 0 outside the region */
  char normalisation[32];    /**< z-score of fields: pixel (at each grid point) or global */
  double input_scale;        /**< factor of all channels after that */
  char branch[32];           /**< what reads the image: conv, dense, or dense after projection on
                                  principal components (pca) */
  long long pool;            /**< halvings of the image before that (pca: every 2^pool-th point) */
  long long components;      /**< principal components of the training images, all symmetric copies
                                  included, that pca keeps */
  char channels[64];         /**< widths of the convolutions, each followed by a halving */
  long long kernel;          /**< side of the convolutions */
  char conv_activation[32];  /**< after each convolution */
  bool code;                 /**< one-hot code of the task beside the dense layers' input */
  bool parameters;           /**< the sample's numbers (source_info's code), z-scored, likewise */
  char dense[64];            /**< widths of the hidden dense layers of the branch */
  char dense_activation[32]; /**< after each of them */
  char batch_norm[32];       /**< parts with BatchNorm before the activation of their dense layers:
                                  branch, trunk; samples of a batch then depend on each other */
  bool layer_norm;           /**< LayerNorm before the activation of the dense layers */
  bool residual;             /**< add a dense layer's input to its output where widths agree */
  bool linear;               /**< add a linear map of the dense layers' input to their output */
  bool product;              /**< branch output b + c d instead of b (three output layers) */
  double dropout;            /**< rate after each hidden dense layer of the branch */
  char trunk[64];            /**< widths of the hidden layers of the trunk */
  char trunk_activation[32]; /**< after each of them */
  bool trunk_residual;   /**< add a trunk layer's input to its output, through a linear map where
                              widths differ */
  bool trunk_projection; /**< add to the output of a trunk layer, from the third on, a linear map of
                              that of the layer two back (kumar2025) */
  double frequency;      /**< w0 of sine: sin(w0 x); its layers start as SIREN's do */
  long long random_fourier;  /**< random Fourier features of the coordinates; 0: none */
  double random_fourier_std; /**< standard deviation of their frequencies */
  char features[128];  /**< trunk input that differs between samples: x, y, z (coordinates), sdf,
                            torsion, slope (size of its gradient), coarse, names of given fields;
                            NAME_around: at a stencil around the point as well; "": grid points,
                            the same for all */
  long long coarse;    /**< cells per axis of the coarse solution that feature coarse and transform
                            galerkin read */
  long long fourier;   /**< trunk input: products of that many cosines per axis; 0: coordinates */
  double slope;        /**< of leaky_relu for negative arguments */
  long long width;     /**< basis functions: outputs of branch and trunk */
  char init[32];       /**< law of initial weights */
  double bias_std;     /**< standard deviation of initial biases */
  double output_init;  /**< factor of the initial weights of the branch's output layer */
  double gain;         /**< factor of the network's output */
  char skip[32];       /**< classical predictor beside the network, see skip.def */
  char transform[32];  /**< from z = gain · network + skip to scale · u, see transform.def */
  double scale;        /**< factor of u in transform and loss */
  char loss[32];       /**< see nn/loss.def */
  bool augmentation;   /**< symmetries of grid and region: random ones in training, all in the
                            fit of the skip path */
  bool symmetrise;     /**< predict the mean over these symmetries */
  long long rotations; /**< highest order of rotations that join these symmetries by interpolation
                            where they keep the region but not the grid; 0: none */
  long long points;    /**< random grid points per training step; 0: all */
  bool nodes;          /**< train on the nodes of each sample's own mesh, drawn by area, instead of
                            grid points; with features */
  long long batch;     /**< samples per step */
  double memory;    /**< MiB that samples may take in training; larger sets are read batch by batch;
                         0: no limit */
  char freeze[256]; /**< blocks of parameters that training leaves alone, see freeze.h; "": none */
  long long seed;   /**< of weights, batches, dropout and augmentation */
  long long threads; /**< 0: as many as OpenMP gives */
} graft_deeponet_config;

/** Option rows of ::graft_deeponet_config. */
extern const graft_option graft_deeponet_options[];

/** One setting of a preset: an option's name and its value as text. */
typedef struct graft_setting {
  const char *name;  /**< of the option; NULL in the last one */
  const char *value; /**< as text */
} graft_setting;

/** A preset: settings of the model and of the programs around it (trainer, data). */
typedef struct graft_preset {
  const char *name;             /**< e.g. "demo" */
  const char *summary;          /**< one line */
  const char *source;           /**< reference key, "" for our own */
  const graft_setting *setting; /**< ends with a NULL name */
  const char *problem;       /**< equation that it is for; NULL: all that have none of their own */
  const graft_setting *base; /**< settings of another preset that come first, or NULL */
  bool transfer;             /**< for trained models on new tasks, of any equation */
} graft_preset;

/** The i-th preset of the registry, NULL past the end. */
const graft_preset *graft_preset_get(size_t i);

/** Name of the i-th preset, of any problem, each name once; NULL past the end (usable as
 * graft_option::choices). */
const char *graft_preset_name(size_t i);

/** The same for presets of transfer. */
const char *graft_preset_transfer_name(size_t i);

/** The preset of that name for an equation, or NULL. */
const graft_preset *graft_preset_find(const char *problem, const char *name);

/** Apply those settings of @p preset that have a row in @p rows to @p config: call it once for each
 *  option table, after graft_option_defaults() and before the user's options.
 *  @return GRAFT_INTERNAL when a row refuses a value */
GRAFT_MUST_USE graft_status graft_preset_apply(const graft_preset *preset, const graft_option *rows,
                                               void *config);

/** Check what single rows can't (e.g. that lists are numbers); GRAFT_USAGE naming the option. */
GRAFT_MUST_USE graft_status graft_deeponet_config_validate(const graft_deeponet_config *config);

/** A model; heap object. Not thread-safe. */
typedef struct graft_deeponet graft_deeponet;

/** Build a model and its training set on @p source: normalisation, skip path and batches come from
 *  the training part of @p split, validation batches from its validation part. Weights are the
 *  initial ones of config->seed.
 *  @param source read during the call only, if the samples that training needs fit into
 *         config->memory; else borrowed until graft_deeponet_destroy(): fits go over it in parts,
 *         and a batch is read when it is due, announced one step before by source->expect()
 *
 *  Cost: reads all training and validation samples; float32 memory about (train + validation) x P x
 *  (2 + channels), at most config->memory of them, what @p source keeps ahead of us included.
 *
 *  Ownership: returned in @p model, destroy with graft_deeponet_destroy().
 *  @return GRAFT_USAGE for a bad config, GRAFT_INPUT for data that don't fit */
GRAFT_MUST_USE graft_status graft_deeponet_create(const graft_deeponet_config *config,
                                                  const graft_source *source, const char *split,
                                                  graft_deeponet **model);

/** The i-th field that the training set of @p model reads batch by batch, in this order for every
 *  batch; NULL past the last one, and for all i if the samples are in memory. Borrowed. */
const char *graft_deeponet_streamed(const graft_deeponet *model, size_t i);

/** The same on several ranks. Collective. Rank 0 fits; the others get its model and read their
 *  samples; each rank's objective evaluates its part of every batch (graft_deeponet_share()), to be
 *  summed by mtl/objective_ranks.h.
 *  @param source the same data set on every rank
 *  @param comm used during the call only; with batch_norm borrowed until the model is destroyed
 *  @return the worst status, on every rank */
GRAFT_MUST_USE graft_status graft_deeponet_create_ranks(const graft_deeponet_config *config,
                                                        const graft_source *source,
                                                        const char *split, const graft_comm *comm,
                                                        graft_deeponet **model);

/** Release a model; NULL is allowed. */
void graft_deeponet_destroy(graft_deeponet *model);

/** The training objective of a model made by graft_deeponet_create(): one task loss per task of the
 *  data set. Borrowed from the model until it is destroyed.
 *  @return GRAFT_INTERNAL for a model without training set (loaded from a bundle) */
GRAFT_MUST_USE graft_status graft_deeponet_objective(graft_deeponet *model,
                                                     graft_objective *objective);

/** Let the objective evaluate part @p rank of @p size parts of every batch (every size-th sample);
 * the sums over the parts are those of the whole, see mtl/objective_ranks.h. Before: part 0 of 1.
 *  @return GRAFT_INTERNAL unless rank < size and the model has a training set */
GRAFT_MUST_USE graft_status graft_deeponet_share(graft_deeponet *model, int rank, int size);

/** Layout of the parameters. Borrowed from the model. */
const graft_layout *graft_deeponet_layout(const graft_deeponet *model);

/** Current parameters [n]. Borrowed from the model, may be written (e.g. as the trainer's theta).
 */
graft_real *graft_deeponet_parameters(graft_deeponet *model);

/** Configuration of the model. Borrowed. */
const graft_deeponet_config *graft_deeponet_get_config(const graft_deeponet *model);

/** Grid, inputs, names of tasks and geometries of the data set that the model was trained on: no
 *  samples, no arrays of geometries. Borrowed. */
const graft_source_info *graft_deeponet_get_info(const graft_deeponet *model);

/** Training mean field [P] of a task, by name; NULL if the model wasn't trained on it. Borrowed. */
const float *graft_deeponet_mean(const graft_deeponet *model, const char *task);

/** Predict samples with the current parameters, without dropout; the mean over the members of an
 *  ensemble (ensemble.h).
 *  @param source data set on the same grid, with geometries and the model's input fields and
 *  numbers; "u" isn't read
 *  @param sample [count] samples of the source
 *  @param u [count x P] receives the fields: 0 outside the region, the boundary value on ∂Ω
 *  Cost: batches of config.batch samples, one trunk evaluation each; times the members.
 *  @return GRAFT_INPUT when grid or tasks of the source don't fit the model */
GRAFT_MUST_USE graft_status graft_deeponet_predict(graft_deeponet *model,
                                                   const graft_source *source, const size_t *sample,
                                                   size_t count, float *u);

/** Can the model predict at nodes of samples' own? One whose trunk reads features can. */
bool graft_deeponet_takes_nodes(const graft_deeponet *model);

/** Predict one sample at its own nodes: those of source->nodes(); the mean over the members of an
 *  ensemble.
 *  @param u [graft_source_node_count()] receives the values
 *  @return as graft_deeponet_predict(); GRAFT_USAGE if graft_deeponet_takes_nodes() says no */
GRAFT_MUST_USE graft_status graft_deeponet_predict_nodes(graft_deeponet *model,
                                                         const graft_source *source, size_t sample,
                                                         float *u);

/** How far inputs lie outside the training distribution: per sample the largest excess over the
 *  training range of mean, standard deviation, minimum and maximum of its input fields over the
 *  region, and of its numbers, in units of that range. 0: inside.
 *
 *  A task with n training samples has ranges from the least to the largest value, extended at both
 *  ends by a share of their length: max(0.1, 20 / n) for the statistics of fields, max(0.1, 5 / n)
 *  for numbers, which are bounded. A new sample of the same law lies outside of the extremes of n
 *  others with probability 2 / (n + 1), so that a fixed share cries wolf where n is small; with
 *  these, a statistic drawn from a normal or Gumbel law exceeds its range with a probability of up
 *  to 0.3 % for n >= 4 (from an exponential one 0.9 %, a number from a uniform one 3.5 % at n = 4,
 *  0.5 % from n = 10 on), an input of one field about 1 %. Fewer samples can't tell.
 *  @param excess [count] */
GRAFT_MUST_USE graft_status graft_deeponet_check_inputs(graft_deeponet *model,
                                                        const graft_source *source,
                                                        const size_t *sample, size_t count,
                                                        double *excess);

/** What a model knows of a sample. */
typedef enum graft_knowledge {
  GRAFT_KNOWS_NOT,    /**< it can't predict it: skip path of another task or geometry */
  GRAFT_KNOWS_INPUTS, /**< it can, but was not trained on the sample's task */
  GRAFT_KNOWS_TASK,   /**< it was trained on the task */
} graft_knowledge;

/** What does the model know of samples? Told by names of tasks, and masks of geometries.
 *  @param known [count]
 *  @return GRAFT_INPUT when the grid of the source doesn't fit the model */
GRAFT_MUST_USE graft_status graft_deeponet_check_tasks(graft_deeponet *model,
                                                       const graft_source *source,
                                                       const size_t *sample, size_t count,
                                                       graft_knowledge *known);

/** What a model can make of a region. */
typedef enum graft_region_knowledge {
  GRAFT_REGION_UNTOLD, /**< a new one, and none of the model's inputs says what it looks like */
  GRAFT_REGION_NEW,    /**< it was not trained on it, but its inputs describe it */
  GRAFT_REGION_KNOWN,  /**< it was trained on it */
} graft_region_knowledge;

/** What can the model make of the regions of a data set? Told by their masks; a model whose trunk
 *  reads numbers of each sample keeps no regions and describes all of them: ::GRAFT_REGION_KNOWN.
 *  @param known [geometries of the source]
 *  @return GRAFT_INPUT when the grid of the source doesn't fit the model, or when it can't predict
 *  a sample at all */
GRAFT_MUST_USE graft_status graft_deeponet_check_regions(graft_deeponet *model,
                                                         const graft_source *source,
                                                         graft_region_knowledge *known);

/** Which samples was the model trained or tuned on? Told by region and input, not by place, so that
 *  another data set that holds the same samples is recognised.
 *  @param seen [count] receives 1 for samples of the training or validation part of the model's own
 *  data set, else 0
 *  @return GRAFT_INPUT when the grid of the source doesn't fit the model */
GRAFT_MUST_USE graft_status graft_deeponet_check_seen(graft_deeponet *model,
                                                      const graft_source *source,
                                                      const size_t *sample, size_t count,
                                                      unsigned char *seen);

/** Put all that prediction needs into @p bundle, bitwise: configuration, normalisation, weights,
 * skip path, grid, names of tasks and geometries, masks, torsion, training ranges. */
GRAFT_MUST_USE graft_status graft_deeponet_save(const graft_deeponet *model, graft_bundle *bundle);

/** A model from a bundle; it predicts the same bits on the same machine and threads.
 *  Ownership: returned in @p model. @return GRAFT_INPUT naming the array that is wrong */
GRAFT_MUST_USE graft_status graft_deeponet_load(const graft_bundle *bundle, graft_deeponet **model);

#endif
