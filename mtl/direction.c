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

/* Rows of the largest call. */
static size_t most_rows(const graft_direction_plan *plan) {
  size_t most = 0;
  for (size_t c = 0; c < plan->calls; c++) {
    if (plan->call_rows[c] > most) most = plan->call_rows[c];
  }
  return most;
}

static graft_status take_tasks(graft_direction *d, size_t K, graft_arena *arena) {
  double **const vector[] = {&d->task_weight, &d->loss,      &d->loss_sum,  &d->count,
                             &d->factor,      &d->perturbed, &d->other_sum, &d->other_count};
  const size_t most = most_rows(&d->plan);
  for (size_t i = 0; i < sizeof vector / sizeof *vector; i++) {
    GRAFT_TRY(graft_arena_take(arena, K, sizeof(double), vector[i]));
  }
  GRAFT_TRY(graft_arena_take(arena, most > K ? most : K, sizeof(double), &d->weight));
  if (d->type->needs & GRAFT_NEEDS_GRAMIAN) {
    GRAFT_TRY(graft_arena_take(arena, most * most, sizeof(double), &d->gramian));
  }
  return GRAFT_OK;
}

/* Bytes of the state of one call, in whole numbers of the alignment. */
static size_t call_state(const graft_direction *d, size_t call) {
  const graft_aggregator_type *type = d->type;
  size_t bytes = type->state_size ? type->state_size(d->plan.call_rows[call], d->objective->n) : 0;
  return d->plan.calls == 1 ? bytes
                            : (bytes + GRAFT_ALIGNMENT - 1) / GRAFT_ALIGNMENT * GRAFT_ALIGNMENT;
}

/* Where the state of a call begins. */
static unsigned char *state_at(const graft_direction *d, size_t call) {
  size_t offset = 0;
  for (size_t c = 0; c < call; c++) offset += call_state(d, c);
  return d->state + offset;
}

static graft_status take_vectors(graft_direction *d, size_t K, graft_arena *arena) {
  const graft_objective *f = d->objective;
  size_t elements;
  GRAFT_TRY(graft_arena_take(arena, f->n, sizeof(graft_real), &d->gradient));
  if (d->type->needs || d->plan.rows) {
    GRAFT_TRY(graft_size_multiply(K, f->n, "Jacobian rows", &elements));
    GRAFT_TRY(graft_arena_take(arena, elements, sizeof(graft_real), &d->rows));
  }
  GRAFT_TRY(graft_arena_take(arena, f->layout->blocks, sizeof *d->shared, &d->shared));
  GRAFT_TRY(graft_arena_take(arena, f->layout->blocks, sizeof *d->own, &d->own));
  GRAFT_TRY(graft_arena_take(arena, f->layout->blocks, sizeof *d->frozen, &d->frozen));
  d->state_size = 0;
  for (size_t c = 0; c < d->plan.calls; c++) d->state_size += call_state(d, c);
  return graft_arena_take(arena, d->state_size, 1, &d->state);
}

graft_status graft_direction_init(graft_direction *direction, const graft_objective *objective,
                                  const graft_aggregator_type *type, const double *task_weight,
                                  uint64_t seed, const graft_direction_plan *plan,
                                  graft_arena *arena) {
  const size_t K = objective->tasks, n = objective->n;
  graft_direction d = {.objective = objective, .type = type, .seed = seed};
  d.plan = plan ? *plan : (graft_direction_plan){.calls = 1, .call_rows = {K}};
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
    for (size_t c = 0; type->init && c < d.plan.calls; c++) {
      type->init(state_at(&d, c), d.plan.call_rows[c], n);
    }
    sort_blocks(&d);
  }
  *direction = d;
  return GRAFT_OK;
}

graft_status graft_direction_begin(graft_direction *d, uint64_t step) {
  const graft_objective *f = d->objective;
  const graft_request request = {
      .step = step, .tasks = all_tasks(f->tasks), .pass = GRAFT_PASS_CLEAN};
  d->step = step;
  d->active = 0;
  GRAFT_TRY(f->count(f->ctx, &request, d->count));
  for (size_t k = 0; k < f->tasks; k++) {
    d->active |= (uint64_t)(d->count[k] > 0) << k;
    d->perturbed[k] = NAN;
  }
  return GRAFT_OK;
}

