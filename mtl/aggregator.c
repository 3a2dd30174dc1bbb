/* SPDX-License-Identifier: BSD-2-Clause */
/* K active tasks, n length of a row. Block loops run in PARTS parts; each has its own scratch and
 * its own sums, which are added in order. */
#include "mtl/aggregator.h"

#include <math.h>
#include <string.h>

#include "mtl/list.h"

#define GRAFT_AGGREGATOR(name) extern const graft_aggregator_type graft_aggregator_##name;
#include "mtl/aggregator.def"
#undef GRAFT_AGGREGATOR

static const graft_aggregator_type *const types[] = {
#define GRAFT_AGGREGATOR(name) &graft_aggregator_##name,
#include "mtl/aggregator.def"
#undef GRAFT_AGGREGATOR
    NULL};

const graft_aggregator_type *graft_aggregator_types(size_t i) {
  size_t k = 0;
  while (k < i && types[k]) k++;
  return types[k];
}

const graft_aggregator_type *graft_aggregator_find(const char *name) {
  for (size_t i = 0; types[i]; i++) {
    if (strcmp(types[i]->name, name) == 0) return types[i];
  }
  return NULL;
}

const char *graft_aggregator_choices(size_t i) {
  const graft_aggregator_type *type = graft_aggregator_types(i);
  return type ? type->name : NULL;
}

/* Doubles of a block over all tasks: 32 KiB, so that two of them stay in the second-level cache. */
enum { PARTS = 8, BLOCK = 1 << 12, WIDTH_LEAST = 64, WIDTH_MOST = 1 << 12, SMALL = 1 << 15 };

/* Cut the spans into chunks; with `chunk` NULL only count them. */
static size_t cut(const graft_span *shared, size_t spans, size_t width,
                  graft_aggregator_chunk *chunk) {
  size_t chunks = 0, first = 0;
  for (size_t s = 0; s < spans; s++) {
    for (size_t at = 0; at < shared[s].count; at += width, chunks++) {
      const size_t count = shared[s].count - at < width ? shared[s].count - at : width;
      if (chunk) chunk[chunks] = (graft_aggregator_chunk){shared[s].offset + at, first + at, count};
    }
    first += shared[s].count;
  }
  return chunks;
}

static size_t count_shared(const graft_span *shared, size_t spans) {
  size_t count = 0;
  for (size_t s = 0; s < spans; s++) count += shared[s].count;
  return count;
}

static size_t block_width(size_t tasks) {
  size_t width = BLOCK / tasks / 8 * 8;
  if (width < WIDTH_LEAST) width = WIDTH_LEAST;
  return width < WIDTH_MOST ? width : WIDTH_MOST;
}

static graft_status read_given(const graft_aggregator_settings *config, size_t tasks, double *given,
                               size_t *count) {
  GRAFT_TRY(graft_list_read("aggregator_weights", config->aggregator_weights, given,
                            GRAFT_MAX_TASKS, count));
  GRAFT_CHECK(*count == 0 || *count == tasks, USAGE,
              "aggregator_weights: expected one number for each of the %zu tasks, got %zu", tasks,
              *count);
  for (size_t k = 0; k < *count; k++) {
    GRAFT_CHECK(given[k] > 0, USAGE, "aggregator_weights: expected numbers > 0, got %g", given[k]);
  }
  return GRAFT_OK;
}

static graft_status take_arrays(graft_aggregator *a, size_t shared, graft_arena *arena) {
  const size_t K = a->tasks;
  GRAFT_TRY(graft_arena_take(arena, a->chunks, sizeof *a->chunk, &a->chunk));
  GRAFT_TRY(graft_arena_take(arena, PARTS * (2 * K + 1) * a->width, sizeof(double), &a->block));
  GRAFT_TRY(graft_arena_take(arena, PARTS * K * K, sizeof(double), &a->part));
  a->state_size = a->type->state_size ? a->type->state_size(a->config, K, shared) : 0;
  return GRAFT_OK;
}

