/* SPDX-License-Identifier: BSD-2-Clause */
#include "solvers/region_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "io/yaml.h"

enum { MOST_VERTICES = 10000, NAME = 64 };

/* A file being read, and where in it. */
struct reader {
  const char *name;
  graft_region *region;
  size_t loop, vertex; /* vertex counts from 1; 0: none */
};

/* "hole 2, vertex 3: " or "outer loop: ". */
static const char *place(const struct reader *r, char *text) {
  int n = r->loop ? snprintf(text, NAME, "hole %zu", r->loop) : snprintf(text, NAME, "outer loop");
  if (r->vertex) {
    snprintf(text + n, NAME - (size_t)n, ", vertex %zu: ", r->vertex);
  } else {
    snprintf(text + n, NAME - (size_t)n, ": ");
  }
  return text;
}

static graft_status read_number(const struct reader *r, const graft_yaml_node *node, double *out) {
  char *end = NULL, where[NAME];
  bool scalar = node->kind == GRAFT_YAML_SCALAR && node->text && *node->text &&
                strspn(node->text, "0123456789+-.eE") == strlen(node->text);
  if (scalar) *out = strtod(node->text, &end);
  GRAFT_CHECK(scalar && *end == '\0' && isfinite(*out), INPUT,
              "%s:%d: %sexpected a number, got %s%.40s%s", r->name, node->line, place(r, where),
              node->text ? "'" : "", node->text ? node->text : "a list or a mapping",
              node->text ? "'" : "");
  return GRAFT_OK;
}

static graft_status read_point(const struct reader *r, const graft_yaml_node *node, double *xy) {
  char where[NAME];
  GRAFT_CHECK(node->kind == GRAFT_YAML_SEQUENCE && node->children == 2, INPUT,
              "%s:%d: %sexpected a point [x, y]", r->name, node->line, place(r, where));
  GRAFT_TRY(read_number(r, &node->child[0], &xy[0]));
  return read_number(r, &node->child[1], &xy[1]);
}

/* [x, y] or {arc: [x, y], bulge: b}. */
static graft_status read_vertex(const struct reader *r, const graft_yaml_node *node,
                                graft_vertex *vertex) {
  char where[NAME];
  double xy[2] = {0.0, 0.0};
  vertex->bulge = 0.0;
  if (node->kind == GRAFT_YAML_MAPPING) {
    const graft_yaml_node *arc = graft_yaml_child(node, "arc");
    const graft_yaml_node *bulge = graft_yaml_child(node, "bulge");
    GRAFT_CHECK(arc && bulge && node->children == 2, INPUT,
                "%s:%d: %sexpected [x, y] or {arc: [x, y], bulge: b}", r->name, node->line,
                place(r, where));
    GRAFT_TRY(read_number(r, bulge, &vertex->bulge));
    node = arc;
  }
  GRAFT_TRY(read_point(r, node, xy));
  vertex->x = xy[0];
  vertex->y = xy[1];
  return GRAFT_OK;
}

static graft_status read_circle(const struct reader *r, const graft_yaml_node *node) {
  char where[NAME];
  const graft_yaml_node *circle = graft_yaml_child(node, "circle");
  const graft_yaml_node *centre = circle ? graft_yaml_child(circle, "centre") : NULL;
  const graft_yaml_node *radius = circle ? graft_yaml_child(circle, "radius") : NULL;
  double xy[2] = {0.0, 0.0}, length = 0.0;
  GRAFT_CHECK(centre && radius && circle->children == 2 && node->children == 1, INPUT,
              "%s:%d: %sexpected circle: {centre: [x, y], radius: r}", r->name, node->line,
              place(r, where));
  GRAFT_TRY(read_point(r, centre, xy));
  GRAFT_TRY(read_number(r, radius, &length));
  graft_status status = graft_region_add_circle(r->region, xy[0], xy[1], length);
  if (status != GRAFT_OK) graft_error_prefix("%s:%d", r->name, node->line);
  return status;
}

/* Line of a loop's vertex, or of the loop. */
static int line_of(const graft_yaml_node *loop, size_t vertex) {
  bool known = loop->kind == GRAFT_YAML_SEQUENCE && vertex > 0 && vertex <= loop->children;
  return known ? loop->child[vertex - 1].line : loop->line;
}

