/* SPDX-License-Identifier: BSD-2-Clause */
/* The flat form of YAML: keys and values, read from a tree and written as text. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "io/yaml.h"

enum { KEY_SIZE = 256 };

void graft_yaml_fini(graft_yaml *yaml) {
  for (size_t i = 0; i < yaml->entries; i++) {
    graft_free(yaml->entry[i].key);
    graft_free(yaml->entry[i].value);
  }
  graft_free(yaml->entry);
  *yaml = (graft_yaml){0};
}

const graft_yaml_entry *graft_yaml_find(const graft_yaml *yaml, const char *key) {
  for (size_t i = 0; i < yaml->entries; i++) {
    if (strcmp(yaml->entry[i].key, key) == 0) return &yaml->entry[i];
  }
  return NULL;
}

static graft_status copy_text(const char *from, char **to) {
  GRAFT_TRY(graft_alloc(to, strlen(from) + 1, 1));
  memcpy(*to, from, strlen(from));
  return GRAFT_OK;
}

static graft_status append(graft_yaml *yaml, const char *key, const char *value, int line) {
  GRAFT_TRY(graft_grow(&yaml->entry, &yaml->capacity, yaml->entries, sizeof *yaml->entry));
  graft_yaml_entry entry = {.line = line};
  GRAFT_TRY(copy_text(key, &entry.key));
  graft_status status = copy_text(value, &entry.value);
  if (status != GRAFT_OK) {
    graft_free(entry.key);
    return status;
  }
  yaml->entry[yaml->entries++] = entry;
  return GRAFT_OK;
}

graft_status graft_yaml_put(graft_yaml *yaml, const char *key, const char *value) {
  for (size_t i = 0; i < yaml->entries; i++) {
    if (strcmp(yaml->entry[i].key, key) != 0) continue;
    char *copy;
    GRAFT_TRY(copy_text(value, &copy));
    graft_free(yaml->entry[i].value);
    yaml->entry[i].value = copy;
    return GRAFT_OK;
  }
  return append(yaml, key, value, 0);
}

/* Texts of a sequence of scalars, joined by commas. */
static graft_status join(const graft_yaml_node *node, const char *name, char **text) {
  size_t size = 1, n = 0;
  for (size_t i = 0; i < node->children; i++) {
    const graft_yaml_node *item = &node->child[i];
    GRAFT_CHECK(item->kind == GRAFT_YAML_SCALAR, INPUT,
                "%s:%d: expected a list of plain values, got a nested one", name, item->line);
    GRAFT_CHECK(strchr(item->text, ',') == NULL, INPUT,
                "%s:%d: expected list values without a comma, got '%s'", name, item->line,
                item->text);
    size += strlen(item->text) + 1;
  }
  GRAFT_TRY(graft_alloc(text, size, 1));
  for (size_t i = 0; i < node->children; i++) {
    n += (size_t)snprintf(*text + n, size - n, "%s%s", i ? "," : "", node->child[i].text);
  }
  return GRAFT_OK;
}

static graft_status add_value(graft_yaml *yaml, const graft_yaml_node *node, const char *name,
                              const char *key) {
  const graft_yaml_entry *same = graft_yaml_find(yaml, key);
  GRAFT_CHECK(!same, INPUT, "%s:%d: key '%s' is already given in line %d", name, node->line, key,
              same->line);
  if (node->kind == GRAFT_YAML_SCALAR) return append(yaml, key, node->text, node->line);
  char *text = NULL;
  GRAFT_TRY(join(node, name, &text));
  graft_status status = append(yaml, key, text, node->line);
  graft_free(text);
  return status;
}

static graft_status flatten(graft_yaml *yaml, const graft_yaml_node *node, const char *name,
                            const char *prefix) {
  char key[KEY_SIZE];
  for (size_t i = 0; i < node->children; i++) {
    const graft_yaml_node *child = &node->child[i];
    int n = snprintf(key, sizeof key, "%s%s%s", prefix, prefix[0] ? "_" : "", child->key);
    GRAFT_CHECK(n < KEY_SIZE, INPUT, "%s:%d: expected a key shorter than %d, got %d", name,
                child->line, KEY_SIZE, n);
    if (child->kind == GRAFT_YAML_MAPPING) {
      GRAFT_TRY(flatten(yaml, child, name, key));
    } else {
      GRAFT_TRY(add_value(yaml, child, name, key));
    }
  }
  return GRAFT_OK;
}