graft_status graft_aggregator_init(graft_aggregator *aggregator, const graft_aggregator_type *type,
                                   const graft_aggregator_settings *config, size_t tasks, size_t n,
                                   const graft_span *shared, size_t spans, uint64_t seed,
                                   graft_arena *arena) {
  graft_aggregator a = {.type = type, .config = config, .tasks = tasks, .n = n, .seed = seed};
  double given[GRAFT_MAX_TASKS];
  size_t count;
  GRAFT_CHECK(tasks >= 1 && tasks <= GRAFT_MAX_TASKS, INTERNAL,
              "aggregator: expected 1 to %d tasks, got %zu", GRAFT_MAX_TASKS, tasks);
  GRAFT_CHECK(shared || !arena->base, INTERNAL, "aggregator: expected shared spans");
  GRAFT_TRY(read_given(config, tasks, given, &count));
  if (type->check) GRAFT_TRY(type->check(config, tasks));
  a.width = block_width(tasks);
  a.chunks = shared ? cut(shared, spans, a.width, NULL) : n / a.width + spans;
  GRAFT_TRY(take_arrays(&a, shared ? count_shared(shared, spans) : n, arena));
  if (count) GRAFT_TRY(graft_arena_take(arena, count, sizeof *a.given, &a.given));
  if (arena->base) {
    cut(shared, spans, a.width, a.chunk);
    if (count) memcpy(a.given, given, count * sizeof *given);
  }
  *aggregator = a;
  return GRAFT_OK;
}

void graft_aggregator_reset(graft_aggregator *a) {
  const graft_aggregator_chunk *last = a->chunks ? &a->chunk[a->chunks - 1] : NULL;
  if (a->state_size) memset(a->state, 0, a->state_size);
  if (a->type->init) {
    a->type->init(a->state, a->config, a->tasks, last ? last->first + last->count : 0);
  }
}

/* One call of the driver. */
struct pass {
  const graft_aggregator *a;
  const graft_aggregator_input *in;
  graft_aggregation call;
  bool gathers;                       /* the rule takes the blocks in, not the driver */
  size_t task[GRAFT_MAX_TASKS];       /* behind call.task */
  double preference[GRAFT_MAX_TASKS]; /* behind call.preference */
  double loss[GRAFT_MAX_TASKS];       /* behind call.loss */
  double weight[GRAFT_MAX_TASKS];     /* [K] the rule's answer */
  double factor;                      /* of the direction */
};

static void load(const struct pass *p, const graft_real *rows, const double *wide,
                 const graft_aggregator_chunk *chunk, double *block) {
  const size_t n = p->a->n, width = p->a->width;
  for (size_t k = 0; k < p->call.tasks; k++) {
    const size_t from = p->call.task[k] * n + chunk->offset;
    double *restrict to = block + k * width;
    if (wide) {
      memcpy(to, wide + from, chunk->count * sizeof *to);
    } else {
      for (size_t i = 0; i < chunk->count; i++) to[i] = (double)rows[from + i];
    }
  }
}

/* out [K x K] += x y^T of rows of two blocks; symmetric when they are the same. */
static void add_products(size_t K, size_t width, size_t count, const double *x, const double *y,
                         double *out) {
  for (size_t i = 0; i < K; i++) {
    for (size_t j = 0; j < (x == y ? i + 1 : K); j++) {
      const double *restrict a = x + i * width, *restrict b = y + j * width;
      double sum = 0;
#pragma omp simd reduction(+ : sum)
      for (size_t c = 0; c < count; c++) sum += a[c] * b[c];
      out[i * K + j] += sum;
      if (x == y && j < i) out[j * K + i] += sum;
    }
  }
}

