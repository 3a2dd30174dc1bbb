/* SPDX-License-Identifier: BSD-2-Clause */
/* Points in a mesh.
 *
 * Method:    a uniform grid of buckets, about as many as elements, each listing the elements whose
 *            boxes meet it in ascending order. A point takes the first element in whose closed
 *            reference triangle (to INSIDE) Newton's method puts it. Points of no element go to the
 *            nearest point of the boundary edges.
 * Cost:      about 1 µs per point inside, O(boundary edges) for each one outside. */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "geometry/mesh_impl.h"

#define INSIDE 1e-12 /* tolerance of reference coordinates */
#define NEAR 1e-7    /* the same for elements that may take what falls between two by rounding */
enum { NEWTON = 25, MAX_BUCKETS = 2048 };

struct buckets {
  double min[2], scale[2]; /* bucket along k = (x[k] − min[k]) scale[k] */
  size_t n[2];
  size_t *start; /* [n0 n1 + 1] */
  int *element;  /* [start[n0 n1]] */
};

/* Box of an element: curved sides stay in the hull of their Bézier points 2m − (a + b)/2. */
static graft_box element_box(const graft_mesh *mesh, size_t e) {
  size_t n = graft_mesh_element_nodes(mesh);
  const int *node = mesh->element + n * e;
  graft_box box = {.min = {INFINITY, INFINITY}, .max = {-INFINITY, -INFINITY}};
  for (size_t i = 0; i < n; i++) {
    for (size_t k = 0; k < 2; k++) {
      double x = mesh->xy[2 * (size_t)node[i] + k];
      if (i >= 3) {
        x = 2.0 * x - 0.5 * (mesh->xy[2 * (size_t)node[i - 3] + k] +
                             mesh->xy[2 * (size_t)node[(i - 2) % 3] + k]);
      }
      box.min[k] = fmin(box.min[k], x);
      box.max[k] = fmax(box.max[k], x);
    }
  }
  return box;
}

static size_t bucket_of(const struct buckets *b, int k, double x) {
  double at = (x - b->min[k]) * b->scale[k];
  if (!(at > 0)) return 0;
  return at >= (double)b->n[k] ? b->n[k] - 1 : (size_t)at;
}

/* Count (element NULL) or enter one element in the buckets its box meets. */
static void enter(struct buckets *b, const graft_mesh *mesh, size_t e) {
  graft_box box = element_box(mesh, e);
  size_t low[2], high[2];
  for (int k = 0; k < 2; k++) {
    double slack = 1e-9 * (box.max[k] - box.min[k]);
    low[k] = bucket_of(b, k, box.min[k] - slack);
    high[k] = bucket_of(b, k, box.max[k] + slack);
  }
  for (size_t i = low[0]; i <= high[0]; i++) {
    for (size_t j = low[1]; j <= high[1]; j++) {
      size_t at = b->start[i * b->n[1] + j]++;
      if (b->element) b->element[at] = (int)e;
    }
  }
}

static graft_status buckets_build(const graft_mesh *mesh, struct buckets *b) {
  double max[2] = {-INFINITY, -INFINITY};
  b->min[0] = b->min[1] = INFINITY;
  for (size_t i = 0; i < mesh->nodes; i++) {
    for (size_t k = 0; k < 2; k++) {
      b->min[k] = fmin(b->min[k], mesh->xy[2 * i + k]);
      max[k] = fmax(max[k], mesh->xy[2 * i + k]);
    }
  }
  for (size_t k = 0; k < 2; k++) {
    double n = ceil(sqrt((double)mesh->elements));
    b->n[k] = n > MAX_BUCKETS ? MAX_BUCKETS : (size_t)n;
    b->scale[k] = (double)b->n[k] / (max[k] - b->min[k]);
  }
  size_t count = b->n[0] * b->n[1];
  GRAFT_TRY(graft_alloc(&b->start, count + 1, sizeof *b->start));
  for (size_t e = 0; e < mesh->elements; e++) enter(b, mesh, e);
  size_t total = 0;
  for (size_t i = 0; i <= count; i++) {
    size_t mine = b->start[i];
    b->start[i] = total;
    total += mine;
  }
  GRAFT_TRY(graft_alloc(&b->element, total, sizeof *b->element));
  for (size_t e = 0; e < mesh->elements; e++) enter(b, mesh, e);
  memmove(b->start + 1, b->start, count * sizeof *b->start); /* ends become starts again */
  b->start[0] = 0;
  return GRAFT_OK;
}

