/* SPDX-License-Identifier: BSD-2-Clause */
/* Segments and arcs.
 *
 * Method:    an arc is seen from its chord: u along it from its middle, v to the side away from the
 *            arc, h the half chord, b = |bulge|. All lengths that grow without bound as b goes to 0
 *            (radius, centre) appear multiplied by b, so that flat arcs lose no digits:
 *            b·radius = h(1 + b²)/2, b·centre = (0, D) with D = h(1 − b²)/2.
 * Cost:      about 20 ns per point and edge.
 * Reference: the bulge is that of the DXF polyline; the power of a point with respect to the circle
 *            is u² + v² − h² − 2vD/b. */
#include "geometry/region_impl.h"

#include <math.h>
#include <string.h>

/* An arc's chord frame. */
struct frame {
  double middle[2], along[2]; /* middle of the chord, unit vector from → to */
  double away[2];             /* unit normal pointing away from the arc */
  double b, h, D;
};

static struct frame frame_of(const graft_edge *edge) {
  struct frame f;
  double dx = edge->to[0] - edge->from[0], dy = edge->to[1] - edge->from[1];
  double length = hypot(dx, dy), side = edge->bulge > 0 ? 1.0 : -1.0;
  f.middle[0] = edge->from[0] + 0.5 * dx;
  f.middle[1] = edge->from[1] + 0.5 * dy;
  f.along[0] = dx / length;
  f.along[1] = dy / length;
  f.away[0] = -side * f.along[1];
  f.away[1] = side * f.along[0];
  f.b = fabs(edge->bulge);
  f.h = 0.5 * length;
  f.D = 0.5 * f.h * (1.0 - f.b) * (1.0 + f.b);
  return f;
}

/* Does the direction (u, w), seen from the circle's centre, meet the arc? */
static bool in_sector(const struct frame *f, double u, double w) {
  /* b times the vectors to the end points are (∓bh, −D); minor arcs need both sides, major one. */
  double left = f->D * u - f->b * f->h * w, right = -f->D * u - f->b * f->h * w;
  return f->D >= 0 ? left >= 0 && right >= 0 : left >= 0 || right >= 0;
}

static double end_distance(const graft_edge *edge, const double *xy, double *nearest) {
  double from = hypot(xy[0] - edge->from[0], xy[1] - edge->from[1]);
  double to = hypot(xy[0] - edge->to[0], xy[1] - edge->to[1]);
  if (nearest) memcpy(nearest, from <= to ? edge->from : edge->to, 2 * sizeof *nearest);
  return from <= to ? from : to;
}

static double segment_project(const graft_edge *edge, const double *xy, double *nearest) {
  double dx = edge->to[0] - edge->from[0], dy = edge->to[1] - edge->from[1];
  double px = xy[0] - edge->from[0], py = xy[1] - edge->from[1];
  double dot = px * dx + py * dy, square = dx * dx + dy * dy;
  if (dot <= 0 || dot >= square) return end_distance(edge, xy, nearest);
  if (nearest) {
    nearest[0] = edge->from[0] + dot / square * dx;
    nearest[1] = edge->from[1] + dot / square * dy;
  }
  return fabs(px * dy - py * dx) / sqrt(square);
}

static double arc_project(const graft_edge *edge, const double *xy, double *nearest) {
  struct frame f = frame_of(edge);
  double px = xy[0] - f.middle[0], py = xy[1] - f.middle[1];
  double u = px * f.along[0] + py * f.along[1], v = px * f.away[0] + py * f.away[1];
  double nu = f.b * u, nv = f.b * v - f.D, norm = hypot(nu, nv); /* b (point − centre) */
  if (norm == 0) {
    nv = -1.0; /* the centre: every point of the arc is nearest, take the middle one */
  } else {
    nu /= norm;
    nv /= norm;
  }
  if (!in_sector(&f, nu, nv)) return end_distance(edge, xy, nearest);
  double power = f.b * ((u - f.h) * (u + f.h) + v * v) - 2.0 * v * f.D;
  double distance = power / (norm + 0.5 * f.h * (1.0 + f.b * f.b)); /* > 0 outside the circle */
  if (nearest) {
    u -= distance * nu;
    v -= distance * nv;
    nearest[0] = f.middle[0] + u * f.along[0] + v * f.away[0];
    nearest[1] = f.middle[1] + u * f.along[1] + v * f.away[1];
  }
  return fabs(distance);
}

double graft_edge_project(const graft_edge *edge, const double *xy, double *nearest) {
  return edge->bulge == 0 ? segment_project(edge, xy, nearest) : arc_project(edge, xy, nearest);
}

void graft_edge_point(const graft_edge *edge, double t, double *xy) {
  /* From the nearer end, so that both directions of an edge give the same points. */
  bool back = t > 0.5;
  const double *start = back ? edge->to : edge->from, *end = back ? edge->from : edge->to;
  double fraction = back ? 1.0 - t : t, bulge = back ? -edge->bulge : edge->bulge;
  double dx = end[0] - start[0], dy = end[1] - start[1];
  if (bulge == 0) {
    xy[0] = start[0] + fraction * dx;
    xy[1] = start[1] + fraction * dy;
    return;
  }
  /* The chord of the part [0, t] has length 2R sin(tθ/2) and is turned by (1 − t)θ/2 from ours. */
  double half = 2.0 * atan(fabs(bulge)), turn = (1.0 - fraction) * half; /* half = θ/2 */
  double scale = sin(fraction * half) * (1.0 + bulge * bulge) / (2.0 * fabs(bulge));
  double c = scale * cos(turn), s = scale * sin(bulge > 0 ? -turn : turn);
  xy[0] = start[0] + c * dx - s * dy;
  xy[1] = start[1] + s * dx + c * dy;
}

