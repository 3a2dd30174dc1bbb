/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_MTL_LIST_H
#define GRAFT_MTL_LIST_H

/** @file list.h
 *  Options that hold a list of numbers. */

#include <stddef.h>

#include "base/status.h"

/** Numbers of a comma-separated list; none for an empty text.
 *  @param name of the option, for the message
 *  @param text the option's value
 *  @param value [capacity] receives the numbers, all finite
 *  @param count receives how many
 *  @return GRAFT_USAGE naming the option, expected and got */
GRAFT_MUST_USE graft_status graft_list_read(const char *name, const char *text, double *value,
                                            size_t capacity, size_t *count);

#endif
