/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_DEEPONET_NODES_IMPL_H
#define GRAFT_DEEPONET_NODES_IMPL_H

/** @file nodes_impl.h
 *  Points of samples' own, the nodes of their meshes, as a trunk reads them that takes numbers of
 *  each sample. Points of the grid are the special case: places and values that all samples share.
 */

#include "base/source.h"
#include "deeponet/model_impl.h"

/* Nodes of one sample; arrays [count]. */
struct nodes {
  size_t count;
  float *at;    /* [count x D] in steps of the grid */
  float *value; /* u */
  float *sdf, *torsion;
  float *below; /* share of the region's area that this node and those before it stand for */
};

/* Numbers that the nodes of a sample take: @p most of them at most. */
size_t graft_nodes_size(const graft_source_info *info, size_t most);

/* Largest number of nodes of a sample. */
size_t graft_nodes_most(const graft_source_info *info);

/* The nodes of a sample with @p count of them in @p room [graft_nodes_size()]. */
struct nodes graft_nodes_view(const graft_source_info *info, size_t count, float *room);

/* Read them. @return GRAFT_INPUT naming what is wrong */
GRAFT_MUST_USE graft_status graft_nodes_read(const graft_source *source, size_t sample, float *room,
                                             struct nodes *nodes);

/* A node drawn by area: the one at the share @p place in [0, 1). */
size_t graft_nodes_pick(const struct nodes *nodes, double place);

/* Trunk features and base of the transform at nodes @p pick [count] of a sample whose maps are
 * prepared; @p place [count x D] receives where they are.
 * @p out [count x F], @p base [count] */
void graft_nodes_fill(const graft_deeponet *model, const struct local_maps *maps,
                      const struct nodes *nodes, size_t count, const uint32_t *pick, double *place,
                      graft_real *out, graft_real *base);

/* u at the nodes of a sample whose branch input is in row 0: @p u [nodes->count]. */
GRAFT_MUST_USE graft_status graft_nodes_predict(graft_deeponet *model, const struct region *region,
                                                const float *field, const struct nodes *nodes,
                                                float *u);

#endif