/* Evaluate, and take the mean losses of the reply; a task without samples has NaN. */
static graft_status eval(graft_direction *d, graft_request *request, const graft_real *theta,
                         graft_reply *reply) {
  const graft_objective *f = d->objective;
  const bool clean = request->pass == GRAFT_PASS_CLEAN;
  double *mean = clean ? d->loss : d->perturbed;
  request->step = d->step;
  if (!request->tasks) request->tasks = all_tasks(f->tasks);
  reply->loss = clean ? d->loss_sum : d->other_sum;
  reply->count = clean ? d->count : d->other_count;
  GRAFT_TRY(f->eval(f->ctx, request, theta, reply));
  for (size_t k = 0; k < f->tasks; k++) {
    mean[k] = reply->count[k] > 0 ? reply->loss[k] / reply->count[k] : NAN;
    GRAFT_CHECK(isfinite(reply->loss[k]), DIVERGED, "loss of task '%s' is %g in step %llu%s",
                f->task_name[k], reply->loss[k], (unsigned long long)d->step + 1,
                clean ? "" : ", at perturbed parameters");
  }
  return GRAFT_OK;
}

static void freeze(const graft_direction *d, graft_real *out) {
  for (size_t s = 0; s < d->frozens; s++) {
    memset(out + d->frozen[s].offset, 0, d->frozen[s].count * sizeof *out);
  }
}

static void fill_gramian(graft_direction *d, size_t K, const graft_real *rows) {
  const size_t n = d->objective->n;
  memset(d->gramian, 0, K * K * sizeof *d->gramian);
  for (size_t i = 0; i < K; i++) {
    for (size_t j = 0; j <= i; j++) {
      for (size_t s = 0; s < d->spans; s++) {
        const graft_span span = d->shared[s];
        d->gramian[i * K + j] +=
            graft_vector_dot(rows + i * n + span.offset, rows + j * n + span.offset, span.count);
      }
      d->gramian[j * K + i] = d->gramian[i * K + j];
    }
  }
}

/* What the rule is given, but for the Gramian. */
static graft_aggregator_input input(const graft_direction *d, size_t tasks, const graft_real *rows,
                                    const double *loss, uint64_t active) {
  return (graft_aggregator_input){.tasks = tasks,
                                  .active = active,
                                  .step = d->step,
                                  .seed = d->seed,
                                  .loss = loss,
                                  .gramian = rows ? d->gramian : NULL,
                                  .rows = rows,
                                  .n = d->objective->n,
                                  .shared = d->shared,
                                  .spans = d->spans};
}

graft_status graft_direction_mean(graft_direction *d, graft_pass pass, const graft_real *theta,
                                  graft_real *out) {
  const size_t K = d->objective->tasks;
  graft_request request = {
      .pass = pass, .want = GRAFT_WANT_LOSS | GRAFT_WANT_SUM, .weight = d->factor};
  graft_reply reply = {.sum = out};
  double active = 0;
  for (size_t k = 0; k < K; k++) active += (double)(d->active >> k & 1);
  for (size_t k = 0; k < K; k++) d->weight[k] = active > 0 ? 1 / active : 0;
  if (!d->type->needs) { /* its weights are known beforehand */
    const graft_aggregator_input in = input(d, K, NULL, NULL, d->active);
    GRAFT_TRY(d->type->combine(state_at(d, 0), &in, d->weight, NULL));
  }
  for (size_t k = 0; k < K; k++) {
    d->factor[k] = d->count[k] > 0 ? d->weight[k] * d->task_weight[k] / d->count[k] : 0;
  }
  GRAFT_TRY(eval(d, &request, theta, &reply));
  freeze(d, out);
  return GRAFT_OK;
}

