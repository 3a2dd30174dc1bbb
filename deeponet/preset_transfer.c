/* SPDX-License-Identifier: BSD-2-Clause */
/* Presets of transfer, for any equation. */
#include "deeponet/preset_impl.h"

const graft_setting graft_preset_transfer[] = {
    {"holdout", "0.2"},   {"steps", "1000"}, {"optimizer", "adam"},    {"beta1", "0.9"},
    {"beta2", "0.99"},    {"lr", "5e-4"},    {"scratch_lr", "2e-3"},   {"schedule", "cosine"},
    {"lr_final", "0.01"}, {"warmup", "50"},  {"validate_steps", "50"}, {"checkpoint_every", "20"},
    {NULL, NULL},
};

/* Freeze list, loss, steps and rates as the code of kumar2025 has them. */
const graft_setting graft_preset_paper_transfer[] = {
    {"samples", "100"},
    {"freeze", "paper"},
    {"statistics", "target"},
    {"loss", "relative_l2"},
    {"batch", "1048576"},
    {"points", "0"},
    {"steps", "5000"},
    {"optimizer", "adam"},
    {"weight_decay", "0"},
    {"beta1", "0.9"},
    {"beta2", "0.99"},
    {"epsilon", "1e-7"},
    {"lr", "5e-4"},
    {"schedule", "step"},
    {"lr_boundaries", "2001,3001"},
    {"lr_values", "1e-4,1e-5"},
    {"validate_steps", "500"},
    {"checkpoint_every", "20"},
    {NULL, NULL},
};
