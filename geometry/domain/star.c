/* SPDX-License-Identifier: BSD-2-Clause */
/* Random star-shaped regions.
 *
 * Method:    radius exp(g(θ)) with a Gaussian process g on the circle, as a Fourier series: g = Σ
 *            s_k (a_k cos kθ + b_k sin kθ), k = 1 … MODES, a_k and b_k standard normal, s_k² in
 *            proportion to exp(−(k LENGTH)²/2) (the squared-exponential kernel wrapped around the
 *            circle), Σ s_k² = SIGMA². Draws with |g'| > STEEP or max g − min g > log RATIO are
 *            dropped: nothing gets thin. One half of the regions has a smooth boundary: NODES
 *            points of the curve at equal angles, joined by biarcs with the curve's tangents
 *            (circular arcs without corners). The other half has straight sides: 5 to 14 vertices
 *            at jittered angles, their radii times exp(ROUGH × normal); draws with corners
 *            sharper than ANGLE (inside or outside) or sides nearer than GAP are dropped. The
 *            region is scaled and moved: the longer side of its box is uniform in [0.6, 0.98],
 *            the place of the box uniform in [0.01, 0.99]². Numbers are multiples of 1e-6.
 * Cost:      about 100 µs.
 * Reference: rasmussen2006, section 4.2.1 (the kernel); bolton1975 (biarcs, with equal
 *            tangent lengths). */
#include <math.h>

#include "geometry/domain.h"
#include "geometry/region_impl.h"

#define LENGTH 0.5
#define SIGMA 0.3
#define STEEP 1.8
#define RATIO 4.0
#define ROUGH 0.2
#define GAP 0.05
#define ANGLE 0.5 /* 28.6° */
enum { MODES = 7, NODES = 16, SAMPLES = 128, LEAST = 5, MOST = 14, TRIES = 10000 };

/* Fourier coefficients of the logarithm of the radius. */
struct curve {
  double a[MODES], b[MODES];
};

static void draw(graft_rng *rng, struct curve *curve) {
  double sum = 0;
  for (int k = 0; k < MODES; k++) sum += exp(-0.5 * pow((k + 1) * LENGTH, 2));
  for (int k = 0; k < MODES; k++) {
    double s = SIGMA * sqrt(exp(-0.5 * pow((k + 1) * LENGTH, 2)) / sum);
    curve->a[k] = s * graft_rng_normal(rng);
    curve->b[k] = s * graft_rng_normal(rng);
  }
}

/* g and its derivative. */
static double log_radius(const struct curve *curve, double angle, double *slope) {
  double g = 0;
  *slope = 0;
  for (int k = 0; k < MODES; k++) {
    double c = cos((k + 1) * angle), s = sin((k + 1) * angle);
    g += curve->a[k] * c + curve->b[k] * s;
    *slope += (k + 1) * (curve->b[k] * c - curve->a[k] * s);
  }
  return g;
}

static bool tame(const struct curve *curve) {
  double low = INFINITY, high = -INFINITY, steepest = 0, slope;
  for (int i = 0; i < SAMPLES; i++) {
    double g = log_radius(curve, 2 * GRAFT_PI * i / SAMPLES, &slope);
    low = fmin(low, g);
    high = fmax(high, g);
    steepest = fmax(steepest, fabs(slope));
  }
  return steepest <= STEEP && high - low <= log(RATIO);
}

/* tan(α/2) for the angle α from the vector u to v: the bulge of the arc over the chord v that
 * starts in the direction u. */
static double half_tangent(const double *u, const double *v) {
  double cross = u[0] * v[1] - u[1] * v[0], dot = u[0] * v[0] + u[1] * v[1];
  return cross / (hypot(cross, dot) + dot);
}

/* Two arcs from p with unit tangent s to q with unit tangent t: vertices at the joint and at q. */
static void biarc(const double *p, const double *s, const double *q, const double *t,
                  graft_vertex *vertex) {
  double v[2] = {q[0] - p[0], q[1] - p[1]}, sum[2] = {s[0] + t[0], s[1] + t[1]};
  double vv = v[0] * v[0] + v[1] * v[1], vt = v[0] * sum[0] + v[1] * sum[1];
  double bend = 2 * (1 - s[0] * t[0] - s[1] * t[1]);
  /* length d of both tangents: bend d² + 2 vt d − vv = 0 (halved), without cancellation */
  double d = vv / (vt + sqrt(vt * vt + bend * vv));
  double joint[2], in[2], out[2];
  for (int k = 0; k < 2; k++) {
    joint[k] = 0.5 * (p[k] + q[k] + d * (s[k] - t[k]));
    in[k] = joint[k] - p[k];
    out[k] = q[k] - joint[k];
  }
  vertex[0] = (graft_vertex){joint[0], joint[1], half_tangent(s, in)};
  vertex[1] = (graft_vertex){q[0], q[1], half_tangent(out, t)};
}

