/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_DEEPONET_MODEL_IMPL_H
#define GRAFT_DEEPONET_MODEL_IMPL_H

/** @file model_impl.h
 *  Insides of a model, shared by the files that build, train, run and store it.
 *
 *  Dimensions: B samples of a batch, P grid points, M sensors: points of the image (those of the
 * grid, or of the axes that the input fields have), C channels of the image, D input fields, Q
 * numbers of a sample, F trunk features, G geometries, K tasks, N training samples, V validation
 * samples. */

#include "deeponet/local_impl.h"
#include "deeponet/model.h"
#include "deeponet/rotation.h"
#include "deeponet/skip.h"
#include "deeponet/symmetry.h"
#include "deeponet/transform.h"
#include "nn/graph.h"
#include "nn/loss.h"

enum { NETWORK_LAYERS = 16 /* most layers in a list */, MOST_CHANNELS = 8 };

/* Kinds of channels of the branch's image. */
enum channel_kind {
  CHANNEL_MASK,
  CHANNEL_INVERSE_K, /* of the field log_k */
  CHANNEL_K,         /* likewise */
  CHANNEL_SDF,
  CHANNEL_TORSION,
  CHANNEL_FIELD, /* an input field as it is */
  CHANNEL_LOGIT  /* log (v / (1 − v)) of an input field, named by LOGIT and the field's name */
};
#define LOGIT "logit_"

struct channel {
  enum channel_kind kind;
  char name[GRAFT_NAME_SIZE];
  size_t field; /* number among the model's input fields, NO_FIELD for those of the geometry */
};
#define NO_FIELD SIZE_MAX

/* The network as a graph. */
struct network {
  graft_graph *graph;
  graft_node branch;             /* its output [B x W], whose value can be asked for */
  graft_node image, code, point; /* inputs [B x H x W x C] or [B x R], [B x codes], [P x F] */
  size_t features;               /* F */
  size_t points;                 /* most points of a pass; with local features: of each sample */
  size_t codes;                  /* numbers beside the image: one-hot task, the sample's own */
  bool has_image;
};

/* Numbers of a list option; @p value [NETWORK_LAYERS]. */
GRAFT_MUST_USE graft_status graft_network_list(const char *name, const char *text, size_t *value,
                                               size_t *count);

/* Channels of option `input`, without their fields; @p channel [MOST_CHANNELS]. */
GRAFT_MUST_USE graft_status graft_network_channels(const char *text, struct channel *channel,
                                                   size_t *count);

/* Features of option `features`, without their fields; @p feature [MOST_FEATURES]. */
GRAFT_MUST_USE graft_status graft_network_features(const char *text, struct local_feature *feature,
                                                   size_t *count);

/* Build the graph of a model whose components are known, for batches of @p max_samples and
 * @p max_points (with local features: exactly so many of each sample); fills the trunk's input if
 * that is the same for all samples. */
GRAFT_MUST_USE graft_status graft_network_build(const graft_deeponet *model, size_t max_samples,
                                                size_t max_points, struct network *network);

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
  uint32_t *image_point;   /* [g x M] the symmetries on the points of the image */
  size_t inner;            /* points of the region, of a model with local features */
  uint32_t *point;         /* [inner] these */
};

/* Statistics of a field over the region, whose training ranges a model knows. */
enum { RANGE_MEAN, RANGE_STD, RANGE_MIN, RANGE_MAX, RANGE_COUNT };

/* One task. */
struct task {
  size_t region; /* of its samples, or NO_REGION where they differ */
  graft_skip skip;
  double *range; /* [D x RANGE_COUNT + Q][2] training minimum and maximum, widened if samples
                     are few */
};
#define NO_REGION SIZE_MAX
#define NO_TASK SIZE_MAX /* a task that the model does not know */

enum { PREDICT_ROWS = 50 /* samples predicted at a time, at most */ };

struct training; /* training.c */

/* Where a model takes over what would be fitted otherwise. */
struct heritage {
  const graft_deeponet *from; /* its tasks and geometries are the first of the new model */
  bool statistics;            /* z-scores of inputs and features */
  bool basis;                 /* pixels and principal components */
};

