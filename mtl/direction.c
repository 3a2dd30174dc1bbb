/* SPDX-License-Identifier: BSD-2-Clause */
/* K tasks, n parameters. */
#include "mtl/direction.h"

#include <math.h>
#include <string.h>

#include "mtl/vector.h"

static uint64_t all_tasks(size_t tasks) {
  return tasks == 64 ? ~UINT64_C(0) : (UINT64_C(1) << tasks) - 1;
}

/* The owner of a block that one task alone reaches, else K. With K = 1 everything counts as shared.
 */
static size_t owner(const graft_block *block, size_t tasks) {
  uint64_t mask = block->tasks & all_tasks(tasks);
  if (tasks == 1 || mask == 0 || (mask & (mask - 1)) != 0) return tasks;
  size_t k = 0;
  while (!(mask >> k & 1)) k++;
  return k;
}

/* Sort the blocks into shared, private and frozen parts; neighbours of a kind become one. */
static void sort_blocks(graft_direction *d) {
  const graft_layout *layout = d->objective->layout;
  const size_t K = d->objective->tasks;
  for (size_t b = 0; b < layout->blocks; b++) {
    const graft_block *block = &layout->block[b];
    const graft_span span = {block->offset, block->count};
    const size_t k = owner(block, K);
    if (block->frozen) {
      d->frozen[d->frozens++] = span;
    } else if (k < K) {
      d->own[d->owned++] = (graft_direction_part){span, k};
    } else if (d->spans &&
               d->shared[d->spans - 1].offset + d->shared[d->spans - 1].count == block->offset) {
      d->shared[d->spans - 1].count += block->count;
    } else {
      d->shared[d->spans++] = span;
    }
  }
}

static graft_status take_tasks(graft_direction *d, size_t K, graft_arena *arena) {
  double **const vector[] = {&d->task_weight, &d->loss,   &d->loss_sum,
                             &d->count,       &d->weight, &d->factor};
  for (size_t i = 0; i < sizeof vector / sizeof *vector; i++) {
    GRAFT_TRY(graft_arena_take(arena, K, sizeof(double), vector[i]));
  }
  if (d->type->needs & GRAFT_NEEDS_GRAMIAN) {
    GRAFT_TRY(graft_arena_take(arena, K * K, sizeof(double), &d->gramian));
  }
  return GRAFT_OK;
}

static graft_status take_vectors(graft_direction *d, size_t K, graft_arena *arena) {
  const graft_objective *f = d->objective;
  size_t elements;
  GRAFT_TRY(graft_arena_take(arena, f->n, sizeof(graft_real), &d->gradient));
  if (d->type->needs) {
    GRAFT_TRY(graft_size_multiply(K, f->n, "Jacobian rows", &elements));
    GRAFT_TRY(graft_arena_take(arena, elements, sizeof(graft_real), &d->rows));
  }
  GRAFT_TRY(graft_arena_take(arena, f->layout->blocks, sizeof *d->shared, &d->shared));
  GRAFT_TRY(graft_arena_take(arena, f->layout->blocks, sizeof *d->own, &d->own));
  GRAFT_TRY(graft_arena_take(arena, f->layout->blocks, sizeof *d->frozen, &d->frozen));
  d->state_size = d->type->state_size ? d->type->state_size(K, f->n) : 0;
  return graft_arena_take(arena, d->state_size, 1, &d->state);
}

graft_status graft_direction_init(graft_direction *direction, const graft_objective *objective,
                                  const graft_aggregator_type *type, const double *task_weight,
                                  uint64_t seed, graft_arena *arena) {
  const size_t K = objective->tasks, n = objective->n;
  graft_direction d = {.objective = objective, .type = type, .seed = seed};
  GRAFT_CHECK(K >= 1 && K <= GRAFT_MAX_TASKS, INTERNAL,
              "objective: expected 1 to %d tasks, got %zu", GRAFT_MAX_TASKS, K);
  GRAFT_CHECK(n >= 1 && n == objective->layout->n, INTERNAL,
              "objective: expected as many parameters as its layout (%zu), got %zu",
              objective->layout->n, n);
  GRAFT_CHECK(!type->gives_direction || type->needs & GRAFT_NEEDS_ROWS, INTERNAL,
              "aggregator '%s': gives a direction without asking for rows", type->name);
  GRAFT_TRY(take_tasks(&d, K, arena));
  GRAFT_TRY(take_vectors(&d, K, arena));
  if (arena->base) {
    memcpy(d.task_weight, task_weight, K * sizeof *task_weight);
    if (d.state_size) memset(d.state, 0, d.state_size);
    if (type->init) type->init(d.state, K, n);
    sort_blocks(&d);
  }
  *direction = d;
  return GRAFT_OK;
}

/* Mean losses of the reply; a task without samples has NaN. */
static graft_status take_losses(graft_direction *d, uint64_t step) {
  const graft_objective *f = d->objective;
  for (size_t k = 0; k < f->tasks; k++) {
    d->loss[k] = d->count[k] > 0 ? d->loss_sum[k] / d->count[k] : NAN;
    GRAFT_CHECK(isfinite(d->loss_sum[k]), DIVERGED, "loss of task '%s' is %g in step %llu",
                f->task_name[k], d->loss_sum[k], (unsigned long long)step + 1);
  }
  return GRAFT_OK;
}

