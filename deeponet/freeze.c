/* SPDX-License-Identifier: BSD-2-Clause */
#include "deeponet/freeze.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/option.h"

static const graft_freeze_list lists[] = {
#define GRAFT_FREEZE(name, source, summary, items) {#name, summary, source, items},
#include "deeponet/freeze.def"
#undef GRAFT_FREEZE
};
enum { LISTS = sizeof lists / sizeof *lists };

const graft_freeze_list *graft_freeze_list_get(size_t i) { return i < LISTS ? &lists[i] : NULL; }

/* Does a pattern cover a name, or a leading part of it that ends before a '/'? */
static bool covers(const char *pattern, const char *name) {
  if (*pattern == '*') return covers(pattern + 1, name) || (*name && covers(pattern, name + 1));
  if (*pattern == '\0') return *name == '\0' || *name == '/';
  if (*name == '\0') return false;
  const char letter = *pattern == '.' ? '/' : *pattern;
  return letter == *name && covers(pattern + 1, name + 1);
}

static size_t mark(const char *pattern, bool freeze, const graft_layout *layout,
                   unsigned char *frozen) {
  size_t found = 0;
  for (size_t i = 0; i < layout->blocks; i++) {
    if (!covers(pattern, layout->block[i].name)) continue;
    frozen[i] = freeze;
    found++;
  }
  return found;
}

/* Keep the nearer one of two names. */
static void consider(const char *item, const char *name, char near[GRAFT_NAME_SIZE]) {
  if (*near && graft_name_distance(item, near) <= graft_name_distance(item, name)) return;
  snprintf(near, GRAFT_NAME_SIZE, "%s", name);
}

static graft_status refuse(const char *item, const graft_layout *layout) {
  char near[GRAFT_NAME_SIZE] = "", part[GRAFT_NAME_SIZE], hint[GRAFT_HINT_SIZE];
  for (size_t i = 0; i < LISTS; i++) consider(item, lists[i].name, near);
  for (size_t i = 0; i < layout->blocks; i++) { /* branch, branch/dense1, branch/dense1/weight */
    const char *name = layout->block[i].name;
    for (size_t n = 0; n <= strlen(name); n++) {
      if (name[n] != '/' && name[n] != '\0') continue;
      snprintf(part, sizeof part, "%.*s", (int)n, name);
      consider(item, part, near);
    }
  }
  return graft_error_set(GRAFT_USAGE, __FILE__, __LINE__,
                         "-freeze: expected layers of the network (see graft-info), a list of "
                         "them by name, or none, got '%s'%s",
                         item, graft_name_hint(item, near, hint));
}

/* Items of a text without names of lists; @p strict: each one must match. */
static graft_status apply(const char *text, bool strict, const graft_layout *layout,
                          unsigned char *frozen);

static graft_status apply_item(const char *item, bool strict, const graft_layout *layout,
                               unsigned char *frozen) {
  const bool thaw = *item == '!';
  const char *pattern = item + thaw;
  if (strcmp(pattern, "none") == 0) {
    memset(frozen, 0, layout->blocks);
    return GRAFT_OK;
  }
  for (size_t i = 0; strict && !thaw && i < LISTS; i++) {
    if (strcmp(lists[i].name, pattern) == 0) return apply(lists[i].items, false, layout, frozen);
  }
  if (mark(pattern, !thaw, layout, frozen) == 0 && strict) return refuse(pattern, layout);
  return GRAFT_OK;
}

static graft_status apply(const char *text, bool strict, const graft_layout *layout,
                          unsigned char *frozen) {
  char item[GRAFT_NAME_SIZE];
  while (*text) {
    size_t length = strcspn(text, ",");
    GRAFT_CHECK(length > 0 && length < sizeof item, USAGE,
                "-freeze: expected names of less than %d letters with commas, got '%s'",
                GRAFT_NAME_SIZE, text);
    memcpy(item, text, length);
    item[length] = '\0';
    GRAFT_TRY(apply_item(item, strict, layout, frozen));
    text += length + (text[length] == ',');
  }
  return GRAFT_OK;
}

graft_status graft_freeze_find(const char *list, const graft_layout *layout,
                               unsigned char *frozen) {
  size_t left = 0;
  memset(frozen, 0, layout->blocks);
  GRAFT_TRY(apply(list, true, layout, frozen));
  for (size_t i = 0; i < layout->blocks; i++) left += !frozen[i];
  GRAFT_CHECK(left > 0, USAGE, "-freeze: expected some layers left to train, got '%s', all of them",
              list);
  return GRAFT_OK;
}
