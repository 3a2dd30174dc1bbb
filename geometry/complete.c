/* SPDX-License-Identifier: BSD-2-Clause */
/* From straight triangles to a mesh: orientation, edges, mid-edge nodes.
 *
 * Method:    the elements' sides are sorted by their end nodes; sides that occur once are the
 *            boundary and must be the outline's pieces, each once. Mid-edge nodes are numbered in
 *            that order.
 * Cost:      O(sides log sides). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "geometry/mesh_impl.h"

/* Side k of an element runs from its vertex k to vertex k + 1. */
struct side {
  int low, high; /* end nodes */
  int element, k;
};

static int compare(const void *a, const void *b) {
  const struct side *p = a, *q = b;
  if (p->low != q->low) return p->low < q->low ? -1 : 1;
  if (p->high != q->high) return p->high < q->high ? -1 : 1;
  return p->element < q->element ? -1 : p->element > q->element;
}

static bool same(const struct side *a, const struct side *b) {
  return a->low == b->low && a->high == b->high;
}

static graft_status orient(graft_mesh *mesh) {
  for (size_t e = 0; e < mesh->elements; e++) {
    int *node = mesh->element + 3 * e;
    const double *a = mesh->xy + 2 * (size_t)node[0], *b = mesh->xy + 2 * (size_t)node[1];
    const double *c = mesh->xy + 2 * (size_t)node[2];
    double twice = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]);
    GRAFT_CHECK(twice != 0, INPUT,
                "mesh: element of area 0 near (%.6g, %.6g), expected a finer mesh size", a[0],
                a[1]);
    if (twice < 0) {
      int keep = node[1];
      node[1] = node[2];
      node[2] = keep;
    }
  }
  return GRAFT_OK;
}

static void collect(const graft_mesh *mesh, struct side *side) {
  for (size_t e = 0; e < mesh->elements; e++) {
    for (int k = 0; k < 3; k++) {
      int a = mesh->element[3 * e + (size_t)k], b = mesh->element[3 * e + (size_t)((k + 1) % 3)];
      side[3 * e + (size_t)k] =
          (struct side){.low = a < b ? a : b, .high = a < b ? b : a, .element = (int)e, .k = k};
    }
  }
  qsort(side, 3 * mesh->elements, sizeof *side, compare);
}

/* Boundary edges and, for order 2, mid-edge nodes; `element` [elements x 3 or 6] is the new table.
 */
static graft_status number(const graft_region *region, const graft_outline *outline,
                           const struct side *side, graft_mesh *mesh, int *element) {
  size_t sides = 3 * mesh->elements, width = mesh->order == 2 ? 6 : 3;
  size_t columns = mesh->order == 2 ? 3 : 2;
  for (size_t i = 0, end; i < sides; i = end) {
    for (end = i + 1; end < sides && same(&side[i], &side[end]);) end++;
    const int *vertex = mesh->element + 3 * (size_t)side[i].element;
    size_t a = (size_t)vertex[side[i].k], b = (size_t)vertex[(side[i].k + 1) % 3];
    double middle[2];
    for (size_t k = 0; k < 2; k++) middle[k] = 0.5 * (mesh->xy[2 * a + k] + mesh->xy[2 * b + k]);
    GRAFT_CHECK(end - i <= 2, INPUT, "mesh: more than two elements share an edge at (%.6g, %.6g)",
                middle[0], middle[1]);
    bool boundary = end - i == 1;
    if (boundary) {
      GRAFT_CHECK(
          a < outline->nodes && (size_t)outline->next[a] == b && mesh->edges < outline->nodes,
          INPUT, "the region is too thin for the mesh size near (%.6g, %.6g), expected a finer one",
          middle[0], middle[1]);
      const double *at = outline->at + 2 * a;
      graft_edge_point(&region->edge[outline->tag[a]], 0.5 * (at[0] + at[1]), middle);
      int *edge = mesh->edge + columns * mesh->edges;
      edge[0] = (int)a;
      edge[1] = (int)b;
      if (mesh->order == 2) edge[2] = (int)mesh->nodes;
      mesh->edge_tag[mesh->edges] = outline->tag[a];
      mesh->edge_element[mesh->edges++] = side[i].element;
    }
    if (mesh->order == 1) continue;
    memcpy(mesh->xy + 2 * mesh->nodes, middle, sizeof middle);
    mesh->boundary[mesh->nodes] = boundary;
    for (; i < end; i++)
      element[width * (size_t)side[i].element + 3 + (size_t)side[i].k] = (int)mesh->nodes;
    mesh->nodes++;
  }
  GRAFT_CHECK(mesh->edges == outline->nodes, INPUT,
              "the region is too thin for the mesh size: expected %zu boundary edges, got %zu",
              outline->nodes, mesh->edges);
  return GRAFT_OK;
}

