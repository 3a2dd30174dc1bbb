/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_SIZE = 1024, WHERE_SIZE = 256 };

/* The errno idea: one record per thread, read only after a failing status. */
static _Thread_local char error_text[TEXT_SIZE];
static _Thread_local char error_where[WHERE_SIZE];

static const struct {
  int exit_code;
  const char *text;
} table[GRAFT_STATUS_COUNT] = {
#define ROW(name, code, text) [GRAFT_##name] = {code, text},
    GRAFT_STATUS_LIST(ROW)
#undef ROW
};

const char *graft_status_text(graft_status status) {
  return (unsigned)status < GRAFT_STATUS_COUNT ? table[status].text : "unknown status";
}

int graft_status_exit_code(graft_status status) {
  return (unsigned)status < GRAFT_STATUS_COUNT ? table[status].exit_code : 1;
}

graft_status graft_error_set(graft_status status, const char *file, int line, const char *format,
                             ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(error_text, sizeof error_text, format, args);
  va_end(args);
  snprintf(error_where, sizeof error_where, "%s:%d", file, line);
  return status;
}

void graft_error_prefix(const char *format, ...) {
  char old[TEXT_SIZE];
  memcpy(old, error_text, sizeof old);
  error_text[0] = '\0';
  va_list args;
  va_start(args, format);
  int n = vsnprintf(error_text, sizeof error_text, format, args);
  va_end(args);
  if (n < 0 || (size_t)n + 3 > sizeof error_text) return;
  size_t used = (size_t)n, room = sizeof error_text - used - 3, length = strlen(old);
  if (length > room) length = room;
  memcpy(error_text + used, ": ", 2);
  memcpy(error_text + used + 2, old, length);
  error_text[used + 2 + length] = '\0';
}

const char *graft_error_message(void) { return error_text; }

const char *graft_error_where(void) { return error_where; }
