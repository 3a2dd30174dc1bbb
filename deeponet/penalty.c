/* SPDX-License-Identifier: BSD-2-Clause */
/* The discrepancy of conditional embeddings as a part of the losses. Features are the branch's
 * outputs, fields the solutions at the points of the step, moved as the batch's samples are; the
 * reference's features are those that the network has for it before the first step. B samples of a
 * batch, W features, n samples of the reference. */
#include <string.h>

#include "base/arena.h"
#include "deeponet/training_impl.h"

void graft_penalty_destroy(struct penalty *p) {
  if (!p) return;
  graft_discrepancy_destroy(p->discrepancy);
  graft_free(p->u);
  graft_free(p->x);
  graft_free(p->slope);
  graft_free(p->field);
  graft_free(p->reference);
  graft_free(p->row);
  graft_free(p->gradient);
  graft_free(p);
}

static graft_status allocate(const struct training *t, struct penalty *p) {
  const size_t W = (size_t)t->model->config.width;
  GRAFT_TRY(graft_alloc(&p->u, p->n * t->model->info.points, sizeof *p->u));
  GRAFT_TRY(graft_alloc(&p->x, t->B * W, sizeof *p->x));
  GRAFT_TRY(graft_alloc(&p->slope, t->B * W, sizeof *p->slope));
  GRAFT_TRY(graft_alloc(&p->field, t->B * t->model->info.points, sizeof *p->field));
  GRAFT_TRY(graft_alloc(&p->reference, p->n * t->model->info.points, sizeof *p->reference));
  GRAFT_TRY(graft_alloc(&p->row, t->B, sizeof *p->row));
  return graft_alloc(&p->gradient, t->B * W, sizeof *p->gradient);
}

/* Features and fields of the reference. */
static graft_status take(struct training *t, struct penalty *p, const graft_source *reference) {
  size_t *sample = NULL;
  double *x = NULL; /* [n x W] */
  const size_t W = (size_t)t->model->config.width;
  graft_status status;
  GRAFT_TRY_TO(done, graft_alloc(&sample, p->n, sizeof *sample));
  GRAFT_TRY_TO(done, graft_alloc(&x, p->n * W, sizeof *x));
  for (size_t i = 0; i < p->n; i++) sample[i] = i;
  GRAFT_TRY_TO(done, reference->fill(reference->ctx, "u", sample, p->n, p->u));
  GRAFT_TRY_TO(done, graft_model_features(t->model, reference, sample, p->n, x));
  status = graft_discrepancy_create(p->n, t->B, W, x, &p->discrepancy);
done:
  graft_free(sample);
  graft_free(x);
  return status;
}

graft_status graft_training_penalise(struct training *t, double weight, size_t first_task,
                                     const graft_source *reference) {
  struct penalty *p;
  GRAFT_CHECK(reference && reference->info.samples >= 2, INTERNAL,
              "discrepancy: expected samples of the old tasks");
  GRAFT_CHECK(!graft_model_local(t->model) && !t->coupled, USAGE,
              "-discrepancy: expected a model without -features and -batch_norm");
  GRAFT_TRY(graft_alloc(&p, 1, sizeof *p));
  t->penalty = p;
  p->weight = weight;
  p->first_task = first_task;
  p->n = reference->info.samples;
  GRAFT_TRY(allocate(t, p));
  GRAFT_TRY(take(t, p, reference));
  graft_graph_add_gradient(t->network.graph, t->network.branch, p->gradient);
  return GRAFT_OK;
}

/* Features and fields of the task's samples; -> how many. */
static size_t gather(const struct training *t, const struct points *points, size_t first,
                     size_t count, size_t task) {
  struct penalty *p = t->penalty;
  const graft_real *value = graft_graph_value(t->network.graph, t->network.branch);
  const size_t W = (size_t)t->model->config.width, n = points->count;
  size_t m = 0;
  for (size_t b = first; b < first + count; b++) {
    if (t->row_task[t->batch[b]] != task) continue;
    for (size_t k = 0; k < W; k++) p->x[m * W + k] = (double)value[b * W + k];
    for (size_t i = 0; i < n; i++) p->field[m * n + i] = (double)t->target[b * n + i];
    p->row[m++] = b;
  }
  return m;
}

graft_status graft_penalty_add(struct training *t, const graft_request *request,
                               const struct points *points, size_t first, size_t count,
                               const double *weight, graft_reply *reply) {
  struct penalty *p = t->penalty;
  const size_t W = (size_t)t->model->config.width, P = t->model->info.points, n = points->count;
  memset(p->gradient + first * W, 0, count * W * sizeof *p->gradient);
  for (size_t s = 0; s < p->n; s++) {
    for (size_t i = 0; i < n; i++) {
      p->reference[s * n + i] = t->model->config.scale * (double)p->u[s * P + points->list[i]];
    }
  }
  for (size_t k = p->first_task; k < t->model->info.tasks; k++) {
    const size_t m = request->tasks >> k & 1 ? gather(t, points, first, count, k) : 0;
    const double factor = p->weight * (double)m, share = weight ? weight[k] * factor : factor;
    double value;
    if (m == 0) continue;
    GRAFT_TRY(graft_discrepancy_eval(p->discrepancy, m, p->x, n, p->reference, p->field, &value,
                                     p->slope));
    reply->loss[k] += factor * value;
    for (size_t j = 0; j < m; j++) {
      for (size_t w = 0; w < W; w++) {
        p->gradient[p->row[j] * W + w] = (graft_real)(share * p->slope[j * W + w]);
      }
    }
  }
  return GRAFT_OK;
}
