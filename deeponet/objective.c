/* SPDX-License-Identifier: BSD-2-Clause */
/* The training set as a graft_objective. A batch mixes all tasks; one pass gives the weighted sum
 * of the gradients. For rows the samples of a batch are put in order of their tasks: a sample's
 * part of the gradient belongs to one row, so only what all samples share, the trunk, is gone
 * through once for each task. */
#include <math.h>
#include <omp.h>
#include <string.h>

#include "base/hash.h"
#include "base/rng.h"
#include "deeponet/training_impl.h"

static const uint64_t point_index = 0x706F696E74; /* sets the draws of points apart */

/* splitmix64, to make one index out of several numbers. */
static uint64_t mix(uint64_t a, uint64_t b) {
  uint64_t z = a + 0x9E3779B97F4A7C15u * (b + 1);
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
  z = (z ^ z >> 27) * 0x94D049BB133111EBu;
  return z ^ z >> 31;
}

static uint64_t steps_per_epoch(const struct training *t) { return (t->N + t->B - 1) / t->B; }

/* Order of the rows in an epoch; draws other than 0 are independent of it. */
static void shuffle(struct training *t, uint64_t epoch, uint64_t draw) {
  size_t K = t->model->info.tasks;
  if (t->order_epoch == epoch && t->order_draw == draw) return;
  size_t taken[GRAFT_MAX_TASKS] = {0};
  for (size_t k = 0; k < K;
       k++) { /* train is put back in order, so that epochs don't depend on others */
    size_t *list = t->train + t->task_start[k], first = list[0];
    for (size_t i = 0; i < t->task_count[k]; i++) {
      if (list[i] < first) first = list[i];
    }
    for (size_t i = 0; i < t->task_count[k]; i++) list[i] = first + i;
    graft_rng rng;
    graft_rng_init(&rng, (uint64_t)t->model->config.seed, GRAFT_STREAM_SHUFFLE,
                   mix(mix(epoch, draw), k));
    graft_rng_shuffle(&rng, list, t->task_count[k]);
  }
  for (size_t i = 0; i < t->N; i++) {
    size_t k = t->pattern[i];
    t->order[i] = t->train[t->task_start[k] + taken[k]++];
  }
  t->order_epoch = epoch;
  t->order_draw = draw;
}

/* Rows of this rank's part of the request's batch whose task is in @p tasks, into t->batch; -> how
 * many. */
static size_t select_batch(struct training *t, const graft_request *request, uint64_t tasks) {
  const size_t *from;
  size_t first, count, kept = 0;
  if (request->pass == GRAFT_PASS_VALIDATE) {
    from = t->validation;
    first = (size_t)request->batch * t->B;
    count = t->V;
  } else {
    shuffle(t, request->step / steps_per_epoch(t), request->batch);
    from = t->order;
    first = (size_t)(request->step % steps_per_epoch(t)) * t->B;
    count = t->N;
  }
  for (size_t i = first; i < count && i < first + t->B; i++) {
    bool asked = tasks >> t->row_task[from[i]] & 1;
    if (asked && (i - first) % t->size == t->rank) t->batch[kept++] = from[i];
  }
  return kept;
}

/* Number of the group's element applied to a row in this step. */
static size_t row_symmetry(const struct training *t, const graft_request *request, size_t row) {
  size_t count = graft_model_elements(&t->model->region[t->row_region[row]]);
  if (request->pass == GRAFT_PASS_VALIDATE || !t->model->config.augmentation) return 0;
  graft_rng rng;
  graft_rng_init(&rng, (uint64_t)t->model->config.seed, GRAFT_STREAM_AUGMENT,
                 mix(mix(request->step / steps_per_epoch(t), request->batch), t->id[row]));
  return graft_rng_below(&rng, (uint32_t)count);
}

/* The points of a pass: list [count], and what belongs to them; with local features [B x count],
 * those of each sample. */
struct points {
  size_t count;
  const uint32_t *list;
  bool all, local;
};

/* Those of sample b of a batch. */
static const uint32_t *list_of(struct points points, size_t b) {
  return points.list + (points.local ? b * points.count : 0);
}

/* Draw the points of each sample from its region and give the trunk their features; the same ones
 * at every validation. */
