/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_DEEPONET_TRAINING_IMPL_H
#define GRAFT_DEEPONET_TRAINING_IMPL_H

/** @file training_impl.h
 *  The training set of a model: its samples and the buffers of a step. */

#include "deeponet/discrepancy.h"
#include "deeponet/model_impl.h"
#include "deeponet/nodes_impl.h"

/* Rows that are looked at together, at least, where not all are in memory. */
enum { TRAINING_WINDOW = 256 };

/* The penalty of transfer, see discrepancy.h. */
struct penalty {
  double weight;
  size_t first_task;              /* tasks from this one on are compared with the reference */
  size_t n;                       /* samples of it */
  float *u;                       /* [n x P] their fields */
  graft_discrepancy *discrepancy; /* has their features */
  double *x, *slope;              /* [B x W] features of a batch, and the gradient there */
  double *field, *reference;      /* [B x p], [n x p] fields at the points of a pass */
  size_t *row;                    /* [B] places of a task's samples in the batch */
  graft_real *gradient;           /* [B x W] of the weighted sum, added to the branch's output */
};

/* Its values for the samples first … first + count − 1 of the batch: sums into @p reply, the
 * gradient with task weights @p weight (NULL: 1) to where backward passes read it. */
struct points;
GRAFT_MUST_USE graft_status graft_penalty_add(struct training *training,
                                              const graft_request *request,
                                              const struct points *points, size_t first,
                                              size_t count, const double *weight,
                                              graft_reply *reply);
void graft_penalty_destroy(struct penalty *penalty);

struct training {
  struct penalty *penalty;         /* NULL: none */
  graft_deeponet *model;           /* borrowed */
  size_t rows, N, V;               /* samples, those for training and for validation */
  size_t *id;                      /* [rows] number of the sample in the source */
  size_t *row_task, *row_region;   /* [rows] */
  size_t *train;                   /* [N] rows, task after task */
  size_t *validation;              /* [V] rows */
  size_t *task_start, *task_count; /* [K] part of train that belongs to a task */
  double *number;                  /* [rows x Q] numbers of the samples */
  size_t *node_count;              /* [rows] nodes of the samples, or NULL */
  size_t capacity;                 /* rows that are in memory at a time */
  size_t *slot;                    /* [rows] place of a row among them */
  float *field;                    /* [capacity x D x M] input fields */
  float *u;                        /* [capacity x P] */
  float *skip;                     /* [capacity x P], NULL without a skip path */
  float *node;                     /* [capacity x node_room] nodes of the rows, or NULL */
  size_t node_room;                /* numbers of the largest */
  graft_real *component;           /* principal components of all rows and their copies, or NULL */
  size_t *first_component;         /* [rows] where a row's first copy starts */
  size_t *pattern;                 /* [N] task at each place of an epoch */

  /* Rows that are read when they are needed; the rest is only there if source is. */
  const graft_source *source; /* borrowed */
  size_t *load_id;            /* [capacity] samples to load or to announce */
  float *one_field;           /* [capacity x M] scratch, if D > 1 */
  size_t folds;               /* rows that skip paths were fitted to */
  size_t *fold_row;           /* [rows] place of a row among them, or SIZE_MAX */
  float *fold;                /* [folds x P] their out-of-fold predictions */
  float *skip_scratch;        /* [2 x capacity x P] */
  graft_real *image;          /* [B x M C] images to project, or NULL */
  bool resident;              /* the rows of the batch below are loaded */
  bool resident_validation;   /* of which pass, step and draw */
  uint64_t resident_step, resident_batch;

  /* Networks whose samples depend on each other. */
  bool coupled;
  const graft_comm *comm; /* borrowed; NULL unless coupled on several ranks */
  uint64_t updated;       /* 1 + step that the running statistics took in last */
  double *kept;           /* [S] running statistics that belong to the best parameters, or NULL */

  /* Order of the epoch at hand. */
  uint64_t order_epoch, order_draw;
  size_t *order; /* [N] rows */