/* Newton's method from the point that the straight triangle gives.
 * Returns the smallest barycentric coordinate, −∞ where the map can't be inverted. */
static double invert(const graft_mesh *mesh, size_t e, const double *xy, double *reference) {
  reference[0] = reference[1] = 1.0 / 3.0;
  for (int i = 0; i < NEWTON; i++) {
    double point[2], j[4];
    graft_mesh_jacobian(mesh, e, reference, point, j);
    double det = j[0] * j[3] - j[1] * j[2], dx = xy[0] - point[0], dy = xy[1] - point[1];
    double dr = (j[3] * dx - j[1] * dy) / det, ds = (j[0] * dy - j[2] * dx) / det;
    reference[0] += dr;
    reference[1] += ds;
    double step = fabs(dr) + fabs(ds);
    if (!(fabs(reference[0]) < 4.0 && fabs(reference[1]) < 4.0)) return -INFINITY;
    if (step < 1e-9 || (mesh->order == 1 && i == 1)) { /* quadratic: what is left is rounding */
      return fmin(fmin(reference[0], reference[1]), 1.0 - reference[0] - reference[1]);
    }
  }
  return -INFINITY;
}

static void clamp(double *reference) {
  double r = fmax(reference[0], 0), s = fmax(reference[1], 0), sum = r + s;
  reference[0] = sum > 1 ? r / sum : r;
  reference[1] = sum > 1 ? 1.0 - reference[0] : s;
}

/* Element and reference point; returns how far outside (< 0) the reference triangle it was, −∞ for
 * a point of no element. */
static double find(const graft_mesh *mesh, const struct buckets *b, const double *xy, int *element,
                   double *reference) {
  size_t at = bucket_of(b, 0, xy[0]) * b->n[1] + bucket_of(b, 1, xy[1]);
  double best = -INFINITY;
  for (size_t i = b->start[at]; i < b->start[at + 1] && best < -INSIDE; i++) {
    double candidate[2], least = invert(mesh, (size_t)b->element[i], xy, candidate);
    if (least < -NEAR || least <= best) continue;
    best = least;
    *element = b->element[i];
    memcpy(reference, candidate, sizeof candidate);
  }
  if (best > -INFINITY) clamp(reference);
  return best;
}

/* Point of a boundary edge at t ∈ [0, 1] and its derivative. */
static void edge_at(const graft_mesh *mesh, const int *edge, double t, double *point,
                    double *slope) {
  for (size_t k = 0; k < 2; k++) {
    double a = mesh->xy[2 * (size_t)edge[0] + k], b = mesh->xy[2 * (size_t)edge[1] + k];
    double bend = mesh->order == 1 ? 0 : 4.0 * mesh->xy[2 * (size_t)edge[2] + k] - 2.0 * (a + b);
    point[k] = (1.0 - t) * a + t * b + t * (1.0 - t) * bend;
    slope[k] = b - a + (1.0 - 2.0 * t) * bend;
  }
}

static double edge_distance(const graft_mesh *mesh, const int *edge, double t, const double *xy) {
  double point[2], slope[2];
  edge_at(mesh, edge, t, point, slope);
  return hypot(xy[0] - point[0], xy[1] - point[1]);
}

