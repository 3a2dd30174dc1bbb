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

static bool balancer_needs(const graft_direction *d, unsigned bits) {
  return d->rule.balancer && d->rule.balancer->needs & bits;
}

static bool needs_rows(const graft_direction *d) {
  return d->type->needs || d->plan.rows || balancer_needs(d, GRAFT_BALANCER_NORMS);
}

static graft_status take_tasks(graft_direction *d, size_t K, graft_arena *arena) {
  double **const vector[] = {&d->task_weight, &d->loss,    &d->loss_sum,  &d->count,
                             &d->factor,      &d->norm,    &d->perturbed, &d->other_sum,
                             &d->other_count, &d->balance, &d->glance};
  const size_t most = most_rows(&d->plan);
  const graft_balancer_type *balancer = d->rule.balancer;
  for (size_t i = 0; i < sizeof vector / sizeof *vector; i++) {
    GRAFT_TRY(graft_arena_take(arena, K, sizeof(double), vector[i]));
  }
  GRAFT_TRY(graft_arena_take(arena, most > K ? most : K, sizeof(double), &d->weight));
  d->balancer_state_size = balancer && balancer->state_size ? balancer->state_size(K) : 0;
  return graft_arena_take(arena, d->balancer_state_size, 1, &d->balancer_state);
}

static graft_status take_vectors(graft_direction *d, size_t K, graft_arena *arena) {
  const graft_objective *f = d->objective;
  size_t elements;
  GRAFT_TRY(graft_arena_take(arena, f->n, sizeof(graft_real), &d->gradient));
  GRAFT_TRY(graft_size_multiply(K, f->n, "Jacobian rows", &elements));
  if (needs_rows(d)) GRAFT_TRY(graft_arena_take(arena, elements, sizeof(graft_real), &d->rows));
  if (d->type->needs & GRAFT_NEEDS_BATCHES) {
    GRAFT_TRY(graft_size_multiply(2, elements, "Jacobian rows of further batches", &elements));
    GRAFT_TRY(graft_arena_take(arena, elements, sizeof(graft_real), &d->other));
  }
  GRAFT_TRY(graft_arena_take(arena, f->layout->blocks, sizeof *d->shared, &d->shared));
  GRAFT_TRY(graft_arena_take(arena, f->layout->blocks, sizeof *d->own, &d->own));
  return graft_arena_take(arena, f->layout->blocks, sizeof *d->frozen, &d->frozen);
}

/* The aggregator of each call; their states lie one after the other. */
static graft_status take_calls(graft_direction *d, graft_arena *arena) {
  const graft_direction_rule *r = &d->rule;
  const size_t n = d->objective->n, spans = arena->base ? d->spans : d->objective->layout->blocks;
  graft_aggregator_settings plain = *r->aggregator_config; /* stands in while measuring */
  graft_aggregator call;
  size_t offset = 0;
  plain.aggregator_weights[0] = '\0';
  GRAFT_TRY(graft_arena_take(arena, d->plan.calls, sizeof *d->call, &d->call));
  d->state_size = 0;
  for (size_t c = 0; c < d->plan.calls; c++) {
    const size_t rows = d->plan.call_rows[c];
    const graft_aggregator_settings *config = !d->plan.call_parts[c] ? r->aggregator_config
                                              : d->unweighted        ? d->unweighted
                                                                     : &plain;
    GRAFT_TRY(
        graft_aggregator_init(&call, d->type, config, rows, n, d->shared, spans, r->seed, arena));
    if (d->call) d->call[c] = call;
    d->state_size += (call.state_size + 7) / 8 * 8;
  }
  GRAFT_TRY(graft_arena_take(arena, d->state_size, 1, &d->state));
  for (size_t c = 0; d->call && c < d->plan.calls; c++) {
    d->call[c].state = d->state + offset;
    graft_aggregator_reset(&d->call[c]);
    offset += (d->call[c].state_size + 7) / 8 * 8;
  }
  return GRAFT_OK;
}

/* Coordinate-wise rules would need whole rows of an embedding table. */
static graft_status check_blocks(const graft_direction *d) {
  const graft_layout *layout = d->objective->layout;
  const bool whole = d->type->gather || d->type->mix;
  for (size_t b = 0; whole && b < layout->blocks; b++) {
    const graft_block *block = &layout->block[b];
    GRAFT_CHECK(block->kind != GRAFT_BLOCK_ROW_SPARSE ||
                    owner(block, d->objective->tasks) < d->objective->tasks,
                USAGE, "aggregator: '%s' works coordinate by coordinate, got the shared table '%s'",
                d->type->name, block->name);
  }
  return GRAFT_OK;
}

