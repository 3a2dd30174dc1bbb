/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "deeponet/model_impl.h"
#include "deeponet/nodes_impl.h"

/* A prediction under way. */
struct predict {
  graft_deeponet *model;
  const graft_source *source;
  size_t *region;      /* [source geometries] place in the model's regions, or own */
  struct region *own;  /* [source geometries] regions that the model doesn't know */
  size_t *task;        /* [source tasks] task of the model, or NO_TASK */
  size_t rows;         /* samples at a time */
  float *field, *skip; /* [rows x D x M], [rows x P] */
  graft_real *z, *u;   /* [rows x P], [P] */
  graft_real *moved;   /* [rows x P] outputs moved back by a grid symmetry */
  graft_real *start;   /* [P] base of a sample, for a transform that starts from one */
  graft_real *base;    /* [rows x P] of each sample, for a trunk that reads numbers of it */
  graft_real *image;   /* [rows x M C] for branch pca */
};

enum { MOST_NUMBERS = 64 /* of a sample */ };

static void release(struct predict *c) {
  for (size_t g = 0; c->own && g < c->source->info.geometries; g++)
    graft_model_region_fini(&c->own[g]);
  graft_free(c->region);
  graft_free(c->own);
  graft_free(c->task);
  graft_free(c->field);
  graft_free(c->start);
  graft_free(c->base);
  graft_free(c->skip);
  graft_free(c->z);
  graft_free(c->u);
  graft_free(c->moved);
  graft_free(c->image);
}

/* Match a geometry of the source by mask with the model's, or prepare a new one. */
static graft_status match_geometry(struct predict *c, size_t g) {
  const graft_deeponet *model = c->model;
  const graft_source_info *info = &c->source->info;
  const graft_source_geometry *geometry = &info->geometry[g];
  size_t r = 0;
  while (r < model->info.geometries &&
         memcmp(model->region[r].mask, geometry->mask, info->points) != 0) {
    r++;
  }
  c->region[g] = r < model->info.geometries ? r : NO_REGION;
  if (c->region[g] != NO_REGION) return GRAFT_OK;
  return graft_model_region_init(model, geometry->name, geometry->mask, geometry->sdf,
                                 geometry->torsion, &c->own[g]);
}

/* Match tasks by name; geometries are not matched yet. */
static graft_status match_tasks(struct predict *c) {
  const graft_deeponet *model = c->model;
  const graft_source_info *info = &c->source->info;
  GRAFT_TRY(graft_alloc(&c->region, info->geometries, sizeof *c->region));
  GRAFT_TRY(graft_alloc(&c->own, info->geometries, sizeof *c->own));
  GRAFT_TRY(graft_alloc(&c->task, info->tasks, sizeof *c->task));
  for (size_t k = 0; k < info->tasks; k++) {
    size_t j = 0;
    while (j < model->info.tasks && strcmp(model->info.task_name[j], info->task_name[k]) != 0) j++;
    c->task[k] = j < model->info.tasks ? j : NO_TASK;
  }
  return GRAFT_OK;
}

static graft_status match(struct predict *c) {
  GRAFT_TRY(match_tasks(c));
  for (size_t g = 0; g < c->source->info.geometries; g++) GRAFT_TRY(match_geometry(c, g));
  return GRAFT_OK;
}

/* A model with a skip path only knows its own tasks on their own geometries. */
static graft_knowledge knowledge(const struct predict *c, size_t sample) {
  const graft_deeponet *model = c->model;
  const graft_source_info *info = &c->source->info;
  size_t task = c->task[info->task[sample]], region = c->region[info->sample_geometry[sample]];
  if (model->skip->kernel && (task == NO_TASK || model->task[task].region != region)) {
    return GRAFT_KNOWS_NOT;
  }
  return task == NO_TASK ? GRAFT_KNOWS_INPUTS : GRAFT_KNOWS_TASK;
}

static graft_status check_sample(const struct predict *c, size_t sample) {
  const graft_source_info *info = &c->source->info;
  GRAFT_CHECK(sample < info->samples, INTERNAL, "sample %zu of %zu", sample, info->samples);
  GRAFT_CHECK(knowledge(c, sample) != GRAFT_KNOWS_NOT, INPUT,
              "%s, sample %zu: expected a task and geometry that the model was trained on, got "
              "task %s on %s",
              graft_source_name(info), sample, info->task_name[info->task[sample]],
              info->geometry[info->sample_geometry[sample]].name);
  return GRAFT_OK;
}