  /* Buffers of a step. */
  size_t B;          /* rows of a full batch */
  size_t rank, size; /* part of every batch that is evaluated */
  struct network network;
  size_t *batch, *sorted;                             /* [B] rows, and scratch to sort them */
  uint64_t *sample_id;                                /* [B] */
  const graft_real **mask;                            /* [B] */
  graft_real *target, *prediction, *slope, *gradient; /* [B x P] */
  graft_real *offset;                                 /* [B x P] of the skip path, or NULL */
  double *value, *weight;                             /* [B] loss and factor of each sample */
  const char **task_name;                             /* [K] */

  /* Passes on p of the P points: the rest is only there if p < P. */
  size_t p;
  uint32_t *all, *list;      /* [P] all points in order; the first p of it are this step's. With
                                local features: list [B x p] of each sample */
  graft_real *base, *inside; /* [G x p] region's base and weight at these points. With local
                                features: [B x p] of each sample, and [p] ones */
  double *place;             /* [B x p x axes] with local features: where these points lie */
  graft_real *start;         /* [B x P] base of each sample, for a transform that starts from one */
  graft_real *feature;       /* [P x F] trunk features of all points */
  bool partial;              /* the trunk's input holds some points only */
};

/* Input fields [D x M] of a row that is loaded. */
static inline const float *graft_training_field(const struct training *t, size_t row) {
  return t->field + t->slot[row] * t->model->fields * t->model->sensors;
}

/* u [P] of a row that is loaded. */
static inline const float *graft_training_u(const struct training *t, size_t row) {
  return t->u + t->slot[row] * t->model->info.points;
}

/* Nodes of a row that is loaded. */
struct nodes graft_training_nodes(const struct training *t, size_t row);

/* Choose the rows of a split. */
GRAFT_MUST_USE graft_status graft_training_select(struct training *training,
                                                  const graft_source_info *info, const char *split);

/* Read all rows, or prepare to read them when they are needed. */
GRAFT_MUST_USE graft_status graft_training_read(struct training *training,
                                                const graft_source *source);

/* Have rows [count ≤ capacity] in memory; others may have to go. Nothing to do if all are. */
GRAFT_MUST_USE graft_status graft_training_load(struct training *training, const size_t *row,
                                                size_t count);

/* Announce rows that will be loaded soon. */
void graft_training_expect(struct training *training, const size_t *row, size_t count);

/* Fit normalisation, means, ranges, projection and skip paths of the model. */
GRAFT_MUST_USE graft_status graft_training_fit(struct training *training);

/* Its last part: skip paths, and their predictions. */
GRAFT_MUST_USE graft_status graft_training_fit_skip(struct training *training);

/* Take the predictions of rows [count] that were just loaded, or make them. */
GRAFT_MUST_USE graft_status graft_training_load_skip(struct training *training, const size_t *row,
                                                     size_t count);

/* Take predictions that graft_training_put() stored. */
GRAFT_MUST_USE graft_status graft_training_get_skip(struct training *training,
                                                    const graft_bundle *bundle);

/* Principal components of the training images: the model's basis. */
GRAFT_MUST_USE graft_status graft_training_fit_basis(struct training *training);

/* Components of all rows in the model's basis, if all rows are in memory. */
GRAFT_MUST_USE graft_status graft_training_project(struct training *training);

/* State of the training set in a checkpoint: see graft_objective. */
GRAFT_MUST_USE graft_status graft_training_save(void *training, graft_bundle *bundle);
GRAFT_MUST_USE graft_status graft_training_load_state(void *training, const graft_bundle *bundle);
void graft_training_keep(void *ctx);

/* The points of a pass: list [count], and what belongs to them; with local features [B x count],
 * those of each sample. */
struct points {
  size_t count;
  const uint32_t *list;
  bool all, local;
};

/* One index out of two numbers (splitmix64). */
uint64_t graft_training_mix(uint64_t a, uint64_t b);

/* Steps of an epoch. */
uint64_t graft_training_epoch(const struct training *training);

/* Rows of this rank's part of the request's batch whose task is in @p tasks, into t->batch; -> how
 * many. */
size_t graft_training_batch(struct training *training, const graft_request *request,
                            uint64_t tasks);

/* Draw the points of a pass over t->batch [count], and give the trunk their features. */
struct points graft_training_points(struct training *t, const graft_request *request, size_t count);

/* Inputs, targets and the skip path's part of z (into t->offset) of t->batch [count]. */
void graft_training_assemble(struct training *t, const graft_request *request, struct points points,
                             size_t count);

#endif
