/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_DEEPONET_LOCAL_IMPL_H
#define GRAFT_DEEPONET_LOCAL_IMPL_H

/** @file local_impl.h
 *  Features of a trunk that reads numbers of each sample, and what they are looked up in. Points
 *  are given anywhere in the domain, in steps of the grid from its first point: [count x axes].
 *
 *  A caller prepares the maps of a sample once, and then asks for features at as many points as it
 *  likes; each thread has maps of its own (model->maps). */

#include "base/bundle.h"
#include "base/layout.h"
#include "base/real.h"

struct graft_deeponet;
struct region;

/* Kinds of features. */
enum feature_kind {
  FEATURE_X, /* coordinates along the grid's axes */
  FEATURE_Y,
  FEATURE_Z,
  FEATURE_SDF,
  FEATURE_TORSION,
  FEATURE_SLOPE,  /* size of the torsion function's gradient */
  FEATURE_COARSE, /* logarithm of the coarse solution over the torsion function */
  FEATURE_FIELD   /* an input field */
};

struct local_feature {
  enum feature_kind kind;
  bool around; /* at the points of a stencil around the point as well */
  char name[GRAFT_NAME_SIZE];
  size_t stem;           /* length of the name without the ending of stencils */
  size_t field;          /* number among the model's input fields */
  size_t first, columns; /* its numbers among those of a point */
  size_t smooth;         /* place among the fields that are smoothed */
};
enum {
  MOST_FEATURES = 16,
  MOST_COLUMNS = 512,  /* numbers of a point */
  LOCAL_POINTS = 4096, /* points of a sample predicted at a time */
};

/* Points of the stencil: the point itself and rings around it. */
enum { RINGS = 5, DIRECTIONS = 8, AROUND = 1 + RINGS * DIRECTIONS };

/* What the features of one sample are looked up in. */
struct local_maps {
  const struct region *region; /* borrowed */
  const float *field;          /* [D x M] borrowed */
  float *smooth;               /* [smoothed fields x RINGS − 1 x P] */
  float *scratch;              /* [3 x P] */
  double *coarse;              /* coefficients of w, of the coarse solution u₀ w … */
  double *coarse_log;          /* … and their logarithms, for features */
  double *matrix;              /* scratch of its system */
};

/* Does anything look up the coarse solution? */
bool graft_local_uses_coarse(const struct graft_deeponet *model);

/* Allocate the maps of every thread, once fields and features are known; release them. */
GRAFT_MUST_USE graft_status graft_local_init(struct graft_deeponet *model);
void graft_local_fini(struct graft_deeponet *model);

/* Make the maps of a sample with input fields [D x M]. */
void graft_local_prepare(const struct graft_deeponet *model, const struct region *region,
                         const float *field, struct local_maps *maps);

/* Numbers [count x F] at points [count x axes] of its region. */
void graft_local_fill(const struct graft_deeponet *model, const struct local_maps *maps,
                      size_t count, const double *at, graft_real *out);

/* Put exact values of signed distance and torsion function at a point in the place of interpolated
 * ones in its numbers @p out [F]. */
void graft_local_exact(const struct graft_deeponet *model, double sdf, double torsion,
                       graft_real *out);

/* Base of the transform at these points: @p base [count] holds scale x u₀ there, and is multiplied
 * by the coarse solution over u₀ if the transform starts from that. */
void graft_local_base(const struct graft_deeponet *model, const struct local_maps *maps,
                      size_t count, const double *at, graft_real *base);

/* Place of a grid point. */
void graft_local_place(const struct graft_deeponet *model, size_t p, double *at);

/* Fields smoothed for the rings of the stencil. */
void graft_around_smooth(const struct graft_deeponet *model, const struct region *region,
                         const float *field, float *smooth, float *scratch);

/* Numbers of one point: of all features with a stencil, at their columns of @p out [F]; raw. */
void graft_around_fill(const struct graft_deeponet *model, const struct local_maps *maps,
                       const double *at, double *out);

/* Gradient of the torsion function at a point, per step of the grid. */
void graft_around_gradient(const struct graft_deeponet *model, const struct region *region,
                           const double *at, double gradient[2]);

/* A field [P] of a grid of two axes at a point; beyond the edge that of the edge. */
double graft_local_value(const struct graft_deeponet *model, const float *map, double x, double y);

#endif
