/* SPDX-License-Identifier: BSD-2-Clause */
/* Branch: image → halvings → convolutions, each with activation and halving → (with the numbers) →
 * hidden dense layers → dense [W]. Trunk: coordinates or cosines → dense layers → dense [W].
 * Output: their product. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "deeponet/freeze.h"
#include "deeponet/model_impl.h"
#include "nn/init.h"

/* A network being built. */
struct build {
  const graft_deeponet_config *config;
  graft_graph *graph;
  graft_operator_config layer; /* shared settings */
  uint64_t tasks;
};

static graft_status add(const struct build *b, const char *type, const char *part, const char *name,
                        size_t i, const graft_node *input, size_t inputs, graft_node *node) {
  char text[GRAFT_NAME_SIZE];
  if (i) {
    snprintf(text, sizeof text, "%s/%s%zu", part, name, i);
  } else {
    snprintf(text, sizeof text, "%s/%s", part, name);
  }
  return graft_graph_add(b->graph, type, text, &b->layer, input, inputs, b->tasks, node);
}

static graft_status add_dense(struct build *b, const char *part, const char *name, size_t i,
                              size_t width, graft_node *node) {
  b->layer.width = width;
  return add(b, "dense", part, name, i, node, 1, node);
}

static graft_status add_pools(struct build *b, graft_node *node) {
  if (strcmp(b->config->branch, "pca") == 0) return GRAFT_OK;
  for (long long i = 1; i <= b->config->pool; i++) {
    GRAFT_TRY(add(b, "avg_pool2d", "branch", "halve", (size_t)i, node, 1, node));
  }
  return GRAFT_OK;
}

static graft_status add_convolutions(struct build *b, graft_node *node) {
  size_t width[NETWORK_LAYERS], count;
  if (strcmp(b->config->branch, "conv") != 0) return GRAFT_OK;
  GRAFT_TRY(graft_network_list("channels", b->config->channels, width, &count));
  for (size_t i = 1; i <= count; i++) {
    b->layer.width = width[i - 1];
    b->layer.kernel = (size_t)b->config->kernel;
    GRAFT_TRY(add(b, "conv2d", "branch", "conv", i, node, 1, node));
    GRAFT_TRY(add(b, b->config->conv_activation, "branch", "conv_activation", i, node, 1, node));
    GRAFT_TRY(add(b, "avg_pool2d", "branch", "pool", i, node, 1, node));
  }
  return GRAFT_OK;
}

/* Dense layer before an activation; before a sine it starts as SIREN's layers do, and before
 * BatchNorm, which would take it off again, it has no bias. */
static graft_status add_activated(struct build *b, const char *part, const char *activation,
                                  size_t i, size_t width, size_t inputs, graft_node *node) {
  struct build own = *b;
  if (strcmp(activation, "sine") == 0) {
    own.layer.init = GRAFT_INIT_UNIFORM;
    own.layer.init_std = graft_init_siren_limit(inputs, b->layer.frequency, i == 1);
  }
  own.layer.bias = !strstr(b->config->batch_norm, part);
  return add_dense(&own, part, "dense", i, width, node);
}

/* node += in, through a linear map where widths differ. */
static graft_status add_residual(struct build *b, const char *part, size_t i, size_t inputs,
                                 size_t width, graft_node in, graft_node *node) {
  struct build plain = *b;
  graft_node both[2] = {in, *node};
  plain.layer.bias = false;
  if (inputs != width) GRAFT_TRY(add_dense(&plain, part, "project", i, width, &both[0]));
  return add(b, "add", part, "residual", i, both, 2, node);
}

/* One hidden dense layer with what surrounds it. */
static graft_status add_hidden(struct build *b, const char *part, const char *activation, size_t i,
                               size_t width, graft_node *node) {
  bool branch = strcmp(part, "branch") == 0;
  graft_node in = *node;
  graft_axis axis;
  graft_shape row;
  GRAFT_TRY(graft_graph_shape(b->graph, in, &axis, &row));
  GRAFT_TRY(add_activated(b, part, activation, i, width, row.dim[0], node));
  if (branch && b->config->layer_norm) {
    GRAFT_TRY(add(b, "layer_norm", part, "norm", i, node, 1, node));
  }
  if (strstr(b->config->batch_norm, part)) {
    GRAFT_TRY(add(b, "batch_norm", part, "batch_norm", i, node, 1, node));
  }
  GRAFT_TRY(add(b, activation, part, "activation", i, node, 1, node));
  if (branch ? b->config->residual && row.dim[0] == width : b->config->trunk_residual) {
    GRAFT_TRY(add_residual(b, part, i, row.dim[0], width, in, node));
  }
  if (branch && b->config->dropout > 0) {
    GRAFT_TRY(add(b, "dropout", part, "dropout", i, node, 1, node));
  }
  return GRAFT_OK;
}