struct graft_deeponet {
  graft_deeponet_config config;
  graft_source_info
      info;        /* grid and names only: no samples, no splits, geometries without arrays */
  size_t channels; /* C */
  struct channel channel[MOST_CHANNELS];
  size_t locals; /* features of a trunk that reads numbers of each sample; 0: it reads none */
  struct local_feature local[MOST_FEATURES];
  size_t columns;          /* their numbers at a point */
  double (*column)[2];     /* [columns] number = (raw − shift) factor */
  size_t smoothed;         /* fields that are smoothed */
  struct local_maps *maps; /* [threads] */
  size_t log_k;            /* number of the input field that coarse solutions read */
  size_t fields;           /* D */
  char field[MOST_CHANNELS + MOST_FEATURES][GRAFT_NAME_SIZE];
  unsigned axes;           /* of the image */
  size_t sensors;          /* M */
  uint32_t *place;         /* [P] point of the image that a grid point belongs to */
  float *shift, *factor;   /* [C x M] channel value = (raw − shift) factor */
  double *code_shift;      /* [Q] number of a sample = (raw − shift) factor */
  double *code_factor;     /* [Q] */
  float *mean;             /* [K x P] training mean fields */
  size_t pixels;           /* D elements of the image that branch pca reads */
  uint32_t *pixel;         /* [D] increasing */
  size_t components;       /* R of branch pca */
  graft_real *basis;       /* [R x D] scaled principal components */
  graft_real *tile;        /* scratch of their products, for each thread */
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
  size_t others;                   /* further members of an ensemble */
  graft_real *other;               /* [others x n] their parameters */
  double *other_state;             /* [others x S] their running statistics, or NULL */
  struct training *training;       /* NULL in a loaded model */
  const struct heritage *heritage; /* NULL but in graft_deeponet_transfer() */
};

/* A model with config, a copy of grid and names of @p info, regions without arrays; then fill it.
 */
GRAFT_MUST_USE graft_status graft_model_create(const graft_deeponet_config *config,
                                               const graft_source_info *info,
                                               graft_deeponet **model);

/* Running statistics [*count] that belong to the model's parameters; NULL: it has none. Borrowed.
 */
const double *graft_model_state(const graft_deeponet *model, size_t *count);

/* Predictions of the parameters model->theta alone: graft_deeponet_predict() without ensemble. */
GRAFT_MUST_USE graft_status graft_model_predict(graft_deeponet *model, const graft_source *source,
                                                const size_t *sample, size_t count, float *u);

/* Check that a data set fits a model. */
GRAFT_MUST_USE graft_status graft_model_check_grid(const graft_source_info *want,
                                                   const graft_source_info *got);

/* What model->heritage says: z-scores; pixels and components. */
GRAFT_MUST_USE graft_status graft_heritage_statistics(graft_deeponet *model);
GRAFT_MUST_USE graft_status graft_heritage_basis(graft_deeponet *model);

/* The model of rank 0, with its training set, on all ranks; @p status is rank 0's so far.
 * Collective.
 */
GRAFT_MUST_USE graft_status graft_model_share(graft_status status, const graft_source *source,
                                              const char *split, const graft_comm *comm,
                                              graft_deeponet **model);

/* Outputs of the branch [count x W] for samples, without symmetric copies. */
GRAFT_MUST_USE graft_status graft_model_features(graft_deeponet *model, const graft_source *source,
                                                 const size_t *sample, size_t count, double *x);

/* The same at the nodes of one sample: @p u [nodes]. */
GRAFT_MUST_USE graft_status graft_model_predict_nodes(graft_deeponet *model,
                                                      const graft_source *source, size_t sample,
                                                      float *u);

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

/* Does the image lie on the whole grid? */
bool graft_model_whole(const graft_deeponet *model);

/* Raw value of a channel at point i of the image; @p value of its field there. */
double graft_model_raw(enum channel_kind kind, const struct region *region, size_t i, float value);

/* image [M x C] of one sample; its fields [D x M] are moved by element @p e of the region's group.
 */
void graft_model_image(const graft_deeponet *model, const struct region *region, const float *field,
                       size_t e, graft_real *image);

/* Field d as it is given, on its own axes, as [M] on those of the image. */
void graft_model_extend(const graft_deeponet *model, size_t d, const float *given, float *field);

/* Points of its own axes. */
size_t graft_model_field_points(const graft_deeponet *model, size_t d);

