/* SPDX-License-Identifier: BSD-2-Clause */
#include "geometry/mesh.h"

#include <math.h>

#include "base/arena.h"
#include "geometry/mesh_impl.h"

graft_mesh_config graft_mesh_config_default(void) {
  return (graft_mesh_config){.size = 0.03, .order = 2, .graded = true};
}

graft_status graft_mesh_config_validate(const graft_mesh_config *config,
                                        const graft_region *region) {
  graft_box box = graft_region_box(region);
  double diameter = hypot(box.max[0] - box.min[0], box.max[1] - box.min[1]);
  GRAFT_CHECK(config->order == 1 || config->order == 2, USAGE,
              "mesh order: expected 1 or 2, got %d", config->order);
  GRAFT_CHECK(config->size >= 1e-4 * diameter && config->size <= diameter, USAGE,
              "mesh size: expected %.3g to %.3g for this region, got %g", 1e-4 * diameter, diameter,
              config->size);
  return GRAFT_OK;
}

void graft_mesh_fini(graft_mesh *mesh) {
  graft_free(mesh->xy);
  graft_free(mesh->boundary);
  graft_free(mesh->element);
  graft_free(mesh->edge);
  graft_free(mesh->edge_tag);
  graft_free(mesh->edge_element);
  *mesh = (graft_mesh){0};
}

size_t graft_mesh_element_nodes(const graft_mesh *mesh) { return mesh->order == 2 ? 6 : 3; }

void graft_triangle_basis(int order, const double *reference, double *value, double *gradient) {
  double r = reference[0], s = reference[1], l[3] = {1.0 - r - s, r, s};
  static const double d[3][2] = {{-1, -1}, {1, 0}, {0, 1}};
  for (int i = 0; i < 3; i++) {
    if (value) value[i] = order == 1 ? l[i] : l[i] * (2.0 * l[i] - 1.0);
    for (int k = 0; gradient && k < 2; k++) {
      gradient[2 * i + k] = order == 1 ? d[i][k] : (4.0 * l[i] - 1.0) * d[i][k];
    }
  }
  for (int i = 0; order == 2 && i < 3; i++) {
    int j = (i + 1) % 3;
    if (value) value[3 + i] = 4.0 * l[i] * l[j];
    for (int k = 0; gradient && k < 2; k++) {
      gradient[2 * (3 + i) + k] = 4.0 * (l[i] * d[j][k] + l[j] * d[i][k]);
    }
  }
}

void graft_mesh_jacobian(const graft_mesh *mesh, size_t element, const double *reference,
                         double *point, double *jacobian) {
  size_t n = graft_mesh_element_nodes(mesh);
  const int *node = mesh->element + n * element;
  double value[6], gradient[12];
  graft_triangle_basis(mesh->order, reference, value, gradient);
  for (int k = 0; k < 2; k++) {
    point[k] = jacobian[2 * k] = jacobian[2 * k + 1] = 0;
    for (size_t i = 0; i < n; i++) {
      double x = mesh->xy[2 * (size_t)node[i] + (size_t)k];
      point[k] += value[i] * x;
      jacobian[2 * k] += gradient[2 * i] * x;
      jacobian[2 * k + 1] += gradient[2 * i + 1] * x;
    }
  }
}

double graft_mesh_area(const graft_mesh *mesh) {
  /* The Jacobian's determinant is of degree 2: the three mid-edge points integrate it exactly. */
  static const double middle[3][2] = {{0.5, 0}, {0.5, 0.5}, {0, 0.5}};
  double area = 0, point[2], j[4];
  for (size_t e = 0; e < mesh->elements; e++) {
    for (int q = 0; q < 3; q++) {
      graft_mesh_jacobian(mesh, e, middle[q], point, j);
      area += (j[0] * j[3] - j[1] * j[2]) / 6.0;
    }
  }
  return area;
}
