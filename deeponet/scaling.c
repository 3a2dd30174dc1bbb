/* SPDX-License-Identifier: BSD-2-Clause */
/* Data that a training will have a hard time with, seen from what was fitted before it: mean fields
 * of the solution, and ranges of the inputs. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "deeponet/model_impl.h"
#include "deeponet/summary.h"

static const double far = 1e3;    /* target over what a fresh network gives */
static const double uneven = 10;  /* targets of tasks over each other, for a loss that feels it */
static const double rough = 1e-6; /* relative variation below which an input is constant */

/* Root mean square over the region of scale · mean field of a task. */
static double target_size(const graft_deeponet *model, size_t k) {
  const size_t P = model->info.points, r = model->task[k].region;
  double sum = 0, count = 0;
  for (size_t p = 0; p < P; p++) {
    if (r != NO_REGION && !model->region[r].mask[p]) continue;
    const double u = model->config.scale * (double)model->mean[k * P + p];
    sum += u * u;
    count++;
  }
  return count > 0 ? sqrt(sum / count) : 0;
}

static void append(char *text, size_t size, const char *line) {
  const size_t used = strlen(text);
  snprintf(text + used, size - used, used ? "; %s" : "%s", line);
}

/* Input fields that are the same number everywhere in all training samples. */
static void check_inputs(const graft_deeponet *model, char *text, size_t size) {
  for (size_t d = 0; d < model->fields && d < model->info.inputs; d++) {
    double least = INFINITY, most = -INFINITY;
    char line[GRAFT_SCALING_TEXT];
    for (size_t k = 0; k < model->info.tasks; k++) {
      const double *range = model->task[k].range + 2 * d * RANGE_COUNT;
      least = fmin(least, range[2 * RANGE_MIN]);
      most = fmax(most, range[2 * RANGE_MAX + 1]);
    }
    if (!(most - least <= rough * fmax(fabs(least), fabs(most)))) continue;
    snprintf(line, sizeof line,
             "the input %s is %.4g in all training samples: the network can't learn from it",
             model->info.input[d].name, least);
    append(text, size, line);
  }
}

static void check_targets(const graft_deeponet *model, char *text, size_t size) {
  const graft_deeponet_config *c = &model->config;
  const bool squared = strcmp(c->loss, "mse") == 0, plain = strcmp(c->transform, "identity") == 0;
  double least = INFINITY, most = 0;
  size_t small = 0, large = 0;
  char line[GRAFT_SCALING_TEXT];
  for (size_t k = 0; k < model->info.tasks; k++) {
    const double size_k = target_size(model, k);
    if (size_k < least) least = size_k, small = k;
    if (size_k > most) most = size_k, large = k;
  }
  if (!(most > 0)) {
    append(text, size,
           "the solutions of the training samples are 0 on average: is the data right?");
  } else if ((squared || plain) && (most > far * c->gain || most < c->gain / far)) {
    snprintf(line, sizeof line,
             "data scaling: targets (scale u) have a size of %.2g, a fresh network gives about "
             "%.2g; try -scale %.1g",
             most, c->gain, c->scale * c->gain / most);
    append(text, size, line);
  }
  if (squared && most > uneven * least && least >= 0) {
    snprintf(line, sizeof line,
             "data scaling: targets of task %s are %.2g times those of %s, which -loss mse hardly "
             "sees; try -loss relative_l2 or -task_weights",
             model->info.task_name[large], most / least, model->info.task_name[small]);
    append(text, size, line);
  }
}

bool graft_deeponet_check_scaling(const graft_deeponet *model, char *text) {
  text[0] = '\0';
  check_inputs(model, text, GRAFT_SCALING_TEXT);
  check_targets(model, text, GRAFT_SCALING_TEXT);
  return text[0] != '\0';
}
