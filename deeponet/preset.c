/* SPDX-License-Identifier: BSD-2-Clause */
/* Presets as data: settings of the model's, the trainer's and the data generator's options. */
#include <stdio.h>
#include <string.h>

#include "deeponet/preset_impl.h"

/* Sizes of kumar2025 as its code has them; lr boundaries are optimiser steps there. */
static const graft_setting paper[] = {
    {"samples", "2700"},
    {"grid", "100"},
    {"input", "log_k,mask"},
    {"masked", "false"},
    {"normalisation", "pixel"},
    {"branch", "conv"},
    {"channels", "16,32,64,64"},
    {"kernel", "5"},
    {"conv_activation", "relu"},
    {"dense", "128,128"},
    {"dense_activation", "tanh"},
    {"dropout", "0.1"},
    {"trunk", "64,128,128,128"},
    {"trunk_activation", "leaky_relu"},
    {"slope", "0.2"},
    {"width", "150"},
    {"init", "glorot_normal"},
    {"bias_std", "0.01"},
    {"transform", "identity"},
    {"scale", "10"},
    {"skip", "none"},
    {"loss", "mse"},
    {"augmentation", "false"},
    {"batch", "1000"},
    {"optimizer", "adam"},
    {"weight_decay", "0"},
    {"beta1", "0.9"},
    {"beta2", "0.99"},
    {"epsilon", "1e-7"},
    {"lr", "1e-3"},
    {"schedule", "step"},
    {"lr_boundaries", "5001,8001"},
    {"lr_values", "5e-4,1e-4"},
    {"epochs", "5000"},
    {NULL, NULL},
};

static const graft_setting demo[] = {
    {"samples", "900"},
    {"grid", "48"},
    {"input", "log_k"},
    {"masked", "true"},
    {"normalisation", "global"},
    {"branch", "pca"},
    {"pool", "1"},
    {"components", "300"},
    {"code", "true"},
    {"dense", "1024,1024"},
    {"dense_activation", "silu"},
    {"residual", "true"},
    {"linear", "true"},
    {"trunk", "128,128,128"},
    {"trunk_activation", "silu"},
    {"fourier", "8"},
    {"width", "256"},
    {"output_init", "0.1"},
    {"gain", "0.09"},
    {"transform", "torsion"},
    {"scale", "10"},
    {"skip", "none"},
    {"loss", "relative_l2"},
    {"augmentation", "true"},
    {"symmetrise", "true"},
    {"rotations", "12"},
    {"points", "768"},
    {"batch", "60"},
    {"optimizer", "adam"},
    {"weight_decay", "0"},
    {"beta1", "0.9"},
    {"beta2", "0.99"},
    {"lr", "2e-3"},
    {"schedule", "cosine"},
    {"lr_final", "0.01"},
    {"warmup", "100"},
    {"ema", "0"},
    {"epochs", "500"},
    {"validate_every", "10"},
    {NULL, NULL},
};

static const graft_setting strong[] = {
    {"field", "lognormal_strong"},
    {"rotations", "3"},
    {NULL, NULL},
};

static const graft_setting full[] = {
    {"samples", "2700"}, {"grid", "100"}, {"pool", "1"}, {"epochs", "100"}, {NULL, NULL},
};

/* Regions never seen: what the trunk reads turns with the region, and the network corrects a coarse
 * solution. */
static const graft_setting unseen[] = {
    {"shapes", "star,polygon"},
    {"samples", "900"},
    {"input", "log_k,torsion"},
    {"branch", "conv"},
    {"channels", "8,8,8"},
    {"kernel", "3"},
    {"conv_activation", "silu"},
    {"code", "false"},
    {"dense", "128"},
    {"linear", "false"},
    {"trunk_residual", "true"},
    {"features", "sdf,torsion,slope,log_k_around,torsion_around,coarse_around"},
    {"fourier", "0"},
    {"width", "64"},
    {"transform", "galerkin"},
    {"coarse", "16"},
    {"augmentation", "false"},
    {"symmetrise", "false"},
    {"rotations", "0"},
    {"points", "128"},
    {"batch", "32"},
    {"steps", "600"},
    {"validate_steps", "600"},
    {NULL, NULL},
};