/* Nearest point of a boundary edge: Newton's method from the best of five points. */
static double nearest_on_edge(const graft_mesh *mesh, const int *edge, const double *xy,
                              double *t) {
  double best = INFINITY, point[2], slope[2], end[2];
  *t = 0;
  for (int i = 0; i <= 4; i++) {
    double distance = edge_distance(mesh, edge, 0.25 * i, xy);
    if (distance < best) {
      best = distance;
      *t = 0.25 * i;
    }
  }
  for (int i = 0; i < NEWTON; i++) {
    edge_at(mesh, edge, 1, point, end);
    edge_at(mesh, edge, 0, point, slope);
    double bend[2] = {end[0] - slope[0], end[1] - slope[1]}; /* the second derivative */
    edge_at(mesh, edge, *t, point, slope);
    double dx = xy[0] - point[0], dy = xy[1] - point[1];
    double square = slope[0] * slope[0] + slope[1] * slope[1];
    double second = square - dx * bend[0] - dy * bend[1];
    double step = (dx * slope[0] + dy * slope[1]) / (second > 0 ? second : square);
    double next = fmin(fmax(*t + step, 0), 1), distance = edge_distance(mesh, edge, next, xy);
    if (!(distance < best)) break;
    best = distance;
    *t = next;
  }
  return best;
}

static double snap(const graft_mesh *mesh, const double *xy, int *element, double *reference) {
  size_t columns = mesh->order == 2 ? 3 : 2, width = graft_mesh_element_nodes(mesh), chosen = 0;
  double best = INFINITY, at = 0;
  for (size_t i = 0; i < mesh->edges; i++) {
    const int *edge = mesh->edge + columns * i;
    double from[2], to[2], slope[2], t;
    edge_at(mesh, edge, 0, from, slope);
    edge_at(mesh, edge, 1, to, slope);
    double length = hypot(to[0] - from[0], to[1] - from[1]);
    double reach =
        fmin(hypot(xy[0] - from[0], xy[1] - from[1]), hypot(xy[0] - to[0], xy[1] - to[1]));
    if (reach - length > best) continue; /* sides bend by far less than their length */
    double distance = nearest_on_edge(mesh, edge, xy, &t);
    if (distance < best) {
      best = distance;
      chosen = i;
      at = t;
    }
  }
  *element = mesh->edge_element[chosen];
  const int *node = mesh->element + width * (size_t)*element;
  int start = mesh->edge[columns * chosen];
  int k = node[0] == start ? 0 : node[1] == start ? 1 : 2;
  static const double corner[3][2] = {{0, 0}, {1, 0}, {0, 1}};
  for (int c = 0; c < 2; c++) {
    reference[c] = (1.0 - at) * corner[k][c] + at * corner[(k + 1) % 3][c];
  }
  return best;
}

/* For a point that no element has: what find() took, if anything, or the boundary, what is nearer.
 */
static double take_nearest(const graft_mesh *mesh, const double *xy, double inside, int *element,
                           double *reference) {
  double snapped[2], point[2], jacobian[4], taken = INFINITY;
  int neighbour;
  if (inside > -INFINITY) {
    graft_mesh_jacobian(mesh, (size_t)*element, reference, point, jacobian);
    taken = hypot(xy[0] - point[0], xy[1] - point[1]);
  }
  double off = snap(mesh, xy, &neighbour, snapped);
  if (taken <= off) return taken;
  *element = neighbour;
  memcpy(reference, snapped, sizeof snapped);
  return off;
}

graft_status graft_mesh_locate(const graft_mesh *mesh, size_t points, const double *xy,
                               int *element, double *reference, double *distance) {
  graft_status status = GRAFT_OK;
  struct buckets buckets = {0};
  GRAFT_CHECK(mesh->elements > 0 && mesh->edges > 0, INTERNAL,
              "locate: expected a mesh with elements and boundary edges, got %zu and %zu",
              mesh->elements, mesh->edges);
  GRAFT_TRY_TO(done, buckets_build(mesh, &buckets));
  for (size_t p = 0; p < points; p++) {
    double off = 0;
    GRAFT_CHECK_TO(done, isfinite(xy[2 * p]) && isfinite(xy[2 * p + 1]), INTERNAL,
                   "locate: point %zu: expected finite coordinates, got (%g, %g)", p, xy[2 * p],
                   xy[2 * p + 1]);
    double inside = find(mesh, &buckets, xy + 2 * p, element + p, reference + 2 * p);
    if (inside < -INSIDE)
      off = take_nearest(mesh, xy + 2 * p, inside, element + p, reference + 2 * p);
    if (distance) distance[p] = off;
  }
done:
  graft_free(buckets.start);
  graft_free(buckets.element);
  return status;
}
