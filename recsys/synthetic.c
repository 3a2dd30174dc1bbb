/* SPDX-License-Identifier: BSD-2-Clause */
#include "recsys/synthetic.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/rng.h"

enum {
  SEGMENTS = 8,
  CATEGORIES = 20,
  CONTEXTS = 12,
  FIELDS = 3,          /* of these three kinds */
  CATEGORICAL = 4,     /* segment, item, category, context */
  MOST_BEHAVIOURS = 8, /* also the range of the option */
  MOST_DIMENSION = 64,
  CANDIDATES = 16 /* items among which an event is chosen */
};

static const double pi = 3.14159265358979323846;
static const double common = 0.3; /* correlation of a user's interests */
static const double share = 0.75; /* of the logits' variance that interests have, not fields */

#define INT(name_, value_, min_, max_, help_)                                                      \
  {                                                                                                \
    .name = #name_, .type = GRAFT_OPTION_INT, .offset = offsetof(graft_synthetic_config, name_),   \
    .value = value_, .min = min_, .max = max_, .help = help_                                       \
  }
#define REAL(name_, value_, min_, max_, help_)                                                     \
  {                                                                                                \
    .name = #name_, .type = GRAFT_OPTION_REAL, .offset = offsetof(graft_synthetic_config, name_),  \
    .value = value_, .min = min_, .max = max_, .help = help_                                       \
  }

const graft_option graft_synthetic_options[] = {
    INT(rows, "100000", 10, 4e9, "rows, parted 7 : 1 : 2 into training, validation, test"),
    INT(users, "5000", 1, 1e9, "users, to whom rows are dealt evenly"),
    INT(items, "2000", 2, 1e8, "items"),
    INT(tasks, "2", 1, 16, "tasks"),
    INT(behaviours, "3", 2, MOST_BEHAVIOURS, "types of histories; tasks ask for the first two"),
    INT(dimension, "8", 1, MOST_DIMENSION, "numbers of an interest"),
    INT(length, "20", 1, 1000, "most items of a history"),
    REAL(conflict, "0.7", 0, 1, "0: all tasks alike, 0.5: first and last unrelated, 1: opposite"),
    REAL(strength, "2", 0, 20, "standard deviation of the logits"),
    REAL(focus, "2", 0, 100, "how strictly histories follow interests"),
    {.name = "funnel",
     .type = GRAFT_OPTION_BOOL,
     .offset = offsetof(graft_synthetic_config, funnel),
     .value = "false",
     .help = "later tasks are defined only where the first has label 1"},
    INT(seed, "1", 0, 9e15, "seed of everything"),
    {.name = NULL}};

/* What numbers are drawn for. */
enum kind { ITEM, USER, HISTORY, ROW, EFFECT };

/* A world. */
struct world {
  const graft_synthetic_config *config;
  const graft_feature_sink *sink;
  size_t S, K, d;
  float *item;                                      /* [items x d] vectors */
  double effect[2][FIELDS][CATEGORIES];             /* two effects of each value of each field */
  double interest[MOST_BEHAVIOURS][MOST_DIMENSION]; /* of the user at hand */
  size_t segment;                                   /* of the user at hand */
  int64_t events[MOST_BEHAVIOURS];                  /* so far */
  int64_t range[MOST_BEHAVIOURS][2];                /* of the user at hand */
};

static graft_rng start(const struct world *w, enum kind kind, size_t number) {
  graft_rng rng;
  graft_rng_init(&rng, (uint64_t)w->config->seed, GRAFT_STREAM_BEHAVIOUR,
                 (uint64_t)kind << 56 | number);
  return rng;
}

static double affinity(const struct world *w, size_t behaviour, size_t item) {
  double sum = 0;
  for (size_t j = 0; j < w->d; j++) {
    sum += w->interest[behaviour][j] * (double)w->item[item * w->d + j];
  }
  return sum / sqrt((double)w->d);
}

static void make_items(struct world *w) {
  for (size_t i = 0; i < (size_t)w->config->items; i++) {
    graft_rng rng = start(w, ITEM, i);
    for (size_t j = 0; j < w->d; j++) w->item[i * w->d + j] = (float)graft_rng_normal(&rng);
  }
  graft_rng rng = start(w, EFFECT, 0);
  for (size_t e = 0; e < 2; e++) {
    for (size_t f = 0; f < FIELDS; f++) {
      for (size_t v = 0; v < CATEGORIES; v++) {
        w->effect[e][f][v] = graft_rng_normal(&rng) / sqrt(FIELDS);
      }
    }
  }
}