static const struct region *region_of(const struct predict *c, size_t sample) {
  size_t g = (size_t)c->source->info.sample_geometry[sample];
  return c->region[g] != NO_REGION ? &c->model->region[c->region[g]] : &c->own[g];
}

static size_t task_of(const struct predict *c, size_t sample) {
  return c->task[c->source->info.task[sample]];
}

static const double *number_of(const struct predict *c, size_t sample) {
  const graft_source_info *info = &c->source->info;
  return info->codes ? info->code + sample * info->codes : NULL;
}

/* Skip paths of a chunk, one run of equal tasks at a time. */
static graft_status predict_skip(struct predict *c, const size_t *sample, size_t count) {
  size_t P = c->model->info.points;
  for (size_t i = 0, j; i < count; i = j) {
    for (j = i; j < count && task_of(c, sample[j]) == task_of(c, sample[i]);) j++;
    GRAFT_TRY(graft_skip_predict(&c->model->task[task_of(c, sample[i])].skip, c->field + i * P,
                                 j - i, c->skip + i * P));
  }
  return GRAFT_OK;
}

/* z [P] += factor · output [P] moved back by element e of the region's group. */
static void add_back(const struct region *region, size_t e, graft_real factor,
                     const graft_real *output, graft_real *moved, graft_real *z) {
  const graft_symmetry *symmetry = &region->symmetry;
  size_t P = symmetry->points, j = e / symmetry->count;
  const uint32_t *back = symmetry->point + symmetry->inverse[e % symmetry->count] * P;
  if (!j) {
    for (size_t p = 0; p < P; p++) z[p] += factor * output[back[p]];
    return;
  }
  const graft_stencils *stencils = &region->rotation.turn[j].output_back;
  for (size_t p = 0; p < P; p++) moved[p] = output[back[p]];
  for (size_t p = 0; p < P; p++) {
    z[p] += factor * (graft_real)graft_stencils_real(stencils, p, moved);
  }
}

/* Add the network's output on inputs moved by element e of the group, moved back, to z with its
 * share of the mean. */
static graft_status add_network(struct predict *c, const size_t *sample, size_t count, size_t e) {
  graft_deeponet *model = c->model;
  const struct network *network = &model->network;
  size_t P = model->info.points, C = model->channels, M = model->sensors, Q = network->codes;
  bool projects = graft_model_projects(model);
  graft_real *input =
      network->has_image ? graft_graph_input_data(network->graph, network->image) : NULL;
  graft_real *image = projects ? c->image : input;
  graft_real *code = Q ? graft_graph_input_data(network->graph, network->code) : NULL;
#pragma omp parallel for schedule(static) num_threads(model->threads)
  for (size_t b = 0; b < count; b++) {
    const struct region *region = region_of(c, sample[b]);
    if (image) {
      graft_model_image(model, region, c->field + b * model->fields * M,
                        e % graft_model_elements(region), image + b * M * C);
    }
    if (code) {
      graft_model_code(model, task_of(c, sample[b]), number_of(c, sample[b]), code + b * Q);
    }
  }
  if (projects) graft_model_project(model, count, image, input);
  graft_run run = {.samples = count, .points = P};
  GRAFT_TRY(graft_graph_forward(network->graph, &run, model->theta));
  const graft_real *output = graft_graph_output(network->graph);
#pragma omp parallel for schedule(static) num_threads(model->threads)
  for (size_t b = 0; b < count; b++) {
    const struct region *region = region_of(c, sample[b]);
    size_t elements = graft_model_elements(region);
    if (e >= elements) continue;
    size_t used = model->config.symmetrise ? elements : 1;
    add_back(region, e, (graft_real)(model->config.gain / (double)used), output + b * P,
             c->moved + b * P, c->z + b * P);
  }
  return GRAFT_OK;
}

/* Branch input of one sample with input fields [D x M], in row 0. */
static void fill_branch(struct predict *c, size_t sample, const float *field) {
  graft_deeponet *model = c->model;
  const struct network *network = &model->network;
  bool projects = graft_model_projects(model);
  graft_real *input =
      network->has_image ? graft_graph_input_data(network->graph, network->image) : NULL;
  graft_real *image = projects ? c->image : input;
  if (image) graft_model_image(model, region_of(c, sample), field, 0, image);
  if (projects) graft_model_project(model, 1, image, input);
  if (network->codes == 0) return;
  graft_model_code(model, task_of(c, sample), number_of(c, sample),
                   graft_graph_input_data(network->graph, network->code));
}

