/* SPDX-License-Identifier: BSD-2-Clause */
/* The training set as a graft_objective. A batch mixes all tasks; one pass gives the weighted sum
 * of the gradients. For rows the samples of a batch are put in order of their tasks: a sample's
 * part of the gradient belongs to one row, so only what all samples share, the trunk, is gone
 * through once for each task. */
#include <math.h>
#include <omp.h>
#include <string.h>

#include "deeponet/training_impl.h"

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
    if (!(request->tasks >> k & 1)) continue; /* there for the statistics of the batch only */
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
  struct points points = graft_training_points(t, request, count);
  graft_training_assemble(t, request, points, count);
  return (struct assembled){.request = request,
                            .points = points,
                            .run = {.samples = count,
                                    .points = points.count,
                                    .train = request->pass != GRAFT_PASS_VALIDATE,
                                    .seed = (uint64_t)t->model->config.seed,
                                    .step = request->batch
                                                ? graft_training_mix(request->step, request->batch)
                                                : request->step,
                                    .sample_id = t->sample_id}};
}

static graft_run run_of(const struct assembled *a, struct part part) {
  graft_run run = a->run;
  run.first = part.first;
  run.samples = part.count;
  if (a->points.local) run.points = (part.first + part.count) * a->points.count;
  return run;
}

static bool trains(const graft_request *request) { return request->pass != GRAFT_PASS_VALIDATE; }

/* Samples of coupled networks depend on each other: all of the batch are run whoever is asked. */
static uint64_t needed(const struct training *t, const graft_request *request) {
  return t->coupled && trains(request) ? UINT64_MAX : request->tasks;
}

/* Running statistics take in each step's batch once, in its clean pass. */
static bool takes_in(struct training *t, const graft_request *request) {
  bool first = t->coupled && request->pass == GRAFT_PASS_CLEAN && request->batch == 0 &&
               t->updated != request->step + 1;
  if (first) t->updated = request->step + 1;
  return first;
}

/* Ranks meet within the passes of a coupled network: none may leave alone, nor before them. */
static graft_status agree(const struct training *t, const graft_request *request,
                          graft_status status) {
  return t->comm && trains(request) ? graft_comm_agree(t->comm, status) : status;
}

/* Take part in the other ranks' passes without samples of one's own. */
static graft_status idle(struct training *t, const graft_request *request, bool backward) {
  graft_run run = {.train = true};
  if (!t->comm || !trains(request)) return GRAFT_OK;
  if (backward) return graft_graph_idle(t->network.graph, &run, true);
  run.update = takes_in(t, request);
  return agree(t, request, graft_graph_idle(t->network.graph, &run, false));
}