/* Copy the factors, sort the blocks, set the balancer's state. */
static void fill(graft_direction *d) {
  const graft_direction_rule *r = &d->rule;
  const size_t K = d->objective->tasks;
  for (size_t k = 0; k < K; k++) {
    d->task_weight[k] = r->task_weight ? r->task_weight[k] : 1;
    d->balance[k] = 1;
    d->perturbed[k] = d->loss[k] = NAN;
  }
  d->rule.task_weight = d->task_weight;
  if (d->balancer_state_size) memset(d->balancer_state, 0, d->balancer_state_size);
  if (r->balancer && r->balancer->init) {
    r->balancer->init(d->balancer_state, r->balancer_config, K);
  }
  *d->unweighted = *r->aggregator_config;
  d->unweighted->aggregator_weights[0] = '\0';
  sort_blocks(d);
}

graft_status graft_direction_init(graft_direction *direction, const graft_objective *objective,
                                  const graft_direction_rule *rule,
                                  const graft_direction_plan *plan, graft_arena *arena) {
  const size_t K = objective->tasks, n = objective->n;
  graft_direction *d = direction;
  GRAFT_CHECK(K >= 1 && K <= GRAFT_MAX_TASKS, INTERNAL,
              "objective: expected 1 to %d tasks, got %zu", GRAFT_MAX_TASKS, K);
  GRAFT_CHECK(n >= 1 && n == objective->layout->n, INTERNAL,
              "objective: expected as many parameters as its layout (%zu), got %zu",
              objective->layout->n, n);
  *d = (graft_direction){.objective = objective, .rule = *rule, .type = rule->aggregator};
  d->plan = plan ? *plan : (graft_direction_plan){.calls = 1, .call_rows = {K}};
  GRAFT_TRY(check_blocks(d));
  GRAFT_TRY(take_tasks(d, K, arena));
  GRAFT_TRY(take_vectors(d, K, arena));
  GRAFT_TRY(graft_arena_take(arena, 1, sizeof *d->unweighted, &d->unweighted));
  if (arena->base) fill(d);
  return take_calls(d, arena);
}

graft_status graft_direction_begin(graft_direction *d, uint64_t step) {
  const graft_objective *f = d->objective;
  const graft_request request = {
      .step = step, .tasks = all_tasks(f->tasks), .pass = GRAFT_PASS_CLEAN};
  d->step = step;
  d->active = 0;
  d->balanced = d->learned = false;
  GRAFT_TRY(f->count(f->ctx, &request, d->count));
  for (size_t k = 0; k < f->tasks; k++) {
    d->active |= (uint64_t)(d->count[k] > 0) << k;
    d->perturbed[k] = NAN;
  }
  return GRAFT_OK;
}

