/* SPDX-License-Identifier: BSD-2-Clause */
/* One column: from a field's text to ids and numbers, and what is learnt from training rows. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recsys/import_impl.h"

bool graft_text_number(const char *text, double *x) {
  char *end;
  while (*text == ' ') text++;
  if (!*text || strspn(text, "0123456789+-.eE ") != strlen(text)) return false;
  *x = strtod(text, &end);
  while (*end == ' ') end++;
  return *end == '\0' && isfinite(*x);
}

graft_status graft_condition_holds(const graft_schema_condition *c, const char *text, bool *holds) {
  double x = 0;
  *holds = false;
  for (size_t i = 0; i < c->values; i++) *holds |= strcmp(c->value[i], text) == 0;
  if (c->values || !*text) return GRAFT_OK; /* a missing number lies within no bounds */
  GRAFT_CHECK(graft_text_number(text, &x), INPUT, "field '%s': expected a number, got '%.60s'",
              c->from.field, text);
  *holds = x >= c->at_least && x <= c->at_most;
  return GRAFT_OK;
}

const char *graft_column_text(const graft_column *c, const char *text, char *scratch) {
  if (c->has_pattern) {
    regmatch_t match[2];
    if (regexec(&c->pattern, text, 2, match, 0) != 0 || match[1].rm_so < 0) return NULL;
    size_t n = (size_t)(match[1].rm_eo - match[1].rm_so);
    if (n >= GRAFT_COLUMN_TEXT) n = GRAFT_COLUMN_TEXT - 1;
    memcpy(scratch, text + match[1].rm_so, n);
    scratch[n] = '\0';
    text = scratch;
  }
  if (!*text || (c->schema->missing[0] && strcmp(text, c->schema->missing) == 0)) return NULL;
  return text;
}

graft_status graft_column_number(const graft_column *c, const char *text, double *x,
                                 bool *missing) {
  char scratch[GRAFT_COLUMN_TEXT];
  *x = 0;
  text = graft_column_text(c, text, scratch);
  *missing = !text;
  if (*missing) return GRAFT_OK;
  GRAFT_CHECK(graft_text_number(text, x), INPUT,
              "column '%s': expected a finite number, got '%.60s'", c->schema->name, text);
  if (c->schema->log1p) *x = *x < 0 ? -log1p(-*x) : log1p(*x);
  return GRAFT_OK;
}

static bool is_binned(const graft_column *c) { return c->schema->quantiles || c->schema->edges; }

/* The token of a value that is a number cut into steps. */
static graft_status step_token(const graft_column *c, const char *text, char *token, size_t size) {
  double x;
  bool missing;
  GRAFT_TRY(graft_column_number(c, text, &x, &missing));
  token[0] = '\0';
  if (!missing) snprintf(token, size, "%.0f", floor(x / c->schema->step) + 0.0);
  return GRAFT_OK;
}

static graft_status learn_number(graft_column *c, const char *text) {
  double x;
  bool missing;
  GRAFT_TRY(graft_column_number(c, text, &x, &missing));
  if (missing) return GRAFT_OK;
  c->count++;
  const double from_mean = x - c->mean;
  c->mean += from_mean / c->count;
  c->square += from_mean * (x - c->mean);
  if (!c->sample) return GRAFT_OK;
  const size_t place =
      c->seen < GRAFT_IMPORT_SAMPLE
          ? c->seen
          : graft_rng_below(&c->rng,
                            (uint32_t)(c->seen < UINT32_MAX - 1 ? c->seen + 1 : UINT32_MAX));
  c->seen++;
  if (place < GRAFT_IMPORT_SAMPLE) c->sample[place] = x;
  if (c->kept < GRAFT_IMPORT_SAMPLE) c->kept++;
  return GRAFT_OK;
}

/* The next token of a list that means a value, in @p scratch [GRAFT_COLUMN_TEXT]; NULL: no more.
 * Tokens are cut to the scratch's size. */
static const char *next_token(const graft_column *c, const char **at, char *scratch) {
  while (**at) {
    size_t n = 0, whole;
    while ((*at)[n] && (*at)[n] != c->schema->separator) n++;
    whole = n;
    if (n >= GRAFT_COLUMN_TEXT) n = GRAFT_COLUMN_TEXT - 1;
    memcpy(scratch, *at, n);
    scratch[n] = '\0';
    *at += whole + ((*at)[whole] != '\0');
    if (n && strcmp(scratch, c->schema->missing) != 0) return scratch;
  }
  return NULL;
}

