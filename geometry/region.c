/* SPDX-License-Identifier: BSD-2-Clause */
#include "geometry/region.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "geometry/region_impl.h"

const graft_box graft_unit_square = {.min = {0, 0}, .max = {1, 1}};

void graft_region_init(graft_region *region) { *region = (graft_region){0}; }

void graft_region_fini(graft_region *region) {
  for (size_t i = 0; i < region->loops; i++) graft_free(region->loop[i].vertex);
  graft_free(region->loop);
  graft_free(region->edge);
  graft_region_init(region);
}

const char *graft_loop_name(size_t loop, char *text) {
  if (loop == 0) {
    snprintf(text, GRAFT_LOOP_NAME, "outer loop");
  } else {
    snprintf(text, GRAFT_LOOP_NAME, "hole %zu", loop);
  }
  return text;
}

/* Enlarge the arrays by one loop and its edges; the loop takes `vertex` over on success. */
static graft_status append(graft_region *region, graft_loop loop, const graft_edge *edge) {
  graft_loop *loops = NULL;
  graft_edge *edges = NULL;
  graft_status status = GRAFT_OK;
  GRAFT_TRY_TO(fail, graft_alloc(&loops, region->loops + 1, sizeof *loops));
  GRAFT_TRY_TO(fail, graft_alloc(&edges, region->edges + loop.edges, sizeof *edges));
  if (region->loops) memcpy(loops, region->loop, region->loops * sizeof *loops);
  if (region->edges) memcpy(edges, region->edge, region->edges * sizeof *edges);
  loop.first_edge = region->edges;
  memcpy(edges + region->edges, edge, loop.edges * sizeof *edges);
  graft_free(region->loop);
  graft_free(region->edge);
  region->loop = loops;
  region->edge = edges;
  graft_loop *added = &region->loop[region->loops++];
  *added = loop;
  region->edges += loop.edges;
  for (size_t i = 0; i < loop.edges; i++) edges[loop.first_edge + i].loop = region->loops - 1;
  added->reversed = region->loops > 1 && graft_loop_area(region, added) > 0;
  for (size_t i = 0; i < loop.edges && added->reversed; i++) {
    graft_edge *e = &edges[loop.first_edge + i];
    for (int k = 0; k < 2; k++) {
      double keep = e->from[k];
      e->from[k] = e->to[k];
      e->to[k] = keep;
    }
    e->bulge = -e->bulge;
  }
  return GRAFT_OK;
fail:
  graft_free(loops);
  graft_free(edges);
  return status;
}

graft_status graft_vertices_check(size_t loop, size_t vertices, const graft_vertex *vertex,
                                  graft_region_fault *fault) {
  char name[GRAFT_LOOP_NAME];
  bool arc = false;
  graft_loop_name(loop, name);
  for (size_t i = 0; i < vertices; i++) {
    const graft_vertex *v = &vertex[i], *before = &vertex[i ? i - 1 : vertices - 1];
    *fault = (graft_region_fault){.loop = loop, .vertex = i + 1};
    GRAFT_CHECK(isfinite(v->x) && isfinite(v->y) && isfinite(v->bulge), INPUT,
                "%s, vertex %zu: expected finite numbers, got (%g, %g) with bulge %g", name, i + 1,
                v->x, v->y, v->bulge);
    GRAFT_CHECK(vertices == 1 || v->x != before->x || v->y != before->y, INPUT,
                "%s, vertex %zu: expected another point than the vertex before it, got (%g, %g) "
                "twice",
                name, i + 1, v->x, v->y);
    GRAFT_CHECK(fabs(v->x) <= GRAFT_REGION_EXTENT && fabs(v->y) <= GRAFT_REGION_EXTENT, INPUT,
                "%s, vertex %zu: expected coordinates in [%g, %g], got (%g, %g)", name, i + 1,
                -GRAFT_REGION_EXTENT, GRAFT_REGION_EXTENT, v->x, v->y);
    GRAFT_CHECK(fabs(v->bulge) <= 1e3, INPUT,
                "%s, vertex %zu: expected a bulge in [-1000, 1000], got %g", name, i + 1, v->bulge);
    GRAFT_CHECK(v->bulge == 0 || fabs(v->bulge) >= 1e-30, INPUT,
                "%s, vertex %zu: expected a bulge of 0 or at least 1e-30 in size, got %g", name,
                i + 1, v->bulge);
    arc = arc || v->bulge != 0;
  }
  *fault = (graft_region_fault){.loop = loop};
  GRAFT_CHECK(vertices >= (arc ? 2U : 3U), INPUT,
              "%s: expected at least 3 vertices (2 with an arc), got %zu", name, vertices);
  return GRAFT_OK;
}

