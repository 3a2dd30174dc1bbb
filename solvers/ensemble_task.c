/* SPDX-License-Identifier: BSD-2-Clause */
/* What a configuration means: its tasks, law, right-hand side and boundary values. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "solvers/ensemble_impl.h"
#include "solvers/region_text.h"

/* The i-th item of a list with commas between; returns the number of items, 0 for "". */
static size_t item_of(const char *list, size_t i, const char **item, size_t *length) {
  size_t count = 0;
  for (const char *at = list; *at; count++) {
    size_t n = strcspn(at, ",");
    if (count == i) {
      *item = at;
      *length = n;
    }
    at += n + (at[n] == ',');
  }
  return count;
}

static void copy(char name[GRAFT_NAME_SIZE], const char *text, size_t length) {
  if (length >= GRAFT_NAME_SIZE) length = GRAFT_NAME_SIZE - 1;
  memcpy(name, text, length);
  name[length] = '\0';
}

/* File name without directory and ending. */
static void name_after(char name[GRAFT_NAME_SIZE], const char *path, size_t length) {
  size_t start = length, end = length;
  while (start > 0 && path[start - 1] != '/') start--;
  for (size_t i = start + 1; i < length; i++) {
    if (path[i] == '.') end = i;
  }
  copy(name, path + start, end - start);
}

size_t graft_task_get(const graft_solve_config *config, size_t i, graft_task *task) {
  const graft_problem_type *problem = graft_problem_find(config->problem);
  const char *list = config->shapes, *item = "";
  size_t length = 0;
  if (!*list && !*config->region) list = problem ? problem->shapes : "";
  size_t shapes = item_of(list, i, &item, &length);
  *task = (graft_task){.file = NULL};
  if (i < shapes) {
    copy(task->name, item, length);
    task->domain = graft_domain_find(task->name);
  }
  size_t files = item_of(config->region, i - shapes, &item, &length);
  if (i >= shapes && i < shapes + files) {
    name_after(task->name, item, length);
    task->file = item;
    task->length = length;
  }
  return shapes + files;
}

graft_status graft_task_region(const graft_task *task, uint64_t seed, uint64_t index,
                               graft_region *region) {
  char path[1024];
  if (!task->file) return graft_domain_draw(task->name, seed, index, region);
  GRAFT_CHECK(task->length < sizeof path, USAGE, "-region: expected shorter names");
  memcpy(path, task->file, task->length);
  path[task->length] = '\0';
  return graft_region_read(path, &graft_unit_square, region);
}

const graft_field_type *graft_solve_law(const graft_solve_config *config) {
  const graft_problem_type *problem = graft_problem_find(config->problem);
  const char *name = *config->field ? config->field : problem ? problem->field : "";
  return graft_field_find(name);
}

graft_status graft_solve_boundary(const graft_solve_config *config, double b[3]) {
  const char *item = NULL;
  size_t length = 0, count = item_of(config->boundary, 0, &item, &length);
  b[0] = b[1] = b[2] = 0;
  for (size_t i = 0; i < count && i < 3; i++) {
    char *end;
    item_of(config->boundary, i, &item, &length);
    b[i] = strtod(item, &end);
    if (end != item + length || length == 0 || !(b[i] > -1e30 && b[i] < 1e30)) count = 99;
  }
  GRAFT_CHECK(count <= 1 || count == 3, USAGE,
              "-boundary: expected a number, or a,b,c for a + b x + c y, got '%s'",
              config->boundary);
  return GRAFT_OK;
}

bool graft_solve_constant_f(const graft_solve_config *config, double *f) {
  char *end;
  *f = strtod(config->f, &end);
  return end != config->f && *end == '\0' && *f > -1e30 && *f < 1e30;
}