/* Read the input fields [count x D x M] of samples. */
GRAFT_MUST_USE graft_status graft_model_read(const graft_deeponet *model,
                                             const graft_source *source, const size_t *sample,
                                             size_t count, float *field);

/* Numbers that the branch reads beside the image. */
size_t graft_model_codes(const graft_deeponet *model);

/* What the branch reads beside the image: the task one-hot [K] (NO_TASK: the mean of all tasks'
 * codes), the numbers z-scored [Q].
 * @p number [Q] of the sample */
void graft_model_code(const graft_deeponet *model, size_t task, const double *number,
                      graft_real *code);

/* Does the branch read components instead of the image? */
bool graft_model_projects(const graft_deeponet *model);

/* out [count x R] = components of images [count x M C]. */
void graft_model_project(const graft_deeponet *model, size_t count, const graft_real *image,
                         graft_real *out);

/* The scratch that it needs, once pixels and components are known. */
GRAFT_MUST_USE graft_status graft_model_allocate_tile(graft_deeponet *model);

/* May the task do without training samples: is it taken over from another model, or in a model
 * that was put together before? */
bool graft_model_known(const graft_deeponet *model, size_t task);

/* Had the task training samples? */
bool graft_model_trained(const graft_deeponet *model, size_t task);

/* Ranges of a task: their number, D x RANGE_COUNT + Q. */
size_t graft_model_ranges(const graft_deeponet *model);

/* Statistics [graft_model_ranges()] of a sample: of its fields [D x M] over a region, and its
 * numbers [Q]. */
void graft_model_statistics(const graft_deeponet *model, const struct region *region,
                            const float *field, const double *number, double *statistic);

/* Fingerprint of a sample: of its region, input fields [D x M] and numbers [Q]. */
int64_t graft_model_fingerprint(const graft_deeponet *model, const struct region *region,
                                const float *field, const double *number);

/* model->seen holds the fingerprints [count] of all samples used in training: sort them. */
void graft_model_remember(graft_deeponet *model, size_t count);

/* Does the trunk read numbers of each sample? */
bool graft_model_local(const graft_deeponet *model);

/* Add a sample's features to their count, sum and sum of squares [F]; shifts and factors from
 * these. */
void graft_local_sum(graft_deeponet *model, const struct region *region, const float *field,
                     double (*sum)[3]);
void graft_local_set(graft_deeponet *model, double (*sum)[3]);

/* Points of a region. */
GRAFT_MUST_USE graft_status graft_local_points(struct region *region, size_t points);

/* z [P] += factor · network on the points of one sample, whose branch input is in row 0; base [P]
 * of the transform there. */
GRAFT_MUST_USE graft_status graft_local_predict(graft_deeponet *model, const struct region *region,
                                                const float *field, graft_real factor,
                                                graft_real *z, graft_real *base);

/* Shifts and factors in a bundle. */
GRAFT_MUST_USE graft_status graft_local_put(const graft_deeponet *model, graft_bundle *bundle);
GRAFT_MUST_USE graft_status graft_local_get(const graft_bundle *bundle, graft_deeponet *model);

/* Copies of all geometries of a data set into model->region. */
GRAFT_MUST_USE graft_status graft_model_regions(graft_deeponet *model,
                                                const graft_source_info *info);

/* The same into a model without geometries. */
GRAFT_MUST_USE graft_status graft_model_adopt(graft_deeponet *model, const graft_source_info *info);

/* Is a sample with this region, fields [D x M] and numbers [Q] among them? */
bool graft_model_saw(const graft_deeponet *model, const struct region *region, const float *field,
                     const double *number);

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
/* Let ranks add up what a network whose samples depend on each other needs of the whole batch. */
void graft_training_couple(struct training *training, const graft_comm *comm);
void graft_training_share(struct training *training, size_t rank, size_t size);
/* Running statistics [S] to begin with. */
void graft_training_state(struct training *training, const double *state);
/* Add the discrepancy of tasks from @p first_task on from a reference to their losses.
 * @p reference all its samples */
GRAFT_MUST_USE graft_status graft_training_penalise(struct training *training, double weight,
                                                    size_t first_task,
                                                    const graft_source *reference);
void graft_training_objective(struct training *training, graft_objective *objective);

#endif
