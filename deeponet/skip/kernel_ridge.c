/* SPDX-License-Identifier: BSD-2-Clause */
/* Method:    ridge regression with the Gaussian kernel exp(−|x − y|² / (2 h²)).
 * Cost:      see skip.h.
 * Reference: hastie2009, section 5.8. */
#include "deeponet/skip_impl.h"

#include <math.h>

static double kernel(double xx, double yy, double xy, double length) {
  return exp(-fmax(xx + yy - 2 * xy, 0) / (2 * length));
}

const graft_skip_type graft_skip_kernel_ridge = {
    .name = "kernel_ridge",
    .summary = "Gaussian kernel ridge regression on the inputs",
    .source = "hastie2009",
    .kernel = kernel,
    .parameter = {1, 4, 16},
    .penalty = {1e-7, 1e-6, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 1e-2, 1e-1},
};
