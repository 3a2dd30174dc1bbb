/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_DEEPONET_MODEL_IMPL_H
#define GRAFT_DEEPONET_MODEL_IMPL_H

/** @file model_impl.h
 *  Insides of a model, shared by the files that build, train, run and store it.
 *
 *  Dimensions: B samples of a batch, P grid points, C input channels, F trunk features, G
 * geometries, K tasks, N training samples, V validation samples. */

#include "deeponet/model.h"
#include "deeponet/rotation.h"
#include "deeponet/skip.h"
#include "deeponet/symmetry.h"
#include "deeponet/transform.h"
#include "nn/graph.h"
#include "nn/loss.h"

enum { NETWORK_LAYERS = 16 /* most layers in a list */ };

/* Channels of the branch's image. */
enum channel {
  CHANNEL_LOG_K,
  CHANNEL_MASK,
  CHANNEL_INVERSE_K,
  CHANNEL_K,
  CHANNEL_SDF,
  CHANNEL_TORSION,
  CHANNEL_COUNT
};

/* The network as a graph. */
struct network {
  graft_graph *graph;
  graft_node image, code, point; /* inputs [B x H x W x C] or [B x R], [B x K], [P x F] */
  size_t features;               /* F */
  bool has_code;
};

/* Numbers of a list option; @p value [NETWORK_LAYERS]. */
GRAFT_MUST_USE graft_status graft_network_list(const char *name, const char *text, size_t *value,
                                               size_t *count);

/* Channels of option `input`; @p channel [CHANNEL_COUNT]. */
GRAFT_MUST_USE graft_status graft_network_channels(const char *text, enum channel *channel,
                                                   size_t *count);

/* Build the graph of a model whose components are known, for batches of @p max_samples; fills the
 * trunk's input. */
GRAFT_MUST_USE graft_status graft_network_build(const graft_deeponet *model, size_t max_samples,
                                                struct network *network);

/* One geometry as the model uses it. */
struct region {
  char name[GRAFT_NAME_SIZE];
  unsigned char *mask;  /* [P] */
  float *sdf, *torsion; /* [P] */
  graft_real *weight;   /* [P] 1 in the region, 0 outside */
  graft_real *base;     /* [P] scale x torsion */
  float *fixed;         /* [P] u where it is the same for all training samples on the boundary, NaN
                           elsewhere */
  graft_symmetry symmetry; /* only the identity unless config.augmentation or .symmetrise */
  graft_rotation rotation; /* likewise; element e of the group is turn e / symmetry.count, then
                              symmetry e % symmetry.count */
};

/* Statistics of log_k over the region, whose training ranges a model knows. */
enum { RANGE_MEAN, RANGE_STD, RANGE_MIN, RANGE_MAX, RANGE_COUNT };

/* One task. */
struct task {
  size_t region; /* of its samples, or NO_REGION where they differ */
  graft_skip skip;
  double range[RANGE_COUNT][2]; /* training minimum and maximum */
};
#define NO_REGION SIZE_MAX

enum { PREDICT_ROWS = 50 /* samples predicted at a time, at most */ };

struct training; /* training.c */

struct graft_deeponet {
  graft_deeponet_config config;
  graft_source_info
      info;        /* grid and names only: no samples, no splits, geometries without arrays */
  size_t channels; /* C */
  enum channel channel[CHANNEL_COUNT];
  float *shift, *factor;   /* [C x P] channel value = (raw − shift) factor */
  float *mean;             /* [K x P] training mean fields */
  size_t pixels;           /* D elements of the image that branch pca reads */
  uint32_t *pixel;         /* [D] increasing */
  size_t components;       /* R of branch pca */
  graft_real *basis;       /* [R x D] scaled principal components */
  struct task *task;       /* [K] */
  struct region *region;   /* [G] */
  graft_symmetry identity; /* for skip paths without augmentation */
  const graft_transform_type *transform;
  const graft_skip_type *skip;
  const graft_loss_type *loss;
  int threads;
  struct network network; /* for predictions, PREDICT_ROWS rows at most */
  graft_real *theta;      /* [n] */
  int64_t *seen;          /* [seen_count] fingerprints of training and validation samples, sorted */
  size_t seen_count;
  struct training *training; /* NULL in a loaded model */
};

/* A model with config, a copy of grid and names of @p info, regions without arrays; then fill it.
 */
GRAFT_MUST_USE graft_status graft_model_create(const graft_deeponet_config *config,
                                               const graft_source_info *info,
                                               graft_deeponet **model);

/* Graph and initial parameters, once channels are known. */
GRAFT_MUST_USE graft_status graft_model_finish(graft_deeponet *model);

/* Copy of a geometry's arrays with what the model derives from them; fixed is NaN everywhere.
 * Release with graft_model_region_fini(), also after a failure. */
GRAFT_MUST_USE graft_status graft_model_region_init(const graft_deeponet *model, const char *name,
                                                    const unsigned char *mask, const float *sdf,
                                                    const float *torsion, struct region *region);
void graft_model_region_fini(struct region *region);

/* Number of elements of a region's group. */
size_t graft_model_elements(const struct region *region);

/* The symmetries that a skip path on a region uses. */
const graft_symmetry *graft_model_skip_symmetry(const graft_deeponet *model,
                                                const struct region *region);

/* Raw value of a channel. */
double graft_model_raw(enum channel channel, const struct region *region, size_t p, float log_k);

/* image [P x C] of one sample; log_k is moved by element @p e of the region's group. */
void graft_model_image(const graft_deeponet *model, const struct region *region, const float *log_k,
                       size_t e, graft_real *image);

/* One-hot code [K] of a task. */
void graft_model_code(const graft_deeponet *model, size_t task, graft_real *code);

/* Does the branch read components instead of the image? */
bool graft_model_projects(const graft_deeponet *model);

/* out [count x R] = components of images [count x P C], which are destroyed. */
void graft_model_project(const graft_deeponet *model, size_t count, graft_real *image,
                         graft_real *out);

/* Statistics of log_k [P] over a region. */
void graft_model_statistics(const struct region *region, size_t points, const float *log_k,
                            double statistic[RANGE_COUNT]);

/* Keep the fingerprints of samples used in training: their regions' places [rows] and inputs
 * [rows x P]. */
GRAFT_MUST_USE graft_status graft_model_remember(graft_deeponet *model, size_t rows,
                                                 const size_t *region, const float *log_k);

/* Is a sample with this region and input [P] among them? */
bool graft_model_saw(const graft_deeponet *model, const struct region *region, const float *log_k);

/* Read the samples of the split, fit normalisation, means, ranges and skip paths of the model, and
 * keep what the objective needs. The model's graph isn't needed yet. */
GRAFT_MUST_USE graft_status graft_training_create(graft_deeponet *model, const graft_source *source,
                                                  const char *split);
/* The same for a model that came out of graft_training_put()'s bundle: nothing is fitted. */
GRAFT_MUST_USE graft_status graft_training_attach(graft_deeponet *model, const graft_source *source,
                                                  const char *split, const graft_bundle *bundle);
/* What other ranks need beside graft_deeponet_save(): the skip path's part of the samples. */
GRAFT_MUST_USE graft_status graft_training_put(const struct training *training,
                                               graft_bundle *bundle);
void graft_training_destroy(struct training *training);
void graft_training_share(struct training *training, size_t rank, size_t size);
void graft_training_objective(struct training *training, graft_objective *objective);

#endif