/* The same for a trunk that reads numbers of each sample, one sample at a time. */
static graft_status add_local(struct predict *c, const size_t *sample, size_t count) {
  graft_deeponet *model = c->model;
  size_t P = model->info.points, M = model->sensors;
  for (size_t b = 0; b < count; b++) {
    const struct region *region = region_of(c, sample[b]);
    const float *field = c->field + b * model->fields * M;
    fill_branch(c, sample[b], field);
    GRAFT_TRY(graft_local_predict(model, region, field, (graft_real)model->config.gain,
                                  c->z + b * P, c->base + b * P));
  }
  return GRAFT_OK;
}

/* @p field [D x M] of the sample, which is row b of the chunk */
static void finish(const struct predict *c, const struct region *region, const float *field,
                   size_t b, const graft_real *z, float *u) {
  size_t P = c->model->info.points;
  double scale = c->model->config.scale;
  for (size_t p = 0; c->start && p < P; p++) {
    c->start[p] = (graft_real)field[c->model->place[p]];
  }
  const graft_real *base = c->start ? c->start : c->base ? c->base + b * P : region->base;
  c->model->transform->apply(P, z, base, c->u, NULL);
  for (size_t p = 0; p < P; p++) {
    float value = region->mask[p] ? (float)((double)c->u[p] / scale) : 0;
    u[p] = isnan(region->fixed[p]) ? value : region->fixed[p];
  }
}

static graft_status predict_chunk(struct predict *c, const size_t *sample, size_t count, float *u) {
  size_t P = c->model->info.points, elements = 1;
  for (size_t b = 0; b < count; b++) {
    size_t g = graft_model_elements(region_of(c, sample[b]));
    GRAFT_TRY(check_sample(c, sample[b]));
    if (c->model->config.symmetrise && g > elements) elements = g;
  }
  GRAFT_TRY(graft_model_read(c->model, c->source, sample, count, c->field));
  memset(c->z, 0, count * P * sizeof *c->z);
  if (graft_model_local(c->model)) GRAFT_TRY(add_local(c, sample, count));
  for (size_t e = 0; !graft_model_local(c->model) && e < elements; e++) {
    GRAFT_TRY(add_network(c, sample, count, e));
  }
  if (c->model->skip->kernel) {
    GRAFT_TRY(predict_skip(c, sample, count));
    for (size_t i = 0; i < count * P; i++) c->z[i] += (graft_real)c->skip[i];
  }
  for (size_t b = 0; b < count; b++) {
    finish(c, region_of(c, sample[b]), c->field + b * c->model->fields * c->model->sensors, b,
           c->z + b * P, u + b * P);
  }
  return GRAFT_OK;
}

/* Match names and allocate. */
static graft_status prepare(struct predict *c) {
  size_t P = c->model->info.points, M = c->model->sensors;
  GRAFT_TRY(graft_model_check_grid(&c->model->info, &c->source->info));
  GRAFT_TRY(match(c));
  GRAFT_TRY(graft_alloc(&c->field, c->rows * c->model->fields * M, sizeof(float)));
  if (c->model->transform->initial) GRAFT_TRY(graft_alloc(&c->start, P, sizeof(graft_real)));
  if (graft_model_local(c->model)) GRAFT_TRY(graft_alloc(&c->base, c->rows * P, sizeof *c->base));
  GRAFT_TRY(graft_alloc(&c->skip, c->rows * P, sizeof(float)));
  GRAFT_TRY(graft_alloc(&c->z, c->rows * P, sizeof(graft_real)));
  GRAFT_TRY(graft_alloc(&c->u, P, sizeof(graft_real)));
  GRAFT_TRY(graft_alloc(&c->moved, c->rows * P, sizeof(graft_real)));
  if (graft_model_projects(c->model)) {
    GRAFT_TRY(graft_alloc(&c->image, c->rows * M * c->model->channels, sizeof(graft_real)));
  }
  return GRAFT_OK;
}

static graft_status predict(struct predict *c, const size_t *sample, size_t count, float *u) {
  size_t P = c->model->info.points;
  GRAFT_TRY(prepare(c));
  for (size_t i = 0; i < count; i += c->rows) {
    size_t part = count - i < c->rows ? count - i : c->rows;
    GRAFT_TRY(predict_chunk(c, sample + i, part, u + i * P));
  }
  return GRAFT_OK;
}