static const graft_preset preset[] = {
    {"demo", "minutes on a laptop: dense branch on principal components, torsion transform", "",
     demo, NULL, NULL, false},
    {"strong", "demo on conductivities that vary strongly (sigma 1.2)", "", strong, NULL, demo,
     false},
    {"full", "demo at the size of MT-DeepONet: 100 x 100, 1800 training samples a shape", "", full,
     NULL, demo, false},
    {"unseen", "regions never seen: random ones to train on, a trunk that knows its surroundings",
     "", unseen, NULL, demo, false},
    {"paper", "the network and training of MT-DeepONet: hours to days", "kumar2025", paper, NULL,
     NULL, false},
    {"demo", "minutes on a laptop: dense branch, u from u0 on by a logistic", "",
     graft_preset_fisher_demo, "fisher", NULL, false},
    {"paper", "the network and training of MT-DeepONet: an hour", "kumar2025",
     graft_preset_fisher_paper, "fisher", NULL, false},
    {"demo", "minutes on a laptop: a trunk that knows the holes, closed-form first guess", "",
     graft_preset_heat_demo, "heat", NULL, false},
    {"paper", "sizes and training of MT-DeepONet's plate: days", "kumar2025",
     graft_preset_heat_paper, "heat", NULL, false},
    {"transfer", "new tasks with few samples: all layers train on from where they are", "",
     graft_preset_transfer, NULL, NULL, true},
    {"paper_transfer", "MT-DeepONet's protocol of 100 samples: its frozen layers, loss and rates",
     "kumar2025", graft_preset_paper_transfer, NULL, NULL, true},
};
enum { COUNT = sizeof preset / sizeof *preset };

const graft_preset *graft_preset_get(size_t i) { return i < COUNT ? &preset[i] : NULL; }

/* Was the name there before place i? */
static bool is_repeated(size_t i) {
  for (size_t j = 0; j < i; j++) {
    if (strcmp(preset[j].name, preset[i].name) == 0) return true;
  }
  return false;
}

static const char *name_of(size_t i, bool transfer) {
  for (size_t j = 0, n = 0; j < COUNT; j++) {
    if (preset[j].transfer == transfer && !is_repeated(j) && n++ == i) return preset[j].name;
  }
  return NULL;
}

const char *graft_preset_name(size_t i) { return name_of(i, false); }

const char *graft_preset_transfer_name(size_t i) { return name_of(i, true); }

/* Has the equation presets of its own? */
static bool has_own(const char *problem) {
  for (size_t i = 0; i < COUNT; i++) {
    if (preset[i].problem && strcmp(preset[i].problem, problem) == 0) return true;
  }
  return false;
}

const graft_preset *graft_preset_find(const char *problem, const char *name) {
  bool own = has_own(problem);
  for (size_t i = 0; i < COUNT; i++) {
    const char *of = preset[i].problem;
    bool fits = preset[i].transfer || (own ? of && strcmp(of, problem) == 0 : !of);
    if (fits && strcmp(preset[i].name, name) == 0) return &preset[i];
  }
  return NULL;
}

static graft_status apply(const graft_preset *chosen, const graft_setting *setting,
                          const graft_option *rows, void *config) {
  char origin[128];
  for (const graft_setting *s = setting; s && s->name; s++) {
    const graft_option *row = graft_option_find(rows, s->name);
    if (!row) continue;
    snprintf(origin, sizeof origin, "preset %s, %s", chosen->name, s->name);
    if (graft_option_set(row, config, origin, s->value) != GRAFT_OK) {
      return graft_error_set(GRAFT_INTERNAL, __FILE__, __LINE__,
                             "preset %s: its own setting %s = %s is refused", chosen->name, s->name,
                             s->value);
    }
  }
  return GRAFT_OK;
}

graft_status graft_preset_apply(const graft_preset *chosen, const graft_option *rows,
                                void *config) {
  GRAFT_TRY(apply(chosen, chosen->base, rows, config));
  return apply(chosen, chosen->setting, rows, config);
}