static void gather_chunk(struct pass *p, const graft_aggregator_chunk *chunk, double *scratch,
                         double *sum) {
  const graft_aggregator *a = p->a;
  const graft_aggregator_input *in = p->in;
  const size_t K = p->call.tasks;
  const bool cross = a->type->needs & GRAFT_NEEDS_BATCHES && in->other[0] && in->other[1];
  double *first = scratch, *second = cross ? scratch + K * a->width : scratch;
  if (cross) load(p, in->other[1], NULL, chunk, second);
  load(p, cross ? in->other[0] : in->rows, cross ? NULL : in->wide_rows, chunk, first);
  const graft_rows_block block = {chunk->first, chunk->count, a->width, first};
  if (p->gathers) {
    a->type->gather(a->state, &p->call, &block, sum);
  } else {
    add_products(K, a->width, chunk->count, first, second, sum);
  }
}

/* Sums [K x K] over all chunks into `total`. */
static void gather(struct pass *p, double *total) {
  const graft_aggregator *a = p->a;
  const size_t K = p->call.tasks, scratch = (2 * a->tasks + 1) * a->width;
  memset(a->part, 0, PARTS * K * K * sizeof *a->part);
#pragma omp parallel for schedule(static) if (a->n >= SMALL)
  for (size_t part = 0; part < PARTS; part++) {
    for (size_t c = a->chunks * part / PARTS; c < a->chunks * (part + 1) / PARTS; c++) {
      gather_chunk(p, &a->chunk[c], a->block + part * scratch, a->part + part * K * K);
    }
  }
  memset(total, 0, K * K * sizeof *total);
  for (size_t part = 0; part < PARTS; part++) {
    for (size_t i = 0; i < K * K; i++) total[i] += a->part[part * K * K + i];
  }
}

/* sum [count] += w row, of rows in either precision. */
static void add_row(double *restrict sum, double w, const graft_real *restrict row,
                    const double *restrict wide, size_t count) {
  if (wide) {
#pragma omp simd
    for (size_t i = 0; i < count; i++) sum[i] += w * wide[i];
  } else {
#pragma omp simd
    for (size_t i = 0; i < count; i++) sum[i] += w * (double)row[i];
  }
}

static void mix_chunk(const struct pass *p, const graft_aggregator_chunk *chunk, double *scratch,
                      const graft_aggregator_output *out) {
  const graft_aggregator *a = p->a;
  const graft_aggregator_input *in = p->in;
  const size_t K = p->call.tasks, count = chunk->count;
  double *restrict sum = scratch + 2 * a->tasks * a->width;
  if (a->type->mix && K > 1) {
    const graft_rows_block block = {chunk->first, count, a->width, scratch};
    load(p, in->rows, in->wide_rows, chunk, scratch);
    a->type->mix(a->state, &p->call, &block, p->weight, sum);
    for (size_t i = 0; i < count; i++) sum[i] *= p->factor;
  } else {
    memset(sum, 0, count * sizeof *sum);
    for (size_t k = 0; k < K; k++) {
      const size_t from = p->call.task[k] * a->n + chunk->offset;
      add_row(sum, p->weight[k] * p->factor, in->wide_rows ? NULL : in->rows + from,
              in->wide_rows ? in->wide_rows + from : NULL, count);
    }
  }
  for (size_t i = 0; out->direction && i < count; i++) {
    out->direction[chunk->offset + i] = (graft_real)sum[i];
  }
  if (out->wide_direction) memcpy(out->wide_direction + chunk->offset, sum, count * sizeof *sum);
}

static void mix(const struct pass *p, const graft_aggregator_output *out) {
  const graft_aggregator *a = p->a;
  const size_t scratch = (2 * a->tasks + 1) * a->width;
#pragma omp parallel for schedule(static) if (a->n >= SMALL)
  for (size_t part = 0; part < PARTS; part++) {
    for (size_t c = a->chunks * part / PARTS; c < a->chunks * (part + 1) / PARTS; c++) {
      mix_chunk(p, &a->chunk[c], a->block + part * scratch, out);
    }
  }
}

