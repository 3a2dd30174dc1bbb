/* SPDX-License-Identifier: BSD-2-Clause */
/* Method:    rows that count are sorted once by probability, once by user and probability;
 *            everything is a sum over runs.
 * Reference: mann1947. */
#include "recsys/metric.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/arena.h"

/* A row that counts. */
struct row {
  int64_t user;
  double score;
  float label;
};

static int by_score(const void *a, const void *b) {
  const struct row *x = a, *y = b;
  return (x->score > y->score) - (x->score < y->score);
}

static int by_user(const void *a, const void *b) {
  const struct row *x = a, *y = b;
  if (x->user != y->user) return x->user < y->user ? -1 : 1;
  return by_score(a, b);
}

static bool is_positive(const struct row *row) { return row->label > 0.5F; }

/* AUC of rows sorted by score: (rank sum of positives − its least value) / (positives × negatives).
 */
static double sorted_auc(const struct row *row, size_t n) {
  double positives = 0, ranks = 0;
  for (size_t i = 0, end; i < n; i = end) {
    double ties = 0;
    for (end = i; end < n && !(row[end].score > row[i].score); end++)
      ties += is_positive(&row[end]);
    ranks += ties * 0.5 * (double)(i + 1 + end); /* ranks i + 1 … end, from 1 */
    positives += ties;
  }
  const double negatives = (double)n - positives;
  if (positives == 0 || negatives == 0) return NAN;
  return (ranks - 0.5 * positives * (positives + 1)) / (positives * negatives);
}

double graft_metric_auc(const double *score, const float *label, size_t n, graft_status *status) {
  struct row *row;
  double auc = NAN;
  bool ordered = true;
  *status = graft_alloc(&row, n, sizeof *row);
  if (*status != GRAFT_OK) return NAN;
  for (size_t i = 0; i < n; i++) {
    row[i] = (struct row){0, score[i], label[i]};
    ordered &= !isnan(score[i]);
  }
  qsort(row, n, sizeof *row, by_score);
  if (ordered) auc = sorted_auc(row, n);
  graft_free(row);
  return auc;
}

static void measure_users(struct row *row, size_t n, graft_metrics *m) {
  double sum = 0, weight = 0, equal = 0;
  qsort(row, n, sizeof *row, by_user);
  for (size_t i = 0, end; i < n; i = end) {
    for (end = i + 1; end < n && row[end].user == row[i].user;) end++;
    const double auc = sorted_auc(row + i, end - i);
    if (isnan(auc)) {
      m->users_left++;
      continue;
    }
    m->users++;
    sum += (double)(end - i) * auc;
    weight += (double)(end - i);
    equal += auc;
  }
  if (m->users == 0) return;
  m->gauc = sum / weight;
  m->gauc_equal = equal / (double)m->users;
}

/* Bins of rows sorted by score. */
static void calibrate(const struct row *row, size_t n, graft_metrics *m) {
  size_t quantile = 0;
  for (size_t i = 0, end; i < n; i = end) {
    graft_calibration_bin *bin = &m->bin[m->bins];
    do { /* to the next quantile that ties have not passed */
      end = ++quantile * n / GRAFT_CALIBRATION_BINS;
    } while (end <= i);
    m->bins++;
    while (end < n && !(row[end].score > row[end - 1].score)) end++;
    for (size_t j = i; j < end; j++) {
      bin->predicted += row[j].score;
      bin->observed += is_positive(&row[j]);
    }
    bin->rows = end - i;
    bin->predicted /= (double)bin->rows;
    bin->observed /= (double)bin->rows;
    m->error += fabs(bin->predicted - bin->observed) * (double)bin->rows / (double)n;
  }
}

static void measure(struct row *row, size_t n, graft_metrics *m) {
  const double least = 1e-15;
  double loss = 0, predicted = 0;
  for (size_t i = 0; i < n; i++) {
    const double p = is_positive(&row[i]) ? row[i].score : 1 - row[i].score;
    m->positives += is_positive(&row[i]);
    predicted += row[i].score;
    loss -= log(fmax(p, least));
  }
  m->rows = n;
  if (n == 0) {
    m->why = "no rows with a label";
    return;
  }
  m->log_loss = loss / (double)n;
  m->error = 0;
  if (m->positives) m->ratio = predicted / (double)m->positives;
  qsort(row, n, sizeof *row, by_score);
  m->auc = sorted_auc(row, n);
  calibrate(row, n, m);
  if (isnan(m->auc)) m->why = m->positives ? "labels are all 1" : "labels are all 0";
}

graft_status graft_metrics_compute(const graft_predictions *p, graft_metrics *m) {
  struct row *row;
  size_t n = 0;
  *m = (graft_metrics){
      .auc = NAN, .gauc = NAN, .gauc_equal = NAN, .log_loss = NAN, .ratio = NAN, .error = NAN};
  for (size_t i = 0; i < p->rows; i++) {
    const double q = p->probability[i];
    const float y = p->label[i];
    if (isnan(y)) continue;
    GRAFT_CHECK(q >= 0 && q <= 1, INPUT, "row %zu: expected a probability, got %g", i, q);
    GRAFT_CHECK(y == 0 || y == 1, INPUT, "row %zu: expected label 0 or 1, got %g", i, (double)y);
  }
  GRAFT_TRY(graft_alloc(&row, p->rows, sizeof *row));
  for (size_t i = 0; i < p->rows; i++) {
    if (isnan(p->label[i])) continue;
    row[n++] = (struct row){p->user ? p->user[i] : 0, p->probability[i], p->label[i]};
  }
  measure(row, n, m);
  if (p->user) measure_users(row, n, m);
  graft_free(row);
  return GRAFT_OK;
}
