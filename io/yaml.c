/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/yaml.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "base/arena.h"
#include "io/atomic.h"

enum { MAX_DEPTH = 32 };

struct reader {
  yaml_parser_t parser;
  yaml_event_t event;
  const char *name;
};

static int line_of(const struct reader *r) { return (int)r->event.start_mark.line + 1; }

static graft_status copy_text(const char *from, size_t n, char **to) {
  GRAFT_TRY(graft_alloc(to, n + 1, 1));
  memcpy(*to, from, n);
  return GRAFT_OK;
}

static graft_status next(struct reader *r) {
  yaml_event_delete(&r->event);
  if (yaml_parser_parse(&r->parser, &r->event)) return GRAFT_OK;
  memset(&r->event, 0, sizeof r->event);
  const yaml_parser_t *p = &r->parser;
  GRAFT_CHECK(p->error != YAML_MEMORY_ERROR, MEMORY, "%s: out of memory", r->name);
  GRAFT_CHECK(p->error != YAML_READER_ERROR, INPUT, "%s: not UTF-8 text: %s", r->name,
              p->problem ? p->problem : "unknown");
  return graft_error_set(GRAFT_INPUT, __FILE__, __LINE__, "%s:%zu: not YAML: %s%s%s", r->name,
                         p->problem_mark.line + 1, p->problem ? p->problem : "unknown problem",
                         p->context ? " " : "", p->context ? p->context : "");
}

void graft_yaml_tree_fini(graft_yaml_node *root) {
  for (size_t i = 0; i < root->children; i++) graft_yaml_tree_fini(&root->child[i]);
  graft_free(root->child);
  graft_free(root->key);
  graft_free(root->text);
  *root = (graft_yaml_node){0};
}

const graft_yaml_node *graft_yaml_child(const graft_yaml_node *node, const char *key) {
  for (size_t i = 0; i < node->children; i++) {
    if (node->child[i].key && strcmp(node->child[i].key, key) == 0) return &node->child[i];
  }
  return NULL;
}

static graft_status add_child(graft_yaml_node *node, graft_yaml_node **child) {
  GRAFT_TRY(graft_grow(&node->child, &node->capacity, node->children, sizeof *node->child));
  *child = &node->child[node->children++];
  **child = (graft_yaml_node){0};
  return GRAFT_OK;
}

static graft_status refuse_extras(const struct reader *r) {
  const yaml_event_t *e = &r->event;
  bool anchor = (e->type == YAML_SCALAR_EVENT && (e->data.scalar.anchor || e->data.scalar.tag)) ||
                (e->type == YAML_SEQUENCE_START_EVENT &&
                 (e->data.sequence_start.anchor || e->data.sequence_start.tag)) ||
                (e->type == YAML_MAPPING_START_EVENT &&
                 (e->data.mapping_start.anchor || e->data.mapping_start.tag));
  GRAFT_CHECK(!anchor && e->type != YAML_ALIAS_EVENT, INPUT,
              "%s:%d: expected plain YAML, got an anchor, alias or tag", r->name, line_of(r));
  return GRAFT_OK;
}

static graft_status read_node(struct reader *r, graft_yaml_node *node, int depth);

/* The event is the key of a mapping's next pair: read it and its value. */
static graft_status read_pair(struct reader *r, graft_yaml_node *node, int depth) {
  graft_yaml_node *child;
  GRAFT_CHECK(r->event.type == YAML_SCALAR_EVENT, INPUT,
              "%s:%d: expected a text as key, got a list or a mapping", r->name, line_of(r));
  const char *key = (const char *)r->event.data.scalar.value;
  const graft_yaml_node *same = graft_yaml_child(node, key);
  GRAFT_CHECK(!same, INPUT, "%s:%d: key '%s' is already given in line %d", r->name, line_of(r), key,
              same->line);
  GRAFT_CHECK(key[0], INPUT, "%s:%d: expected a key, got an empty text", r->name, line_of(r));
  GRAFT_TRY(add_child(node, &child));
  int line = line_of(r);
  GRAFT_TRY(copy_text(key, strlen(key), &child->key));
  GRAFT_TRY(next(r));
  GRAFT_TRY(read_node(r, child, depth + 1));
  child->line = line;
  return GRAFT_OK;
}

