/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_IO_YAML_H
#define GRAFT_IO_YAML_H

/** @file yaml.h
 *  YAML by libyaml, in two forms: a tree with line numbers (region files) and, from it, a flat list
 *  of keys and values (options files, as PETSc reads them: `ksp: {rtol: 1}` is `ksp_rtol: 1`).
 *  Anchors, tags and several documents in one file are refused; so is a key given twice. */

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/** Kinds of nodes. */
typedef enum graft_yaml_kind {
  GRAFT_YAML_SCALAR,
  GRAFT_YAML_SEQUENCE,
  GRAFT_YAML_MAPPING,
} graft_yaml_kind;

/** One node of the tree; children are owned by their parent. */
typedef struct graft_yaml_node {
  graft_yaml_kind kind; /**< what it is */
  char *key;            /**< key within the parent mapping, NULL in sequences and at the root */
  char *text;           /**< value of a scalar, else NULL */
  int line;             /**< line of the node in its file, from 1 */
  size_t children;      /**< of a sequence or mapping, else 0 */
  size_t capacity;      /**< children allocated */
  struct graft_yaml_node *child; /**< [children] */
} graft_yaml_node;

/** Read YAML text into a tree (an empty text gives an empty mapping).
 *  @param name file name for messages, which start "name:line: "
 *  @param root caller's struct; release with graft_yaml_tree_fini()
 *  @return GRAFT_INPUT with one line */
GRAFT_MUST_USE graft_status graft_yaml_tree_parse(const char *text, const char *name,
                                                  graft_yaml_node *root);

/** The same from a file. */
GRAFT_MUST_USE graft_status graft_yaml_tree_read(const char *path, graft_yaml_node *root);

/** Release a tree. */
void graft_yaml_tree_fini(graft_yaml_node *root);

/** Child of a mapping by key, or NULL. Borrowed. */
const graft_yaml_node *graft_yaml_child(const graft_yaml_node *node, const char *key);

/** One key with its value. */
typedef struct graft_yaml_entry {
  char *key;   /**< nested ones joined by _ */
  char *value; /**< sequences of scalars joined by commas; null and ~ give "" */
  int line;    /**< in the file; 0 when put by hand */
} graft_yaml_entry;

/** A flat mapping, in the order of the file; caller's struct, zero-initialised. */
typedef struct graft_yaml {
  size_t entries;          /**< in use */
  size_t capacity;         /**< allocated */
  graft_yaml_entry *entry; /**< [entries], owned */
} graft_yaml;

/** Read YAML text into a flat mapping: nested keys joined by '_', sequences of scalars
 *  by ','. @p yaml is initialised by the call; release with graft_yaml_fini().
 *  @return GRAFT_INPUT with "name:line: what", e.g. a file that is not there, bad syntax, a key
 *  given twice, sequences of mappings */
GRAFT_MUST_USE graft_status graft_yaml_parse(const char *text, const char *name, graft_yaml *yaml);

/** The same from a file. */
GRAFT_MUST_USE graft_status graft_yaml_read(const char *path, graft_yaml *yaml);

/** Release the entries. */
void graft_yaml_fini(graft_yaml *yaml);

/** Entry of that key, or NULL. Borrowed until the mapping changes. */
const graft_yaml_entry *graft_yaml_find(const graft_yaml *yaml, const char *key);

/** Append (or replace) a key. */
GRAFT_MUST_USE graft_status graft_yaml_put(graft_yaml *yaml, const char *key, const char *value);

/** The mapping as YAML text, one `key: value` per line, quoted where needed, so that
 *  graft_yaml_parse() gives the same mapping. Returned in @p text (release with graft_free()). */
GRAFT_MUST_USE graft_status graft_yaml_print(const graft_yaml *yaml, char **text);

#endif
