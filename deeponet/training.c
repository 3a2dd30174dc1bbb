/* SPDX-License-Identifier: BSD-2-Clause */
/* The training set: rows, what is fitted to them, and the buffers of a step. */
#include "deeponet/training_impl.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"

/* Which task comes at each place of an epoch: all tasks evenly spread, in proportion to their
 * samples. */
static graft_status plan_epoch(struct training *t) {
  size_t K = t->model->info.tasks;
  size_t taken[GRAFT_MAX_TASKS] = {0};
  GRAFT_TRY(graft_alloc(&t->pattern, t->N, sizeof *t->pattern));
  for (size_t i = 0; i < t->N; i++) {
    size_t next = K;
    double due = INFINITY;
    for (size_t k = 0; k < K; k++) {
      double place = ((double)taken[k] + 0.5) / (double)t->task_count[k];
      if (taken[k] < t->task_count[k] && place < due) {
        next = k;
        due = place;
      }
    }
    t->pattern[i] = next;
    taken[next]++;
  }
  return GRAFT_OK;
}

/* What passes on some of the points need. */
static graft_status allocate_points(struct training *t) {
  const graft_deeponet *model = t->model;
  size_t P = model->info.points, F = t->network.features, G = model->info.geometries;
  if (graft_model_local(model)) {
    GRAFT_TRY(graft_alloc(&t->list, t->B * t->p, sizeof *t->list));
    GRAFT_TRY(graft_alloc(&t->base, t->B * t->p, sizeof *t->base));
    GRAFT_TRY(graft_alloc(&t->place, t->B * t->p * (size_t)model->info.dims, sizeof *t->place));
    GRAFT_TRY(graft_alloc(&t->inside, t->p, sizeof *t->inside));
    for (size_t i = 0; i < t->p; i++) t->inside[i] = 1;
    return GRAFT_OK;
  }
  GRAFT_TRY(graft_alloc(&t->all, P, sizeof *t->all));
  for (size_t p = 0; p < P; p++) t->all[p] = (uint32_t)p;
  if (t->p == P) return GRAFT_OK;
  GRAFT_TRY(graft_alloc(&t->list, P, sizeof *t->list));
  GRAFT_TRY(graft_alloc(&t->base, G * t->p, sizeof *t->base));
  GRAFT_TRY(graft_alloc(&t->inside, G * t->p, sizeof *t->inside));
  GRAFT_TRY(graft_alloc(&t->feature, P * F, sizeof *t->feature));
  memcpy(t->feature, graft_graph_input_data(t->network.graph, t->network.point),
         P * F * sizeof *t->feature);
  return GRAFT_OK;
}

static graft_status allocate(struct training *t) {
  const graft_deeponet *model = t->model;
  size_t B = t->B, P = model->info.points, K = model->info.tasks;
  size_t wanted = (size_t)model->config.points;
  t->p = wanted > 0 && wanted < P ? wanted : P;
  if (graft_model_local(model)) P = t->p; /* never more at a time */
  GRAFT_TRY(graft_alloc(&t->order, t->N, sizeof *t->order));
  GRAFT_TRY(graft_alloc(&t->batch, B, sizeof *t->batch));
  GRAFT_TRY(graft_alloc(&t->sorted, B, sizeof *t->sorted));
  GRAFT_TRY(graft_alloc(&t->sample_id, B, sizeof *t->sample_id));
  GRAFT_TRY(graft_alloc(&t->mask, B, sizeof *t->mask));
  GRAFT_TRY(graft_alloc(&t->target, B * P, sizeof(graft_real)));
  GRAFT_TRY(graft_alloc(&t->prediction, B * P, sizeof(graft_real)));
  GRAFT_TRY(graft_alloc(&t->slope, B * P, sizeof(graft_real)));
  GRAFT_TRY(graft_alloc(&t->gradient, B * P, sizeof(graft_real)));
  if (t->source && graft_model_projects(model)) {
    GRAFT_TRY(graft_alloc(&t->image, B * model->sensors * model->channels, sizeof(graft_real)));
  }
  if (t->skip) GRAFT_TRY(graft_alloc(&t->offset, B * P, sizeof(graft_real)));
  if (model->transform->initial) GRAFT_TRY(graft_alloc(&t->start, B * P, sizeof(graft_real)));
  GRAFT_TRY(graft_alloc(&t->value, B, sizeof(double)));
  GRAFT_TRY(graft_alloc(&t->weight, B, sizeof(double)));
  GRAFT_TRY(graft_alloc(&t->task_name, K, sizeof *t->task_name));
  for (size_t k = 0; k < K; k++) t->task_name[k] = model->info.task_name[k];
  t->order_epoch = t->order_draw = UINT64_MAX;
  GRAFT_TRY(graft_network_build(model, B, P, &t->network));
  t->coupled = graft_graph_coupled(t->network.graph);
  size_t S;
  const double *running = graft_graph_state(t->network.graph, &S);
  if (S) GRAFT_TRY(graft_alloc(&t->kept, S, sizeof *t->kept));
  if (S) memcpy(t->kept, running, S * sizeof *running);
  return allocate_points(t);
}

/* Choose and read the samples. */
static graft_status begin(graft_deeponet *model, const graft_source *source, const char *split,
                          struct training **out) {
  struct training *t;
  GRAFT_TRY(graft_alloc(&t, 1, sizeof *t));
  *out = model->training = t;
  t->model = model;
  t->size = 1;
  GRAFT_TRY(graft_training_select(t, &source->info, split));
  return graft_training_read(t, source);
}

/* Everything that needs no data. */
static graft_status end(struct training *t) {
  size_t batch = (size_t)t->model->config.batch;
  t->B = batch < t->N ? batch : t->N;
  GRAFT_TRY(plan_epoch(t));
  return allocate(t);
}

graft_status graft_training_create(graft_deeponet *model, const graft_source *source,
                                   const char *split) {
  struct training *t;
  GRAFT_TRY(begin(model, source, split, &t));
  GRAFT_TRY(graft_training_fit(t));
  return end(t);
}

graft_status graft_training_attach(graft_deeponet *model, const graft_source *source,
                                   const char *split, const graft_bundle *bundle) {
  struct training *t;
  if (graft_model_local(model)) GRAFT_TRY(graft_model_adopt(model, &source->info));
  GRAFT_TRY(begin(model, source, split, &t));
  if (graft_model_projects(model)) GRAFT_TRY(graft_training_project(t));
  GRAFT_TRY(graft_training_get_skip(t, bundle));
  return end(t);
}

void graft_training_destroy(struct training *t) {
  if (!t) return;
  void *const all[] = {t->id,         t->row_task,     t->row_region,
                       t->train,      t->validation,   t->task_start,
                       t->task_count, t->field,        t->u,
                       t->skip,       t->pattern,      t->order,
                       t->batch,      t->mask,         t->target,
                       t->prediction, t->slope,        t->gradient,
                       t->value,      t->weight,       t->sample_id,
                       t->task_name,  t->component,    t->first_component,
                       t->all,        t->list,         t->base,
                       t->inside,     t->feature,      t->sorted,
                       t->offset,     t->number,       t->start,
                       t->slot,       t->load_id,      t->one_field,
                       t->image,      t->kept,         t->fold,
                       t->fold_row,   t->skip_scratch, t->place,
                       t->node,       t->node_count};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) graft_free(all[i]);
  graft_penalty_destroy(t->penalty);
  graft_graph_destroy(t->network.graph);
  graft_free(t);
}
