/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deeponet/model_impl.h"
#include "deeponet/skip.h"
#include "deeponet/transform.h"
#include "nn/init.h"
#include "nn/loss.h"

static const char *const channel_name[] = {"mask", "inverse_k", "k", "sdf", "torsion"};
_Static_assert(sizeof channel_name / sizeof *channel_name == CHANNEL_FIELD, "channel names");

static const char *branch_choices(size_t i) {
  static const char *const name[] = {"conv", "dense", "pca"};
  return i < 3 ? name[i] : NULL;
}

static const char *part_choices(size_t i) {
  static const char *const name[] = {"branch", "trunk"};
  return i < 2 ? name[i] : NULL;
}

static const char *normalisation_choices(size_t i) {
  static const char *const name[] = {"pixel", "global"};
  return i < 2 ? name[i] : NULL;
}

#define FIELD(name) offsetof(graft_deeponet_config, name)
#define SIZE(name) sizeof(((graft_deeponet_config *)0)->name)
#define BOOL(field, text, words)                                                                   \
  {                                                                                                \
    .name = #field, .type = GRAFT_OPTION_BOOL, .offset = FIELD(field), .value = text, .max = 1,    \
    .help = words                                                                                  \
  }
#define NUMBER(kind, field, text, least, most, words)                                              \
  {                                                                                                \
    .name = #field, .type = GRAFT_OPTION_##kind, .offset = FIELD(field), .value = text,            \
    .min = least, .max = most, .help = words                                                       \
  }
#define INT(field, text, least, most, words) NUMBER(INT, field, text, least, most, words)
#define REAL(field, text, least, most, words) NUMBER(REAL, field, text, least, most, words)
#define TEXT(field, kind, text, list, words)                                                       \
  {                                                                                                \
    .name = #field, .type = GRAFT_OPTION_##kind, .offset = FIELD(field), .capacity = SIZE(field),  \
    .value = text, .choices = list, .help = words                                                  \
  }

const graft_option graft_deeponet_options[] = {
    TEXT(input, LIST, "log_k,mask", NULL,
         "image: fields, logit_FIELD, k, inverse_k, mask, sdf, torsion"),
    BOOL(masked, "false", "set input fields to 0 outside the region"),
    TEXT(normalisation, STRING, "global", normalisation_choices, "z-score of input fields"),
    REAL(input_scale, "1", 1e-6, 1e6, "factor of the normalised input"),
    TEXT(branch, STRING, "conv", branch_choices, "first layers of the branch"),
    INT(pool, "0", 0, 8, "halvings of the image before the branch"),
    INT(components, "300", 1, 65536, "principal components that branch pca reads"),
    TEXT(channels, LIST, "16,32,64,64", NULL, "widths of the convolutions"),
    INT(kernel, "5", 1, 31, "side of the convolutions, odd"),
    TEXT(conv_activation, STRING, "relu", graft_activation_name, "after each convolution"),
    BOOL(code, "false", "one-hot code of the task as a branch input"),
    BOOL(parameters, "false", "numbers of the sample as branch inputs"),
    TEXT(dense, LIST, "128,128", NULL, "widths of the dense layers of the branch"),
    TEXT(dense_activation, STRING, "tanh", graft_activation_name, "after each of them"),
    TEXT(batch_norm, LIST, "", part_choices, "parts with BatchNorm before their activations"),
    BOOL(layer_norm, "false", "LayerNorm before their activation"),
    BOOL(residual, "false", "residual dense layers where widths agree"),
    BOOL(linear, "false", "linear path beside the dense layers"),
    BOOL(product, "false", "branch output b + c d with three output layers"),
    REAL(dropout, "0", 0, 0.95, "dropout rate after dense layers of the branch"),
    TEXT(trunk, LIST, "64,128,128,128", NULL, "widths of the layers of the trunk"),
    TEXT(trunk_activation, STRING, "leaky_relu", graft_activation_name, "after each of them"),
    BOOL(trunk_residual, "false", "residual layers in the trunk, linear map where widths differ"),
    BOOL(trunk_projection, "false", "trunk layers add a linear map of the one two back"),
    REAL(frequency, "30", 1e-3, 1e3, "w0 of sin(w0 x), the activation sine"),
    INT(random_fourier, "0", 0, 4096, "random Fourier features as trunk input; 0: none"),
    REAL(random_fourier_std, "1", 1e-3, 1e3, "standard deviation of their frequencies"),
    TEXT(features, LIST, "", NULL, "trunk input per sample: x, sdf, slope, log_k_around, …"),
    INT(coarse, "16", 2, 64, "cells per axis of the coarse solution"),
    INT(fourier, "0", 0, 64, "cosines per axis as trunk input; 0: coordinates"),
    REAL(slope, "0.2", 0, 1, "slope of leaky_relu below 0"),
    INT(width, "128", 1, 65536, "basis functions"),
    TEXT(init, STRING, "glorot_normal", graft_init_name, "law of initial weights"),
    REAL(bias_std, "0", 0, 10, "standard deviation of initial biases"),
    REAL(output_init, "1", 0, 1e6, "factor of initial weights of the branch's output"),
    REAL(gain, "1", 1e-6, 1e6, "factor of the network's output"),
    TEXT(skip, STRING, "none", graft_skip_name, "classical predictor beside the network"),
    TEXT(transform, STRING, "identity", graft_transform_name, "from network output to u"),
    REAL(scale, "1", 1e-12, 1e12, "factor of u in transform and loss"),
    TEXT(loss, STRING, "relative_l2", graft_loss_name, "loss of a sample"),
    BOOL(augmentation, "false", "train on symmetric copies of samples"),
    BOOL(symmetrise, "false", "predict the mean over symmetric copies"),
    INT(rotations, "0", 0, 64, "highest order of rotations by interpolation; 0: none"),
    INT(points, "0", 0, 1e9, "random points per step; 0: all"),
    BOOL(nodes, "false", "points are nodes of each sample's own mesh, drawn by area"),
    INT(batch, "100", 1, 1048576, "samples per step"),
    {.name = "memory",
     .type = GRAFT_OPTION_REAL,
     .offset = FIELD(memory),
     .value = "0",
     .max = 1e9,
     .unit = "MiB",
     .help = "of samples; larger sets are read batch by batch; 0: no limit"},
    TEXT(freeze, LIST, "", NULL, "layers that training leaves alone, e.g. trunk,branch.dense*"),
    INT(seed, "1", 0, 9007199254740992., "of weights, batches, dropout, augmentation"),
    {.name = "threads",
     .type = GRAFT_OPTION_INT,
     .offset = FIELD(threads),
     .value = "0",
     .max = 4096,
     .help = "OpenMP threads of the network; 0: all",
     .may_change = 1},
    {.name = NULL},
};

