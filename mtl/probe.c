/* SPDX-License-Identifier: BSD-2-Clause */
/* K tasks, n parameters. */
#include "mtl/probe.h"

#include <math.h>

#include "mtl/sam.h"
#include "mtl/vector.h"

graft_status graft_probe_init(graft_probe *probe, graft_direction *direction, double rho,
                              graft_arena *arena) {
  const size_t K = direction->objective->tasks, n = direction->objective->n;
  graft_probe p = {.direction = direction, .rho = rho, .conflicts = NAN};
  double **const vector[] = {&p.loss, &p.count, &p.norm, &p.sharpness};
  size_t elements;
  GRAFT_TRY(graft_size_multiply(K, n, "Jacobian rows", &elements));
  GRAFT_TRY(graft_arena_take(arena, elements, sizeof *p.rows, &p.rows));
  GRAFT_TRY(graft_arena_take(arena, n, sizeof *p.point, &p.point));
  for (size_t i = 0; i < sizeof vector / sizeof *vector; i++) {
    GRAFT_TRY(graft_arena_take(arena, K, sizeof(double), vector[i]));
  }
  GRAFT_TRY(graft_arena_take(arena, K * (K - 1) / 2, sizeof *p.cosine, &p.cosine));
  GRAFT_TRY(graft_arena_take(arena, 2 * K, sizeof *p.scratch, &p.scratch));
  *probe = p;
  return GRAFT_OK;
}

static graft_request request_of(const graft_probe *p, uint64_t step, unsigned want) {
  const size_t K = p->direction->objective->tasks;
  return (graft_request){.step = step,
                         .tasks = K == 64 ? ~UINT64_C(0) : (UINT64_C(1) << K) - 1,
                         .pass = GRAFT_PASS_PERTURBED,
                         .want = want};
}

/* Inner product of two rows over the shared parts. */
static double dot(const graft_probe *p, size_t i, size_t j) {
  const graft_direction *d = p->direction;
  const size_t n = d->objective->n;
  double sum = 0;
  for (size_t s = 0; s < d->spans; s++) {
    const size_t at = d->shared[s].offset;
    sum += graft_vector_dot(p->rows + i * n + at, p->rows + j * n + at, d->shared[s].count);
  }
  return sum;
}

static void compare(graft_probe *p) {
  const size_t K = p->direction->objective->tasks;
  double against = 0, pairs = 0;
  for (size_t k = 0; k < K; k++) p->norm[k] = p->count[k] > 0 ? sqrt(dot(p, k, k)) : NAN;
  for (size_t i = 0, pair = 0; i < K; i++) {
    for (size_t j = i + 1; j < K; j++, pair++) {
      const double size = p->norm[i] * p->norm[j];
      p->cosine[pair] = size > 0 ? dot(p, i, j) / size : NAN;
      if (!isfinite(p->cosine[pair])) continue;
      pairs++;
      against += p->cosine[pair] < 0;
    }
  }
  p->conflicts = pairs > 0 ? against / pairs : NAN;
}

/* Surrogate gap of a task, along its row over all parts that it reaches. */
static graft_status measure(graft_probe *p, size_t task, uint64_t step, const graft_real *theta) {
  const graft_objective *f = p->direction->objective;
  graft_request request = request_of(p, step, GRAFT_WANT_LOSS);
  graft_reply reply = {.loss = p->scratch, .count = p->scratch + f->tasks};
  p->sharpness[task] = NAN;
  if (!(p->count[task] > 0)) return GRAFT_OK;
  request.tasks = (uint64_t)1 << task;
  graft_sam_perturb(p->direction, GRAFT_SAM_PLAIN, 0, false, p->rho, theta, p->rows + task * f->n,
                    p->point);
  GRAFT_TRY(f->eval(f->ctx, &request, p->point, &reply));
  p->sharpness[task] = reply.loss[task] / reply.count[task] - p->loss[task];
  return GRAFT_OK;
}

graft_status graft_probe_eval(graft_probe *p, uint64_t step, const graft_real *theta) {
  const graft_objective *f = p->direction->objective;
  const graft_request request = request_of(p, step, GRAFT_WANT_LOSS | GRAFT_WANT_ROWS);
  graft_reply reply = {.loss = p->loss, .count = p->count, .rows = p->rows};
  GRAFT_TRY(f->eval(f->ctx, &request, theta, &reply));
  for (size_t k = 0; k < f->tasks; k++) {
    p->loss[k] = p->count[k] > 0 ? p->loss[k] / p->count[k] : NAN;
    if (p->count[k] > 0) graft_vector_scale(p->rows + k * f->n, 1 / p->count[k], f->n);
  }
  compare(p);
  for (size_t k = 0; k < f->tasks; k++) GRAFT_TRY(measure(p, k, step, theta));
  return GRAFT_OK;
}

graft_status graft_probe_plain(graft_probe *p, uint64_t step, const graft_real *theta) {
  const graft_objective *f = p->direction->objective;
  graft_request request = request_of(p, step, GRAFT_WANT_LOSS | GRAFT_WANT_SUM);
  double weight[GRAFT_MAX_TASKS];
  graft_reply reply = {.loss = p->scratch, .count = p->scratch + f->tasks, .sum = p->point};
  for (size_t k = 0; k < f->tasks; k++) weight[k] = 1;
  request.weight = weight;
  return f->eval(f->ctx, &request, theta, &reply);
}
