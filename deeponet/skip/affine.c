/* SPDX-License-Identifier: BSD-2-Clause */
/* Method:    affine map from log_k inside the region to z: ridge regression with the linear kernel.
 * Cost:      see skip.h.
 * Reference: hastie2009, section 3.4.1. */
#include "deeponet/skip_impl.h"

static double kernel(double xx, double yy, double xy, double length) {
  (void)xx, (void)yy;
  return 2 * xy / length;
}

const graft_skip_type graft_skip_affine = {
    .name = "affine",
    .summary = "affine map of the inputs, ridge regression",
    .source = "hastie2009",
    .kernel = kernel,
    .parameter = {1},
    .penalty = {1e-9, 1e-7, 1e-5, 1e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1, 3, 10},
};