static struct points draw_local(struct training *t, const graft_request *request, size_t count) {
  const graft_deeponet *model = t->model;
  graft_real *input = graft_graph_input_data(t->network.graph, t->network.point);
  bool validates = request->pass == GRAFT_PASS_VALIDATE;
#pragma omp parallel for schedule(static) num_threads(model->threads)
  for (size_t b = 0; b < count; b++) {
    const struct region *region = &model->region[t->row_region[t->batch[b]]];
    uint64_t draw = validates ? 0 : mix(request->step + 1, request->batch);
    graft_rng rng;
    graft_rng_init(&rng, (uint64_t)model->config.seed, GRAFT_STREAM_SHUFFLE,
                   mix(mix(draw, t->id[t->batch[b]]), point_index));
    for (size_t i = b * t->p; i < (b + 1) * t->p; i++) {
      t->list[i] = region->point[graft_rng_below(&rng, (uint32_t)region->inner)];
      t->base[i] = region->base[t->list[i]];
    }
    graft_local_fill(model, region, graft_training_field(t, t->batch[b]), t->p, t->list + b * t->p,
                     input + b * t->p * t->network.features);
  }
  return (struct points){.count = t->p, .list = t->list, .local = true};
}

/* Draw the points of a training step, and give the trunk their features. */
static struct points select_points(struct training *t, const graft_request *request) {
  const struct network *network = &t->network;
  size_t P = t->model->info.points, F = network->features, p = t->p;
  graft_real *input = graft_graph_input_data(network->graph, network->point);
  if (p == P || request->pass == GRAFT_PASS_VALIDATE) {
    if (t->partial) memcpy(input, t->feature, P * F * sizeof *input);
    t->partial = false;
    return (struct points){.count = P, .list = t->all, .all = true};
  }
  graft_rng rng;
  graft_rng_init(&rng, (uint64_t)t->model->config.seed, GRAFT_STREAM_SHUFFLE,
                 mix(mix(request->step, request->batch), point_index));
  memcpy(t->list, t->all, P * sizeof *t->list);
  for (size_t i = 0; i < p; i++) {
    size_t j = i + graft_rng_below(&rng, (uint32_t)(P - i));
    uint32_t chosen = t->list[j];
    t->list[j] = t->list[i];
    t->list[i] = chosen;
    memcpy(input + i * F, t->feature + chosen * F, F * sizeof *input);
    for (size_t g = 0; g < t->model->info.geometries; g++) {
      t->base[g * p + i] = t->model->region[g].base[chosen];
      t->inside[g * p + i] = t->model->region[g].weight[chosen];
    }
  }
  t->partial = true;
  return (struct points){.count = p, .list = t->list};
}

/* Branch input of a row under element e of its region's group. */
static void fill_branch(const struct training *t, size_t b, size_t row, size_t e) {
  const graft_deeponet *model = t->model;
  const struct network *network = &t->network;
  const struct region *region = &model->region[t->row_region[row]];
  size_t M = model->sensors, R = model->components;
  graft_real *input =
      network->has_image ? graft_graph_input_data(network->graph, network->image) : NULL;
  if (t->component) {
    memcpy(input + b * R, t->component + t->first_component[row] + e * R, R * sizeof *input);
  } else if (input) {
    graft_model_image(model, region, graft_training_field(t, row), e,
                      (t->image ? t->image : input) + b * M * model->channels);
  }
  if (network->codes == 0) return;
  graft_model_code(model, t->row_task[row], t->number + row * model->info.codes,
                   graft_graph_input_data(network->graph, network->code) + b * network->codes);
}

/* The first input field of a row under element e at the points of a pass. */
static void fill_start(const struct training *t, struct points points, size_t b, size_t row,
                       size_t e) {
  const graft_deeponet *model = t->model;
  const float *field = graft_training_field(t, row);
  const struct region *region = &model->region[t->row_region[row]];
  const uint32_t *point = region->image_point + e % region->symmetry.count * model->sensors;
  const uint32_t *list = list_of(points, b);
  graft_real *start = t->start + b * points.count;
  for (size_t i = 0; i < points.count; i++) {
    start[i] = (graft_real)field[point[model->place[list[i]]]];
  }
}