graft_status graft_region_add_loop(graft_region *region, size_t vertices,
                                   const graft_vertex *vertex) {
  graft_region_fault ignored;
  GRAFT_TRY(graft_vertices_check(region->loops, vertices, vertex, &ignored));
  graft_loop loop = {.vertices = vertices, .edges = vertices};
  graft_edge *edge = NULL;
  graft_status status = GRAFT_OK;
  GRAFT_TRY_TO(done, graft_alloc(&edge, vertices, sizeof *edge));
  GRAFT_TRY_TO(done, graft_alloc(&loop.vertex, vertices, sizeof *loop.vertex));
  memcpy(loop.vertex, vertex, vertices * sizeof *vertex);
  for (size_t i = 0; i < vertices; i++) {
    const graft_vertex *before = &vertex[i ? i - 1 : vertices - 1];
    edge[i] = (graft_edge){
        .from = {before->x, before->y}, .to = {vertex[i].x, vertex[i].y}, .bulge = vertex[i].bulge};
    graft_edge_setup(&edge[i]);
  }
  GRAFT_TRY_TO(done, append(region, loop, edge));
  loop.vertex = NULL;
done:
  graft_free(edge);
  graft_free(loop.vertex);
  return status;
}

graft_status graft_region_add_circle(graft_region *region, double x, double y, double radius) {
  char name[GRAFT_LOOP_NAME];
  graft_loop_name(region->loops, name);
  GRAFT_CHECK(isfinite(x) && isfinite(y) && isfinite(radius) && radius > 0 && x + radius > x &&
                  y + radius > y,
              INPUT, "%s: expected a circle with finite centre and radius > 0, got (%g, %g), %g",
              name, x, y, radius);
  GRAFT_CHECK(fabs(x) + radius <= GRAFT_REGION_EXTENT && fabs(y) + radius <= GRAFT_REGION_EXTENT,
              INPUT, "%s: expected coordinates in [%g, %g], got centre (%g, %g), radius %g", name,
              -GRAFT_REGION_EXTENT, GRAFT_REGION_EXTENT, x, y, radius);
  graft_loop loop = {.centre = {x, y}, .radius = radius, .edges = 2};
  graft_edge half[2] = {{.from = {x + radius, y}, .to = {x - radius, y}, .bulge = 1},
                        {.from = {x - radius, y}, .to = {x + radius, y}, .bulge = 1}};
  for (int i = 0; i < 2; i++) {
    graft_edge_setup(&half[i]);
    half[i].centre[0] = x;
    half[i].centre[1] = y;
    half[i].radius = radius;
  }
  return append(region, loop, half);
}

int graft_loop_winding(const graft_region *region, const graft_loop *loop, double x, double y) {
  int winding = 0;
  const graft_edge *edge = region->edge + loop->first_edge;
  for (size_t i = 0; i < loop->edges; i++) winding += graft_edge_winding(&edge[i], x, y);
  return winding;
}

double graft_loop_area(const graft_region *region, const graft_loop *loop) {
  const graft_edge *edge = region->edge + loop->first_edge;
  double twice = 0, segments = 0, ox = edge->from[0], oy = edge->from[1];
  for (size_t i = 0; i < loop->edges; i++) {
    const double *a = edge[i].from, *b = edge[i].to;
    twice += (a[0] - ox) * (b[1] - oy) - (b[0] - ox) * (a[1] - oy);
    if (edge[i].bulge != 0) segments += graft_edge_segment_area(&edge[i]);
  }
  return 0.5 * twice + segments;
}

bool graft_region_contains(const graft_region *region, double x, double y) {
  int winding = 0;
  for (size_t i = 0; i < region->edges; i++) winding += graft_edge_winding(&region->edge[i], x, y);
  return winding > 0;
}

size_t graft_region_project(const graft_region *region, const double *xy, double *nearest) {
  size_t best = 0;
  double least = INFINITY;
  for (size_t i = 0; i < region->edges; i++) {
    double point[2], distance = graft_edge_project(&region->edge[i], xy, point);
    if (distance < least) {
      least = distance;
      best = i;
      memcpy(nearest, point, sizeof point);
    }
  }
  return best;
}

void graft_region_distance(const graft_region *region, size_t points, const double *xy,
                           double *distance) {
  for (size_t p = 0; p < points; p++) {
    double least = INFINITY;
    for (size_t i = 0; i < region->edges; i++) {
      double d = graft_edge_project(&region->edge[i], xy + 2 * p, NULL);
      if (d < least) least = d;
    }
    distance[p] = graft_region_contains(region, xy[2 * p], xy[2 * p + 1]) ? -least : least;
  }
}

double graft_region_area(const graft_region *region) {
  double area = 0;
  for (size_t i = 0; i < region->loops; i++) area += graft_loop_area(region, &region->loop[i]);
  return area;
}

double graft_region_perimeter(const graft_region *region) {
  double length = 0;
  for (size_t i = 0; i < region->edges; i++) length += region->edge[i].length;
  return length;
}

graft_box graft_region_box(const graft_region *region) {
  graft_box box = {.min = {INFINITY, INFINITY}, .max = {-INFINITY, -INFINITY}};
  for (size_t i = 0; i < region->edges; i++) {
    graft_box one = graft_edge_box(&region->edge[i]);
    for (int k = 0; k < 2; k++) {
      box.min[k] = fmin(box.min[k], one.min[k]);
      box.max[k] = fmax(box.max[k], one.max[k]);
    }
  }
  return box;
}
