/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_DEEPONET_TRAINING_IMPL_H
#define GRAFT_DEEPONET_TRAINING_IMPL_H

/** @file training_impl.h
 *  The training set of a model: its samples and the buffers of a step. */

#include "deeponet/model_impl.h"

struct training {
  graft_deeponet *model;           /* borrowed */
  size_t rows, N, V;               /* samples in memory, those for training and for validation */
  size_t *id;                      /* [rows] number of the sample in the source */
  size_t *row_task, *row_region;   /* [rows] */
  size_t *train;                   /* [N] rows, task after task */
  size_t *validation;              /* [V] rows */
  size_t *task_start, *task_count; /* [K] part of train that belongs to a task */
  float *field;                    /* [rows x D x M] input fields */
  double *number;                  /* [rows x Q] numbers of the samples */
  float *u, *skip;                 /* [rows x P]; skip NULL without a skip path */
  graft_real *component;           /* principal components of all rows and their copies, or NULL */
  size_t *first_component;         /* [rows] where a row's first copy starts */
  size_t *pattern;                 /* [N] task at each place of an epoch */

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
  uint32_t *all, *list;      /* [P] all points in order; the first p of it are this step's */
  graft_real *base, *inside; /* [G x p] region's base and weight at these points */
  graft_real *start;         /* [B x P] base of each sample, for a transform that starts from one */
  graft_real *feature;       /* [P x F] trunk features of all points */
  bool partial;              /* the trunk's input holds some points only */
};

/* Principal components of the training images: the model's basis. */
GRAFT_MUST_USE graft_status graft_training_fit_basis(struct training *training);

/* Components of all rows in the model's basis. */
GRAFT_MUST_USE graft_status graft_training_project(struct training *training);

#endif
