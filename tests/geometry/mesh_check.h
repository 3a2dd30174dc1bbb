/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_TESTS_GEOMETRY_MESH_CHECK_H
#define GRAFT_TESTS_GEOMETRY_MESH_CHECK_H

/** @file mesh_check.h
 *  What every mesh must satisfy. */

#include <math.h>
#include <stdlib.h>

#include "geometry/mesh.h"
#include "tests/graft_test.h"

/** The same bits? */
static inline bool same_mesh(const graft_mesh *a, const graft_mesh *b) {
  size_t width = graft_mesh_element_nodes(a), columns = a->order == 2 ? 3 : 2;
  return a->order == b->order && a->nodes == b->nodes && a->elements == b->elements &&
         a->edges == b->edges && memcmp(a->xy, b->xy, 2 * a->nodes * sizeof *a->xy) == 0 &&
         memcmp(a->boundary, b->boundary, a->nodes) == 0 &&
         memcmp(a->element, b->element, width * a->elements * sizeof *a->element) == 0 &&
         memcmp(a->edge, b->edge, columns * a->edges * sizeof *a->edge) == 0 &&
         memcmp(a->edge_tag, b->edge_tag, a->edges * sizeof *a->edge_tag) == 0 &&
         memcmp(a->edge_element, b->edge_element, a->edges * sizeof *a->edge_element) == 0;
}

static inline double triangle_angle(const double *a, const double *b, const double *c) {
  double ux = b[0] - a[0], uy = b[1] - a[1], vx = c[0] - a[0], vy = c[1] - a[1];
  return atan2(ux * vy - uy * vx, ux * vx + uy * vy);
}

/** Orientation, use of all nodes, boundary flags and edges against the region, mid-edge nodes.
 *  Returns the smallest angle of the straight triangles in degrees (negative if one is turned
 * over). */
static inline double check_mesh(const graft_region *region, const graft_mesh *mesh) {
  size_t width = graft_mesh_element_nodes(mesh), columns = mesh->order == 2 ? 3 : 2;
  size_t wrong = 0, bad_middle = 0, unused = 0, sides = 0;
  unsigned char *used = calloc(mesh->nodes, 1), *on_edge = calloc(mesh->nodes, 1);
  double smallest = 7, worst = 0, tag_worst = 0, inner = INFINITY, length = 0;
  for (size_t e = 0; e < mesh->elements; e++) {
    const int *node = mesh->element + width * e;
    for (size_t i = 0; i < width; i++) {
      if (node[i] < 0 || (size_t)node[i] >= mesh->nodes) {
        wrong++;
      } else {
        used[node[i]] = 1;
      }
    }
    for (size_t i = 0; i < 3 && !wrong; i++) {
      const double *a = mesh->xy + 2 * (size_t)node[i];
      const double *b = mesh->xy + 2 * (size_t)node[(i + 1) % 3];
      smallest = fmin(smallest, triangle_angle(a, b, mesh->xy + 2 * (size_t)node[(i + 2) % 3]));
      if (mesh->order == 1) continue;
      const double *m = mesh->xy + 2 * (size_t)node[3 + i];
      double bend = hypot(m[0] - (a[0] + b[0]) / 2, m[1] - (a[1] + b[1]) / 2);
      bad_middle +=
          bend > (mesh->boundary[node[3 + i]] ? 0.14 * hypot(b[0] - a[0], b[1] - a[1]) : 0);
    }
  }
  for (size_t i = 0; i < mesh->edges; i++) {
    const int *edge = mesh->edge + columns * i;
    const graft_edge *curve = &region->edge[mesh->edge_tag[i]];
    const int *node = mesh->element + width * (size_t)mesh->edge_element[i];
    for (size_t k = 0; k < columns; k++) {
      on_edge[edge[k]] = 1;
      tag_worst = fmax(tag_worst, graft_edge_project(curve, mesh->xy + 2 * (size_t)edge[k], NULL));
    }
    for (int k = 0; k < 3; k++) { /* the element's side in its own direction */
      sides += node[k] == edge[0] && node[(k + 1) % 3] == edge[1] &&
               (mesh->order == 1 || node[3 + k] == edge[2]);
    }
    const double *a = mesh->xy + 2 * (size_t)edge[0], *b = mesh->xy + 2 * (size_t)edge[1];
    length += hypot(b[0] - a[0], b[1] - a[1]);
  }
  for (size_t i = 0; i < mesh->nodes; i++) {
    double distance;
    graft_region_distance(region, 1, mesh->xy + 2 * i, &distance);
    unused += !used[i];
    wrong += on_edge[i] != mesh->boundary[i];
    if (mesh->boundary[i]) {
      worst = fmax(worst, fabs(distance));
    } else {
      inner = fmin(inner, -distance);
    }
  }
  T_EQUAL(wrong, 0);
  T_EQUAL(bad_middle, 0);
  T_EQUAL(unused, 0);
  T_EQUAL(sides, mesh->edges);
  T_CHECK(smallest > 0);
  T_NEAR(worst, 0, 1e-15);
  T_NEAR(tag_worst, 0, 1e-15);
  T_CHECK(inner > 1e-9);                                          /* inner nodes are inside */
  T_NEAR(length, graft_region_perimeter(region), 0.007 * length); /* 22.5° chords: 0.65 % short */
  free(used);
  free(on_edge);
  return smallest * 180 / 3.14159265358979323846;
}

#endif
