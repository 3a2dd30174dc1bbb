/* SPDX-License-Identifier: BSD-2-Clause */
/* Nodes of a mesh as points of a sample: integrals over the region are sums over them, by linear
 * interpolation on triangles. Elements of order 2 are cut into four at their mid-edge nodes, whose
 * own basis would give vertices the weight 0. */
#include "solvers/shape_solver.h"

#include <math.h>

static const int quarter[4][3] = {{0, 3, 5}, {3, 1, 4}, {5, 4, 2}, {3, 4, 5}};

size_t graft_shape_triangles(const graft_mesh *mesh) {
  return mesh->elements * (mesh->order == 2 ? 4 : 1);
}

static double area(const double *xy, const int32_t *node) {
  const double *a = xy + 2 * (size_t)node[0], *b = xy + 2 * (size_t)node[1],
               *c = xy + 2 * (size_t)node[2];
  return 0.5 * fabs((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]));
}

void graft_shape_nodes(const graft_mesh *mesh, const graft_region *region,
                       const graft_source_nodes *nodes) {
  const size_t per_element = graft_mesh_element_nodes(mesh), parts = mesh->order == 2 ? 4 : 1;
  for (size_t i = 0; i < mesh->nodes; i++) {
    double distance;
    graft_region_distance(region, 1, mesh->xy + 2 * i, &distance);
    nodes->sdf[i] = (float)distance;
    nodes->weight[i] = 0;
    for (size_t a = 0; a < 2; a++) nodes->xyz[2 * i + a] = (float)mesh->xy[2 * i + a];
  }
  for (size_t t = 0; t < graft_shape_triangles(mesh); t++) {
    const int *element = mesh->element + t / parts * per_element;
    int32_t *node = nodes->triangle + 3 * t;
    for (size_t k = 0; k < 3; k++) {
      node[k] = element[parts == 4 ? quarter[t % parts][k] : (int)k];
    }
    float third = (float)(area(mesh->xy, node) / 3);
    for (size_t k = 0; k < 3; k++) nodes->weight[node[k]] += third;
  }
}