static graft_status from_tree(graft_yaml *yaml, const graft_yaml_node *root, const char *name) {
  bool empty = root->kind == GRAFT_YAML_SCALAR && root->text && root->text[0] == '\0';
  GRAFT_CHECK(empty || root->kind == GRAFT_YAML_MAPPING, INPUT,
              "%s:%d: expected lines 'key: value', got %s", name, root->line,
              root->kind == GRAFT_YAML_SEQUENCE ? "a list" : "a text");
  graft_status status = flatten(yaml, root, name, "");
  if (status != GRAFT_OK) graft_yaml_fini(yaml);
  return status;
}

graft_status graft_yaml_parse(const char *text, const char *name, graft_yaml *yaml) {
  graft_yaml_node root;
  *yaml = (graft_yaml){0};
  GRAFT_TRY(graft_yaml_tree_parse(text, name, &root));
  graft_status status = from_tree(yaml, &root, name);
  graft_yaml_tree_fini(&root);
  return status;
}

graft_status graft_yaml_read(const char *path, graft_yaml *yaml) {
  graft_yaml_node root;
  *yaml = (graft_yaml){0};
  GRAFT_TRY(graft_yaml_tree_read(path, &root));
  graft_status status = from_tree(yaml, &root, path);
  graft_yaml_tree_fini(&root);
  return status;
}

/* Can the text stand as a plain scalar and be read back as it is? */
static bool is_plain(const char *text) {
  static const char safe[] =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+./=()^;<>$,";
  if (text[0] == '\0' || strcmp(text, "~") == 0 || strcmp(text, "null") == 0) return false;
  if (strcmp(text, "-") == 0 || strncmp(text, "--", 2) == 0 || strcmp(text, "...") == 0) {
    return false;
  }
  return strchr("=<>,", text[0]) == NULL && text[strspn(text, safe)] == '\0';
}

/* A character that must not stand as it is between double quotes: controls, line ends, byte order
 * marks. Gives its code and the number of its bytes in UTF-8, or 0. */
static unsigned special(const unsigned char *c, size_t *bytes) {
  *bytes = c[0] < 0x80 ? 1 : c[0] == 0xc2 ? 2 : 3;
  unsigned code = c[0];
  if (*bytes == 2 && c[1]) code = c[1]; /* U+0080 to U+00BF */
  if (*bytes == 3 && (c[0] & 0xf0) == 0xe0 && c[1] && c[2]) {
    code = (c[0] & 15U) << 12 | (c[1] & 63U) << 6 | (c[2] & 63U);
  }
  bool line_end = code == 0x2028 || code == 0x2029;
  bool control = code < 0x20 || (code >= 0x7f && code < 0xa0 && *bytes < 3);
  return control || line_end || code == 0xfeff || code == 0xfffe || code == 0xffff ? code : 0;
}

/* Write in double quotes, with the escapes of YAML; returns the bytes written, at most 4 for each
 * of the text and 2. */
static size_t put_quoted(char *to, const char *text) {
  size_t n = 0, bytes;
  to[n++] = '"';
  for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
    unsigned code = special(c, &bytes);
    if (code) {
      n += (size_t)snprintf(to + n, 7, code < 256 ? "\\x%02X" : "\\u%04X", code);
      c += bytes - 1;
    } else {
      if (*c == '"' || *c == '\\') to[n++] = '\\';
      to[n++] = (char)*c;
    }
  }
  to[n++] = '"';
  return n;
}

static size_t put_scalar(char *to, const char *text) {
  if (!is_plain(text)) return put_quoted(to, text);
  memcpy(to, text, strlen(text) + 1);
  return strlen(text);
}

graft_status graft_yaml_print(const graft_yaml *yaml, char **text) {
  size_t size = 1, n = 0;
  for (size_t i = 0; i < yaml->entries; i++) {
    size += 4 * (strlen(yaml->entry[i].key) + strlen(yaml->entry[i].value)) + 8;
  }
  GRAFT_TRY(graft_alloc(text, size, 1));
  for (size_t i = 0; i < yaml->entries; i++) {
    n += put_scalar(*text + n, yaml->entry[i].key);
    memcpy(*text + n, ": ", 2);
    n += 2;
    n += put_scalar(*text + n, yaml->entry[i].value);
    (*text)[n++] = '\n';
  }
  (*text)[n] = '\0';
  return GRAFT_OK;
}