/* Evaluate, and take the mean losses of the reply; a task without samples has NaN. */
static graft_status eval(graft_direction *d, graft_request *request, const graft_real *theta,
                         graft_reply *reply, double *mean) {
  const graft_objective *f = d->objective;
  const bool clean = request->pass == GRAFT_PASS_CLEAN;
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

static double *losses_of(graft_direction *d, graft_pass pass) {
  return pass == GRAFT_PASS_CLEAN ? d->loss : d->perturbed;
}

static void freeze(const graft_direction *d, graft_real *out) {
  for (size_t s = 0; s < d->frozens; s++) {
    memset(out + d->frozen[s].offset, 0, d->frozen[s].count * sizeof *out);
  }
}

static graft_balance balance_call(const graft_direction *d, const double *loss) {
  return (graft_balance){.config = d->rule.balancer_config,
                         .tasks = d->objective->tasks,
                         .active = d->active,
                         .step = d->step,
                         .steps_per_epoch = d->objective->steps_per_epoch,
                         .seed = d->rule.seed,
                         .loss = loss};
}

/* The balancer's factors of this step, once; @p loss may be NULL if it needs none. */
static graft_status weigh(graft_direction *d, const double *loss) {
  const graft_balance call = balance_call(d, loss);
  if (d->balanced || !d->rule.balancer) return GRAFT_OK;
  d->balanced = true;
  return d->rule.balancer->weigh(d->balancer_state, &call, d->balance);
}

/* What the balancer learns of this step, once. */
static void learn(graft_direction *d, const double *loss, const double *norm) {
  graft_balance call = balance_call(d, loss);
  if (d->learned || !d->rule.balancer || !d->rule.balancer->learn) return;
  if (balancer_needs(d, GRAFT_BALANCER_NORMS) && !norm) return;
  call.norm = norm;
  d->learned = true;
  d->rule.balancer->learn(d->balancer_state, &call);
}

/* Losses alone at theta [n], in a pass that changes nothing, into `glance`. */
static graft_status eval_losses(graft_direction *d, const graft_real *theta) {
  graft_request request = {.pass = GRAFT_PASS_PERTURBED, .want = GRAFT_WANT_LOSS};
  graft_reply reply = {0};
  return eval(d, &request, theta, &reply, d->glance);
}

/* Factors before a gradient whose weights must be known beforehand. */
static graft_status weigh_ahead(graft_direction *d, const graft_real *theta) {
  if (d->balanced || !balancer_needs(d, GRAFT_BALANCER_LOSSES)) return weigh(d, NULL);
  GRAFT_TRY(eval_losses(d, theta));
  return weigh(d, d->glance);
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
    const graft_aggregator_input in = {.active = d->active, .step = d->step};
    const graft_aggregator_output answer = {.weight = d->weight};
    GRAFT_TRY(graft_aggregator_combine(&d->call[0], &in, &answer));
  }
  GRAFT_TRY(weigh_ahead(d, theta));
  for (size_t k = 0; k < K; k++) {
    const double factor = d->task_weight[k] * d->balance[k];
    d->factor[k] = d->count[k] > 0 ? d->weight[k] * factor / d->count[k] : 0;
  }
  GRAFT_TRY(eval(d, &request, theta, &reply, losses_of(d, pass)));
  learn(d, losses_of(d, pass), NULL);
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

/* Norm of a row over the shared spans. */
static double shared_norm(const graft_direction *d, const graft_real *row) {
  double sum = 0;
  for (size_t s = 0; s < d->spans; s++) {
    const graft_span span = d->shared[s];
    sum += graft_vector_dot(row + span.offset, row + span.offset, span.count);
  }
  return sqrt(sum);
}

/* Lengths of the rows over the shared spans, without the balancer's factors. */
static void measure_rows(graft_direction *d, const graft_real *rows, bool balanced) {
  for (size_t k = 0; k < d->objective->tasks; k++) {
    const double factor = balanced ? d->balance[k] : 1;
    const double norm = shared_norm(d, rows + k * d->objective->n);
    d->norm[k] = d->count[k] > 0 && factor > 0 ? norm / factor : 0;
  }
}

/* The objective scales the rows where that costs nothing; only factors that a balancer makes of
 * the losses of this very pass come too late for it. */
graft_status graft_direction_rows(graft_direction *d, graft_pass pass, const graft_real *theta,
                                  const graft_real *const *row_theta, graft_real *rows) {
  const size_t K = d->objective->tasks, n = d->objective->n;
  const bool ahead = d->balanced || !balancer_needs(d, GRAFT_BALANCER_LOSSES);
  graft_request request = {.pass = pass,
                           .want = GRAFT_WANT_LOSS | GRAFT_WANT_ROWS,
                           .row_theta = row_theta,
                           .weight = d->factor};
  graft_reply reply = {.rows = rows};
  double *loss = losses_of(d, pass);
  if (ahead) GRAFT_TRY(weigh(d, NULL));
  for (size_t k = 0; k < K; k++) {
    const double factor = d->task_weight[k] * (ahead ? d->balance[k] : 1);
    d->factor[k] = d->count[k] > 0 ? factor / d->count[k] : 0;
  }
  GRAFT_TRY(eval(d, &request, theta, &reply, loss));
  if (balancer_needs(d, GRAFT_BALANCER_NORMS) && !d->learned) measure_rows(d, rows, ahead);
  GRAFT_TRY(weigh(d, loss));
  learn(d, loss, d->norm);
  for (size_t k = 0; !ahead && k < K; k++) graft_vector_scale(rows + k * n, d->balance[k], n);
  return GRAFT_OK;
}

graft_status graft_direction_loss(graft_direction *d, size_t task, const graft_real *theta,
                                  double *loss) {
  graft_request request = {
      .pass = GRAFT_PASS_PERTURBED, .want = GRAFT_WANT_LOSS, .tasks = (uint64_t)1 << task};
  graft_reply reply = {0};
  GRAFT_TRY(eval(d, &request, theta, &reply, d->perturbed));
  *loss = d->perturbed[task];
  return GRAFT_OK;
}

/* Rows of two further batches of this step, with the factors of this one; running statistics are
 * those of the step's own batch. */
static graft_status eval_other(graft_direction *d, const graft_real *theta) {
  const graft_objective *f = d->objective;
  const size_t K = f->tasks, n = f->n;
  for (size_t b = 0; b < 2; b++) {
    graft_request request = {.step = d->step,
                             .batch = b + 1,
                             .tasks = all_tasks(K),
                             .pass = GRAFT_PASS_PERTURBED,
                             .want = GRAFT_WANT_LOSS | GRAFT_WANT_ROWS,
                             .weight = d->factor};
    graft_reply reply = {
        .loss = d->other_sum, .count = d->other_count, .rows = d->other + b * K * n};
    GRAFT_TRY(f->count(f->ctx, &request, d->other_count));
    for (size_t k = 0; k < K; k++) {
      const double factor = d->task_weight[k] * d->balance[k];
      d->factor[k] = d->other_count[k] > 0 ? factor / d->other_count[k] : 0;
    }
    GRAFT_TRY(f->eval(f->ctx, &request, theta, &reply));
  }
  return GRAFT_OK;
}

static graft_status combine(graft_direction *d, size_t call, const graft_real *rows,
                            const graft_real *other, const double *loss, uint64_t active,
                            graft_real *out) {
  const size_t K = d->objective->tasks;
  const bool of_tasks = loss && !d->plan.call_parts[call];
  const graft_aggregator_output answer = {.weight = d->weight, .direction = out};
  double scaled[GRAFT_MAX_TASKS];
  for (size_t k = 0; of_tasks && k < K; k++) {
    scaled[k] = d->task_weight[k] * d->balance[k] * loss[k];
  }
  const graft_aggregator_input in = {
      .active = active,
      .step = d->step,
      .loss = of_tasks ? scaled : loss,
      .rows = rows,
      .other = {other, other ? other + K * d->objective->n : NULL},
  };
  return graft_aggregator_combine(&d->call[call], &in, &answer);
}

graft_status graft_direction_combine(graft_direction *d, size_t call, const graft_real *rows,
                                     const double *loss, uint64_t active, graft_real *out) {
  return combine(d, call, rows, NULL, loss, active, out);
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
  if (!d->type->needs && !balancer_needs(d, GRAFT_BALANCER_NORMS)) { /* one backward pass */
    GRAFT_TRY(graft_direction_mean(d, pass, theta, d->gradient));
    return graft_direction_unweight(d, d->gradient);
  }
  GRAFT_TRY(graft_direction_rows(d, pass, theta, NULL, d->rows));
  if (d->other) GRAFT_TRY(eval_other(d, theta));
  GRAFT_TRY(combine(d, 0, d->rows, d->other, losses_of(d, pass), d->active, d->gradient));
  graft_direction_finish(d, d->rows, d->gradient);
  return GRAFT_OK;
}

graft_status graft_direction_eval(graft_direction *d, uint64_t step, const graft_real *theta) {
  GRAFT_TRY(graft_direction_begin(d, step));
  return graft_direction_aggregate(d, GRAFT_PASS_CLEAN, theta);
}

graft_status graft_direction_follow(graft_direction *d, const graft_real *theta) {
  if (!balancer_needs(d, GRAFT_BALANCER_AFTER) || !d->rule.balancer->follow) return GRAFT_OK;
  GRAFT_TRY(eval_losses(d, theta));
  const graft_balance call = balance_call(d, d->glance);
  d->rule.balancer->follow(d->balancer_state, &call);
  return GRAFT_OK;
}

double graft_direction_value(const graft_direction *d) {
  double sum = 0;
  for (size_t k = 0; k < d->objective->tasks; k++) {
    if (!(d->active >> k & 1)) continue;
    sum += d->weight[k] * d->task_weight[k] * d->balance[k] * d->loss[k];
  }
  return sum;
}