/* Number the active tasks. */
static void start(struct pass *p, const graft_aggregator *a, const graft_aggregator_input *in) {
  size_t K = 0;
  for (size_t k = 0; k < a->tasks; k++) {
    if (!(in->active >> k & 1)) continue;
    p->loss[K] = in->loss ? in->loss[k] : 1;
    if (a->given) p->preference[K] = a->given[k];
    p->task[K++] = k;
  }
  for (size_t k = 0; !a->given && k < K; k++) p->preference[k] = 1 / (double)K;
  p->a = a;
  p->in = in;
  p->factor = 1;
  p->call = (graft_aggregation){.config = a->config,
                                .tasks = K,
                                .all = a->tasks,
                                .task = p->task,
                                .preference = p->preference,
                                .step = in->step,
                                .seed = a->seed,
                                .loss = a->type->needs & GRAFT_NEEDS_LOSSES ? p->loss : NULL};
}

static bool reads(const graft_aggregator_type *type, const char *option) {
  for (size_t i = 0; type->options && type->options[i]; i++) {
    if (strcmp(type->options[i], option) == 0) return true;
  }
  return false;
}

/* Ask the rule. One task alone needs no rule, unless the rule looks at nothing anyway. */
static graft_status ask(struct pass *p) {
  const graft_aggregator_type *type = p->a->type;
  double gramian[GRAFT_MAX_TASKS * GRAFT_MAX_TASKS];
  const size_t K = p->call.tasks;
  p->weight[0] = 1;
  if (K == 0 || (K == 1 && type->needs)) return GRAFT_OK;
  if (strcmp(p->a->config->aggregator_scale, "sum") == 0 && reads(type, "aggregator_scale")) {
    p->factor = (double)K;
  }
  if (type->needs & (GRAFT_NEEDS_GRAMIAN | GRAFT_NEEDS_BATCHES)) {
    p->call.gramian = gramian;
    gather(p, gramian);
    for (size_t i = 0; i < K * K; i++) {
      GRAFT_CHECK(isfinite(gramian[i]), DIVERGED,
                  "the gradient of task %zu is not finite or too large in step %llu",
                  p->task[i / K] + 1, (unsigned long long)p->call.step + 1);
    }
  }
  if (type->gather) {
    p->gathers = true;
    p->call.gramian = type->needs & GRAFT_NEEDS_GRAMIAN ? gramian : NULL;
    double sums[GRAFT_MAX_TASKS * GRAFT_MAX_TASKS];
    gather(p, sums);
    memcpy(gramian, sums, K * K * sizeof *sums);
    p->call.gramian = gramian;
  }
  const graft_status status =
      type->weigh ? type->weigh(p->a->state, &p->call, p->weight) : GRAFT_OK;
  p->call.gramian = NULL;
  return status;
}

graft_status graft_aggregator_combine(graft_aggregator *a, const graft_aggregator_input *in,
                                      const graft_aggregator_output *out) {
  struct pass p = {0};
  start(&p, a, in);
  GRAFT_TRY(ask(&p));
  const bool weighted = p.call.tasks < 2 || (a->type->weigh && !a->type->mix);
  for (size_t k = 0; weighted && k < p.call.tasks; k++) {
    GRAFT_CHECK(isfinite(p.weight[k]), INTERNAL, "aggregator '%s': weight %zu is not finite",
                a->type->name, k);
  }
  for (size_t k = 0; out->weight && k < a->tasks; k++) out->weight[k] = weighted ? 0 : NAN;
  for (size_t k = 0; out->weight && weighted && k < p.call.tasks; k++) {
    out->weight[p.task[k]] = p.weight[k] * p.factor;
  }
  if (out->direction || out->wide_direction) mix(&p, out);
  return GRAFT_OK;
}

void graft_aggregator_gramian(const graft_aggregator *a, const graft_aggregator_input *in,
                              double *gramian) {
  struct pass p = {0};
  graft_aggregator plain = *a;
  graft_aggregator_type type = *a->type;
  graft_aggregator_input all = *in;
  all.active = a->tasks == 64 ? ~UINT64_C(0) : (UINT64_C(1) << a->tasks) - 1;
  all.loss = NULL;
  type.needs = GRAFT_NEEDS_GRAMIAN;
  plain.type = &type;
  start(&p, &plain, &all);
  gather(&p, gramian);
}