static void make_user(struct world *w, size_t user) {
  graft_rng rng = start(w, USER, user);
  w->segment = graft_rng_below(&rng, SEGMENTS);
  for (size_t j = 0; j < w->d; j++) {
    const double shared = graft_rng_normal(&rng);
    for (size_t s = 0; s < w->S; s++) {
      w->interest[s][j] = sqrt(common) * shared + sqrt(1 - common) * graft_rng_normal(&rng);
    }
  }
}

/* An item out of some at random, by its affinity: softmax with the temperature 1 / focus. */
static size_t choose(const struct world *w, graft_rng *rng, size_t behaviour) {
  size_t best = 0;
  double most = -INFINITY;
  for (int c = 0; c < CANDIDATES; c++) {
    const size_t item = graft_rng_below(rng, (uint32_t)w->config->items);
    const double gumbel = -log(-log(graft_rng_uniform(rng) + 1e-300) + 1e-300);
    const double score = w->config->focus * affinity(w, behaviour, item) + gumbel;
    if (score > most) {
      most = score;
      best = item;
    }
  }
  return best;
}

/* Lengths of a user's histories; the numbers of one are drawn from `rng` on. */
static size_t history_length(const struct world *w, size_t user, size_t behaviour, graft_rng *rng) {
  *rng = start(w, HISTORY, user * MOST_BEHAVIOURS + behaviour);
  return graft_rng_below(rng, (uint32_t)w->config->length + 1);
}

static graft_status write_histories(struct world *w, size_t user) {
  for (size_t s = 0; s < w->S; s++) {
    graft_rng rng;
    const size_t n = history_length(w, user, s, &rng);
    for (size_t i = 0; i < n; i++) {
      const int32_t id = (int32_t)(GRAFT_ID_FIRST + choose(w, &rng, s));
      GRAFT_TRY(w->sink->append(w->sink->ctx, GRAFT_ARRAY_VALUE, s, &id, 1));
    }
    w->range[s][0] = w->events[s];
    w->events[s] += (int64_t)n;
    w->range[s][1] = w->events[s];
  }
  return GRAFT_OK;
}

/* Probabilities of a row's labels. */
static void find_truth(const struct world *w, size_t item, const size_t *value, float *truth) {
  const double first = affinity(w, 0, item), second = affinity(w, 1, item);
  double effect[2] = {0, 0};
  for (size_t e = 0; e < 2; e++) {
    for (size_t f = 0; f < FIELDS; f++) effect[e] += w->effect[e][f][value[f]];
  }
  for (size_t k = 0; k < w->K; k++) {
    const double turn = w->K > 1 ? (double)k / (double)(w->K - 1) : 0;
    const double a = cos(pi * w->config->conflict * turn), b = sin(pi * w->config->conflict * turn);
    const double base = -0.5 - 0.5 * (double)k;
    const double logit =
        base + w->config->strength * (sqrt(share) * (a * first + b * second) +
                                      sqrt(1 - share) * (a * effect[0] + b * effect[1]));
    truth[k] = (float)(1 / (1 + exp(-logit)));
  }
}

static graft_status write_row(struct world *w, size_t n, size_t user) {
  graft_rng rng = start(w, ROW, n);
  float truth[GRAFT_MAX_TASKS], label[GRAFT_MAX_TASKS];
  void *sink = w->sink->ctx;
  const size_t item = graft_rng_below(&rng, (uint32_t)w->config->items);
  const size_t value[FIELDS] = {w->segment, item % CATEGORIES, graft_rng_below(&rng, CONTEXTS)};
  const int32_t id[CATEGORICAL] = {
      (int32_t)(GRAFT_ID_FIRST + value[0]), (int32_t)(GRAFT_ID_FIRST + item),
      (int32_t)(GRAFT_ID_FIRST + value[1]), (int32_t)(GRAFT_ID_FIRST + value[2])};
  const int64_t key = (int64_t)user;
  find_truth(w, item, value, truth);
  for (size_t k = 0; k < w->K; k++) {
    label[k] = graft_rng_uniform(&rng) < (double)truth[k] ? 1 : 0;
    if (w->config->funnel && k > 0 && label[0] < 1) label[k] = NAN;
  }
  GRAFT_TRY(w->sink->append(sink, GRAFT_ARRAY_ID, 0, id, CATEGORICAL));
  GRAFT_TRY(w->sink->append(sink, GRAFT_ARRAY_LABEL, 0, label, w->K));
  GRAFT_TRY(w->sink->append(sink, GRAFT_ARRAY_TRUTH, 0, truth, w->K));
  GRAFT_TRY(w->sink->append(sink, GRAFT_ARRAY_USER, 0, &key, 1));
  for (size_t s = 0; s < w->S; s++) {
    GRAFT_TRY(w->sink->append(sink, GRAFT_ARRAY_RANGE, s, w->range[s], 2));
  }
  return GRAFT_OK;
}