static graft_status add_outputs(struct build *b, graft_node first, graft_node *node) {
  size_t width = (size_t)b->config->width;
  graft_node hidden = *node, c = hidden, d = hidden, linear = first;
  GRAFT_TRY(add_dense(b, "branch", "output", 0, width, node));
  if (b->config->product) {
    GRAFT_TRY(add_dense(b, "branch", "output", 2, width, &c));
    GRAFT_TRY(add_dense(b, "branch", "output", 3, width, &d));
    graft_node factors[2] = {c, d}, terms[2] = {*node, 0};
    GRAFT_TRY(add(b, "multiply", "branch", "product", 0, factors, 2, &terms[1]));
    GRAFT_TRY(add(b, "add", "branch", "sum", 0, terms, 2, node));
  }
  if (b->config->linear) {
    GRAFT_TRY(add_dense(b, "branch", "linear", 0, width, &linear));
    graft_node terms[2] = {*node, linear};
    GRAFT_TRY(add(b, "add", "branch", "sum", 2, terms, 2, node));
  }
  return GRAFT_OK;
}

static graft_status add_branch(struct build *b, const struct network *network, graft_node *node) {
  size_t width[NETWORK_LAYERS], count;
  *node = network->has_image ? network->image : network->code;
  if (network->has_image) {
    GRAFT_TRY(add_pools(b, node));
    GRAFT_TRY(add_convolutions(b, node));
    if (strcmp(b->config->branch, "pca") != 0) {
      GRAFT_TRY(add(b, "flatten", "branch", "flatten", 0, node, 1, node));
    }
  }
  if (network->has_image && network->codes) {
    graft_node both[2] = {*node, network->code};
    GRAFT_TRY(add(b, "concat", "branch", "concat", 0, both, 2, node));
  }
  graft_node first = *node;
  GRAFT_TRY(graft_network_list("dense", b->config->dense, width, &count));
  for (size_t i = 1; i <= count; i++) {
    GRAFT_TRY(add_hidden(b, "branch", b->config->dense_activation, i, width[i - 1], node));
  }
  return add_outputs(b, first, node);
}

static graft_status add_trunk(struct build *b, const struct network *network, graft_node *node) {
  size_t width[NETWORK_LAYERS], count;
  *node = network->point;
  if (b->config->random_fourier > 0) {
    struct build own = *b;
    own.layer.width = (size_t)b->config->random_fourier;
    own.layer.init_std = b->config->random_fourier_std;
    GRAFT_TRY(add(&own, "fourier", "trunk", "fourier", 0, node, 1, node));
  }
  GRAFT_TRY(graft_network_list("trunk", b->config->trunk, width, &count));
  graft_node older = *node, both[2];
  for (size_t i = 1; i <= count; i++) {
    graft_node in = *node;
    GRAFT_TRY(add_hidden(b, "trunk", b->config->trunk_activation, i, width[i - 1], node));
    if (b->config->trunk_projection && i > 2) {
      both[0] = older; /* output of layer i - 2 */
      GRAFT_TRY(add_dense(b, "trunk", "project", i, width[i - 1], &both[0]));
      both[1] = *node;
      GRAFT_TRY(add(b, "add", "trunk", "residual", i, both, 2, node));
    }
    older = in;
  }
  return add_dense(b, "trunk", "output", 0, (size_t)b->config->width, node);
}

static size_t features(const graft_deeponet *model) {
  const graft_deeponet_config *config = &model->config;
  int dims = model->info.dims;
  size_t count = 1;
  if (graft_model_local(model)) return model->columns;
  if (config->fourier == 0) return (size_t)dims;
  for (int a = 0; a < dims; a++) count *= (size_t)config->fourier;
  return count;
}

/* Trunk features of the grid points: coordinates in [−1, 1], or products of cos(π k s) over the
 * axes, s in [0, 1], k from 0. */
