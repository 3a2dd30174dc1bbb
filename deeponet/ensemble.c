/* SPDX-License-Identifier: BSD-2-Clause */
#include "deeponet/ensemble.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "deeponet/model_impl.h"

enum { CHUNK = 64 /* samples whose sums are kept at a time */ };

size_t graft_deeponet_members(const graft_deeponet *model) { return 1 + model->others; }

static bool may_differ(const char *name) {
  return strncmp(name, "parameters/", 11) == 0 || strncmp(name, "members/", 8) == 0 ||
         strcmp(name, "running") == 0 || strcmp(name, "model/seed") == 0 ||
         strcmp(name, "model/threads") == 0;
}

/* Everything that two models hold must be the same but for seed and parameters. */
static graft_status compare(const graft_bundle *a, const graft_bundle *b) {
  for (size_t i = 0; i < a->arrays; i++) {
    const graft_array *x = &a->array[i], *y = graft_bundle_find(b, x->name);
    bool same = y && x->type == y->type && graft_shape_equal(x->shape, y->shape);
    size_t bytes = graft_shape_count(x->shape) * graft_type_size(x->type);
    if (strncmp(x->name, "members/", 8) == 0) continue;
    GRAFT_CHECK(same && (may_differ(x->name) || memcmp(x->data, y->data, bytes) == 0), USAGE,
                "members of an ensemble: expected networks that differ in their seed only, got "
                "another %s",
                x->name);
  }
  return GRAFT_OK;
}

static graft_status compare_models(const graft_deeponet *model, const graft_deeponet *other) {
  graft_bundle a, b;
  graft_bundle_init(&a);
  graft_bundle_init(&b);
  graft_status status = graft_deeponet_save(model, &a);
  if (status == GRAFT_OK) status = graft_deeponet_save(other, &b);
  if (status == GRAFT_OK) status = compare(&a, &b);
  graft_bundle_fini(&a);
  graft_bundle_fini(&b);
  return status;
}

/* Running statistics of the members, as their parameters below. */
static graft_status join_state(graft_deeponet *model, const graft_deeponet *other) {
  size_t S;
  double *grown;
  const double *own = graft_model_state(other, &S);
  if (S == 0) return GRAFT_OK;
  GRAFT_TRY(graft_alloc(&grown, (model->others + 1 + other->others) * S, sizeof *grown));
  if (model->others) memcpy(grown, model->other_state, model->others * S * sizeof *grown);
  memcpy(grown + model->others * S, own, S * sizeof *grown);
  if (other->others) {
    memcpy(grown + (model->others + 1) * S, other->other_state, other->others * S * sizeof *grown);
  }
  graft_free(model->other_state);
  model->other_state = grown;
  return GRAFT_OK;
}

/* Exchange the network's running statistics with those of member m > 0. */
static void swap_state(graft_deeponet *model, size_t m) {
  size_t S;
  double *own = graft_graph_state(model->network.graph, &S);
  double *other = model->other_state ? model->other_state + (m - 1) * S : NULL;
  for (size_t i = 0; other && i < S; i++) {
    const double kept = own[i];
    own[i] = other[i];
    other[i] = kept;
  }
}

graft_status graft_deeponet_join(graft_deeponet *model, const graft_deeponet *other) {
  const size_t n = graft_graph_layout(model->network.graph)->n;
  const size_t others = model->others + 1 + other->others;
  graft_real *grown;
  graft_status status;
  GRAFT_CHECK(others < GRAFT_MAX_MEMBERS, USAGE,
              "members of an ensemble: expected at most %d, got "
              "%zu",
              GRAFT_MAX_MEMBERS, others + 1);
  GRAFT_TRY(compare_models(model, other));
  GRAFT_TRY(graft_alloc(&grown, others * n, sizeof *grown));
  if (model->others) memcpy(grown, model->other, model->others * n * sizeof *grown);
  memcpy(grown + model->others * n, other->theta, n * sizeof *grown);
  if (other->others) {
    memcpy(grown + (model->others + 1) * n, other->other, other->others * n * sizeof *grown);
  }
  GRAFT_TRY_TO(fail, join_state(model, other));
  graft_free(model->other);
  model->other = grown;
  model->others = others;
  return GRAFT_OK;
fail:
  graft_free(grown);
  return status;
}