/* Target and skip path's part of z of a row under element e, at some points; out and z [count]. */
static void fill_target(const struct training *t, size_t row, size_t e, size_t count,
                        const uint32_t *list, graft_real *target, graft_real *z) {
  const graft_deeponet *model = t->model;
  const struct region *region = &model->region[t->row_region[row]];
  size_t P = model->info.points, j = e / region->symmetry.count;
  const uint32_t *point = region->symmetry.point + e % region->symmetry.count * P;
  const float *u = graft_training_u(t, row), *skip = t->skip ? t->skip + row * P : NULL;
  graft_real scale = (graft_real)model->config.scale;
  for (size_t i = 0; i < count; i++) {
    uint32_t p = point[list[i]];
    target[i] =
        scale * (j ? (graft_real)graft_rotation_u(&region->rotation, j, p, u) : (graft_real)u[p]);
  }
  for (size_t i = 0; skip && i < count; i++) {
    uint32_t p = point[list[i]];
    z[i] = j ? (graft_real)graft_stencils_float(&region->rotation.turn[j].output, p, skip)
             : (graft_real)skip[p];
  }
}

/* Inputs, targets and the skip path's part of z (into t->offset) of t->batch. */
static void assemble(struct training *t, const graft_request *request, struct points points,
                     size_t count) {
  const graft_deeponet *model = t->model;
  size_t n = points.count;
#pragma omp parallel for schedule(static) num_threads(model->threads)
  for (size_t b = 0; b < count; b++) {
    size_t row = t->batch[b], g = t->row_region[row], e = row_symmetry(t, request, row);
    fill_branch(t, b, row, e);
    if (t->start) fill_start(t, points, b, row, e);
    fill_target(t, row, e, n, list_of(points, b), t->target + b * n,
                t->skip ? t->offset + b * n : NULL);
    t->sample_id[b] = t->id[row];
    t->mask[b] = points.all     ? model->region[g].weight
                 : points.local ? t->inside
                                : t->inside + g * n;
  }
  if (t->image) {
    graft_model_project(model, count, t->image,
                        graft_graph_input_data(t->network.graph, t->network.image));
  }
}

/* Samples first … first + count − 1 of t->batch. */
struct part {
  size_t first, count;
};

/* t->prediction = scale u, t->slope = its derivative with respect to the network's output. */
static void transform(struct training *t, struct points points, struct part part) {
  const graft_deeponet *model = t->model;
  const graft_real *output = graft_graph_output(t->network.graph);
  graft_real gain = (graft_real)model->config.gain;
  size_t n = points.count;
#pragma omp parallel for schedule(static) num_threads(model->threads)
  for (size_t b = part.first; b < part.first + part.count; b++) {
    size_t g = t->row_region[t->batch[b]];
    const graft_real *base = t->start       ? t->start + b * n
                             : points.all   ? model->region[g].base
                             : points.local ? t->base + b * n
                                            : t->base + g * n;
    const graft_real *skip = t->skip ? t->offset + b * n : NULL;
    graft_real *z = t->gradient + b * n, *slope = t->slope + b * n, *u = t->prediction + b * n;
    for (size_t i = 0; i < n; i++) z[i] = gain * output[b * n + i] + (skip ? skip[i] : 0);
    model->transform->apply(n, z, base, u, slope);
    for (size_t i = 0; i < n; i++) slope[i] *= gain;
  }
}

/* Sum losses and counts by task. */
static graft_status collect(const struct training *t, const graft_request *request,
                            struct part part, graft_reply *reply) {
  for (size_t b = part.first; b < part.first + part.count; b++) {
    size_t k = t->row_task[t->batch[b]];
    GRAFT_CHECK(isfinite(t->value[b]), DIVERGED, "loss of task %s, sample %zu, in step %llu: %g",
                t->task_name[k], t->id[t->batch[b]], (unsigned long long)request->step,
                t->value[b]);
    reply->loss[k] += t->value[b];
    reply->count[k] += 1;
  }
  return GRAFT_OK;
}

/* An assembled batch: what its passes have in common. */
struct assembled {
  const graft_request *request;
  struct points points;
  graft_run run; /* of all samples */
};

static struct assembled prepare(struct training *t, const graft_request *request, size_t count) {
  struct points points =
      graft_model_local(t->model) ? draw_local(t, request, count) : select_points(t, request);
  assemble(t, request, points, count);
  return (struct assembled){
      .request = request,
      .points = points,
      .run = {.samples = count,
              .points = points.count,
              .train = request->pass != GRAFT_PASS_VALIDATE,
              .seed = (uint64_t)t->model->config.seed,
              .step = request->batch ? mix(request->step, request->batch) : request->step,
              .sample_id = t->sample_id}};
}