/* The event starts the node; afterwards it is the one that ended it. */
static graft_status read_node(struct reader *r, graft_yaml_node *node, int depth) {
  graft_yaml_node *child;
  GRAFT_CHECK(depth < MAX_DEPTH, INPUT, "%s:%d: nested deeper than %d", r->name, line_of(r),
              MAX_DEPTH);
  GRAFT_TRY(refuse_extras(r));
  node->line = line_of(r);
  switch (r->event.type) {
  case YAML_SCALAR_EVENT: {
    const char *value = (const char *)r->event.data.scalar.value;
    size_t length = r->event.data.scalar.length;
    bool plain = r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    bool null = plain && (strcmp(value, "~") == 0 || strcmp(value, "null") == 0);
    GRAFT_CHECK(memchr(value, '\0', length) == NULL, INPUT, "%s:%d: NUL byte in a text", r->name,
                node->line);
    return copy_text(null ? "" : value, null ? 0 : length, &node->text);
  }
  case YAML_SEQUENCE_START_EVENT:
    node->kind = GRAFT_YAML_SEQUENCE;
    for (;;) {
      GRAFT_TRY(next(r));
      if (r->event.type == YAML_SEQUENCE_END_EVENT) return GRAFT_OK;
      GRAFT_TRY(add_child(node, &child));
      GRAFT_TRY(read_node(r, child, depth + 1));
    }
  case YAML_MAPPING_START_EVENT:
    node->kind = GRAFT_YAML_MAPPING;
    for (;;) {
      GRAFT_TRY(next(r));
      if (r->event.type == YAML_MAPPING_END_EVENT) return GRAFT_OK;
      GRAFT_TRY(refuse_extras(r));
      GRAFT_TRY(read_pair(r, node, depth));
    }
  default: return graft_error_set(GRAFT_INPUT, __FILE__, __LINE__, "%s: not YAML", r->name);
  }
}

static graft_status read_stream(struct reader *r, graft_yaml_node *root) {
  GRAFT_TRY(next(r)); /* stream start */
  GRAFT_TRY(next(r)); /* document start, or the end of an empty stream */
  if (r->event.type == YAML_STREAM_END_EVENT) {
    root->kind = GRAFT_YAML_MAPPING;
    return GRAFT_OK;
  }
  GRAFT_TRY(next(r));
  GRAFT_TRY(read_node(r, root, 0));
  GRAFT_TRY(next(r)); /* document end */
  GRAFT_TRY(next(r));
  GRAFT_CHECK(r->event.type == YAML_STREAM_END_EVENT, INPUT,
              "%s:%d: expected one document, got another one", r->name, line_of(r));
  return GRAFT_OK;
}

graft_status graft_yaml_tree_parse(const char *text, const char *name, graft_yaml_node *root) {
  struct reader r = {.name = name};
  *root = (graft_yaml_node){0};
  GRAFT_CHECK(yaml_parser_initialize(&r.parser), MEMORY, "%s: out of memory", name);
  yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, strlen(text));
  graft_status status = read_stream(&r, root);
  yaml_event_delete(&r.event);
  yaml_parser_delete(&r.parser);
  if (status != GRAFT_OK) graft_yaml_tree_fini(root);
  return status;
}

graft_status graft_yaml_tree_read(const char *path, graft_yaml_node *root) {
  char *text;
  *root = (graft_yaml_node){0};
  GRAFT_TRY(graft_text_read(path, &text));
  graft_status status = graft_yaml_tree_parse(text, path, root);
  graft_free(text);
  return status;
}
