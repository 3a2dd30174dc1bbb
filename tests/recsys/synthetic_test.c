/* SPDX-License-Identifier: BSD-2-Clause */
/* Generated rows: labels follow their probabilities, conflict turns the tasks, histories follow
 * interests, the same seed gives the same bits. */
#include "recsys/synthetic.h"

#include "recsys/metric.h"
#include "tests/graft_test.h"

enum { N = 20000 };

static graft_feature_memory memory;

static bool generate(double conflict, bool funnel, long long seed) {
  const graft_feature_sink sink = graft_feature_sink_memory(&memory);
  graft_synthetic_config config;
  memory = (graft_feature_memory){0};
  if (!T_OK(graft_option_defaults(graft_synthetic_options, &config))) return false;
  config.rows = N;
  config.users = 1000;
  config.items = 300;
  config.conflict = conflict;
  config.funnel = funnel;
  config.seed = seed;
  return T_OK(graft_synthetic_run(&config, &sink, NULL));
}

static const float *numbers(graft_feature_array array) {
  return (const float *)(const void *)memory.data[array];
}

/* Correlation of the logits of tasks 1 and 2. */
static double correlation(void) {
  const float *truth = numbers(GRAFT_ARRAY_TRUTH);
  double a = 0, b = 0, aa = 0, bb = 0, ab = 0;
  for (size_t n = 0; n < N; n++) {
    const double x = log((double)truth[2 * n] / (1 - (double)truth[2 * n]));
    const double y = log((double)truth[2 * n + 1] / (1 - (double)truth[2 * n + 1]));
    a += x, b += y, aa += x * x, bb += y * y, ab += x * y;
  }
  return (ab - a * b / N) / sqrt((aa - a * a / N) * (bb - b * b / N));
}

static void conflict_turns_tasks(void) {
  static const struct {
    double conflict, want, tolerance;
  } at[] = {{0, 1, 1e-4}, {0.5, 0.2, 0.15}, {1, -1, 1e-4}}; /* interests are correlated by 0.3 */
  for (size_t i = 0; i < 3; i++) {
    if (!generate(at[i].conflict, false, 1)) return;
    T_NEAR(correlation(), at[i].want, at[i].tolerance);
    graft_feature_memory_fini(&memory);
  }
}

/* Labels are drawn from the truth: sums agree within four standard deviations, in bins too. */
static void labels_follow_the_truth(void) {
  if (!generate(0.7, false, 2)) return;
  const float *truth = numbers(GRAFT_ARRAY_TRUTH), *label = numbers(GRAFT_ARRAY_LABEL);
  for (size_t k = 0; k < 2; k++) {
    double difference[5] = {0}, variance[5] = {0};
    for (size_t n = 0; n < N; n++) {
      const double p = (double)truth[2 * n + k];
      const size_t bin = (size_t)fmin(4, 5 * p);
      difference[bin] += (double)label[2 * n + k] - p;
      variance[bin] += p * (1 - p);
    }
    for (size_t b = 0; b < 5; b++) T_CHECK(fabs(difference[b]) < 4 * sqrt(variance[b]));
  }
  graft_feature_memory_fini(&memory);
}

static void funnels_and_seeds(void) {
  float first[2 * N];
  if (!generate(0.7, true, 3)) return;
  const float *label = numbers(GRAFT_ARRAY_LABEL);
  for (size_t n = 0; n < N; n++) T_CHECK(isnan(label[2 * n + 1]) == (label[2 * n] == 0));
  T_EQUAL(memory.info.label[1].space, 0);
  memcpy(first, label, sizeof first);
  graft_feature_memory_fini(&memory);
  if (!generate(0.7, true, 3)) return;
  T_CHECK(memcmp(first, numbers(GRAFT_ARRAY_LABEL), sizeof first) == 0);
  graft_feature_memory_fini(&memory);
  if (!generate(0.7, true, 4)) return;
  T_CHECK(memcmp(first, numbers(GRAFT_ARRAY_LABEL), sizeof first) != 0);
  graft_feature_memory_fini(&memory);
}

/* Items of a user's first history are those that task 1 likes: mean truth over them is higher. */
static void histories_tell_interests(void) {
  if (!generate(1, false, 5)) return;
  const float *truth = numbers(GRAFT_ARRAY_TRUTH);
  const int32_t *id = (const int32_t *)(const void *)memory.data[GRAFT_ARRAY_ID];
  const size_t p = graft_feature_array_place(GRAFT_ARRAY_RANGE, 0);
  const int64_t *range = (const int64_t *)(const void *)memory.data[p];
  const int32_t *value = (const int32_t *)(const void *)memory.data[p + 1];
  double inside = 0, outside = 0, ins = 0, outs = 0;
  for (size_t n = 0; n < N; n++) {
    bool seen = false;
    for (int64_t i = range[2 * n]; i < range[2 * n + 1]; i++) {
      seen |= value[i] == id[n * memory.info.ids + 1];
    }
    *(seen ? &inside : &outside) += (double)truth[2 * n];
    *(seen ? &ins : &outs) += 1;
  }
  T_CHECK(ins > 100 && inside / ins > outside / outs + 0.15);
  graft_feature_memory_fini(&memory);
}

int main(void) {
  T_RUN(conflict_turns_tasks);
  T_RUN(labels_follow_the_truth);
  T_RUN(funnels_and_seeds);
  T_RUN(histories_tell_interests);
  return graft_test_done();
}
