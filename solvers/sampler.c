/* SPDX-License-Identifier: BSD-2-Clause
 * Method:    inverse isoparametric mapping by Newton's method (graft_mesh_locate()), shape
 * functions there as rows of a sparse matrix. */
#include "solvers/sampler.h"

#include <math.h>

#include "base/arena.h"

#define TINY 1e-13 /* weights below are rounding errors of the mapping */

/* Collect the grid points of the closed region: their rows and positions. */
static size_t collect(const graft_grid *grid, const double *distance, size_t *row, double *xy) {
  size_t count = 0, points = graft_grid_count(grid);
  graft_grid_points(grid, xy);
  for (size_t p = 0; p < points; p++) {
    if (distance[p] > GRAFT_REGION_TOLERANCE) continue;
    row[count] = p;
    xy[2 * count] = xy[2 * p];
    xy[2 * count + 1] = xy[2 * p + 1];
    count++;
  }
  return count;
}

/* Append the entries of a point; on the boundary only those of boundary nodes. */
static size_t add_row(graft_sampler *sampler, const graft_mesh *mesh, int element,
                      const double *reference, int on_boundary, size_t used) {
  size_t n = graft_mesh_element_nodes(mesh);
  const int *node = mesh->element + (size_t)element * n;
  double value[6];
  graft_triangle_basis(mesh->order, reference, value, NULL);
  for (size_t i = 0; i < n; i++) {
    if (fabs(value[i]) < TINY || (on_boundary && !mesh->boundary[node[i]])) continue;
    sampler->node[used] = node[i];
    sampler->weight[used] = value[i];
    used++;
  }
  return used;
}

static graft_status fill(graft_sampler *sampler, const graft_mesh *mesh, const double *distance,
                         size_t count, const size_t *row, const int *element,
                         const double *reference, const double *off) {
  size_t used = 0, next = 0;
  for (size_t p = 0; p < sampler->points; p++) {
    sampler->start[p] = used;
    if (next == count || row[next] != p) continue;
    sampler->reach = fmax(sampler->reach, off[next]);
    used = add_row(sampler, mesh, element[next], reference + 2 * next,
                   fabs(distance[p]) <= GRAFT_REGION_TOLERANCE, used);
    next++;
  }
  sampler->start[sampler->points] = used;
  GRAFT_CHECK(sampler->reach < 1e-3, INTERNAL,
              "grid: expected the points of the region in the mesh, one is %g away",
              sampler->reach);
  return GRAFT_OK;
}

graft_status graft_sampler_init(graft_sampler *sampler, const graft_mesh *mesh,
                                const graft_grid *grid, const double *distance) {
  graft_status status = GRAFT_OK;
  size_t points = graft_grid_count(grid), nodes = graft_mesh_element_nodes(mesh);
  size_t *row = NULL;
  int *element = NULL;
  double *xy = NULL, *reference = NULL, *off = NULL;
  *sampler = (graft_sampler){.points = points};
  GRAFT_TRY_TO(done, graft_alloc(&row, points, sizeof *row));
  GRAFT_TRY_TO(done, graft_alloc(&xy, 2 * points, sizeof *xy));
  size_t count = collect(grid, distance, row, xy);
  GRAFT_TRY_TO(done, graft_alloc(&element, count, sizeof *element));
  GRAFT_TRY_TO(done, graft_alloc(&reference, 2 * count, sizeof *reference));
  GRAFT_TRY_TO(done, graft_alloc(&off, count, sizeof *off));
  GRAFT_TRY_TO(done, graft_alloc(&sampler->start, points + 1, sizeof *sampler->start));
  GRAFT_TRY_TO(done, graft_alloc(&sampler->node, count * nodes, sizeof *sampler->node));
  GRAFT_TRY_TO(done, graft_alloc(&sampler->weight, count * nodes, sizeof *sampler->weight));
  GRAFT_TRY_TO(done, graft_mesh_locate(mesh, count, xy, element, reference, off));
  GRAFT_TRY_TO(done, fill(sampler, mesh, distance, count, row, element, reference, off));
done:
  graft_free(row);
  graft_free(xy);
  graft_free(element);
  graft_free(reference);
  graft_free(off);
  if (status != GRAFT_OK) graft_sampler_fini(sampler);
  return status;
}

void graft_sampler_fini(graft_sampler *sampler) {
  graft_free(sampler->start);
  graft_free(sampler->node);
  graft_free(sampler->weight);
  *sampler = (graft_sampler){0};
}

void graft_sampler_apply(const graft_sampler *sampler, const double *u, float *out) {
  for (size_t p = 0; p < sampler->points; p++) {
    double sum = 0;
    for (size_t e = sampler->start[p]; e < sampler->start[p + 1]; e++) {
      sum += sampler->weight[e] * u[sampler->node[e]];
    }
    out[p] = (float)sum;
  }
}
