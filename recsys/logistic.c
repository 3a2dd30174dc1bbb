/* SPDX-License-Identifier: BSD-2-Clause */
/* Method, cost, reference: see logistic.h. Letters: n rows, m columns. */
#include "recsys/logistic.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"

graft_logistic_config graft_logistic_config_default(void) {
  return (graft_logistic_config){.penalty = 1, .tolerance = 1e-5, .iterations = 50};
}

struct fit {
  const graft_design *d;
  const float *label; /* [n] NaN where the row does not count */
  unsigned parts;
  double penalty;
  double *probability; /* [n] of label 1 at the present weights */
  double *gradient, *step, *residual, *direction, *product; /* [m] */
  double *trial;                                            /* [m] */
};

static bool counts(const struct fit *f, size_t i) {
  return (f->parts >> f->d->part[i] & 1) && !isnan(f->label[i]);
}

static double score(const graft_design *d, size_t i, const double *w) {
  double s = 0;
  for (size_t j = d->offset[i]; j < d->offset[i + 1]; j++)
    s += (double)d->value[j] * w[d->column[j]];
  return s;
}

static void add_row(const graft_design *d, size_t i, double factor, double *out) {
  for (size_t j = d->offset[i]; j < d->offset[i + 1]; j++) {
    out[d->column[j]] += factor * (double)d->value[j];
  }
}

static double sigmoid(double s) {
  const double e = exp(-fabs(s));
  return s >= 0 ? 1 / (1 + e) : e / (1 + e);
}

static double dot(const double *a, const double *b, size_t m) {
  double sum = 0;
  for (size_t j = 0; j < m; j++) sum += a[j] * b[j];
  return sum;
}

/* out += λ v, but for the last column. */
static void add_penalty(const struct fit *f, const double *v, double *out) {
  for (size_t j = 0; j + 1 < f->d->columns; j++) out[j] += f->penalty * v[j];
}

/* The value to minimise. */
static double objective(const struct fit *f, const double *w) {
  const size_t m = f->d->columns;
  double sum = 0.5 * f->penalty * dot(w, w, m - 1);
  for (size_t i = 0; i < f->d->rows; i++) {
    if (!counts(f, i)) continue;
    const double s = score(f->d, i, w), margin = f->label[i] > 0.5F ? s : -s;
    sum += log1p(exp(-fabs(margin))) + (margin < 0 ? -margin : 0);
  }
  return sum;
}

static void differentiate(struct fit *f, const double *w) {
  memset(f->gradient, 0, f->d->columns * sizeof *f->gradient);
  for (size_t i = 0; i < f->d->rows; i++) {
    if (!counts(f, i)) continue;
    f->probability[i] = sigmoid(score(f->d, i, w));
    add_row(f->d, i, f->probability[i] - (double)f->label[i], f->gradient);
  }
  add_penalty(f, w, f->gradient);
}

/* product = Hessian × direction. */
static void multiply(struct fit *f) {
  memset(f->product, 0, f->d->columns * sizeof *f->product);
  for (size_t i = 0; i < f->d->rows; i++) {
    if (!counts(f, i)) continue;
    const double p = f->probability[i];
    add_row(f->d, i, p * (1 - p) * score(f->d, i, f->direction), f->product);
  }
  add_penalty(f, f->direction, f->product);
}

/* step ≈ −Hessian⁻¹ gradient, to a tenth. */
static void solve(struct fit *f) {
  enum { MOST = 200 };
  const size_t m = f->d->columns;
  const double enough = 0.1 * sqrt(dot(f->gradient, f->gradient, m));
  memset(f->step, 0, m * sizeof *f->step);
  for (size_t j = 0; j < m; j++) f->residual[j] = f->direction[j] = -f->gradient[j];
  double square = dot(f->residual, f->residual, m);
  for (int k = 0; k < MOST && sqrt(square) > enough; k++) {
    multiply(f);
    const double length = square / dot(f->direction, f->product, m), before = square;
    for (size_t j = 0; j < m; j++) {
      f->step[j] += length * f->direction[j];
      f->residual[j] -= length * f->product[j];
    }
    square = dot(f->residual, f->residual, m);
    for (size_t j = 0; j < m; j++) {
      f->direction[j] = f->residual[j] + square / before * f->direction[j];
    }
  }
}

/* The longest of 1, 1/2, 1/4 … that satisfies Armijo's rule; false: none does. */
static bool search(struct fit *f, double *w, double *value) {
  const size_t m = f->d->columns;
  const double slope = dot(f->gradient, f->step, m);
  const double rounding = 1e-13 * fabs(*value); /* of sums over rows */
  double length = 1;
  for (int halvings = 0; halvings < 34; halvings++, length /= 2) {
    for (size_t j = 0; j < m; j++) f->trial[j] = w[j] + length * f->step[j];
    const double got = objective(f, f->trial);
    if (got > *value + 1e-4 * length * slope + rounding) continue;
    *value = got;
    memcpy(w, f->trial, m * sizeof *w);
    return true;
  }
  return false;
}

static graft_status minimise(struct fit *f, const graft_logistic_config *config, double *w) {
  const size_t m = f->d->columns;
  double value = objective(f, w), first = 0;
  for (size_t k = 0; k < config->iterations; k++) {
    differentiate(f, w);
    const double norm = sqrt(dot(f->gradient, f->gradient, m));
    if (k == 0) first = norm;
    if (norm <= config->tolerance * first || norm < 1e-9) return GRAFT_OK;
    solve(f);
    if (!search(f, w, &value)) return GRAFT_OK; /* rounding: no better point can be told apart */
  }
  return graft_error_set(GRAFT_DIVERGED, __FILE__, __LINE__,
                         "logistic regression: not converged after %zu Newton steps",
                         config->iterations);
}

graft_status graft_logistic_fit(const graft_design *design, size_t task, unsigned parts,
                                const graft_logistic_config *config, double *weight) {
  const size_t n = design->rows, m = design->columns;
  struct fit f = {
      .d = design, .label = design->label + task * n, .parts = parts, .penalty = config->penalty};
  size_t rows = 0;
  double *memory;
  for (size_t i = 0; i < n; i++) rows += counts(&f, i);
  GRAFT_CHECK(rows > 0, INPUT, "task %zu: expected rows to fit to, got none", task);
  GRAFT_TRY(graft_alloc(&memory, n + 6 * m, sizeof *memory));
  f.probability = memory;
  f.gradient = memory + n;
  f.step = f.gradient + m;
  f.residual = f.step + m;
  f.direction = f.residual + m;
  f.product = f.direction + m;
  f.trial = f.product + m;
  graft_status status = minimise(&f, config, weight);
  graft_free(memory);
  return status;
}

void graft_logistic_predict(const graft_design *design, const double *weight, double *probability) {
  for (size_t i = 0; i < design->rows; i++) probability[i] = sigmoid(score(design, i, weight));
}
