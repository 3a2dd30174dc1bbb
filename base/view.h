/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_BASE_VIEW_H
#define GRAFT_BASE_VIEW_H

/** @file view.h
 *  Chosen samples of one or several sources as one source. */

#include "base/source.h"

/** Samples that a view shows. */
typedef struct graft_view_part {
  const graft_source *source; /**< borrowed until the view is released; several of the same grid,
                                   inputs and numbers of samples */
  size_t count;               /**< 0: its names only, i.e. all its tasks and geometries */
  const size_t *sample;       /**< [count] in the source; read during the call only */
  const uint8_t *part;        /**< [count] ::graft_part of each; likewise */
} graft_view_part;

/** Show the samples of all parts, one part after the other, with the split "default".
 *  Tasks are those of the parts in order, the same name once; geometries likewise, the same name
 * and mask once, without those that no chosen sample has. Other names are the first part's.
 *  It has nodes if all chosen samples have some.
 *  @param view receives the source; release with graft_source_fini()
 *  Cost: copies of the geometries; samples are read from their sources when they are filled.
 *  @return GRAFT_INPUT where parts have different problems, grids, inputs or numbers */
GRAFT_MUST_USE graft_status graft_view_init(const graft_view_part *part, size_t parts,
                                            graft_source *view);

#endif
