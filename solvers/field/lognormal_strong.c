/* SPDX-License-Identifier: BSD-2-Clause */
#include "solvers/field/rbf.h"

const graft_field_type graft_field_lognormal_strong = {
    .name = "lognormal_strong",
    .summary = "log K Gaussian, RBF covariance, length 0.1, sigma 1.2",
    .source = "loeve1978",
    .length = 0.1,
    .sigma = 1.2,
    .mesh_size = {0.006, 0.025},
    .state_size = sizeof(graft_rbf),
    .init = graft_rbf_init,
    .draw = graft_rbf_draw,
    .fini = graft_rbf_fini,
};