/* The token of a categorical value; NULL: it is missing. */
static graft_status one_token(const graft_column *c, const char *text, char *scratch,
                              const char **token) {
  if (c->schema->step > 0) {
    GRAFT_TRY(step_token(c, text, scratch, GRAFT_COLUMN_TEXT));
    *token = *scratch ? scratch : NULL;
  } else {
    *token = graft_column_text(c, text, scratch);
  }
  return GRAFT_OK;
}

graft_status graft_column_learn(graft_column *c, graft_vocabulary *v, const char *text) {
  char scratch[GRAFT_COLUMN_TEXT];
  const char *token;
  if (c->schema->kind == GRAFT_COLUMN_NUMERIC || is_binned(c)) return learn_number(c, text);
  if (c->schema->kind == GRAFT_COLUMN_CATEGORICAL) {
    GRAFT_TRY(one_token(c, text, scratch, &token));
    return token ? graft_vocabulary_add(v, token) : GRAFT_OK;
  }
  while ((token = next_token(c, &text, scratch))) GRAFT_TRY(graft_vocabulary_add(v, token));
  return GRAFT_OK;
}

static int by_value(const void *a, const void *b) {
  double x, y;
  memcpy(&x, a, sizeof x);
  memcpy(&y, b, sizeof y);
  return (x > y) - (x < y);
}

/* Edges so that about equally many of the kept values lie between them; equal ones count once. */
static void find_quantiles(graft_column *c) {
  const size_t bins = c->schema->quantiles;
  if (c->kept) qsort(c->sample, c->kept, sizeof *c->sample, by_value);
  c->edges = 0;
  for (size_t i = 1; i < bins && c->kept; i++) {
    const double edge = c->sample[i * c->kept / bins];
    const bool least = edge <= c->sample[0];
    if (!least && (c->edges == 0 || edge > c->edge[c->edges - 1])) c->edge[c->edges++] = edge;
  }
}

graft_status graft_column_finish(graft_column *c, graft_vocabulary *v) {
  char token[32];
  if (!is_binned(c)) return GRAFT_OK;
  if (c->schema->quantiles) {
    find_quantiles(c);
  } else {
    c->edges = c->schema->edges;
    memcpy(c->edge, c->schema->edge, c->edges * sizeof *c->edge);
  }
  GRAFT_TRY(graft_vocabulary_add(v, "-inf"));
  for (size_t i = 0; i < c->edges; i++) {
    snprintf(token, sizeof token, "%.17g", c->edge[i]);
    GRAFT_TRY(graft_vocabulary_add(v, token));
  }
  return graft_vocabulary_seal_order(v);
}

graft_status graft_column_id(const graft_column *c, const graft_vocabulary *v, const char *text,
                             int32_t *id) {
  char scratch[GRAFT_COLUMN_TEXT];
  const char *token;
  *id = GRAFT_ID_UNKNOWN;
  if (is_binned(c)) {
    double x;
    bool missing;
    size_t bin = 0;
    GRAFT_TRY(graft_column_number(c, text, &x, &missing));
    while (bin < c->edges && x >= c->edge[bin]) bin++;
    if (!missing) *id = (int32_t)(GRAFT_ID_FIRST + bin);
    return GRAFT_OK;
  }
  GRAFT_TRY(one_token(c, text, scratch, &token));
  if (token) *id = graft_vocabulary_find(v, token);
  return GRAFT_OK;
}

size_t graft_column_list(const graft_column *c, const graft_vocabulary *v, const char *text,
                         int32_t *id) {
  char scratch[GRAFT_COLUMN_TEXT];
  const char *token, *at = text;
  const size_t most = c->schema->length;
  size_t all = 0, skip = 0, n = 0;
  while (next_token(c, &at, scratch)) all++;
  if (c->schema->kind == GRAFT_COLUMN_SEQUENCE && all > most) skip = all - most;
  if (!v) return all < most ? all : most;
  for (at = text; n < most && (token = next_token(c, &at, scratch));) {
    if (skip > 0) {
      skip--;
    } else {
      id[n++] = graft_vocabulary_find(v, token);
    }
  }
  return n;
}