static graft_status forward_part(struct training *t, const struct assembled *a, struct part part,
                                 const graft_real *theta, const double *weight, bool backward,
                                 graft_reply *reply) {
  const graft_deeponet *model = t->model;
  const size_t n = a->points.count, at = part.first * n;
  graft_run run = run_of(a, part);
  run.update = takes_in(t, a->request);
  GRAFT_TRY(graft_graph_forward(t->network.graph, &run, theta));
  transform(t, a->points, part);
  for (size_t b = part.first; b < part.first + part.count; b++) {
    size_t k = t->row_task[t->batch[b]];
    t->weight[b] = weight ? weight[k] : 1;
    if (!(a->request->tasks >> k & 1)) t->weight[b] = 0;
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
  if (t->penalty && trains(a->request)) {
    GRAFT_TRY(graft_penalty_add(t, a->request, &a->points, part.first, part.count, weight, reply));
  }
  if (!backward) return GRAFT_OK;
#pragma omp parallel for schedule(static) num_threads(model->threads)
  for (size_t b = part.first; b < part.first + part.count; b++) {
    for (size_t i = b * n; i < (b + 1) * n; i++) t->gradient[i] *= t->slope[i];
  }
  return GRAFT_OK;
}

/* Forward pass of a part, losses into reply, and with @p backward, into t->gradient, the gradient
 * of Σ weight_task loss with respect to the network's output, the weights 1 if @p weight is NULL.
 */
static graft_status forward(struct training *t, const struct assembled *a, struct part part,
                            const graft_real *theta, const double *weight, bool backward,
                            graft_reply *reply) {
  return agree(t, a->request, forward_part(t, a, part, theta, weight, backward, reply));
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
  size_t count = graft_training_batch(t, request, request->tasks);
  struct part part[GRAFT_MAX_TASKS] = {{0}}, all = {0, count};
  struct assembled a;
  if (count == 0) {
    memset(reply->rows, 0, K * n * sizeof *reply->rows);
    return GRAFT_OK;
  }
  sort_by_task(t, count, part);
  a = prepare(t, request, count);
  if (!own) GRAFT_TRY(forward(t, &a, all, theta, request->weight, true, reply));
  for (size_t k = 0; k < K; k++) {
    graft_real *row = reply->rows + k * n;
    if (part[k].count == 0) {
      memset(row, 0, n * sizeof *row);
      continue;
    }
    if (own) GRAFT_TRY(forward(t, &a, part[k], own[k], request->weight, true, reply));
    GRAFT_TRY(backward(t, &a, part[k], own ? own[k] : theta, row));
  }
  return GRAFT_OK;
}

/* t->gradient = what t->prediction keeps of it, for the samples of task @p k; 0 for others. */
static void choose_task(struct training *t, size_t count, size_t points, size_t k) {
  for (size_t b = 0; b < count; b++) {
    bool mine = t->row_task[t->batch[b]] == k;
    for (size_t i = b * points; i < (b + 1) * points; i++) {
      t->gradient[i] = mine ? t->prediction[i] : 0;
    }
  }
}

/* Rows of a coupled network: a task's row is the gradient of its own losses through all samples of
 * the batch, so every row costs a backward pass over all of them. */
static graft_status coupled_rows(struct training *t, const graft_request *request,
                                 const graft_real *theta, graft_reply *reply) {
  const graft_real *const *own = request->row_theta;
  const size_t n = graft_graph_layout(t->network.graph)->n, K = t->model->info.tasks;
  const size_t count = graft_training_batch(t, request, needed(t, request));
  const struct part all = {0, count};
  struct assembled a = {.request = request};
  bool fresh = true; /* no forward pass yet */
  memset(reply->rows, 0, K * n * sizeof *reply->rows);
  if (count) a = prepare(t, request, count);
  for (size_t k = 0; k < K; k++) {
    const graft_real *at = own ? own[k] : theta;
    const bool pass = own || fresh;
    graft_request one = *request;
    if (!(request->tasks >> k & 1)) continue;
    if (own) one.tasks = (uint64_t)1 << k;
    a.request = &one;
    fresh = false;
    if (count == 0) {
      if (pass) GRAFT_TRY(idle(t, &one, false));
      GRAFT_TRY(idle(t, &one, true));
      continue;
    }
    if (pass) GRAFT_TRY(forward(t, &a, all, at, request->weight, true, reply));
    const size_t points = a.points.count;
    if (pass) memcpy(t->prediction, t->gradient, count * points * sizeof *t->gradient);
    choose_task(t, count, points, k);
    GRAFT_TRY(backward(t, &a, all, at, reply->rows + k * n));
  }
  return GRAFT_OK;
}

/* Losses, and with SUM the gradient of their weighted sum. */
static graft_status sum(struct training *t, const graft_request *request, const graft_real *theta,
                        graft_reply *reply) {
  bool wanted = request->want & GRAFT_WANT_SUM;
  size_t n = graft_graph_layout(t->network.graph)->n;
  size_t count = graft_training_batch(t, request, needed(t, request));
  struct part all = {0, count};
  struct assembled a;
  if (count == 0) {
    if (wanted) memset(reply->sum, 0, n * sizeof *reply->sum);
    GRAFT_TRY(idle(t, request, false));
    return wanted ? idle(t, request, true) : GRAFT_OK;
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
  GRAFT_TRY(graft_training_load(t, t->batch, graft_training_batch(t, request, UINT64_MAX)));
  t->resident = true;
  t->resident_validation = validation;
  t->resident_step = request->step;
  t->resident_batch = request->batch;
  if (!validation && request->batch > 0) return GRAFT_OK;
  if (validation) next.batch++;
  if (!validation) next.step++;
  graft_training_expect(t, t->batch, graft_training_batch(t, &next, UINT64_MAX));
  return GRAFT_OK;
}

static graft_status eval(void *ctx, const graft_request *request, const graft_real *theta,
                         graft_reply *reply) {
  struct training *t = ctx;
  const size_t K = t->model->info.tasks;
  bool with_rows = request->want & GRAFT_WANT_ROWS;
  GRAFT_TRY(agree(t, request, make_resident(t, request)));
  if (request->want & GRAFT_WANT_SUM || !with_rows) {
    memset(reply->loss, 0, K * sizeof *reply->loss);
    memset(reply->count, 0, K * sizeof *reply->count);
    GRAFT_TRY(sum(t, request, theta, reply));
  }
  if (!with_rows) return GRAFT_OK;
  memset(reply->loss, 0, K * sizeof *reply->loss);
  memset(reply->count, 0, K * sizeof *reply->count);
  return t->coupled ? coupled_rows(t, request, theta, reply) : rows(t, request, theta, reply);
}

static graft_status count_batch(void *ctx, const graft_request *request, double *count) {
  struct training *t = ctx;
  memset(count, 0, t->model->info.tasks * sizeof *count);
  size_t rows_of_batch = graft_training_batch(t, request, request->tasks);
  for (size_t b = 0; b < rows_of_batch; b++) count[t->row_task[t->batch[b]]] += 1;
  return GRAFT_OK;
}

void graft_training_objective(struct training *t, graft_objective *objective) {
  const graft_layout *layout = graft_graph_layout(t->network.graph);
  *objective = (graft_objective){.n = layout->n,
                                 .tasks = t->model->info.tasks,
                                 .task_name = t->task_name,
                                 .layout = layout,
                                 .steps_per_epoch = graft_training_epoch(t),
                                 .validation_batches = (t->V + t->B - 1) / t->B,
                                 .ctx = t,
                                 .count = count_batch,
                                 .eval = eval,
                                 .save = graft_training_save,
                                 .load = graft_training_load_state,
                                 .keep = graft_training_keep};
}