static void fill_points(const graft_deeponet *model, graft_real *out) {
  const graft_source_info *info = &model->info;
  size_t F = features(model), n = (size_t)model->config.fourier;
  for (size_t p = 0; p < info->points; p++) {
    double s[3] = {0};
    size_t rest = p;
    for (int a = info->dims - 1; a >= 0; a--) {
      size_t last = info->grid[a] > 1 ? info->grid[a] - 1 : 1;
      s[a] = (double)(rest % info->grid[a]) / (double)last;
      rest /= info->grid[a];
    }
    for (size_t f = 0; f < F; f++) {
      double value = n ? 1 : 2 * s[f] - 1;
      size_t digits = f;
      for (int a = info->dims - 1; n && a >= 0; a--) {
        value *= cos(3.14159265358979323846 * (double)(digits % n) * s[a]);
        digits /= n;
      }
      out[p * F + f] = (graft_real)value;
    }
  }
}

static graft_operator_config shared_settings(const graft_deeponet_config *config) {
  graft_operator_config layer = graft_operator_default();
  layer.slope = config->slope;
  layer.rate = config->dropout;
  layer.init = graft_init_find(config->init);
  layer.bias_std = config->bias_std;
  layer.frequency = config->frequency;
  layer.seed = (uint64_t)config->seed;
  return layer;
}

static graft_status freeze(const char *list, graft_graph *graph) {
  const graft_layout *layout = graft_graph_layout(graph);
  unsigned char *frozen; /* [blocks] */
  GRAFT_TRY(graft_alloc(&frozen, layout->blocks, sizeof *frozen));
  graft_status status = graft_freeze_find(list, layout, frozen);
  for (size_t i = 0; i < layout->blocks && status == GRAFT_OK; i++) {
    graft_graph_freeze(graph, i, frozen[i]);
  }
  graft_free(frozen);
  return status;
}

graft_status graft_network_build(const graft_deeponet *model, size_t max_samples, size_t max_points,
                                 struct network *network) {
  const graft_deeponet_config *config = &model->config;
  const graft_source_info *info = &model->info;
  uint64_t tasks = info->tasks < 64 ? ((uint64_t)1 << info->tasks) - 1 : ~(uint64_t)0;
  bool image = !graft_model_projects(model);
  graft_node ends[2], output;
  int axes = 0;
  size_t height = 1;
  for (int a = info->dims - 1; a >= 0; a--) {
    if (!(model->axes >> a & 1)) continue;
    axes++;
    height = info->grid[a];
  }
  *network = (struct network){.has_image = model->channels > 0,
                              .codes = graft_model_codes(model),
                              .points = max_points,
                              .features = features(model)};
  GRAFT_CHECK(!network->has_image || axes <= 2 ||
                  (strcmp(config->branch, "conv") != 0 && config->pool == 0),
              USAGE, "-branch: expected dense or pca without halvings on a grid of %d axes, got %s",
              axes, config->branch);
  size_t width = model->sensors / height;
  bool local = graft_model_local(model);
  size_t rows = local ? max_samples * max_points : max_points; /* of the trunk */
  GRAFT_CHECK(
      !local || !strstr(config->batch_norm, "trunk"), USAGE,
      "-batch_norm: expected branch at most where every sample has points of its own, got %s",
      config->batch_norm);
  GRAFT_TRY(graft_graph_create(&network->graph, max_samples, rows, model->threads));
  struct build b = {config, network->graph, shared_settings(config), tasks};
  if (network->has_image) {
    GRAFT_TRY(graft_graph_input(b.graph, "branch/image", GRAFT_AXIS_SAMPLE,
                                image ? GRAFT_SHAPE(3, height, width, model->channels)
                                      : GRAFT_SHAPE(1, model->components),
                                &network->image));
  }
  if (network->codes) {
    GRAFT_TRY(graft_graph_input(b.graph, "branch/code", GRAFT_AXIS_SAMPLE,
                                GRAFT_SHAPE(1, network->codes), &network->code));
  }
  GRAFT_TRY(graft_graph_input(b.graph, "trunk/point", GRAFT_AXIS_POINT,
                              GRAFT_SHAPE(1, network->features), &network->point));
  GRAFT_TRY(add_branch(&b, network, &ends[0]));
  network->branch = ends[0];
  GRAFT_TRY(graft_graph_want_value(b.graph, network->branch));
  GRAFT_TRY(add_trunk(&b, network, &ends[1]));
  b.layer.width = max_points;
  GRAFT_TRY(graft_graph_add(b.graph, local ? "contract_each" : "contract", "output", &b.layer, ends,
                            2, tasks, &output));
  GRAFT_TRY(graft_graph_finish(b.graph, output));
  GRAFT_TRY(freeze(config->freeze, b.graph));
  if (!local) fill_points(model, graft_graph_input_data(b.graph, network->point));
  return GRAFT_OK;
}
