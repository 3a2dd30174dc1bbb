/* SPDX-License-Identifier: BSD-2-Clause */
#include "solvers/field/rbf.h"

const graft_field_type graft_field_lognormal = {
    .name = "lognormal",
    .summary = "log K Gaussian, RBF covariance, length 0.1, sigma 0.6",
    .source = "loeve1978",
    .length = 0.1,
    .sigma = 0.6,
    .mesh_size = {0.012, 0.04},
    .state_size = sizeof(graft_rbf),
    .init = graft_rbf_init,
    .draw = graft_rbf_draw,
    .fini = graft_rbf_fini,
};
