/* SPDX-License-Identifier: BSD-2-Clause */
/* Extrusion of triangles to tetrahedra.
 *
 * Method:    nodes are the triangle mesh's nodes times levels, for order 2 with levels half-way:
 *            mid-edge nodes of vertical edges stand over vertices, of horizontal and diagonal ones
 *            over mid-edge nodes. Surface faces: upper and lower ends of columns, and walls over
 *            edges that one column has and its neighbour has not.
 * Cost:      O(elements), and sorting of the triangles' sides. */
#include "geometry/solid.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

static const int pair[6][2] = {{0, 1}, {0, 2}, {0, 3}, {1, 2}, {1, 3}, {2, 3}};

void graft_solid_fini(graft_solid *solid) {
  graft_free(solid->xyz);
  graft_free(solid->element);
  graft_free(solid->face);
  graft_free(solid->face_tag);
  graft_free(solid->z);
  graft_free(solid->first);
  graft_free(solid->layer);
  *solid = (graft_solid){0};
}

size_t graft_solid_element_nodes(const graft_solid *solid) { return solid->order == 2 ? 10 : 4; }

size_t graft_solid_face_nodes(const graft_solid *solid) { return solid->order == 2 ? 6 : 3; }

void graft_tetrahedron_basis(int order, const double *reference, double *value, double *gradient) {
  static const double d[4][3] = {{-1, -1, -1}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
  double l[4] = {1 - reference[0] - reference[1] - reference[2], reference[0], reference[1],
                 reference[2]};
  for (int i = 0; i < 4; i++) {
    if (value) value[i] = order == 1 ? l[i] : l[i] * (2 * l[i] - 1);
    for (int k = 0; gradient && k < 3; k++) {
      gradient[3 * i + k] = order == 1 ? d[i][k] : (4 * l[i] - 1) * d[i][k];
    }
  }
  for (int e = 0; order == 2 && e < 6; e++) {
    int i = pair[e][0], j = pair[e][1];
    if (value) value[4 + e] = 4 * l[i] * l[j];
    for (int k = 0; gradient && k < 3; k++) {
      gradient[3 * (4 + e) + k] = 4 * (l[i] * d[j][k] + l[j] * d[i][k]);
    }
  }
}

/* A node of the lattice: a node of the triangle mesh and a level (half levels for order 2). */
struct place {
  int column;
  int level;
};

/* The extrusion under way. */
struct extrusion {
  const graft_mesh *base;
  graft_solid *solid;
  int step;    /* levels per layer: order */
  int *low;    /* [base nodes] lowest level of a column */
  int *number; /* [base nodes] number of its lowest node */
};

/* Vertices of a triangle by ascending number: places in the triangle, order[0] the least. */
static void sort_vertices(const int *node, int *order) {
  for (int i = 0; i < 3; i++) order[i] = i;
  for (int i = 0; i < 2; i++) {
    for (int j = 0; j < 2 - i; j++) {
      if (node[order[j]] < node[order[j + 1]]) continue;
      int keep = order[j];
      order[j] = order[j + 1];
      order[j + 1] = keep;
    }
  }
}

/* Column of the mid-edge node between two vertices (places 0–2) of a triangle. */
static int middle(const int *node, int i, int j) {
  return i + j == 1 ? node[3] : i + j == 3 ? node[4] : node[5];
}

static int number_of(const struct extrusion *x, struct place at) {
  return x->number[at.column] + at.level - x->low[at.column];
}

/* The three tetrahedra of a prism: rows of (place in the sorted triangle, 1: above). */
static const int prism[3][4][2] = {{{0, 0}, {1, 0}, {2, 0}, {2, 1}},
                                   {{0, 0}, {1, 0}, {1, 1}, {2, 1}},
                                   {{0, 0}, {0, 1}, {1, 1}, {2, 1}}};

/* Must vertices 0 and 1 of the k-th tetrahedron change places to make it positive? For a, b, c
 * counter-clockwise that is the middle one. */
static bool is_swapped(const int *order, int k) {
  bool turned = (order[1] - order[0] + 3) % 3 != 1; /* a, b, c run clockwise */
  return turned != (k == 1);
}

/* Nodes of an element or face with the vertices corner [n] (places in the triangle, above or not),
 * mid-edge nodes between the pairs given. */
static void put_nodes(const struct extrusion *x, const int *node, int layer, int n,
                      const int (*corner)[2], int edges, const int (*edge)[2], int *out) {
  int bottom = layer * x->step;
  for (int i = 0; i < n; i++) {
    struct place at = {node[corner[i][0]], bottom + corner[i][1] * x->step};
    out[i] = number_of(x, at);
  }
  for (int e = 0; x->step == 2 && e < edges; e++) {
    const int *a = corner[edge[e][0]], *b = corner[edge[e][1]];
    struct place at = {a[0] == b[0] ? node[a[0]] : middle(node, a[0], b[0]), bottom + a[1] + b[1]};
    out[n + e] = number_of(x, at);
  }
}

static void add_column(struct extrusion *x, size_t triangle) {
  size_t width = graft_solid_element_nodes(x->solid), corners = x->base->order == 2 ? 6 : 3;
  const int *node = x->base->element + corners * triangle;
  int order[3];
  sort_vertices(node, order);
  size_t e = x->solid->first[triangle];
  for (int layer = x->solid->layer[triangle]; layer < (int)x->solid->layers; layer++) {
    for (int k = 0; k < 3; k++, e++) {
      int corner[4][2];
      for (int i = 0; i < 4; i++) {
        corner[i][0] = order[prism[k][i][0]];
        corner[i][1] = prism[k][i][1];
      }
      if (is_swapped(order, k)) {
        int keep[2] = {corner[0][0], corner[0][1]};
        memcpy(corner[0], corner[1], sizeof keep);
        memcpy(corner[1], keep, sizeof keep);
      }
      put_nodes(x, node, layer, 4, (const int(*)[2])corner, 6, pair, x->solid->element + width * e);
    }
  }
}

/* Append a face. */
static void add_face(struct extrusion *x, const int *node, int layer, const int (*corner)[2],
                     int tag) {
  static const int edge[3][2] = {{0, 1}, {1, 2}, {2, 0}};
  graft_solid *solid = x->solid;
  if (solid->face) {
    put_nodes(x, node, layer, 3, corner, 3, edge,
              solid->face + graft_solid_face_nodes(solid) * solid->faces);
    solid->face_tag[solid->faces] = tag;
  }
  solid->faces++;
}

/* Wall over side k of a triangle (counter-clockwise), layers [from, to). */
static void add_wall(struct extrusion *x, const int *node, int k, int from, int to, int tag) {
  int i = k, j = (k + 1) % 3;
  const int up[2][3][2] = {{{i, 0}, {j, 0}, {j, 1}}, {{i, 0}, {j, 1}, {i, 1}}};
  const int down[2][3][2] = {{{i, 0}, {j, 0}, {i, 1}}, {{j, 0}, {j, 1}, {i, 1}}};
  for (int layer = from; layer < to; layer++) {
    for (int f = 0; f < 2; f++) add_face(x, node, layer, node[i] < node[j] ? up[f] : down[f], tag);
  }
}

/* Side k of a triangle, by its end nodes. */
struct side {
  int low, high, k;
  size_t triangle;
};

static int by_ends(const void *a, const void *b) {
  const struct side *p = a, *q = b;
  if (p->low != q->low) return p->low < q->low ? -1 : 1;
  if (p->high != q->high) return p->high < q->high ? -1 : 1;
  return p->triangle < q->triangle ? -1 : p->triangle > q->triangle;
}

/* Sides of all triangles, sorted; the third field of boundary sides' tags comes from the edges. */
static void collect_sides(const graft_mesh *base, struct side *side) {
  size_t corners = base->order == 2 ? 6 : 3;
  for (size_t t = 0; t < base->elements; t++) {
    const int *node = base->element + corners * t;
    for (int k = 0; k < 3; k++) {
      int a = node[k], b = node[(k + 1) % 3];
      side[3 * t + (size_t)k] = (struct side){a < b ? a : b, a < b ? b : a, k, t};
    }
  }
  qsort(side, 3 * base->elements, sizeof *side, by_ends);
}

/* Tag of the boundary edge with these ends, by the chain of edges that start at each node. */
static int tag_of(const graft_mesh *base, const int *edge_at, const struct side *s) {
  size_t columns = base->order == 2 ? 3 : 2;
  for (int end = 0; end < 2; end++) {
    int at = edge_at[end ? s->high : s->low];
    if (at >= 0 && base->edge[columns * (size_t)at + 1] == (end ? s->low : s->high)) {
      return base->edge_tag[at];
    }
  }
  return GRAFT_SOLID_STEP;
}

/* Count (no arrays yet) or enter the faces of the surface. */
static void add_faces(struct extrusion *x, const struct side *side, const int *edge_at) {
  static const int above[3][2] = {{0, 1}, {1, 1}, {2, 1}}, below[3][2] = {{0, 0}, {2, 0}, {1, 0}};
  const graft_mesh *base = x->base;
  size_t corners = base->order == 2 ? 6 : 3, sides = 3 * base->elements;
  int top = (int)x->solid->layers;
  x->solid->faces = 0;
  for (size_t t = 0; t < base->elements; t++) {
    int low = x->solid->layer[t];
    add_face(x, base->element + corners * t, top - 1, above, GRAFT_SOLID_TOP);
    add_face(x, base->element + corners * t, low, below,
             low == 0 ? GRAFT_SOLID_BOTTOM : GRAFT_SOLID_STEP);
  }
  for (size_t i = 0, end; i < sides; i = end) {
    for (end = i + 1;
         end < sides && side[i].low == side[end].low && side[i].high == side[end].high;)
      end++;
    for (size_t s = i; s < end; s++) {
      size_t t = side[s].triangle, other = side[s == i ? end - 1 : i].triangle;
      int to = end - i == 1 ? top : x->solid->layer[other];
      int tag = end - i == 1 ? tag_of(base, edge_at, &side[s]) : GRAFT_SOLID_STEP;
      add_wall(x, base->element + corners * t, side[s].k, x->solid->layer[t], to, tag);
    }
  }
}

/* Numbers of the lattice's nodes, and their positions. */
static graft_status number_nodes(struct extrusion *x) {
  const graft_mesh *base = x->base;
  graft_solid *solid = x->solid;
  size_t corners = base->order == 2 ? 6 : 3;
  int top = (int)solid->layers * x->step;
  for (size_t i = 0; i < base->nodes; i++) x->low[i] = top;
  for (size_t t = 0; t < base->elements; t++) {
    for (size_t i = 0; i < corners; i++) {
      int node = base->element[corners * t + i], level = solid->layer[t] * x->step;
      if (level < x->low[node]) x->low[node] = level;
    }
  }
  for (size_t i = 0; i < base->nodes; i++) {
    x->number[i] = (int)solid->nodes;
    solid->nodes += (size_t)(top - x->low[i] + 1);
    GRAFT_CHECK(solid->nodes < INT_MAX / 64, USAGE,
                "solid: expected fewer than %d nodes; use a larger mesh_size", INT_MAX / 64);
  }
  GRAFT_TRY(graft_alloc(&solid->xyz, 3 * solid->nodes, sizeof *solid->xyz));
  for (size_t i = 0; i < base->nodes; i++) {
    for (int level = x->low[i]; level <= top; level++) {
      double *xyz = solid->xyz + 3 * (size_t)number_of(x, (struct place){(int)i, level});
      int layer = level / x->step;
      memcpy(xyz, base->xy + 2 * i, 2 * sizeof *xyz);
      xyz[2] = level % x->step ? 0.5 * (solid->z[layer] + solid->z[layer + 1]) : solid->z[layer];
    }
  }
  return GRAFT_OK;
}

static graft_status enter_faces(struct extrusion *x) {
  graft_status status = GRAFT_OK;
  const graft_mesh *base = x->base;
  size_t columns = base->order == 2 ? 3 : 2;
  struct side *side = NULL;
  int *edge_at = NULL;
  GRAFT_TRY_TO(done, graft_alloc(&side, 3 * base->elements, sizeof *side));
  GRAFT_TRY_TO(done, graft_alloc(&edge_at, base->nodes, sizeof *edge_at));
  collect_sides(base, side);
  for (size_t i = 0; i < base->nodes; i++) edge_at[i] = -1;
  for (size_t i = 0; i < base->edges; i++) edge_at[base->edge[columns * i]] = (int)i;
  add_faces(x, side, edge_at);
  size_t width = graft_solid_face_nodes(x->solid);
  GRAFT_TRY_TO(done, graft_alloc(&x->solid->face, width * x->solid->faces, sizeof(int)));
  GRAFT_TRY_TO(done, graft_alloc(&x->solid->face_tag, x->solid->faces, sizeof(int)));
  add_faces(x, side, edge_at);
done:
  graft_free(side);
  graft_free(edge_at);
  return status;
}

static graft_status extrude(struct extrusion *x, const int *layer, const double *z) {
  const graft_mesh *base = x->base;
  graft_solid *solid = x->solid;
  GRAFT_TRY(graft_alloc(&solid->z, solid->layers + 1, sizeof *solid->z));
  GRAFT_TRY(graft_alloc(&solid->first, base->elements + 1, sizeof *solid->first));
  GRAFT_TRY(graft_alloc(&solid->layer, base->elements, sizeof *solid->layer));
  GRAFT_TRY(graft_alloc(&x->low, base->nodes, sizeof *x->low));
  GRAFT_TRY(graft_alloc(&x->number, base->nodes, sizeof *x->number));
  memcpy(solid->z, z, (solid->layers + 1) * sizeof *z);
  for (size_t l = 0; l < solid->layers; l++) {
    GRAFT_CHECK(z[l] < z[l + 1], INTERNAL, "solid: expected ascending levels, got %g and %g", z[l],
                z[l + 1]);
  }
  for (size_t t = 0; t < base->elements; t++) {
    solid->layer[t] = layer ? layer[t] : 0;
    GRAFT_CHECK(solid->layer[t] >= 0 && solid->layer[t] < (int)solid->layers, INTERNAL,
                "solid: triangle %zu: expected a layer below %zu, got %d", t, solid->layers,
                solid->layer[t]);
    solid->first[t + 1] = solid->first[t] + 3 * (solid->layers - (size_t)solid->layer[t]);
  }
  solid->elements = solid->first[base->elements];
  GRAFT_TRY(number_nodes(x));
  GRAFT_TRY(graft_alloc(&solid->element, graft_solid_element_nodes(solid) * solid->elements,
                        sizeof *solid->element));
  for (size_t t = 0; t < base->elements; t++) add_column(x, t);
  return enter_faces(x);
}

graft_status graft_solid_extrude(const graft_mesh *base, const int *layer, size_t layers,
                                 const double *z, graft_solid *solid) {
  struct extrusion x = {.base = base, .solid = solid, .step = base->order};
  *solid = (graft_solid){.order = base->order, .layers = layers};
  graft_status status = extrude(&x, layer, z);
  graft_free(x.low);
  graft_free(x.number);
  if (status != GRAFT_OK) graft_solid_fini(solid);
  return status;
}

size_t graft_solid_locate(const graft_solid *solid, const graft_mesh *base, int triangle,
                          const double *place, double z, double *reference) {
  const int *node = base->element + (base->order == 2 ? 6 : 3) * (size_t)triangle;
  double share[3] = {1 - place[0] - place[1], place[0], place[1]}, l[3], vertex[4];
  int order[3], low = solid->layer[triangle], layer = low;
  sort_vertices(node, order);
  for (int i = 0; i < 3; i++) l[i] = share[order[i]];
  while (layer + 1 < (int)solid->layers && z > solid->z[layer + 1]) layer++;
  double t = (z - solid->z[layer]) / (solid->z[layer + 1] - solid->z[layer]);
  t = t < 0 ? 0 : t > 1 ? 1 : t;
  int k = t <= l[2] ? 0 : t <= l[1] + l[2] ? 1 : 2;
  /* barycentric coordinates in the order of `prism` */
  if (k == 0) {
    vertex[0] = l[0], vertex[1] = l[1], vertex[2] = l[2] - t, vertex[3] = t;
  } else if (k == 1) {
    vertex[0] = l[0], vertex[1] = l[1] + l[2] - t, vertex[2] = t - l[2], vertex[3] = l[2];
  } else {
    vertex[0] = 1 - t, vertex[1] = t - l[1] - l[2], vertex[2] = l[1], vertex[3] = l[2];
  }
  reference[0] = is_swapped(order, k) ? vertex[0] : vertex[1];
  reference[1] = vertex[2];
  reference[2] = vertex[3];
  return solid->first[triangle] + 3 * (size_t)(layer - low) + (size_t)k;
}