/* Mean and sum of squared deviations of the members' predictions, member after member
 * (welford1962). @p one [count x P] scratch, @p mean and @p square [count x P]. */
static graft_status sum_members(graft_deeponet *model, const graft_source *source,
                                const size_t *sample, size_t count, float *one, double *mean,
                                double *square) {
  const size_t n = graft_graph_layout(model->network.graph)->n, P = model->info.points;
  graft_real *own = model->theta;
  memset(mean, 0, count * P * sizeof *mean);
  memset(square, 0, count * P * sizeof *square);
  for (size_t m = 0; m <= model->others; m++) {
    model->theta = m == 0 ? own : model->other + (m - 1) * n;
    if (m > 0) swap_state(model, m);
    graft_status status = graft_model_predict(model, source, sample, count, one);
    if (m > 0) swap_state(model, m);
    model->theta = own;
    GRAFT_TRY(status);
    for (size_t i = 0; i < count * P; i++) {
      const double delta = (double)one[i] - mean[i];
      mean[i] += delta / (double)(m + 1);
      square[i] += delta * ((double)one[i] - mean[i]);
    }
  }
  return GRAFT_OK;
}

graft_status graft_deeponet_predict_spread(graft_deeponet *model, const graft_source *source,
                                           const size_t *sample, size_t count, float *u,
                                           float *spread) {
  const size_t P = model->info.points, rows = count < CHUNK ? count : CHUNK;
  float *one = NULL;
  double *mean = NULL, *square = NULL;
  graft_status status;
  if (model->others == 0) {
    for (size_t i = 0; spread && i < count * P; i++) spread[i] = NAN;
    return graft_model_predict(model, source, sample, count, u);
  }
  GRAFT_TRY_TO(done, graft_alloc(&one, rows * P, sizeof *one));
  GRAFT_TRY_TO(done, graft_alloc(&mean, rows * P, sizeof *mean));
  GRAFT_TRY_TO(done, graft_alloc(&square, rows * P, sizeof *square));
  for (size_t first = 0; first < count; first += rows) {
    const size_t part = count - first < rows ? count - first : rows;
    GRAFT_TRY_TO(done, sum_members(model, source, sample + first, part, one, mean, square));
    for (size_t i = 0; i < part * P; i++) {
      u[first * P + i] = (float)mean[i];
      if (spread) spread[first * P + i] = (float)sqrt(square[i] / (double)model->others);
    }
  }
done:
  graft_free(one);
  graft_free(mean);
  graft_free(square);
  return status;
}

graft_status graft_deeponet_predict_nodes(graft_deeponet *model, const graft_source *source,
                                          size_t sample, float *u) {
  const size_t n = graft_graph_layout(model->network.graph)->n;
  const size_t nodes = graft_source_node_count(&source->info, sample, NULL);
  graft_real *own = model->theta;
  float *one;
  graft_status status = GRAFT_OK;
  if (model->others == 0) return graft_model_predict_nodes(model, source, sample, u);
  GRAFT_TRY(graft_alloc(&one, nodes, sizeof *one));
  memset(u, 0, nodes * sizeof *u);
  for (size_t m = 0; m <= model->others && status == GRAFT_OK; m++) {
    model->theta = m == 0 ? own : model->other + (m - 1) * n;
    if (m > 0) swap_state(model, m);
    status = graft_model_predict_nodes(model, source, sample, one);
    if (m > 0) swap_state(model, m);
    model->theta = own;
    for (size_t i = 0; i < nodes; i++) u[i] += (one[i] - u[i]) / (float)(m + 1);
  }
  graft_free(one);
  return status;
}

graft_status graft_deeponet_predict(graft_deeponet *model, const graft_source *source,
                                    const size_t *sample, size_t count, float *u) {
  return graft_deeponet_predict_spread(model, source, sample, count, u, NULL);
}
