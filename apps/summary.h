/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_APPS_SUMMARY_H
#define GRAFT_APPS_SUMMARY_H

/** @file summary.h
 *  Model summary as text: layers, shapes, parameters, FLOP, memory. */

#include <stdio.h>

#include "deeponet/summary.h"

/** Print the table of layers, and what the model costs.
 *  @param trainer_memory bytes of the trainer's arrays; 0: no training */
void graft_summary_print(FILE *file, const graft_deeponet *model, size_t trainer_memory);

#endif