static graft_status read_vertices(struct reader *r, const graft_yaml_node *node) {
  graft_status status = GRAFT_OK;
  graft_vertex *vertex;
  graft_region_fault fault;
  GRAFT_CHECK(node->children <= MOST_VERTICES, INPUT,
              "%s:%d: expected at most %d vertices, got %zu", r->name, node->line, MOST_VERTICES,
              node->children);
  GRAFT_TRY(graft_alloc(&vertex, node->children, sizeof *vertex));
  for (size_t i = 0; i < node->children; i++) {
    r->vertex = i + 1;
    GRAFT_TRY_TO(done, read_vertex(r, &node->child[i], &vertex[i]));
  }
  status = graft_vertices_check(r->loop, node->children, vertex, &fault);
  if (status != GRAFT_OK) {
    graft_error_prefix("%s:%d", r->name, line_of(node, fault.vertex));
    goto done;
  }
  GRAFT_TRY_TO(done, graft_region_add_loop(r->region, node->children, vertex));
done:
  graft_free(vertex);
  return status;
}

static graft_status read_loop(struct reader *r, const graft_yaml_node *node) {
  char where[NAME];
  r->loop = r->region->loops;
  r->vertex = 0;
  if (node->kind == GRAFT_YAML_MAPPING) return read_circle(r, node);
  GRAFT_CHECK(node->kind == GRAFT_YAML_SEQUENCE, INPUT,
              "%s:%d: %sexpected a list of vertices or circle: {centre: [x, y], radius: r}",
              r->name, node->line, place(r, where));
  return read_vertices(r, node);
}

static graft_status read_region(struct reader *r, const graft_yaml_node *root,
                                const graft_box *box) {
  const graft_yaml_node *node =
      root->kind == GRAFT_YAML_MAPPING ? graft_yaml_child(root, "region") : NULL;
  GRAFT_CHECK(node && node->kind == GRAFT_YAML_MAPPING && root->children == 1, INPUT,
              "%s: expected the key 'region' with outer and holes, and no other key", r->name);
  const graft_yaml_node *outer = graft_yaml_child(node, "outer");
  const graft_yaml_node *holes = graft_yaml_child(node, "holes");
  for (size_t i = 0; i < node->children; i++) {
    GRAFT_CHECK(&node->child[i] == outer || &node->child[i] == holes, INPUT,
                "%s:%d: unknown key '%s' in 'region', expected outer or holes", r->name,
                node->child[i].line, node->child[i].key);
  }
  GRAFT_CHECK(outer, INPUT, "%s:%d: expected the key 'outer' in 'region'", r->name, node->line);
  GRAFT_CHECK(!holes || (holes->kind == GRAFT_YAML_SEQUENCE && holes->children <= MOST_VERTICES),
              INPUT, "%s:%d: holes: expected a list of at most %d loops", r->name, holes->line,
              MOST_VERTICES);
  GRAFT_TRY(read_loop(r, outer));
  for (size_t i = 0; holes && i < holes->children; i++) GRAFT_TRY(read_loop(r, &holes->child[i]));
  GRAFT_CHECK(r->region->edges <= MOST_VERTICES, INPUT, "%s: expected at most %d edges, got %zu",
              r->name, MOST_VERTICES, r->region->edges);
  graft_region_fault fault;
  graft_status status = graft_region_check(r->region, box, &fault);
  if (status == GRAFT_INPUT) {
    const graft_yaml_node *loop = fault.loop ? &holes->child[fault.loop - 1] : outer;
    graft_error_prefix("%s:%d", r->name, line_of(loop, fault.vertex));
  }
  return status;
}

static graft_status read_tree(const graft_yaml_node *root, const char *name, const graft_box *box,
                              graft_region *region) {
  struct reader r = {.name = name, .region = region};
  graft_region_init(region);
  graft_status status = read_region(&r, root, box);
  if (status != GRAFT_OK) graft_region_fini(region);
  return status;
}

graft_status graft_region_parse(const char *text, const char *name, graft_region *region) {
  graft_yaml_node root;
  graft_region_init(region);
  GRAFT_TRY(graft_yaml_tree_parse(text, name, &root));
  graft_status status = read_tree(&root, name, NULL, region);
  graft_yaml_tree_fini(&root);
  return status;
}

graft_status graft_region_read(const char *path, const graft_box *box, graft_region *region) {
  graft_yaml_node root;
  graft_region_init(region);
  GRAFT_TRY(graft_yaml_tree_read(path, &root));
  graft_status status = read_tree(&root, path, box, region);
  graft_yaml_tree_fini(&root);
  return status;
}