/* Tokens "0" … of a vocabulary. */
static graft_status make_vocabulary(graft_feature_vocabulary *v, const char *name, size_t tokens) {
  enum { DIGITS = 21 };
  char token[DIGITS];
  snprintf(v->name, sizeof v->name, "%s", name);
  v->ids = GRAFT_ID_FIRST + tokens;
  for (size_t i = 0; i < tokens; i++) v->bytes += (size_t)snprintf(token, DIGITS, "%zu", i) + 1;
  GRAFT_TRY(graft_alloc(&v->text, v->bytes, 1));
  for (size_t i = 0, at = 0; i < tokens; i++) {
    const size_t n = (size_t)snprintf(token, DIGITS, "%zu", i) + 1;
    memcpy(v->text + at, token, n);
    at += n;
  }
  return GRAFT_OK;
}

static graft_status describe(const struct world *w, graft_feature_info *info) {
  static const char *const name[CATEGORICAL] = {"segment", "item", "category", "context"};
  const size_t tokens[CATEGORICAL] = {SEGMENTS, (size_t)w->config->items, CATEGORIES, CONTEXTS};
  const size_t users = (size_t)w->config->users;
  snprintf(info->name, sizeof info->name, "synthetic");
  info->truth = info->user = true;
  for (size_t f = 0; f < CATEGORICAL + w->S; f++) {
    graft_feature *feature = &info->feature[f];
    const bool list = f >= CATEGORICAL;
    feature->kind = list ? GRAFT_FEATURE_SEQUENCE : GRAFT_FEATURE_CATEGORICAL;
    feature->length = list ? (size_t)w->config->length : 1;
    feature->vocabulary = list ? 1 : f;
    if (list) {
      snprintf(feature->name, sizeof feature->name, "behaviour_%zu", f - CATEGORICAL + 1);
    } else {
      snprintf(feature->name, sizeof feature->name, "%s", name[f]);
      GRAFT_TRY(make_vocabulary(&info->vocabulary[f], name[f], tokens[f]));
    }
  }
  for (size_t k = 0; k < w->K; k++) {
    snprintf(info->label[k].name, sizeof info->label[k].name, "task_%zu", k + 1);
    info->label[k].binary = true;
    info->label[k].space = w->config->funnel && k > 0 ? 0 : -1;
  }
  GRAFT_TRY(graft_feature_info_slots(info));
  for (size_t user = 0; user < users; user++) {
    graft_rng rng;
    for (size_t s = 0; s < w->S; s++) info->values[s] += history_length(w, user, s, &rng);
  }
  for (size_t n = 0; n < info->rows; n++) {
    graft_rng rng;
    graft_rng_init(&rng, (uint64_t)w->config->seed, GRAFT_STREAM_ROWS, n);
    const double u = graft_rng_uniform(&rng);
    info->part[n] = (uint8_t)(u < 0.7   ? GRAFT_PART_TRAIN
                              : u < 0.8 ? GRAFT_PART_VALIDATION
                                        : GRAFT_PART_TEST);
  }
  return graft_feature_info_validate(info);
}

static graft_status generate(struct world *w, const volatile int *stop) {
  const size_t N = (size_t)w->config->rows, U = (size_t)w->config->users;
  size_t n = 0;
  make_items(w);
  for (size_t user = 0; user < U; user++) {
    const size_t end = (size_t)((double)(user + 1) / (double)U * (double)N + 0.5);
    make_user(w, user);
    GRAFT_TRY(write_histories(w, user));
    for (; n < end && n < N; n++) GRAFT_TRY(write_row(w, n, user));
    GRAFT_CHECK(!stop || *stop == 0, INTERRUPTED, "stopped at row %zu of %zu", n, N);
  }
  return GRAFT_OK;
}

graft_status graft_synthetic_run(const graft_synthetic_config *config,
                                 const graft_feature_sink *sink, const volatile int *stop) {
  struct world *w;
  graft_feature_info info = {0};
  graft_status status = GRAFT_OK;
  GRAFT_TRY(graft_alloc(&w, 1, sizeof *w));
  w->config = config;
  w->sink = sink;
  w->S = (size_t)config->behaviours;
  w->K = (size_t)config->tasks;
  w->d = (size_t)config->dimension;
  GRAFT_TRY_TO(done, graft_alloc(&w->item, (size_t)config->items * w->d, sizeof *w->item));
  GRAFT_TRY_TO(done, graft_feature_info_init(&info, (size_t)config->rows, CATEGORICAL + w->S,
                                             CATEGORICAL, w->K));
  GRAFT_TRY_TO(done, describe(w, &info));
  GRAFT_TRY_TO(done, sink->begin(sink->ctx, &info));
  status = generate(w, stop);
done:
  graft_feature_info_fini(&info);
  graft_free(w->item);
  graft_free(w);
  return status;
}
