/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/option.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT = 512, MAX_NAME = 63 };

const graft_option *graft_option_find(const graft_option *rows, const char *name) {
  for (const graft_option *row = rows; row->name; row++) {
    if (strcmp(row->name, name) == 0) return row;
  }
  return NULL;
}

size_t graft_name_distance(const char *a, const char *b) {
  size_t row[MAX_NAME + 1], la = strlen(a), lb = strlen(b);
  if (la > MAX_NAME || lb > MAX_NAME) return MAX_NAME + 1;
  for (size_t j = 0; j <= lb; j++) row[j] = j;
  for (size_t i = 1; i <= la; i++) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= lb; j++) {
      size_t best = diagonal + (a[i - 1] != b[j - 1]);
      if (row[j] + 1 < best) best = row[j] + 1;
      if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
      diagonal = row[j];
      row[j] = best;
    }
  }
  return row[lb];
}

const char *graft_name_hint(const char *name, const char *near, char *text) {
  enum { MOST = 3 }; /* letters that a slip changes */
  size_t a = strlen(name), b = near ? strlen(near) : 0, shorter = a < b ? a : b;
  bool begins = shorter > 1 && strncmp(name, near, shorter) == 0;
  size_t distance = near ? graft_name_distance(name, near) : MOST + 1;
  text[0] = '\0';
  if (begins || (distance <= MOST && 2 * distance <= (a > b ? a : b))) {
    snprintf(text, GRAFT_HINT_SIZE, " (did you mean '%s'?)", near);
  }
  return text;
}

static void append(char *text, size_t size, const char *part) {
  size_t used = strlen(text);
  if (used < size) snprintf(text + used, size - used, "%s", part);
}

static void append_range(const graft_option *row, char *text, size_t size) {
  char part[TEXT];
  if (isinf(row->min) && isinf(row->max)) return;
  if (isinf(row->max)) {
    snprintf(part, sizeof part, " >= %g", row->min);
  } else if (isinf(row->min)) {
    snprintf(part, sizeof part, " <= %g", row->max);
  } else {
    snprintf(part, sizeof part, " in [%.10g, %.10g]", row->min, row->max);
  }
  append(text, size, part);
}

const char *graft_option_expected(const graft_option *row, char *text, size_t size) {
  static const char *const kind[] = {"true or false",          "an integer", "a number", "text",
                                     "a comma-separated list", "text"};
  text[0] = '\0';
  if (row->choices) {
    append(text, size, row->type == GRAFT_OPTION_LIST ? "a list out of " : "one of ");
    for (size_t i = 0; row->choices(i); i++) {
      if (i) append(text, size, ", ");
      append(text, size, row->choices(i));
    }
    if (row->type == GRAFT_OPTION_NAME) append(text, size, " or a file");
    return text;
  }
  append(text, size, kind[row->type]);
  if (row->type == GRAFT_OPTION_INT || row->type == GRAFT_OPTION_REAL) {
    append_range(row, text, size);
  }
  if (row->unit) {
    append(text, size, " ");
    append(text, size, row->unit);
  }
  return text;
}

static graft_status refuse(const graft_option *row, const char *origin, const char *text) {
  char expected[TEXT];
  return graft_error_set(GRAFT_USAGE, __FILE__, __LINE__, "%s: expected %s, got '%s'", origin,
                         graft_option_expected(row, expected, sizeof expected), text);
}

static graft_status set_bool(const graft_option *row, bool *field, const char *origin,
                             const char *text) {
  static const char *const yes[] = {"true", "yes", "on", "1"}, *const no[] = {"false", "no", "off",
                                                                              "0"};
  for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
    if (strcmp(text, yes[i]) == 0 || strcmp(text, no[i]) == 0) {
      *field = strcmp(text, yes[i]) == 0;
      return GRAFT_OK;
    }
  }
  return refuse(row, origin, text);
}

static graft_status set_int(const graft_option *row, long long *field, const char *origin,
                            const char *text) {
  char *end;
  errno = 0;
  long long value = strtoll(text, &end, 10);
  bool whole = end != text && *end == '\0' && errno == 0;
  if (!whole || (double)value < row->min || (double)value > row->max) {
    return refuse(row, origin, text);
  }
  *field = value;
  return GRAFT_OK;
}

static graft_status set_real(const graft_option *row, double *field, const char *origin,
                             const char *text) {
  char *end;
  double value = strtod(text, &end);
  if (end == text || *end != '\0' || !isfinite(value) || value < row->min || value > row->max) {
    return refuse(row, origin, text);
  }
  *field = value;
  return GRAFT_OK;
}