static graft_run run_of(const struct assembled *a, struct part part) {
  graft_run run = a->run;
  run.first = part.first;
  run.samples = part.count;
  if (a->points.local) run.points = (part.first + part.count) * a->points.count;
  return run;
}

/* Forward pass of a part, losses into reply, and with @p backward, into t->gradient, the gradient
 * of Σ weight_task loss with respect to the network's output, the weights 1 if @p weight is NULL.
 */
static graft_status forward(struct training *t, const struct assembled *a, struct part part,
                            const graft_real *theta, const double *weight, bool backward,
                            graft_reply *reply) {
  const graft_deeponet *model = t->model;
  const graft_run run = run_of(a, part);
  const size_t n = a->points.count, at = part.first * n;
  GRAFT_TRY(graft_graph_forward(t->network.graph, &run, theta));
  transform(t, a->points, part);
  for (size_t b = part.first; b < part.first + part.count; b++) {
    t->weight[b] = weight ? weight[t->row_task[t->batch[b]]] : 1;
  }
  graft_loss_batch batch = {.samples = part.count,
                            .points = n,
                            .prediction = t->prediction + at,
                            .target = t->target + at,
                            .mask = t->mask + part.first,
                            .epsilon = 1e-12,
                            .threads = model->threads};
  GRAFT_TRY(graft_loss_eval(model->loss, &batch, t->weight + part.first, t->value + part.first,
                            backward ? t->gradient + at : NULL));
  GRAFT_TRY(collect(t, a->request, part, reply));
  if (!backward) return GRAFT_OK;
#pragma omp parallel for schedule(static) num_threads(model->threads)
  for (size_t b = part.first; b < part.first + part.count; b++) {
    for (size_t i = b * n; i < (b + 1) * n; i++) t->gradient[i] *= t->slope[i];
  }
  return GRAFT_OK;
}

static graft_status backward(struct training *t, const struct assembled *a, struct part part,
                             const graft_real *theta, graft_real *gradient) {
  const graft_run run = run_of(a, part);
  return graft_graph_backward(t->network.graph, &run, theta, t->gradient, gradient);
}

/* Put t->batch in order of the tasks, those of a task in the order they had; part [K]. */
static void sort_by_task(struct training *t, size_t count, struct part *part) {
  size_t K = t->model->info.tasks, sorted = 0;
  for (size_t k = 0; k < K; k++) {
    part[k].first = sorted;
    for (size_t b = 0; b < count; b++) {
      if (t->row_task[t->batch[b]] == k) t->sorted[sorted++] = t->batch[b];
    }
    part[k].count = sorted - part[k].first;
  }
  memcpy(t->batch, t->sorted, count * sizeof *t->batch);
}

static graft_status rows(struct training *t, const graft_request *request, const graft_real *theta,
                         graft_reply *reply) {
  const graft_real *const *own = request->row_theta;
  size_t n = graft_graph_layout(t->network.graph)->n, K = t->model->info.tasks;
  size_t count = select_batch(t, request, request->tasks);
  struct part part[GRAFT_MAX_TASKS] = {{0}}, all = {0, count};
  struct assembled a;
  if (count == 0) {
    memset(reply->rows, 0, K * n * sizeof *reply->rows);
    return GRAFT_OK;
  }
  sort_by_task(t, count, part);
  a = prepare(t, request, count);
  if (!own) GRAFT_TRY(forward(t, &a, all, theta, NULL, true, reply));
  for (size_t k = 0; k < K; k++) {
    graft_real *row = reply->rows + k * n;
    if (part[k].count == 0) {
      memset(row, 0, n * sizeof *row);
      continue;
    }
    if (own) GRAFT_TRY(forward(t, &a, part[k], own[k], NULL, true, reply));
    GRAFT_TRY(backward(t, &a, part[k], own ? own[k] : theta, row));
  }
  return GRAFT_OK;
}

