/* SPDX-License-Identifier: BSD-2-Clause
 * Sharpness-aware method "none": the plain step.
 * Method:    the aggregated gradient at the parameters themselves.
 * Cost:      one pass forward and backward; no memory.
 * Reference: kurin2022. */
#include "mtl/sam.h"

static const char *const options[] = {NULL};

const graft_sam_type graft_sam_none = {
    .name = "none",
    .summary = "the plain step",
    .source = "kurin2022",
    .options = options,
};
