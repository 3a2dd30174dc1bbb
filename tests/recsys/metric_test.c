/* SPDX-License-Identifier: BSD-2-Clause */
/* Metrics against cases worked out by hand, and against counting pairs. */
#include "recsys/metric.h"

#include "base/rng.h"
#include "tests/graft_test.h"

static double auc(const double *score, const float *label, size_t n) {
  graft_status status;
  double value = graft_metric_auc(score, label, n, &status);
  T_OK(status);
  return value;
}

static void auc_by_hand(void) {
  /* positives .8 .6 .4, negatives .7 .4: pairs won 1 + 1, 0 + 1, 0 + 1/2 of 6 */
  T_NEAR(auc((const double[]){.8, .7, .6, .4, .4}, (const float[]){1, 0, 1, 0, 1}, 5), 3.5 / 6,
         1e-15);
  T_NEAR(auc((const double[]){.1, .2, .3}, (const float[]){0, 0, 1}, 3), 1, 0);
  T_NEAR(auc((const double[]){.1, .2, .3}, (const float[]){1, 0, 0}, 3), 0, 0);
  T_NEAR(auc((const double[]){.5, .5, .5, .5}, (const float[]){1, 0, 0, 1}, 4), .5, 0);
  T_CHECK(isnan(auc((const double[]){.1, .2}, (const float[]){1, 1}, 2)));
  T_CHECK(isnan(auc((const double[]){.1, .2}, (const float[]){0, 0}, 2)));
  T_CHECK(isnan(auc((const double[]){.1, NAN}, (const float[]){0, 1}, 2)));
}

/* With many ties, against all pairs. */
static void auc_counts_pairs(void) {
  enum { N = 300 };
  graft_rng rng;
  double score[N], won = 0, pairs = 0;
  float label[N];
  graft_rng_init(&rng, 7, GRAFT_STREAM_TEST, 0);
  for (int i = 0; i < N; i++) {
    score[i] = floor(10 * graft_rng_uniform(&rng)) / 10;
    label[i] = graft_rng_uniform(&rng) < 0.2 + 0.5 * score[i];
  }
  for (int i = 0; i < N; i++) {
    for (int j = 0; j < N; j++) {
      if (label[i] != 1 || label[j] != 0) continue;
      pairs++;
      won += score[i] > score[j] ? 1 : score[i] == score[j] ? .5 : 0;
    }
  }
  T_NEAR(auc(score, label, N), won / pairs, 1e-13);
}

static void gauc_by_hand(void) {
  /* user 1: 3 rows, AUC 1/2; user 2: 2 rows, AUC 1; user 3: one class; user 4: no label */
  const double p[] = {.9, .5, .1, .3, .6, .2, .4, .5};
  const float y[] = {0, 1, 0, 0, 1, 1, 1, NAN};
  const int64_t user[] = {1, 1, 1, 2, 2, 3, 3, 4};
  const graft_predictions in = {8, p, y, user};
  graft_metrics m;
  if (!T_OK(graft_metrics_compute(&in, &m))) return;
  T_EQUAL(m.rows, 7);
  T_EQUAL(m.positives, 4);
  T_NEAR(m.gauc, (3 * .5 + 2 * 1.) / 5, 1e-15);
  T_NEAR(m.gauc_equal, .75, 1e-15);
  T_EQUAL(m.users, 2);
  T_EQUAL(m.users_left, 1);
}

static void loss_and_calibration(void) {
  const double p[] = {.25, .5, 0, 1};
  const float y[] = {1, 0, 0, 1};
  const graft_predictions in = {4, p, y, NULL};
  graft_metrics m;
  if (!T_OK(graft_metrics_compute(&in, &m))) return;
  T_NEAR(m.log_loss, (log(4) + log(2)) / 4, 1e-14);
  T_NEAR(m.ratio, 1.75 / 2, 1e-15);
  T_NEAR(m.error, (.75 + .5) / 4, 1e-15);
  T_EQUAL(m.bins, 4);
  T_CHECK(isnan(m.gauc) && !m.why);
  const graft_predictions wrong = {1, (const double[]){0}, (const float[]){1}, NULL};
  if (T_OK(graft_metrics_compute(&wrong, &m))) T_NEAR(m.log_loss, -log(1e-15), 1e-9);
}