graft_status graft_network_list(const char *name, const char *text, size_t *value, size_t *count) {
  *count = 0;
  while (*text) {
    char *end;
    long number = strtol(text, &end, 10);
    GRAFT_CHECK(end != text && (*end == '\0' || *end == ',') && number >= 1 && number <= 65536,
                USAGE, "-%s: expected whole numbers from 1 to 65536 with commas, got '%s'", name,
                text);
    GRAFT_CHECK(*count < NETWORK_LAYERS, USAGE, "-%s: expected at most %d numbers", name,
                NETWORK_LAYERS);
    value[(*count)++] = (size_t)number;
    text = *end == ',' ? end + 1 : end;
  }
  return GRAFT_OK;
}

graft_status graft_network_channels(const char *text, struct channel *channel, size_t *count) {
  *count = 0;
  while (*text) {
    size_t length = strcspn(text, ","), kind = 0;
    GRAFT_CHECK(length > 0 && length < GRAFT_NAME_SIZE && *count < MOST_CHANNELS, USAGE,
                "-input: expected up to %d names with commas, got '%s'", MOST_CHANNELS, text);
    struct channel *c = &channel[*count];
    memcpy(c->name, text, length);
    c->name[length] = '\0';
    while (kind < CHANNEL_FIELD && strcmp(channel_name[kind], c->name) != 0) kind++;
    c->kind = strncmp(c->name, LOGIT, strlen(LOGIT)) == 0 ? CHANNEL_LOGIT : (enum channel_kind)kind;
    for (size_t i = 0; i < *count; i++) {
      GRAFT_CHECK(strcmp(channel[i].name, c->name) != 0, USAGE,
                  "-input: expected channels, each once, got '%s' twice", c->name);
    }
    (*count)++;
    text += length + (text[length] == ',');
  }
  return GRAFT_OK;
}

static graft_status check_choice(const graft_option *row, const graft_deeponet_config *config) {
  char text[256];
  graft_deeponet_config copy;
  if (!row->choices && row->type != GRAFT_OPTION_INT && row->type != GRAFT_OPTION_REAL) {
    return GRAFT_OK;
  }
  graft_option_get(row, config, text, sizeof text);
  return graft_option_set(row, &copy, row->name, text);
}

graft_status graft_deeponet_config_validate(const graft_deeponet_config *config) {
  size_t value[NETWORK_LAYERS], count;
  struct channel channel[MOST_CHANNELS];
  for (const graft_option *row = graft_deeponet_options; row->name; row++) {
    GRAFT_TRY(check_choice(row, config));
  }
  struct local_feature feature[MOST_FEATURES];
  GRAFT_TRY(graft_network_features(config->features, feature, &count));
  GRAFT_CHECK(count == 0 || (!config->augmentation && !config->symmetrise), USAGE,
              "-features: expected without -augmentation and -symmetrise");
  GRAFT_CHECK(count == 0 || strcmp(config->skip, "none") == 0, USAGE,
              "-features: expected without -skip %s", config->skip);
  GRAFT_CHECK(count > 0 || !config->nodes, USAGE, "-nodes: expected -features, got none");
  GRAFT_TRY(graft_network_channels(config->input, channel, &count));
  GRAFT_CHECK(count > 0 || config->parameters || config->code, USAGE,
              "-input: expected at least one channel, or -parameters, got none");
  GRAFT_TRY(graft_network_list("channels", config->channels, value, &count));
  GRAFT_TRY(graft_network_list("dense", config->dense, value, &count));
  GRAFT_TRY(graft_network_list("trunk", config->trunk, value, &count));
  GRAFT_CHECK(config->rotations == 0 || config->masked, USAGE,
              "-rotations: expected -masked, fields are only moved within the region");
  GRAFT_CHECK(config->fourier == 0 || config->random_fourier == 0, USAGE,
              "-random_fourier: expected 0 with -fourier %lld, got %lld", config->fourier,
              config->random_fourier);
  GRAFT_CHECK(!config->trunk_projection || !config->trunk_residual, USAGE,
              "-trunk_projection: expected without -trunk_residual");
  GRAFT_CHECK(config->kernel % 2 == 1, USAGE, "-kernel: expected an odd number, got %lld",
              config->kernel);
  return GRAFT_OK;
}