void graft_edge_tangent(const graft_edge *edge, bool at_end, double *tangent) {
  double dx = edge->to[0] - edge->from[0], dy = edge->to[1] - edge->from[1];
  double turn = 2.0 * atan(edge->bulge), c = cos(turn), s = at_end ? sin(turn) : -sin(turn);
  double length = hypot(dx, dy);
  tangent[0] = (c * dx - s * dy) / length;
  tangent[1] = (s * dx + c * dy) / length;
}

void graft_edge_setup(graft_edge *edge) {
  double dx = edge->to[0] - edge->from[0], dy = edge->to[1] - edge->from[1];
  edge->length = hypot(dx, dy);
  edge->radius = 0;
  edge->centre[0] = edge->centre[1] = 0;
  if (edge->bulge == 0) return;
  struct frame f = frame_of(edge);
  edge->radius = 0.5 * f.h * (1.0 + f.b * f.b) / f.b;
  edge->length = 4.0 * atan(f.b) * edge->radius;
  for (int k = 0; k < 2; k++) edge->centre[k] = f.middle[k] + f.D / f.b * f.away[k];
}

double graft_edge_segment_area(const graft_edge *edge) {
  double b = fabs(edge->bulge);
  double h = 0.5 * hypot(edge->to[0] - edge->from[0], edge->to[1] - edge->from[1]), area;
  if (b < 0.1) { /* series of R²(θ − sin θ)/2 in b, alternating and falling like b² */
    double sum = 0, power = b;
    for (int n = 3; n < 25; n += 2) {
      sum += power * (n - 1.0 / n);
      power *= -b * b;
    }
    area = 0.5 * h * h * (1.0 + b * b) * (1.0 + b * b) * sum;
  } else {
    double theta = 4.0 * atan(b);
    area = 0.5 * edge->radius * edge->radius * (theta - sin(theta));
  }
  return edge->bulge > 0 ? area : -area;
}

/* Furthest extent of the arc beyond the chord's middle in the unit direction d, if it is reached
 * between the end points. */
static bool arc_extreme(const struct frame *f, const double *d, double *extent) {
  double u = d[0] * f->along[0] + d[1] * f->along[1], w = d[0] * f->away[0] + d[1] * f->away[1];
  if (!in_sector(f, u, w)) return false;
  /* centre · d + R = (D/b) w + R; R = bh + D/b. */
  *extent = f->b * f->h + f->D / f->b * (w < 0 ? u * u / (1.0 - w) : 1.0 + w);
  return true;
}

graft_box graft_edge_box(const graft_edge *edge) {
  graft_box box;
  for (int k = 0; k < 2; k++) {
    box.min[k] = fmin(edge->from[k], edge->to[k]);
    box.max[k] = fmax(edge->from[k], edge->to[k]);
  }
  if (edge->bulge == 0) return box;
  struct frame f = frame_of(edge);
  for (int k = 0; k < 2; k++) {
    double direction[2] = {0, 0}, extent;
    direction[k] = 1.0;
    if (arc_extreme(&f, direction, &extent)) box.max[k] = fmax(box.max[k], f.middle[k] + extent);
    direction[k] = -1.0;
    if (arc_extreme(&f, direction, &extent)) box.min[k] = fmin(box.min[k], f.middle[k] - extent);
  }
  return box;
}

int graft_edge_winding(const graft_edge *edge, double x, double y) {
  const double *a = edge->from, *b = edge->to, bow = fabs(edge->bulge);
  if (bow > 0 && bow <= 1) { /* an arc this flat stays within half its chord times bow */
    double reach = 0.500001 * bow * (fabs(b[0] - a[0]) + fabs(b[1] - a[1]));
    if (y > fmax(a[1], b[1]) + reach || y < fmin(a[1], b[1]) - reach) return 0;
  }
  double side = (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]); /* > 0: on the left */
  int winding = 0;
  if (a[1] <= y && y < b[1]) winding = side > 0;
  if (b[1] <= y && y < a[1]) winding = -(side < 0);
  if (edge->bulge == 0) return winding;
  /* Between chord and arc the arc turns once more around the point. A point on the chord counts to
   * the side on which the crossings above put it: moved a little up and, much more, to the right.
   */
  if (side == 0) side = a[1] != b[1] ? a[1] - b[1] : b[0] - a[0];
  if ((side < 0) != (edge->bulge > 0)) return winding;
  struct frame f = frame_of(edge);
  double px = x - f.middle[0], py = y - f.middle[1];
  double u = px * f.along[0] + py * f.along[1], v = px * f.away[0] + py * f.away[1];
  double power = f.b * ((u - f.h) * (u + f.h) + v * v) - 2.0 * v * f.D;
  if (power < 0) winding += edge->bulge > 0 ? 1 : -1;
  return winding;
}