/* The determinant of an isoparametric element is a quadratic; its Bézier coefficients bound it. */
static graft_status check_elements(const graft_mesh *mesh) {
  static const double corner[6][2] = {{0, 0}, {1, 0}, {0, 1}, {0.5, 0}, {0.5, 0.5}, {0, 0.5}};
  for (size_t e = 0; e < mesh->elements; e++) {
    double det[6], least = INFINITY, point[2], j[4];
    for (int i = 0; i < 6; i++) {
      graft_mesh_jacobian(mesh, e, corner[i], point, j);
      det[i] = j[0] * j[3] - j[1] * j[2];
    }
    for (int i = 0; i < 3; i++) {
      least = fmin(least, fmin(det[i], 2.0 * det[3 + i] - 0.5 * (det[i] + det[(i + 1) % 3])));
    }
    GRAFT_CHECK(least > 0, INPUT,
                "mesh: folded element near (%.6g, %.6g), expected a finer mesh size along the arc",
                point[0], point[1]);
  }
  return GRAFT_OK;
}

static graft_status allocate(graft_mesh *mesh, size_t boundary_edges, int **element) {
  size_t columns = mesh->order == 2 ? 3 : 2, sides = mesh->order == 2 ? 3 * mesh->elements : 0;
  double *xy = NULL;
  GRAFT_TRY(graft_alloc(&xy, 2 * (mesh->nodes + sides), sizeof *xy)); /* shrunk by the caller */
  memcpy(xy, mesh->xy, 2 * mesh->nodes * sizeof *xy);
  graft_free(mesh->xy);
  mesh->xy = xy;
  GRAFT_TRY(graft_alloc(&mesh->boundary, mesh->nodes + sides, sizeof *mesh->boundary));
  GRAFT_TRY(graft_alloc(&mesh->edge, columns * boundary_edges, sizeof *mesh->edge));
  GRAFT_TRY(graft_alloc(&mesh->edge_tag, boundary_edges, sizeof *mesh->edge_tag));
  GRAFT_TRY(graft_alloc(&mesh->edge_element, boundary_edges, sizeof *mesh->edge_element));
  return graft_alloc(element, graft_mesh_element_nodes(mesh) * mesh->elements, sizeof **element);
}

graft_status graft_mesh_complete(const graft_region *region, const graft_outline *outline,
                                 graft_mesh *mesh) {
  graft_status status = GRAFT_OK;
  struct side *side = NULL;
  int *element = NULL;
  size_t width = graft_mesh_element_nodes(mesh);
  GRAFT_TRY_TO(done, orient(mesh));
  GRAFT_TRY_TO(done, graft_alloc(&side, 3 * mesh->elements, sizeof *side));
  GRAFT_TRY_TO(done, allocate(mesh, outline->nodes, &element));
  collect(mesh, side);
  memset(mesh->boundary, 1, outline->nodes);
  GRAFT_TRY_TO(done, number(region, outline, side, mesh, element));
  for (size_t e = 0; e < mesh->elements; e++) {
    memcpy(element + width * e, mesh->element + 3 * e, 3 * sizeof *element);
  }
  graft_free(mesh->element);
  mesh->element = element;
  element = NULL;
  GRAFT_TRY_TO(done, check_elements(mesh));
done:
  graft_free(side);
  graft_free(element);
  return status;
}
