/* SPDX-License-Identifier: BSD-2-Clause */
#include "apps/region_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "io/yaml.h"

static graft_status read_number(const graft_yaml_node *node, const char *name, double *out) {
  char *end = NULL;
  bool scalar = node->kind == GRAFT_YAML_SCALAR && node->text && *node->text;
  if (scalar) *out = strtod(node->text, &end);
  GRAFT_CHECK(scalar && *end == '\0' && isfinite(*out), INPUT, "%s:%d: expected a number, got '%s'",
              name, node->line, scalar ? node->text : "something else");
  return GRAFT_OK;
}

static graft_status read_point(const graft_yaml_node *node, const char *name, double *xy) {
  GRAFT_CHECK(node->kind == GRAFT_YAML_SEQUENCE && node->children == 2, INPUT,
              "%s:%d: expected a point [x, y]", name, node->line);
  GRAFT_TRY(read_number(&node->child[0], name, &xy[0]));
  return read_number(&node->child[1], name, &xy[1]);
}

/* [x, y] or {arc: [x, y], bulge: b}. */
static graft_status read_vertex(const graft_yaml_node *node, const char *name,
                                graft_vertex *vertex) {
  double xy[2] = {0.0, 0.0};
  vertex->bulge = 0.0;
  if (node->kind == GRAFT_YAML_MAPPING) {
    const graft_yaml_node *arc = graft_yaml_child(node, "arc");
    const graft_yaml_node *bulge = graft_yaml_child(node, "bulge");
    GRAFT_CHECK(arc && bulge && node->children == 2, INPUT,
                "%s:%d: expected a vertex [x, y] or {arc: [x, y], bulge: b}", name, node->line);
    GRAFT_TRY(read_number(bulge, name, &vertex->bulge));
    node = arc;
  }
  GRAFT_TRY(read_point(node, name, xy));
  vertex->x = xy[0];
  vertex->y = xy[1];
  return GRAFT_OK;
}

static graft_status read_circle(const graft_yaml_node *node, const char *name,
                                graft_region *region) {
  const graft_yaml_node *centre = graft_yaml_child(node, "centre");
  const graft_yaml_node *radius = graft_yaml_child(node, "radius");
  double xy[2] = {0.0, 0.0}, r = 0.0;
  GRAFT_CHECK(centre && radius && node->children == 2, INPUT,
              "%s:%d: expected circle: {centre: [x, y], radius: r}", name, node->line);
  GRAFT_TRY(read_point(centre, name, xy));
  GRAFT_TRY(read_number(radius, name, &r));
  return graft_region_add_circle(region, xy[0], xy[1], r);
}

static graft_status read_loop(const graft_yaml_node *node, const char *name, graft_region *region) {
  const graft_yaml_node *circle =
      node->kind == GRAFT_YAML_MAPPING ? graft_yaml_child(node, "circle") : NULL;
  graft_vertex *vertex;
  graft_status status = GRAFT_OK;
  if (circle) {
    status = read_circle(circle, name, region);
  } else {
    GRAFT_CHECK(node->kind == GRAFT_YAML_SEQUENCE, INPUT,
                "%s:%d: expected a list of vertices or {circle: …}", name, node->line);
    GRAFT_TRY(graft_alloc(&vertex, node->children, sizeof *vertex));
    for (size_t i = 0; i < node->children && status == GRAFT_OK; i++) {
      status = read_vertex(&node->child[i], name, &vertex[i]);
    }
    if (status == GRAFT_OK) status = graft_region_add_loop(region, node->children, vertex);
    graft_free(vertex);
  }
  return status;
}

static graft_status read_region(const graft_yaml_node *root, const char *name,
                                graft_region *region) {
  const graft_yaml_node *node = graft_yaml_child(root, "region");
  GRAFT_CHECK(node && node->kind == GRAFT_YAML_MAPPING, INPUT, "%s: expected the key 'region'",
              name);
  const graft_yaml_node *outer = graft_yaml_child(node, "outer");
  const graft_yaml_node *holes = graft_yaml_child(node, "holes");
  GRAFT_CHECK(outer, INPUT, "%s:%d: expected the key 'outer' in 'region'", name, node->line);
  for (size_t i = 0; i < node->children; i++) {
    GRAFT_CHECK(&node->child[i] == outer || &node->child[i] == holes, INPUT,
                "%s:%d: unknown key '%s' in 'region', expected outer or holes", name,
                node->child[i].line, node->child[i].key);
  }
  GRAFT_TRY(read_loop(outer, name, region));
  for (size_t i = 0; holes && i < holes->children; i++) {
    GRAFT_TRY(read_loop(&holes->child[i], name, region));
  }
  return graft_region_validate(region, NULL);
}

graft_status graft_region_parse(const char *text, const char *name, graft_region *region) {
  graft_yaml_node root;
  GRAFT_TRY(graft_yaml_tree_parse(text, name, &root));
  graft_region_init(region);
  graft_status status = root.kind == GRAFT_YAML_MAPPING ? GRAFT_OK : GRAFT_INPUT;
  if (status == GRAFT_OK) status = read_region(&root, name, region);
  if (status != GRAFT_OK) graft_region_fini(region);
  graft_yaml_tree_fini(&root);
  return status;
}
