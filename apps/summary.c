/* SPDX-License-Identifier: BSD-2-Clause */
#include "apps/summary.h"

#include <string.h>

enum { TEXT = 64 };

/* A number with its decimal prefix: "1.58 M". */
static const char *prefixed(double value, char *text) {
  static const char prefix[] = " kMGTP";
  size_t i = 0;
  for (; value >= 999.5 && i + 2 < sizeof prefix; i++) value /= 1000;
  snprintf(text, TEXT, i == 0 ? "%.0f " : "%.3g %c", value, prefix[i]);
  return text;
}

static const char *axis_name(graft_axis axis) {
  static const char *const name[] = {[GRAFT_AXIS_SAMPLE] = "sample",
                                     [GRAFT_AXIS_POINT] = "point",
                                     [GRAFT_AXIS_PAIR] = "sample and point"};
  return name[axis];
}

static void print_layer(FILE *file, const graft_node_about *layer) {
  char shape[TEXT], flops[TEXT];
  if (layer->row.rank == 0) {
    snprintf(shape, sizeof shape, "1");
  } else {
    graft_shape_print(layer->row, shape, sizeof shape);
  }
  fprintf(file, "  %-24s %-12s %-16s %12zu %10s  %s%s\n", layer->name, layer->type, shape,
          layer->parameters, layer->flops > 0 ? prefixed(layer->flops, flops) : "0 ",
          axis_name(layer->axis), layer->frozen ? ", frozen" : "");
}

void graft_summary_print(FILE *file, const graft_deeponet *model, size_t trainer_memory) {
  graft_deeponet_cost cost = graft_deeponet_cost_get(model);
  size_t frozen = 0;
  char a[TEXT], b[TEXT], c[TEXT];
  fprintf(file, "  %-24s %-12s %-16s %12s %10s  %s\n", "layer", "operator", "output", "parameters",
          "FLOP", "per");
  for (size_t i = 0; i < graft_deeponet_layer_count(model); i++) {
    graft_node_about layer = graft_deeponet_layer_get(model, i);
    print_layer(file, &layer);
    frozen += layer.frozen;
  }
  if (frozen) fprintf(file, "%zu of ", cost.parameters - frozen);
  fprintf(file, "%zu parameters%s; a prediction of one sample takes %sFLOP\n", cost.parameters,
          frozen ? " train" : "", prefixed(cost.predict_flops, a));
  if (!cost.samples) return;
  fprintf(file, "a step of %zu samples at %zu points takes %sFLOP (%sFLOP a sample)\n",
          cost.samples, cost.points, prefixed(cost.step_flops, a),
          prefixed(cost.step_flops / (double)cost.samples, b));
  fprintf(file, "memory: network %sB, optimiser %sB, samples %sB\n",
          prefixed((double)cost.network_memory, a), prefixed((double)trainer_memory, b),
          prefixed((double)cost.data_memory, c));
}