static size_t smooth(const struct curve *curve, graft_vertex *vertex) {
  double p[2 * (NODES + 1)], t[2 * (NODES + 1)];
  for (int i = 0; i <= NODES; i++) {
    double angle = 2 * GRAFT_PI * (i % NODES) / NODES, c = cos(angle), s = sin(angle), slope;
    double radius = exp(log_radius(curve, angle, &slope)), norm = hypot(1, slope);
    p[2 * i] = radius * c;
    p[2 * i + 1] = radius * s;
    t[2 * i] = (slope * c - s) / norm;
    t[2 * i + 1] = (slope * s + c) / norm;
  }
  for (size_t i = 0; i < NODES; i++) {
    biarc(p + 2 * i, t + 2 * i, p + 2 * i + 2, t + 2 * i + 2, vertex + 2 * i);
  }
  return 2 * NODES;
}

static size_t straight(graft_rng *rng, const struct curve *curve, graft_vertex *vertex) {
  size_t n = LEAST + graft_rng_below(rng, MOST - LEAST + 1);
  double turn = 2 * GRAFT_PI * graft_rng_uniform(rng), slope;
  for (size_t i = 0; i < n; i++) {
    double angle = turn + 2 * GRAFT_PI * ((double)i + 0.7 * graft_rng_uniform(rng)) / (double)n;
    double radius = exp(log_radius(curve, angle, &slope) + ROUGH * graft_rng_normal(rng));
    vertex[i] = (graft_vertex){radius * cos(angle), radius * sin(angle), 0};
  }
  return n;
}

/* Scale and move into the unit square, round. */
static graft_status place(graft_rng *rng, size_t n, graft_vertex *vertex) {
  graft_region region;
  graft_region_init(&region);
  GRAFT_TRY(graft_region_add_loop(&region, n, vertex));
  graft_box box = graft_region_box(&region);
  graft_region_fini(&region);
  double side[2] = {box.max[0] - box.min[0], box.max[1] - box.min[1]}, at[2];
  double scale = (0.6 + 0.38 * graft_rng_uniform(rng)) / fmax(side[0], side[1]);
  for (int k = 0; k < 2; k++) {
    at[k] = 0.01 + (0.98 - scale * side[k]) * graft_rng_uniform(rng) - scale * box.min[k];
  }
  for (size_t i = 0; i < n; i++) {
    vertex[i].x = graft_round(at[0] + scale * vertex[i].x);
    vertex[i].y = graft_round(at[1] + scale * vertex[i].y);
    vertex[i].bulge = graft_round(vertex[i].bulge);
  }
  return GRAFT_OK;
}

static bool fits(size_t n, const graft_vertex *vertex) {
  double xy[2 * MOST];
  for (size_t i = 0; i < n; i++) {
    xy[2 * i] = vertex[i].x;
    xy[2 * i + 1] = vertex[i].y;
  }
  return graft_polygon_fits(n, xy, GAP, ANGLE);
}

static graft_status build(graft_rng *rng, graft_region *region) {
  bool round = graft_rng_below(rng, 2);
  for (int i = 0; i < TRIES; i++) {
    struct curve curve;
    graft_vertex vertex[2 * NODES];
    draw(rng, &curve);
    if (!tame(&curve)) continue;
    size_t n = round ? smooth(&curve, vertex) : straight(rng, &curve, vertex);
    GRAFT_TRY(place(rng, n, vertex));
    if (round || fits(n, vertex)) return graft_region_add_loop(region, n, vertex);
  }
  return graft_error_set(GRAFT_INTERNAL, __FILE__, __LINE__, "star: expected a region in %d draws",
                         TRIES);
}

const graft_domain_type graft_domain_star = {
    .name = "star",
    .summary = "family: random star-shaped regions, smooth or with straight sides",
    .source = "rasmussen2006",
    .random = true,
    .build = build,
};