/* Is text[0, length) one of the choices? If not, *near is the closest one. */
static bool is_choice(const graft_option *row, const char *text, size_t length, const char **near) {
  char name[MAX_NAME + 1];
  size_t best = MAX_NAME + 2;
  if (length > MAX_NAME) length = MAX_NAME;
  memcpy(name, text, length);
  name[length] = '\0';
  for (size_t i = 0; row->choices(i); i++) {
    size_t distance = graft_name_distance(name, row->choices(i));
    if (distance == 0) return true;
    if (distance < best) {
      best = distance;
      *near = row->choices(i);
    }
  }
  return false;
}

static graft_status check_choice(const graft_option *row, const char *origin, const char *text,
                                 size_t length) {
  char expected[TEXT], name[MAX_NAME + 1], hint[GRAFT_HINT_SIZE];
  const char *near = NULL;
  if (is_choice(row, text, length, &near)) return GRAFT_OK;
  graft_option_expected(row, expected, sizeof expected);
  snprintf(name, sizeof name, "%.*s", (int)(length < MAX_NAME ? length : MAX_NAME), text);
  return graft_error_set(GRAFT_USAGE, __FILE__, __LINE__, "%s: expected %s, got '%.*s'%s", origin,
                         expected, (int)length, text, graft_name_hint(name, near, hint));
}

static graft_status set_text(const graft_option *row, char *field, const char *origin,
                             const char *text) {
  GRAFT_CHECK(strlen(text) < row->capacity, USAGE, "%s: expected at most %zu characters, got %zu",
              origin, row->capacity - 1, strlen(text));
  if (row->choices && row->type == GRAFT_OPTION_STRING) {
    GRAFT_TRY(check_choice(row, origin, text, strlen(text)));
  }
  if (row->choices && row->type == GRAFT_OPTION_NAME && *text && !strpbrk(text, "./")) {
    GRAFT_TRY(check_choice(row, origin, text, strlen(text)));
  }
  if (row->choices && row->type == GRAFT_OPTION_LIST && *text) {
    for (const char *item = text; item; item = strchr(item, ',') ? strchr(item, ',') + 1 : NULL) {
      GRAFT_TRY(check_choice(row, origin, item, strcspn(item, ",")));
    }
  }
  memmove(field, text, strlen(text) + 1);
  return GRAFT_OK;
}

graft_status graft_option_set(const graft_option *row, void *config, const char *origin,
                              const char *text) {
  void *field = (char *)config + row->offset;
  switch (row->type) {
  case GRAFT_OPTION_BOOL: return set_bool(row, field, origin, text);
  case GRAFT_OPTION_INT: return set_int(row, field, origin, text);
  case GRAFT_OPTION_REAL: return set_real(row, field, origin, text);
  case GRAFT_OPTION_STRING:
  case GRAFT_OPTION_LIST:
  case GRAFT_OPTION_NAME: return set_text(row, field, origin, text);
  }
  return graft_error_set(GRAFT_INTERNAL, __FILE__, __LINE__, "option %s: bad type", row->name);
}

const char *graft_option_get(const graft_option *row, const void *config, char *text, size_t size) {
  const void *field = (const char *)config + row->offset;
  switch (row->type) {
  case GRAFT_OPTION_BOOL: snprintf(text, size, *(const bool *)field ? "true" : "false"); break;
  case GRAFT_OPTION_INT: snprintf(text, size, "%lld", *(const long long *)field); break;
  case GRAFT_OPTION_REAL: {
    double value = *(const double *)field;
    snprintf(text, size, "%.15g", value);
    double back = strtod(text, NULL);
    if (back < value || back > value) snprintf(text, size, "%.17g", value);
    break;
  }
  case GRAFT_OPTION_STRING:
  case GRAFT_OPTION_LIST:
  case GRAFT_OPTION_NAME: snprintf(text, size, "%s", (const char *)field); break;
  }
  return text;
}

graft_status graft_option_defaults(const graft_option *rows, void *config) {
  for (const graft_option *row = rows; row->name; row++) {
    if (graft_option_set(row, config, row->name, row->value) != GRAFT_OK) {
      return graft_error_set(GRAFT_INTERNAL, __FILE__, __LINE__,
                             "option %s: its own default '%s' is refused", row->name, row->value);
    }
  }
  return GRAFT_OK;
}
