/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_DEEPONET_FREEZE_H
#define GRAFT_DEEPONET_FREEZE_H

/** @file freeze.h
 *  Freeze lists: which blocks of parameters a training leaves alone, as a text.
 *
 *  A list has items parted by commas; later ones beat earlier ones. An item is a pattern, in which
 *  `*` stands for any letters and `.` may be written for `/`, or the name of a list of
 * freeze.def, or `none`. A pattern means all blocks that it matches, and those below them: `trunk`
 * is `trunk/dense1/weight` and all others of the trunk. `!` before an item lets its blocks train.
 *
 *  Example: `branch.conv*,trunk,!trunk.output`. */

#include <stddef.h>

#include "base/layout.h"

/** A list with a name. */
typedef struct graft_freeze_list {
  const char *name;    /**< e.g. "paper" */
  const char *summary; /**< one line */
  const char *source;  /**< reference key, "" for our own */
  const char *items;   /**< patterns; those that match no block of a network are passed over */
} graft_freeze_list;

/** The i-th list with a name, NULL past the end. */
const graft_freeze_list *graft_freeze_list_get(size_t i);

/** Which blocks does a list freeze?
 *  @param list as above; "": none
 *  @param layout blocks of a network
 *  @param frozen [layout->blocks] receives 1 for frozen blocks, else 0
 *  @return GRAFT_USAGE naming -freeze for a pattern that matches no block, with the nearest name,
 * and for a list that leaves nothing to train */
GRAFT_MUST_USE graft_status graft_freeze_find(const char *list, const graft_layout *layout,
                                              unsigned char *frozen);

#endif