static graft_status features(struct predict *c, const size_t *sample, size_t count, double *x) {
  const struct network *network = &c->model->network;
  const size_t W = (size_t)c->model->config.width;
  GRAFT_TRY(prepare(c));
  for (size_t i = 0; i < count; i += c->rows) {
    const size_t part = count - i < c->rows ? count - i : c->rows;
    GRAFT_TRY(graft_model_read(c->model, c->source, sample + i, part, c->field));
    GRAFT_TRY(add_network(c, sample + i, part, 0));
    const graft_real *value = graft_graph_value(network->graph, network->branch);
    for (size_t j = 0; j < part * W; j++) x[i * W + j] = (double)value[j];
  }
  return GRAFT_OK;
}

graft_status graft_model_features(graft_deeponet *model, const graft_source *source,
                                  const size_t *sample, size_t count, double *x) {
  const size_t batch = (size_t)model->config.batch;
  struct predict c = {
      .model = model, .source = source, .rows = batch < PREDICT_ROWS ? batch : PREDICT_ROWS};
  graft_status status = features(&c, sample, count, x);
  release(&c);
  return status;
}

/* A model in training keeps its running statistics there. */
static void take_state(graft_deeponet *model) {
  size_t S;
  const double *state = graft_model_state(model, &S);
  double *own = graft_graph_state(model->network.graph, &S);
  if (S && state != own) memcpy(own, state, S * sizeof *own);
}

graft_status graft_model_predict(graft_deeponet *model, const graft_source *source,
                                 const size_t *sample, size_t count, float *u) {
  size_t batch = (size_t)model->config.batch;
  struct predict c = {
      .model = model, .source = source, .rows = batch < PREDICT_ROWS ? batch : PREDICT_ROWS};
  take_state(model);
  graft_status status = predict(&c, sample, count, u);
  release(&c);
  return status;
}

static graft_status predict_nodes(struct predict *c, size_t sample, float *room, float *u) {
  graft_deeponet *model = c->model;
  struct nodes nodes;
  GRAFT_TRY(graft_model_check_grid(&model->info, &c->source->info));
  GRAFT_TRY(match_tasks(c));
  GRAFT_TRY(match_geometry(c, (size_t)c->source->info.sample_geometry[sample]));
  GRAFT_TRY(check_sample(c, sample));
  GRAFT_TRY(graft_alloc(&c->field, model->fields * model->sensors, sizeof(float)));
  if (graft_model_projects(model)) {
    GRAFT_TRY(graft_alloc(&c->image, model->sensors * model->channels, sizeof(graft_real)));
  }
  GRAFT_TRY(graft_model_read(model, c->source, &sample, 1, c->field));
  GRAFT_TRY(graft_nodes_read(c->source, sample, room, &nodes));
  fill_branch(c, sample, c->field);
  return graft_nodes_predict(model, region_of(c, sample), c->field, &nodes, u);
}

graft_status graft_model_predict_nodes(graft_deeponet *model, const graft_source *source,
                                       size_t sample, float *u) {
  struct predict c = {.model = model, .source = source, .rows = 1};
  const graft_source_info *info = &source->info;
  float *room;
  GRAFT_CHECK(source->nodes && sample < info->samples, INPUT,
              "data set %s: expected nodes of each sample (solve -nodes), got none",
              info->dataset_name);
  GRAFT_CHECK(graft_deeponet_takes_nodes(model), USAGE,
              "the model predicts on its grid only: expected one trained with -features");
  GRAFT_TRY(graft_alloc(&room, graft_nodes_size(info, graft_source_node_count(info, sample, NULL)),
                        sizeof *room));
  take_state(model);
  graft_status status = predict_nodes(&c, sample, room, u);
  release(&c);
  graft_free(room);
  return status;
}

/* How far a value lies outside a range extended by a tenth at both ends, in units of the range. */
static double range_excess(const double range[2], double value) {
  double size = range[1] - range[0], slack = 0.1 * size, unit = size > 0 ? size : 1;
  double below = range[0] - slack - value, above = value - range[1] - slack;
  return fmax(fmax(below, above), 0) / unit;
}