/* Bins hold about equally many rows, all of them; equal predictions stay together. */
static void bins_hold_all_rows(void) {
  enum { N = 105 };
  double p[N];
  float y[N];
  size_t rows = 0;
  for (int i = 0; i < N; i++) {
    p[i] = i < 30 ? 0.1 : i / 200.0;
    y[i] = i % 3 == 0;
  }
  const graft_predictions in = {N, p, y, NULL};
  graft_metrics m;
  if (!T_OK(graft_metrics_compute(&in, &m))) return;
  for (size_t b = 0; b < m.bins; b++) {
    rows += m.bin[b].rows;
    T_CHECK(m.bin[b].rows > 0 && (b == 0 || m.bin[b].predicted > m.bin[b - 1].predicted));
  }
  T_EQUAL(rows, N);
  T_EQUAL(m.bin[0].rows, 30);
  T_NEAR(m.bin[0].observed, 1. / 3, 1e-15);
}

/* Ties that pass quantiles use them up: what follows is not cut finer than a quantile. */
static void ties_pass_quantiles(void) {
  enum { N = 100 };
  double p[N];
  float y[N] = {1};
  for (int i = 0; i < N; i++) p[i] = i < 55 ? 0.1 : 0.2 + i / 200.0;
  const graft_predictions in = {N, p, y, NULL};
  graft_metrics m;
  if (!T_OK(graft_metrics_compute(&in, &m))) return;
  T_EQUAL(m.bin[0].rows, 55);
  for (size_t b = 1; b < m.bins; b++) {
    T_CHECK(m.bin[b].rows * GRAFT_CALIBRATION_BINS >= N / 2 &&
            m.bin[b].rows * GRAFT_CALIBRATION_BINS <= N + GRAFT_CALIBRATION_BINS);
  }
}

static void undefined_is_said(void) {
  graft_metrics m;
  const double p[] = {.2, .3};
  const graft_predictions ones = {2, p, (const float[]){1, 1}, NULL};
  const graft_predictions zeros = {2, p, (const float[]){0, NAN}, NULL};
  const graft_predictions none = {2, p, (const float[]){NAN, NAN}, NULL};
  if (T_OK(graft_metrics_compute(&ones, &m))) {
    T_CHECK(isnan(m.auc) && m.why && strcmp(m.why, "labels are all 1") == 0);
  }
  if (T_OK(graft_metrics_compute(&zeros, &m))) {
    T_CHECK(isnan(m.auc) && isnan(m.ratio) && m.why && strcmp(m.why, "labels are all 0") == 0);
    T_NEAR(m.log_loss, -log(.8), 1e-15);
  }
  if (T_OK(graft_metrics_compute(&none, &m))) {
    T_CHECK(isnan(m.auc) && isnan(m.log_loss) && m.why &&
            strcmp(m.why, "no rows with a label") == 0);
  }
}

/* Two tasks with different labels on the same predictions have different metrics: nothing is mixed
 * up, whichever is measured first. */
static void tasks_are_not_swapped(void) {
  const double p[] = {.1, .2, .3, .4, .5};
  const float a[] = {0, 0, 1, 1, 1}, b[] = {1, 1, 1, 1, 0};
  graft_metrics first, second;
  const graft_predictions of_a = {5, p, a, NULL}, of_b = {5, p, b, NULL};
  if (!T_OK(graft_metrics_compute(&of_a, &first)) || !T_OK(graft_metrics_compute(&of_b, &second)))
    return;
  T_EQUAL(first.auc, 1);
  T_EQUAL(second.auc, 0);
  T_EQUAL(first.positives, 3);
  T_EQUAL(second.positives, 4);
}

static void bad_values_are_refused(void) {
  graft_metrics m;
  const float y[] = {1, 0};
  const graft_predictions large = {2, (const double[]){.5, 1.5}, y, NULL};
  const graft_predictions nan = {2, (const double[]){NAN, .5}, y, NULL};
  const graft_predictions label = {2, (const double[]){.5, .5}, (const float[]){0, 2}, NULL};
  T_FAILS(graft_metrics_compute(&large, &m), GRAFT_INPUT, "row 1: expected a probability, got 1.5");
  T_FAILS(graft_metrics_compute(&nan, &m), GRAFT_INPUT, "row 0: expected a probability, got nan");
  T_FAILS(graft_metrics_compute(&label, &m), GRAFT_INPUT, "row 1: expected label 0 or 1, got 2");
}

int main(void) {
  T_RUN(auc_by_hand);
  T_RUN(auc_counts_pairs);
  T_RUN(gauc_by_hand);
  T_RUN(loss_and_calibration);
  T_RUN(bins_hold_all_rows);
  T_RUN(ties_pass_quantiles);
  T_RUN(undefined_is_said);
  T_RUN(tasks_are_not_swapped);
  T_RUN(bad_values_are_refused);
  return graft_test_done();
}