/* Losses, and with SUM the gradient of their weighted sum. */
static graft_status sum(struct training *t, const graft_request *request, const graft_real *theta,
                        graft_reply *reply) {
  bool wanted = request->want & GRAFT_WANT_SUM;
  size_t n = graft_graph_layout(t->network.graph)->n;
  size_t count = select_batch(t, request, request->tasks);
  struct part all = {0, count};
  struct assembled a;
  if (count == 0) {
    if (wanted) memset(reply->sum, 0, n * sizeof *reply->sum);
    return GRAFT_OK;
  }
  a = prepare(t, request, count);
  GRAFT_TRY(forward(t, &a, all, theta, request->weight, wanted, reply));
  return wanted ? backward(t, &a, all, theta, reply->sum) : GRAFT_OK;
}

/* Have this rank's part of the request's batch in memory, and announce the one that comes next. */
static graft_status make_resident(struct training *t, const graft_request *request) {
  const bool validation = request->pass == GRAFT_PASS_VALIDATE;
  graft_request next = *request;
  if (!t->source) return GRAFT_OK;
  if (t->resident && t->resident_validation == validation &&
      (validation || t->resident_step == request->step) && t->resident_batch == request->batch) {
    return GRAFT_OK;
  }
  t->resident = false;
  GRAFT_TRY(graft_training_load(t, t->batch, select_batch(t, request, UINT64_MAX)));
  t->resident = true;
  t->resident_validation = validation;
  t->resident_step = request->step;
  t->resident_batch = request->batch;
  if (!validation && request->batch > 0) return GRAFT_OK;
  if (validation) next.batch++;
  if (!validation) next.step++;
  graft_training_expect(t, t->batch, select_batch(t, &next, UINT64_MAX));
  return GRAFT_OK;
}

static graft_status eval(void *ctx, const graft_request *request, const graft_real *theta,
                         graft_reply *reply) {
  struct training *t = ctx;
  const size_t K = t->model->info.tasks;
  bool with_rows = request->want & GRAFT_WANT_ROWS;
  GRAFT_TRY(make_resident(t, request));
  if (request->want & GRAFT_WANT_SUM || !with_rows) {
    memset(reply->loss, 0, K * sizeof *reply->loss);
    memset(reply->count, 0, K * sizeof *reply->count);
    GRAFT_TRY(sum(t, request, theta, reply));
  }
  if (!with_rows) return GRAFT_OK;
  memset(reply->loss, 0, K * sizeof *reply->loss);
  memset(reply->count, 0, K * sizeof *reply->count);
  return rows(t, request, theta, reply);
}

static graft_status count_batch(void *ctx, const graft_request *request, double *count) {
  struct training *t = ctx;
  memset(count, 0, t->model->info.tasks * sizeof *count);
  size_t rows_of_batch = select_batch(t, request, request->tasks);
  for (size_t b = 0; b < rows_of_batch; b++) count[t->row_task[t->batch[b]]] += 1;
  return GRAFT_OK;
}

/* A run goes on with the samples that it began with. */
static int64_t fingerprint(const struct training *t) {
  const graft_deeponet *model = t->model;
  return (int64_t)graft_hash(GRAFT_HASH_START, model->seen, model->seen_count * sizeof(int64_t));
}

static graft_status save(void *ctx, graft_bundle *bundle) {
  return graft_bundle_put_int(bundle, "data/fingerprint", fingerprint(ctx));
}

static graft_status load(void *ctx, const graft_bundle *bundle) {
  int64_t before;
  GRAFT_TRY(graft_bundle_get_int(bundle, "data/fingerprint", &before));
  GRAFT_CHECK(before == fingerprint(ctx), INPUT,
              "data/fingerprint: expected the samples that the run began with, got others (was the "
              "data set made anew?)");
  return GRAFT_OK;
}

void graft_training_share(struct training *t, size_t rank, size_t size) {
  t->rank = rank;
  t->size = size;
}

void graft_training_objective(struct training *t, graft_objective *objective) {
  const graft_layout *layout = graft_graph_layout(t->network.graph);
  *objective = (graft_objective){.n = layout->n,
                                 .tasks = t->model->info.tasks,
                                 .task_name = t->task_name,
                                 .layout = layout,
                                 .steps_per_epoch = steps_per_epoch(t),
                                 .validation_batches = (t->V + t->B - 1) / t->B,
                                 .ctx = t,
                                 .count = count_batch,
                                 .eval = eval,
                                 .save = save,
                                 .load = load};
}