graft_status graft_direction_unweight(const graft_direction *d, graft_real *out) {
  for (size_t p = 0; p < d->owned; p++) { /* private parts know nothing of the aggregator */
    const graft_direction_part *own = &d->own[p];
    const double weight = d->weight[own->task];
    if (weight == 1 || d->count[own->task] == 0) continue;
    GRAFT_CHECK(
        weight != 0, INTERNAL,
        "aggregator '%s': weight 0 for task '%s', which has private parameters; such a rule "
        "must ask for rows",
        d->type->name, d->objective->task_name[own->task]);
    graft_vector_scale(out + own->span.offset, 1 / weight, own->span.count);
  }
  return GRAFT_OK;
}

graft_status graft_direction_rows(graft_direction *d, graft_pass pass, const graft_real *theta,
                                  const graft_real *const *row_theta, graft_real *rows) {
  const size_t K = d->objective->tasks, n = d->objective->n;
  graft_request request = {
      .pass = pass, .want = GRAFT_WANT_LOSS | GRAFT_WANT_ROWS, .row_theta = row_theta};
  graft_reply reply = {.rows = rows};
  GRAFT_TRY(eval(d, &request, theta, &reply));
  for (size_t k = 0; k < K; k++) {
    double factor = d->count[k] > 0 ? d->task_weight[k] / d->count[k] : 0;
    graft_vector_scale(rows + k * n, factor, n);
  }
  return GRAFT_OK;
}

graft_status graft_direction_loss(graft_direction *d, size_t task, const graft_real *theta,
                                  double *loss) {
  graft_request request = {
      .pass = GRAFT_PASS_PERTURBED, .want = GRAFT_WANT_LOSS, .tasks = (uint64_t)1 << task};
  graft_reply reply = {0};
  GRAFT_TRY(eval(d, &request, theta, &reply));
  *loss = d->perturbed[task];
  return GRAFT_OK;
}

graft_status graft_direction_combine(graft_direction *d, size_t call, const graft_real *rows,
                                     const double *loss, uint64_t active, graft_real *out) {
  const size_t n = d->objective->n, R = d->plan.call_rows[call];
  const graft_aggregator_input in = input(d, R, rows, loss, active);
  if (d->gramian) fill_gramian(d, R, rows);
  for (size_t s = 0; s < d->spans; s++) {
    memset(out + d->shared[s].offset, 0, d->shared[s].count * sizeof *out);
  }
  GRAFT_TRY(d->type->combine(state_at(d, call), &in, d->weight, out));
  for (size_t s = 0; !d->type->gives_direction && s < d->spans; s++) {
    const graft_span span = d->shared[s];
    for (size_t k = 0; k < R; k++) {
      graft_vector_axpy(out + span.offset, d->weight[k], rows + k * n + span.offset, span.count);
    }
  }
  return GRAFT_OK;
}

void graft_direction_finish(const graft_direction *d, const graft_real *rows, graft_real *out) {
  const size_t n = d->objective->n;
  for (size_t p = 0; p < d->owned; p++) {
    const graft_direction_part *own = &d->own[p];
    memcpy(out + own->span.offset, rows + own->task * n + own->span.offset,
           own->span.count * sizeof *out);
  }
  freeze(d, out);
}

graft_status graft_direction_aggregate(graft_direction *d, graft_pass pass,
                                       const graft_real *theta) {
  if (!d->type->needs) { /* one backward pass: the weights are known beforehand */
    GRAFT_TRY(graft_direction_mean(d, pass, theta, d->gradient));
    return graft_direction_unweight(d, d->gradient);
  }
  GRAFT_TRY(graft_direction_rows(d, pass, theta, NULL, d->rows));
  GRAFT_TRY(graft_direction_combine(
      d, 0, d->rows, pass == GRAFT_PASS_CLEAN ? d->loss : d->perturbed, d->active, d->gradient));
  graft_direction_finish(d, d->rows, d->gradient);
  return GRAFT_OK;
}

graft_status graft_direction_eval(graft_direction *d, uint64_t step, const graft_real *theta) {
  GRAFT_TRY(graft_direction_begin(d, step));
  return graft_direction_aggregate(d, GRAFT_PASS_CLEAN, theta);
}