static uint64_t active_tasks(const graft_direction *d) {
  uint64_t mask = 0;
  for (size_t k = 0; k < d->objective->tasks; k++) mask |= (uint64_t)(d->count[k] > 0) << k;
  return mask;
}

/* One backward pass: the weights are known beforehand. */
static graft_status eval_sum(graft_direction *d, graft_request *request,
                             const graft_aggregator_input *in, const graft_real *theta) {
  const graft_objective *f = d->objective;
  graft_reply reply = {.loss = d->loss_sum, .count = d->count, .sum = d->gradient};
  GRAFT_TRY(d->type->combine(d->state, in, d->weight, NULL));
  for (size_t k = 0; k < f->tasks; k++) {
    d->factor[k] = d->count[k] > 0 ? d->weight[k] * d->task_weight[k] / d->count[k] : 0;
  }
  request->want = GRAFT_WANT_LOSS | GRAFT_WANT_SUM;
  request->weight = d->factor;
  GRAFT_TRY(f->eval(f->ctx, request, theta, &reply));
  for (size_t p = 0; p < d->owned; p++) { /* private parts know nothing of the aggregator */
    const graft_direction_part *own = &d->own[p];
    const double weight = d->weight[own->task];
    if (weight == 1 || d->count[own->task] == 0) continue;
    GRAFT_CHECK(
        weight != 0, INTERNAL,
        "aggregator '%s': weight 0 for task '%s', which has private parameters; such a rule "
        "must ask for rows",
        d->type->name, f->task_name[own->task]);
    graft_vector_scale(d->gradient + own->span.offset, 1 / weight, own->span.count);
  }
  return take_losses(d, request->step);
}

static void fill_gramian(graft_direction *d) {
  const size_t K = d->objective->tasks, n = d->objective->n;
  memset(d->gramian, 0, K * K * sizeof *d->gramian);
  for (size_t i = 0; i < K; i++) {
    for (size_t j = 0; j <= i; j++) {
      for (size_t s = 0; s < d->spans; s++) {
        const graft_span span = d->shared[s];
        d->gramian[i * K + j] += graft_vector_dot(d->rows + i * n + span.offset,
                                                  d->rows + j * n + span.offset, span.count);
      }
      d->gramian[j * K + i] = d->gramian[i * K + j];
    }
  }
}

/* Rows first; the aggregator looks at them and answers. */
static graft_status eval_rows(graft_direction *d, graft_request *request,
                              graft_aggregator_input *in, const graft_real *theta) {
  const graft_objective *f = d->objective;
  const size_t K = f->tasks, n = f->n;
  graft_reply reply = {.loss = d->loss_sum, .count = d->count, .rows = d->rows};
  request->want = GRAFT_WANT_LOSS | GRAFT_WANT_ROWS;
  GRAFT_TRY(f->eval(f->ctx, request, theta, &reply));
  GRAFT_TRY(take_losses(d, request->step));
  for (size_t k = 0; k < K; k++) {
    double factor = d->count[k] > 0 ? d->task_weight[k] / d->count[k] : 0;
    graft_vector_scale(d->rows + k * n, factor, n);
  }
  in->loss = d->loss;
  if (d->gramian) fill_gramian(d);
  memset(d->gradient, 0, n * sizeof *d->gradient);
  GRAFT_TRY(d->type->combine(d->state, in, d->weight, d->gradient));
  for (size_t s = 0; !d->type->gives_direction && s < d->spans; s++) {
    const graft_span span = d->shared[s];
    for (size_t k = 0; k < K; k++) {
      graft_vector_axpy(d->gradient + span.offset, d->weight[k], d->rows + k * n + span.offset,
                        span.count);
    }
  }
  for (size_t p = 0; p < d->owned; p++) {
    const graft_direction_part *own = &d->own[p];
    memcpy(d->gradient + own->span.offset, d->rows + own->task * n + own->span.offset,
           own->span.count * sizeof *d->gradient);
  }
  return GRAFT_OK;
}

graft_status graft_direction_eval(graft_direction *d, uint64_t step, const graft_real *theta) {
  const graft_objective *f = d->objective;
  graft_request request = {.step = step, .tasks = all_tasks(f->tasks), .pass = GRAFT_PASS_CLEAN};
  GRAFT_TRY(f->count(f->ctx, &request, d->count));
  graft_aggregator_input in = {.tasks = f->tasks,
                               .active = active_tasks(d),
                               .step = step,
                               .seed = d->seed,
                               .gramian = d->gramian,
                               .rows = d->rows,
                               .n = f->n,
                               .shared = d->shared,
                               .spans = d->spans};
  GRAFT_TRY(d->rows ? eval_rows(d, &request, &in, theta) : eval_sum(d, &request, &in, theta));
  for (size_t s = 0; s < d->frozens; s++) {
    memset(d->gradient + d->frozen[s].offset, 0, d->frozen[s].count * sizeof *d->gradient);
  }
  return GRAFT_OK;
}