static graft_status check_inputs(struct predict *c, const size_t *sample, size_t count,
                                 double *excess) {
  const graft_deeponet *model = c->model;
  size_t R = graft_model_ranges(model);
  double statistic[MOST_CHANNELS * RANGE_COUNT + MOST_NUMBERS];
  GRAFT_CHECK(model->info.codes <= MOST_NUMBERS, INTERNAL, "expected up to %d numbers, got %zu",
              MOST_NUMBERS, model->info.codes);
  GRAFT_TRY(graft_model_check_grid(&model->info, &c->source->info));
  GRAFT_TRY(match(c));
  GRAFT_TRY(graft_alloc(&c->field, model->fields * model->sensors, sizeof(float)));
  for (size_t i = 0; i < count; i++) {
    double least = INFINITY; /* a task that the model doesn't know: the one that fits best */
    GRAFT_TRY(graft_model_read(model, c->source, &sample[i], 1, c->field));
    graft_model_statistics(model, region_of(c, sample[i]), c->field, number_of(c, sample[i]),
                           statistic);
    for (size_t k = 0; k < model->info.tasks; k++) {
      double largest = 0;
      size_t own = task_of(c, sample[i]);
      bool known = own != NO_TASK && graft_model_trained(model, own);
      if ((known && own != k) || !graft_model_trained(model, k)) continue;
      for (size_t r = 0; r < R; r++) {
        largest = fmax(largest, range_excess(model->task[k].range + 2 * r, statistic[r]));
      }
      least = fmin(least, largest);
    }
    excess[i] = least;
  }
  return GRAFT_OK;
}

graft_status graft_deeponet_check_inputs(graft_deeponet *model, const graft_source *source,
                                         const size_t *sample, size_t count, double *excess) {
  struct predict c = {.model = model, .source = source};
  graft_status status = check_inputs(&c, sample, count, excess);
  release(&c);
  return status;
}

static graft_status check_seen(struct predict *c, const size_t *sample, size_t count,
                               unsigned char *seen) {
  GRAFT_TRY(graft_model_check_grid(&c->model->info, &c->source->info));
  GRAFT_TRY(match(c));
  GRAFT_TRY(graft_alloc(&c->field, c->model->fields * c->model->sensors, sizeof(float)));
  for (size_t i = 0; i < count; i++) {
    GRAFT_TRY(graft_model_read(c->model, c->source, &sample[i], 1, c->field));
    seen[i] = graft_model_saw(c->model, region_of(c, sample[i]), c->field, number_of(c, sample[i]));
  }
  return GRAFT_OK;
}

graft_status graft_deeponet_check_seen(graft_deeponet *model, const graft_source *source,
                                       const size_t *sample, size_t count, unsigned char *seen) {
  struct predict c = {.model = model, .source = source};
  graft_status status = check_seen(&c, sample, count, seen);
  release(&c);
  return status;
}

static graft_status check_tasks(struct predict *c, const size_t *sample, size_t count,
                                graft_knowledge *known) {
  GRAFT_TRY(graft_model_check_grid(&c->model->info, &c->source->info));
  GRAFT_TRY(match(c));
  for (size_t i = 0; i < count; i++) known[i] = knowledge(c, sample[i]);
  return GRAFT_OK;
}

graft_status graft_deeponet_check_tasks(graft_deeponet *model, const graft_source *source,
                                        const size_t *sample, size_t count,
                                        graft_knowledge *known) {
  struct predict c = {.model = model, .source = source};
  graft_status status = check_tasks(&c, sample, count, known);
  release(&c);
  return status;
}

/* Does the network see what a region looks like? Its inputs, or what its output is turned into. */
static bool describes(const graft_deeponet *model) {
  bool shown = model->info.codes > 0 || model->transform->torsion;
  for (size_t c = 0; c < model->channels; c++) {
    shown |= model->channel[c].field == NO_FIELD || model->config.masked;
  }
  return shown;
}

static graft_status check_regions(struct predict *c, graft_region_knowledge *known) {
  const bool shown = describes(c->model);
  GRAFT_TRY(graft_model_check_grid(&c->model->info, &c->source->info));
  GRAFT_TRY(match(c));
  for (size_t s = 0; s < c->source->info.samples; s++) GRAFT_TRY(check_sample(c, s));
  for (size_t g = 0; g < c->source->info.geometries; g++) {
    bool trained = c->region[g] != NO_REGION || graft_model_local(c->model);
    known[g] = trained ? GRAFT_REGION_KNOWN : shown ? GRAFT_REGION_NEW : GRAFT_REGION_UNTOLD;
  }
  return GRAFT_OK;
}

graft_status graft_deeponet_check_regions(graft_deeponet *model, const graft_source *source,
                                          graft_region_knowledge *known) {
  struct predict c = {.model = model, .source = source};
  graft_status status = check_regions(&c, known);
  release(&c);
  return status;
}
